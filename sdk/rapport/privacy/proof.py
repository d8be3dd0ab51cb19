"""What an erasure has left: here nothing, and on chain what nobody can delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapport.artifacts import AddressBook
from rapport.chain import Chain
from rapport.directory import Directory
from rapport.outbox import Outbox
from rapport.privacy import traces
from rapport.privacy.chronicle import chronicle
from rapport.privacy.erasure import Evidence, Shelf, lasting


@dataclass(frozen=True, slots=True)
class Remains:
    """What the chain keeps for ever."""

    ids: tuple[str, ...]
    """The customer's, and those that were merged into it."""
    events: int
    by_contract: dict[str, int]
    wallets: tuple[str, ...]
    """Linked or proposed at any time: logs keep connecting them with the id."""
    on_record: bool
    """The chain still has the customer as registered, so the erasure has not taken effect."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked for after an erasure, and found."""

    on_chain: Remains
    directory: int
    """Numbers, keys and archived rows that are still given out. 0 is what an erasure leaves."""
    journal: int
    """Intents of the journal that name the customer, or stand under one of the old keys."""
    bytes_sought: int
    bytes_found: int
    """How many of the old numbers, keys and idempotency keys occur in the files, read anew."""

    @property
    def clean(self) -> bool:
        """True if nothing is held here, and the chain has erased the customer."""
        left = self.directory or self.journal or self.bytes_found
        return not left and not self.on_chain.on_record


def prove(
    chain: Chain,
    book: AddressBook,
    directory: Directory,
    outbox: Outbox,
    before: Evidence,
    shelves: Sequence[Shelf] = (),
) -> Proof:
    """
    Looks for everything that was held, and for what the chain tells.

    Raises:
        RpcError: The node does not serve logs since the contracts were deployed.
    """
    named = [
        each
        for each in outbox.about(before.ids)
        if not lasting(each.entry.key, each.entry.kind, before.ids)
    ]
    ids = {each.entry.id for each in named}
    under_keys = [key for key in before.keys if _intent(outbox, key) not in {None, *ids}]
    sought = [*before.secrets, *before.intents]
    return Proof(
        remains(chain, book, before.ids),
        len(directory.traces(before.ids)) + sum(len(each.traces(before.ids)) for each in shelves),
        len(named) + len(under_keys),
        len(sought),
        len(traces.search(directory.path, sought)),
    )


def remains(chain: Chain, book: AddressBook, ids: Sequence[bytes]) -> Remains:
    """What the chain's logs tell of these customers."""
    told = chronicle(chain, book, ids)
    counts: dict[str, int] = {}
    wallets: dict[str, None] = {}
    for each in told:
        counts[each.contract] = counts.get(each.contract, 0) + 1
        wallet = each.args.get("wallet")
        if isinstance(wallet, str) and int(wallet, 16):
            wallets[wallet] = None
    standing: Any = chain.call("CustomerRegistry", "statusOf", ids[0])
    return Remains(
        tuple(f"0x{each.hex()}" for each in ids),
        len(told),
        counts,
        tuple(wallets),
        standing in (1, 2),  # active or suspended
    )


def _intent(outbox: Outbox, key: str) -> int | None:
    found = outbox.journal.find(outbox.chain_id, key)
    return None if found is None else found.entry.id
