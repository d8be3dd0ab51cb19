"""``rapport subscription collect``: the renewal worker, for cron or for good."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, Noun, pass_session
from rapport.cli.session import Session
from rapport.errors import ConfigError, InputError, RapportError
from rapport.units import money

if TYPE_CHECKING:
    from rapport.renewals import Collector, Report
    from rapport.renewals.telling import Write

verbs = Noun("collecting")
"""Taken over into ``rapport subscription``."""


@verbs.command()
@click.option("--once", is_flag=True, help="One turn, for cron; so it is without --watch too.")
@click.option("--watch", metavar="SECONDS", type=click.FloatRange(1), help="A turn each so often.")
@click.option("--merchant", type=ADDRESS, help="Whose plans; the keystore's account otherwise.")
@click.option("--everybody", is_flag=True, help="All plans, for the callers' fees.")
@click.option("--retries", metavar="1h,1d,3d,5d", help="After the due date, within the grace.")
@click.option("--notice", metavar="3d", help="Before the end of a trial it is told of.")
@click.option("--events", type=click.Path(path_type=Path), help="Append the dunning events here.")
@click.option("--timeout", type=click.FloatRange(min=0), default=600.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what would be charged; send and note nothing.")
@pass_session
def collect(
    session: Session,
    once: bool,
    watch: float | None,
    merchant: str | None,
    everybody: bool,
    retries: str | None,
    notice: str | None,
    events: Path | None,
    timeout: float,
    dry_run: bool,
) -> None:
    """Charge what is due, try again what failed, and tell of it.

    Any number may run at once, and be killed at any time: a period is never charged twice. Dunning
    events are lines of JSON, each once: past_due, retry, recovered, lapsed, price_needs_consent,
    completed, trial_ending. They go to --events, or else to stdout; what was collected then goes to
    stderr. With --json stdout holds one object for each turn, its events within.
    """
    from rapport.renewals import Schedule

    if once and watch is not None:
        raise InputError("--once and --watch exclude each other")
    if everybody and merchant is not None:
        raise InputError("--everybody and --merchant exclude each other")
    schedule = Schedule.parse(retries, notice)
    client = session.client(writes=not dry_run)
    if client.sender is None:
        raise ConfigError("nobody to collect for: pass --keystore")
    whose = None if everybody else merchant or client.sender
    collector = client.renewals(whose, schedule=schedule)
    try:
        while True:
            try:
                _turn(session, collector, events, timeout, dry_run)
            except RapportError as error:
                # A watch outlives what passes by itself; what somebody must mend ends it.
                if watch is None or not error.retryable:
                    raise
                output.note(f"rapport: {error}; the next turn tries again")
            if watch is None:
                return
            time.sleep(watch)
    finally:
        collector.close()


def _turn(
    session: Session, collector: Collector, events: Path | None, timeout: float, dry_run: bool
) -> None:
    told: list[str] = []
    write = _writer(session, events, told)
    try:
        report = collector.turn(dry_run=dry_run, timeout=timeout)
    except RapportError:
        if not session.json:  # whose one object is the error
            collector.tell(write)
        raise
    if not dry_run:
        collector.tell(write)
    if session.json:
        record = {
            "dry_run": dry_run,
            "block": report.block,
            "looked": report.looked,
            "failing": report.failing,
            "collected": report.collected,
            "charges": report.charges,
            "events": [json.loads(line) for line in told],
        }
        output.as_json(record)
    elif events is None and not dry_run:
        output.note(_summary(report))
    else:
        _show(report, dry_run)


def _writer(session: Session, events: Path | None, told: list[str]) -> Write:
    from rapport.renewals import to_file, to_stdout

    def write(lines: Sequence[str]) -> None:
        if events is not None:
            to_file(events)(lines)
        elif not session.json:
            to_stdout(lines)
        told.extend(lines)

    return write


def _summary(report: Report) -> str:
    sums = ", ".join(f"{money(amount)} {name}" for name, amount in report.collected.items())
    return (
        f"block {report.block:,}: {report.count('done'):,} charged"
        f"{f' ({sums})' if sums else ''}, {report.count('refused'):,} refused, "
        f"{report.failing:,} cannot be charged, {report.events:,} new events"
    )


def _show(report: Report, dry_run: bool) -> None:
    if report.charges:
        output.rows(
            "would be charged; nothing was sent" if dry_run else "charges",
            ("subscription", "plan", "charge", "amount", "token", "status", "reason"),
            [
                (
                    *(each.subscription, each.plan, each.cycle, money(each.amount)),
                    *(each.symbol, each.status, each.reason),
                )
                for each in report.charges
            ],
        )
    would = report.count("would")
    output.note(f"{would:,} would be charged" if dry_run else _summary(report))
