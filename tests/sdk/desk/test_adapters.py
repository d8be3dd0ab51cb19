"""What each desk's requests tell of a ticket."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.desk import Delivery, Malformed
from rapport.desk.delivery import Update
from rapport.desk.mapping import ADAPTERS
from tests.sdk.desk.posting import KINDS, Happening, later, posted


def read(kind: str, body: Any, **headers: str) -> Update | None:
    return ADAPTERS[kind].read(Delivery.of(headers, json.dumps(body).encode()))


def told(kind: str, body: Any, **headers: str) -> Update:
    found = read(kind, body, **headers)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_desk_tells_ticket_time_state_priority_and_reply(kind: str) -> None:
    adapter = ADAPTERS[kind]
    for replied in (False, True):
        update = adapter.read(posted(kind, Happening(1.5, "waiting", replied)))
        assert update is not None
        assert update.ticket == "4711"
        assert update.at == later(1.5)
        assert adapter.states[update.state or ""] == "waiting"
        assert adapter.priorities[update.priority or ""] == "high"
        assert update.replied is replied


ZENDESK = {
    "type": "zen:event-type:ticket.comment_added",
    "account_id": 22129848,
    "id": "d4f5c389-8f4a-4c2e-a1b9-8e4f39c71d52",
    "time": "2025-01-08T14:25:30.123456789Z",
    "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:5158",
    "detail": {"id": "5158", "status": "OPEN", "priority": "HIGH"},
    "event": {"comment": {"id": 1, "is_public": True, "author": {"id": 2, "is_staff": True}}},
}


def test_zendesk_s_documented_comment_is_a_reply() -> None:
    update = told("zendesk", ZENDESK)
    assert update.delivery == "d4f5c389-8f4a-4c2e-a1b9-8e4f39c71d52"
    assert (update.ticket, update.state, update.priority) == ("5158", "open", "high")
    assert update.at == datetime(2025, 1, 8, 14, 25, 30, 123456, tzinfo=UTC)
    assert update.replied
    assert not update.sure


@pytest.mark.parametrize(
    "comment",
    [
        {"is_public": False, "author": {"is_staff": True}},
        {"is_public": True, "author": {"is_staff": False}},
        {"is_public": "true", "author": {"is_staff": True}},
        {},
        None,
    ],
)
def test_notes_and_the_customer_s_own_words_are_no_reply_at_zendesk(comment: Any) -> None:
    assert not told("zendesk", {**ZENDESK, "event": {"comment": comment}}).replied


def test_zendesk_s_change_counts_before_what_stands_beside_it() -> None:
    event = {
        **ZENDESK,
        "type": "zen:event-type:ticket.status_changed",
        "event": {"current": "PENDING", "previous": "OPEN"},
    }
    assert told("zendesk", event).state == "pending"
    assert told("zendesk", event).sure
    urgent = {"current": "URGENT", "previous": "HIGH"}
    event = {**ZENDESK, "type": "zen:event-type:ticket.priority_changed", "event": urgent}
    assert told("zendesk", event).priority == "urgent"


@pytest.mark.parametrize(
    ("kind", "state"),
    [("merged", "merged"), ("soft_deleted", "deleted"), ("marked_as_spam", "spam")],
)
def test_a_ticket_that_is_no_more_says_so(kind: str, state: str) -> None:
    event = {**ZENDESK, "type": f"zen:event-type:ticket.{kind}", "event": {}}
    assert told("zendesk", event).state == state
    assert ADAPTERS["zendesk"].states[state] == "dropped"


def test_zendesk_s_events_of_users_are_nobody_s_ticket() -> None:
    assert read("zendesk", {**ZENDESK, "type": "zen:event-type:user.created"}) is None


def test_a_zendesk_trigger_writes_the_generic_body() -> None:
    body = {"id": "35-1", "at": "2026-03-02T10:00:00+01:00", "ticket": {"id": 35, "state": "Open"}}
    update = told("zendesk", body)
    assert (update.ticket, update.state, update.at) == ("35", "open", later(0))


def test_only_an_agent_s_public_article_is_a_reply_at_zammad() -> None:
    ticket = {"id": 81, "state": "open", "updated_at": "2020-11-13T14:34:35.333Z"}
    for sender, internal, replied in [
        ("Agent", False, True),
        ("Agent", True, False),
        ("Customer", False, False),
        ("System", False, False),
    ]:
        article = {"sender": sender, "internal": internal}
        assert told("zammad", {"ticket": ticket, "article": article}).replied is replied
    assert not told("zammad", {"ticket": ticket, "article": None}).replied


def test_zammad_s_second_try_is_another_delivery_if_it_tells_something_else() -> None:
    ticket = {"id": 81, "state": "open", "updated_at": "2020-11-13T14:34:35.333Z"}
    first = told("zammad", {"ticket": ticket}, **{"X-Zammad-Delivery": "job-1"})
    same = told("zammad", {"ticket": ticket}, **{"X-Zammad-Delivery": "job-1"})
    newer = {**ticket, "state": "closed", "updated_at": "2020-11-13T14:35:35.333Z"}
    other = told("zammad", {"ticket": newer}, **{"X-Zammad-Delivery": "job-1"})
    assert first.delivery == same.delivery != other.delivery


def message(**changes: Any) -> dict[str, Any]:
    conversation = {"id": 7, "status": "open", "timestamp": 1_772_442_000}
    base = {"event": "message_created", "id": 99, "conversation": conversation}
    return {**base, "message_type": "outgoing", "private": False, **changes}


def test_only_a_person_s_public_message_is_a_reply_at_chatwoot() -> None:
    assert told("chatwoot", message()).replied
    assert told("chatwoot", message(sender={"type": "user"})).replied
    assert not told("chatwoot", message(sender={"type": "agent_bot"})).replied
    assert not told("chatwoot", message(private=True)).replied
    for kind in ("incoming", "template", "activity"):
        assert not told("chatwoot", message(message_type=kind)).replied


def test_chatwoot_s_ticket_is_the_conversation_and_not_the_message() -> None:
    update = told("chatwoot", message())
    assert (update.ticket, update.sure) == ("7", False)
    assert update.at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "event", ["contact_created", "conversation_typing_on", "webwidget_triggered"]
)
def test_other_events_of_chatwoot_are_ignored(event: str) -> None:
    assert read("chatwoot", {"event": event, "id": 1}) is None


def test_the_generic_delivery_is_named_by_its_body_or_its_header() -> None:
    body = {"at": "2026-03-02T09:00:00Z", "ticket": {"id": "x"}}
    assert told("webhook", body, **{"webhook-id": "msg_9"}).delivery == "msg_9"
    assert told("webhook", {"id": "a", **body}, **{"webhook-id": "msg_9"}).delivery == "a"


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("zendesk", [1], "not a JSON object"),
        ("zendesk", {**ZENDESK, "detail": None}, "no object 'detail'"),
        ("zendesk", {**ZENDESK, "detail": {"id": ""}}, "does not name the ticket"),
        ("zendesk", {**ZENDESK, "detail": {"id": "9" * 101}}, "no more than 100 characters"),
        ("zendesk", {**ZENDESK, "id": None}, "does not name the event"),
        ("zendesk", {**ZENDESK, "time": "soon"}, "time of the event cannot be read: 'soon'"),
        ("zammad", {"article": {}}, "no object 'ticket'"),
        ("zammad", {"ticket": {"id": True}}, "does not name the ticket"),
        ("zammad", {"ticket": {"id": 1}}, "last change cannot be read"),
        ("chatwoot", {"event": "message_created"}, "no object 'conversation'"),
        ("chatwoot", {"event": "conversation_created", "id": 1}, "last change cannot be read"),
        ("chatwoot", message(conversation={"id": 1, "timestamp": 10**30}), "cannot be read"),
        ("webhook", {"at": "2026-03-02", "ticket": 1}, "no object 'ticket'"),
        ("webhook", {"at": True, "ticket": {"id": 1}}, "time of the delivery"),
        ("webhook", {"at": "2026-03-02", "replied": 1, "ticket": {"id": 1}}, "true or false"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_reason(
    kind: str, body: Any, reason: str
) -> None:
    with pytest.raises(Malformed, match=reason):
        read(kind, body, **{"webhook-id": "msg_1"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Malformed, match="body is not JSON"):
        ADAPTERS[kind].read(Delivery.of({"webhook-id": "msg_1"}, body))


def test_a_body_as_deep_as_a_well_is_refused_whatever_the_recursion_limit() -> None:
    body = b'{"a":' * 101 + b"1" + b"}" * 101
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # as py_ecc does
    try:
        for deep in (body, b"[" * 1_000_000):
            with pytest.raises(Malformed, match="over 100 deep"):
                ADAPTERS["zammad"].read(Delivery.of({}, deep))
    finally:
        sys.setrecursionlimit(before)
    with pytest.raises(Malformed, match="not JSON"):
        ADAPTERS["zammad"].read(Delivery.of({}, b'{"a": "' + b'\\"' * 500_000 + b"\\"))
    flat = b'{"ticket": {"id": 1, "updated_at": 1, "x": "' + b'[{\\"' * 500 + b'"}}'
    assert ADAPTERS["zammad"].read(Delivery.of({}, flat)) is not None
