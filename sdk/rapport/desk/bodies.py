"""What desks write in bodies: objects, names, words and times."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rapport.desk.delivery import Delivery, Malformed

MAX_NAME = 100
"""Characters of a ticket's number and of a delivery's id."""
MAX_DEPTH = 100
"""Of objects within each other; desks write ten at most."""

# One that never closes reaches to the end, so that no byte is looked at twice.
_STRING = re.compile(rb'"(?:[^"\\]|\\.|\\\Z)*+(?:"|\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def json_of(delivery: Delivery) -> dict[str, Any]:
    """
    The body as an object, numbers exact.

    Raises:
        Malformed: It is none.
    """
    if _deep(delivery.body):
        raise Malformed(f"the body is not JSON that a desk writes: it is over {MAX_DEPTH} deep")
    try:
        found = json.loads(delivery.body, parse_float=Decimal, parse_constant=_refuse)
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {str(error)[:100]}") from error
    if not isinstance(found, dict):
        raise Malformed("the body is not a JSON object")
    return found


def _deep(body: bytes) -> bool:
    """
    True of a body that could exhaust the parser's stack: a library that keystores need lifts
    Python's own limit.
    """
    depth = 0
    for each in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if each in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """
    An object within an object.

    Raises:
        Malformed: There is none.
    """
    found = record.get(name)
    if not isinstance(found, Mapping):
        raise Malformed(f"the body has no object {name!r}")
    return found


def name_of(record: Mapping[str, Any], name: str, what: str) -> str:
    """
    A number or a text that names something, as text.

    Raises:
        Malformed: It is missing, too long, or something else.
    """
    found = record.get(name)
    if isinstance(found, bool) or not isinstance(found, int | str) or not str(found).strip():
        raise Malformed(f"the body does not name {what} ({name!r})")
    text = str(found).strip()
    if len(text) > MAX_NAME or not text.isprintable():
        raise Malformed(f"what names {what} ({name!r}) is no more than {MAX_NAME} characters")
    return text


def word(value: Any) -> str | None:
    """A word of the desk's, in lower case; also where it is the ``name`` of an object."""
    if isinstance(value, Mapping):
        value = value.get("name")
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip().lower()[:MAX_NAME]


def iso(text: str) -> datetime:
    """
    A moment in ISO 8601, UTC unless it says otherwise; what is finer than a microsecond is dropped.

    Raises:
        ValueError: It is none.
    """
    found = datetime.fromisoformat(text)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def moment(value: Any, what: str) -> datetime:
    """
    A moment as desks write it: ISO 8601, or Unix seconds.

    Raises:
        Malformed: It is none.
    """
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value * 1_000_000))
        if isinstance(value, str):
            return iso(value)
    except (ValueError, OverflowError):
        pass
    raise Malformed(f"the time of {what} cannot be read: {str(value)[:40]!r}")
