"""
Tickets of help desks as agreements: what Zendesk, Zammad, Chatwoot or any other desk posts becomes
``open``, ``respond``, ``pause``, ``resume`` and ``deliver``, once each.

A request that the desk has signed is kept in the inbox (:class:`Intake`); all that was told of a
ticket is folded by the desk's own clock, and the verbs that the chain still lacks are sent through
the outbox (:class:`Forwarder`)::

    desks = mapping.read(Path("desks.toml"))
    intake, forwarder = client.help_desks(desks)
    intake.take("support", Delivery.of(headers, body), datetime.now(UTC))
    forwarder.turn()
"""

from rapport.desk.delivery import Delivery, Malformed, Unsigned
from rapport.desk.forwarder import Forwarder, Turn
from rapport.desk.inbox import Conflict, Inbox, Ticket
from rapport.desk.intake import Intake, Taken
from rapport.desk.mapping import Desk

__all__ = [
    "Conflict",
    "Delivery",
    "Desk",
    "Forwarder",
    "Inbox",
    "Intake",
    "Malformed",
    "Taken",
    "Ticket",
    "Turn",
    "Unsigned",
]
