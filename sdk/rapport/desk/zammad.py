"""Zammad: webhooks with the default payload, sent by triggers.

Signed as in https://admin-docs.zammad.org (Webhook): ``X-Hub-Signature: sha1=`` and the HMAC-SHA1
of the body under the webhook's token, in hexadecimal. Nothing signs a time. What it tries again it
writes anew, under the same ``X-Zammad-Delivery``: only the same body is the same delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.desk import bodies
from rapport.desk.delivery import Adapter, Delivery, Update
from rapport.desk.signatures import mac, require_same

SIGNATURE = "X-Hub-Signature"
DELIVERY = "x-zammad-delivery"


def verify(delivery: Delivery, secret: str, now: datetime | None, tolerance: timedelta) -> None:
    """As :class:`Adapter` says."""
    met = delivery.header(SIGNATURE)
    require_same(f"sha1={mac(secret, delivery.body, algorithm='sha1').hex()}", met)


def read(delivery: Delivery) -> Update | None:
    """As :class:`Adapter` says."""
    body = bodies.json_of(delivery)
    ticket = bodies.part(body, "ticket")
    return Update(
        delivery=f"{delivery.headers.get(DELIVERY, '')}:{delivery.digest}",
        ticket=bodies.name_of(ticket, "id", "the ticket"),
        at=bodies.moment(ticket.get("updated_at"), "the ticket's last change"),
        state=bodies.word(ticket.get("state")),
        priority=bodies.word(ticket.get("priority")),
        replied=_answers(body.get("article")),
        content=ticket,
    )


def _answers(article: Any) -> bool:
    """True of an article that the customer sees and an agent has written."""
    return (
        isinstance(article, Mapping)
        and bodies.word(article.get("sender")) == "agent"
        and article.get("internal") is False
    )


ADAPTER = Adapter(
    name="zammad",
    verify=verify,
    read=read,
    states={
        "new": "running",
        "open": "running",
        "pending reminder": "waiting",
        "pending close": "waiting",
        "closed": "delivered",
        "merged": "dropped",
        "removed": "dropped",
    },
    priorities={"3 high": "high", "2 normal": "normal", "1 low": "low"},
    customer="customer_id",
)
