"""What can be asked of an agreement."""

import pytest

from tests.contracts.unit.sla_escrow.conftest import FEE, STAKE
from tests.contracts.unit.support.agreements import (
    FRIDAY_EVENING,
    HOUR,
    MONDAY,
    NEXT_MONDAY,
    NOTHING,
)
from tests.contracts.unit.support.stage import DAY


@pytest.fixture
def clocks(stage, sla, client):
    return lambda id, at: stage.answer(sla.clocks, id, by=client, at=at)


@pytest.fixture
def quote(stage, sla, client):
    return lambda id, at: stage.answer(sla.quoteSettlement, id, by=client, at=at)


def test_clocks_tell_when_targets_are_used_up_and_what_has_passed(opened, clocks):
    assert clocks(opened, MONDAY) == (MONDAY + HOUR, MONDAY + 4 * HOUR, 0, 0)
    assert clocks(opened, MONDAY + 90)[2:] == (90, 0)
    assert clocks(opened, MONDAY + DAY)[2:] == (8 * HOUR, 0)


def test_opened_on_friday_at_half_past_four_it_is_due_on_monday_at_half_past_twelve(
    sla, client, opening, do, clocks
):
    opened_at = FRIDAY_EVENING - HOUR // 2
    do(sla.open, opening.struct, by=client, at=opened_at)

    response, resolution, *_ = clocks(opening.id(), opened_at)

    assert response == NEXT_MONDAY + HOUR // 2
    assert resolution == NEXT_MONDAY + 3 * HOUR + HOUR // 2


def test_hours_are_meant_in_the_policys_local_time(
    sla, client, publish, offer, opening, do, clocks
):
    # Nine to five in India is from 3:30 to 11:30 in London.
    made = opening.but(policy=publish(offer.but(utc_offset=19_800)))
    do(sla.open, made.struct, by=client, at=MONDAY)

    assert clocks(made.id(), MONDAY)[1] == MONDAY + DAY - 19_800 + HOUR + HOUR // 2


def test_a_pause_moves_the_resolution_and_not_the_response(sla, provider, opened, do, clocks):
    do(sla.awaitCustomer, opened, by=provider, at=MONDAY + 600)

    response, resolution, elapsed, paused = clocks(opened, MONDAY + 600 + HOUR)

    assert (response, resolution) == (MONDAY + HOUR, MONDAY + 5 * HOUR)
    assert (elapsed, paused) == (600, HOUR)


def test_no_promise_of_a_response_is_told_as_none(sla, client, publish, offer, opening, do, clocks):
    made = opening.but(policy=publish(offer.but(response=(0,) * 4)))
    do(sla.open, made.struct, by=client, at=MONDAY)

    assert clocks(made.id(), MONDAY)[0] == 0


def test_each_priority_has_its_own_targets(sla, client, publish, offer, opening, do, clocks):
    terms = offer.but(response=(60, 120, 180, 240), resolution=(300, 600, 900, 1_200))
    number = publish(terms)
    for priority in range(4):
        ref = bytes([priority]) * 32
        made = opening.but(policy=number, priority=priority, ref=ref)
        do(sla.open, made.struct, by=client, at=MONDAY + priority)

        start = MONDAY + priority
        due = (start + 60 * (priority + 1), start + 300 * (priority + 1))
        assert clocks(made.id(), start)[:2] == due


@pytest.mark.parametrize("how", ["delivered", "disputed"])
def test_clocks_are_those_of_an_open_agreement(stage, sla, client, how, state, request):
    id = request.getfixturevalue(how)

    assert stage.refusal(sla.clocks, id, by=client) == ("BadState", id, state(id))


def test_a_quote_says_what_a_delivery_now_would_cost(opened, quote):
    due = MONDAY + 4 * HOUR

    assert quote(opened, MONDAY + HOUR) == (FEE, 0)
    assert quote(opened, MONDAY + HOUR + 1) == (FEE - 100_000, 100_000)
    assert quote(opened, due) == (FEE - 100_000, 100_000)
    assert quote(opened, due + 1) == (FEE - 200_000, 200_000)
    assert quote(opened, due + HOUR) == (FEE - 250_000, 250_000)
    assert quote(opened, MONDAY + 30 * DAY) == (FEE // 2, FEE // 2)


def test_a_quote_of_a_bond_divides_the_stake(backed, quote):
    assert quote(backed, MONDAY + HOUR + 1) == (STAKE - 100_000, 100_000)


def test_a_quote_stands_once_the_clocks_have_stopped(disputed, quote):
    assert quote(disputed, MONDAY + 30 * DAY) == (FEE, 0)


def test_views_refuse_what_there_is_not_and_what_is_settled(stage, sla, client, delivered):
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32

    for verb in (sla.clocks, sla.quoteSettlement):
        assert stage.refusal(verb, delivered, by=client) == ("BadState", delivered, 4)
        assert stage.refusal(verb, unknown, by=client) == ("UnknownAgreement", unknown)
    assert stage.refusal(sla.policy, 0, by=client) == ("UnknownPolicy", 0)


def test_an_agreement_that_there_is_not_is_nothing(sla):
    kept = sla.agreement(b"\x09" * 32)

    assert (int(kept.state), kept.amount, kept.openedAt) == (0, 0, 0)


def test_the_registry_is_the_one_it_was_made_with(sla, registry):
    assert sla.REGISTRY() == registry.address
    assert sla.customerOf(NOTHING) == NOTHING
