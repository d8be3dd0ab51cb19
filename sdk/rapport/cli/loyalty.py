"""``rapport loyalty``: points of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, MOMENT, POINTS, noun, pass_session, writes
from rapport.cli.session import Session, write

loyalty = noun("loyalty", "Award points, redeem them, and see what customers have.")


@loyalty.command()
@click.argument("customer")
@click.argument("points", type=POINTS)
@click.option("--available-at", type=MOMENT, help="Pending until then.")
@writes
@pass_session
def award(
    session: Session,
    customer: str,
    points: int,
    available_at: datetime | None,
    key: str | None,
    **how: Any,
) -> None:
    """Award POINTS to a CUSTOMER."""
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.loyalty.award,
        customer,
        points,
        available_at=available_at,
        idempotency_key=key,
        **how,
    )


@loyalty.command()
@click.argument("customer")
@click.argument("award")
@writes
@pass_session
def settle(session: Session, customer: str, award: str, key: str | None, **how: Any) -> None:
    """Make a CUSTOMER's pending AWARD (its key or reference) available, once due."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.settle, customer, award, idempotency_key=key, **how)


@loyalty.command()
@click.argument("customer")
@click.argument("award")
@click.argument("total", type=POINTS)
@writes
@pass_session
def reverse(
    session: Session, customer: str, award: str, total: int, key: str | None, **how: Any
) -> None:
    """Take back TOTAL points of a CUSTOMER's AWARD in all."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.reverse, customer, award, total, idempotency_key=key, **how)


@loyalty.command()
@click.argument("customer")
@click.argument("points", type=POINTS)
@writes
@pass_session
def redeem(session: Session, customer: str, points: int, key: str | None, **how: Any) -> None:
    """Spend POINTS for a CUSTOMER without a wallet, the oldest first."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.redeem, customer, points, idempotency_key=key, **how)


@loyalty.command()
@click.argument("customer")
@click.argument("redemption")
@click.argument("total", type=POINTS)
@click.option("--by-wallet", is_flag=True, help="The customer's wallet made the redemption.")
@writes
@pass_session
def refund(
    session: Session,
    customer: str,
    redemption: str,
    total: int,
    by_wallet: bool,
    key: str | None,
    **how: Any,
) -> None:
    """Give back TOTAL points of a CUSTOMER's REDEMPTION in all."""
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.loyalty.refund,
        customer,
        redemption,
        total,
        by_wallet=by_wallet,
        idempotency_key=key,
        **how,
    )


@loyalty.command()
@click.argument("customer")
@pass_session
def balance(session: Session, customer: str) -> None:
    """Show what a CUSTOMER can spend now, and owes."""
    found = session.client().loyalty.balance(customer)
    if session.json:
        output.as_json(found)
    else:
        output.fields("balance", [("points", found.points), ("debt", found.debt)])


@loyalty.command()
@click.argument("customer")
@pass_session
def expiring(session: Session, customer: str) -> None:
    """Show a CUSTOMER's points by when they are lost."""
    found = session.client().loyalty.expiring(customer)
    if session.json:
        output.as_json({"customer": customer, "expiring": found})
    else:
        output.rows("expiring", ("points", "lost at"), [(e.points, e.expires_at) for e in found])


@loyalty.command()
@click.argument("customer")
@pass_session
def tier(session: Session, customer: str) -> None:
    """Show a CUSTOMER's tier and the points behind it."""
    found = session.client().loyalty.tier(customer)
    if session.json:
        output.as_json(found)
    else:
        output.fields("tier", output.plain(found).items())


@loyalty.command()
@pass_session
def liability(session: Session) -> None:
    """Show points of all customers, in all and by when they expire."""
    found = session.client().loyalty.liability()
    if session.json:
        output.as_json(found)
    else:
        output.rows(
            f"{found.points:,} points can be spent now",
            ("points", "lost at"),
            [(each.points, each.expires_at) for each in found.expiring],
        )


@loyalty.command()
@click.argument("customer")
@click.argument("key")
@pass_session
def entry(session: Session, customer: str, key: str) -> None:
    """Show the award or redemption of a CUSTOMER under an idempotency KEY or 0x reference."""
    found = session.client().loyalty.entry(customer, key)
    if session.json:
        output.as_json(found)
    else:
        output.fields("entry", output.plain(found).items())


@loyalty.command("tiers")
@click.argument("thresholds", type=POINTS, nargs=-1, required=True)
@writes
@pass_session
def tiers(session: Session, thresholds: tuple[int, ...], key: str | None, **how: Any) -> None:
    """Set from how many points a year each tier begins: THRESHOLDS, growing."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.set_tiers, thresholds, idempotency_key=key, **how)


@loyalty.command("issuer-cap")
@click.argument("issuer", type=ADDRESS)
@click.argument("points-a-day", type=click.IntRange(min=0))
@writes
@pass_session
def issuer_cap(
    session: Session, issuer: str, points_a_day: int, key: str | None, **how: Any
) -> None:
    """Set how many POINTS_A_DAY an ISSUER may move."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.set_issuer_cap, issuer, points_a_day, idempotency_key=key, **how)


@loyalty.command()
@writes
@pass_session
def pause(session: Session, key: str | None, **how: Any) -> None:
    """Stop issuers and campaigns; customers redeem as before."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.pause, idempotency_key=key, **how)


@loyalty.command()
@writes
@pass_session
def unpause(session: Session, key: str | None, **how: Any) -> None:
    """Let issuers and campaigns go on."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.loyalty.unpause, idempotency_key=key, **how)
