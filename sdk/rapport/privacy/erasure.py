"""Destroys what is held off chain on a customer whom the chain has erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rapport.directory import Directory, Standing
from rapport.errors import NotFound
from rapport.outbox import Outbox, Trace
from rapport.outbox.forgetting import ERASURE
from rapport.privacy import traces

_SETTLED = "erase:0x"


class Shelf(Protocol):
    """Whatever else in the brand's file holds rows on customers, such as an archive of receipts."""

    def destroy(self, customers: Sequence[bytes]) -> None:
        """Deletes them; again changes nothing."""
        ...

    def traces(self, customers: Sequence[bytes]) -> list[bytes]:
        """The very bytes that the file holds for them, and for nobody else. Secrets."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What was held on a customer before the erasure, kept in memory only, so that its absence can be
    shown afterwards. Never printed.
    """

    ids: tuple[bytes, ...]
    secrets: tuple[bytes, ...] = field(repr=False)
    """Numbers and keys, as they stood in the directory."""
    keys: tuple[str, ...] = field(repr=False)
    """Idempotency keys."""
    intents: tuple[bytes, ...] = field(repr=False)
    """The same, as they stood in the journal."""

    @classmethod
    def gather(
        cls,
        directory: Directory,
        outbox: Outbox,
        customer_id: bytes,
        shelves: Sequence[Shelf] = (),
    ) -> Evidence:
        """What is held now."""
        ids = directory.family(customer_id)
        found = [
            Trace(each.entry.id, each.signer, each.entry.key, each.entry.kind)
            for each in outbox.about(ids)
            if not lasting(each.entry.key, each.entry.kind, ids)
        ]
        return cls(
            tuple(ids),
            (*directory.traces(ids), *_on(shelves, ids)),
            tuple(each.key for each in found),
            tuple(traces.of_intents(outbox.chain_id, found)),
        )


def lasting(key: str, kind: str, ids: tuple[bytes, ...] | list[bytes]) -> bool:
    """True of the one intent that stays: the erasure, under a key that names the id alone."""
    return kind == ERASURE and key in {_SETTLED + each.hex() for each in ids}


def destroy(
    directory: Directory,
    outbox: Outbox,
    customer_id: bytes,
    shelves: Sequence[Shelf] = (),
) -> bool:
    """
    Destroys number, key, idempotency keys and payloads of a customer and of whoever was merged
    into it, and every byte of them that the file still holds. May be called again at any time, and
    must be while it is false: something is under way still, or another process uses the file.
    """
    ids = directory.family(customer_id)
    held = [*directory.traces(ids), *_on(shelves, ids)]
    try:
        fresh = directory.find(customer_id).state is not Standing.ERASED
        directory.erase(customer_id)
    except NotFound:  # known by its id alone
        fresh = True
    for shelf in shelves:
        shelf.destroy(ids)
    forgotten = outbox.forget(ids)
    if forgotten.open:
        return False
    # Whoever goes on after a crash no longer knows what to look for, and has the file rewritten.
    wanted = held + traces.of_intents(outbox.chain_id, forgotten.traces) if fresh else None
    return purge(directory, wanted)


def _on(shelves: Sequence[Shelf], ids: Sequence[bytes]) -> list[bytes]:
    return [trace for shelf in shelves for trace in shelf.traces(ids)]


def purge(directory: Directory, wanted: list[bytes] | None) -> bool:
    """
    Empties the write-ahead log, and has the file rewritten if a trace is left in its free space,
    or if nobody knows (``None``). False while another process is in the way.
    """
    if not directory.truncate():
        return False
    if wanted is not None and not traces.search(directory.path, wanted):
        return True
    return directory.rewrite() and directory.truncate()
