"""A provider, its clients and an arbiter, on a chain whose clock is turned."""

from tests.sdk.support.promised import (
    arbiter,
    bonded,
    client,
    escrow,
    keeper,
    new_policy,
    office,
    parcel,
    provider,
    ticket,
)
from tests.sdk.support.recurring import suite, undone

__all__ = [
    "arbiter",
    "bonded",
    "client",
    "escrow",
    "keeper",
    "new_policy",
    "office",
    "parcel",
    "provider",
    "suite",
    "ticket",
    "undone",
]
