"""What a writing verb describes, before anything is kept or sent."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapport.errors import RapportError
from rapport.outbox import Kind, Payload

T = TypeVar("T")

CLOSING = frozenset({"customer.merge", "customer.erase", "customer.erase_by_sig"})
"""Kinds after which the directory follows the chain."""


rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)
"""True within a dry run: whatever is drafted is thrown away, so nothing may be kept for it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent: ``payload`` for ``kind`` under the idempotency key ``key``."""

    kind: type[Kind]
    key: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Drafted(Generic[T]):
    """One of many: what is to be sent for ``item``, or why nothing can be."""

    item: T
    draft: Draft | None = None
    error: RapportError | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a call would do now. ``gas`` is for this call alone; ``data`` is the calldata."""

    kind: str
    key: str
    to: str
    data: bytes
    gas: int
