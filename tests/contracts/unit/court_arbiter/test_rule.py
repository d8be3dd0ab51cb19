"""The published court rules, at once or after appeals, and its rulings divide what is at stake."""

import pytest

from tests.contracts.unit.court_arbiter.conftest import (
    APPEAL,
    ARBITER_FEE,
    BROUGHT,
    CLIENT,
    COST,
    EXECUTED,
    LAST,
    PROVIDER,
    REFUSED,
    REST,
    RULED_,
    SHARES,
    SOON,
    UNTIL,
    executed,
    ruled,
    waits,
)
from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS
from tests.contracts.unit.support.agreements import HOUR, RULED, SETTLED, settled
from tests.contracts.unit.support.stage import DAY


@pytest.mark.parametrize("ruling", [REFUSED, CLIENT, PROVIDER])
def test_a_ruling_divides_the_stake_and_the_arbiters_fee_alike(
    court, court_arbiter, token, judge, brought, told, balances, ruling
):
    share = SHARES[ruling]
    parts = REST * share // 10_000, ARBITER_FEE * share // 10_000

    events = told(court.giveRuling, 0, ruling, by=judge, at=SOON + HOUR)

    assert events == [
        ruled(court, 0, ruling),
        settled(brought, RULED, parts[0], REST - parts[0], ARBITER_FEE),
        executed(brought, token, share, parts[1], ARBITER_FEE - parts[1]),
    ]
    got = sum(parts)
    assert balances(court_arbiter) == [FUNDS - got, FUNDS + got, 0, 0]
    assert tuple(court_arbiter.disputeOf(brought)) == (0, EXECUTED, ruling)


def test_a_ruling_is_appealed_and_the_last_one_counts(
    stage, court, court_arbiter, token, judge, client, stranger, brought, paying, told, wei
):
    stage.next(SOON + HOUR)
    stage.send(court.giveAppealableRuling, 0, PROVIDER, APPEAL, DAY, by=judge)
    now = stage.now
    assert tuple(court_arbiter.hearing(brought)) == (1, PROVIDER, now, now + DAY)
    assert tuple(court_arbiter.costs(brought)) == (0, APPEAL)
    before = wei(court)

    events = paying(court_arbiter.appeal, brought, by=client, at=now + HOUR, value=APPEAL + 5)

    assert [name for name, _ in events] == ["Appealed", "AppealDecision"]
    about = {"id": brought, "disputeID": 0, "by": client.address, "cost": APPEAL}
    assert events[0] == ("Appealed", about)
    assert (wei(court), wei(court_arbiter)) == (before + APPEAL, 0)
    stage.send(court.giveAppealableRuling, 0, CLIENT, 2 * APPEAL, DAY, by=judge)
    over = stage.now + DAY
    events = told(court.executeRuling, 0, by=stranger, at=over)
    assert events[0] == ruled(court, 0, CLIENT)
    assert events[-1] == executed(brought, token, 0, 0, ARBITER_FEE)


def test_an_appeal_is_paid_in_full_and_made_when_the_court_allows_it(
    stage, court, court_arbiter, judge, client, brought
):
    refusal = stage.refusal(court_arbiter.appeal, brought, by=client, value=APPEAL)
    assert refusal == ("CostNotMet", APPEAL, court.appealCost(0, b""))
    stage.send(court.giveAppealableRuling, 0, PROVIDER, APPEAL, DAY, by=judge)
    end = stage.now + DAY

    refusal = stage.refusal(court_arbiter.appeal, brought, by=client, value=APPEAL - 1)
    assert refusal == ("CostNotMet", APPEAL - 1, APPEAL)
    assert stage.answer(court_arbiter.appeal, brought, by=client, at=end - 1, value=APPEAL) == ()
    # The court's own word.
    refusal = stage.refusal(court_arbiter.appeal, brought, by=client, at=end, value=APPEAL)
    assert refusal == ("Error", "The appeal must occur before the end of the appeal period.")


