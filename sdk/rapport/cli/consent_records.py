"""``rapport consent``: what an operator records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from rapport.cli import imports, output, requests
from rapport.cli.options import MOMENT, Noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.consents import NewRecord
from rapport.errors import IdempotencyConflict, InputError
from rapport.ingest.consents import FIELDS, ConsentLayout, read_consents
from rapport.ingest.rejects import Rejects, rejects_path
from rapport.ingest.tables import Row, Table, open_table
from rapport.reverts import BadSequence, WalletLinkedAlready

if TYPE_CHECKING:
    from rapport.client import Client

verbs = Noun("records")
"""Taken over into ``rapport consent``."""

_OF_THE_ROW = (*imports.OF_THE_ROW, BadSequence, WalletLinkedAlready)


@verbs.command()
@click.argument("customer")
@click.option("--grant", "granted", multiple=True, metavar="PURPOSE", help="Granted.")
@click.option("--withdraw", "withdrawn", multiple=True, metavar="PURPOSE", help="Withdrawn.")
@click.option("--evidence", required=True, help="How the customer said so; goes on the receipt.")
@click.option("--given-at", type=MOMENT, help="When; a later withdrawal is never undone.")
@requests.notice
@writes
@pass_session
def record(
    session: Session,
    customer: str,
    granted: tuple[str, ...],
    withdrawn: tuple[str, ...],
    evidence: str,
    given_at: datetime | None,
    notice_file: Path | None,
    key: str | None,
    **how: Any,
) -> None:
    """Record what a CUSTOMER decided elsewhere, as an operator.

    A grant needs a customer without a wallet, and stands as recorded on your evidence.
    """
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.consent.record,
        customer,
        granted,
        withdrawn,
        evidence=evidence,
        given_at=given_at,
        notice=requests.opened(notice_file),
        idempotency_key=key,
        **how,
    )


@verbs.command()
@click.argument("customer")
@click.option("--group", type=click.IntRange(0, 7), default=0, show_default=True)
@writes
@pass_session
def gpc(session: Session, customer: str, group: int, key: str | None, **how: Any) -> None:
    """Follow a CUSTOMER's Global Privacy Control signal: withdraw the opt-out purposes."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.consent.gpc, customer, group, idempotency_key=key, **how)


@verbs.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help=f"Column of a field: {', '.join(FIELDS)}, or of a purpose.",
)
@click.option("--evidence", default="imported records", help="Of rows that name none.")
@click.option("--date-format", help="As in %d.%m.%Y; ISO 8601 otherwise.")
@click.option("--time-zone", default="UTC", show_default=True, help="Of dates that name none.")
@imports.options
@click.option("--register", is_flag=True, help="Register customers that are not known yet.")
@click.option("--dry-run", is_flag=True, help="Check every row; record nothing.")
@pass_session
def import_(
    session: Session,
    file: Path,
    columns: tuple[str, ...],
    evidence: str,
    date_format: str | None,
    time_zone: str,
    encoding: str,
    delimiter: str | None,
    rejects: Path | None,
    register: bool,
    dry_run: bool,
) -> None:
    """Record the consents of a CSV or JSONL FILE: a column for each purpose, with yes or no.

    A row that cannot be recorded stops nobody else: it goes to a rejects file with its reason,
    which can be corrected and imported itself. Where a row's grants are refused, its withdrawals
    are recorded all the same. The whole file again records nothing twice.
    """
    layout = _layout(columns, evidence, date_format, time_zone)
    table = open_table(file, encoding=encoding, delimiter=delimiter)
    client = session.client(writes=not dry_run)
    if not dry_run:
        client.require_role("ConsentRegistry", "OPERATOR")
    newcomers = imports.Newcomers(client, register, dry_run)
    run = _Import(client, table, layout, newcomers)
    with Rejects(table, rejects or rejects_path(file)) as refused:
        if dry_run:
            run.tally["recordable"] = sum(1 for _ in run.records(refused))
        else:
            run.record(refused)
    imports.report(session, "consents", run.tally, refused, dry_run=dry_run)


def _layout(
    columns: tuple[str, ...], evidence: str, date_format: str | None, time_zone: str
) -> ConsentLayout:
    fields: dict[str, str] = {}
    purposes: dict[str, str] = {}
    for each in columns:
        name, column = imports.mapped(each)
        (fields if name in FIELDS else purposes)[name] = column
    try:
        zone = ZoneInfo(time_zone)
    except (LookupError, OSError, ValueError) as error:
        raise InputError(f"there is no time zone {time_zone!r}; try Europe/Berlin") from error
    return ConsentLayout(
        **fields,
        purposes=purposes,
        date_format=date_format,
        zone=zone,
        default_evidence=evidence,
    )


@dataclass
class _Import:
    """The rows of a file on their way into the registry, and how many came to which end."""

    client: Client
    table: Table
    layout: ConsentLayout
    newcomers: imports.Newcomers

    def __post_init__(self) -> None:
        self.tally = {"rows": 0, "repeated": 0}
        self._waiting: dict[str, Row] = {}
        self._apart: list[NewRecord] = []
        self._rows = read_consents(
            self.table,
            self.layout,
            self.client.purposes,
            lambda record: self.newcomers.refusal(record.customer),
        )

    def records(self, rejects: Rejects) -> Iterator[NewRecord]:
        """What is to be recorded; the rest is counted, and rejected rows written."""
        for each in self._rows:
            self.tally["rows"] += 1
            if each.record is not None:
                self._waiting[each.record.key] = each.row
                yield each.record
            elif each.reason is None:
                self.tally["repeated"] += 1
            else:
                rejects.add(each.row, each.reason)

    def record(self, rejects: Rejects) -> None:
        """Sends all, and follows each to its end."""
        tally = self.tally
        tally.update(recorded=0, known=0)
        with output.bar("recording consents", self.table.lines()) as bar:
            stream = self.client.consent.record_batch(self.records(rejects))
            stream.watch = lambda ended: bar.at(ended + tally["repeated"] + rejects.count)
            for each in stream:
                row = self._waiting.pop(each.item.key)
                if each.error is None:
                    tally["recorded" if each.status == "done" else "known"] += 1
                elif isinstance(each.error, IdempotencyConflict):
                    rejects.add(row, "it was recorded before with other content")
                elif isinstance(each.error, _OF_THE_ROW):
                    rejects.add(row, str(each.error))
                    self._keep_withdrawals(each.item)
                else:
                    raise each.error
        self._record_withdrawals()
        tally["registered"] = self.newcomers.registered

    def _keep_withdrawals(self, record: NewRecord) -> None:
        """A decision that also grants is refused whole; nobody's no may be lost with the yes."""
        if record.grant and record.withdraw:
            key = f"{record.key}:withdrawals"
            self._apart.append(
                NewRecord(record.customer, key, (), record.withdraw, record.evidence)
            )

    def _record_withdrawals(self) -> None:
        self.tally["withdrawn_apart"] = 0
        for each in self.client.consent.record_batch(self._apart):
            if each.error is None:
                self.tally["withdrawn_apart"] += 1
            elif not isinstance(each.error, _OF_THE_ROW):
                raise each.error
