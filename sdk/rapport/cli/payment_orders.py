"""``rapport payment``: making orders, and what payers sign."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import files, output, requests
from rapport.cli.options import ADDRESS, AMOUNT, MOMENT, Noun, pass_session
from rapport.cli.session import Session
from rapport.errors import InputError

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.invoices import Line
    from rapport.payments import PaymentOrder, Split
    from rapport.services.payments import Which

ORDER = "ORDER"
verbs = Noun("orders")
"""Taken over into ``rapport payment``."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@verbs.command()
@click.argument("number")
@click.argument("amount", type=AMOUNT)
@click.argument("token", type=ADDRESS)
@click.argument("payer", type=ADDRESS)
@click.option("--customer", help="Number or id of who earns the points.")
@click.option("--merchant", type=ADDRESS, help="The keystore's account otherwise.")
@click.option("--authorize", is_flag=True, help="To be held and captured later.")
@click.option("--pay-by", type=MOMENT, help="A day from now otherwise.")
@click.option("--capture-by", type=MOMENT, help="A week after --pay-by; implies --authorize.")
@click.option("--refund-until", type=MOMENT, help="180 days later otherwise.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    metavar="ADDRESS=PERCENT",
    help="A share for somebody else; up to four.",
)
@click.option(
    "--line", "lines", multiple=True, metavar="TEXT=AMOUNT", help="A line of the invoice."
)
@click.option("--file", type=click.Path(path_type=Path), help="payment-<number>.json otherwise.")
@click.option("--qr/--no-qr", default=None, help="Draw the link as a QR code.")
@pass_session
def create(
    session: Session,
    number: str,
    amount: Decimal,
    token: str,
    payer: str,
    splits: tuple[str, ...],
    lines: tuple[str, ...],
    file: Path | None,
    qr: bool | None,
    **terms: Any,
) -> None:
    """Make the order NUMBER: PAYER pays AMOUNT of TOKEN.

    Writes it to a file, which the payer's wallet signs as it is (eth_signTypedData_v4) or the payer
    pays. The same number again gives the same order. Nothing is sent.
    """
    client = session.client()
    order = client.payment.order(
        number,
        amount,
        token,
        payer,
        splits=[_split(each) for each in splits],
        lines=[_line(each) for each in lines],
        **terms,
    )
    path = file or Path(f"payment-{_UNSAFE.sub('-', number.strip())}.json")
    request = client.payment.request(order)
    _keep(path, files.indented(request))
    _show(session, client, number.strip(), order, path, qr)


@verbs.command()
@click.argument("order", metavar=ORDER)
@pass_session
def request(session: Session, order: str) -> None:
    """Print what the payer of an ORDER signs: typed data for eth_signTypedData_v4."""
    client = session.client()
    requests.show(client.payment.find(order_in(client, order)), client.payment.domain())


@verbs.command()
@click.argument("order", metavar=ORDER)
@click.option("--deadline", type=MOMENT, help="Valid until; as long as the order otherwise.")
@pass_session
def permit(session: Session, order: str, deadline: datetime | None) -> None:
    """Print the permit (ERC-2612) that the payer of an ORDER signs, to approve nothing before.

    Relay both: payment relay FILE --signature ... --permit FILE --permit-signature ...
    """
    client = session.client()
    found = client.payment.find(order_in(client, order))
    amount = client.payment.token(found.token).from_base(found.amount)
    asked = client.payment.permit_request(
        found.token, found.payer, amount, deadline or found.pay_by
    )
    output.as_json(asked.typed_data())


def order_in(client: Client, text: str) -> Which:
    """
    What an argument names: the order in a file that ends in ``.json``, or a number or id.

    Raises:
        InputError: The file is no order, or was altered.
        OtherDomain: It is for another chain or contract.
    """
    from rapport.payments import PaymentOrder

    if not text.lower().endswith(".json"):
        return text
    domain = client.payment.domain()
    return requests.read(Path(text), domain, PaymentOrder, printed_by="payment create")


def _keep(path: Path, content: str) -> None:
    """Writes an order's file; the very same file may be there."""
    if path.exists() and files.text(path) == content:
        return
    files.create(path, content)


def _show(
    session: Session,
    client: Client,
    number: str,
    order: PaymentOrder,
    path: Path,
    qr: bool | None,
) -> None:
    from rapport.payments import approval_uri

    domain = client.payment.domain()
    token = client.payment.token(order.token)
    uri = approval_uri(order, domain)
    record = {
        "id": client.payment.id_of(order),
        "number": number,
        "amount": token.from_base(order.amount),
        "token": token.symbol,
        "payer": order.payer,
        "merchant": order.merchant,
        "pay_by": order.pay_by,
        "capture_by": order.capture_by,
        "refund_until": order.refund_until,
        "file": path,
        "approve_uri": uri,
    }
    if session.json:
        output.as_json({**record, "request": order.typed_data(domain)})
        return
    output.fields("order", [(name, each) for name, each in record.items() if each is not None])
    output.note(
        "the link and its QR code let a wallet allow the amount, and no more: what pays is the "
        "file, signed (payment relay) or sent by its payer (payment pay); a plain transfer pays "
        "no order"
    )
    if qr or (qr is None and sys.stdout.isatty()):
        _draw(uri, asked=bool(qr))


def _draw(text: str, *, asked: bool) -> None:
    """
    A QR code on stdout.

    Raises:
        InputError: It was asked for, and what draws it is not installed.
    """
    try:
        import segno
    except ImportError:
        if asked:
            raise InputError("QR codes need the package segno: pip install 'rapport[qr]'") from None
        return
    segno.make(text, error="m").terminal(out=sys.stdout, compact=True)


def _split(text: str) -> Split:
    from rapport.payments import Split

    recipient, sign, percent = text.partition("=")
    if not sign:
        raise InputError(f"a split is written ADDRESS=PERCENT, as in 0x…=2.5; met {text!r}")
    return Split.percent(recipient.strip(), percent.strip())


def _line(text: str) -> Line:
    from rapport.invoices import Line

    words, sign, amount = text.rpartition("=")
    if not sign or not words.strip():
        raise InputError(f"a line is written TEXT=AMOUNT, as in Beans=14.50; met {text!r}")
    return Line(words.strip(), AMOUNT.convert(amount.strip(), None, None))
