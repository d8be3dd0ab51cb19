"""Help desks as they post: bodies in each desk's shape, signed as each desk signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rapport.desk import Delivery, Desk, mapping

SECRET = "a desk's secret"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WHOSE = {
    "zendesk": {"requester_id": "8"},
    "zammad": {"customer_id": 8},
    "chatwoot": {"meta": {"sender": {"identifier": "8"}}},
    "webhook": {"customer": "8"},
}
STATES = {
    "zendesk": {"running": "open", "waiting": "pending", "delivered": "solved"},
    "zammad": {"running": "open", "waiting": "pending reminder", "delivered": "closed"},
    "chatwoot": {"running": "open", "waiting": "snoozed", "delivered": "resolved"},
    "webhook": {"running": "open", "waiting": "pending", "delivered": "solved"},
}
KINDS = tuple(STATES)


def later(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@dataclass
class Happening:
    """Something at a desk, so many minutes after the ticket came."""

    minutes: float
    state: str
    replied: bool = False
    ticket: str = "4711"
    priority: str | None = "high"
    more: dict[str, Any] = field(default_factory=dict)


def posted(kind: str, what: Happening, *, sent: datetime | None = None) -> Delivery:
    """The request in which a desk of this kind tells of it."""
    body = json.dumps(_BODIES[kind](what)).encode()
    return signed(kind, body, sent or later(what.minutes))


def signed(
    kind: str, body: bytes, sent: datetime = START, secret: str = SECRET, number: str = "msg_1"
) -> Delivery:
    """A body with the headers of a desk that knows the secret."""
    unix = str(int(sent.timestamp()))
    iso = sent.strftime("%Y-%m-%dT%H:%M:%SZ")

    def mac(message: bytes, algorithm: str = "sha256") -> bytes:
        return hmac.new(secret.encode(), message, algorithm).digest()

    if kind == "zendesk":
        headers = {
            "X-Zendesk-Webhook-Signature-Timestamp": iso,
            "X-Zendesk-Webhook-Signature": base64.b64encode(mac(iso.encode() + body)).decode(),
        }
    elif kind == "zammad":
        headers = {
            "X-Hub-Signature": f"sha1={mac(body, 'sha1').hex()}",
            "X-Zammad-Delivery": hashlib.sha256(body).hexdigest()[:12],
        }
    elif kind == "chatwoot":
        message = f"{unix}.".encode() + body
        headers = {
            "X-Chatwoot-Timestamp": unix,
            "X-Chatwoot-Signature": f"sha256={mac(message).hex()}",
        }
    else:
        message = f"{number}.{unix}.".encode() + body
        headers = {
            "webhook-id": number,
            "webhook-timestamp": unix,
            "webhook-signature": f"v1,{base64.b64encode(mac(message)).decode()}",
        }
    return Delivery.of(headers, body)


def _zendesk(what: Happening) -> dict[str, Any]:
    state = STATES["zendesk"].get(what.state, what.state)
    kind = "comment_added" if what.replied else "status_changed"
    comment = {"comment": {"is_public": True, "author": {"is_staff": True}, "body": "Dear Eve"}}
    return {
        "type": f"zen:event-type:ticket.{kind}",
        "id": f"event-{what.ticket}-{what.minutes}",
        "time": _iso(what.minutes),
        "subject": f"zen:ticket:{what.ticket}",
        "detail": {
            "id": what.ticket,
            "status": state.upper(),
            "priority": None if what.priority is None else what.priority.upper(),
            "description": "my password is swordfish",
            **WHOSE["zendesk"],
            **what.more,
        },
        "event": comment if what.replied else {"current": state.upper(), "previous": "NEW"},
    }


def _zammad(what: Happening) -> dict[str, Any]:
    words = {"high": "3 high", "normal": "2 normal", "low": "1 low"}
    article = {"sender": "Agent" if what.replied else "Customer", "internal": False, "body": "Hi"}
    return {
        "ticket": {
            "id": int(what.ticket),
            "state": STATES["zammad"].get(what.state, what.state),
            "priority": {"id": 3, "name": words.get(what.priority or "", what.priority)},
            "updated_at": _iso(what.minutes, "milliseconds"),
            "title": "my password is swordfish",
            **WHOSE["zammad"],
            **what.more,
        },
        "article": article,
    }


def _chatwoot(what: Happening) -> dict[str, Any]:
    conversation = {
        "id": int(what.ticket),
        "status": STATES["chatwoot"].get(what.state, what.state),
        "priority": what.priority,
        "updated_at": later(what.minutes).timestamp(),
        **WHOSE["chatwoot"],
        **what.more,
    }
    if not what.replied:
        return {"event": "conversation_status_changed", **conversation}
    return {
        "event": "message_created",
        "id": 99,
        "message_type": "outgoing",
        "private": False,
        "content": "Dear Eve",
        "sender": {"id": 1, "type": "user"},
        "conversation": conversation,
    }


def _webhook(what: Happening) -> dict[str, Any]:
    return {
        "id": f"event-{what.ticket}-{what.minutes}",
        "at": _iso(what.minutes),
        "replied": what.replied,
        "ticket": {
            "id": what.ticket,
            "state": STATES["webhook"].get(what.state, what.state),
            "priority": what.priority,
            **WHOSE["webhook"],
            **what.more,
        },
    }


_BODIES = {"zendesk": _zendesk, "zammad": _zammad, "chatwoot": _chatwoot, "webhook": _webhook}


def _iso(minutes: float, precision: str = "seconds") -> str:
    return later(minutes).isoformat(timespec=precision).replace("+00:00", "Z")


def desks(folder: Path, *, policy: int = 1, more: str = "") -> dict[str, Desk]:
    """A mapping with one desk of each kind, by its kind's name: ``desks.toml`` in a folder."""
    (folder / "desk.secret").write_text(f"{SECRET}\n")
    text = "\n".join(
        f'[{kind}]\ndesk = "{kind}"\nsecret_file = "desk.secret"\npolicy = {policy}\n'
        f'amount = "200"\ncustomer_prefix = "C-"\n{more}'
        for kind in KINDS
    )
    path = folder / "desks.toml"
    path.write_text(text)
    return mapping.read(path)
