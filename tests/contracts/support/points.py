"""What the directed tests of LoyaltyPoints share."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.contracts.support.machine import digest
from tests.contracts.support.scene import Scene

DAY = 86_400
FULL = 2**32 - 1
NEW = digest("new", 0)


def at(*moment: int) -> int:
    """Unix seconds of a moment in UTC."""
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def award(scene: Scene, number: int, points: int, customer: bytes | None = None) -> bytes:
    """An award to `other`, or to somebody else; its reference."""
    ref = digest("award", number)
    scene.points.award(customer or scene.other, ref, points, 0, **scene.by("issuer"))
    return ref
