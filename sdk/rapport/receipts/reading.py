"""Reads JSON that others wrote, and says at which place it is not as required."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rapport.errors import InputError
from rapport.receipts.canonical import canonical
from rapport.receipts.errors import ReceiptMalformed
from rapport.receipts.records import ConsentReceipt

_SHOWN = 60  # characters of what was met


@dataclass(frozen=True, slots=True)
class Place:
    """A value within a document, and where it stands. Members that are absent read as None."""

    value: Any
    where: str = "the top"

    def wrong(self, required: str) -> ReceiptMalformed:
        """The error that this place is not as required."""
        met = "nothing" if self.value is None else repr(self.value)
        if len(met) > _SHOWN:
            met = f"{met[:_SHOWN]}..."
        return ReceiptMalformed(self.where, met, required)

    def at(self, *names: str) -> Place:
        """A member of a member of this object."""
        place = self
        for name in names:
            inner = place.object().get(name)
            where = name if place.where == "the top" else f"{place.where}.{name}"
            place = Place(inner, where)
        return place

    def object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return self.value

    def items(self) -> list[Place]:
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [Place(item, f"{self.where}[{index}]") for index, item in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def number(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.wrong("a whole number")
        return self.value

    def hexadecimal(self, size: int | None = None) -> bytes:
        """Bytes from ``0x`` and small hex digits; ``size`` of them, if given."""
        required = "0x and small hex digits" if size is None else f"0x and {2 * size} hex digits"
        text = self.text()
        if not re.fullmatch(r"0x([0-9a-f]{2})*", text) or size not in (None, len(text) // 2 - 1):
            raise self.wrong(required)
        return bytes.fromhex(text[2:])

    def only(self, *names: str) -> None:
        """Refuses members of other names, and misses none."""
        beyond = sorted(self.object().keys() - set(names))
        if beyond:
            raise self.at(beyond[0]).wrong(f"no such member, only {', '.join(names)}")
        for name in names:
            if name not in self.object():
                raise self.at(name).wrong("a value")


def read_back(
    document: object,
    read: Callable[[Place], ConsentReceipt],
    write: Callable[[ConsentReceipt], object],
) -> ConsentReceipt:
    """
    The receipt that a document was made of: what ``read`` finds there, if ``write`` makes this very
    document of it.

    Raises:
        ReceiptMalformed: It is not; tells the first place, by name, at which it differs.
    """
    try:
        receipt = read(Place(document))
    except InputError as error:
        raise ReceiptMalformed("a value", str(error), "a valid receipt") from error
    required = write(receipt)
    if canonical(document) != canonical(required):
        where = _differing(document, required)
        raise ReceiptMalformed(where, "another member or value", "the one that the rest implies")
    return receipt


def _differing(met: object, required: object, where: str = "the top") -> str:
    if isinstance(met, dict) and isinstance(required, dict):
        for name in sorted(met.keys() | required.keys()):
            inner = name if where == "the top" else f"{where}.{name}"
            if name not in met or name not in required:
                return inner
            if canonical(met[name]) != canonical(required[name]):
                return _differing(met[name], required[name], inner)
    if isinstance(met, list) and isinstance(required, list) and len(met) == len(required):
        for index, (one, other) in enumerate(zip(met, required, strict=True)):
            if canonical(one) != canonical(other):
                return _differing(one, other, f"{where}[{index}]")
    return where
