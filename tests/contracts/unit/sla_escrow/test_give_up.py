"""Everything at stake goes to the client: by the provider's word, or because nothing came."""

import pytest

from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS, REVIEW, STAKE
from tests.contracts.unit.support.agreements import (
    FRIDAY_EVENING,
    GIVEN_UP,
    HOUR,
    MONDAY,
    NEXT_MONDAY,
    RECLAIMED,
    SETTLED,
    settled,
)
from tests.contracts.unit.support.stage import DAY

# Twelve hours of business, four to resolve and eight of pauses, end on Tuesday at one.
LOST = MONDAY + DAY + 4 * HOUR + REVIEW


@pytest.mark.parametrize("how", ["opened", "delivered", "disputed"])
def test_give_up_returns_the_whole_fee_from_every_state(
    sla, provider, how, told, balances, state, request
):
    id = request.getfixturevalue(how)

    events = told(sla.giveUp, id, by=provider, at=MONDAY + 3 * HOUR)

    assert events == [settled(id, GIVEN_UP, 0, FEE)]
    assert balances() == [FUNDS, FUNDS, 0]
    assert state(id) == SETTLED


def test_give_up_pays_the_largest_credit_of_a_bond(sla, provider, backed, told, balances):
    events = told(sla.giveUp, backed, by=provider, at=MONDAY + 1)

    assert events == [settled(backed, GIVEN_UP, 0, STAKE)]
    assert balances() == [FUNDS + STAKE, FUNDS - 2 * STAKE, STAKE]


def test_give_up_is_the_providers_alone(stage, sla, client, provider, opened):
    refusal = stage.refusal(sla.giveUp, opened, by=client)

    assert refusal == ("NotProvider", provider.address, client.address)


def test_give_up_and_reclaim_refuse_what_is_settled_or_unknown(
    stage, sla, provider, client, delivered
):
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32
    for verb in (sla.giveUp, sla.reclaim):
        refusal = stage.refusal(verb, delivered, by=provider, at=LOST + DAY)
        assert refusal == ("BadState", delivered, SETTLED)
        assert stage.refusal(verb, unknown, by=provider) == ("UnknownAgreement", unknown)


# reclaim


def test_reclaim_by_anyone_returns_what_was_never_delivered(sla, stranger, opened, told, balances):
    events = told(sla.reclaim, opened, by=stranger, at=LOST + 1)

    assert events == [settled(opened, RECLAIMED, 0, FEE)]
    assert balances() == [FUNDS, FUNDS, 0]


def test_reclaim_is_refused_until_all_pauses_and_a_review_are_over(stage, sla, stranger, opened):
    refusal = stage.refusal(sla.reclaim, opened, by=stranger, at=LOST)

    assert refusal == ("StillRunning", 12 * HOUR, 12 * HOUR)
    assert stage.answer(sla.reclaim, opened, by=stranger, at=LOST + 1) == ()


def test_reclaim_says_what_the_clock_had_a_review_ago(stage, sla, stranger, opened):
    at = MONDAY + REVIEW + 90
    assert stage.refusal(sla.reclaim, opened, by=stranger, at=at) == (
        "StillRunning",
        90,
        12 * HOUR,
    )
    early = stage.refusal(sla.reclaim, opened, by=stranger, at=MONDAY + 1)
    assert early == ("StillRunning", 0, 12 * HOUR)


def test_a_pause_does_not_delay_what_reclaim_waits_for(stage, sla, provider, stranger, opened, do):
    do(sla.awaitCustomer, opened, by=provider, at=MONDAY + 1)

    assert stage.answer(sla.reclaim, opened, by=stranger, at=LOST + 1) == ()


def test_reclaim_counts_business_hours(stage, sla, client, stranger, opening, do):
    do(sla.open, opening.struct, by=client, at=FRIDAY_EVENING - HOUR)
    # An hour on Friday, eight on Monday, three on Tuesday; then the review.
    lost = NEXT_MONDAY + DAY + 3 * HOUR + REVIEW

    for at in (FRIDAY_EVENING + DAY + REVIEW, lost):
        refusal = stage.refusal(sla.reclaim, opening.id(), by=stranger, at=at)
        assert refusal[0] == "StillRunning"
    assert stage.answer(sla.reclaim, opening.id(), by=stranger, at=lost + 1) == ()


def test_a_late_delivery_before_it_counts(stage, sla, provider, stranger, opened, do):
    do(sla.deliver, opened, b"\x01" * 32, by=provider, at=LOST + DAY)

    refusal = stage.refusal(sla.reclaim, opened, by=stranger, at=LOST + 2 * DAY)

    assert refusal == ("BadState", opened, 2)
    quote = stage.answer(sla.quoteSettlement, opened, by=stranger)
    assert quote == (FEE // 2, FEE // 2)  # the cap


def test_reclaim_refuses_what_is_disputed(stage, sla, stranger, disputed):
    refusal = stage.refusal(sla.reclaim, disputed, by=stranger, at=LOST + 1)

    assert refusal == ("BadState", disputed, 3)
