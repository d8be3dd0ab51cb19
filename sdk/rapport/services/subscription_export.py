"""What an export tells of a customer's subscriptions: those that name the customer, and all that
happened to them."""

from __future__ import annotations

from typing import Any

from rapport import units
from rapport.artifacts import AddressBook
from rapport.privacy import Subject
from rapport.services.kinds import recounted
from rapport.subscriptions import Facts
from rapport.subscriptions import facts as asking
from rapport.subscriptions.facts import CONTRACT


def section(subject: Subject, book: AddressBook) -> list[dict[str, Any]]:
    """
    Subscriptions that began in the name of the customer, or of one that was merged into it, the
    oldest first. Amounts are in the token's smallest unit.
    """
    if CONTRACT not in book.entries:
        return []
    first = book.contract(CONTRACT).block
    # The customer's id is in the event, and no topic of it: so all of them are looked through.
    begun = subject.chain.events(CONTRACT, first=first, names=["Subscribed"])
    ids = [each.args["subscriptionId"] for each in begun if each.args["customerId"] in subject.ids]
    found = asking.read(ids, subject.chain.batch(asking.questions(ids)))
    return [_told(subject, first, each) for each in found]


def _told(subject: Subject, first: int, facts: Facts) -> dict[str, Any]:
    events = subject.chain.events(CONTRACT, first=first, topics=[facts.id])
    return {
        "id": units.hex32(facts.id),
        "status": facts.status.value,
        "plan": facts.plan_id,
        "payer": facts.payer,
        "price_cap": facts.price_cap,
        "cycles": facts.cycles,
        "last_paid": facts.last_paid,
        "paid_through": units.iso(units.from_timestamp(facts.paid_through)),
        "events": recounted(subject.chain, events),
    }
