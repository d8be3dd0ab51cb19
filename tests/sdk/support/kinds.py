"""What the outbox's tests send: awards, singly and in batches, and registrations."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any

from rapport.models import Receipt
from rapport.outbox import Call, Kind, Outcome, Payload
from rapport.reversal import decode_revert
from rapport.units import hex32
from tests.sdk.support.suite import Suite


def customer_id(number: int) -> bytes:
    """The same id for the same number, in every run."""
    return hashlib.sha256(f"customer {number}".encode()).digest()


def award(customer: int, key: str, points: int = 5) -> tuple[str, Payload]:
    """An award as (key, payload), under a reference made from the key."""
    ref = hashlib.sha256(f"ref {key}".encode()).digest()
    payload = {"customer": hex32(customer_id(customer)), "ref": hex32(ref), "points": points}
    return key, payload


def register(customer: int) -> tuple[str, Payload]:
    """A registration as (key, payload)."""
    return f"register:{customer}", {"customer": hex32(customer_id(customer))}


def _bytes(payload: Payload, name: str) -> bytes:
    return bytes.fromhex(payload[name][2:])


class SingleAward(Kind):
    """``award``: one transaction for each, simulated first, gas estimated."""

    name = "test.award"

    def __init__(self, suite: Suite) -> None:
        self.points = suite.chain_contract("LoyaltyPoints")

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (p,) = payloads
        data = self.points.encode("award", _bytes(p, "customer"), _bytes(p, "ref"), p["points"], 0)
        return Call(self.points.address, data)

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> Sequence[Outcome]:
        awarded = [e for e in self.points.events(receipt) if e.name == "Awarded"]
        return (
            [Outcome.done(points=awarded[0].args["points"])] if awarded else [Outcome.duplicate()]
        )

    def subject(self, payload: Payload) -> Hashable:
        return payload["customer"]


class BlindAward(SingleAward):
    """``award`` without asking first, and with a gas limit of its own."""

    name = "test.blind"
    simulate = False

    def gas_of(self, count: int) -> int | None:
        return 160_000


class AwardBatch(SingleAward):
    """``awardBatch``: reports what it refuses by events."""

    name = "test.awards"
    max_batch = 20
    simulate = False

    def gas_of(self, count: int) -> int | None:
        return 100_000 + 110_000 * count

    def encode(self, payloads: Sequence[Payload]) -> Call:
        awards = [(_bytes(p, "customer"), _bytes(p, "ref"), p["points"]) for p in payloads]
        return Call(self.points.address, self.points.encode("awardBatch", awards, 0))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> Sequence[Outcome]:
        said: dict[bytes, Any] = {}
        for event in self.points.events(receipt):
            if event.name == "Awarded":
                said[event.args["ref"]] = Outcome.done(points=event.args["points"])
            elif event.name == "AwardRefused":
                said[event.args["ref"]] = Outcome.refused(decode_revert(event.args["reason"]))
        return [said.get(_bytes(p, "ref"), Outcome.duplicate()) for p in payloads]


class Register(Kind):
    """``registerBatch``, simulated, gas estimated: a zero id makes the whole batch revert."""

    name = "test.register"
    max_batch = 20

    def __init__(self, suite: Suite) -> None:
        self.registry = suite.chain_contract("CustomerRegistry")

    def encode(self, payloads: Sequence[Payload]) -> Call:
        ids = [_bytes(p, "customer") for p in payloads]
        return Call(self.registry.address, self.registry.encode("registerBatch", ids, bytes(32)))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> Sequence[Outcome]:
        added = {e.args["customerId"] for e in self.registry.events(receipt)}
        return [
            Outcome.done() if _bytes(p, "customer") in added else Outcome.duplicate()
            for p in payloads
        ]

    def subject(self, payload: Payload) -> Hashable:
        return payload["customer"]


class BlindRegister(Register):
    """``registerBatch`` without asking first: a refused batch is mined, reverts, and is divided."""

    name = "test.blind_register"
    simulate = False

    def gas_of(self, count: int) -> int | None:
        return 80_000 + 40_000 * count


def all_kinds(suite: Suite) -> list[Kind]:
    """Every kind above."""
    return [
        SingleAward(suite),
        BlindAward(suite),
        AwardBatch(suite),
        Register(suite),
        BlindRegister(suite),
    ]
