"""What the directed tests of ConsentRegistry share."""

from __future__ import annotations

from tests.contracts.support.scene import Scene

DAY = 86_400
ALL = 127


def save(scene: Scene, grant: int, withdraw: int, **other: object) -> None:
    scene.consents.save(scene.decision(grant, withdraw, **other), **scene.by("wallet"))


def granted(scene: Scene, customer: bytes | None = None, group: int = 0) -> int:
    """The mask of what is granted, which every lane's own answer must confirm."""
    customer = customer or scene.linked
    mask = int(scene.consents.grantedIn(customer, group))
    for lane in range(8):
        assert scene.consents.isGranted(customer, group, lane) == bool(mask >> lane & 1)
        assert scene.consents.statusOf(customer, group, lane)[4] == bool(mask >> lane & 1)
    return mask


def today(scene: Scene) -> int:
    return scene.evm.timestamp // DAY
