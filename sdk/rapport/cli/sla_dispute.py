"""``rapport sla``: what the parties and the arbiter do when they disagree."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rapport.cli.options import AMOUNT, Noun, pass_session, writes
from rapport.cli.session import Session, write

if TYPE_CHECKING:
    from rapport.sla import Exhibit

verbs = Noun("disputes")
"""Taken over into ``rapport sla``."""

F = TypeVar("F", bound=Callable[..., Any])
_DIGITS = 64


def evidence_file(function: F) -> F:
    """The option that points to evidence."""
    return click.option(
        "--evidence", metavar="FILE|DIGEST", help="Only its SHA-256 goes on chain; keep the file."
    )(function)


def exhibit(text: str | None) -> Exhibit | None:
    """What names evidence: a digest in hexadecimal, or a file."""
    from rapport.sla.evidence import PREFIX

    if text is None:
        return None
    digits = text.removeprefix(PREFIX).removeprefix("0x")
    hexadecimal = all(each in "0123456789abcdefABCDEF" for each in digits)
    return text if hexadecimal and len(digits) == _DIGITS else Path(text)


@verbs.command()
@click.argument("agreement")
@evidence_file
@writes
@pass_session
def dispute(
    session: Session, agreement: str, evidence: str | None, key: str | None, **how: Any
) -> None:
    """Ask the arbiter about an AGREEMENT, as the client or, once it is delivered, the provider."""
    client = session.client(writes=not how["dry_run"])
    verb, found = client.sla.dispute, exhibit(evidence)
    write(session, verb, agreement, evidence=found, idempotency_key=key, **how)


@verbs.command()
@click.argument("agreement")
@click.argument("file", metavar="FILE|DIGEST")
@writes
@pass_session
def evidence(session: Session, agreement: str, file: str, key: str | None, **how: Any) -> None:
    """Point the arbiter of an AGREEMENT to a FILE; only its SHA-256 goes on chain."""
    client = session.client(writes=not how["dry_run"])
    verb = client.sla.submit_evidence
    write(session, verb, agreement, exhibit(file), idempotency_key=key, **how)


@verbs.group(cls=Noun)
def split() -> None:
    """Settle an agreement by what both parties agree on, without the arbiter."""


@split.command("propose")
@click.argument("agreement")
@click.argument("percent", type=AMOUNT)
@writes
@pass_session
def propose(
    session: Session, agreement: str, percent: Decimal, key: str | None, **how: Any
) -> None:
    """Propose to settle with PERCENT of what is at stake for the provider."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.propose_split, agreement, percent, idempotency_key=key, **how)


@split.command("accept")
@click.argument("agreement")
@click.argument("percent", type=AMOUNT, required=False)
@writes
@pass_session
def accept(
    session: Session, agreement: str, percent: Decimal | None, key: str | None, **how: Any
) -> None:
    """Settle an AGREEMENT as the other party has proposed: PERCENT, or what stands now."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.accept_split, agreement, percent, idempotency_key=key, **how)


@verbs.command()
@click.argument("agreement")
@click.argument("percent", type=AMOUNT)
@writes
@pass_session
def resolve(
    session: Session, agreement: str, percent: Decimal, key: str | None, **how: Any
) -> None:
    """Rule, as the arbiter: PERCENT for the provider of what the arbiter's fee leaves."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.resolve, agreement, percent, idempotency_key=key, **how)


@verbs.command()
@click.argument("agreement")
@writes
@pass_session
def expire(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Settle a dispute in which the arbiter was silent, by the default. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.expire, agreement, idempotency_key=key, **how)
