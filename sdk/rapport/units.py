"""Chain values to Python values and back, exactly, once, at the edge.

Money is ``Decimal``, time an aware UTC ``datetime``, an address is checksummed, a customer id is 32
bytes. Whatever is not acceptable raises :class:`~rapport.errors.InputError` with one clear line.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation

from rapport.codec import checksum_address
from rapport.errors import InputError

MAX_POINTS = 2**32 - 1
ZERO_ADDRESS = "0x" + "0" * 40
MAX_BPS = 10_000
"""Basis points of the whole: they are hundredths of a percent."""

_EXACT = Context(prec=80)  # a uint256 has up to 78 digits; the default 28 would round
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC, microsecond=0)
_HEX_32 = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_DURATION = re.compile(r"(\d{1,9})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_HEX_20 = re.compile(r"0x[0-9a-fA-F]{40}")


def from_base(value: int, decimals: int) -> Decimal:
    """Whole units from base units: ``from_base(1_500_000, 6) == Decimal("1.5")``."""
    return _EXACT.scaleb(Decimal(value), -decimals)


def to_base(amount: Decimal | int | str, decimals: int) -> int:
    """
    Base units from whole units: ``to_base("1.5", 6) == 1_500_000``.

    Raises:
        InputError: Not a number, negative, or finer than the smallest unit. Never rounds.
    """
    if isinstance(amount, float):
        raise InputError(f"{amount!r} is a float; give an int, a Decimal or a text")
    try:
        value = Decimal(amount)
        scaled = _EXACT.scaleb(value, decimals)
    except (InvalidOperation, ValueError) as error:
        raise InputError(f"{amount!r} is not an amount") from error
    if not scaled.is_finite() or scaled < 0:
        raise InputError(f"{amount!r} is not an amount of zero or more")
    exact = Context(prec=80, rounding=ROUND_HALF_EVEN, traps=[Inexact, InvalidOperation])
    try:
        return int(scaled.to_integral_exact(context=exact))
    except (Inexact, InvalidOperation) as error:
        raise InputError(f"{amount} is finer than the smallest unit, 1e-{decimals}") from error


def bps(share: Decimal | int | str, what: str, *, least: int = 1) -> int:
    """
    Basis points of a share in percent; ``what`` names it in the error: ``bps("2.5", "a share")``.

    Raises:
        InputError: Not more than 0 and at most 100, or finer than a basis point. With ``least=0``
            it may be 0.
    """
    found = to_base(share, 2)
    if not least <= found <= MAX_BPS:
        words = "more than 0 and at most 100" if least else "0 to 100"
        raise InputError(f"{what} is {words} percent; met {share}")
    return found


def percent(share: int) -> Decimal:
    """A share in basis points as percent."""
    return from_base(share, 2)


def money(amount: Decimal) -> str:
    """An amount as people read it: ``1,244.40``. No digit is lost; idle zeros are."""
    whole, point, rest = f"{amount:,f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}" if point else whole


def duration(text: str) -> timedelta:
    """
    A duration as people write it: ``90m``, ``12h``, ``30d``, ``2w``.

    Raises:
        InputError: It is none.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f"{text!r} is not a duration; write 90m, 12h, 30d or 2w")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def span(length: timedelta) -> str:
    """A duration as people read it: ``30 days``, ``12 hours``; zero is ``none``."""
    seconds = int(length.total_seconds())
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count:,} {name}{'s' if count != 1 else ''}"
    return f"{seconds:,} seconds" if seconds else "none"


def points(value: int | str) -> int:
    """A number of points, 1 to 2**32 - 1, as one award or redemption takes it."""
    number = _whole(value, "points")
    if not 1 <= number <= MAX_POINTS:
        raise InputError(f"points must be 1 to {MAX_POINTS:,}; met {number:,}")
    return number


def unsigned(value: int | str, bits: int, what: str) -> int:
    """An unsigned integer of at most ``bits`` bits; ``what`` names it in the error."""
    number = _whole(value, what)
    if not 0 <= number < 2**bits:
        raise InputError(f"{what} must be 0 to 2**{bits} - 1; met {number:,}")
    return number


