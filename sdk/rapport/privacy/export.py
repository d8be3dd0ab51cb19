"""Everything held on one customer, on chain and off, for a request of access."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rapport import units
from rapport.artifacts import AddressBook
from rapport.chain import Chain
from rapport.directory import Directory, Person, Standing
from rapport.errors import NotFound
from rapport.outbox import Mention, Outbox
from rapport.privacy.chronicle import Happening, chronicle

FORMAT = "rapport-customer-export/1"
UNKNOWN = "unknown"
"""State of an id that stands on chain and not in the directory."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that the outbox sent for the customer: our key for it, and where it is on chain."""

    idempotency_key: str
    kind: str
    ref: str | None
    tx_hash: str | None
    block: int | None
    state: str
    outcome: str | None
    kept_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What the brand's own file holds. A customer's key is a secret of the brand and left out."""

    number: str | None
    id: str
    state: str
    added_at: datetime | None
    merged_into: str | None
    merged: tuple[str, ...]
    """Ids that were merged into this one."""
    has_key: bool
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an export is about, for the sections that services add."""

    person: Person
    ids: tuple[bytes, ...]
    """The customer's own first, then those merged into it."""
    events: tuple[Happening, ...]
    """All that the chain's logs tell of them."""
    chain: Chain
    directory: Directory
    outbox: Outbox


Section = Callable[[Subject], Any]
"""Reads what one service holds on a customer, as values that JSON can carry."""


@dataclass(frozen=True, slots=True)
class Export:
    """Everything held on one customer, as of ``made_at``."""

    format: str
    made_at: datetime
    chain_id: int
    block: int
    off_chain: Held
    sections: Mapping[str, Any]
    events: tuple[Happening, ...]


def export(
    chain: Chain,
    book: AddressBook,
    directory: Directory,
    outbox: Outbox,
    sections: Mapping[str, Section],
    customer: str | bytes,
) -> Export:
    """
    Gathers what is held on a customer given by number or id.

    Raises:
        NotFound: Nobody is known under it, here or on chain.
        RpcError: The node does not answer, or serves no logs since the contracts were deployed.
    """
    person = _whom(directory, customer)
    ids = directory.family(person.id) or [person.id]
    others = [each for each in ids if each != person.id]
    head = chain.block()
    events = chronicle(chain, book, ids)
    if person.added_at is None and not events:
        raise NotFound(f"no customer {person.hex} in this directory or on this chain")
    subject = Subject(person, (person.id, *others), events, chain, directory, outbox)
    return Export(
        FORMAT,
        datetime.now(UTC).replace(microsecond=0),
        chain.chain_id,
        head.number,
        held(directory, outbox, person),
        {name: section(subject) for name, section in sections.items()},
        events,
    )


def _whom(directory: Directory, customer: str | bytes) -> Person:
    """A customer of the directory; or an id alone, such as of a wallet that joined by itself."""
    try:
        return directory.find(customer)
    except NotFound:
        if isinstance(customer, str) and customer.strip()[:2] not in ("0x", "0X"):
            raise
        return Person(units.customer_id(customer), None, Standing.OPEN, None)


def held(directory: Directory, outbox: Outbox, person: Person) -> Held:
    """What the brand's own file holds on a customer."""
    ids = directory.family(person.id)
    return Held(
        person.number,
        person.hex,
        UNKNOWN if person.added_at is None else person.state.value,
        person.added_at,
        None if person.merged_into is None else units.hex32(person.merged_into),
        tuple(units.hex32(each) for each in ids if each != person.id),
        person.key is not None,
        tuple(_reference(each) for each in outbox.about(ids)),
    )


def _reference(mention: Mention) -> Reference:
    entry = mention.entry
    ref = mention.payload.get("ref")
    return Reference(
        entry.key,
        entry.kind,
        ref if isinstance(ref, str) else None,
        entry.tx_hash,
        entry.block_number,
        entry.state.value,
        None if entry.outcome is None else entry.outcome.status,
        entry.created_at,
        mention.payload,
    )
