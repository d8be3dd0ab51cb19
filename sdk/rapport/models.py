"""What the chain reports, as immutable values. Leaves: no I/O, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Log:
    """One raw log. ``topics`` and ``data`` are bytes; ``address`` is checksummed."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: str
    tx_hash: str
    index: int


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log: ``name`` and ``args`` as the contract's ABI has them."""

    contract: str
    name: str
    args: Mapping[str, Any]
    log: Log


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction. ``gas_price`` is wei per gas as paid; ``ok`` is false if it reverted."""

    tx_hash: str
    block_number: int
    block_hash: str
    ok: bool
    gas_used: int
    gas_price: int
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header. ``base_fee`` is wei per gas."""

    number: int
    hash: str
    parent_hash: str
    timestamp: datetime
    base_fee: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class Fees:
    """What the chain asks for gas now, wei per gas."""

    base_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class SendReply:
    """
    What a node said to a raw transaction. ``verdict`` is one of ``accepted`` (also: known
    already), ``nonce_too_low``, ``underpriced``, ``insufficient_funds``, ``refused`` (the node
    will never take it) and ``unknown`` (no clear answer: it may or may not have been accepted).
    """

    tx_hash: str
    verdict: str
    message: str = ""
