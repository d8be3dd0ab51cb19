"""``rapport tx``: what the outbox holds, and how to move it."""

from __future__ import annotations

import click

from rapport.cli import outcomes, output
from rapport.cli.options import ADDRESS, noun, pass_session
from rapport.cli.session import Session, drain
from rapport.outbox.records import Entry, State

tx = noun("tx", "See what waits to be sent, try again, cancel, send.")


@tx.command("list")
@click.option("--state", type=click.Choice([each.value for each in State]), help="Only these.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Those after this id.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@pass_session
def list_(session: Session, state: str | None, after: int, limit: int) -> None:
    """List what was submitted, oldest first."""
    found = session.outbox().list(State(state) if state else None, after, limit)
    if session.json:
        output.as_json({"intents": [_entry(session, each) for each in found]})
        return
    output.rows(
        "outbox",
        ("id", "state", "outcome", "verb", "key", "transaction"),
        [
            (
                each.id,
                each.state,
                None if each.outcome is None else each.outcome.status,
                each.kind,
                each.key,
                each.tx_hash,
            )
            for each in found
        ],
    )


@tx.command()
@click.argument("which", metavar="ID|KEY")
@pass_session
def show(session: Session, which: str) -> None:
    """Show all that is known of a submission, by id or idempotency key."""
    found = session.outbox().show(_which(which))
    record = _entry(session, found.entry) | {"payload": found.payload}
    attempts = () if found.tx is None else found.tx.attempts
    record["attempts"] = [
        {
            "hash": each.hash,
            "max_fee": each.max_fee,
            "priority_fee": each.priority_fee,
            "cancels": each.cancels,
            "created_at": each.created_at,
        }
        for each in attempts
    ]
    if session.json:
        output.as_json(record)
        return
    output.fields("submission", record.items())


@tx.command()
@click.argument("which", metavar="[ID|KEY]", required=False)
@click.option("--of", "former", type=ADDRESS, help="All that this former sender left open.")
@pass_session
def retry(session: Session, which: str | None, former: str | None) -> None:
    """Queue a submission again; send it with: rapport tx drain.

    One that failed or was cancelled. And, when the sender's key was revoked or lost, one of the
    former sender that has not been mined: it goes to the sender of today, unless a transaction of
    the former one may still carry it out.
    """
    if (which is None) == (former is None):
        raise click.UsageError("name one submission, or a former sender with --of")
    if which is not None:
        _changed(session, which, session.outbox().retry(_which(which)))
        return
    adopted = session.outbox().adopt(str(former))
    left = [{"key": key, "why": why} for key, why in adopted.left]
    if session.json:
        output.as_json({"former": former, "moved": adopted.moved, "left": left})
        return
    output.fields("taken over", [("former sender", former), ("queued", len(adopted.moved))])
    for _, why in adopted.left:
        output.note(f"rapport: {why}")


@tx.command()
@click.argument("which", metavar="ID|KEY")
@pass_session
def cancel(session: Session, which: str) -> None:
    """Cancel a submission before it takes effect; one under way is outbid by an empty one."""
    state = session.outbox().cancel(_which(which))
    _changed(session, which, state)


@tx.command("drain")
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds; until done otherwise.")
@pass_session
def drain_(session: Session, timeout: float | None) -> None:
    """Send what is open, and wait until all of it has come to its end."""
    client = session.client(writes=True)
    status = drain(client, timeout)
    client.follow_up()
    counts = {state.value: count for state, count in status.counts.items()}
    if session.json:
        output.as_json({"open": status.open, "counts": counts})
    else:
        output.fields("outbox", [("open", status.open), *counts.items()])


def _changed(session: Session, which: str, state: State) -> None:
    if session.json:
        output.as_json({"which": which, "state": state})
    else:
        output.fields("submission", [("which", which), ("state", state)])


def _which(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _entry(session: Session, entry: Entry) -> dict[str, object]:
    outcome = entry.outcome
    return {
        "id": entry.id,
        "key": entry.key,
        "verb": entry.kind,
        "state": entry.state.value,
        "nonce": entry.nonce,
        "transaction": entry.tx_hash,
        "block": entry.block_number,
        "outcome": None if outcome is None else outcome.status,
        "error": None if outcome is None or outcome.error is None else str(outcome.error),
        "result": None if outcome is None else outcomes.result(session, outcome),
        "created_at": entry.created_at,
    }
