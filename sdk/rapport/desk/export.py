"""What an export tells of a customer's tickets at help desks: all that the inbox holds of them."""

from __future__ import annotations

from typing import Any

from rapport import units
from rapport.desk.inbox import Inbox
from rapport.privacy import Subject

_SECOND = 1_000_000


def section(subject: Subject, inbox: Inbox) -> list[dict[str, Any]]:
    """Tickets with their agreements, and what was told of them by the desk's own clock."""
    found: list[dict[str, Any]] = []
    for ticket in inbox.told_of(subject.ids):
        told = sorted(
            inbox.events(ticket.desk, ticket.number), key=lambda each: (each.at, each.digest)
        )
        found.append(
            {
                "desk": ticket.desk,
                "ticket": ticket.number,
                "agreement": None if ticket.agreement is None else units.hex32(ticket.agreement),
                "sent": [each.verb.value for each in ticket.steps],
                "told": [
                    {
                        "at": units.iso(units.from_timestamp(each.at // _SECOND)),
                        "state": each.state,
                        "priority": each.priority,
                        "answered": each.replied,
                        "policy": each.policy,
                        "amount": each.amount,
                    }
                    for each in told
                ],
            }
        )
    return found
