"""The parties agree on how to divide what is at stake."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS, STAKE
from tests.contracts.unit.support.agreements import AGREED, HOUR, MONDAY, SETTLED, settled

HALF = 5_000


@pytest.fixture
def propose(stage, sla):
    return lambda id, bps, by: stage.send(sla.proposeSplit, id, bps, by=by)


@pytest.mark.parametrize("how", ["opened", "delivered", "disputed"])
@pytest.mark.parametrize(("one", "other"), [("client", "provider"), ("provider", "client")])
def test_what_one_party_proposes_the_other_settles(
    sla, how, one, other, propose, told, balances, request
):
    id = request.getfixturevalue(how)
    propose(id, 7_000, request.getfixturevalue(one))

    by = request.getfixturevalue(other)
    events = told(sla.acceptSplit, id, 7_000, by=by, at=MONDAY + 5 * HOUR)

    assert events == [settled(id, AGREED, 700_000, 300_000)]
    assert balances() == [FUNDS - FEE + 300_000, FUNDS + 700_000, 0]


def test_propose_split_is_kept_and_told(stage, sla, client, opened, told):
    assert stage.answer(sla.proposal, opened, by=client) == (NOBODY, 0)

    events = told(sla.proposeSplit, opened, HALF, by=client, at=MONDAY + 1)

    proposed = {"id": opened, "by": client.address, "providerBps": HALF}
    assert events == [("SplitProposed", proposed)]
    assert stage.answer(sla.proposal, opened, by=client) == (client.address, HALF)


def test_a_split_is_rounded_for_the_client(sla, client, provider, opening, do, propose, told):
    made = opening.but(amount=1_001)
    do(sla.open, made.struct, by=client, at=MONDAY)
    propose(made.id(), 3_333, client)

    events = told(sla.acceptSplit, made.id(), 3_333, by=provider, at=MONDAY + 1_000)

    assert events == [settled(made.id(), AGREED, 333, 668)]


def test_a_split_of_a_bond_divides_the_stake(
    sla, token, client, provider, backed, propose, told, balances
):
    propose(backed, 0, provider)

    events = told(sla.acceptSplit, backed, 0, by=client, at=MONDAY + HOUR)

    assert events == [settled(backed, AGREED, 0, STAKE)]
    assert balances()[0] == FUNDS + STAKE


def test_all_and_nothing_can_be_agreed_and_more_cannot_be_proposed(
    stage, sla, client, provider, opened, propose
):
    assert stage.refusal(sla.proposeSplit, opened, 10_001, by=client) == ("BadSplit", 10_001)
    for bps in (0, 10_000):
        propose(opened, bps, client)
        assert stage.answer(sla.acceptSplit, opened, bps, by=provider) == ()


def test_nobody_accepts_its_own_proposal(stage, sla, client, opened, propose):
    propose(opened, HALF, client)

    assert stage.refusal(sla.acceptSplit, opened, HALF, by=client) == ("BadSplit", HALF)


def test_accept_split_refuses_what_was_not_proposed(stage, sla, client, provider, opened, propose):
    assert stage.refusal(sla.acceptSplit, opened, 0, by=provider) == ("BadSplit", 0)
    propose(opened, HALF, client)

    refusal = stage.refusal(sla.acceptSplit, opened, HALF + 1, by=provider)

    assert refusal == ("BadSplit", HALF + 1)


def test_a_new_proposal_takes_the_place_of_the_last_whoever_made_it(
    stage, sla, client, provider, opened, propose
):
    propose(opened, 9_000, client)
    propose(opened, 9_999, provider)

    assert stage.refusal(sla.acceptSplit, opened, 9_000, by=provider) == ("BadSplit", 9_000)
    assert stage.answer(sla.acceptSplit, opened, 9_999, by=client) == ()


def test_a_split_is_the_parties_alone(stage, sla, stranger, client, opened, propose):
    propose(opened, HALF, client)
    told = ("NotParty", opened, stranger.address)

    for verb in (sla.proposeSplit, sla.acceptSplit):
        assert stage.refusal(verb, opened, HALF, by=stranger) == told


def test_a_split_is_refused_where_it_is_settled_or_unknown(
    stage, sla, client, provider, delivered, propose
):
    propose(delivered, HALF, provider)
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32

    for verb in (sla.proposeSplit, sla.acceptSplit):
        assert stage.refusal(verb, delivered, HALF, by=client) == ("BadState", delivered, SETTLED)
        assert stage.refusal(verb, unknown, HALF, by=client) == ("UnknownAgreement", unknown)
