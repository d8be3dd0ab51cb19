"""``rapport customer``: the wallet that is a customer's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, MOMENT, SIGNATURE, Noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.errors import InputError
from rapport.intents import LinkWallet

verbs = Noun("wallets")
"""Taken over into ``rapport customer``."""

_WEEK = timedelta(days=7)


def next_week() -> datetime:
    """Until when a request is valid, if nobody says otherwise."""
    return (datetime.now(UTC) + _WEEK).replace(microsecond=0)


@verbs.command("link-request")
@click.argument("customer")
@click.argument("wallet", type=ADDRESS)
@click.option("--deadline", type=MOMENT, help="Valid until; a week from now otherwise.")
@pass_session
def link_request(session: Session, customer: str, wallet: str, deadline: datetime | None) -> None:
    """Print what WALLET signs to become the CUSTOMER's: typed data for eth_signTypedData_v4."""
    client = session.client()
    until = deadline or next_week()
    intent = client.customer.link_request(customer, wallet, until)
    output.as_json(intent.typed_data(client.customer.domain()))


@verbs.command()
@click.argument("customer")
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--signature", type=SIGNATURE, required=True, help="Of the wallet.")
@writes
@pass_session
def link(
    session: Session, customer: str, request: Path, signature: bytes, key: str | None, **how: Any
) -> None:
    """Link the CUSTOMER's first wallet, which has signed REQUEST (from link-request)."""
    client = session.client(writes=not how["dry_run"])
    intent = _link_wallet(client, customer, request)
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
    intent = _link_wallet(client, customer, request)
    write(
        session,
        client.customer.rotate,
        intent,
        signature,
        current_signature,
        idempotency_key=key,
        **how,
    )


def _link_wallet(client: Any, customer: str, path: Path) -> LinkWallet:
    """The intent behind a request file, which must be for this customer and this chain."""
    try:
        request = json.loads(path.read_text("utf-8"))
        message, domain = request["message"], request["domain"]
        intent = LinkWallet(
            bytes.fromhex(str(message["customerId"]).removeprefix("0x")),
            str(message["wallet"]),
            int(message["seq"]),
            datetime.fromtimestamp(int(message["deadline"]), UTC),
        )
        chain_id = int(domain["chainId"])
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(f"{path} is not a request of: rapport customer link-request") from error
    asked = client.directory.find(customer)
    if asked.id != intent.customer_id:
        raise InputError(f"{path} is a request for another customer than {customer!r}")
    if chain_id != client.chain.chain_id:
        raise InputError(f"{path} is a request for chain {chain_id}")
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
    intent = _link_wallet(client, customer, request)
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