def to_timestamp(moment: datetime) -> int:
    """Unix seconds of an aware moment; a fraction of a second is dropped."""
    if moment.tzinfo is None:
        raise InputError(f"{moment.isoformat()} names no time zone; give an aware datetime")
    return (moment - _EPOCH) // timedelta(seconds=1)


def from_timestamp(seconds: int) -> datetime:
    """The UTC moment of Unix seconds; beyond the year 9999 it is the last second of that year."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return _NEVER


def iso(moment: datetime) -> str:
    """An aware moment as JSON holds it: ``2026-11-22T15:05:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def address(text: str) -> str:
    """
    A checksummed address.

    Raises:
        InputError: Not 20 bytes in hex, or mixed case whose checksum is wrong.
    """
    if not _HEX_20.fullmatch(text):
        raise InputError(f"{text!r} is not an address: 0x and 40 hex digits are required")
    digits = text[2:]
    mixed = digits != digits.lower() and digits != digits.upper()
    right = checksum_address(text)
    if mixed and right != text:
        raise InputError(f"{text} has a wrong checksum; copy the address again")
    return right


def bytes32(value: bytes | str, what: str = "value") -> bytes:
    """32 bytes from bytes or from 64 hex digits, with or without ``0x``."""
    if isinstance(value, bytes):
        if len(value) == 32:
            return value
    elif _HEX_32.fullmatch(value):
        return bytes.fromhex(value.removeprefix("0x"))
    met = f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
    raise InputError(f"{what} must be 32 bytes (64 hex digits); met {met}")


def customer_id(value: bytes | str) -> bytes:
    """A customer id: 32 bytes, not all zero."""
    number = bytes32(value, "a customer id")
    if not any(number):
        raise InputError("a customer id of zero is nobody's")
    return number


def new_customer_id() -> bytes:
    """32 random bytes, never derived from anything personal."""
    return secrets.token_bytes(32)


def hex32(value: bytes) -> str:
    """``0x`` and 64 hex digits."""
    return f"0x{value.hex()}"


RECEIPT_PREFIX = "consent-receipt:"
"""Under this prefix a customer's key gives the keys of consent receipts, and no reference."""


def ref(customer_key: bytes, idempotency_key: str) -> bytes:
    """
    The single-use reference of a backend call: HMAC-SHA256 of the idempotency key under the
    customer's own random key, so that nothing on chain can be traced once that key is destroyed.
    """
    if len(customer_key) != 32:
        raise InputError(f"a customer's key has 32 bytes; met {len(customer_key)}")
    if not idempotency_key:
        raise InputError("an idempotency key must not be empty")
    if idempotency_key.startswith(RECEIPT_PREFIX):
        raise InputError(
            f"an idempotency key must not begin with {RECEIPT_PREFIX!r}: "
            "what it gives is the key of a consent receipt, which never goes on chain"
        )
    return hmac.new(customer_key, idempotency_key.encode(), hashlib.sha256).digest()


def word(account: str) -> bytes:
    """An address right-aligned in 32 bytes, as indexed arguments of events have it."""
    return bytes.fromhex(address(account)[2:]).rjust(32, b"\0")


def token_asset(token: str) -> bytes:
    """The asset of a token: its address as a word."""
    return word(token)


def asset_token(asset: bytes) -> str | None:
    """The token whose asset this is; ``None`` of a currency, and of what renews."""
    return checksum_address(asset[12:]) if not any(asset[:12]) and any(asset) else None


def gwei(wei: int) -> Decimal:
    """Wei as gwei, exactly."""
    return from_base(wei, 9)


def ether(wei: int) -> Decimal:
    """Wei as ether, exactly."""
    return from_base(wei, 18)


def _whole(value: int | str, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{what} must be a whole number; met {value!r}")
    try:
        return int(value)
    except ValueError as error:
        raise InputError(f"{what} must be a whole number; met {value!r}") from error
