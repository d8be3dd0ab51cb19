"""``rapport sla settle-due``: whatever anyone may settle, settled; for cron."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, Noun, pass_session
from rapport.cli.session import Session
from rapport.errors import ConfigError, InputError
from rapport.units import money

if TYPE_CHECKING:
    from rapport.services.streams import Streamed
    from rapport.sla import Settleable

verbs = Noun("settling")
"""Taken over into ``rapport sla``."""


@verbs.command("settle-due")
@click.option("--provider", type=ADDRESS, help="Whose policies; the keystore's account otherwise.")
@click.option("--everybody", is_flag=True, help="All policies.")
@click.option("--dry-run", is_flag=True, help="Say what would be settled; send nothing.")
@pass_session
def settle_due(session: Session, provider: str | None, everybody: bool, dry_run: bool) -> None:
    """Finalise, expire, reclaim and claim all that anyone may by now.

    Each by itself: one that fails stops no other. Any number may run at once, and be killed at any
    time: nothing is settled twice.
    """
    if everybody and provider is not None:
        raise InputError("--everybody and --provider exclude each other")
    client = session.client(writes=not dry_run)
    if client.sender is None and provider is None and not everybody:
        raise ConfigError("nobody to settle for: pass --keystore, --provider or --everybody")
    due = client.sla.due(provider=None if everybody else provider or client.sender)
    if dry_run:
        _show(session, [_record(each, "would") for each in due], dry_run=True)
        return
    with output.bar("settling", len(due)) as bar:
        stream = client.sla.settle_batch(due)
        stream.watch = bar.at
        _show(session, [_ended(each) for each in stream], dry_run=False)


def _record(each: Settleable, status: str, **more: Any) -> dict[str, Any]:
    return {
        "verb": each.verb,
        "agreement": each.agreement,
        "customer": each.customer,
        "since": each.since,
        "to_client": each.to_client,
        "token": each.token.symbol,
        "status": status,
        "reason": None,
        "transaction": None,
        **more,
    }


def _ended(each: Streamed[Settleable]) -> dict[str, Any]:
    reason = None if each.error is None else str(each.error)
    transaction = None if each.outcome is None else each.outcome.tx_hash
    return _record(each.item, each.status, reason=reason, transaction=transaction)


def _show(session: Session, records: list[dict[str, Any]], *, dry_run: bool) -> None:
    if session.json:
        output.as_json({"dry_run": dry_run, "settled": records})
        return
    if records:
        output.rows(
            "would be settled; nothing was sent" if dry_run else "settled",
            ("verb", "for", "since", "to the client", "token", "status", "reason"),
            [
                (
                    *(each["verb"], each["agreement"] or each["customer"], each["since"]),
                    *(money(each["to_client"]), each["token"], each["status"], each["reason"]),
                )
                for each in records
            ],
        )
    output.note(_summary(records, dry_run))


def _summary(records: Iterable[dict[str, Any]], dry_run: bool) -> str:
    statuses = [each["status"] for each in records]
    if dry_run:
        return f"{len(statuses):,} would be settled"
    refused = sum(each in ("refused", "invalid") for each in statuses)
    again = statuses.count("duplicate")
    return f"{statuses.count('done'):,} settled, {again:,} settled before, {refused:,} refused"
