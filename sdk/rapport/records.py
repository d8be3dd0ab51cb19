"""What a brand records and reads back: orders, balances, tiers, rules. Values, without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache

from rapport import currencies, units
from rapport.errors import InputError

MAX_NUMBER = 200  # characters of a customer number
AMOUNT_BITS = 96  # what the chain holds of an amount, in the smallest unit


@dataclass(frozen=True, slots=True)
class Asset:
    """What an order is paid in. ``key`` is its 32 bytes on chain; amounts have ``decimals``."""

    name: str
    key: bytes = field(repr=False)
    decimals: int

    @classmethod
    def named(cls, name: str) -> Asset:
        """
        The asset of a currency code (``EUR``) or of a token, written ``0x<address>:<decimals>``.

        Raises:
            InputError: Neither of the two.
        """
        return _asset(name)

    @classmethod
    def token(cls, address: str, decimals: int) -> Asset:
        """The asset of an ERC-20 token."""
        address = units.address(address)
        decimals = units.unsigned(decimals, 8, "decimals")
        return cls(f"{address}:{decimals}", units.token_asset(address), decimals)

    @property
    def is_token(self) -> bool:
        """Whether it is a token, not a currency."""
        return units.asset_token(self.key) is not None

    def to_base(self, amount: Decimal | int | str) -> int:
        """
        An amount in the asset's smallest unit: ``Asset.named("USD").to_base("19.99") == 1999``.

        Raises:
            InputError: Negative, finer than the smallest unit, or too large for the chain.
        """
        try:
            base = units.to_base(amount, self.decimals)
        except InputError as error:
            if "finer" in str(error):
                places = "no decimals" if not self.decimals else f"at most {self.decimals} decimals"
                raise InputError(f"{amount} {self.name} has {places}") from error
            raise
        if base >= 2**AMOUNT_BITS:
            limit = units.from_base(2**AMOUNT_BITS - 1, self.decimals)
            raise InputError(f"{amount} {self.name} is too large; at most {limit:,f}")
        return base

    def from_base(self, base: int) -> Decimal:
        """A whole amount from the asset's smallest unit."""
        return units.from_base(base, self.decimals)


@cache
def _asset(name: str) -> Asset:
    if name[:2] in ("0x", "0X"):
        address, _, decimals = name.partition(":")
        if not decimals:
            raise InputError(f"{name} needs the token's decimals, as in {name}:6")
        return Asset.token(address, units.unsigned(decimals, 8, "decimals"))
    return Asset(name, currencies.asset_key(name), currencies.decimals(name))


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a customer. ``amount`` is in whole units of ``asset``, such as euros."""

    number: str
    customer: str | bytes
    amount: Decimal
    asset: str
    placed_at: datetime | None = None

    @property
    def key(self) -> str:
        """The idempotency key: the same order is never recorded twice."""
        return f"order:{self.number}"


@dataclass(frozen=True, slots=True)
class NewAward:
    """Points for a customer. ``key`` makes it single-use; pending until ``available_at``."""

    customer: str | bytes
    points: int
    key: str
    available_at: datetime | None = None


class CustomerStatus(StrEnum):
    """What the registry says of a customer."""

    NONE = "none"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer on chain. ``number`` is known to this directory only, ``wallet`` may be absent."""

    id: str
    number: str | None
    status: CustomerStatus
    wallet: str | None
    sequence: int  # grows with every change of wallet; signed intents name it
    level: int  # verification level, 0 = not verified
    verified_until: datetime | None
    registered_on: datetime | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Points that can be spent now, and points owed, which later awards pay off first."""

    customer: str
    points: int
    debt: int


@dataclass(frozen=True, slots=True)
class ExpiringPoints:
    """Points that are lost at ``expires_at`` unless they are spent before."""

    points: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tier:
    """A customer's tier and the points behind it. ``missing`` leads to the next tier, if any."""

    customer: str
    tier: int
    this_year: int
    last_year: int
    missing: int | None


@dataclass(frozen=True, slots=True)
class Liability:
    """Points of all customers that can be spent now, in all and by when they expire."""

    points: int
    expiring: tuple[ExpiringPoints, ...]


class EntryState(StrEnum):
    """What stands under a reference."""

    NONE = "none"
    PENDING = "pending"
    AWARDED = "awarded"
    REDEEMED = "redeemed"


@dataclass(frozen=True, slots=True)
class Entry:
    """An award or a redemption. ``undone`` points of it were reversed or refunded so far."""

    ref: str
    state: EntryState
    points: int
    undone: int
    available_at: datetime | None


@dataclass(frozen=True, slots=True)
class PurchaseRule:
    """
    How many points an order earns: ``points`` for each ``per`` of its amount, times the tier's
    multiplier, at most ``cap``, nothing below ``minimum``. ``per`` and ``minimum`` are whole units.
    With ``renewal`` it is the rule for subscriptions that renew in a token.
    """

    asset: str
    points: int
    per: Decimal
    minimum: Decimal = Decimal(0)
    cap: int = units.MAX_POINTS
    valid_from: datetime | None = None  # absent: from now on
    valid_to: datetime | None = None  # absent: until it is replaced
    return_days: Decimal = Decimal(0)  # days that points stay pending
    multipliers: tuple[Decimal, ...] = (Decimal(1),)  # by tier; the last one holds for those above
    version: int = 0
    renewal: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would earn now, and from when its points could be spent."""

    points: int
    available_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class IssuerCap:
    """How many points an issuer may move a UTC day, and how many are left today."""

    issuer: str
    points_per_day: int
    left: int


def check_number(text: str, what: str = "customer") -> str:
    """
    A number as the shop gives it to customers or orders; ``what`` names which in the error.

    Raises:
        InputError: Empty, too long, like an id, or with characters that do not print.
    """
    number = text.strip()
    if not number:
        raise InputError(f"a {what} number is empty")
    if len(number) > MAX_NUMBER:
        raise InputError(f"a {what} number has {len(number)} characters, at most {MAX_NUMBER}")
    if number[:2] in ("0x", "0X"):
        raise InputError(f"the {what} number {number!r} starts with 0x, as only ids do")
    if not number.isprintable():
        raise InputError(f"the {what} number {number!r} holds characters that do not print")
    return number
