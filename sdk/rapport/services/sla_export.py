"""What an export tells of a customer's agreements: those that name the customer, and all that
happened to them."""

from __future__ import annotations

from typing import Any

from rapport import units
from rapport.artifacts import AddressBook
from rapport.chain import Read
from rapport.privacy import Subject
from rapport.services.kinds import recounted
from rapport.services.sla_kinds import CONTRACT
from rapport.sla import Priority, State

_STATES, _PRIORITIES = tuple(State), tuple(Priority)


def section(subject: Subject, book: AddressBook) -> list[dict[str, Any]]:
    """
    Agreements that were opened in the name of the customer, or of one that was merged into it, the
    oldest first. Amounts are in the token's smallest unit.
    """
    if CONTRACT not in book.entries:
        return []
    first = book.contract(CONTRACT).block
    # The customer's id is in the event, and no topic of it: so all of them are looked through.
    opened = subject.chain.events(CONTRACT, first=first, names=["Opened"])
    ids = [each.args["id"] for each in opened if each.args["customerId"] in subject.ids]
    records = subject.chain.batch([Read(CONTRACT, "agreement", (each,)) for each in ids])
    return [
        _told(subject, first, number, record) for number, record in zip(ids, records, strict=True)
    ]


def _told(subject: Subject, first: int, number: bytes, record: Any) -> dict[str, Any]:
    events = subject.chain.events(CONTRACT, first=first, topics=[number])
    events += subject.chain.events(CONTRACT, first=first, names=["Evidence"], topics=[None, number])
    events.sort(key=lambda each: (each.log.block_number, each.log.index))
    return {
        "id": units.hex32(number),
        "state": _STATES[record["state"]].value,
        "policy": record["policyId"],
        "priority": _PRIORITIES[record["priority"]].value,
        "client": record["client"],
        "amount": record["amount"],
        "events": recounted(subject.chain, events),
    }
