"""``rapport consent``: what customers allow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rapport.cli import consent_receipts, consent_records, consent_terms, output, requests
from rapport.cli.options import noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.errors import InputError

consent = noun("consent", "See, record and prove what customers allow.")

for group in (consent_records.verbs, consent_receipts.verbs, consent_terms.verbs):
    for each in group.commands.values():
        consent.add_command(each)


@consent.command()
@click.argument("customer")
@click.argument("purposes", nargs=-1, required=True)
@click.option("--withdraw", "withdrawn", multiple=True, metavar="PURPOSE", help="At once.")
@requests.notice
@writes
@pass_session
def grant(
    session: Session,
    customer: str,
    purposes: tuple[str, ...],
    withdrawn: tuple[str, ...],
    notice_file: Path | None,
    key: str | None,
    **how: Any,
) -> None:
    """Grant PURPOSES of a CUSTOMER; the keystore must be the customer's wallet.

    For a wallet that signs elsewhere: consent request, then consent relay.
    """
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.consent.save,
        customer,
        purposes,
        withdrawn,
        notice=requests.opened(notice_file),
        idempotency_key=key,
        **how,
    )


@consent.command()
@click.argument("customer")
@click.argument("purposes", nargs=-1, required=True)
@click.option("--evidence", default="asked of the brand", help="How the customer said so.")
@writes
@pass_session
def withdraw(
    session: Session,
    customer: str,
    purposes: tuple[str, ...],
    evidence: str,
    key: str | None,
    **how: Any,
) -> None:
    """Withdraw PURPOSES of a CUSTOMER: as the customer's wallet, or as an operator."""
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.consent.withdraw,
        customer,
        purposes,
        evidence=evidence,
        idempotency_key=key,
        **how,
    )


@consent.command("withdraw-all")
@click.argument("customer")
@writes
@pass_session
def withdraw_all(session: Session, customer: str, key: str | None, **how: Any) -> None:
    """Withdraw everything of a CUSTOMER: as the customer's wallet, or as an operator."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.consent.withdraw_all, customer, idempotency_key=key, **how)


@consent.command()
@click.argument("customer")
@click.option("--grant", "granted", multiple=True, metavar="PURPOSE", help="To be granted.")
@click.option("--withdraw", "withdrawn", multiple=True, metavar="PURPOSE", help="To be withdrawn.")
@click.option("--withdraw-all", "everything", is_flag=True, help="To withdraw everything.")
@requests.deadline
@requests.notice
@pass_session
def request(
    session: Session,
    customer: str,
    granted: tuple[str, ...],
    withdrawn: tuple[str, ...],
    everything: bool,
    deadline: datetime,
    notice_file: Path | None,
) -> None:
    """Print what the CUSTOMER's wallet signs: typed data for eth_signTypedData_v4."""
    if everything and (granted or withdrawn):
        raise InputError("--withdraw-all stands alone; leave --grant and --withdraw out")
    client = session.client()
    if everything:
        farewell = client.consent.withdraw_all_request(customer, deadline)
        requests.show(farewell, client.consent.domain())
        return
    notice = requests.opened(notice_file)
    intent = client.consent.save_request(customer, granted, withdrawn, deadline, notice=notice)
    requests.show(intent, client.consent.domain())


@consent.command()
@click.argument("file", type=click.Path(path_type=Path))
@requests.signature
@writes
@pass_session
def relay(session: Session, file: Path, signature: bytes, key: str | None, **how: Any) -> None:
    """Carry out the request in FILE (from consent request), which a wallet has signed."""
    from rapport.intents import Save, WithdrawAll

    verbs = session.client(writes=not how["dry_run"]).consent
    verb, intent = requests.with_verb(
        file,
        verbs.domain(),
        {Save: verbs.save_by_sig, WithdrawAll: verbs.withdraw_all_by_sig},
        printed_by="consent request",
    )
    write(session, verb, intent, signature, idempotency_key=key, **how)


@consent.command()
@click.argument("customer")
@click.argument("purpose", required=False)
@pass_session
def status(session: Session, customer: str, purpose: str | None) -> None:
    """Show what a CUSTOMER decided, or whether one PURPOSE is granted now."""
    client = session.client()
    if purpose is not None:
        again = client.consent.may_ask_again(customer, purpose)
        record = {
            "purpose": again.purpose,
            "granted": client.consent.is_granted(customer, purpose),
            "may_ask_again": again.allowed,
            "ask_again_from": again.starts,
            "because": again.reason,
        }
        if session.json:
            output.as_json(record)
        else:
            output.fields("consent", record.items())
        return
    found = client.consent.status(customer)
    if session.json:
        output.as_json({"customer": customer, "consents": found})
        return
    output.rows(
        "consent",
        ("purpose", "granted", "state", "notice", "since", "until"),
        [
            (each.purpose, each.granted, each.state, each.notice, each.since, each.until)
            for each in found
        ],
    )


@consent.command()
@click.argument("customer")
@pass_session
def history(session: Session, customer: str) -> None:
    """Show every decision of a CUSTOMER, from the chain's own logs."""
    found = session.client().consent.history(customer)
    if session.json:
        output.as_json({"customer": customer, "history": found})
        return
    output.rows(
        "history",
        ("at", "event", "granted", "withdrawn", "notice", "by", "block", "transaction"),
        [
            (
                each.at,
                each.event,
                each.granted,
                each.withdrawn,
                each.notice,
                each.other or ("operator" if each.recorded else each.actor),
                each.block,
                each.transaction,
            )
            for each in found
        ],
    )


@consent.command()
@writes
@pass_session
def pause(session: Session, key: str | None, **how: Any) -> None:
    """Stop grants; withdrawals work as before."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.consent.pause, idempotency_key=key, **how)


@consent.command()
@writes
@pass_session
def unpause(session: Session, key: str | None, **how: Any) -> None:
    """Allow grants again."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.consent.unpause, idempotency_key=key, **how)
