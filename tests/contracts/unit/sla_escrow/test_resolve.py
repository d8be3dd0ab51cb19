"""The arbiter rules in its window; if it is silent, the policy's default does."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS, RULING, STAKE
from tests.contracts.unit.support.agreements import (
    EXPIRED,
    HOUR,
    MONDAY,
    NOTHING,
    RULED,
    SETTLED,
    settled,
)

UNTIL = MONDAY + 2 * HOUR + RULING  # of `disputed`


def test_resolve_pays_the_arbiter_its_fee_and_divides_the_rest(
    sla, arbiter, disputed, told, balances
):
    events = told(sla.resolve, disputed, 4_000, by=arbiter, at=UNTIL)

    # A twentieth, then two fifths of 950,000.
    assert events == [settled(disputed, RULED, 380_000, 570_000, 50_000)]
    assert balances(arbiter) == [FUNDS - FEE + 570_000, FUNDS + 380_000, 0, 50_000]


def test_resolve_divides_the_stake_of_a_bond_and_no_more(
    sla, token, client, provider, arbiter, backed, do, told, balances
):
    do(sla.dispute, backed, NOTHING, by=client, at=MONDAY + HOUR)

    events = told(sla.resolve, backed, 0, by=arbiter, at=MONDAY + 2 * HOUR)

    assert events == [settled(backed, RULED, 0, STAKE - 25_000, 25_000)]
    assert balances(arbiter) == [FUNDS + STAKE - 25_000, FUNDS - 2 * STAKE, STAKE, 25_000]
    assert sla.owed(provider, token) == STAKE


def test_shares_are_rounded_for_the_client(sla, client, arbiter, opening, do, told):
    made = opening.but(amount=1_001)
    do(sla.open, made.struct, by=client, at=MONDAY)
    do(sla.dispute, made.id(), NOTHING, by=client, at=MONDAY + 1)

    events = told(sla.resolve, made.id(), 3_333, by=arbiter, at=MONDAY + HOUR)

    # 50.05 and 3,333 / 10,000 of 951, rounded down.
    assert events == [settled(made.id(), RULED, 316, 635, 50)]


def test_resolve_works_in_the_last_second_and_is_too_late_after_it(stage, sla, arbiter, disputed):
    assert stage.answer(sla.resolve, disputed, 0, by=arbiter, at=UNTIL) == ()

    refusal = stage.refusal(sla.resolve, disputed, 0, by=arbiter, at=UNTIL + 1)

    assert refusal == ("TooLate", UNTIL + 1, UNTIL)


def test_resolve_refuses_more_than_all(stage, sla, arbiter, disputed):
    assert stage.refusal(sla.resolve, disputed, 10_001, by=arbiter) == ("BadSplit", 10_001)
    assert stage.answer(sla.resolve, disputed, 10_000, by=arbiter) == ()


def test_resolve_is_the_arbiters_alone(stage, sla, client, provider, stranger, arbiter, disputed):
    for by in (client, provider, stranger):
        refusal = stage.refusal(sla.resolve, disputed, 0, by=by)
        assert refusal == ("NotArbiter", arbiter.address, by.address)


@pytest.mark.parametrize("how", ["opened", "delivered"])
def test_an_arbiter_rules_in_disputes_alone(stage, sla, arbiter, how, state, request):
    id = request.getfixturevalue(how)

    refusal = stage.refusal(sla.resolve, id, 0, by=arbiter)

    assert refusal == ("BadState", id, state(id))


# expireDispute


def test_expire_dispute_by_anyone_divides_by_the_default_and_pays_no_arbiter(
    sla, stranger, arbiter, disputed, told, balances
):
    events = told(sla.expireDispute, disputed, by=stranger, at=UNTIL + 1)

    assert events == [settled(disputed, EXPIRED, 750_000, 250_000)]
    assert balances(arbiter) == [FUNDS - FEE + 250_000, FUNDS + 750_000, 0, 0]


def test_silence_costs_the_client_none_of_its_credit(
    sla, client, provider, stranger, opened, do, told
):
    # Late by eight full hours of business: a half, which is more than the quarter by default.
    do(sla.deliver, opened, NOTHING, by=provider, at=MONDAY + 7 * 86_400)
    at = MONDAY + 7 * 86_400 + 60
    do(sla.dispute, opened, NOTHING, by=provider, at=at)

    events = told(sla.expireDispute, opened, by=stranger, at=at + RULING + 1)

    assert events == [settled(opened, EXPIRED, 500_000, 500_000)]


def test_expire_dispute_is_too_early_in_the_last_second(stage, sla, stranger, disputed):
    refusal = stage.refusal(sla.expireDispute, disputed, by=stranger, at=UNTIL)

    assert refusal == ("TooEarly", UNTIL, UNTIL + 1)
    assert stage.answer(sla.expireDispute, disputed, by=stranger, at=UNTIL + 1) == ()


def test_without_an_arbiter_a_dispute_ends_by_the_default(
    stage, sla, client, stranger, publish, offer, opening, do, told
):
    terms = offer.but(arbiter=NOBODY, arbiter_fee_bps=0)
    made = opening.but(policy=publish(terms))
    do(sla.open, made.struct, by=client, at=MONDAY)
    do(sla.dispute, made.id(), NOTHING, by=client, at=MONDAY + 1)
    refusal = stage.refusal(sla.resolve, made.id(), 0, by=stranger)
    assert refusal == ("NotArbiter", NOBODY, stranger.address)

    events = told(sla.expireDispute, made.id(), by=stranger, at=MONDAY + 1 + RULING + 1)

    assert events == [settled(made.id(), EXPIRED, 750_000, 250_000)]


@pytest.mark.parametrize("how", ["opened", "delivered"])
def test_expire_dispute_refuses_what_is_not_disputed(stage, sla, stranger, how, state, request):
    id = request.getfixturevalue(how)

    refusal = stage.refusal(sla.expireDispute, id, by=stranger, at=UNTIL + RULING)

    assert refusal == ("BadState", id, state(id))


def test_both_refuse_what_is_settled_or_unknown(stage, sla, client, arbiter, delivered):
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32

    for verb, rest in ((sla.resolve, (0,)), (sla.expireDispute, ())):
        refusal = stage.refusal(verb, delivered, *rest, by=arbiter)
        assert refusal == ("BadState", delivered, SETTLED)
        refusal = stage.refusal(verb, unknown, *rest, by=arbiter)
        assert refusal == ("UnknownAgreement", unknown)
