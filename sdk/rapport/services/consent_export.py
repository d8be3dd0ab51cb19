"""What an export tells of a customer's consents: their state on chain, the receipts kept here."""

from __future__ import annotations

import json
from typing import Any

from rapport import units
from rapport.archive import Archive
from rapport.chain import Read
from rapport.consents import LANES, ConsentState, Lane, Purposes, day
from rapport.errors import NotFound
from rapport.privacy import Subject
from rapport.services.consent_kinds import CONTRACT
from rapport.services.consent_receipts import opened

_STATES = tuple(ConsentState)


def section(subject: Subject, archive: Archive, purposes: Purposes) -> list[dict[str, Any]]:
    """Of the customer, and of each that was merged into it. The history is among the events."""
    count = int(subject.chain.call(CONTRACT, "groupCount"))
    places = [Lane(group, lane) for group in range(count) for lane in range(LANES)]
    terms = subject.chain.batch([Read(CONTRACT, "purpose", (p.group, p.lane)) for p in places])
    defined = [p for p, each in zip(places, terms, strict=True) if each["maxAgeDays"]]
    return [_of(subject, archive, purposes, defined, customer_id) for customer_id in subject.ids]


def _of(
    subject: Subject, archive: Archive, purposes: Purposes, places: list[Lane], customer_id: bytes
) -> dict[str, Any]:
    asked = [Read(CONTRACT, "statusOf", (customer_id, p.group, p.lane)) for p in places]
    found = zip(places, subject.chain.batch(asked), strict=True)
    return {
        "id": units.hex32(customer_id),
        "consents": [
            {
                "purpose": purposes.name(place),
                "group": place.group,
                "lane": place.lane,
                "state": _STATES[record["state"]].value,
                "granted": bool(record["granted"]),
                "notice": int(record["notice"]) or None,
                "since": _day(record["since"]),
                "until": _day(record["until"]),
            }
            for place, record in found
        ],
        "receipts": _receipts(subject, archive, customer_id),
    }


def _receipts(subject: Subject, archive: Archive, customer_id: bytes) -> list[Any]:
    from rapport import receipts

    try:
        person = subject.directory.find(customer_id)
    except NotFound:  # an id that joined by itself; nobody gave it receipts from here
        return []
    if person.key is None:
        return []
    kept = archive.receipts([customer_id])
    return [json.loads(receipts.write(opened(each, person)[0])) for each in kept]


def _day(number: int) -> str | None:
    return day(int(number)).isoformat() if number else None
