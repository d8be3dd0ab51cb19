"""Zendesk: webhooks that are subscribed to ticket events, or sent by triggers.

Signed as in https://developer.zendesk.com/documentation/webhooks/verifying/: base64 of the
HMAC-SHA256 of timestamp and body. Of events, ``time`` is the desk's clock and ``id`` names them. A
trigger's body is written by the desk's administrators: as :mod:`rapport.desk.webhook` reads it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.desk import bodies, webhook
from rapport.desk.delivery import Adapter, Delivery, Update
from rapport.desk.signatures import mac, require_fresh, require_same

SIGNATURE = "X-Zendesk-Webhook-Signature"
TIMESTAMP = "X-Zendesk-Webhook-Signature-Timestamp"
_EVENT = "zen:event-type:"
_TICKET = f"{_EVENT}ticket."
_GONE = {
    "merged": "merged",
    "soft_deleted": "deleted",
    "permanently_deleted": "deleted",
    "marked_as_spam": "spam",
}


def verify(delivery: Delivery, secret: str, now: datetime | None, tolerance: timedelta) -> None:
    """As :class:`Adapter` says."""
    met, sent = delivery.header(SIGNATURE), delivery.header(TIMESTAMP)
    require_same(base64.b64encode(mac(secret, sent, delivery.body)).decode(), met)
    require_fresh(sent, now, tolerance)


def read(delivery: Delivery) -> Update | None:
    """As :class:`Adapter` says."""
    body = bodies.json_of(delivery)
    kind = body.get("type")
    if not isinstance(kind, str) or not kind.startswith(_EVENT):
        return webhook.read_body(body)
    if not kind.startswith(_TICKET):
        return None
    what = kind.removeprefix(_TICKET)
    detail, event = bodies.part(body, "detail"), body.get("event")
    told: Mapping[str, Any] = event if isinstance(event, Mapping) else {}
    current = told.get("current")
    state, priority = bodies.word(detail.get("status")), bodies.word(detail.get("priority"))
    if what == "status_changed":
        state = bodies.word(current) or state
    elif what == "priority_changed":
        priority = bodies.word(current) or priority
    return Update(
        delivery=bodies.name_of(body, "id", "the event"),
        ticket=bodies.name_of(detail, "id", "the ticket"),
        at=bodies.moment(body.get("time"), "the event"),
        state=_GONE.get(what, state),
        sure=what in ("created", "status_changed", *_GONE),
        priority=priority,
        replied=what == "comment_added" and _answers(told.get("comment")),
        content=detail,
    )


def _answers(comment: Any) -> bool:
    """True of a comment that the customer sees and somebody of the desk has written."""
    if not isinstance(comment, Mapping) or comment.get("is_public") is not True:
        return False
    author = comment.get("author")
    return isinstance(author, Mapping) and author.get("is_staff") is True


ADAPTER = Adapter(
    name="zendesk",
    verify=verify,
    read=read,
    states={
        "new": "running",
        "open": "running",
        "pending": "waiting",
        "hold": "running",
        "solved": "delivered",
        "closed": "delivered",
        **dict.fromkeys(_GONE.values(), "dropped"),
    },
    priorities={"urgent": "urgent", "high": "high", "normal": "normal", "low": "low"},
    customer="requester_id",
    tolerance=timedelta(hours=1),  # what it tries again keeps its first signature
)
