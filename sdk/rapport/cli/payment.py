"""``rapport payment``: orders that a customer pays once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import payment_orders, payment_views, permits, requests
from rapport.cli.allowances import explained
from rapport.cli.options import ADDRESS, AMOUNT, noun, pass_session, writes
from rapport.cli.payment_orders import ORDER, order_in
from rapport.cli.session import Session, write

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.payments import PaymentOrder
    from rapport.services.payments import Which

payment = noun("payment", "Make orders, have them paid or held, capture, give back, invoice.")

for group in (payment_orders.verbs, payment_views.verbs):
    for each in group.commands.values():
        payment.add_command(each)


@payment.command()
@click.argument("order", metavar=ORDER)
@click.option("--approve", is_flag=True, help="Allow the amount at once, by a permit.")
@writes
@pass_session
def pay(session: Session, order: str, approve: bool, key: str | None, **how: Any) -> None:
    """Pay an ORDER; the keystore must be its payer's.

    ORDER is the file from payment create, the shop's number, or the id. The amount is allowed
    before (payment approve), or at once with --approve where the token takes permits (ERC-2612).
    """
    _settle(session, order, approve, key, how, held=False)


@payment.command()
@click.argument("order", metavar=ORDER)
@click.option("--approve", is_flag=True, help="Allow the amount at once, by a permit.")
@writes
@pass_session
def authorize(session: Session, order: str, approve: bool, key: str | None, **how: Any) -> None:
    """Have an ORDER's amount held until it is captured; the keystore must be its payer's."""
    _settle(session, order, approve, key, how, held=True)


@payment.command()
@click.argument("file", type=click.Path(path_type=Path))
@requests.signature
@permits.options
@writes
@pass_session
def relay(
    session: Session,
    file: Path,
    signature: bytes,
    permit: permits.Given,
    key: str | None,
    **how: Any,
) -> None:
    """Carry out the order in FILE (from payment create), which its payer has signed.

    Anybody may, and pays the gas. With --permit and --permit-signature (from payment permit)
    nothing has to be approved before.
    """
    from rapport.payments import PaymentOrder

    client = session.client(writes=not how["dry_run"])
    order = requests.read(file, client.payment.domain(), PaymentOrder, printed_by="payment create")
    agreed = permits.signed(client.payment, order.token, permit, printed_by="payment permit")
    verb = client.payment.authorize_by_sig if order.held else client.payment.pay_by_sig
    with explained(client.payment, "payment", _asked(client, order)[1]):
        write(session, verb, order, signature, permit=agreed, idempotency_key=key, **how)


@payment.command()
@click.argument("token", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@writes
@pass_session
def approve(session: Session, token: str, amount: Decimal, key: str | None, **how: Any) -> None:
    """Let Payments take up to AMOUNT of a TOKEN from the keystore's account, in all.

    For payers before they pay, and for merchants before they refund.
    """
    client = session.client(writes=not how["dry_run"])
    write(session, client.payment.approve, token, amount, idempotency_key=key, **how)


@payment.command()
@click.argument("order", metavar=ORDER)
@click.argument("amount", type=AMOUNT, required=False)
@writes
@pass_session
def capture(
    session: Session, order: str, amount: Decimal | None, key: str | None, **how: Any
) -> None:
    """Have an authorised ORDER paid out, all of it or AMOUNT; the rest goes back. That is final."""
    client = session.client(writes=not how["dry_run"])
    which = order_in(client, order)
    write(session, client.payment.capture, which, amount, idempotency_key=key, **how)


@payment.command()
@click.argument("order", metavar=ORDER)
@writes
@pass_session
def void(session: Session, order: str, key: str | None, **how: Any) -> None:
    """Give an authorised ORDER up, as its merchant; all goes back to the payer."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.payment.void, order_in(client, order), idempotency_key=key, **how)


@payment.command()
@click.argument("order", metavar=ORDER)
@writes
@pass_session
def reclaim(session: Session, order: str, key: str | None, **how: Any) -> None:
    """Send an ORDER's amount back that was not captured in time. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.payment.reclaim, order_in(client, order), idempotency_key=key, **how)


@payment.command()
@click.argument("order", metavar=ORDER)
@click.argument("total", type=AMOUNT)
@writes
@pass_session
def refund(session: Session, order: str, total: Decimal, key: str | None, **how: Any) -> None:
    """Give money of an ORDER back until it is TOTAL in all, as its merchant.

    The same TOTAL again gives nothing more. The amount is allowed before: payment approve.
    """
    client = session.client(writes=not how["dry_run"])
    which = order_in(client, order)
    with explained(client.payment, "payment"):
        write(session, client.payment.refund, which, total, idempotency_key=key, **how)


@payment.command()
@click.argument("token", type=ADDRESS)
@click.option("--to", type=ADDRESS, help="The keystore's account otherwise.")
@writes
@pass_session
def withdraw(session: Session, token: str, to: str | None, key: str | None, **how: Any) -> None:
    """Take all that the keystore's account is owed in a TOKEN because it could not be paid."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.payment.withdraw, token, to, idempotency_key=key, **how)


def _settle(
    session: Session, text: str, approve: bool, key: str | None, how: dict[str, Any], *, held: bool
) -> None:
    """Has the payer pay an order, or have its amount held; says what it lacks."""
    client = session.client(writes=not how["dry_run"] or approve)
    which, service = order_in(client, text), client.payment
    order, amount = _asked(client, which)
    permit = None
    if approve:
        permit = permits.own(
            client, service, order.token, amount, owner=order.payer, deadline=order.pay_by
        )
    verb = service.authorize if held else service.pay
    with explained(service, "payment", amount):
        write(session, verb, which, permit=permit, idempotency_key=key, **how)


def _asked(client: Client, which: Which) -> tuple[PaymentOrder, Decimal]:
    """An order, and its amount in whole units."""
    order = client.payment.find(which)
    return order, client.payment.token(order.token).from_base(order.amount)
