"""Service policies, openings and instructions: as the contract takes them, and as clients sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.support.stage import DAY, moment
from tests.contracts.unit.support.structs import Decision, Signed, Struct

HOUR = 3_600
# States, outcomes, breaches and actions, in the order of the contract's.
NONE, OPEN, DELIVERED, DISPUTED, SETTLED = range(5)
ACCEPTED, FINALIZED, GIVEN_UP, RECLAIMED, AGREED, RULED, EXPIRED = range(7)
RESPONSE, RESOLUTION = range(2)
RESUME, ACCEPT, DISPUTE, ACCEPT_SPLIT = range(4)
WORDS = ("resume", "accept", "dispute", "accept split")

# Monday to Friday, nine to five.
OFFICE = sum(1 << (day * 24 + hour) for day in range(5) for hour in range(9, 17))
MONDAY = moment(2040, 1, 9, 9)  # a Monday, just as the office opens
FRIDAY_EVENING = moment(2040, 1, 13, 17)  # just as it closes for the weekend
NEXT_MONDAY = MONDAY + 7 * DAY
NOTHING = bytes(32)


@dataclass(frozen=True)
class Policy(Struct):
    """What a provider promises. Times are in seconds, money in smallest units."""

    provider: str
    min_amount: int
    token: str
    bonded: bool
    closed: bool
    arbiter_fee_bps: int
    default_provider_bps: int
    late_response_bps: int
    late_resolution_bps: int
    per_hour_bps: int
    arbiter: str
    review_window: int
    arbiter_window: int
    max_pause: int
    hours168: int
    utc_offset: int
    max_credit_bps: int
    response: tuple[int, ...]
    resolution: tuple[int, ...]


@dataclass(frozen=True)
class Opening(Signed):
    """What opens an agreement."""

    FORM = "Open"

    policy: int
    priority: int
    amount: int
    client: str
    customer: bytes
    ref: bytes
    deadline: int

    def id(self, opener: str = "") -> bytes:
        """The agreement's, written out here so that the contract's is checked by it."""
        return bytes(keccak(encode(["address", "bytes32"], [opener or self.client, self.ref])))

    def told(self, opener: str = "") -> tuple[str, dict[str, Any]]:
        """The event of an agreement that begins."""
        return (
            "Opened",
            {
                "id": self.id(opener),
                "policyId": self.policy,
                "client": self.client,
                "amount": self.amount,
                "priority": self.priority,
                "ref": self.ref,
                "customerId": self.customer,
            },
        )


@dataclass(frozen=True)
class Instruction(Decision):
    """What a client decides without gas."""

    WORDS = WORDS

    action: int
    id: bytes
    provider_bps: int
    evidence: bytes
    deadline: int


def settled(
    id: bytes, outcome: int, provider: int, client: int, arbiter: int = 0
) -> tuple[str, dict[str, Any]]:
    """The event of an agreement that ends."""
    shares = {"toProvider": provider, "toClient": client, "toArbiter": arbiter}
    return ("Settled", {"id": id, "outcome": outcome, **shares})


def breached(id: bytes, kind: int, overrun: int) -> tuple[str, dict[str, Any]]:
    return ("Breached", {"id": id, "kind": kind, "overrun": overrun})
