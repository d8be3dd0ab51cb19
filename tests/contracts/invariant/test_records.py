"""Records of subscriptions in whole words: each field comes out as it went in."""

from __future__ import annotations

from functools import cache

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.support.machine import digest
from tests.contracts.support.market import MERCHANT, Market, market
from tests.contracts.support.model.plans import DAY, MAX_PERIOD, Plan
from tests.contracts.support.model.subscriptions import Mode, Note, Subscription, Terms, id_of

ADDRESS = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())


def whole(bits: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 2**bits - 1), st.sampled_from([0, 1, 2**bits - 1]))


SUBSCRIPTION = st.builds(
    Subscription,
    payer=ADDRESS.filter(lambda address: int(address, 16) > 0),
    paidThrough=whole(40),
    cycles=whole(16),
    seq=whole(16),
    mode=st.sampled_from([Mode.RUNNING, Mode.PAUSED, Mode.CANCELLED]),
    noted=st.just(True),
    earning=st.booleans(),
    priceCap=whole(96),
    lastPaid=whole(96),
    planId=st.just(1),
    nextPlanId=st.sampled_from([0, 2]),
)
NOTE = st.builds(Note, whole(96), whole(16), whole(16), whole(40), whole(32))
KEY = digest("subscription", 0)


def words(s: Subscription) -> tuple[int, int]:
    """As the interface lays it out, each slot from its lowest bit."""
    flags = s.noted | s.earning << 1
    first = int(s.payer, 16) | s.paidThrough << 160 | s.cycles << 200 | s.seq << 216
    second = s.priceCap | s.lastPaid << 96 | s.planId << 192 | s.nextPlanId << 224
    return first | s.mode << 232 | flags << 240, second


def word(n: Note) -> int:
    head = n.basis | n.discountBps << 96 | n.discountCycles << 112
    return head | n.pausedAt << 128 | n.pausedTotal << 168


def at(slot: int, key: bytes) -> int:
    """Where a mapping in this slot keeps what stands under the key."""
    return int.from_bytes(keccak(encode(["bytes32", "uint256"], [key, slot])), "big")


@cache
def places() -> tuple[int, int]:
    """The slots of the subscriptions and of the notes, found by looking at what a call writes."""
    chain = stocked()
    payer = chain.payers[0].address
    terms = (payer, 1, 100, digest("ref", 1), bytes(32), bytes(32), bytes(32), 2**48 - 1)
    chain.subscriptions.subscribe(Terms(*terms), sender=payer)
    key = id_of(payer, digest("ref", 1))
    chain.subscriptions.pause(key, sender=payer)
    stored = words(Subscription(*chain.subscriptions.subscription(key)))[0]
    noted = word(Note(*chain.subscriptions.note(key)))
    return slot_with(chain, key, stored), slot_with(chain, key, noted)


def slot_with(chain: Market, key: bytes, content: int) -> int:
    address = chain.subscriptions.address
    kept = ((slot, chain.evm.storage(address, at(slot, key))) for slot in range(20))
    return next(slot for slot, word_there in kept if word_there == content)


def stocked() -> Market:
    """A merchant with two plans."""
    chain = market()
    chain.reset()
    for number in range(2):
        plan = Plan(MERCHANT.address, DAY, 0, 1, chain.token.address, 0, False, 100, 0)
        chain.subscriptions.createPlan(digest("plan", number), plan, sender=MERCHANT.address)
    return chain


def put(chain: Market, s: Subscription, n: Note) -> None:
    subscriptions, notes = places()
    chain.reset()
    chain = stocked()
    first, second = words(s)
    place, address = at(subscriptions, KEY), chain.subscriptions.address
    chain.evm.set_storage(address, place, first)
    chain.evm.set_storage(address, place + 1, second)
    chain.evm.set_storage(address, at(notes, KEY), word(n))


@given(s=SUBSCRIPTION, n=NOTE)
def test_records_are_read_as_the_interface_lays_them_out(s: Subscription, n: Note) -> None:
    chain = market()
    put(chain, s, n)
    assert Subscription(*chain.subscriptions.subscription(KEY)) == s
    assert Note(*chain.subscriptions.note(KEY)) == n


@given(s=SUBSCRIPTION, n=NOTE, cap=whole(96))
def test_writing_one_field_leaves_all_others(s: Subscription, n: Note, cap: int) -> None:
    chain = market()
    s = s._replace(mode=Mode.RUNNING)
    put(chain, s, n)
    chain.subscriptions.acceptPrice(KEY, cap, sender=s.payer)
    changed = s._replace(priceCap=cap, seq=(s.seq + 1) % 2**16)
    place = at(places()[0], KEY)
    kept = chain.evm.storage(chain.subscriptions.address, place)
    beside = chain.evm.storage(chain.subscriptions.address, place + 1)
    assert (kept, beside) == words(changed)


@given(
    period=st.integers(DAY, MAX_PERIOD),
    trial=st.integers(0, MAX_PERIOD),
    grace=st.integers(0, 10**9),
    most=whole(16),
    price=st.integers(1, 2**96 - 1),
    share=st.integers(0, 10**9),
)
def test_a_plan_is_kept_as_it_was_made(
    period: int, trial: int, grace: int, most: int, price: int, share: int
) -> None:
    chain = market()
    chain.reset()
    late, fee = 1 + (period - 1) * grace // 10**9, price * share // 10**9
    merchant = MERCHANT.address
    plan = Plan(merchant, period, trial, late, chain.token.address, most, False, price, fee)
    chain.subscriptions.createPlan(digest("plan", 0), plan, sender=merchant)
    assert chain.subscriptions.plan(1) == plan
    chain.subscriptions.setPlanPrice(1, price, price, sender=merchant)
    chain.subscriptions.closePlan(1, sender=merchant)
    assert chain.subscriptions.plan(1) == plan._replace(closed=True, callerFee=price)


@pytest.mark.parametrize("merchant", ["0x" + "aa" * 20, "0x" + "55" * 20])
@pytest.mark.parametrize("extras", [{}, {"trial": 1}, {"maxCycles": 1}, {"callerFee": 1}])
def test_a_plan_is_kept_with_and_without_what_is_seldom_used(
    extras: dict[str, int], merchant: str
) -> None:
    chain = market()
    chain.reset()
    plan = Plan(merchant, DAY, 0, DAY, chain.token.address, 0, False, 7, 0)._replace(**extras)
    chain.subscriptions.createPlan(digest("plan", 0), plan, sender=merchant)
    assert chain.subscriptions.plan(1) == plan
