"""``rapport payment``: what became of orders, and invoices about them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli import files, output
from rapport.cli.options import ADDRESS, Noun, pass_session
from rapport.cli.payment_orders import ORDER, order_in
from rapport.cli.session import Session
from rapport.units import money

if TYPE_CHECKING:
    from rapport.invoices import Invoice
    from rapport.payments import Payment

verbs = Noun("views")
"""Taken over into ``rapport payment``."""

STATES = ("unpaid", "authorized", "paid", "released")


@verbs.command()
@click.argument("order", metavar=ORDER)
@pass_session
def show(session: Session, order: str) -> None:
    """Show what an ORDER says and what became of it, from the chain's logs."""
    client = session.client()
    found = client.payment.show(order_in(client, order))
    if session.json:
        output.as_json(found)
        return
    output.fields(f"payment {found.number or found.id}", _facts(found))
    if found.shares:
        output.rows(
            "shares",
            ("recipient", "percent", "amount"),
            [(each.recipient, each.percent, _short(each.amount)) for each in found.shares],
        )
    if found.steps:
        output.rows(
            "history",
            ("at", "what", "amount", "reason", "transaction"),
            [(s.at, s.what, _short(s.amount), s.reason, s.transaction) for s in found.steps],
        )


@verbs.command("list")
@click.option("--merchant", type=ADDRESS, help="To whom; the keystore's account otherwise.")
@click.option("--payer", type=ADDRESS, help="By whom.")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@pass_session
def list_(session: Session, merchant: str | None, payer: str | None, state: str | None) -> None:
    """List payments to a merchant or by a payer: the unpaid first, then the oldest first."""
    from rapport.payments import PaymentState

    wanted = None if state is None else PaymentState(state)
    found = session.client().payment.list(merchant=merchant, payer=payer, state=wanted)
    if session.json:
        output.as_json({"payments": found})
        return
    output.rows(
        "payments",
        ("order", "state", "amount", "captured", "refunded", "token", "payer", "pay by"),
        _cells(found),
    )


@verbs.command()
@click.argument("order", metavar=ORDER)
@click.option("--html", type=click.Path(path_type=Path), help="Write it as a page to print.")
@pass_session
def invoice(session: Session, order: str, html: Path | None) -> None:
    """Show the invoice about a paid ORDER; --json gives all of it, --html a page.

    The seller's details are those of [merchant] in rapport.toml.
    """
    client = session.client()
    show_invoice(session, client.payment.invoice(order_in(client, order)), html)


@verbs.command()
@click.argument("token", type=ADDRESS)
@click.argument("account", type=ADDRESS, required=False)
@pass_session
def owed(session: Session, token: str, account: str | None) -> None:
    """Show what an ACCOUNT is owed in a TOKEN because it could not be paid."""
    client = session.client()
    amount = client.payment.owed(token, account)
    record = {
        "account": account or client.sender,
        "token": client.payment.token(token).symbol,
        "owed": amount,
    }
    if session.json:
        output.as_json(record)
    else:
        output.fields("owed", record.items())


def show_invoice(session: Session, found: Invoice, html: Path | None) -> None:
    """
    An invoice, written as a page as well if a file is named.

    Raises:
        InputError: The file cannot be written.
    """
    from rapport.invoices import write_html, write_json

    if html is not None:
        files.replace(html, write_html(found))
    if session.json:
        written = {} if html is None else {"file": html}
        output.as_json({**json.loads(write_json(found)), **written})
        return
    output.fields(
        "invoice",
        [
            ("number", found.number),
            ("date", found.issued_at.date()),
            ("status", found.status),
            ("order", found.reference),
            ("seller", None if found.seller is None else found.seller.name),
            ("payer", found.payer),
            ("total", f"{money(found.total)} {found.currency}"),
            ("refunded", f"{money(found.refunded)} {found.currency}"),
            ("net", f"{money(found.net)} {found.currency}"),
            ("file", html),
        ],
    )
    if found.seller is None:
        output.note(
            "no seller is named: write [merchant] with name, address, tax_id in rapport.toml"
        )


def _facts(found: Payment) -> list[tuple[str, object]]:
    token = found.token
    return [
        ("id", found.id),
        ("state", found.state),
        ("amount", token.money(found.amount)),
        ("captured", token.money(found.captured)),
        ("refunded", token.money(found.refunded)),
        ("token", token.address),
        ("merchant", found.merchant),
        ("payer", found.payer),
        ("customer", found.customer),
        ("pay by", found.pay_by),
        ("capture by", found.capture_by),
        ("refund until", found.refund_until),
    ]


def _short(amount: Decimal | None) -> Decimal | None:
    """The same amount without idle zeros."""
    return None if amount is None else Decimal(money(amount).replace(",", ""))


def _cells(found: Iterable[Payment]) -> list[tuple[object, ...]]:
    return [
        (
            each.number or each.id,
            each.state,
            _short(each.amount),
            _short(each.captured),
            _short(each.refunded),
            each.token.symbol,
            each.payer,
            each.pay_by,
        )
        for each in found
    ]
