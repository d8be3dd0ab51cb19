"""``rapport court``: disputes that a court decides (ERC-792)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, AMOUNT, noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.cli.sla_dispute import exhibit
from rapport.units import money

if TYPE_CHECKING:
    from rapport.sla import Case

court = noun(
    "court", "Bring disputes about service levels to a court, appeal, carry out its rulings."
)

_UNAFFORDABLE = Decimal(10) ** 12  # coins: how courts word that there is nothing to pay for


@court.command()
@click.argument("agreement")
@click.argument("most", type=AMOUNT)
@writes
@pass_session
def bring(session: Session, agreement: str, most: Decimal, key: str | None, **how: Any) -> None:
    """Bring a disputed AGREEMENT to the court of its arbiter, for MOST at most. Anyone may.

    MOST is in the chain's own coin, for example ether; status says what the court asks for.
    """
    client = session.client(writes=not how["dry_run"])
    write(session, client.court.bring, agreement, most, idempotency_key=key, **how)


@court.command()
@click.argument("agreement")
@click.argument("most", type=AMOUNT)
@writes
@pass_session
def appeal(session: Session, agreement: str, most: Decimal, key: str | None, **how: Any) -> None:
    """Appeal the court's ruling of today about an AGREEMENT, for MOST at most. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.court.appeal, agreement, most, idempotency_key=key, **how)


@court.command()
@click.argument("agreement")
@writes
@pass_session
def execute(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Carry out a ruling that waits. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.court.execute, agreement, idempotency_key=key, **how)


@court.command()
@click.argument("agreement")
@click.argument("where", metavar="FILE|DIGEST|URI")
@writes
@pass_session
def evidence(session: Session, agreement: str, where: str, key: str | None, **how: Any) -> None:
    """Point the court to evidence about an AGREEMENT: a FILE by its SHA-256, or a URI.

    What stands on chain is read by anyone, for ever: put nothing personal into a URI.
    """
    client = session.client(writes=not how["dry_run"])
    verb = client.court.submit_evidence
    place = where.startswith("/ipfs/") or "://" in where
    about: dict[str, Any] = {"uri": where} if place else {"evidence": exhibit(where)}
    write(session, verb, agreement, idempotency_key=key, **about, **how)


@court.command()
@click.argument("agreement")
@writes
@pass_session
def collect(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Have the escrow give the arbiter what it owes it in an AGREEMENT's token. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.court.collect, agreement, idempotency_key=key, **how)


@court.command()
@click.argument("agreement")
@click.option("--to", type=ADDRESS, help="Where it goes; the keystore's account otherwise.")
@writes
@pass_session
def withdraw(session: Session, agreement: str, to: str | None, key: str | None, **how: Any) -> None:
    """Take what the arbiter owes you in an AGREEMENT's token, because you could not be paid."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.court.withdraw, agreement, to, idempotency_key=key, **how)


@court.command()
@click.argument("agreement")
@pass_session
def status(session: Session, agreement: str) -> None:
    """Show how the dispute of an AGREEMENT stands before the court, and what comes next."""
    found = session.client().court.status(agreement)
    if session.json:
        output.as_json(found)
        return
    output.fields(f"agreement {found.agreement}", _facts(found))


def _facts(found: Case) -> list[tuple[str, object]]:
    step = "to appeal" if found.dispute is not None else "to bring it"
    cost = found.cost
    return [
        ("stage", found.stage),
        ("arbiter", found.arbiter),
        ("court", found.court),
        ("dispute", found.dispute),
        ("the court", found.hearing),
        ("ruling", found.ruling),
        ("to the provider by it", None if found.provider is None else f"{found.provider} %"),
        (f"costs {step}", None if cost is None or cost > _UNAFFORDABLE else money(cost)),
        ("a round can begin until", found.until),
        ("appeals from", found.appeal_from),
        ("appeals until", found.appeal_until),
        ("shares of the provider", ", ".join(f"{each} %" for each in found.shares)),
    ]
