"""What a help desk sends, how it is known to be the desk's, and what it tells of a ticket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rapport.errors import InputError, RapportError


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
