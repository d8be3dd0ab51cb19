"""``rapport sla watch``: the clocks of open agreements, running down."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, DURATION, Noun, pass_session
from rapport.cli.session import Session
from rapport.cli.sla_calendar import clock, local
from rapport.errors import RapportError
from rapport.units import hex32

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from rapport.client import Client
    from rapport.sla import Agreement
    from rapport.sla.watching import Reading

Tickets = Mapping[str, str]
"""What help desks call agreements, by the agreements' ids."""

verbs = Noun("watching")
"""Taken over into ``rapport sla``."""

_COLOURS = {"late": "bold red", "near": "yellow", "running": "green", "waiting": "dim"}
_NAMES = ("agreement", "ticket", "alarm", "priority", "for", "first response", "left", "due")
_TO_THE_RIGHT = ("first response", "left")
_SHORT = 10  # characters of an id, where all of it does not fit


@verbs.command()
@click.option("--provider", type=ADDRESS, help="Under whose policies; the keystore's otherwise.")
@click.option("--client", type=ADDRESS, help="For whom.")
@click.option("--warn", type=DURATION, default="1h", show_default=True, help="Before a breach.")
@click.option(
    "--every", metavar="SECONDS", type=click.FloatRange(1), default=15.0, show_default=True
)
@click.option("--once", is_flag=True, help="Look once and end.")
@pass_session
def watch(
    session: Session,
    provider: str | None,
    client: str | None,
    warn: timedelta,
    every: float,
    once: bool,
) -> None:
    """Show the clocks of open agreements running down, the most urgent first.

    Red is late, yellow near a breach (--warn, of business hours), grey waits for the customer. What
    has come near since the last look rings the bell; off a terminal it is a line on stderr. With
    --json stdout holds one object for each look.
    """
    live = not once and not session.json and sys.stdout.isatty()
    told: set[tuple[str, str]] = set()
    seen = _Seen((), {}, warn, time.monotonic())
    with ExitStack() as drawing:
        screen = drawing.enter_context(_screen()) if live else None
        while True:
            again, trouble = time.monotonic() + every, None
            try:
                seen = _look(session.client(), provider, client, warn)
            except RapportError as error:
                # A watch outlives what passes by itself; what somebody must mend ends it.
                if once or not error.retryable:
                    raise
                trouble = f"{error}; the next look tries again"
            if screen is not None:
                _run_down(screen, seen, told, again, trouble)
                continue
            if trouble is None:
                _print(session, seen, told)
            else:
                output.note(f"rapport: {trouble}")
            if once:
                return
            time.sleep(max(0.0, again - time.monotonic()))


@dataclass(frozen=True, slots=True)
class _Seen:
    """The open agreements as one look at the chain found them."""

    agreements: Sequence[Agreement]
    tickets: Tickets
    warn: timedelta
    at: float
    """By the machine's own clock."""

    def readings(self) -> list[Reading]:
        """What is left on the clocks by now, if nothing has happened since."""
        from rapport.sla.watching import reading, urgent_first

        passed = timedelta(seconds=int(time.monotonic() - self.at))
        return urgent_first(
            [
                reading(each, each.clocks.at + passed, self.warn)
                for each in self.agreements
                if each.clocks is not None
            ]
        )


def _look(client: Client, provider: str | None, whose: str | None, warn: timedelta) -> _Seen:
    found = client.sla.list(provider=provider, client=whose, state="open")
    return _Seen(found, _tickets(client), warn, time.monotonic())


def _tickets(client: Client) -> Tickets:
    return {
        hex32(each.agreement): f"{each.desk} {each.number}"
        for each in client.tickets.tickets()
        if each.agreement is not None
    }


def _print(session: Session, seen: _Seen, told: set[tuple[str, str]]) -> None:
    """One look, printed."""
    readings, tickets = seen.readings(), seen.tickets
    if session.json:
        output.as_json({"agreements": [_record(each, tickets) for each in readings]})
        return
    output.rows("open agreements", _NAMES, [_cells(each, tickets) for each in readings])
    for each in _new(readings, told):
        output.note(f"rapport: {_sentence(each, tickets)}")


def _screen() -> Live:
    from rich.console import Console
    from rich.live import Live

    return Live(console=Console(), auto_refresh=False, screen=True)


def _run_down(
    screen: Live, seen: _Seen, told: set[tuple[str, str]], until: float, trouble: str | None
) -> None:
    """The clocks as they run until the next look at the chain, drawn every second."""
    while True:
        readings = seen.readings()
        if _new(readings, told):
            screen.console.bell()
        screen.update(_table(readings, seen.tickets, trouble), refresh=True)
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(1.0, left))


def _new(readings: Sequence[Reading], told: set[tuple[str, str]]) -> list[Reading]:
    """Those near or beyond a breach that were not told of before."""
    alarming = [each for each in readings if each.alarm in ("late", "near")]
    new = [each for each in alarming if (each.agreement.id, each.alarm) not in told]
    told.update((each.agreement.id, each.alarm) for each in new)
    return new


def _table(readings: Sequence[Reading], tickets: Tickets, trouble: str | None) -> Table:
    from rich.table import Table

    table = Table(title=_title(readings), caption=trouble, pad_edge=False)
    table.title_justify = table.caption_justify = "left"
    for name in _NAMES:
        table.add_column(name, justify="right" if name in _TO_THE_RIGHT else "left")
    for each in readings:
        cells = (_short(output.readable(cell)) for cell in _cells(each, tickets))
        table.add_row(*cells, style=_COLOURS[each.alarm])
    return table


def _short(cell: str) -> str:
    """An id or an address in so many characters that a row fits the screen."""
    return f"{cell[:_SHORT]}…" if cell.startswith("0x") else cell


def _title(readings: Sequence[Reading]) -> str:
    counts = {name: sum(each.alarm == name for each in readings) for name in _COLOURS}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none open"


def _cells(each: Reading, tickets: Tickets) -> tuple[object, ...]:
    agreement = each.agreement
    hours, clocks = agreement.policy.terms.hours, agreement.clocks
    due = None if clocks is None else local(clocks.resolution_due, hours)
    return (
        *(agreement.id, tickets.get(agreement.id), each.alarm, agreement.priority),
        agreement.customer or agreement.client,
        *(_left(each.response_left), _left(each.resolution_left), due),
    )


def _left(length: timedelta | None) -> str | None:
    """What is left of a clock; an overrun has a minus."""
    if length is not None and length < timedelta(0):
        return f"-{clock(-length)}"
    return clock(length)


def _record(each: Reading, tickets: Tickets) -> dict[str, object]:
    return {
        "agreement": each.agreement.id,
        "ticket": tickets.get(each.agreement.id),
        "alarm": each.alarm,
        "priority": each.agreement.priority,
        "policy": each.agreement.policy.id,
        "client": each.agreement.client,
        "customer": each.agreement.customer,
        "at": each.at,
        "response_left": each.response_left,
        "resolution_left": each.resolution_left,
        "clocks": each.agreement.clocks,
    }


def _sentence(each: Reading, tickets: Tickets) -> str:
    agreement = each.agreement
    response = each.response_left is not None and each.response_left <= each.resolution_left
    what = "the first response to" if response else "the resolution of"
    who = f"{tickets.get(agreement.id, agreement.id)} ({agreement.priority})"
    if each.least < timedelta(0):
        return f"{what} {who} is late by {clock(-each.least)} of business hours"
    return f"{what} {who} is due within {clock(each.least)} of business hours"
