"""Courts, tokens and callers that misbehave: no ruling is lost, and no money.

The court here does whatever anyone makes it do; the one of a published package is in
``tests/contracts/unit/court_arbiter``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.courtroom import (
    BROUGHT,
    COST,
    EXECUTED,
    FIRST,
    NONE,
    ROUND,
    RULED,
    SHARES,
    WINDOW,
    Courtroom,
)
from tests.contracts.support.evm import Refused
from tests.contracts.support.helpdesk import FEE
from tests.contracts.support.machine import digest
from tests.contracts.support.published import kleros

ARBITER_FEE = FEE // 20
CLIENT_WINS, PROVIDER_WINS = 1, 2
BLOCKS_RECIPIENT, CALLS_BACK, BURNS_GAS = 10, 19, 21  # oddities of OddToken
DISPUTED, SETTLED = 3, 4  # states of agreements


@pytest.fixture
def room() -> Courtroom:
    return Courtroom()


@pytest.fixture
def case(room: Courtroom) -> bytes:
    return room.case()


@pytest.fixture
def brought(room: Courtroom, case: bytes) -> bytes:
    room.bring(case)
    return case


# The standard


def test_the_names_of_the_standard_are_those_of_the_published_package() -> None:
    ours = artifacts.load("IArbitrator").abi + artifacts.load("IArbitrable").abi
    theirs = kleros("AutoAppealableArbitrator").abi + kleros("IArbitrable").abi
    published = {signature(entry) for entry in theirs}

    said = {signature(entry) for entry in ours}

    # Its `MetaEvidence`, `Evidence` and `Dispute` are in the package's IArbitrable as well.
    assert said <= published, said - published


def signature(entry: dict[str, Any]) -> tuple[Any, ...]:
    inputs = tuple((i["type"], i.get("indexed", False)) for i in entry.get("inputs", ()))
    return (entry["type"], entry.get("name"), inputs)


# Making one


@pytest.mark.parametrize(
    ("made", "error"),
    [
        ({"shares": (0, 10_000)}, Refused("BadRulings", 2)),
        ({"shares": (0,) * 257}, Refused("BadRulings", 257)),
        ({"shares": (0, 0, 10_001)}, Refused("BadShare", 2, 10_001)),
        ({"round": 0}, Refused("BadRound", 0)),
        ({"round": 366 * 86_400 + 1}, Refused("BadRound", 366 * 86_400 + 1)),
    ],
)
def test_an_arbiter_that_could_not_rule_is_not_made(
    room: Courtroom, made: dict[str, Any], error: Refused
) -> None:
    with pytest.raises(Refused) as refused:
        room.arbiter_of(room.court, **made)
    assert refused.value == error


def test_an_arbiter_is_made_with_a_court_that_has_code(room: Courtroom) -> None:
    with pytest.raises(Refused, match="NoCode"):
        room.arbiter_of(room.actors["stranger"])


def test_the_widest_arbiter_can_be_made_and_rules_by_its_last_share(room: Courtroom) -> None:
    room.arbiter = room.arbiter_of(room.court, (0,) * 255 + (10_000,), 366 * 86_400)
    case = room.case(window=366 * 86_400)
    room.bring(case)

    room.rule(255)

    assert room.stage(case) == EXECUTED
    assert room.told == ["Ruling", "Settled", "Executed"]


# Courts


def test_a_court_rules_once_and_on_what_it_was_asked(room: Courtroom, brought: bytes) -> None:
    with pytest.raises(Refused) as refused:
        room.rule(3)
    assert refused.value == Refused("UnknownRuling", 3, 2)
    with pytest.raises(Refused) as refused:
        room.rule(CLIENT_WINS, FIRST + 1)
    assert refused.value == Refused("UnknownDispute", FIRST + 1)

    room.rule(CLIENT_WINS)

    for again in (CLIENT_WINS, PROVIDER_WINS):
        with pytest.raises(Refused) as refused:
            room.rule(again)
        assert refused.value == Refused("WrongStage", brought, EXECUTED)


def test_only_the_court_rules(room: Courtroom, brought: bytes) -> None:
    for caller in (*room.actors.values(), room.client, room.provider):
        with pytest.raises(Refused) as refused:
            room.arbiter.rule(FIRST, CLIENT_WINS, sender=caller)
        assert refused.value.name == "NotCourt"


def test_a_court_that_takes_more_than_it_says_gets_nothing(room: Courtroom, case: bytes) -> None:
    room.court.setCosts(COST, COST + 1)
    before = room.evm.wei(room.client)

    with pytest.raises(Refused, match="TooLittle"):
        room.bring(case, value=10 * COST)

    room.court.setCosts(COST, COST)
    room.bring(case)
    room.court.setCosts(COST, COST + 1)
    with pytest.raises(Refused, match="TooLittle"):
        room.arbiter.appeal(case, sender=room.client, value=10 * COST)
    assert room.evm.wei(room.client) == before - COST


def test_a_court_takes_no_more_than_was_sent(room: Courtroom, case: bytes) -> None:
    room.court.setCosts(2**255, 0)

    with pytest.raises(Refused) as refused:
        room.bring(case)

    assert refused.value == Refused("CostNotMet", COST, 2**255)


def test_a_court_that_gives_two_disputes_one_number_gets_one(room: Courtroom) -> None:
    first, second = room.case(0), room.case(1)
    room.court.setID(5)
    room.bring(first)

    with pytest.raises(Refused) as refused:
        room.bring(second)

    assert refused.value == Refused("DisputeTaken", 5)
    assert (room.stage(second), room.arbiter.agreementOf(5)) == (NONE, first)


def test_a_court_that_never_rules_leaves_the_dispute_to_the_default(
    room: Courtroom, brought: bytes
) -> None:
    room.wait(WINDOW + 1)

    room.sla.expireDispute(brought, sender=room.actors["stranger"])

    assert room.state(brought) == SETTLED


GUARDED: dict[str, Callable[[Courtroom, bytes, bytes], tuple[Any, ...]]] = {
    "bring": lambda room, case, other: (other,),
    "appeal": lambda room, case, other: (case,),
    "execute": lambda room, case, other: (case,),
    "collect": lambda room, case, other: (room.money.address,),
    "withdraw": lambda room, case, other: (room.money.address, room.client),
}


@pytest.mark.parametrize("verb", GUARDED)
def test_a_court_that_is_asked_gets_into_no_verb_that_moves_money(
    room: Courtroom, verb: str
) -> None:
    case, other = room.case(0), room.case(1)
    room.court.setCosts(0, 0)
    room.bring(case, value=0)
    room.court.setCallBack(room.calldata(verb, *GUARDED[verb](room, case, other)))

    room.arbiter.appeal(case, sender=room.client)

    assert room.court.calledBack() is False
    assert room.court.answer()[:4] == guard_selector(room)
    room.court.setCallBack(b"")
    room.bring(other, value=0)  # it was not brought, nor is anything locked
    assert room.stage(other) == BROUGHT


def guard_selector(room: Courtroom) -> bytes:
    name = "ReentrancyGuardReentrantCall"
    return next(key for key, (error, _) in room.arbiter.errors.items() if error == name)


def test_a_ruling_that_comes_while_the_court_is_asked_is_kept(
    room: Courtroom, brought: bytes
) -> None:
    room.court.setCallBack(room.calldata("rule", FIRST, PROVIDER_WINS))

    room.arbiter.appeal(brought, sender=room.client, value=COST)

    assert room.court.calledBack() is True
    assert room.told == ["Appealed", "Ruling", "RulingWaits"]
    room.arbiter.execute(brought, sender=room.actors["stranger"])
    assert room.stage(brought) == EXECUTED


def test_a_ruling_before_the_court_has_named_the_dispute_is_refused(
    room: Courtroom, case: bytes
) -> None:
    room.court.setCallBack(room.calldata("rule", FIRST, PROVIDER_WINS))

    room.bring(case)

    assert (room.court.calledBack(), room.stage(case)) == (False, BROUGHT)


def test_another_arbiters_disputes_are_not_ruled_on_here(room: Courtroom) -> None:
    second = room.arbiter_of(room.court)
    here, there = room.case(0), room.case(1, arbiter=second)
    with pytest.raises(Refused) as refused:
        room.bring(there)
    assert refused.value.name == "NotArbiter"
    second.bring(there, sender=room.client, value=COST)
    room.bring(here)

    with pytest.raises(Refused) as refused:
        room.rule(CLIENT_WINS, FIRST)  # the number of the other one
    assert refused.value == Refused("UnknownDispute", FIRST)
    room.rule(CLIENT_WINS, FIRST + 1)

    assert room.stage(here) == EXECUTED
    assert room.state(there) == DISPUTED


# Gas


def test_no_amount_of_gas_loses_a_ruling(room: Courtroom, brought: bytes) -> None:
    met = {"refused": 0, "waits": 0, "executed": 0}
    for gas in (*range(4_000, 100_000, 2_000), *range(100_000, 500_000, 20_000)):
        mark = room.evm.snapshot()
        try:
            room.rule(PROVIDER_WINS, gas=gas)
        except Refused:
            met["refused"] += 1
            assert room.stage(brought) == BROUGHT
            room.rule(PROVIDER_WINS)  # as the court's next try
        if room.stage(brought) == RULED:
            met["waits"] += 1
            assert room.told == ["Ruling", "RulingWaits"]
            room.arbiter.execute(brought, sender=room.actors["stranger"])
        else:
            met["executed"] += 1
        assert room.stage(brought) == EXECUTED
        assert room.money.balanceOf(room.provider) > 0
        assert room.arbiter.owed(room.provider, room.money.address) == 0
        room.evm.revert(mark)

    assert all(met.values()), met


# What happens meanwhile


def test_a_ruling_after_the_parties_have_agreed_changes_nothing(
    room: Courtroom, brought: bytes
) -> None:
    room.sla.proposeSplit(brought, 5_000, sender=room.provider)
    room.sla.acceptSplit(brought, 5_000, sender=room.client)
    paid = [room.money.balanceOf(each) for each in (room.client, room.provider)]

    room.rule(CLIENT_WINS)

    assert room.told == ["Ruling", "RulingWaits"]
    with pytest.raises(Refused) as refused:
        room.arbiter.execute(brought)
    assert refused.value == Refused("BadState", brought, SETTLED)
    assert [room.money.balanceOf(each) for each in (room.client, room.provider)] == paid


@pytest.mark.parametrize("late", [0, 1])
def test_a_ruling_counts_until_the_last_second_of_the_window(
    room: Courtroom, brought: bytes, late: int
) -> None:
    until = room.arbiter.until(brought) + ROUND
    room.evm.warp(until + late)

    room.rule(CLIENT_WINS)

    if not late:
        assert room.stage(brought) == EXECUTED
        return
    assert room.told == ["Ruling", "RulingWaits"]
    with pytest.raises(Refused) as refused:
        room.arbiter.execute(brought)
    assert refused.value == Refused("TooLate", until + 1, until)
    room.sla.expireDispute(brought)


def test_no_round_begins_that_could_end_after_the_window(room: Courtroom, brought: bytes) -> None:
    last = room.arbiter.until(brought)
    room.evm.warp(last)
    room.arbiter.appeal(brought, sender=room.client, value=COST)
    assert room.court.appeals() == 1

    room.evm.warp(last + 1)

    with pytest.raises(Refused) as refused:
        room.arbiter.appeal(brought, sender=room.client, value=COST)
    assert refused.value == Refused("TooLate", last + 1, last)


def test_what_is_ruled_or_was_never_brought_is_not_appealed_nor_executed(
    room: Courtroom, case: bytes
) -> None:
    for verb in (room.arbiter.appeal, room.arbiter.execute):
        with pytest.raises(Refused) as refused:
            verb(case)
        assert refused.value == Refused("WrongStage", case, NONE)
    room.bring(case)
    room.rule(CLIENT_WINS)

    for verb in (room.arbiter.appeal, room.arbiter.execute):
        with pytest.raises(Refused) as refused:
            verb(case)
        assert refused.value == Refused("WrongStage", case, EXECUTED)


# Callers


def test_change_that_cannot_be_returned_undoes_the_call(room: Courtroom, case: bytes) -> None:
    payer = room.evm.deploy(artifacts.load("Litigant"))
    payer.refuse()
    bring = room.calldata("bring", case)

    with pytest.raises(Refused) as refused:
        payer.act(room.arbiter.address, bring, sender=room.client, value=COST + 1)
    assert refused.value == Refused("ChangeRefused", payer.address, 1)
    assert (room.stage(case), room.evm.wei(room.court.address)) == (NONE, 0)

    payer.act(room.arbiter.address, bring, sender=room.client, value=COST)
    assert room.stage(case) == BROUGHT


@pytest.mark.parametrize("verb", GUARDED)
def test_change_lets_nobody_into_a_verb_that_moves_money(room: Courtroom, verb: str) -> None:
    case, other = room.case(0), room.case(1)
    room.bring(case)
    payer = room.evm.deploy(artifacts.load("Litigant"))
    stake = COST if verb in ("bring", "appeal") else 0
    payer.setCallBack(room.calldata(verb, *GUARDED[verb](room, case, other)), stake)
    appeal = room.calldata("appeal", case)

    payer.act(room.arbiter.address, appeal, sender=room.client, value=3 * COST)

    assert (payer.calledBack(), payer.answer()[:4]) == (False, guard_selector(room))
    assert room.evm.wei(room.court.address) == 2 * COST
    assert room.evm.wei(room.arbiter.address) == 0


def test_money_that_nobody_asked_for_is_not_taken(room: Courtroom) -> None:
    for verb, args in (("execute", (digest("x", 0),)), ("collect", (room.money.address,))):
        with pytest.raises(Refused):
            getattr(room.arbiter, verb)(*args, sender=room.client, value=1)
    with pytest.raises(Refused):
        room.evm.transact(room.client, room.arbiter.address, b"", value=1)


# Tokens


@pytest.fixture
def odd(room: Courtroom) -> Any:
    return room.odd_token()


def test_a_fee_that_the_token_refuses_is_collected_and_withdrawn_later(
    room: Courtroom, odd: Any
) -> None:
    case = room.case(token=odd.address)
    room.bring(case)
    odd.turn(BLOCKS_RECIPIENT)
    odd.setBlocked(room.arbiter.address, True)
    before = odd.held(room.client)

    room.rule(CLIENT_WINS)

    assert room.stage(case) == EXECUTED
    assert room.sla.owed(room.arbiter.address, odd.address) == ARBITER_FEE
    assert room.arbiter.owed(room.client, odd.address) == ARBITER_FEE
    odd.turn(0)
    with pytest.raises(Refused, match="TransferFailed"):
        room.arbiter.withdraw(odd.address, room.client, sender=room.client)
    assert room.arbiter.collect(odd.address, sender=room.actors["stranger"]) == ARBITER_FEE
    room.arbiter.withdraw(odd.address, room.client, sender=room.client)
    assert odd.held(room.client) == before + FEE
    with pytest.raises(Refused, match="NothingOwed"):
        room.arbiter.collect(odd.address)


def test_a_winner_who_cannot_be_paid_is_owed_and_the_other_is_paid(
    room: Courtroom, odd: Any
) -> None:
    case = room.case(token=odd.address)
    room.bring(case)
    odd.turn(BLOCKS_RECIPIENT)
    odd.setBlocked(room.client, True)
    before = odd.held(room.provider)

    room.rule(0)  # half each

    assert room.stage(case) == EXECUTED
    assert odd.held(room.provider) == before + FEE // 2
    assert room.arbiter.owed(room.client, odd.address) == ARBITER_FEE // 2


def test_a_token_that_burns_all_gas_loses_no_ruling(room: Courtroom, odd: Any) -> None:
    case = room.case(token=odd.address)
    room.bring(case)
    odd.turn(BURNS_GAS)

    room.rule(PROVIDER_WINS, gas=1_000_000)

    assert room.stage(case) == RULED
    odd.turn(0)
    before = odd.held(room.provider)
    room.arbiter.execute(case)
    assert odd.held(room.provider) == before + FEE


@pytest.mark.parametrize("verb", GUARDED)
def test_a_token_that_calls_back_gets_into_no_verb(room: Courtroom, odd: Any, verb: str) -> None:
    case, other = room.case(0, token=odd.address), room.case(1)
    room.court.setCosts(0, 0)
    room.bring(case, value=0)
    # The arbiter moves the token: that is whom it calls back.
    odd.setCallBack(room.calldata(verb, *GUARDED[verb](room, case, other)))
    odd.turn(CALLS_BACK)
    before = odd.held(room.client)

    room.rule(CLIENT_WINS)

    assert (room.stage(case), odd.calledBack()) == (EXECUTED, False)
    assert odd.held(room.client) == before + FEE
    assert room.stage(other) == NONE


def test_a_gift_that_comes_meanwhile_is_divided_and_nobodys_money_is(
    room: Courtroom, odd: Any
) -> None:
    first, second = room.case(0, token=odd.address), room.case(1, token=odd.address)
    room.bring(first)
    room.bring(second)
    odd.turn(BLOCKS_RECIPIENT)
    odd.setBlocked(room.client, True)
    room.rule(CLIENT_WINS, FIRST)  # owed to the client here
    odd.turn(0)
    before = odd.held(room.provider)

    room.rule(PROVIDER_WINS, FIRST + 1)

    assert odd.held(room.provider) == before + FEE
    assert odd.held(room.arbiter.address) == room.arbiter.owed(room.client, odd.address)
    room.arbiter.withdraw(odd.address, room.client, sender=room.client)
    assert odd.held(room.arbiter.address) == 0


# Who may do what

ROLES: dict[str, tuple[Callable[[Courtroom, bytes], tuple[Any, ...]], set[str] | None]] = {
    "bring": (lambda room, case: (case,), None),
    "appeal": (lambda room, case: (case,), None),
    "execute": (lambda room, case: (case,), None),
    "collect": (lambda room, case: (room.money.address,), None),
    "submitEvidence": (lambda room, case: (case, "ipfs://x"), {"wallet", "merchant"}),
    "rule": (lambda room, case: (FIRST, CLIENT_WINS), {"court"}),
    "withdraw": (lambda room, case: (room.money.address, room.spare.address), {"merchant"}),
}


REFUSALS = {"submitEvidence": "NotParty", "rule": "NotCourt", "withdraw": "NothingOwed"}


def test_every_function_that_changes_state_is_in_the_table(room: Courtroom) -> None:
    changing = {name for name, function in room.arbiter.functions.items() if not function.view}
    assert changing == set(ROLES)
    paid = [e["name"] for e in room.arbiter.abi if e.get("stateMutability") == "payable"]
    assert sorted(paid) == ["appeal", "bring"]
    assert [e for e in room.arbiter.abi if e["type"] in ("receive", "fallback")] == []


@pytest.mark.parametrize("verb", ROLES)
def test_a_function_serves_whom_it_names_and_refuses_everyone_else(
    room: Courtroom, verb: str
) -> None:
    arguments, allowed = ROLES[verb]
    odd = room.odd_token()
    case = room.case(token=odd.address)
    room.money = odd
    room.court.setCosts(0, 0)
    if verb != "bring":
        room.bring(case, value=0)
    if verb in ("collect", "withdraw", "execute"):
        odd.turn(BLOCKS_RECIPIENT)
        odd.setBlocked(room.arbiter.address, verb == "collect")
        odd.setBlocked(room.provider, verb == "withdraw")
        room.rule(PROVIDER_WINS, gas=60_000 if verb == "execute" else 0)
        odd.turn(0)
    call = room.calldata(verb, *arguments(room, case))
    for name, caller in {**room.actors, "court": ""}.items():
        mark = room.evm.snapshot()
        met = "allowed"
        try:
            if caller:
                room.evm.transact(caller, room.arbiter.address, call)
            else:
                room.court.act(room.arbiter.address, call, 0)
        except Refused as refusal:
            met = refusal.name
        expected = "allowed" if allowed is None or name in allowed else REFUSALS[verb]
        assert met == expected, f"{verb} by {name}: {met}, expected {expected}"
        room.evm.revert(mark)


def test_evidence_is_submitted_while_the_court_has_not_ruled(room: Courtroom, case: bytes) -> None:
    submit = room.arbiter.submitEvidence
    with pytest.raises(Refused) as refused:
        submit(case, "ipfs://x", sender=room.client)
    assert refused.value == Refused("WrongStage", case, NONE)
    room.bring(case)

    submit(case, "nih:sha-256;00", sender=room.client)

    (event,) = room.evm.logs
    group = int.from_bytes(case, "big")
    assert event.args == (room.court.address, group, room.client, "nih:sha-256;00")
    room.rule(CLIENT_WINS)
    with pytest.raises(Refused) as refused:
        submit(case, "ipfs://x", sender=room.client)
    assert refused.value == Refused("WrongStage", case, EXECUTED)


def test_evidence_about_what_was_settled_meanwhile_is_refused(
    room: Courtroom, brought: bytes
) -> None:
    room.sla.giveUp(brought, sender=room.provider)

    with pytest.raises(Refused) as refused:
        room.arbiter.submitEvidence(brought, "ipfs://x", sender=room.client)

    assert refused.value == Refused("BadState", brought, SETTLED)


def test_the_shares_told_are_those_it_was_made_with(room: Courtroom) -> None:
    assert tuple(room.arbiter.shares()) == SHARES
