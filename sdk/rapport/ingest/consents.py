"""Recorded consents from CSV or JSONL: a column for each purpose, with yes, no or nothing.

The same row again is skipped; the same reference with other content is refused, since one of the
two must be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from rapport.consents import NewRecord, Purposes
from rapport.errors import InputError
from rapport.ingest import cells
from rapport.ingest.seen import Seen, digest
from rapport.ingest.tables import Row, Table

FIELDS = ("customer", "reference", "date", "evidence")
YES = frozenset({"yes", "y", "true", "1", "granted", "opt-in", "subscribed"})
NO = frozenset({"no", "n", "false", "0", "withdrawn", "refused", "opt-out", "unsubscribed"})
_LONGEST = 200  # characters of a reference


@dataclass(frozen=True, slots=True)
class ConsentLayout:
    """
    Which column holds what. ``purposes`` gives the column of each purpose; those with a column of
    their own name are found by themselves. All but the customer may be missing.
    """

    customer: str = "customer"
    reference: str = "reference"
    date: str = "date"
    evidence: str = "evidence"
    purposes: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    zone: tzinfo = UTC
    default_evidence: str = "imported records"

    def match(self, table: Table, known: Purposes) -> ConsentLayout:
        """
        The layout as it fits a file, with the columns that are named as purposes.

        Raises:
            UnknownPurposeName: A column is mapped to a purpose that nobody knows.
            InputError: A column is missing, or none is about a purpose.
        """
        mapped = {known.name(known.find(name)): column for name, column in self.purposes.items()}
        if table.shape == "jsonl":
            mapped = {**{name: name for name in known if name not in mapped}, **mapped}
        else:
            own = (name for name in known if name in table.columns and name not in mapped)
            mapped = {**{name: name for name in own}, **mapped}
            for column in (self.customer, *mapped.values()):
                if column not in table.columns:
                    raise InputError(
                        f"{table.path} has no column {column!r}; its header has "
                        f"{', '.join(map(repr, table.columns))}; map it, as in "
                        "--column customer=NAME or --column email=NAME"
                    )
        if not mapped:
            raise InputError(
                f"{table.path} has no column of a purpose; map one, as in --column email=NAME"
            )
        return ConsentLayout(
            self.customer,
            self.reference,
            self.date,
            self.evidence,
            mapped,
            self.date_format,
            self.zone,
            self.default_evidence,
        )


@dataclass(frozen=True, slots=True)
class Read:
    """
    One row: a ``record`` to be made, or the ``reason`` why not; with neither, it repeats a row.
    """

    row: Row
    record: NewRecord | None = None
    reason: str | None = None


def read_consents(
    table: Table,
    layout: ConsentLayout,
    known: Purposes,
    check: Callable[[NewRecord], str | None] | None = None,
) -> Iterator[Read]:
    """
    Each row of a file, in order, in bounded memory. ``check`` may refuse a record for reasons that
    no file knows.

    Raises:
        InputError: As :meth:`ConsentLayout.match`.
    """
    return _rows(table, layout.match(table, known), known, check)


def _rows(
    table: Table,
    layout: ConsentLayout,
    known: Purposes,
    check: Callable[[NewRecord], str | None] | None,
) -> Iterator[Read]:
    with Seen() as seen:
        for row in table.rows():
            yield _read(row, layout, known, check, seen)


def _read(
    row: Row,
    layout: ConsentLayout,
    known: Purposes,
    check: Callable[[NewRecord], str | None] | None,
    seen: Seen,
) -> Read:
    if row.fault:
        return Read(row, reason=row.fault)
    try:
        record = _record(row, layout, known)
    except InputError as error:
        return Read(row, reason=str(error))
    met = seen.find(record.key, f"{record!r}")
    if met is not None:
        if met.same:
            return Read(row)
        reference = cells.cell(row.values, layout.reference)
        reason = f"reference {reference!r} stands on line {met.line} with other content"
        return Read(row, reason=reason)
    reason_or_none = None if check is None else check(record)
    if reason_or_none is not None:
        return Read(row, reason=reason_or_none)
    seen.add(record.key, f"{record!r}", line=row.line)
    return Read(row, record)


def _record(row: Row, layout: ConsentLayout, known: Purposes) -> NewRecord:
    customer = cells.text(row, layout.customer, "customer number")
    grant: list[str] = []
    withdraw: list[str] = []
    for purpose, column in layout.purposes.items():
        if not _has(row, column):
            continue
        (grant if _answer(row, column) else withdraw).append(purpose)
    if not grant and not withdraw:
        raise InputError("the row says yes or no to no purpose")
    known.masks(grant, withdraw)
    given_at = None
    if _has(row, layout.date):
        given_at = cells.moment(row, layout.date, layout.date_format, layout.zone)
    evidence = layout.default_evidence
    if _has(row, layout.evidence):
        evidence = cells.text(row, layout.evidence, "evidence")
    key = _key(row, layout, customer, given_at, grant, withdraw)
    return NewRecord(customer, key, tuple(grant), tuple(withdraw), evidence, given_at)


def _key(
    row: Row,
    layout: ConsentLayout,
    customer: str,
    given_at: datetime | None,
    grant: list[str],
    withdraw: list[str],
) -> str:
    """What makes the record single-use: its reference, or else all that it says."""
    if _has(row, layout.reference):
        reference = cells.text(row, layout.reference, "reference")
        if len(reference) > _LONGEST:
            raise InputError(f"the reference has {len(reference)} characters, at most {_LONGEST}")
        return f"consent:{reference}"
    said = f"{customer}|{given_at}|{sorted(grant)}|{sorted(withdraw)}"
    return f"consent:row:{digest(said).hex()}"


def _has(row: Row, column: str) -> bool:
    """True unless the cell is blank or not there."""
    value = cells.cell(row.values, column)
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _answer(row: Row, column: str) -> bool:
    value = cells.cell(row.values, column)
    if isinstance(value, bool):
        return value
    text = cells.text(row, column, "answer").lower()
    if text in YES:
        return True
    if text in NO:
        return False
    raise InputError(f"the answer {value!r} in column {column!r} cannot be read; write yes or no")
