"""Whatever a court rules, whenever, after however many appeals, and whatever the parties do.

The law, written here once more: the arbiter's fee is divided as the rest is; a ruling that comes
in time ends the dispute, and one that does not changes nothing; nothing stays with the arbiter, and
every unit that was at stake is somebody's.
"""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.support.courtroom import (
    BROUGHT,
    COST,
    EXECUTED,
    FIRST,
    ROUND,
    RULED,
    WINDOW,
    Courtroom,
)
from tests.contracts.support.evm import Refused
from tests.contracts.support.suite import TALLY

ALL = 10_000
shares = st.lists(st.integers(0, ALL), min_size=3, max_size=6)
moments = st.one_of(st.integers(0, WINDOW + 2), st.sampled_from([WINDOW, WINDOW + 1]))


@given(
    shares=shares,
    ruling=st.integers(0, 5),
    amount=st.integers(1, 10**7),
    fee_bps=st.integers(0, ALL),
    bare=st.booleans(),
    appeals=st.lists(st.integers(0, WINDOW), max_size=3).map(sorted),
    at=moments,
    meanwhile=st.sampled_from(["nothing", "split", "give up"]),
)
def test_a_ruling_in_time_divides_everything_and_any_other_changes_nothing(
    shares: list[int],
    ruling: int,
    amount: int,
    fee_bps: int,
    bare: bool,
    appeals: list[int],
    at: int,
    meanwhile: str,
) -> None:
    room = Courtroom()
    ruling %= len(shares)
    room.arbiter = room.arbiter_of(room.court, tuple(shares))
    token = room.money
    # What a customer without a wallet can win is half of the amount: rounded up, that is the stake.
    case = room.case(bare=bare, amount=amount, arbiterFeeBps=fee_bps)
    stake = -(-amount // 2) if bare else amount
    begun = room.evm.timestamp
    room.bring(case, by=room.provider)
    held = {who: token.balanceOf(who) for who in (room.client, room.provider)}
    bond = room.sla.owed(room.provider, token.address)

    for after in appeals:
        room.evm.warp(begun + after)
        with nullcontext() if after <= WINDOW - ROUND else pytest.raises(Refused, match="TooLate"):
            room.arbiter.appeal(case, sender=room.actors["stranger"], value=2 * COST)
    assert room.court.appeals() == sum(after <= WINDOW - ROUND for after in appeals)
    at = max(at, *appeals, 0)
    room.evm.warp(begun + at)
    if meanwhile == "split" and not bare:
        room.sla.proposeSplit(case, ALL, sender=room.provider)
        room.sla.acceptSplit(case, ALL, sender=room.client)
    elif meanwhile != "nothing":
        room.sla.giveUp(case, sender=room.provider)
    before = _money(room)

    room.rule(ruling)

    TALLY["rulings"] += 1
    assert room.evm.wei(room.arbiter.address) == 0
    assert token.balanceOf(room.arbiter.address) == 0
    if meanwhile != "nothing" or at > WINDOW:
        assert (room.stage(case), room.told) == (RULED, ["Ruling", "RulingWaits"])
        assert _money(room) == before
        if meanwhile == "nothing":
            room.sla.expireDispute(case)
        return
    assert room.stage(case) == EXECUTED
    fee = stake * fee_bps // ALL
    by_ruling = (stake - fee) * shares[ruling] // ALL
    of_fee = fee if bare else fee * shares[ruling] // ALL
    client = token.balanceOf(room.client) - held[room.client]
    waiting = room.sla.waiting(room.provider, room.bare, token.address)
    bonded = room.sla.owed(room.provider, token.address) - bond
    provider = token.balanceOf(room.provider) - held[room.provider]
    assert client == (0 if bare else stake - by_ruling - of_fee)
    assert waiting == (stake - fee - by_ruling if bare else 0)
    assert (bonded, provider) == ((by_ruling, of_fee) if bare else (0, by_ruling + of_fee))
    assert client + waiting + bonded + provider == stake


@given(
    gas=st.integers(1_000, 400_000),
    ruling=st.integers(0, 2),
    bare=st.booleans(),
    retried=st.integers(1_000, 400_000),
)
def test_gas_decides_when_a_ruling_is_carried_out_and_nothing_else(
    gas: int, ruling: int, bare: bool, retried: int
) -> None:
    outcomes = []
    for first, second in ((gas, retried), (0, 0)):
        room = Courtroom()
        case = room.case(bare=bare)
        room.bring(case, by=room.provider)
        for limit in (first, second, 0):
            if room.stage(case) != BROUGHT:
                break
            try:
                room.rule(ruling, FIRST, gas=limit)
            except Refused:
                assert room.stage(case) == BROUGHT
        if room.stage(case) == RULED:
            room.arbiter.execute(case, sender=room.actors["stranger"])
        assert room.stage(case) == EXECUTED
        outcomes.append(_money(room))

    assert outcomes[0] == outcomes[1]


def _money(room: Courtroom) -> tuple[int, ...]:
    token = room.money
    places = (room.client, room.provider, room.sla.address, room.arbiter.address)
    owed = [room.arbiter.owed(who, token.address) for who in (room.client, room.provider)]
    return (*(token.balanceOf(each) for each in places), *owed)
