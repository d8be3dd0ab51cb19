"""Which column of a file holds what, and how amounts and dates are written in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rapport.errors import InputError
from rapport.ingest.tables import Table
from rapport.records import Asset

COLUMNS = ("order", "customer", "amount", "currency", "date")
REQUIRED = ("order", "customer", "amount")
_SETTINGS = ("default_currency", "date_format", "time_zone", "decimal", "free_orders")


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns by name. ``currency`` and ``date`` are optional columns; ``None`` ignores them."""

    order: str = "order"
    customer: str = "customer"
    amount: str = "amount"
    currency: str | None = "currency"
    date: str | None = "date"
    default_currency: str | None = None
    date_format: str | None = None  # as strptime takes it; ISO 8601 otherwise
    zone: tzinfo = UTC  # of dates that name none
    decimal: str = "."
    free_orders: bool = False  # orders of amount zero are recorded, not refused
    named: frozenset[str] = frozenset()  # columns that were asked for, and must be there

    @classmethod
    def read(cls, path: Path) -> Layout:
        """
        A layout from a TOML file: a table ``[columns]``, and beside it ``default_currency``,
        ``date_format``, ``time_zone``, ``decimal`` and ``free_orders``.

        Raises:
            InputError: The file cannot be read, or sets what is not known.
        """
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path} is not valid TOML: {error}") from error
        columns = content.pop("columns", {})
        if not isinstance(columns, dict):
            raise InputError(f"{path}: [columns] must be a table of names")
        try:
            return cls().with_columns(columns).with_settings(content)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    def with_columns(self, columns: Mapping[str, Any]) -> Layout:
        """
        The layout with some columns under other names.

        Raises:
            InputError: No such field, or a name that is no text.
        """
        for name, column in columns.items():
            if name not in COLUMNS:
                raise InputError(f"there is no field {name!r}; fields are {', '.join(COLUMNS)}")
            if not isinstance(column, str) or not column.strip():
                raise InputError(f"the column for {name!r} must be named, met {column!r}")
        return replace(self, **columns, named=self.named | frozenset(columns))

    def with_settings(self, settings: Mapping[str, Any]) -> Layout:
        """
        The layout with other settings; ``None`` leaves one as it is.

        Raises:
            InputError: No such setting, or a value that makes no sense.
        """
        given = {name: value for name, value in settings.items() if value is not None}
        for name in given:
            if name not in _SETTINGS:
                raise InputError(f"there is no setting {name!r}; known: {', '.join(_SETTINGS)}")
        if "default_currency" in given:
            Asset.named(str(given["default_currency"]))
        if given.get("decimal", ".") not in (".", ","):
            raise InputError(f"the decimal sign is . or , not {given['decimal']!r}")
        if not isinstance(given.get("free_orders", False), bool):
            raise InputError("free_orders is true or false")
        zone = given.pop("time_zone", None)
        if zone is not None:
            try:
                given["zone"] = ZoneInfo(str(zone))
            except (LookupError, OSError, ValueError) as error:
                raise InputError(f"there is no time zone {zone!r}; try Europe/Berlin") from error
        return replace(self, **given)

    def match(self, table: Table) -> Layout:
        """
        The layout as it fits this file: a date column that is not there, and that nobody asked
        for, is left out. Every other column must be in the header.

        Raises:
            InputError: One is missing; the line says what is there and how to map it.
        """
        if table.shape == "jsonl":
            return self
        needed = {name: getattr(self, name) for name in (*REQUIRED, *sorted(self.named))}
        missing = {name: column for name, column in needed.items() if column not in table.columns}
        if missing:
            raise InputError(
                f"{table.path} has no column {', '.join(map(repr, missing.values()))}; "
                f"its header has {', '.join(map(repr, table.columns))}; "
                f"map it, as in --column {next(iter(missing))}=NAME"
            )
        if self.default_currency is None and self.currency not in table.columns:
            raise InputError(
                f"{table.path} has no column {self.currency!r}; "
                "map it with --column currency=NAME, or say --currency EUR for all rows"
            )
        without_date = self.date not in table.columns
        return replace(self, date=None) if without_date else self
