"""Cells of imported rows, as text and as moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from rapport.errors import InputError
from rapport.ingest.tables import Row


def text(row: Row, column: str, what: str) -> str:
    """
    A cell that must hold something, as text; ``what`` names it in the error.

    Raises:
        InputError: It is empty, or neither text nor a whole number.
    """
    value = cell(row.values, column)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise InputError(f"the {what} is missing (column {column!r})")
    if not isinstance(value, str):
        raise InputError(f"the {what} must be text or a whole number, met {value!r}")
    found = value.strip()
    if not found:
        raise InputError(f"the {what} is missing (column {column!r})")
    return found


def has(values: Mapping[str, Any], column: str) -> bool:
    """True unless the cell is empty or not there."""
    value = cell(values, column)
    return value is not None and value != ""


def cell(values: Mapping[str, Any], column: str) -> Any:
    """A cell by its column; ``customer.id`` reaches into nested JSON."""
    if column in values:
        return values[column]
    value: Any = values
    for part in column.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def moment(row: Row, column: str, form: str | None, zone: tzinfo) -> datetime:
    """
    A date or a moment, UTC. ``form`` is as strptime takes it, ISO 8601 otherwise; ``zone`` is that
    of dates that name none.

    Raises:
        InputError: It is missing, cannot be read, or lies outside the calendar.
    """
    written = text(row, column, "date")
    try:
        # A date without a zone gets one below.
        found = datetime.strptime(written, form) if form else datetime.fromisoformat(written)  # noqa: DTZ007
    except ValueError as error:
        wanted = form or "2026-01-31 or 2026-01-31T09:30:00+01:00"
        raise InputError(f"the date {written!r} cannot be read; required: {wanted}") from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise InputError(f"the date {written!r} lies outside the calendar") from error
