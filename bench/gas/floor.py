"""The least that a promise can cost, counted line by line.

The floor is one contract with one log that keeps the promise, computes nothing and calls nobody
but the token that money is in: 21,000 for the transaction, its exact calldata, each storage slot it
must read or write (cold, as in a transaction of its own), its log, the money it moves, and the
signature it must recover. A question that another contract asks is no transaction: its floor is the
call and the slots it must read. Prices are those of EIP-2028, EIP-2929 and EIP-2200/3529, the
refund for a slot that is cleared included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TRANSACTION = 21_000
ZERO_BYTE, OTHER_BYTE = 4, 16
FRESH = 22_100  # zero to a value, cold: 20,000 + 2,100
CHANGED = 5_000  # a value to another, cold: 2,900 + 2,100
CLEARED = CHANGED - 4_800  # a value to zero: its refund comes off
READ = 2_100  # cold
CALL = 2_600  # to a cold address
RECOVERY = 3_000  # the ecrecover precompile
LOG, TOPIC, LOG_BYTE = 375, 375, 8


@dataclass(frozen=True)
class Line:
    """One thing that the promise needs; ``gas`` for one customer or order."""

    what: str
    gas: int
    shared: bool = False
    """Needed once in a transaction, however many customers it serves."""

    def once(self) -> Line:
        """The same, shared by a whole batch."""
        return Line(self.what, self.gas, shared=True)


def fresh(what: str) -> Line:
    return Line(f"new slot: {what}", FRESH)


def changed(what: str) -> Line:
    return Line(f"changed slot: {what}", CHANGED)


def cleared(what: str) -> Line:
    return Line(f"cleared slot: {what}", CLEARED)


def read(what: str) -> Line:
    return Line(f"slot read: {what}", READ)


def recovery(what: str) -> Line:
    return Line(f"signature recovered: {what}", RECOVERY)


def call(what: str) -> Line:
    return Line(f"call to a cold address: {what}", CALL)


def log(abi: list[dict[str, Any]], event: str, items: int = 0) -> Line:
    """The log of an event, with so many items in each of its lists."""
    members = next(e for e in abi if e["type"] == "event" and e["name"] == event)["inputs"]
    indexed = sum(member["indexed"] for member in members)
    words = sum(_words(member, items) for member in members if not member["indexed"])
    gas = LOG + TOPIC * (1 + indexed) + LOG_BYTE * 32 * words
    return Line(f"log: {event}, {1 + indexed} topics and {32 * words} bytes", gas)


def _words(member: dict[str, Any], items: int) -> int:
    """Words of 32 bytes that a member of a log takes; an item of a list has a fixed size."""
    each = sum(_words(part, items) for part in member.get("components", [])) or 1
    return 2 + items * each if member["type"].endswith("[]") else each


def moved(
    token: list[dict[str, Any]], what: str, *, first: bool = True, allowed: bool = True
) -> Line:
    """
    Money that a token moves: a call to it, two balances, an allowance, its log.

    Args:
        first: Else the token and one of the two balances were touched before in the transaction.
        allowed: Out of an allowance of any amount, which is read; else out of the caller's own.
    """
    gas = CHANGED + log(token, "Transfer").gas + (READ if allowed else 0)
    return Line(f"money moved: {what}", gas + CALL + CHANGED if first else gas)


def touched(what: str) -> Line:
    """What movements of money in one transaction share: the token, and one of the balances."""
    return Line(f"money moved: {what}", CALL + CHANGED, shared=True)


def calldata(data: bytes) -> int:
    zeros = data.count(0)
    return ZERO_BYTE * zeros + OTHER_BYTE * (len(data) - zeros)


@dataclass(frozen=True)
class Floor:
    """The floor of one transaction that serves ``count`` customers or orders."""

    calldata: int
    lines: tuple[Line, ...]
    count: int = 1
    asked: bool = False
    """A question inside a transaction, which pays for itself."""

    @property
    def gas(self) -> int:
        """Of the whole transaction, or of the question."""
        needed = sum(line.gas * (1 if line.shared else self.count) for line in self.lines)
        return needed if self.asked else TRANSACTION + self.calldata + needed
