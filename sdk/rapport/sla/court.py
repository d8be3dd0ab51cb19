"""Disputes that a court decides (ERC-792), as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Stage(StrEnum):
    """How far a dispute is; in the order of the arbiter's contract."""

    NONE = "not brought"
    BROUGHT = "brought"
    RULED = "ruled, not carried out"
    EXECUTED = "carried out"


class Hearing(StrEnum):
    """What the court does with it; in the standard's order."""

    WAITING = "waiting for a ruling"
    APPEALABLE = "can be appealed"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class Case:
    """
    The dispute of an agreement before the court of its policy's arbiter. Costs are in the chain's
    own coin, shares in percent for the provider.
    """

    agreement: str
    arbiter: str
    """The contract that brings disputes to the court."""
    court: str
    stage: Stage
    dispute: int | None
    """The court's number of it."""
    hearing: Hearing | None
    ruling: int | None
    """The final one, or the court's of today; zero is a refusal to rule, or none yet."""
    provider: Decimal | None
    """The provider's share by that ruling."""
    cost: Decimal | None
    """Of the next step: to bring it, or to appeal. ``None``: no step is left."""
    until: datetime | None
    """When the last round can begin; ``None``: the agreement is in dispute no longer."""
    appeal_from: datetime | None
    appeal_until: datetime | None
    shares: tuple[Decimal, ...]
    """The provider's share by each ruling, from 0."""
