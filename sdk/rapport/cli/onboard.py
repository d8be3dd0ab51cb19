"""``rapport customer``: who joins by a signature, and what a wallet signs afterwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rapport.cli import requests
from rapport.cli.options import ADDRESS, SIGNATURE, Noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.errors import InputError

verbs = Noun("onboarding")
"""Taken over into ``rapport customer``."""


@verbs.command()
@click.argument("customer", required=False)
@click.argument("wallet", type=ADDRESS, required=False)
@click.option("--grant", "granted", multiple=True, metavar="PURPOSE", help="What is allowed.")
@click.option("--refuse", "refused", multiple=True, metavar="PURPOSE", help="What is not.")
@click.option("--welcome", type=int, help="Welcome points; what the programme offers otherwise.")
@requests.deadline
@requests.notice
@click.option("--request", "file", type=click.Path(path_type=Path), help="As printed before.")
@click.option("--signature", type=SIGNATURE, help="Of the wallet, over that request.")
@writes
@pass_session
def onboard(
    session: Session,
    customer: str | None,
    wallet: str | None,
    granted: tuple[str, ...],
    refused: tuple[str, ...],
    welcome: int | None,
    deadline: datetime,
    notice_file: Path | None,
    file: Path | None,
    signature: bytes | None,
    key: str | None,
    **how: Any,
) -> None:
    """Print what WALLET signs to join as CUSTOMER; with --request and --signature, carry it out.

    One signature links the wallet, gives the first consents and collects the welcome points.
    """
    from rapport.intents import Onboard

    if (file is None) != (signature is None):
        raise InputError("--request and --signature go together: the request as it was signed")
    if file is not None and signature is not None:
        client = session.client(writes=not how["dry_run"])
        domain = client.onboarding.domain()
        asked = requests.read(file, domain, Onboard, printed_by="customer onboard")
        if customer is not None:
            requests.require_customer(client, customer, asked.customer_id, file)
        write(session, client.onboarding.onboard, asked, signature, idempotency_key=key, **how)
        return
    if customer is None or wallet is None:
        raise InputError("name CUSTOMER and WALLET to print what the wallet signs")
    client = session.client()
    asked = client.onboarding.request(
        customer,
        wallet,
        granted,
        refused,
        deadline,
        notice=requests.opened(notice_file),
        welcome=welcome,
    )
    requests.show(asked, client.onboarding.domain())


@verbs.command()
@writes
@pass_session
def join(session: Session, key: str | None, **how: Any) -> None:
    """Enrol the keystore's own wallet as a new customer, where the programme is open."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.join, idempotency_key=key, **how)


@verbs.command("request")
@click.argument("kind", type=click.Choice(["unlink", "veto", "erase"]))
@click.argument("customer")
@requests.deadline
@pass_session
def request(session: Session, kind: str, customer: str, deadline: datetime) -> None:
    """Print what the CUSTOMER's wallet signs: typed data for eth_signTypedData_v4.

    To be unlinked, to veto a recovery, or to be erased for ever.
    """
    client = session.client()
    verbs = client.customer
    asked = {"unlink": verbs.unlink_request, "veto": verbs.veto_request}.get(kind)
    intent = verbs.erase_request(customer, deadline) if asked is None else asked(customer, deadline)
    requests.show(intent, verbs.domain())


@verbs.command()
@click.argument("file", type=click.Path(path_type=Path))
@requests.signature
@writes
@pass_session
def relay(session: Session, file: Path, signature: bytes, key: str | None, **how: Any) -> None:
    """Carry out the request in FILE (from customer request), which the wallet has signed."""
    from rapport.intents import Erase, UnlinkWallet, VetoRecovery

    verbs = session.client(writes=not how["dry_run"]).customer
    verb, intent = requests.with_verb(
        file,
        verbs.domain(),
        {
            UnlinkWallet: verbs.unlink_by_sig,
            VetoRecovery: verbs.veto_recovery_by_sig,
            Erase: verbs.erase_by_sig,
        },
        printed_by="customer request",
    )
    write(session, verb, intent, signature, idempotency_key=key, **how)
