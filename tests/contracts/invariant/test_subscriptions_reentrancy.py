"""A token that calls back while it is moved gains nothing of Subscriptions, and breaks nothing.

The token is a payer, a merchant and whoever charges. Each call with which it calls back is shown to
succeed outright first. What moves money then lets it in nowhere, and works afterwards; what only
writes down a decision or an offer is as if it had come right after what was under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from tests.contracts.support import wallets
from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.stand import GENESIS, NO_PERMIT, NOBODY
from tests.contracts.support.tokens.subscriptions import DAY, FAR, PERIOD, Counter

CALLS_BACK = Kind("calls back", "CallsBack", purse=100)
NOW = GENESIS + PERIOD  # when it happens
NOTHING = bytes(32)
SELLER, BUYER = wallets.plain("seller"), wallets.plain("buyer")
# Plans besides those of a `Counter`: the seller's, then the token's own.
HIS, HIS_DEAR, HIS_SHORT, ITS, ITS_DEAR = 4, 5, 6, 7, 8
TWINS = (0, 1)  # what is called back about: the same subscription as the call under way, or another


class Trap(Counter):
    """The token and the seller sell, the token and the buyer pay; subscriptions in pairs."""

    def __init__(self) -> None:
        super().__init__(CALLS_BACK)
        self.who |= {"token": self.token.address, "seller": SELLER.address, "buyer": BUYER.address}
        for name in ("token", "seller", "buyer"):
            self.token.mint(self.who[name], 50 * self.price, sender=self.who["caller"])
        unlimited = (self.house.address, 2**256 - 1)
        self.token.approve(*unlimited, sender=BUYER.address)
        self.token.approve(*unlimited, sender=SELLER.address)
        self.act(self.token, "approve", *unlimited)
        self._offer()
        self.bystander = self.subscribe()
        self.kept = [self.bystander]
        self.due = [self.bought(HIS, 10 + n) for n in TWINS]
        self.lapsed = [self.bought(HIS_SHORT, 20 + n) for n in TWINS]
        self.sold_due = [self.sold(30 + n) for n in TWINS]
        self.evm.warp(GENESIS + PERIOD // 2)
        self.active = [self.bought(HIS, 40 + n) for n in TWINS]
        self.paused = [self.bought(HIS, 50 + n) for n in TWINS]
        for key in self.paused:
            self.act(self.house, "pause", key)
        self.sold_active = [self.sold(60 + n) for n in TWINS]
        self.evm.warp(NOW)

    def _offer(self) -> None:
        for number, price, period, grace in (
            (HIS, self.price, PERIOD, PERIOD),
            (HIS_DEAR, 2 * self.price, PERIOD, PERIOD),
            (HIS_SHORT, self.price, 10 * DAY, DAY),
        ):
            terms = self.offer(SELLER.address, price, period, grace)
            self.house.createPlan(number.to_bytes(32, "big"), terms, sender=SELLER.address)
        for number, price in ((ITS, self.price), (ITS_DEAR, 2 * self.price)):
            terms = self.offer(self.token.address, price)
            self.act(self.house, "createPlan", number.to_bytes(32, "big"), terms)

    def offer(self, merchant: str, price: int, period: int = PERIOD, grace: int = PERIOD) -> Any:
        return (merchant, period, 0, grace, self.token.address, 0, False, price, self.fee)

    def act(self, contract: Contract, verb: str, *arguments: Any) -> None:
        """A call that the token makes; raises `Refused` if that is refused."""
        call = contract.functions[verb].encode(arguments)
        self.token.act(contract.address, call, sender=self.who["caller"])

    def terms(self, payer: str, plan: int, number: int, coupon: bytes = NOTHING) -> tuple[Any, ...]:
        ref = number.to_bytes(32, "big")
        self.kept.append(self.house.idOf(payer, ref))
        return (payer, plan, 2 * self.price, ref, NOTHING, NOTHING, coupon, FAR)

    def bought(self, plan: int, number: int) -> bytes:
        """The token pays."""
        self.act(self.house, "subscribe", self.terms(self.token.address, plan, number))
        return self.kept[-1]

    def sold(self, number: int) -> bytes:
        """The token is paid."""
        self.house.subscribe(self.terms(BUYER.address, ITS, number), sender=BUYER.address)
        return self.kept[-1]

    def coupon(self, number: int) -> tuple[tuple[Any, ...], bytes]:
        """Half of three charges, signed by the seller."""
        coupon = (SELLER.address, 0, number.to_bytes(32, "big"), 5_000, 3, NOBODY, 0, FAR)
        return coupon, self.signed(SELLER, "Coupon", *coupon)

    def signed(self, by: wallets.Wallet, form: str, *fields: Any) -> bytes:
        return by.sign(self.house, form, *fields)

    def upgrade(self, twin: int) -> tuple[Any, ...]:
        """The buyer has signed for a dearer plan."""
        most = 2 * self.price
        rest = (self.sold_active[twin], ITS_DEAR, most, most, 0, FAR)
        return ((5, *rest), self.signed(BUYER, "Instruction", "change plan", *rest))

    def by_coupon(self, number: int) -> tuple[Any, ...]:
        coupon, signature = self.coupon(number)
        terms = self.terms(self.token.address, HIS, number, self.house.couponId(coupon))
        return (terms, b"", coupon, signature)

    def by_signature(self, number: int) -> tuple[Any, ...]:
        terms = self.terms(BUYER.address, HIS, number)
        return (terms, self.signed(BUYER, "Subscribe", *terms))

    def begin(self, under_way: str) -> None:
        """Makes the call, by the token itself where that is payer or merchant."""
        verb, *arguments = UNDER_WAY[under_way](self)
        if verb in ("charge", "chargeBatch", "subscribeBySig", "instruct"):
            getattr(self.house, verb)(*arguments, sender=self.who["caller"])
        else:
            self.act(self.house, verb, *arguments)

    def everything(self) -> dict[str, Any]:
        """All that is kept and held, as anybody can see it."""
        house, keys = self.house, sorted(set(self.kept))
        return {
            "subscriptions": [house.subscription(key) for key in keys],
            "notes": [house.note(key) for key in keys],
            "plans": [house.plan(n + 1) for n in range(house.plans())],
            "held": {name: self.token.held(address) for name, address in self.who.items()},
        }


@cache
def laid() -> Trap:
    """Once a process."""
    return Trap()


@pytest.fixture
def trap() -> Iterator[Trap]:
    """As it was laid, and left so."""
    found = laid()
    mark, kept = found.evm.snapshot(), list(found.kept)
    yield found
    found.evm.revert(mark)
    found.kept = kept


# What is under way, about the first of each pair of twins. All of it moves the token.
UNDER_WAY: dict[str, Callable[[Trap], tuple[Any, ...]]] = {
    "subscribe": lambda t: ("subscribe", t.terms(t.token.address, HIS, 80)),
    "subscribe by signature": lambda t: ("subscribeBySig", *t.by_signature(81)),
    "subscribe with a coupon": lambda t: ("subscribeWithCoupon", *t.by_coupon(82)),
    "charge of what it pays": lambda t: ("charge", t.due[0]),
    "charge of what it is paid": lambda t: ("charge", t.sold_due[0]),
    "a batch of charges": lambda t: ("chargeBatch", [t.due[0], t.bystander]),
    "upgrade": lambda t: ("changePlan", t.active[0], HIS_DEAR, 2 * t.price, 2 * t.price),
    "signed upgrade": lambda t: ("instruct", *t.upgrade(0)),
    "reactivation": lambda t: ("reactivate", t.lapsed[0]),
    "refund": lambda t: ("refund", t.sold_active[0], 1, 0),
}
# What is called back, about one of the twins. What moves money, or could:
GUARDED: dict[str, Callable[[Trap, int], tuple[Any, ...]]] = {
    "subscribe": lambda t, n: (t.terms(t.token.address, HIS, 90),),
    "subscribeBySig": lambda t, n: t.by_signature(91),
    "subscribeWithCoupon": lambda t, n: t.by_coupon(92),
    "charge": lambda t, n: (t.due[n],),
    "chargeBatch": lambda t, n: ([t.due[n], t.sold_due[n]],),
    "changePlan": lambda t, n: (t.active[n], HIS_DEAR, 2 * t.price, 2 * t.price),
    "reactivate": lambda t, n: (t.lapsed[n],),
    "instruct": lambda t, n: t.upgrade(n),
    "refund": lambda t, n: (t.sold_active[n], 1, 0),
    "permit": lambda t, n: NO_PERMIT,
    "multicall": lambda t, n: ([t.house.functions["permit"].encode(NO_PERMIT)],),
}
# What only writes down.
OPEN: dict[str, Callable[[Trap, int], tuple[Any, ...]]] = {
    "acceptPrice": lambda t, n: (t.active[n], 1),
    "pause": lambda t, n: (t.active[n],),
    "resume": lambda t, n: (t.paused[n],),
    "cancel": lambda t, n: (t.due[n],),
    "redeem": lambda t, n: (t.due[n], *t.coupon(93)),
    "grantTime": lambda t, n: (t.sold_due[n], NOW + 99 * DAY),
    "createPlan": lambda t, n: (NOTHING, t.offer(t.token.address, t.price)),
    "setPlanPrice": lambda t, n: (ITS, 3 * t.price, 0),
    "closePlan": lambda t, n: (ITS,),
}
NEVER = {"chargeFor"}  # is for the contract itself


def test_every_verb_is_called_back(trap: Trap) -> None:
    verbs = {name for name, function in trap.house.functions.items() if not function.view}

    assert verbs == set(GUARDED) | set(OPEN) | NEVER


@pytest.mark.parametrize("verb", [*GUARDED, *OPEN])
def test_each_call_back_would_succeed_outright(trap: Trap, verb: str) -> None:
    for twin in TWINS[: 1 + (verb in ("charge", "reactivate", "refund", "pause", "resume"))]:
        trap.act(trap.house, verb, *(GUARDED | OPEN)[verb](trap, twin))


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("verb", GUARDED)
@pytest.mark.parametrize("under_way", UNDER_WAY)
def test_no_verb_that_moves_money_is_reached_while_a_token_is_moved(
    trap: Trap, under_way: str, verb: str, twin: int
) -> None:
    arguments = GUARDED[verb](trap, twin)
    alone = _outcome(trap, under_way)
    _arm(trap, verb, arguments)

    trap.begin(under_way)

    assert trap.token.calledBack() is False
    assert trap.everything() == alone
    trap.token.turn(0, sender=trap.who["caller"])
    if twin and not verb.startswith("subscribe"):
        trap.act(trap.house, verb, *arguments)  # it was not used up


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("verb", OPEN)
@pytest.mark.parametrize("under_way", UNDER_WAY)
def test_what_is_decided_while_a_token_is_moved_comes_right_after(
    trap: Trap, under_way: str, verb: str, twin: int
) -> None:
    arguments = OPEN[verb](trap, twin)
    after = _outcome(trap, under_way, (verb, arguments))
    _arm(trap, verb, arguments)

    trap.begin(under_way)

    trap.token.turn(0, sender=trap.who["caller"])
    assert trap.everything() == after
    assert trap.token.held(trap.house.address) == 0


def test_nobody_reaches_the_charge_that_is_for_the_contract_itself(trap: Trap) -> None:
    with pytest.raises(Refused) as refusal:
        trap.act(trap.house, "chargeFor", trap.due[0], trap.token.address, 0, 0)

    assert refusal.value == Refused("NotSelf", trap.token.address)


def _outcome(
    trap: Trap, under_way: str, then: tuple[str, tuple[Any, ...]] | None = None
) -> dict[str, Any]:
    """
    What is kept and held after a call, which is then undone.

    `then` follows the call as often as that moves the token; where it cannot be had twice, once.
    """
    mark = trap.evm.snapshot()
    trap.begin(under_way)
    moves = sum(event.name == "Transfer" for event in trap.evm.logs)
    assert moves, "nothing is moved, so nothing is called back"
    for _ in range(moves if then else 0):
        with suppress(Refused):
            trap.act(trap.house, then[0], *then[1])
    found = trap.everything()
    trap.evm.revert(mark)
    return found


def _arm(trap: Trap, verb: str, arguments: tuple[Any, ...]) -> None:
    """From now on the token calls back."""
    back = trap.house.functions[verb].encode(arguments)
    trap.token.setCallBack(back, sender=trap.who["caller"])
    trap.token.turn(CALLS_BACK.number, sender=trap.who["caller"])
