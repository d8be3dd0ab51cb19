"""What a run yields: our operations with their floors, and what peers offer beside them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.gas.floor import Floor

BATCH = 100


class Operation(StrEnum):
    """The operations that are measured, in the order of the tables."""

    REGISTER = "register a customer"
    REGISTER_BATCH = "register, each of 100"
    LINK = "link a first wallet"
    VERIFY = "verify a customer to a level"
    AWARD_NEW = "award, new customer"
    AWARD_EXISTING = "award, existing customer"
    AWARD_RETRIED = "award, retried"
    AWARD_PENDING = "award, pending"
    AWARD_BATCH_NEW = "award, each of 100, new"
    AWARD_BATCH_EXISTING = "award, each of 100, existing"
    AWARD_BATCH_PENDING = "award, each of 100, pending"
    AWARD_BATCH_RETRIED = "award, each of 100, retried"
    EARN_NEW = "earn by rule, new customer"
    EARN_EXISTING = "earn by rule, existing customer"
    EARN_RETRIED = "earn by rule, retried"
    EARN_BATCH_NEW = "earn by rule, each of 100, new"
    EARN_BATCH_EXISTING = "earn by rule, each of 100, existing"
    EARN_BATCH_PENDING = "earn by rule, each of 100, pending"
    SETTLE = "settle a pending award"
    SETTLE_BATCH = "settle, each of 100"
    REVERSE = "reverse an award"
    REVERSE_PENDING = "reverse a pending award"
    EARN_REVERSE = "reverse for a part returned, by rule"
    REDEEM = "redeem, by the wallet"
    REDEEM_SIGNED = "redeem, by a relayed signature"
    REDEEM_ISSUER = "redeem, by the issuer"
    REFUND = "refund a redemption"
    MERGE = "merge two customers"
    ERASE = "erase a customer"


@dataclass(frozen=True)
class Figure:
    """One of our operations, measured. ``gas`` is the whole transaction's."""

    operation: Operation
    call: str
    gas: int
    floor: Floor
    goal: int | None = None
    """Gas for each customer or order that we set out not to exceed."""

    @property
    def count(self) -> int:
        return self.floor.count

    @property
    def each(self) -> int:
        return per(self.gas, self.count)

    @property
    def floor_each(self) -> int:
        return per(self.floor.gas, self.count)


@dataclass(frozen=True)
class PeerFigure:
    """What a peer's operation costs, measured in the same run."""

    operation: Operation
    """Ours that it stands beside."""
    peer: str
    call: str
    gas: int
    without: str
    """What our operation promises and the peer's does not."""
    retried: str
    """What the same call does again, as seen in the run."""
    count: int = 1
    fails: bool = False
    """The measured call is one that reverts."""

    @property
    def each(self) -> int:
        return per(self.gas, self.count)


def per(gas: int, count: int) -> int:
    """Gas for each of ``count``, rounded to the nearest."""
    return (2 * gas + count) // (2 * count)
