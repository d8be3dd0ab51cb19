"""``rapport sla desk``: tickets of help desks as agreements."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import imports, output
from rapport.cli.options import Noun, pass_session
from rapport.cli.session import Session, drain
from rapport.errors import InputError, NotFound, RapportError

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.desk import Forwarder, Intake, Ticket, Turn
    from rapport.ingest.tables import Row

_LOOK = 1.0  # seconds between looks at what is under way
_AFTER_TROUBLE = 15.0  # seconds until the next look after one that failed

verbs = Noun("desks")
"""Taken over into ``rapport sla``."""

desk = Noun("desk", help="Open, pause and deliver agreements as a help desk's tickets do.")
verbs.add_command(desk)

_MAPPING = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    default=Path("desks.toml"),
    show_default=True,
    help="What the desks' words mean, and what is promised.",
)


class NeedsAttention(RapportError):
    """Some tickets cannot go on, or went further than an agreement can."""


@desk.command()
@_MAPPING
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8090", show_default=True)
@pass_session
def receive(session: Session, mapping: Path, listen: str) -> None:
    """Listen for the desks' webhooks, at /NAME for each desk of the mapping, until stopped.

    Any number may run at once, and be killed at any time. Put a server that speaks TLS before it.
    What happens is told on stderr.
    """
    from rapport.desk import mapping as mappings
    from rapport.desk.receiver import endpoint

    endpoint(listen)
    desks = mappings.read(mapping)
    client = session.client(writes=True)
    intake, forwarder = client.help_desks(desks)
    client.outbox.start()
    arrived, over = threading.Event(), threading.Event()
    worker = threading.Thread(
        target=_forward,
        args=(client, intake, forwarder, arrived, over),
        name="rapport-desk",
    )
    worker.start()
    try:
        asyncio.run(_listen(intake, listen, arrived, ", ".join(f"/{each}" for each in desks)))
    finally:
        over.set()
        arrived.set()
        worker.join()
        intake.flush()


async def _listen(intake: Intake, listen: str, arrived: threading.Event, paths: str) -> None:
    from rapport.desk.receiver import serve

    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def ready(where: str) -> None:
        output.note(f"rapport: listening at {where} for {paths}")

    with _ended_by_signals(lambda: loop.call_soon_threadsafe(stop.set)):
        await serve(intake, listen, arrived.set, ready, stop)


@contextmanager
def _ended_by_signals(end: Callable[[], object]) -> Iterator[None]:
    """
    Has ``end`` called where the process is asked to stop.

    The loop's own ``add_signal_handler`` is missing on Windows; :func:`signal.signal` is not.
    """
    before = {
        each: signal.signal(each, lambda *_: end()) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _forward(
    client: Client,
    intake: Intake,
    forwarder: Forwarder,
    arrived: threading.Event,
    over: threading.Event,
) -> None:
    """Looks at the tickets until it is over; outlives whatever a look fails with."""
    told: str | None = None
    while not over.is_set():
        pause = _LOOK
        try:
            intake.flush()
            _tell(forwarder.turn())
            trouble = client.outbox.status().trouble
        except Exception as error:
            # The desks must be answered whatever happens here, and everything is on disk.
            trouble, pause = str(error), _AFTER_TROUBLE
        if trouble not in (None, told):
            output.note(f"rapport: {trouble}; trying again")
        told = trouble
        arrived.wait(pause)
        arrived.clear()


@desk.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_MAPPING
@click.option("--rejects", type=click.Path(path_type=Path), help="File for deliveries refused.")
@click.option("--timeout", type=click.FloatRange(min=0), default=600.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Check the file and its signatures; keep nothing.")
@pass_session
def import_(
    session: Session,
    file: Path,
    mapping: Path,
    rejects: Path | None,
    timeout: float,
    dry_run: bool,
) -> None:
    """Take in recorded deliveries from FILE.jsonl, and send what follows from them.

    A line is {"desk": "support", "headers": {...}, "body": "..."}, the body as it was sent. Lines
    may come in any order, and again: a delivery counts once. Exit code 1: a ticket needs attention.
    """
    from rapport.desk import mapping as mappings
    from rapport.ingest.rejects import Rejects, rejects_path
    from rapport.ingest.tables import open_table

    desks = mappings.read(mapping)
    table = open_table(file, shape="jsonl")
    client = session.client(writes=not dry_run)
    intake, forwarder = client.help_desks(desks)
    counts: Counter[str] = Counter()
    with Rejects(table, rejects or rejects_path(file)) as refused:
        for row in table.rows():
            try:
                counts[_take(intake, row, dry_run)] += 1
            except RapportError as error:
                if error.retryable:
                    raise
                refused.add(row, str(error))
    intake.flush()
    if not dry_run:
        counts.update(_settle(client, forwarder, timeout))
    told = {"deliveries": sum(counts[each] for each in _TAKEN) + refused.count, **counts}
    attention = _attention(session, () if dry_run else client.tickets.tickets())
    if attention is None or not session.json:
        imports.report(session, "deliveries", told, refused, dry_run=dry_run)
    if attention is not None:
        session.found |= {**told, "rejected": refused.count}
        raise attention


_TAKEN = ("accepted", "repeated", "ignored", "sound")


def _take(intake: Intake, row: Row, dry_run: bool) -> str:
    """What became of one line."""
    from rapport.desk import Delivery

    if row.fault:
        raise InputError(row.fault)
    name, headers, body = (row.values.get(each) for each in ("desk", "headers", "body"))
    if not (isinstance(name, str) and isinstance(body, str) and isinstance(headers, dict)):
        raise InputError("a line has a text desk, a text body, and headers")
    if not all(isinstance(each, str) for each in headers.values()):
        raise InputError("headers are texts")
    delivery = Delivery.of(headers, body.encode("utf-8", "surrogatepass"))
    if dry_run:
        intake.check(name, delivery)
        return "sound"
    return intake.take(name, delivery, None).value


def _settle(client: Client, forwarder: Forwarder, timeout: float) -> Counter[str]:
    """Sends until nothing is under way any more."""
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + timeout
    while True:
        turn = forwarder.turn()
        counts["sent"] += turn.sent
        _tell(turn)
        if not turn.under_way:
            return counts
        drain(client, max(0.0, deadline - time.monotonic()))


@desk.command()
@click.argument("ticket", required=False)
@pass_session
def status(session: Session, ticket: str | None) -> None:
    """Show every TICKET, or one, with its agreement, and how many requests came.

    Exit code 1: a ticket needs attention.
    """
    client = session.client()
    found = [each for each in client.tickets.tickets() if ticket in (None, each.number)]
    if ticket is not None and not found:
        raise NotFound(f"no desk has told of a ticket {ticket!r}")
    records = [_record(each) for each in found]
    counts = [
        {"desk": name or None, "requests": what, "count": count}
        for name, what, count in client.tickets.counts()
    ]
    session.found |= {"tickets": records, "requests": counts}
    if not session.json:
        names = ("desk", "ticket", "agreement", "sent", "concern")
        output.rows("tickets", names, [[each[name] for name in names] for each in records])
        if ticket is None:
            output.rows(
                "requests", ("desk", "requests", "count"), [tuple(c.values()) for c in counts]
            )
    attention = _attention(session, found)
    if attention is not None:
        raise attention
    if session.json:
        output.as_json(session.found)


def _record(ticket: Ticket) -> dict[str, Any]:
    return {
        "desk": ticket.desk,
        "ticket": ticket.number,
        "customer": ticket.customer,
        "agreement": ticket.agreement,
        "sent": [
            each.verb.value if each.end is not None else f"{each.verb} …" for each in ticket.steps
        ],
        "concern": ticket.concern,
    }


def _attention(session: Session, tickets: Sequence[Ticket]) -> NeedsAttention | None:
    """What a command ends with if a ticket needs attention."""
    lines = [f"{each.desk} {each.number}: {each.concern}" for each in tickets if each.concern]
    if not lines:
        return None
    session.found["attention"] = lines
    more = f"; {len(lines) - 1} more tickets need attention" if len(lines) > 1 else ""
    return NeedsAttention(f"{lines[0]}{more}")


def _tell(turn: Turn) -> None:
    for line in turn.told:
        output.note(f"rapport: {line}")
