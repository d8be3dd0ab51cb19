"""Everything that the chain's logs tell of one customer, whatever contract wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.artifacts import AddressBook, contracts
from rapport.chain import Chain
from rapport.models import Event

_PLACES = ((), (None,), (None, None))  # an id is the first, second or third indexed value


@dataclass(frozen=True, slots=True)
class Happening:
    """An event about a customer. ``at`` is the time of its block."""

    contract: str
    event: str
    args: dict[str, Any]
    at: datetime
    block: int
    tx_hash: str


def chronicle(chain: Chain, book: AddressBook, ids: Sequence[bytes]) -> tuple[Happening, ...]:
    """
    Events of the suite's contracts about these customers, in the order of the chain. The node must
    serve logs since the contracts were deployed.

    Raises:
        RpcError: It does not.
    """
    found: dict[tuple[int, int], Event] = {}
    for name in contracts():
        if name not in book.entries:
            continue
        first = book.entries[name].block
        for customer_id in ids:
            for place in _PLACES:
                for event in chain.events(name, first=first, topics=[*place, customer_id]):
                    found[event.log.block_number, event.log.index] = event
    events = [found[where] for where in sorted(found)]
    times = chain.times(events)
    return tuple(
        Happening(
            each.contract,
            each.name,
            dict(each.args),
            times[each.log.block_number],
            each.log.block_number,
            each.log.tx_hash,
        )
        for each in events
    )
