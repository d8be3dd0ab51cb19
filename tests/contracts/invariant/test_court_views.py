"""What the court's arbiter tells of a dispute, and what it makes of the same again."""

from __future__ import annotations

from tests.contracts.support.courtroom import (
    BROUGHT,
    COST,
    FIRST,
    NONE,
    Courtroom,
)
from tests.contracts.support.machine import digest
from tests.contracts.support.refusals import refused

UNKNOWN = digest("no agreement", 0)


def test_it_tells_what_the_next_step_costs() -> None:
    room = Courtroom()
    id = room.case()
    assert room.arbiter.costs(id) == (COST, 0)
    room.bring(id)
    assert room.arbiter.costs(id) == (0, COST)
    room.rule(1)
    assert room.arbiter.costs(id) == (0, 0)


def test_it_tells_what_the_court_says_of_a_dispute_that_was_brought() -> None:
    room = Courtroom()
    id = room.case()
    with refused("WrongStage", id, NONE):
        room.arbiter.hearing(id)
    room.bring(id)

    status, ruling, begins, ends = room.arbiter.hearing(id)

    assert status == room.court.disputeStatus(FIRST)
    assert ruling == room.court.currentRuling(FIRST)
    assert (begins, ends) == tuple(room.court.appealPeriod(FIRST))


def test_a_dispute_is_brought_once_and_who_pays_again_gets_it_back() -> None:
    room = Courtroom()
    id = room.case()
    assert room.bring(id) == (FIRST, True)

    assert room.bring(id, by=room.provider, value=5 * COST) == (FIRST, False)

    assert room.stage(id) == BROUGHT
    assert room.told == []


def test_an_appeal_needs_all_that_the_court_asks_for() -> None:
    room = Courtroom()
    id = room.case()
    room.bring(id)

    with refused("CostNotMet", COST - 1, COST):
        room.arbiter.appeal(id, sender=room.client, value=COST - 1)
    room.arbiter.appeal(id, sender=room.client, value=COST)
    assert room.told == ["Appealed"]


def test_what_there_is_no_agreement_of_is_not_brought() -> None:
    room = Courtroom()
    with refused("UnknownAgreement", UNKNOWN):
        room.bring(UNKNOWN)
