"""Takes documents apart: every place in them, and copies with one place changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from rapport.receipts import ConsentReceipt, Format, ReceiptMalformed, parse_document

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every member and item, outer ones first."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for name, each in inner:
        yield (*path, name)
        yield from paths(each, (*path, name))


def at(document: Any, path: Path) -> Any:
    for name in path:
        document = document[name]
    return document


def without(document: Any, path: Path) -> Any:
    """A copy that lacks one place."""
    other = copy.deepcopy(document)
    del at(other, path[:-1])[path[-1]]
    return other


def replaced(document: Any, path: Path, value: Any) -> Any:
    """A copy with another value at one place."""
    other = copy.deepcopy(document)
    at(other, path[:-1])[path[-1]] = value
    return other


def something_else(value: Any) -> Any:
    """Another value, of the same kind if it is a text, a truth or a number."""
    if isinstance(value, str):
        return f"{value}x"
    return value + 1 if isinstance(value, int) else 7


def read_as(document: Any, format: Format) -> ConsentReceipt | None:
    """The receipt of a document; nothing if it is refused, which takes one line."""
    try:
        return parse_document(document, format)
    except ReceiptMalformed as error:
        if "\n" in str(error):
            raise ValueError("an error takes one line") from error
        return None
