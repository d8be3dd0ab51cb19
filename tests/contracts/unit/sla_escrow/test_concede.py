"""A party gives the other a part of the fee now, and what is left goes its way."""

import pytest

from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS
from tests.contracts.unit.support.agreements import (
    ACCEPTED,
    HOUR,
    MONDAY,
    NOTHING,
    SETTLED,
    settled,
)

PART = 300_000
LEFT = FEE - PART


@pytest.mark.parametrize("who", ["client", "provider"])
@pytest.mark.parametrize("how", ["opened", "delivered", "disputed"])
def test_concede_pays_the_other_party_from_every_state(
    sla, how, who, told, balances, state, request
):
    id, by = request.getfixturevalue(how), request.getfixturevalue(who)
    before = state(id)

    events = told(sla.concede, id, LEFT, by=by, at=MONDAY + 3 * HOUR)

    assert events == [("Conceded", {"id": id, "by": by.address, "part": PART})]
    to_provider = who == "client"
    paid = [0, PART] if to_provider else [PART, 0]
    assert balances() == [FUNDS - FEE + paid[0], FUNDS + paid[1], LEFT]
    assert (sla.agreement(id).amount, state(id)) == (LEFT, before)


def test_credits_are_shares_of_what_is_left(stage, sla, client, provider, opened, do, told):
    stage.send(sla.concede, opened, LEFT, by=client)
    do(sla.deliver, opened, NOTHING, by=provider, at=MONDAY + 4 * HOUR + 1)

    events = told(sla.accept, opened, by=client, at=MONDAY + 5 * HOUR)

    # A fifth of 700,000.
    assert events == [settled(opened, ACCEPTED, 560_000, 140_000)]


def test_a_party_can_concede_more_later(stage, sla, client, opened, balances):
    stage.send(sla.concede, opened, LEFT, by=client)
    stage.send(sla.concede, opened, LEFT - 1, by=client)

    assert sla.agreement(opened).amount == LEFT - 1
    assert balances() == [FUNDS - FEE, FUNDS + PART + 1, LEFT - 1]


def test_concede_again_changes_nothing_and_says_so(stage, sla, client, provider, opened, balances):
    stage.send(sla.concede, opened, LEFT, by=client)
    before = balances()

    for by in (client, provider):
        assert stage.answer(sla.concede, opened, LEFT, by=by) is False
    assert sla.concede(opened, LEFT, sender=client).events == []
    assert balances() == before


def test_concede_leaves_at_least_one_unit_and_never_more_than_there_is(stage, sla, client, opened):
    for left in (0, FEE + 1):
        refusal = stage.refusal(sla.concede, opened, left, by=client)
        assert refusal == ("BadPart", left, FEE)
    assert stage.answer(sla.concede, opened, 1, by=client) is True
    assert stage.answer(sla.concede, opened, FEE, by=client) is False


def test_concede_refuses_where_no_fee_is_held(stage, sla, provider, backed):
    assert stage.refusal(sla.concede, backed, 1, by=provider) == ("NoFee", backed)


def test_concede_is_the_parties_alone(stage, sla, stranger, opened):
    refusal = stage.refusal(sla.concede, opened, 1, by=stranger)

    assert refusal == ("NotParty", opened, stranger.address)


def test_concede_refuses_what_is_settled_or_unknown(stage, sla, client, delivered):
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32

    refusal = stage.refusal(sla.concede, delivered, 1, by=client)

    assert refusal == ("BadState", delivered, SETTLED)
    assert stage.refusal(sla.concede, unknown, 1, by=client) == ("UnknownAgreement", unknown)
