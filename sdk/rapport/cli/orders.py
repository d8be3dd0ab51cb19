"""Importing a file of orders: rows checked, recorded, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rapport.cli import imports, output
from rapport.cli.session import Session
from rapport.errors import IdempotencyConflict, Reverted
from rapport.ingest.layout import Layout
from rapport.ingest.orders import Accepted, Duplicate, Rejected, read_orders
from rapport.ingest.rejects import Rejects, rejects_path
from rapport.ingest.tables import Row, Table, open_table
from rapport.records import Order
from rapport.reverts import EpochFull, NoRule, RefConflict

if TYPE_CHECKING:
    from rapport.client import Client

_OF_THE_ROW = (*imports.OF_THE_ROW, EpochFull, NoRule, RefConflict)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of orders, and how it is to be read."""

    file: Path
    layout: Layout
    encoding: str
    delimiter: str | None
    rejects: Path | None

    def table(self) -> Table:
        return open_table(self.file, encoding=self.encoding, delimiter=self.delimiter)


@dataclass(slots=True)
class Tally:
    """How many rows came to which end. ``repeated`` stand twice in the file."""

    rows: int = 0
    recorded: int = 0
    known: int = 0  # recorded by an earlier import
    repeated: int = 0
    points: int = 0
    waiting: dict[str, Row] = field(default_factory=dict)  # by order number, until its end


def import_file(session: Session, source: Source, *, register: bool, dry_run: bool) -> None:
    """
    Records what can be recorded, writes the rest to the rejects file, and says how many.

    Raises:
        InputError: The file as a whole cannot be read.
        RapportError: Sending cannot go on; what was taken stays in the outbox, and the same file
            may be imported again.
    """
    table = source.table()
    client = session.client(writes=not dry_run)
    if not dry_run:
        client.require_role("EarnRules", "RECORDER")
    newcomers = imports.Newcomers(client, register, dry_run)
    outcomes = _Checked(client, source, table, newcomers)
    tally = outcomes.tally
    with Rejects(table, source.rejects or rejects_path(source.file)) as rejects:
        orders = outcomes.orders(rejects)
        if dry_run:
            recordable = sum(1 for _ in orders)
            counts = {"rows": tally.rows, "recordable": recordable, "repeated": tally.repeated}
        else:
            _record(outcomes, orders, rejects)
            counts = {
                "rows": tally.rows,
                "recorded": tally.recorded,
                "known": tally.known,
                "repeated": tally.repeated,
                "registered": newcomers.registered,
                "points": tally.points,
            }
    imports.report(session, "orders", counts, rejects, dry_run=dry_run)


class _Checked:
    """The rows of a file, checked against the directory and the rules on chain."""

    def __init__(
        self, client: Client, source: Source, table: Table, newcomers: imports.Newcomers
    ) -> None:
        self.tally = Tally()
        self.lines = table.lines()
        self.client = client
        self._newcomers = newcomers
        self._starts: dict[str, datetime | str] = {}
        self._rows = read_orders(table, source.layout, self._refusal)

    def orders(self, rejects: Rejects) -> Iterator[Order]:
        """The orders to record; the rest is counted, and rejected rows written."""
        for outcome in self._rows:
            self.tally.rows += 1
            if isinstance(outcome, Accepted):
                self.tally.waiting[outcome.order.number] = outcome.row
                yield outcome.order
            elif isinstance(outcome, Duplicate):
                self.tally.repeated += 1
            elif isinstance(outcome, Rejected):
                rejects.add(outcome.row, outcome.reason)

    def _refusal(self, order: Order) -> str | None:
        start = self._start(order.asset)
        if isinstance(start, str):
            return start
        if order.placed_at is not None and order.placed_at < start:
            return (
                f"placed {order.placed_at:%Y-%m-%d %H:%M} UTC, before the rule for {order.asset} "
                f"starts on {start:%Y-%m-%d %H:%M} UTC"
            )
        return self._newcomers.refusal(order.customer)

    def _start(self, asset: str) -> datetime | str:
        """From when orders in this asset earn, or why they do not."""
        if asset not in self._starts:
            try:
                self._starts[asset] = self.client.first_rule_start(asset)
            except Reverted:
                self._starts[asset] = (
                    f"no rule for {asset} is in force; set one: rapport earn rule set {asset}"
                )
        return self._starts[asset]


def _record(checked: _Checked, orders: Iterable[Order], rejects: Rejects) -> None:
    tally = checked.tally
    with output.bar("recording orders", checked.lines) as bar:
        stream = checked.client.earn.record_batch(orders)
        stream.watch = lambda ended: bar.at(ended + tally.repeated + rejects.count)
        for each in stream:
            row = tally.waiting.pop(each.item.number)
            if each.error is None:
                if each.status == "done":
                    tally.recorded += 1
                    if each.outcome is not None:
                        tally.points += int(each.outcome.result.get("points", 0))
                else:
                    tally.known += 1
            elif isinstance(each.error, IdempotencyConflict):
                reason = f"order {each.item.number!r} was recorded before with other content"
                rejects.add(row, reason)
            elif isinstance(each.error, _OF_THE_ROW):
                rejects.add(row, str(each.error))
            else:
                raise each.error
