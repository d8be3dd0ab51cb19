"""``rapport subscription``: what payers and merchants sign, and what is relayed for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import files, output, permits, requests
from rapport.cli.allowances import explained
from rapport.cli.options import ADDRESS, AMOUNT, Noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.errors import InputError

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.subscriptions import Coupon, SignedCoupon

verbs = Noun("requests")
"""Taken over into ``rapport subscription``."""

ACTIONS = ("cancel", "pause", "resume", "reactivate", "accept-price", "change-plan")


@verbs.group(cls=Noun)
def request() -> None:
    """Print what a payer signs: typed data for eth_signTypedData_v4. Carry it out: relay."""


@request.command("start")
@click.argument("number", metavar="PLAN", type=int)
@click.argument("payer", type=ADDRESS)
@click.option("--price-cap", type=AMOUNT, help="Agreed to; the present price otherwise.")
@click.option("--customer", help="Number or id of who earns the points.")
@click.option("--campaign", help="What brought the customer; its digest goes on chain.")
@click.option("--coupon", "coupon_file", type=click.Path(path_type=Path), help="From coupon.")
@click.option("--reference", help="The same again, for a customer, is the same subscription.")
@requests.deadline
@pass_session
def request_start(
    session: Session,
    number: int,
    payer: str,
    price_cap: Decimal | None,
    customer: str | None,
    campaign: str | None,
    coupon_file: Path | None,
    reference: str | None,
    deadline: datetime,
) -> None:
    """Print what a PAYER signs to subscribe to a PLAN."""
    client = session.client()
    terms = client.subscription.request(
        number,
        payer,
        deadline,
        price_cap=price_cap,
        customer=customer,
        campaign=campaign,
        coupon=coupon_in(client, coupon_file),
        reference=reference,
    )
    requests.show(terms, client.subscription.domain())


@request.command("permit")
@click.argument("number", metavar="PLAN", type=int)
@click.argument("payer", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@requests.deadline
@pass_session
def request_permit(
    session: Session, number: int, payer: str, amount: Decimal, deadline: datetime
) -> None:
    """Print the permit (ERC-2612) over AMOUNT that a PAYER of a PLAN signs, to approve nothing.

    The amount is for all charges to come: a year of a monthly plan is twelve prices.
    """
    client = session.client()
    token = client.plan.show(number).token.address
    asked = client.subscription.permit_request(token, payer, amount, deadline)
    output.as_json(asked.typed_data())


@request.command("decide")
@click.argument("subscription")
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--plan", "number", type=int, help="To change to.")
@click.option("--price-cap", type=AMOUNT, help="Agreed to; the present price otherwise.")
@click.option("--max-pay", type=AMOUNT, help="That a change may take now; its quote otherwise.")
@requests.deadline
@pass_session
def request_decide(
    session: Session,
    subscription: str,
    action: str,
    number: int | None,
    price_cap: Decimal | None,
    max_pay: Decimal | None,
    deadline: datetime,
) -> None:
    """Print what the payer signs to decide about a SUBSCRIPTION."""
    client = session.client()
    intent = client.subscription.instruction(
        subscription,
        action,
        deadline,
        plan=number,
        price_cap=price_cap,
        max_pay=max_pay,
    )
    requests.show(intent, client.subscription.domain())


@verbs.command()
@click.argument("file", type=click.Path(path_type=Path))
@requests.signature
@click.option("--coupon", "coupon_file", type=click.Path(path_type=Path), help="As in the terms.")
@permits.options
@writes
@pass_session
def relay(
    session: Session,
    file: Path,
    signature: bytes,
    coupon_file: Path | None,
    permit: permits.Given,
    key: str | None,
    **how: Any,
) -> None:
    """Carry out what FILE (from request) says, which the payer has signed. Anybody may."""
    from rapport.subscriptions import Instruction, Subscribe

    client = session.client(writes=not how["dry_run"])
    service = client.subscription
    intent = requests.read(
        file, service.domain(), Subscribe, Instruction, printed_by="subscription request"
    )
    if isinstance(intent, Instruction):
        if coupon_file or permit:
            raise InputError("--coupon and --permit belong to what starts a subscription")
        with explained(service, "subscription"):
            write(session, service.instruct, intent, signature, idempotency_key=key, **how)
        return
    assert isinstance(intent, Subscribe)
    token = client.plan.show(intent.plan_id).token.address
    agreed = permits.signed(service, token, permit, printed_by="subscription request permit")
    with explained(service, "subscription"):
        write(
            session,
            service.start_by_sig,
            intent,
            signature,
            coupon=coupon_in(client, coupon_file),
            permit=agreed,
            idempotency_key=key,
            **how,
        )


@verbs.command()
@click.argument("code")
@click.argument("percent", type=AMOUNT)
@click.option("--charges", type=click.IntRange(1), default=1, show_default=True)
@click.option("--plan", "number", type=int, help="The only one; all of the merchant's otherwise.")
@click.option("--payer", type=ADDRESS, help="The only one; anybody, once each, otherwise.")
@click.option("--max-uses", type=click.IntRange(1), help="By so many payers; no limit otherwise.")
@click.option("--merchant", type=ADDRESS, help="Who signs; the keystore's account otherwise.")
@click.option("--sign", is_flag=True, help="Sign it with the keystore.")
@click.option("--file", type=click.Path(path_type=Path), help="Write it here.")
@requests.deadline
@pass_session
def coupon(
    session: Session,
    code: str,
    percent: Decimal,
    charges: int,
    number: int | None,
    payer: str | None,
    max_uses: int | None,
    merchant: str | None,
    sign: bool,
    file: Path | None,
    deadline: datetime,
) -> None:
    """Make a coupon that takes PERCENT off the next charges; nothing is stored until it is used.

    Without --sign it is printed as typed data, for the merchant's wallet to sign; put the signature
    into the file's member "signature". Only the digest of CODE goes on chain.
    """
    client = session.client(writes=sign)
    made = client.subscription.coupon(
        code,
        percent,
        charges,
        deadline,
        plan=number,
        payer=payer,
        max_uses=max_uses,
        merchant=merchant,
    )
    record = _coupon(client, made, sign)
    if file is not None:
        files.create(file, files.indented(record))
        record = {"file": file, "id": record["id"], "signed": sign}
    if session.json or file is None:
        output.as_json(record)
    else:
        output.fields("coupon", record.items())


def coupon_in(client: Client, path: Path | None) -> SignedCoupon | None:
    """
    The signed coupon in a file.

    Raises:
        InputError: It is none, was not signed, or is for another chain or contract.
    """
    return None if path is None else client.subscription.read_coupon(files.text(path))


def _coupon(client: Client, made: Coupon, sign: bool) -> dict[str, Any]:
    domain = client.subscription.domain()
    signature = ""
    if sign:
        if client.signer is None or client.signer.address != made.merchant:
            raise InputError(f"--sign needs the keystore of the merchant, {made.merchant}")
        signature = "0x" + made.sign(domain, client.signer).hex()
    return {
        "id": "0x" + made.digest(domain).hex(),
        "coupon": made.typed_data(domain),
        "signature": signature,
    }
