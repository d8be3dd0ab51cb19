"""Anyone brings a dispute to the court, once, in time, for what the court asks."""

from tests.contracts.unit.court_arbiter.conftest import (
    BROUGHT,
    COST,
    EXTRA,
    LAST,
    META,
    NONE,
    ROUND,
    SHARES,
    SOON,
    UNTIL,
)
from tests.contracts.unit.sla_escrow.conftest import RULING
from tests.contracts.unit.support.agreements import DELIVERED, SETTLED


def test_bring_by_anyone_asks_the_court_and_tells_where_its_evidence_is(
    court, court_arbiter, stranger, case, paying, wei
):
    events = paying(court_arbiter.bring, case, by=stranger, at=SOON, value=COST)

    assert events == [
        ("DisputeCreation", {"_disputeID": 0, "_arbitrable": court_arbiter.address}),
        (
            "Dispute",
            {
                "_arbitrator": court.address,
                "_disputeID": 0,
                "_metaEvidenceID": 0,
                "_evidenceGroupID": int.from_bytes(case, "big"),
            },
        ),
    ]
    assert tuple(court_arbiter.disputeOf(case)) == (0, BROUGHT, 0)
    assert court_arbiter.agreementOf(0) == case
    assert tuple(court.disputes(0))[:2] == (court_arbiter.address, 2)
    assert (wei(court), wei(court_arbiter)) == (COST, 0)


def test_bring_gives_back_what_was_sent_above_the_cost(stage, court_arbiter, stranger, case, wei):
    before = wei(stranger)

    stage.send(court_arbiter.bring, case, by=stranger, value=COST + 77)

    assert (wei(stranger), wei(court_arbiter)) == (before - COST, 0)


def test_bring_again_gives_everything_back_and_brings_nothing(
    stage, court, court_arbiter, client, provider, brought, wei
):
    before = wei(provider), wei(court)

    assert stage.answer(court_arbiter.bring, brought, by=provider, value=COST) == (0, False)
    stage.send(court_arbiter.bring, brought, by=provider, value=COST)

    assert (wei(provider), wei(court)) == before
    assert stage.answer(court_arbiter.bring, brought, by=client) == (0, False)


def test_bring_refuses_less_than_the_court_asks(stage, court, court_arbiter, judge, client, case):
    refusal = stage.refusal(court_arbiter.bring, case, by=client, value=COST - 1)
    assert refusal == ("CostNotMet", COST - 1, COST)

    stage.send(court.setArbitrationPrice, COST + 1, by=judge)

    assert stage.refusal(court_arbiter.bring, case, by=client, value=COST) == (
        "CostNotMet",
        COST,
        COST + 1,
    )


def test_bring_works_in_the_last_second_that_leaves_time_for_a_round(
    stage, court_arbiter, client, case
):
    assert court_arbiter.until(case) == LAST
    for at in (SOON, LAST):
        answer = stage.answer(court_arbiter.bring, case, by=client, at=at, value=COST)
        assert answer == (0, True)

    refusal = stage.refusal(court_arbiter.bring, case, by=client, at=LAST + 1, value=COST)

    assert refusal == ("TooLate", LAST + 1, LAST)


def test_a_window_shorter_than_a_round_can_never_be_brought_in_time(
    stage, deploy_arbiter, court, dispute, client
):
    slow = deploy_arbiter(court, round=RULING + 1)
    case = dispute(slow)

    refusal = stage.refusal(slow.bring, case, by=client, at=SOON, value=COST)

    assert refusal == ("TooLate", SOON, UNTIL - RULING - 1)


def test_bring_refuses_what_is_not_disputed(
    stage, sla, court_arbiter, client, provider, case, publish, offer, opening
):
    open_ = opening.but(policy=publish(offer.but(arbiter=court_arbiter.address)))
    stage.send(sla.open, open_.struct, by=client)
    refusal = stage.refusal(court_arbiter.bring, open_.id(), by=client, value=COST)
    assert refusal == ("BadState", open_.id(), 1)
    stage.send(sla.deliver, open_.id(), bytes(32), by=provider)
    refusal = stage.refusal(court_arbiter.bring, open_.id(), by=client, value=COST)
    assert refusal == ("BadState", open_.id(), DELIVERED)

    stage.send(sla.giveUp, case, by=provider)

    refusal = stage.refusal(court_arbiter.bring, case, by=client, value=COST)
    assert refusal == ("BadState", case, SETTLED)


def test_bring_refuses_what_is_unknown_or_another_arbiters(
    stage, court_arbiter, deploy_arbiter, court, client, case, arbiter, dispute
):
    unknown = b"\x09" * 32
    second, disputed = deploy_arbiter(court), dispute(arbiter, 2)

    for there, id, named in (
        (court_arbiter, disputed, arbiter),
        (second, case, court_arbiter),
    ):
        refusal = stage.refusal(there.bring, id, by=client, value=COST)
        assert refusal == ("NotArbiter", named.address, there.address)
    refusal = stage.refusal(court_arbiter.bring, unknown, by=client, value=COST)
    assert refusal == ("UnknownAgreement", unknown)


# The constructor


def test_what_an_arbiter_was_made_with_is_told(sla, court, court_arbiter):
    assert court_arbiter.ESCROW() == sla.address
    assert court_arbiter.COURT() == court.address
    assert court_arbiter.ROUND() == ROUND
    assert court_arbiter.extraData() == EXTRA
    assert list(court_arbiter.shares()) == SHARES
    (log,) = court_arbiter.creation_metadata.receipt.events
    assert (log.event_name, log.event_arguments["_evidence"]) == ("MetaEvidence", META)


# Views


def test_costs_are_of_the_step_that_comes_next(court, court_arbiter, judge, stage, case, brought):
    assert tuple(court_arbiter.costs(bytes(32))) == (COST, 0)
    unaffordable = court.appealCost(0, b"")
    assert tuple(court_arbiter.costs(brought)) == (0, unaffordable)

    stage.send(court.giveRuling, 0, 1, by=judge)

    assert tuple(court_arbiter.costs(brought)) == (0, 0)


def test_a_hearing_is_of_what_was_brought(stage, court_arbiter, client, case):
    refusal = stage.refusal(court_arbiter.hearing, case, by=client)

    assert refusal == ("WrongStage", case, NONE)
