"""``rapport customer``: the wallet that is a customer's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import requests
from rapport.cli.options import ADDRESS, SIGNATURE, Noun, pass_session, writes
from rapport.cli.session import Session, write

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.intents import LinkWallet

verbs = Noun("wallets")
"""Taken over into ``rapport customer``."""


@verbs.command("link-request")
@click.argument("customer")
@click.argument("wallet", type=ADDRESS)
@requests.deadline
@pass_session
def link_request(session: Session, customer: str, wallet: str, deadline: datetime) -> None:
    """Print what WALLET signs to become the CUSTOMER's: typed data for eth_signTypedData_v4."""
    client = session.client()
    intent = client.customer.link_request(customer, wallet, deadline)
    requests.show(intent, client.customer.domain())


@verbs.command()
@click.argument("customer")
@click.argument("request", type=click.Path(path_type=Path))
@requests.signature
@writes
@pass_session
def link(
    session: Session, customer: str, request: Path, signature: bytes, key: str | None, **how: Any
) -> None:
    """Link the CUSTOMER's first wallet, which has signed REQUEST (from link-request)."""
    client = session.client(writes=not how["dry_run"])
    intent = _asked(client, customer, request)
    write(session, client.customer.link, intent, signature, idempotency_key=key, **how)


@verbs.command()
@click.argument("customer")
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--signature", type=SIGNATURE, required=True, help="Of the new wallet.")
@click.option("--current-signature", type=SIGNATURE, required=True, help="Of the present wallet.")
@writes
@pass_session
def rotate(
    session: Session,
    customer: str,
    request: Path,
    signature: bytes,
    current_signature: bytes,
    key: str | None,
    **how: Any,
) -> None:
    """Replace the CUSTOMER's wallet; the new and the present one have signed REQUEST."""
    client = session.client(writes=not how["dry_run"])
    intent = _asked(client, customer, request)
    write(
        session,
        client.customer.rotate,
        intent,
        signature,
        current_signature,
        idempotency_key=key,
        **how,
    )


def _asked(client: Client, customer: str, path: Path) -> LinkWallet:
    """What wallets have signed to be linked to this customer."""
    from rapport.intents import LinkWallet

    domain = client.customer.domain()
    intent = requests.read(path, domain, LinkWallet, printed_by="customer link-request")
    requests.require_customer(client, customer, intent.customer_id, path)
    return intent


@verbs.command()
@click.argument("customer")
@writes
@pass_session
def unlink(session: Session, customer: str, key: str | None, **how: Any) -> None:
    """Unlink the CUSTOMER's wallet; the keystore must be that wallet's."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.unlink, customer, idempotency_key=key, **how)


@verbs.group(cls=Noun)
def recover() -> None:
    """Replace a lost wallet: requested, after a delay completed, unless the old one objects."""


@recover.command("request")
@click.argument("customer")
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--signature", type=SIGNATURE, required=True, help="Of the new wallet.")
@writes
@pass_session
def recover_request(
    session: Session, customer: str, request: Path, signature: bytes, key: str | None, **how: Any
) -> None:
    """Propose the wallet that has signed REQUEST (from link-request) for the CUSTOMER."""
    client = session.client(writes=not how["dry_run"])
    intent = _asked(client, customer, request)
    write(session, client.customer.request_recovery, intent, signature, idempotency_key=key, **how)


@recover.command("veto")
@click.argument("customer")
@writes
@pass_session
def recover_veto(session: Session, customer: str, key: str | None, **how: Any) -> None:
    """Stop the CUSTOMER's recovery, as the present wallet or as who may recover."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.veto_recovery, customer, idempotency_key=key, **how)


@recover.command("complete")
@click.argument("customer")
@writes
@pass_session
def recover_complete(session: Session, customer: str, key: str | None, **how: Any) -> None:
    """Complete the CUSTOMER's recovery, once its delay is over. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.complete_recovery, customer, idempotency_key=key, **how)
