"""What periods are worth, for every price and length: against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.contracts.support.machine import digest
from tests.contracts.support.market import SELLERS, Market, market
from tests.contracts.support.model.plans import DAY, MAX_PERIOD, Coupon, Plan
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.subscriptions import Note, Status, Terms, discounted, id_of

UINT96 = 2**96 - 1
PRICE = st.one_of(st.integers(1, 1_000), st.integers(1, 2**80))
PERIOD = st.one_of(st.sampled_from([DAY, 30 * DAY, 365 * DAY]), st.integers(DAY, MAX_PERIOD))
SHARE = st.integers(0, 10**9)
MERCHANT = SELLERS[0]


class Offer(NamedTuple):
    """A price for a period, in seconds."""

    price: int
    period: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.price, self.period)


OFFER = st.builds(Offer, PRICE, PERIOD)


class Shop:
    """A payer on the first of some plans of one merchant; nobody runs out of money."""

    def __init__(self, *offers: Offer, grace: int = 1) -> None:
        self.chain: Market = market()
        self.chain.reset()
        self.evm, self.at = self.chain.evm, self.chain.subscriptions
        self.payer = self.chain.payers[0].address
        self.chain.token.mint(self.payer, 2**100, sender=self.payer)
        token, by = self.chain.token.address, MERCHANT.address
        for number, (price, period) in enumerate(offers):
            plan = Plan(by, period, 0, grace, token, 0, False, price, 0)
            self.at.createPlan(digest("plan", number), plan, sender=by)
        terms = (1, UINT96, digest("ref", 0), bytes(32), bytes(32), bytes(32), self.evm.timestamp)
        self.at.subscribe(Terms(self.payer, *terms), sender=self.payer)
        self.id = id_of(self.payer, digest("ref", 0))

    def pass_share(self, period: int, share: int) -> int:
        """Some of the period passes; how much of it is left, in seconds."""
        passed = (period - 1) * share // 10**9
        self.evm.warp(self.evm.timestamp + passed)
        return period - passed

    def change(self, number: int) -> int:
        args = (self.id, number, UINT96, UINT96)
        return int(self.at.changePlan(*args, sender=self.payer))

    def coupon(self, bps: int, cycles: int) -> None:
        until = self.evm.timestamp
        coupon = Coupon(MERCHANT.address, 0, digest("code", 0), bps, cycles, NOBODY, 0, until)
        signed = MERCHANT.sign(self.at, "Coupon", *coupon)
        self.at.redeem(self.id, coupon, bytes(signed), sender=self.payer)


@given(old=OFFER, new=OFFER, share=SHARE)
def test_a_dearer_plan_costs_the_difference_for_what_is_left(
    old: Offer, new: Offer, share: int
) -> None:
    shop = Shop(old, new)
    left = shop.pass_share(old.period, share)
    due, at_once = shop.at.quoteChange(shop.id, 2)
    assert at_once == (new.rate > old.rate)
    exact = (new.rate - old.rate) * left
    assert due == 0 if not at_once else 0 <= due - exact < 2
    assert due <= -(-new.price * left // new.period)


@given(offers=st.lists(OFFER, min_size=3, max_size=3), share=SHARE)
def test_two_changes_are_never_cheaper_than_one(offers: list[Offer], share: int) -> None:
    first, between, last = sorted(offers, key=lambda offer: offer.rate)
    assume(first.rate < between.rate < last.rate)
    shop = Shop(first, between, last)
    shop.pass_share(first.period, share)
    at_once, _ = shop.at.quoteChange(shop.id, 3)
    assert shop.change(2) + shop.change(3) >= at_once


@given(price=st.integers(1, UINT96), bps=st.integers(1, 10_000), cycles=st.integers(1, 3))
def test_a_coupon_takes_its_share_off_rounded_down_and_for_its_charges_only(
    price: int, bps: int, cycles: int
) -> None:
    shop = Shop(Offer(price, DAY))
    shop.coupon(bps, cycles)
    reduced = price - price * bps // 10_000
    assert reduced == discounted(price, Note(0, bps, cycles, 0, 0))
    for number in range(cycles + 1):
        shop.evm.warp(shop.at.nextCharge(shop.id)[0])
        due = reduced if number < cycles else price
        assert shop.at.nextCharge(shop.id)[1] == due
        assert shop.at.charge(shop.id, sender=shop.payer) == due


@given(period=PERIOD, grace=SHARE, cycles=st.integers(0, 2))
def test_a_subscription_is_due_from_its_end_and_lapses_with_its_grace(
    period: int, grace: int, cycles: int
) -> None:
    late = 1 + (period - 1) * grace // 10**9
    shop = Shop(Offer(100, period), grace=late)
    for _ in range(cycles):
        shop.evm.warp(shop.at.nextCharge(shop.id)[0])
        shop.at.charge(shop.id, sender=shop.payer)
    end = shop.at.nextCharge(shop.id)[0]
    assert end == shop.evm.timestamp + period
    for moment, status in (
        (end - 1, Status.ACTIVE),
        (end, Status.PAST_DUE),
        (end + late - 1, Status.PAST_DUE),
        (end + late, Status.LAPSED),
    ):
        shop.evm.warp(moment)
        assert shop.at.statusOf(shop.id) == status
        assert shop.at.isEntitled(shop.id) == (status == Status.ACTIVE)
        assert shop.at.nextCharge(shop.id)[2] == (status == Status.PAST_DUE)


@given(period=PERIOD, share=SHARE, length=st.integers(0, 365 * DAY))
def test_a_pause_leaves_just_what_was_left(period: int, share: int, length: int) -> None:
    shop = Shop(Offer(100, period))
    left = shop.pass_share(period, share)
    shop.at.pause(shop.id, sender=shop.payer)
    shop.evm.warp(shop.evm.timestamp + length)
    shop.at.resume(shop.id, sender=shop.payer)
    assert shop.at.nextCharge(shop.id)[0] - shop.evm.timestamp == left


@given(price=st.integers(1, UINT96), short=st.integers(0, 1), allowed=st.booleans())
def test_a_wallet_affords_just_what_it_holds_and_allows(
    price: int, short: int, allowed: bool
) -> None:
    shop = Shop(Offer(price, DAY))
    token, spender = shop.chain.token, shop.at.address
    shop.evm.warp(shop.at.nextCharge(shop.id)[0])
    if allowed:
        token.approve(spender, price - short, sender=shop.payer)
    else:
        spent = token.balanceOf(shop.payer) - price + short
        token.transfer(shop.chain.actors["stranger"], spent, sender=shop.payer)
    assert shop.at.nextCharge(shop.id)[2] == (short == 0)
    charged = shop.at.chargeBatch([shop.id], sender=shop.chain.actors["stranger"])
    assert charged == ((short == 0),)
