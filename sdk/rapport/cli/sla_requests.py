"""``rapport sla``: what clients sign, and what is relayed for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from rapport.cli import output, permits, requests
from rapport.cli.allowances import explained
from rapport.cli.options import ADDRESS, AMOUNT, Noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.cli.sla_calendar import PRIORITIES
from rapport.cli.sla_dispute import evidence_file, exhibit
from rapport.errors import InputError

verbs = Noun("requests")
"""Taken over into ``rapport sla``."""

ACTIONS = ("resume", "accept", "dispute", "accept-split")


@verbs.group(cls=Noun)
def request() -> None:
    """Print what a client signs: typed data for eth_signTypedData_v4. Carry it out: relay."""


@request.command("open")
@click.argument("policy", type=int)
@click.argument("client", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@click.option("--priority", type=click.Choice(PRIORITIES), default="normal", show_default=True)
@click.option("--customer", help="Number or id; stands in the log beside the client.")
@click.option("--reference", help="The ticket's number: for a customer, the same is opened once.")
@requests.deadline
@pass_session
def request_open(
    session: Session,
    policy: int,
    client: str,
    amount: Decimal,
    priority: str,
    customer: str | None,
    reference: str | None,
    deadline: datetime,
) -> None:
    """Print what a CLIENT signs to open an agreement whose fee of AMOUNT is held."""
    service = session.client().sla
    intent = service.request(
        policy,
        amount,
        client,
        deadline,
        priority=priority,
        customer=customer,
        reference=reference,
    )
    requests.show(intent, service.domain())


@request.command("permit")
@click.argument("policy", type=int)
@click.argument("client", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@requests.deadline
@pass_session
def request_permit(
    session: Session, policy: int, client: str, amount: Decimal, deadline: datetime
) -> None:
    """Print the permit (ERC-2612) over AMOUNT that a CLIENT signs, to approve nothing before."""
    service = session.client().sla
    token = service.policy(policy).token.address
    asked = service.permit_request(token, client, amount, deadline)
    output.as_json(asked.typed_data())


@request.command("decide")
@click.argument("agreement")
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--split", "share", type=AMOUNT, metavar="PERCENT", help="That is proposed now.")
@evidence_file
@requests.deadline
@pass_session
def request_decide(
    session: Session,
    agreement: str,
    action: str,
    share: Decimal | None,
    evidence: str | None,
    deadline: datetime,
) -> None:
    """Print what the client of an AGREEMENT signs to decide about it."""
    service = session.client().sla
    intent = service.instruction(
        agreement,
        action,
        deadline,
        provider=share,
        evidence=exhibit(evidence),
    )
    requests.show(intent, service.domain())


@verbs.command()
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
    """Carry out what FILE (from request) says, which the client has signed. Anybody may."""
    from rapport.sla import Instruction, Opening

    client = session.client(writes=not how["dry_run"])
    service = client.sla
    intent = requests.read(file, service.domain(), Opening, Instruction, printed_by="sla request")
    if isinstance(intent, Instruction):
        if permit:
            raise InputError("--permit belongs to what opens an agreement")
        write(session, service.instruct, intent, signature, idempotency_key=key, **how)
        return
    assert isinstance(intent, Opening)
    token = service.policy(intent.policy_id).token
    agreed = permits.signed(service, token.address, permit, printed_by="sla request permit")
    with explained(service, "sla", token.from_base(intent.amount)):
        write(
            session,
            service.open_by_sig,
            intent,
            signature,
            permit=agreed,
            idempotency_key=key,
            **how,
        )
