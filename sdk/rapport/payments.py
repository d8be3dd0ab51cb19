"""One-off payments: the order that a payer signs, and what became of it. Values, without I/O.

The terms of an order are its identity: its id is the EIP-712 digest that the payer's wallet shows
and signs. Amounts of an order are in the token's smallest unit, as signed; those of a
:class:`Payment` are whole units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rapport import units
from rapport.codec import abi_encode, keccak
from rapport.errors import InputError
from rapport.invoices import Share
from rapport.tokens import Token
from rapport.typed_data import Domain, Intent, Struct

MAX_SPLITS = 4
NOBODY = bytes(32)
"""The customer of an order that earns no points."""

_NOT_HELD = units.from_timestamp(0)  # captureBy of an order that is paid at once


@dataclass(frozen=True)
class Split(Struct):
    """A share of what is captured that goes to somebody else than the merchant."""

    recipient: str
    bps: int
    """Basis points: 10,000 are all."""

    primary_type = "Split"
    types = (("recipient", "address"), ("bps", "uint16"))

    @classmethod
    def percent(cls, recipient: str, share: Decimal | int | str) -> Split:
        """
        A split by its percentage, of at most two decimals: ``Split.percent(address, "2.5")``.

        Raises:
            InputError: Not more than 0 and at most 100, or finer than a basis point.
        """
        return cls(units.address(recipient), units.bps(share, "a share"))


@dataclass(frozen=True)
class PaymentOrder(Intent):
    """What a payer agrees to pay, by when, and who gets it."""

    merchant: str
    payer: str
    token: str
    amount: int
    """In the token's smallest unit."""
    order_id: bytes
    """The shop's own reference, keyed, so that it tells nobody anything."""
    pay_by: datetime
    """The last second in which it can be paid or authorised."""
    capture_by: datetime | None
    """Absent: paid at once. Otherwise authorised, to be captured until then."""
    refund_until: datetime
    splits: tuple[Split, ...]
    customer_id: bytes
    """Who earns points; zero for nobody."""

    domain_name = "Rapport Payments"
    primary_type = "Order"
    nested = (Split,)
    types = (
        ("merchant", "address"),
        ("payer", "address"),
        ("token", "address"),
        ("amount", "uint96"),
        ("orderId", "bytes32"),
        ("payBy", "uint48"),
        ("captureBy", "uint48"),
        ("refundUntil", "uint48"),
        ("splits", "Split[]"),
        ("customerId", "bytes32"),
    )

    def message(self) -> dict[str, Any]:
        if self.capture_by is None:
            return replace(self, capture_by=_NOT_HELD).message()
        return super().message()

    @classmethod
    def from_message(cls, message: Any) -> PaymentOrder:
        order = super().from_message(message)
        return replace(order, capture_by=None) if order.capture_by == _NOT_HELD else order

    @property
    def deadline_seconds(self) -> int:
        return units.to_timestamp(self.pay_by)

    @property
    def held(self) -> bool:
        """True if it is authorised and captured later."""
        return self.capture_by is not None

    @property
    def customer(self) -> bytes | None:
        """Who earns points, if anybody does."""
        return self.customer_id if any(self.customer_id) else None

    def struct(self) -> dict[str, Any]:
        """The order as the contract takes it, with the digest of its splits."""
        if self.capture_by is None:
            return replace(self, capture_by=_NOT_HELD).struct()
        found = super().struct()
        del found["splits"]
        return {**found, "splitsHash": splits_hash(self.splits)}

    def shares(self) -> list[dict[str, Any]]:
        """The splits as the contract takes them."""
        return [split.struct() for split in self.splits]

    def id(self, domain: Domain) -> bytes:
        """The order's id at a contract: the digest that is signed."""
        return self.digest(domain)

    @classmethod
    def from_event(cls, order: Any, splits: Sequence[Any]) -> PaymentOrder:
        """The order as an event of the contract carries it."""
        wanted = {name: order[name] for name, _ in cls.types if name != "splits"}
        for name in ("orderId", "customerId"):
            wanted[name] = units.hex32(wanted[name])
        return cls.from_message({**wanted, "splits": [dict(each) for each in splits]})


def splits_hash(splits: Sequence[Split]) -> bytes:
    """The digest of splits, as EIP-712 encodes ``Split[]``."""
    kind = keccak(b"Split(address recipient,uint16 bps)")
    return keccak(
        b"".join(
            keccak(abi_encode(["bytes32", "address", "uint16"], [kind, each.recipient, each.bps]))
            for each in splits
        )
    )


def shared_out(amount: int, splits: Sequence[Split], token: Token) -> tuple[Share, ...]:
    """
    What each split gets of an amount in the token's smallest unit, rounded down as the contract
    does; the rest is the merchant's.
    """
    return tuple(
        Share(
            split.recipient,
            units.percent(split.bps),
            token.from_base(amount * split.bps // units.MAX_BPS),
        )
        for split in splits
    )


def approval_uri(order: PaymentOrder, domain: Domain) -> str:
    """
    A link (ERC-681) by which a wallet lets the contract take the order's amount. It cannot carry
    the order itself: such links hold no structs. So paying or signing it comes after.
    """
    return (
        f"ethereum:{order.token}@{domain.chain_id}/approve"
        f"?address={units.address(domain.contract)}&uint256={order.amount}"
    )


def check_order(order: PaymentOrder, contract: str) -> None:
    """
    Tells what is wrong with an order before anybody signs it, as the contract would.

    Raises:
        InputError: It could never be paid or captured.
    """
    if not order.amount:
        raise InputError("an order is over an amount above 0")
    if order.merchant == order.payer:
        raise InputError(f"{order.payer} is merchant and payer; nobody pays themselves")
    if len(order.splits) > MAX_SPLITS:
        raise InputError(f"an order has at most {MAX_SPLITS} splits; met {len(order.splits)}")
    for split in order.splits:
        if split.recipient in (units.ZERO_ADDRESS, contract, order.payer):
            raise InputError(
                f"{split.recipient} cannot have a share: it is the payer, the Payments contract "
                "or nobody"
            )
    shares = sum(split.bps for split in order.splits)
    if shares > units.MAX_BPS:
        met = units.percent(shares).normalize()
        raise InputError(f"splits are at most 100 percent in all; met {met:f}")


class PaymentState(StrEnum):
    """Where an order stands; in the contract's order."""

    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PAID = "paid"
    RELEASED = "released"
    """Voided or reclaimed: all went back to the payer."""


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """
    Something that happened to a payment: ``paid``, ``authorized``, ``captured``, ``voided``,
    ``reclaimed``, ``refunded`` or ``points skipped``. ``amount`` is what moved then.
    """

    what: str
    amount: Decimal | None
    at: datetime
    block: int
    transaction: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """An order and what became of it. Amounts are whole units of ``token``."""

    id: str
    number: str | None
    """The shop's order number, where the order was made here."""
    state: PaymentState
    token: Token
    amount: Decimal
    captured: Decimal
    """What was paid out, to the merchant and by splits."""
    refunded: Decimal
    merchant: str
    payer: str
    customer: str | None
    """Number of the customer who earns points, or the id where the number is not known here."""
    pay_by: datetime
    capture_by: datetime | None
    refund_until: datetime
    shares: tuple[Share, ...] = ()
    steps: tuple[PaymentStep, ...] = ()
    """What happened, the oldest first."""
