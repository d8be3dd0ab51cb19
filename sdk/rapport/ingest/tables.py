"""Rows of CSV and JSONL files, one at a time, each with its line number or what is wrong with it.

A damaged row is a row with a ``fault``; it never stops or shifts the rows after it. A file as a
whole is refused only when nothing in it could be trusted: no header, no such encoding, UTF-16.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal

from rapport.errors import InputError

Shape = Literal["csv", "jsonl"]

ENCODINGS = ("utf-8", "cp1252")
MAX_LINES = 20  # a quoted field may span; more is a quote that was never closed
MAX_LINE_BYTES = 1 << 20

_OPEN = "a quotation mark opens here and is never closed"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands. ``line`` is that of its first character, from 1."""

    line: int
    values: Mapping[str, Any]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file to read. ``columns`` is the header of a CSV; JSONL has none."""

    path: Path
    shape: Shape = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    columns: tuple[str, ...] = ()

    def lines(self) -> int:
        """How many lines follow the header, for a progress bar; rows may span several."""
        with self.path.open("rb") as stream:
            ends = sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
        return max(0, ends - 1) if self.shape == "csv" else ends

    def rows(self) -> Iterator[Row]:
        """
        All rows, in order, reading as they are asked for.

        Raises:
            InputError: The file vanished or cannot be read any further.
        """
        try:
            with self.path.open("rb") as stream:
                lines = _Lines(stream, self.encoding)
                yield from self._csv(lines) if self.shape == "csv" else self._jsonl(lines)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}") from error

    def _csv(self, lines: _Lines) -> Iterator[Row]:
        lines.next()  # the header, checked on opening
        while (first := lines.next()) is not None:
            if not first.text.strip():
                continue
            yield self._record(lines, first)

    def _record(self, lines: _Lines, first: _Line) -> Row:
        """One record from ``first`` on, taking further lines while a quoted field stays open."""
        taken = [first]
        while True:
            cells, fault = _cells("".join(each.text for each in taken), self.delimiter)
            if fault is None and len(cells) == len(self.columns):
                break
            following = lines.next() if fault == _OPEN and len(taken) < MAX_LINES else None
            if following is None:
                # Only the first line is at fault: the next one may well be sound.
                lines.give_back(taken[1:])
                return self._damaged(first)
            taken.append(following)
        values = dict(zip(self.columns, cells, strict=True))
        faults = (each.fault for each in taken if each.fault)
        return Row(first.number, values, next(faults, None))

    def _damaged(self, line: _Line) -> Row:
        cells, fault = _cells(line.text, self.delimiter)
        if fault is None and len(cells) != len(self.columns):
            fault = f"{len(cells)} cells where the header has {len(self.columns)}"
        values = dict(zip(self.columns, cells or [line.text.rstrip("\r\n")], strict=False))
        return Row(line.number, values, line.fault or fault)

    def _jsonl(self, lines: _Lines) -> Iterator[Row]:
        while (line := lines.next()) is not None:
            if not line.text.strip():
                continue
            if line.fault:
                yield Row(line.number, {"row": line.text.rstrip("\r\n")}, line.fault)
                continue
            try:
                value = json.loads(line.text, parse_float=Decimal, parse_constant=_refuse)
            except (ValueError, RecursionError) as error:
                reason = f"not a JSON object: {error}"
                yield Row(line.number, {"row": line.text.rstrip("\r\n")}, reason)
                continue
            if isinstance(value, dict):
                yield Row(line.number, value)
            else:
                yield Row(line.number, {"row": value}, "not a JSON object")


def open_table(
    path: Path,
    *,
    shape: Shape | None = None,
    encoding: str = "utf-8",
    delimiter: str | None = None,
) -> Table:
    """
    A table whose header is sound. The shape follows from the file's name (``.jsonl``, ``.ndjson``,
    otherwise CSV), the delimiter from the header (comma, semicolon or tab).

    Raises:
        InputError: No such file, empty, an encoding that is not supported, or no usable header.
    """
    if encoding not in ENCODINGS:
        raise InputError(f"encoding {encoding!r} is not supported; use {' or '.join(ENCODINGS)}")
    if shape is None:
        shape = "jsonl" if path.suffix.lower() in (".jsonl", ".ndjson") else "csv"
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(f"a delimiter is one character, met {delimiter!r}")
    try:
        with path.open("rb") as stream:
            if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                raise InputError(f"{path} is UTF-16; save it as UTF-8")
            stream.seek(0)
            header = _Lines(stream, encoding).next()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if header is None:
        raise InputError(f"{path} is empty")
    if shape == "jsonl":
        return Table(path, shape, encoding)
    if header.fault:
        raise InputError(f"{path}, header: {header.fault}")
    if delimiter is None:
        delimiter = max((",", ";", "\t"), key=header.text.count)
    columns = tuple(cell.strip() for cell in _cells(header.text, delimiter)[0])
    repeated = sorted({each for each in columns if each and columns.count(each) > 1})
    if not any(columns):
        raise InputError(f"{path} has no header; its first line must name the columns")
    if repeated:
        raise InputError(f"{path} has the column {repeated[0]!r} more than once")
    return Table(path, shape, encoding, delimiter, columns)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    fault: str | None = None


class _Lines:
    """Physical lines, decoded one by one, so that a bad byte spoils its own line only."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._number = 0
        self._given_back: deque[_Line] = deque()

    def next(self) -> _Line | None:
        if self._given_back:
            return self._given_back.popleft()
        raw = self._stream.readline(MAX_LINE_BYTES)
        if not raw:
            return None
        self._number += 1
        fault = None
        if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
            while (rest := self._stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            raw, fault = raw[:200], f"longer than {MAX_LINE_BYTES:,} bytes"
        if self._number == 1 and raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
            self._encoding = "utf-8"  # the byte order mark says so
        return self._decode(raw, fault)

    def give_back(self, lines: list[_Line]) -> None:
        """Lines that will be read again, in order."""
        self._given_back.extendleft(reversed(lines))

    def _decode(self, raw: bytes, fault: str | None) -> _Line:
        try:
            text = raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            text = raw.decode(self._encoding, "backslashreplace")
            fault = fault or (
                f"byte 0x{raw[error.start]:02x} at position {error.start + 1} is not "
                f"{self._encoding}{_other(raw, self._encoding)}"
            )
        else:
            if self._encoding == "cp1252" and not raw.isascii() and _is_utf8(raw):
                fault = fault or "utf-8 text in a cp1252 file; bring the file to one encoding"
        if "\0" in text:
            fault = fault or "a NUL character"
            text = text.replace("\0", "\\x00")
        return _Line(self._number, text, fault)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _other(raw: bytes, encoding: str) -> str:
    if encoding != "utf-8":
        return ""
    try:
        raw.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "; if the whole file is cp1252, say --encoding cp1252"


def _cells(text: str, delimiter: str) -> tuple[list[str], str | None]:
    """The cells of one record, and what is wrong with it."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return [], _OPEN if "unexpected end" in str(error) else f"not CSV: {error}"
    return (rows[0] if rows else []), None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")
