"""``rapport plan``: what a merchant offers for regular payment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, AMOUNT, DURATION, noun, pass_session, writes
from rapport.cli.session import Session, confirm, write
from rapport.units import money, span

if TYPE_CHECKING:
    from rapport.subscriptions import Plan

plan = noun("plan", "Make, price and close the plans that customers subscribe to.")


@plan.command()
@click.argument("token", type=ADDRESS)
@click.argument("price", type=AMOUNT)
@click.option("--period", type=DURATION, required=True, help="Such as 30d; at least a day.")
@click.option("--trial", type=DURATION, default="0d", help="Free, once for each payer.")
@click.option("--grace", type=DURATION, help="To charge the next period in; 7d otherwise.")
@click.option("--cycles", type=click.IntRange(1), help="Paid off after so many charges.")
@click.option("--caller-fee", type=AMOUNT, default="0", help="Of it, to whoever charges.")
@writes
@pass_session
def create(
    session: Session,
    token: str,
    price: Decimal,
    period: timedelta,
    trial: timedelta,
    grace: timedelta | None,
    cycles: int | None,
    caller_fee: Decimal,
    key: str | None,
    **how: Any,
) -> None:
    """Make a plan that costs PRICE of a TOKEN a period; its merchant is the keystore's account.

    The same --idempotency-key again is the same plan. Merchant, token and times never change.
    """
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.plan.create,
        token,
        price,
        period,
        trial=trial,
        grace=grace,
        cycles=cycles,
        caller_fee=caller_fee,
        idempotency_key=key,
        **how,
    )


@plan.command()
@click.argument("number", metavar="PLAN", type=int)
@click.argument("amount", metavar="PRICE", type=AMOUNT)
@click.option("--caller-fee", type=AMOUNT, help="As it is otherwise.")
@writes
@pass_session
def price(
    session: Session,
    number: int,
    amount: Decimal,
    caller_fee: Decimal | None,
    key: str | None,
    **how: Any,
) -> None:
    """Set what a PLAN costs from the next charges on.

    A lower price reaches everybody. A higher one reaches those who have agreed to so much; the
    others are past due until they do (rapport subscription accept-price).
    """
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.plan.price,
        number,
        amount,
        caller_fee=caller_fee,
        idempotency_key=key,
        **how,
    )


@plan.command()
@click.argument("number", metavar="PLAN", type=int)
@click.option("--yes", is_flag=True, help="Do not ask: it is for good.")
@writes
@pass_session
def close(session: Session, number: int, yes: bool, key: str | None, **how: Any) -> None:
    """End a PLAN for good: nobody subscribes to it or is charged for it any more."""
    confirm(f"close plan {number} for good?", yes, how)
    client = session.client(writes=not how["dry_run"])
    write(session, client.plan.close, number, idempotency_key=key, **how)


@plan.command()
@click.argument("number", metavar="PLAN", type=int)
@pass_session
def show(session: Session, number: int) -> None:
    """Show a PLAN as it is now."""
    found = session.client().plan.show(number)
    if session.json:
        output.as_json(found)
    else:
        output.fields(f"plan {found.id}", facts(found))


@plan.command("list")
@click.option("--merchant", type=ADDRESS, help="Whose; the keystore's account otherwise.")
@pass_session
def list_(session: Session, merchant: str | None) -> None:
    """List a merchant's plans, the oldest first."""
    found = session.client().plan.list(merchant)
    if session.json:
        output.as_json({"plans": found})
        return
    output.rows(
        "plans",
        ("plan", "price", "token", "period", "trial", "grace", "charges", "closed"),
        [
            (p.id, money(p.price), p.token.symbol, p.period, p.trial, p.grace, p.cycles, p.closed)
            for p in found
        ],
    )


def facts(found: Plan) -> list[tuple[str, object]]:
    """A plan as people read it."""
    token = found.token
    return [
        ("price", f"{token.money(found.price)} for {span(found.period)}"),
        ("caller fee", token.money(found.caller_fee)),
        ("trial", found.trial),
        ("grace", found.grace),
        ("charges", "until cancelled" if found.cycles is None else found.cycles),
        ("closed", found.closed),
        ("merchant", found.merchant),
        ("token", found.token.address),
    ]
