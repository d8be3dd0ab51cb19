"""The merchant gives time."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    SOON,
    START,
    TRIAL,
)
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.subscriptions import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    LAPSED,
    PAST_DUE,
    PAUSED,
    TRIALING,
    charged,
)

LONGEST = 3_660 * DAY


def test_grant_time_extends_what_can_be_used(
    stage, subscriptions, merchant, begun, told, status, balances, record
):
    until = END + 5 * DAY
    assert stage.answer(subscriptions.grantTime, begun, until, by=merchant, at=SOON) is True

    events = told(subscriptions.grantTime, begun, until, by=merchant, at=SOON)

    assert events == [("TimeGranted", {"subscriptionId": begun, "paidThrough": until})]
    assert [status(begun, at) for at in (END, until - 1, until)] == [ACTIVE, ACTIVE, PAST_DUE]
    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    assert (record(begun).cycles, record(begun).lastPaid, record(begun).seq) == (1, PRICE, 0)


def test_the_next_charge_is_anchored_at_the_end_of_what_was_given(
    stage, subscriptions, merchant, stranger, payer, monthly, begun, do, told
):
    until = END + 5 * DAY
    do(subscriptions.grantTime, begun, until, by=merchant, at=SOON)

    early = stage.refusal(subscriptions.charge, begun, by=stranger, at=until - 1)
    events = told(subscriptions.charge, begun, by=stranger, at=until + 60)

    assert early == ("NotDue", until - 1, until)
    assert events == [charged(begun, monthly, payer, PRICE, 2, until + PERIOD)]


def test_a_longer_trial_stays_a_trial(subscriptions, merchant, make_plan, offer, start, do, status):
    id = start(plan=make_plan(offer.but(trial=TRIAL)))
    until = START + 2 * TRIAL

    do(subscriptions.grantTime, id, until, by=merchant, at=SOON)

    assert [status(id, at) for at in (until - 1, until)] == [TRIALING, PAST_DUE]


@pytest.mark.parametrize("until", [0, END - 1, END])
def test_grant_time_of_no_more_than_there_is_changes_nothing_and_says_so(
    stage, subscriptions, merchant, begun, until
):
    verb = subscriptions.grantTime

    for at in (SOON, END + GRACE):
        assert stage.answer(verb, begun, until, by=merchant, at=at) is False
    assert stage.events(verb(begun, until, sender=merchant)) == []


def test_grant_time_again_changes_nothing_and_says_so(stage, subscriptions, merchant, begun, do):
    do(subscriptions.grantTime, begun, END + 1, by=merchant, at=SOON)

    again = stage.answer(subscriptions.grantTime, begun, END + 1, by=merchant, at=SOON + 1)

    assert again is False


def test_time_is_given_for_the_future_and_no_further_than_ten_years(
    stage, subscriptions, merchant, begun
):
    verb, now = subscriptions.grantTime, END + DAY
    limit = now + LONGEST

    past, far = (
        stage.refusal(verb, begun, until, by=merchant, at=now) for until in (now, limit + 1)
    )

    assert past == ("BadGrant", now, limit)
    assert far == ("BadGrant", limit + 1, limit)
    for until in (now + 1, limit):
        assert stage.answer(verb, begun, until, by=merchant, at=now) is True
    assert subscriptions.MAX_GRANT() == LONGEST


@pytest.mark.parametrize(
    ("at", "met"), [(END, None), (END + GRACE - 1, None), (END + GRACE, LAPSED)]
)
def test_who_is_past_due_can_be_given_time_and_who_has_lapsed_not(
    stage, subscriptions, merchant, begun, at, met
):
    asked = (subscriptions.grantTime, begun, END + PERIOD)

    if met is None:
        assert stage.answer(*asked, by=merchant, at=at) is True
    else:
        assert stage.refusal(*asked, by=merchant, at=at) == ("WrongStatus", begun, met)


def test_grant_time_refuses_what_is_paused_cancelled_or_completed(
    stage, subscriptions, merchant, payer, make_plan, offer, start, begun, do
):
    paused = start(at=START + 1, ref=b"\x02" * 32)
    done = start(at=START + 2, ref=b"\x03" * 32, plan=make_plan(offer.but(max_cycles=1)))
    do(subscriptions.pause, paused, by=payer, at=START + 3)
    do(subscriptions.cancel, begun, by=payer, at=START + 4)

    for id, met in ((paused, PAUSED), (begun, CANCELLED), (done, COMPLETED)):
        refusal = stage.refusal(subscriptions.grantTime, id, END + PERIOD, by=merchant, at=END + 2)
        assert refusal == ("WrongStatus", id, met)


def test_grant_time_is_the_merchants_alone(stage, subscriptions, merchant, payer, begun):
    refusal = stage.refusal(subscriptions.grantTime, begun, END + 1, by=payer)

    assert refusal == ("NotMerchant", merchant.address, payer.address)


def test_grant_time_refuses_what_does_not_exist(stage, subscriptions, merchant):
    refusal = stage.refusal(subscriptions.grantTime, bytes(32), END, by=merchant)

    assert refusal == ("UnknownSubscription", bytes(32))
