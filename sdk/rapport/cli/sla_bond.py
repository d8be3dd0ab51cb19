"""``rapport sla bond``: the money behind a provider's promises."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

from rapport.cli import output, permits
from rapport.cli.allowances import explained
from rapport.cli.options import ADDRESS, AMOUNT, Noun, pass_session, writes
from rapport.cli.session import Session, write

verbs = Noun("bonds")
"""Taken over into ``rapport sla``."""


@verbs.group(cls=Noun)
def bond() -> None:
    """Deposit, withdraw and show the money behind the keystore's promises."""


@bond.command()
@click.argument("token", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@click.option("--approve", is_flag=True, help="Allow the amount at once, by a permit.")
@writes
@pass_session
def deposit(
    session: Session, token: str, amount: Decimal, approve: bool, key: str | None, **how: Any
) -> None:
    """Add AMOUNT of a TOKEN to the bond; every time it is called, but for --idempotency-key."""
    client = session.client(writes=not how["dry_run"] or approve)
    permit = None
    if approve:
        permit = permits.own(client, client.sla, token, amount)
    with explained(client.sla, "sla", amount):
        verb = client.sla.bond_deposit
        write(session, verb, token, amount, permit=permit, idempotency_key=key, **how)


@bond.command()
@click.argument("token", type=ADDRESS)
@click.option("--to", type=ADDRESS, help="The keystore's account otherwise.")
@writes
@pass_session
def withdraw(session: Session, token: str, to: str | None, key: str | None, **how: Any) -> None:
    """Take all that is free of the bond in a TOKEN, and what could not be paid before."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.bond_withdraw, token, to, idempotency_key=key, **how)


@bond.command()
@click.argument("token", type=ADDRESS)
@click.argument("provider", type=ADDRESS, required=False)
@pass_session
def show(session: Session, token: str, provider: str | None) -> None:
    """Show the bond of a PROVIDER in a TOKEN: what is free, and what open agreements reserve."""
    found = session.client().sla.bond(token, provider)
    if session.json:
        output.as_json(found)
        return
    amount = found.token.money
    output.fields(
        "bond",
        [
            ("provider", found.provider),
            ("token", found.token.address),
            ("free", amount(found.free)),
            ("reserved", amount(found.reserved)),
            ("agreements", found.agreements),
        ],
    )
