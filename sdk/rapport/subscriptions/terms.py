"""What payers and merchants sign about subscriptions: EIP-712 typed data that anyone may relay.

Amounts are in the token's smallest unit, as signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport import units
from rapport.codec import keccak
from rapport.errors import InputError
from rapport.typed_data import Decision, Domain, Intent, SignedDecision

DOMAIN_NAME = "Rapport Subscriptions"
NO_DIGEST = bytes(32)
NOBODY = units.ZERO_ADDRESS
"""The payer of a coupon that is anybody's."""


@dataclass(frozen=True)
class Subscribe(Intent):
    """A payer agrees to a plan, and to the highest price for a period of it."""

    payer: str
    plan_id: int
    price_cap: int
    ref: bytes
    """The payer's, single-use: with the payer it is the subscription's id."""
    customer_id: bytes
    """Who earns points; zero for nobody."""
    campaign: bytes
    coupon: bytes
    """Id of the coupon that counts from the first charge on; zero for none."""
    deadline: datetime

    domain_name = DOMAIN_NAME
    primary_type = "Subscribe"
    types = (
        ("payer", "address"),
        ("planId", "uint32"),
        ("priceCap", "uint96"),
        ("ref", "bytes32"),
        ("customerId", "bytes32"),
        ("campaign", "bytes32"),
        ("coupon", "bytes32"),
        ("deadline", "uint48"),
    )


class Action(Decision):
    """What a payer decides."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    REACTIVATE = "reactivate"
    ACCEPT_PRICE = "accept price"
    CHANGE_PLAN = "change plan"


@dataclass(frozen=True)
class Instruction(SignedDecision):
    """A payer decides about a subscription."""

    subscription_id: bytes
    plan_id: int
    price_cap: int
    max_pay: int
    seq: int
    """The subscription's present sequence."""
    deadline: datetime

    domain_name = DOMAIN_NAME
    decisions = Action
    types = (
        ("action", "string"),
        ("subscriptionId", "bytes32"),
        ("planId", "uint32"),
        ("priceCap", "uint96"),
        ("maxPay", "uint96"),
        ("seq", "uint16"),
        ("deadline", "uint48"),
    )


@dataclass(frozen=True)
class Coupon(Intent):
    """A merchant takes a share off the next charges of whoever uses the coupon, once each."""

    merchant: str
    plan_id: int
    """0: every plan of the merchant."""
    code: bytes
    bps: int
    """Basis points off the price: 10,000 make it free."""
    cycles: int
    payer: str
    max_uses: int
    """0: no limit."""
    deadline: datetime

    domain_name = DOMAIN_NAME
    primary_type = "Coupon"
    types = (
        ("merchant", "address"),
        ("planId", "uint32"),
        ("code", "bytes32"),
        ("bps", "uint16"),
        ("cycles", "uint16"),
        ("payer", "address"),
        ("maxUses", "uint32"),
        ("deadline", "uint48"),
    )


@dataclass(frozen=True)
class SignedCoupon:
    """A coupon as its merchant has signed it: what is handed to customers."""

    coupon: Coupon
    domain: Domain
    signature: bytes

    @property
    def id(self) -> bytes:
        """As the terms of a subscription name it: the digest that is signed."""
        return self.coupon.digest(self.domain)

    def document(self) -> dict[str, Any]:
        """The coupon as a file holds it."""
        return {
            "coupon": self.coupon.typed_data(self.domain),
            "signature": "0x" + self.signature.hex(),
        }

    @classmethod
    def read(cls, content: str | bytes | Mapping[str, Any], domain: Domain) -> SignedCoupon:
        """
        The coupon in a file's content.

        Raises:
            InputError: It is none, or its merchant has not signed it yet.
            OtherDomain: It is for another chain or contract.
        """
        if isinstance(content, str | bytes):
            try:
                content = json.loads(content)
            except (ValueError, RecursionError) as error:
                raise InputError(f"the coupon is not JSON: {error}") from error
        if not isinstance(content, Mapping) or {"coupon", "signature"} - content.keys():
            raise InputError("a coupon is an object with the members coupon and signature")
        try:
            signature = bytes.fromhex(str(content["signature"] or "").removeprefix("0x"))
        except ValueError:
            signature = b""
        if not signature:
            raise InputError("the coupon is not signed; its merchant has to sign it first")
        made = content["coupon"]
        return cls(
            Coupon.read(made if isinstance(made, Mapping) else {}, domain), domain, signature
        )


def digest_of(text: str | bytes | None) -> bytes:
    """
    The 32 bytes that stand for a campaign's or a coupon's name: its keccak-256 digest, or the bytes
    themselves where they are given. Nothing gives zero.
    """
    if text is None:
        return NO_DIGEST
    if isinstance(text, bytes):
        return units.bytes32(text, "a digest")
    if text[:2] in ("0x", "0X") and len(text) == 66:
        return units.bytes32(text, "a digest")
    if not text.strip():
        raise InputError("a campaign or a code is not empty")
    return keccak(text.strip().encode())
