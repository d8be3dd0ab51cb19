"""Any other desk, by Standard Webhooks (https://www.standardwebhooks.com).

Signed: ``webhook-signature`` holds ``v1,`` and base64 of the HMAC-SHA256 of
``{webhook-id}.{webhook-timestamp}.{body}``, perhaps several with spaces between. The secret is
base64 after ``whsec_``; one without that prefix is taken as it stands. The body::

    {"id": "evt-1", "at": "2026-11-22T15:00:00Z", "replied": false,
     "ticket": {"id": "4711", "state": "open", "priority": "high", "customer": "C-17"}}

``id`` may be missing: then ``webhook-id`` names the delivery.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

from rapport.desk import bodies
from rapport.desk.delivery import Adapter, Delivery, Malformed, Unsigned, Update
from rapport.desk.signatures import mac, require_fresh, require_same
from rapport.errors import InputError

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
_PREFIX = "whsec_"


def verify(delivery: Delivery, secret: str, now: datetime | None, tolerance: timedelta) -> None:
    """As :class:`Adapter` says."""
    number, sent = delivery.header(ID), delivery.header(TIMESTAMP)
    given = delivery.header(SIGNATURE).split()
    signed = mac(key_of(secret), number, ".", sent, ".", delivery.body)
    expected = f"v1,{base64.b64encode(signed).decode()}"
    for each in given:
        try:
            require_same(expected, each)
        except Unsigned:
            continue
        require_fresh(sent, now, tolerance)
        return
    require_same(expected, given[0])


def key_of(secret: str) -> bytes:
    """
    The key that a secret stands for.

    Raises:
        InputError: It begins as one in base64, and is none.
    """
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise InputError(f"a secret that begins with {_PREFIX} goes on in base64") from error


def read(delivery: Delivery) -> Update | None:
    """As :class:`Adapter` says."""
    body = bodies.json_of(delivery)
    return read_body({"id": delivery.header(ID), **body})


def read_body(body: dict[str, Any]) -> Update:
    """
    What the body above tells, however it was signed.

    Raises:
        Malformed: It is another one.
    """
    ticket = bodies.part(body, "ticket")
    replied = body.get("replied", False)
    if not isinstance(replied, bool):
        raise Malformed(f"'replied' is true or false, met {str(replied)[:40]!r}")
    return Update(
        delivery=bodies.name_of(body, "id", "the delivery"),
        ticket=bodies.name_of(ticket, "id", "the ticket"),
        at=bodies.moment(body.get("at"), "the delivery ('at')"),
        state=bodies.word(ticket.get("state")),
        priority=bodies.word(ticket.get("priority")),
        replied=replied,
        content=ticket,
    )


ADAPTER = Adapter(
    name="webhook",
    verify=verify,
    read=read,
    states={each: each for each in ("running", "waiting", "delivered", "dropped", "ignored")}
    | {"open": "running", "pending": "waiting", "solved": "delivered", "closed": "delivered"},
    priorities={each: each for each in ("urgent", "high", "normal", "low")},
    customer="customer",
)
