"""Chatwoot: webhooks of an account, which are signed from version 4.11.2 on.

Signed as its API documents the webhook's ``secret``: ``X-Chatwoot-Signature: sha256=`` and the
HMAC-SHA256 of ``{X-Chatwoot-Timestamp}.{body}``, in hexadecimal. A ticket is a conversation, by the
number that people see. What is tried again keeps its ``X-Chatwoot-Delivery``, if it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.desk import bodies
from rapport.desk.delivery import Adapter, Delivery, Update
from rapport.desk.signatures import mac, require_fresh, require_same

SIGNATURE = "X-Chatwoot-Signature"
TIMESTAMP = "X-Chatwoot-Timestamp"
DELIVERY = "x-chatwoot-delivery"
_CONVERSATION = {"conversation_created", "conversation_status_changed", "conversation_updated"}


def verify(delivery: Delivery, secret: str, now: datetime | None, tolerance: timedelta) -> None:
    """As :class:`Adapter` says."""
    met, sent = delivery.header(SIGNATURE), delivery.header(TIMESTAMP)
    require_same(f"sha256={mac(secret, sent, '.', delivery.body).hex()}", met)
    require_fresh(sent, now, tolerance)


def read(delivery: Delivery) -> Update | None:
    """As :class:`Adapter` says."""
    body = bodies.json_of(delivery)
    event = body.get("event")
    message = event == "message_created"
    if not message and event not in _CONVERSATION:
        return None
    conversation = bodies.part(body, "conversation") if message else body
    return Update(
        delivery=f"{delivery.headers.get(DELIVERY, '')}:{delivery.digest}",
        ticket=bodies.name_of(conversation, "id", "the conversation"),
        at=_changed(conversation, body),
        state=bodies.word(conversation.get("status")),
        sure=not message,
        priority=bodies.word(conversation.get("priority")),
        replied=message and _answers(body),
        content=conversation,
    )


def _changed(conversation: Mapping[str, Any], body: Mapping[str, Any]) -> datetime:
    """When the conversation last changed; older versions tell only of its last message."""
    times = (conversation.get("updated_at"), conversation.get("timestamp"), body.get("created_at"))
    return bodies.moment(
        next((each for each in times if each), None), "the conversation's last change"
    )


def _answers(message: Mapping[str, Any]) -> bool:
    """True of a message that the customer sees and a person of the desk has written."""
    sender = message.get("sender")
    kind = bodies.word(sender.get("type")) if isinstance(sender, Mapping) else None
    return (
        message.get("message_type") in ("outgoing", 1)
        and message.get("private") is not True
        and kind in (None, "user")
    )


ADAPTER = Adapter(
    name="chatwoot",
    verify=verify,
    read=read,
    states={
        "open": "running",
        "pending": "running",  # with a bot, before a person has it
        "snoozed": "waiting",
        "resolved": "delivered",
    },
    priorities={"urgent": "urgent", "high": "high", "medium": "normal", "low": "low"},
    customer="meta.sender.identifier",
)
