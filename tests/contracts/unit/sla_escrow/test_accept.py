"""The client accepts, or is silent until the review is over: the credit is paid without asking."""

import pytest

from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS, REVIEW, STAKE
from tests.contracts.unit.support.agreements import (
    ACCEPTED,
    FINALIZED,
    HOUR,
    MONDAY,
    NOTHING,
    SETTLED,
    settled,
)
from tests.contracts.unit.support.money import BLOCKS_RECIPIENT
from tests.contracts.unit.support.verbs import sending

LATE = MONDAY + 4 * HOUR + 1  # both breaches: a fifth


deliver = sending("sla", "deliver", "provider", NOTHING)


def test_accept_pays_the_fee_to_a_provider_who_kept_its_word(
    stage, sla, client, delivered, told, balances, state
):
    events = told(sla.accept, delivered, by=client, at=MONDAY + 2 * HOUR)

    assert events == [settled(delivered, ACCEPTED, FEE, 0)]
    assert balances() == [FUNDS - FEE, FUNDS + FEE, 0]
    assert state(delivered) == SETTLED


def test_accept_pays_the_credit_to_the_client(sla, client, opened, deliver, told, balances):
    deliver(opened, LATE)

    events = told(sla.accept, opened, by=client, at=LATE + 1)

    assert events == [settled(opened, ACCEPTED, FEE - 200_000, 200_000)]
    assert balances() == [FUNDS - FEE + 200_000, FUNDS + FEE - 200_000, 0]


def test_a_credit_is_rounded_up_for_the_client(sla, client, opening, do, deliver, told):
    made = opening.but(amount=1_001)
    do(sla.open, made.struct, by=client, at=MONDAY)
    deliver(made.id(), LATE)

    events = told(sla.accept, made.id(), by=client, at=LATE + 1)

    # A fifth of 1,001 is 200.2.
    assert events == [settled(made.id(), ACCEPTED, 800, 201)]


def test_a_credit_is_paid_from_the_bond_and_the_rest_is_free(
    sla, token, client, provider, backed, deliver, told, balances
):
    deliver(backed, LATE)

    events = told(sla.accept, backed, by=client, at=LATE + 1)

    assert events == [settled(backed, ACCEPTED, STAKE - 200_000, 200_000)]
    assert balances() == [FUNDS + 200_000, FUNDS - 2 * STAKE, 2 * STAKE - 200_000]
    assert sla.owed(provider, token) == 2 * STAKE - 200_000


def test_a_client_who_cannot_receive_stops_nobody_else(
    stage, sla, odd, admin, client, provider, publish, offer, opening, do, deliver, block, told
):
    made = opening.but(policy=publish(offer.but(token=odd.address)))
    do(sla.open, made.struct, by=client, at=MONDAY)
    deliver(made.id(), LATE)
    stage.send(odd.turn, BLOCKS_RECIPIENT, by=admin)
    block(odd, client)

    events = told(sla.accept, made.id(), by=client, at=LATE + 1)

    credited = {"account": client.address, "token": odd.address, "amount": 200_000}
    assert events[-1] == ("Credited", credited)
    assert odd.balanceOf(provider) == FUNDS + FEE - 200_000
    block(odd, client, False)
    stage.send(sla.withdraw, odd.address, client.address, by=client)
    assert odd.balanceOf(client) == FUNDS - FEE + 200_000


def test_accept_is_the_clients_alone(stage, sla, client, provider, delivered):
    refusal = stage.refusal(sla.accept, delivered, by=provider)

    assert refusal == ("NotClient", client.address, provider.address)


@pytest.mark.parametrize("how", ["opened", "disputed"])
def test_accept_refuses_what_is_not_delivered(stage, sla, client, how, state, request):
    id = request.getfixturevalue(how)

    assert stage.refusal(sla.accept, id, by=client) == ("BadState", id, state(id))


def test_accept_and_finalize_refuse_what_is_settled_or_unknown(
    stage, sla, client, delivered, stranger
):
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32

    assert stage.refusal(sla.accept, delivered, by=client) == ("BadState", delivered, SETTLED)
    late = MONDAY + HOUR + REVIEW + 1
    refusal = stage.refusal(sla.finalize, delivered, by=stranger, at=late)
    assert refusal == ("BadState", delivered, SETTLED)
    for verb in (sla.accept, sla.finalize):
        assert stage.refusal(verb, unknown, by=client) == ("UnknownAgreement", unknown)


# finalize


def test_finalize_by_anyone_pays_as_accept_does_once_the_review_is_over(
    sla, stranger, opened, deliver, told, balances
):
    deliver(opened, LATE)

    events = told(sla.finalize, opened, by=stranger, at=LATE + REVIEW + 1)

    assert events == [settled(opened, FINALIZED, FEE - 200_000, 200_000)]
    assert balances() == [FUNDS - FEE + 200_000, FUNDS + FEE - 200_000, 0]


def test_finalize_is_too_early_in_the_last_second_of_the_review(stage, sla, stranger, delivered):
    last = MONDAY + HOUR + REVIEW

    refusal = stage.refusal(sla.finalize, delivered, by=stranger, at=last)

    assert refusal == ("TooEarly", last, last + 1)
    assert stage.answer(sla.finalize, delivered, by=stranger, at=last + 1) == ()


@pytest.mark.parametrize("how", ["opened", "disputed"])
def test_finalize_refuses_what_is_not_delivered(stage, sla, stranger, how, state, request):
    id = request.getfixturevalue(how)

    refusal = stage.refusal(sla.finalize, id, by=stranger, at=MONDAY + 2 * REVIEW)

    assert refusal == ("BadState", id, state(id))
