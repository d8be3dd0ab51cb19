"""JSON in the one form that can be digested: RFC 8785, the JSON Canonicalization Scheme."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import rfc8785

from rapport.errors import InputError

Document = dict[str, Any]
"""A JSON object: names to texts, numbers, truths, nothing, lists and objects."""

MAX_DEPTH = 32
"""A receipt's file nests ten deep."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def canonical(value: object) -> bytes:
    """
    The bytes of a JSON value by RFC 8785: members sorted, no blanks, one spelling of each number.

    Raises:
        InputError: No JSON: another type, a number that a double cannot hold, half a character.
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # it checks what it is given
    except (ValueError, TypeError) as error:
        raise InputError(f"no canonical JSON: {error}; give texts, whole numbers, lists") from error
    except RecursionError:
        raise InputError("no canonical JSON: nested too deep; give a receipt") from None


def parse(text: str | bytes) -> Any:
    """
    The value of a JSON text that has only one reading (RFC 7493).

    Raises:
        InputError: No JSON, no UTF-8, nested without end, a name twice in an object,
            not-a-number, half a character.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        _check_depth(text)
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise InputError(f"no UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"no JSON at {where}: {error.msg}; a JSON file is required") from error
    except ValueError as error:  # a number with thousands of digits
        raise InputError(f"no JSON to be read: {error}") from error
    canonical(value)
    return value


def _check_depth(text: str) -> None:
    """A reader that recurses could be crashed by nesting, so that is counted before."""
    depth = 0
    for bracket in re.findall(r"[][{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise InputError(f"the JSON is nested deeper than {MAX_DEPTH}; give a receipt")


def _once(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the JSON has {twice!r} twice in one object; each name may stand once")
    return found


def _no_constant(name: str) -> NoReturn:
    raise InputError(f"the JSON has {name}, which is no number; numbers must be finite")
