"""A customer as the directory has it, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rapport import units
from rapport.errors import NotFound


class Standing(StrEnum):
    """What became of a customer in this directory."""

    OPEN = "open"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the brand and the chain know it. The key never shows in a printout."""

    id: bytes
    number: str | None
    state: Standing
    key: bytes | None = field(repr=False)
    merged_into: bytes | None = None
    added_at: datetime | None = field(default=None, compare=False)

    @property
    def hex(self) -> str:
        """The id as on chain: ``0x`` and 64 digits."""
        return "0x" + self.id.hex()

    def ref(self, idempotency_key: str) -> bytes:
        """
        The reference that stands for ``idempotency_key`` on chain: HMAC-SHA256 under the
        customer's own key, so it tells nothing and dies with the key.

        Raises:
            NotFound: The customer was erased.
        """
        if self.key is None:
            raise NotFound(f"customer {self.hex} was erased; nothing can be recorded for it")
        return units.ref(self.key, idempotency_key)

    def commitment(self) -> bytes:
        """
        A keyed digest of the brand's record of this customer, for the registration.

        Raises:
            NotFound: The customer was erased.
        """
        return self.ref(f"customer:{self.number}")


@dataclass(frozen=True, slots=True)
class Closing:
    """A merge or an erasure that the outbox has taken, and that is not final yet."""

    customer: bytes
    key: str
    into: bytes | None
