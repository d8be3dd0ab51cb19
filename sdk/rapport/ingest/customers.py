"""Customer numbers from CSV or JSONL."""

from __future__ import annotations

from collections.abc import Iterator

from rapport.errors import InputError
from rapport.ingest.seen import Seen
from rapport.ingest.tables import Row, Table
from rapport.records import check_number


def read_customers(table: Table, column: str) -> Iterator[tuple[Row, str | None, str | None]]:
    """
    Each row with its customer number, or with the reason why it has none; a row that repeats a
    number has neither.

    Raises:
        InputError: A CSV without this column.
    """
    if table.shape == "csv" and column not in table.columns:
        raise InputError(
            f"{table.path} has no column {column!r}; its header has "
            f"{', '.join(map(repr, table.columns))}; name one with --column NAME"
        )
    return _read(table, column)


def _read(table: Table, column: str) -> Iterator[tuple[Row, str | None, str | None]]:
    with Seen() as seen:
        for row in table.rows():
            if row.fault:
                yield row, None, row.fault
                continue
            value = row.values.get(column)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            try:
                if not isinstance(value, str):
                    raise InputError(f"the customer number is missing (column {column!r})")
                number = check_number(value)
            except InputError as error:
                yield row, None, str(error)
                continue
            if seen.find(number) is not None:
                yield row, None, None
                continue
            seen.add(number, line=row.line)
            yield row, number, None
