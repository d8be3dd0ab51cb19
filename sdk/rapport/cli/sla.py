"""``rapport sla``: promises, from the opening to the settlement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import (
    permits,
    sla_bond,
    sla_calendar,
    sla_desk,
    sla_dispute,
    sla_policy,
    sla_requests,
    sla_settle,
    sla_views,
    sla_watch,
)
from rapport.cli.allowances import explained
from rapport.cli.options import ADDRESS, AMOUNT, noun, pass_session, writes
from rapport.cli.session import Session, confirm, write
from rapport.cli.sla_calendar import PRIORITIES
from rapport.cli.sla_dispute import evidence_file, exhibit

if TYPE_CHECKING:
    from rapport.services.verbs import BoundWrite

sla = noun("sla", "Promise service levels, keep their clocks, settle and dispute; watch them.")

for group in (
    sla_policy.verbs,
    sla_bond.verbs,
    sla_calendar.verbs,
    sla_views.verbs,
    sla_dispute.verbs,
    sla_requests.verbs,
    sla_watch.verbs,
    sla_settle.verbs,
    sla_desk.verbs,
):
    for each in group.commands.values():
        sla.add_command(each)


@sla.command("open")
@click.argument("policy", type=int)
@click.argument("amount", type=AMOUNT)
@click.option("--priority", type=click.Choice(PRIORITIES), default="normal", show_default=True)
@click.option("--client", type=ADDRESS, help="The wallet it is for; where a fee is held, yours.")
@click.option("--customer", help="Number or id of whom it is for; without a wallet, credits wait.")
@click.option("--reference", help="The ticket's number: for a customer, the same is opened once.")
@click.option("--approve", is_flag=True, help="Allow the fee at once, by a permit.")
@writes
@pass_session
def open_(
    session: Session,
    policy: int,
    amount: Decimal,
    priority: str,
    client: str | None,
    customer: str | None,
    reference: str | None,
    approve: bool,
    key: str | None,
    **how: Any,
) -> None:
    """Open an agreement under a POLICY; its clocks run from now on.

    Under a bonded policy the keystore is the provider's, and AMOUNT what the service is worth.
    Otherwise it is the client's, who pays AMOUNT; other clients sign: request open, relay.
    """
    opened = session.client(writes=not how["dry_run"] or approve)
    permit = None
    if approve:
        token = opened.sla.policy(policy).token.address
        permit = permits.own(opened, opened.sla, token, amount)
    with explained(opened.sla, "sla", amount):
        write(
            session,
            opened.sla.open,
            policy,
            amount,
            priority=priority,
            client=client,
            customer=customer,
            permit=permit,
            reference=reference,
            idempotency_key=key,
            **how,
        )


@sla.command()
@click.argument("token", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@writes
@pass_session
def approve(session: Session, token: str, amount: Decimal, key: str | None, **how: Any) -> None:
    """Let SLAEscrow take up to AMOUNT of a TOKEN from the keystore's account, in all.

    For clients before they open, and for providers before they deposit a bond.
    """
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.approve, token, amount, idempotency_key=key, **how)


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def respond(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Record the first response to an AGREEMENT, as the provider."""
    _about(session, "respond", agreement, key, how)


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def pause(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Stop the clock of an AGREEMENT while the customer is asked, as the provider.

    Counts as a response. All pauses together take at most what the policy allows from the clock.
    """
    _about(session, "pause", agreement, key, how)


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def resume(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Let the clock of an AGREEMENT run again, as the client or the provider."""
    _about(session, "resume", agreement, key, how)


@sla.command()
@click.argument("agreement")
@evidence_file
@writes
@pass_session
def deliver(
    session: Session, agreement: str, evidence: str | None, key: str | None, **how: Any
) -> None:
    """Say that an AGREEMENT's service is done, as the provider. The clocks stop."""
    _about(session, "deliver", agreement, key, how, evidence=exhibit(evidence))


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def accept(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Accept a delivery, as the client: what the clocks say is paid, the rest is the provider's."""
    _about(session, "accept", agreement, key, how)


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def finalize(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Settle a delivery that nobody has disputed in the review. Anyone may. Many: settle-due."""
    _about(session, "finalize", agreement, key, how)


@sla.command("give-up")
@click.argument("agreement")
@click.option("--yes", is_flag=True, help="Do not ask: all at stake goes to the client.")
@writes
@pass_session
def give_up(session: Session, agreement: str, yes: bool, key: str | None, **how: Any) -> None:
    """Give all that is at stake to the client, as the provider."""
    confirm("give all that is at stake to the client?", yes, how)
    _about(session, "give_up", agreement, key, how)


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def reclaim(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Give all that is at stake to the client, because nothing was delivered. Anyone may."""
    _about(session, "reclaim", agreement, key, how)


@sla.command()
@click.argument("agreement")
@click.argument("left", type=AMOUNT)
@writes
@pass_session
def concede(session: Session, agreement: str, left: Decimal, key: str | None, **how: Any) -> None:
    """Give all of the fee but LEFT to the other party now; credits are shares of what is left."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.sla.concede, agreement, left, idempotency_key=key, **how)


@sla.command()
@click.argument("agreement")
@writes
@pass_session
def link(session: Session, agreement: str, key: str | None, **how: Any) -> None:
    """Make the wallet that the customer has now the client of an AGREEMENT. Anyone may."""
    _about(session, "link", agreement, key, how)


@sla.command()
@click.argument("customer")
@click.argument("token", type=ADDRESS)
@click.option("--provider", type=ADDRESS, help="Whose credits; the keystore's account otherwise.")
@writes
@pass_session
def claim(
    session: Session, customer: str, token: str, provider: str | None, key: str | None, **how: Any
) -> None:
    """Have credits that waited paid to the wallet that the CUSTOMER has now. Anyone may."""
    client = session.client(writes=not how["dry_run"])
    verb = client.sla.claim
    write(session, verb, customer, token, provider=provider, idempotency_key=key, **how)


def _about(
    session: Session,
    name: str,
    agreement: str,
    key: str | None,
    how: dict[str, Any],
    **named: Any,
) -> None:
    """Runs a verb about an agreement."""
    client = session.client(writes=not how["dry_run"])
    verb: BoundWrite[..., Any, Any] = getattr(client.sla, name)
    write(session, verb, agreement, idempotency_key=key, **named, **how)