def test_who_loses_cannot_appeal_until_the_default_applies(
    stage, court, court_arbiter, judge, provider, brought
):
    stage.next(LAST)
    stage.send(court.giveAppealableRuling, 0, CLIENT, APPEAL, DAY, by=judge)

    refusal = stage.refusal(court_arbiter.appeal, brought, by=provider, at=LAST + 1, value=APPEAL)

    assert refusal == ("TooLate", LAST + 1, LAST)


def test_a_ruling_after_a_split_waits_and_moves_nothing(
    stage, sla, court, court_arbiter, judge, client, provider, stranger, brought, told, balances
):
    stage.send(sla.proposeSplit, brought, 2_500, by=provider)
    stage.send(sla.acceptSplit, brought, 2_500, by=client)
    before = balances(court_arbiter)

    events = told(court.giveRuling, 0, PROVIDER, by=judge, at=SOON + HOUR)

    assert events == [ruled(court, 0, PROVIDER), waits(brought, 0)]
    assert balances(court_arbiter) == before
    refusal = stage.refusal(court_arbiter.execute, brought, by=stranger)
    assert refusal == ("BadState", brought, SETTLED)


def test_a_ruling_after_the_window_leaves_the_dispute_to_the_default(
    stage, sla, court, court_arbiter, judge, stranger, brought, told
):
    events = told(court.giveRuling, 0, PROVIDER, by=judge, at=UNTIL + 1)

    assert events == [ruled(court, 0, PROVIDER), waits(brought, 0)]
    refusal = stage.refusal(court_arbiter.execute, brought, by=stranger)
    assert refusal[0] == "TooLate"
    stage.send(sla.expireDispute, brought, by=stranger)
    assert sla.agreement(brought).state == SETTLED


def test_a_ruling_that_had_too_little_gas_is_carried_out_by_anyone(
    stage, court, court_arbiter, token, judge, stranger, brought, told, balances
):
    # The least gas with which the court itself goes through, and what remains here does not do.
    stage.next(SOON + HOUR)
    court.giveRuling(0, PROVIDER, sender=judge, gas=130_000)
    assert tuple(court_arbiter.disputeOf(brought)) == (0, RULED_, PROVIDER)

    events = told(court_arbiter.execute, brought, by=stranger, at=SOON + 2 * HOUR)

    assert events == [
        settled(brought, RULED, REST, 0, ARBITER_FEE),
        executed(brought, token, 10_000, ARBITER_FEE, 0),
    ]
    assert balances(court_arbiter) == [FUNDS - FEE, FUNDS + FEE, 0, 0]


def test_only_the_court_rules_and_only_parties_submit_evidence(
    stage, court, court_arbiter, judge, client, provider, stranger, brought, told
):
    for by in (judge, client, provider, stranger):
        refusal = stage.refusal(court_arbiter.rule, 0, PROVIDER, by=by)
        assert refusal == ("NotCourt", court.address, by.address)
    for by in (judge, stranger):
        refusal = stage.refusal(court_arbiter.submitEvidence, brought, "ipfs://x", by=by)
        assert refusal == ("NotParty", brought, by.address)

    events = told(court_arbiter.submitEvidence, brought, "ipfs://x", by=provider, at=SOON + HOUR)

    about = {
        "_arbitrator": court.address,
        "_evidenceGroupID": int.from_bytes(brought, "big"),
        "_party": provider.address,
        "_evidence": "ipfs://x",
    }
    assert events == [("Evidence", about)]
    assert court_arbiter.disputeOf(brought)[1] == BROUGHT


def test_bringing_costs_what_the_court_keeps(court, judge, brought, told, wei):
    before = wei(judge)

    told(court.giveRuling, 0, PROVIDER, by=judge, at=SOON + HOUR)

    assert wei(court) == 0
    assert before < wei(judge) <= before + COST
