"""The payer stops the clock, and lets it run again."""

from tests.contracts.unit.subscriptions.conftest import (
    END,
    GRACE,
    MAX_PAUSE,
    PERIOD,
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
)
from tests.contracts.unit.support.verbs import sending

pause = sending("subscriptions", "pause", "payer")
resume = sending("subscriptions", "resume", "payer")


def test_pause_stops_the_clock(stage, subscriptions, payer, begun, told, status, record):
    events = told(subscriptions.pause, begun, by=payer, at=SOON)

    assert events == [("Paused", {"subscriptionId": begun})]
    assert [status(begun, at) for at in (SOON, END, END + 100 * PERIOD)] == [PAUSED] * 3
    for at in (SOON, END - 1):
        assert stage.answer(subscriptions.isEntitled, begun, by=payer, at=at) is False
    noted = subscriptions.note(begun)
    assert (noted.pausedAt, noted.pausedTotal) == (SOON, 0)
    assert (record(begun).paidThrough, record(begun).seq) == (END, 1)


def test_resume_adds_what_the_pause_took(
    stage, subscriptions, payer, begun, pause, told, status, record
):
    pause(begun, at=SOON)

    events = told(subscriptions.resume, begun, by=payer, at=SOON + 1_000_003)

    until = END + 1_000_003
    assert events == [("Resumed", {"subscriptionId": begun, "paidThrough": until})]
    assert [status(begun, at) for at in (until - 1, until)] == [ACTIVE, PAST_DUE]
    noted = subscriptions.note(begun)
    assert (noted.pausedAt, noted.pausedTotal) == (0, 1_000_003)
    assert record(begun).seq == 2


def test_a_subscription_can_be_resumed_long_after_it_would_have_lapsed(
    begun, pause, resume, status
):
    pause(begun, at=END - 1)
    again = END + GRACE + 10 * DAY

    resume(begun, at=again)

    # The one second that was left is left still.
    assert [status(begun, at) for at in (again, again + 1)] == [ACTIVE, PAST_DUE]


def test_pause_works_in_the_last_second_that_is_paid_for_and_not_after_it(
    stage, subscriptions, payer, begun
):
    late = [stage.refusal(subscriptions.pause, begun, by=payer, at=at) for at in (END, END + GRACE)]

    assert late == [("WrongStatus", begun, PAST_DUE), ("WrongStatus", begun, LAPSED)]
    assert stage.answer(subscriptions.pause, begun, by=payer, at=END - 1) == ()


def test_a_pause_in_a_trial_leaves_the_rest_of_it(make_plan, offer, start, pause, resume, status):
    id = start(plan=make_plan(offer.but(trial=TRIAL)))
    pause(id, at=START + 1)

    resume(id, at=START + 1 + PERIOD)

    until = START + TRIAL + PERIOD
    assert [status(id, at) for at in (until - 1, until)] == [TRIALING, PAST_DUE]


def test_pause_and_resume_are_refused_in_the_other_state(stage, subscriptions, payer, begun, pause):
    running = stage.refusal(subscriptions.resume, begun, by=payer, at=SOON)
    pause(begun, at=SOON)
    paused = stage.refusal(subscriptions.pause, begun, by=payer, at=SOON + 1)

    assert (running, paused) == (("WrongStatus", begun, ACTIVE), ("WrongStatus", begun, PAUSED))


def test_pause_and_resume_are_the_payers_alone(stage, subscriptions, merchant, payer, begun, pause):
    told = ("NotPayer", payer.address, merchant.address)
    assert stage.refusal(subscriptions.pause, begun, by=merchant, at=SOON) == told
    pause(begun, at=SOON)
    assert stage.refusal(subscriptions.resume, begun, by=merchant, at=SOON + 1) == told


def test_pause_and_resume_refuse_what_is_over_or_unknown(
    stage, subscriptions, payer, make_plan, offer, start, begun, do
):
    done = start(at=START + 1, plan=make_plan(offer.but(max_cycles=1)), ref=b"\x02" * 32)
    do(subscriptions.cancel, begun, by=payer, at=START + 2)

    for verb in (subscriptions.pause, subscriptions.resume):
        met = [stage.refusal(verb, id, by=payer, at=END + 1) for id in (begun, done, b"\x09" * 32)]
        assert met == [
            ("WrongStatus", begun, CANCELLED),
            ("WrongStatus", done, COMPLETED),
            ("UnknownSubscription", b"\x09" * 32),
        ]


# The budget


def test_pauses_add_up_to_the_longest_and_then_are_exhausted(
    stage, subscriptions, payer, begun, pause, resume, record
):
    half = MAX_PAUSE // 2
    pause(begun, at=SOON)
    resume(begun, at=SOON + half)
    pause(begun, at=SOON + half)
    resume(begun, at=SOON + MAX_PAUSE)
    assert record(begun).paidThrough == END + MAX_PAUSE

    refusal = stage.refusal(subscriptions.pause, begun, by=payer, at=SOON + MAX_PAUSE)

    assert refusal == ("PauseExhausted", MAX_PAUSE, MAX_PAUSE)
    assert subscriptions.MAX_PAUSE() == MAX_PAUSE


def test_a_pause_longer_than_the_budget_adds_the_budget_and_no_more(
    subscriptions, begun, pause, resume, status, record
):
    pause(begun, at=SOON)
    again = SOON + MAX_PAUSE + 5 * DAY

    resume(begun, at=again)

    assert record(begun).paidThrough == END + MAX_PAUSE
    assert subscriptions.note(begun).pausedTotal == MAX_PAUSE
    assert status(begun, again) == ACTIVE


def test_who_pauses_for_ever_has_nothing_left_afterwards(
    stage, subscriptions, payer, begun, pause, resume, status
):
    pause(begun, at=SOON)
    again = END + MAX_PAUSE + GRACE

    resume(begun, at=again)

    assert status(begun, again) == LAPSED
    assert stage.answer(subscriptions.isEntitled, begun, by=payer, at=again) is False


def test_one_second_of_the_budget_can_still_be_used(
    stage, subscriptions, payer, begun, pause, resume, record
):
    pause(begun, at=SOON)
    resume(begun, at=SOON + MAX_PAUSE - 1)

    pause(begun, at=SOON + MAX_PAUSE)
    resume(begun, at=SOON + MAX_PAUSE + DAY)

    assert record(begun).paidThrough == END + MAX_PAUSE
