"""Plans, terms, coupons and instructions: as the contract takes them, and as wallets sign them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.support.structs import Decision, Signed, Struct
from tests.contracts.unit.support.wallets import digest

NOBODY = "0x0000000000000000000000000000000000000000"
NOTHING = bytes(32)  # no customer, no campaign, no coupon
# Statuses, in the order of the contract's.
NONE, TRIALING, ACTIVE, PAST_DUE, PAUSED, LAPSED, CANCELLED, COMPLETED = range(8)
CANCEL, PAUSE, RESUME, REACTIVATE, ACCEPT_PRICE, CHANGE_PLAN = range(6)
WORDS = ("cancel", "pause", "resume", "reactivate", "accept price", "change plan")


@dataclass(frozen=True)
class Plan(Struct):
    """What a merchant offers. Times are in seconds, money in smallest units."""

    merchant: str
    period: int
    trial: int
    grace: int
    token: str
    max_cycles: int
    closed: bool
    price: int
    caller_fee: int


@dataclass(frozen=True)
class Terms(Signed):
    """What a payer asks for."""

    FORM = "Subscribe"

    payer: str
    plan: int
    cap: int
    ref: bytes
    customer: bytes
    campaign: bytes
    coupon: bytes
    deadline: int

    @property
    def id(self) -> bytes:
        """The subscription's, written out here so that the contract's is checked by it."""
        return bytes(keccak(encode(["address", "bytes32"], [self.payer, self.ref])))

    def told(self, paid_through: int) -> tuple[str, dict[str, Any]]:
        """The event of a subscription that begins."""
        return (
            "Subscribed",
            {
                "subscriptionId": self.id,
                "planId": self.plan,
                "payer": self.payer,
                "priceCap": self.cap,
                "paidThrough": paid_through,
                "ref": self.ref,
                "customerId": self.customer,
                "campaign": self.campaign,
            },
        )


@dataclass(frozen=True)
class Coupon(Signed):
    """What a merchant takes off."""

    FORM = "Coupon"

    merchant: str
    plan: int
    code: bytes
    bps: int
    cycles: int
    payer: str
    max_uses: int
    deadline: int

    def id(self, contract: Any) -> bytes:
        """The digest that the merchant signs, which is the coupon's id."""
        return digest(contract, "Coupon", self.struct)

    def told(self, contract: Any, subscription: bytes) -> tuple[str, dict[str, Any]]:
        """The event of its use."""
        return (
            "CouponRedeemed",
            {
                "subscriptionId": subscription,
                "couponId": self.id(contract),
                "bps": self.bps,
                "cycles": self.cycles,
            },
        )


@dataclass(frozen=True)
class Instruction(Decision):
    """What a payer without gas decides."""

    WORDS = WORDS

    action: int
    subscription: bytes
    plan: int
    cap: int
    max_pay: int
    seq: int
    deadline: int


def charged(
    subscription: bytes, plan: int, payer: Any, amount: int, cycle: int, paid_through: int
) -> tuple[str, dict[str, Any]]:
    """The event of a charge."""
    return (
        "Charged",
        {
            "subscriptionId": subscription,
            "planId": plan,
            "payer": getattr(payer, "address", payer),
            "amount": amount,
            "cycle": cycle,
            "paidThrough": paid_through,
        },
    )


def prorated(new: Plan, old: Plan, basis: int, remaining: int) -> int:
    """
    What an upgrade costs, in exact fractions.

    Args:
        basis: What a whole period of the old plan was paid with, in smallest units.
        remaining: Seconds that are left of it.
    """
    worth = ceil(Fraction(new.price) * remaining / new.period)
    paid = floor(Fraction(basis) * remaining / old.period)
    return max(worth - paid, 0)


def selector(error: str) -> bytes:
    """The first four bytes by which an error is known: ``selector("NotDue(uint256,uint40)")``."""
    return bytes(keccak(text=error)[:4])
