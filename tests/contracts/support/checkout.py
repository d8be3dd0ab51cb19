"""A scene with money in it: orders and subscriptions, each where a function would succeed."""

from __future__ import annotations

from typing import Any

from tests.contracts.support import artifacts
from tests.contracts.support.machine import digest
from tests.contracts.support.model.money import Oddity
from tests.contracts.support.model.payments import Order, Split, splits_hash
from tests.contracts.support.model.plans import Coupon, Plan
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.subscriptions import Instruction, Terms, id_of
from tests.contracts.support.scene import DAY, Scene
from tests.contracts.support.suite import GENESIS, MERCHANT

PRICE = 30 * 10**6
PERIOD = 30 * DAY
PURSE = 10**12
CAPTURE_BY = GENESIS + 7 * DAY
LATER = GENESIS + 300 * DAY
NOTHING = bytes(32)

Sale = tuple[Order, list[Split]]


class Checkout(Scene):
    """
    Customer `linked`'s wallet pays. The merchant has two plans, for 30 and for 60 dollars a month.
    Both have money and have approved Payments and Subscriptions.
    """

    def _begin(self) -> None:
        super()._begin()
        self.payments, self.subscriptions = self.chain.payments, self.chain.subscriptions
        self.money = self.chain.token
        self.payer = self.wallet.address
        for who in (self.payer, MERCHANT.address):
            self.money.mint(who, PURSE, sender=who)
            for spender in (self.payments, self.subscriptions):
                self.money.approve(spender.address, PURSE, sender=who)
        self.plans = [
            self.subscriptions.createPlan(*self.plan(number), sender=MERCHANT.address)[0]
            for number in (1, 2)
        ]

    # Orders

    def sale(self, **other: Any) -> Sale:
        """An order of 30 dollars, as arguments of a call; paid at once unless said otherwise."""
        made = Order(
            merchant=MERCHANT.address,
            payer=self.payer,
            token=self.money.address,
            amount=PRICE,
            orderId=digest("order", 0),
            payBy=LATER,
            captureBy=0,
            refundUntil=LATER,
            splitsHash=splits_hash([]),
            customerId=self.linked,
        )
        return made._replace(**other), []

    def held(self) -> Sale:
        """One that is authorised."""
        return self.sale(captureBy=CAPTURE_BY)

    def signed(self, sale: Sale) -> tuple[Order, list[Split], bytes]:
        """An order with its payer's signature, as arguments of a call."""
        return (*sale, self.wallet.sign(self.payments, "Order", *sale[0]))

    def pay(self) -> None:
        self.payments.pay(*self.sale(), sender=self.payer)

    def authorize(self) -> None:
        self.payments.authorize(*self.held(), sender=self.payer)

    def authorize_and_wait(self) -> None:
        self.authorize()
        self.evm.warp(CAPTURE_BY + 1)

    def owe(self) -> None:
        """The merchant could not be paid, in a money of its own, and can be now."""
        self.odd = self.evm.deploy(artifacts.load("OddToken"), 6)
        self.odd.mint(self.payer, PRICE, sender=self.payer)
        self.odd.approve(self.payments.address, PRICE, sender=self.payer)
        self.odd.setBlocked(MERCHANT.address, True, sender=self.payer)
        self.odd.turn(Oddity.BLOCKS_RECIPIENT, sender=self.payer)
        self.payments.pay(*self.sale(token=self.odd.address), sender=self.payer)
        self.odd.turn(Oddity.NONE, sender=self.payer)

    # Subscriptions

    def plan(self, number: int) -> tuple[bytes, Plan]:
        """A plan that costs so many times the price a month, as arguments of a call."""
        terms = Plan(
            merchant=MERCHANT.address,
            period=PERIOD,
            trial=0,
            grace=PERIOD,
            token=self.money.address,
            maxCycles=0,
            closed=False,
            price=PRICE * number,
            callerFee=10**6,
        )
        return digest("plan", number), terms

    def terms(self, **other: Any) -> Terms:
        """What the wallet subscribes to."""
        made = Terms(
            payer=self.payer,
            planId=self.plans[0],
            priceCap=PRICE,
            ref=digest("ref", 0),
            customerId=self.linked,
            campaign=NOTHING,
            coupon=NOTHING,
            deadline=LATER,
        )
        return made._replace(**other)

    def signed_terms(self, **other: Any) -> tuple[Terms, bytes]:
        terms = self.terms(**other)
        return terms, self.wallet.sign(self.subscriptions, "Subscribe", *terms)

    def coupon(self) -> tuple[Coupon, bytes]:
        """Half off one charge, signed by the merchant."""
        made = Coupon(
            merchant=MERCHANT.address,
            planId=0,
            code=digest("code", 0),
            bps=5_000,
            cycles=1,
            payer=NOBODY,
            maxUses=0,
            deadline=LATER,
        )
        return made, MERCHANT.sign(self.subscriptions, "Coupon", *made)

    def terms_with_coupon(self) -> tuple[Terms, bytes, Coupon, bytes]:
        coupon, signed = self.coupon()
        return (*self.signed_terms(coupon=self.subscriptions.couponId(coupon)), coupon, signed)

    @property
    def id(self) -> bytes:
        """Of the wallet's subscription."""
        return id_of(self.payer, self.terms().ref)

    def instruction(self, action: int) -> tuple[Instruction, bytes]:
        """What the wallet decides, with its signature."""
        seq = self.subscriptions.subscription(self.id)[3]
        made = Instruction(action, self.id, 0, 0, 0, seq, LATER)
        return made, self.wallet.sign(self.subscriptions, *made.content)

    def subscribe(self) -> None:
        self.subscriptions.subscribe(self.terms(), sender=self.payer)

    def pause(self) -> None:
        self.subscribe()
        self.subscriptions.pause(self.id, sender=self.payer)

    def fall_due(self) -> None:
        self.subscribe()
        self.evm.warp(self.evm.timestamp + PERIOD)

    def lapse(self) -> None:
        self.subscribe()
        self.evm.warp(self.evm.timestamp + 2 * PERIOD + 1)
