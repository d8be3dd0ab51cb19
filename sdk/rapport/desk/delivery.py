"""What a help desk sends, how it is known to be the desk's, and what it tells of a ticket."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.errors import InputError, RapportError

MAX_NAME = 100
"""Characters of a ticket's number and of a delivery's id."""
MAX_DEPTH = 100
"""Of objects within each other; desks write ten at most."""

# One that never closes reaches to the end, so that no byte is looked at twice.
_STRING = re.compile(rb'"(?:[^"\\]|\\.|\\\Z)*+(?:"|\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class Unsigned(RapportError):
    """Nothing shows that the request is the desk's."""


class Malformed(InputError):
    """The request is signed, and cannot be understood."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came: headers by their names in lower case, and the very bytes."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, headers: Mapping[str, str], body: bytes) -> Delivery:
        """A request with headers as they are written."""
        return cls({name.lower(): value.strip() for name, value in headers.items()}, body)

    def header(self, name: str) -> str:
        """
        A header that a signed request has.

        Raises:
            Unsigned: It is missing.
        """
        found = self.headers.get(name.lower())
        if not found:
            raise Unsigned(f"the header {name} is missing: the request is not signed")
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Update:
    """What a delivery tells of a ticket. Words are the desk's own, in lower case."""

    delivery: str
    """What names the delivery: the same again is the same delivery."""
    ticket: str
    at: datetime
    """By the desk's clock."""
    state: str | None = None
    sure: bool = True
    """The delivery is about the state; otherwise the state stood beside what it is about."""
    priority: str | None = None
    replied: bool = False
    """Somebody of the desk has answered the customer, for the customer to see."""
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The ticket, for what a mapping looks up in it."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """
    One kind of help desk.

    ``verify`` raises :class:`Unsigned` unless the request was signed with the secret, no longer ago
    than the tolerance; ``now`` is ``None`` where the age does not matter. ``read`` gives ``None``
    for what is not about tickets.
    """

    name: str
    verify: Callable[[Delivery, str, datetime | None, timedelta], None]
    read: Callable[[Delivery], Update | None]
    states: Mapping[str, str]
    """What the desk's states mean; a mapping can say otherwise."""
    priorities: Mapping[str, str]
    customer: str
    """Where a ticket says whose it is."""
    tolerance: timedelta = timedelta(minutes=5)


# Signatures


def mac(key: bytes | str, *parts: bytes | str, algorithm: str = "sha256") -> bytes:
    """The HMAC of parts put together."""
    raw = key.encode() if isinstance(key, str) else key
    signed = b"".join(each.encode() if isinstance(each, str) else each for each in parts)
    return hmac.new(raw, signed, algorithm).digest()


def require_same(expected: str, met: str) -> None:
    """
    Compares signatures in constant time.

    Raises:
        Unsigned: They differ.
    """
    if not hmac.compare_digest(expected.encode(), met.encode("utf-8", "surrogateescape")):
        raise Unsigned("the signature is not that of this request under the secret configured")


def require_fresh(sent: str, now: datetime | None, tolerance: timedelta) -> None:
    """
    Compares the time at which a request was signed, Unix seconds or ISO 8601, with the present.

    Raises:
        Unsigned: It is no time, or too far from now.
    """
    if now is None:
        return
    try:
        moment = units.from_timestamp(int(sent)) if sent.isdecimal() else iso(sent)
    except ValueError as error:
        raise Unsigned(f"the time of the signature cannot be read: {sent[:40]!r}") from error
    if abs(now - moment) > tolerance:
        raise Unsigned(
            f"it was signed at {units.iso(moment)}, more than {units.span(tolerance)} from now; "
            "set this machine's clock, or allow more with tolerance"
        )


# Bodies


def json_of(delivery: Delivery) -> dict[str, Any]:
    """
    The body as an object, numbers exact.

    Raises:
        Malformed: It is none.
    """
    if _deep(delivery.body):
        raise Malformed(f"the body is not JSON that a desk writes: it is over {MAX_DEPTH} deep")
    try:
        found = json.loads(delivery.body, parse_float=Decimal, parse_constant=_refuse)
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {str(error)[:100]}") from error
    if not isinstance(found, dict):
        raise Malformed("the body is not a JSON object")
    return found


def _deep(body: bytes) -> bool:
    """
    True of a body that could exhaust the parser's stack: a library that keystores need lifts
    Python's own limit.
    """
    depth = 0
    for each in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if each in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """
    An object within an object.

    Raises:
        Malformed: There is none.
    """
    found = record.get(name)
    if not isinstance(found, Mapping):
        raise Malformed(f"the body has no object {name!r}")
    return found


def name_of(record: Mapping[str, Any], name: str, what: str) -> str:
    """
    A number or a text that names something, as text.

    Raises:
        Malformed: It is missing, too long, or something else.
    """
    found = record.get(name)
    if isinstance(found, bool) or not isinstance(found, int | str) or not str(found).strip():
        raise Malformed(f"the body does not name {what} ({name!r})")
    text = str(found).strip()
    if len(text) > MAX_NAME or not text.isprintable():
        raise Malformed(f"what names {what} ({name!r}) is no more than {MAX_NAME} characters")
    return text


def word(value: Any) -> str | None:
    """A word of the desk's, in lower case; also where it is the ``name`` of an object."""
    if isinstance(value, Mapping):
        value = value.get("name")
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip().lower()[:MAX_NAME]


def iso(text: str) -> datetime:
    """
    A moment in ISO 8601, UTC unless it says otherwise; what is finer than a microsecond is dropped.

    Raises:
        ValueError: It is none.
    """
    found = datetime.fromisoformat(text)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def moment(value: Any, what: str) -> datetime:
    """
    A moment as desks write it: ISO 8601, or Unix seconds.

    Raises:
        Malformed: It is none.
    """
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value * 1_000_000))
        if isinstance(value, str):
            return iso(value)
    except (ValueError, OverflowError):
        pass
    raise Malformed(f"the time of {what} cannot be read: {str(value)[:40]!r}")
