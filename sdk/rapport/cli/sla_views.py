"""``rapport sla``: how agreements stand, and what their clocks say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rapport.cli import output
from rapport.cli.options import ADDRESS, Noun, pass_session
from rapport.cli.session import Session
from rapport.cli.sla_calendar import clock, local
from rapport.units import money

if TYPE_CHECKING:
    from rapport.sla import Agreement, Clocks

verbs = Noun("views")
"""Taken over into ``rapport sla``."""

STATES = ("open", "delivered", "disputed", "settled")


@verbs.command()
@click.argument("agreement")
@pass_session
def show(session: Session, agreement: str) -> None:
    """Show how an AGREEMENT stands, and what happened to it."""
    client = session.client()
    found, steps = client.sla.show(agreement), client.sla.history(agreement)
    if session.json:
        output.as_json({**output.plain(found), "steps": output.plain(steps)})
        return
    output.fields(f"agreement {found.id}", _facts(found))
    output.rows(
        "history",
        ("at", "what", "amount", "note", "transaction"),
        [
            (s.at, s.what, None if s.amount is None else money(s.amount), s.note, s.transaction)
            for s in steps
        ],
    )


@verbs.command("list")
@click.option("--provider", type=ADDRESS, help="Under whose policies; the keystore's otherwise.")
@click.option("--client", type=ADDRESS, help="For whom.")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@pass_session
def list_(session: Session, provider: str | None, client: str | None, state: str | None) -> None:
    """List agreements as they stand, the oldest first."""
    found = session.client().sla.list(provider=provider, client=client, state=state)
    if session.json:
        output.as_json({"agreements": found})
        return
    output.rows(
        "agreements",
        ("agreement", "state", "policy", "priority", "amount", "token", "for", "opened", "credit"),
        [
            (
                *(each.id, each.state, each.policy.id, each.priority, money(each.amount)),
                *(each.policy.token.symbol, each.client or each.customer, each.opened_at),
                f"{each.credit} %",
            )
            for each in found
        ],
    )


@verbs.command()
@click.argument("agreement")
@pass_session
def clocks(session: Session, agreement: str) -> None:
    """Show what the clocks of an open AGREEMENT say."""
    client = session.client()
    found = client.sla.clocks(agreement)
    if session.json:
        output.as_json(found)
        return
    hours = client.sla.show(agreement).policy.terms.hours
    output.fields(
        f"agreement {found.agreement}",
        [
            ("hours", str(hours)),
            ("first response due", local(found.response_due, hours)),
            ("due", local(found.resolution_due, hours)),
            ("on the clock", f"{clock(found.elapsed)} of {clock(found.target)}"),
            ("pauses have taken", f"{clock(found.paused)} of {clock(found.max_pause)}"),
            ("stands", found.standing),
            ("late", _late(found)),
        ],
    )


@verbs.command()
@click.argument("agreement")
@pass_session
def quote(session: Session, agreement: str) -> None:
    """Say what accepting would pay now; of an open AGREEMENT, if it were delivered now."""
    found = session.client().sla.quote(agreement)
    if session.json:
        output.as_json(found)
        return
    token = found.token
    output.fields(
        f"agreement {found.agreement}",
        [
            ("to the provider", token.money(found.to_provider)),
            ("to the client", token.money(found.to_client)),
        ],
    )


def _facts(found: Agreement) -> list[tuple[str, object]]:
    token = found.policy.token
    proposal = found.proposal
    return [
        ("state", found.state),
        ("policy", found.policy.id),
        ("priority", found.priority),
        ("amount", token.money(found.amount)),
        ("at stake", token.money(found.stake)),
        ("client", found.client),
        ("customer", found.customer),
        ("opened", found.opened_at),
        ("answered", found.responded_at),
        ("delivered", found.delivered_at),
        ("waits for the customer since", found.paused_since),
        ("pauses have taken", f"{clock(found.paused)} of business hours"),
        ("credit so far", f"{found.credit} %"),
        ("review until", found.review_until),
        ("arbiter rules until", found.disputed_until),
        (
            "proposed",
            None if proposal is None else f"{proposal.provider} % to the provider, {proposal.by}",
        ),
    ]


def _late(found: Clocks) -> list[str]:
    late = (("response", found.response_late), ("resolution", found.resolution_late))
    return [name for name, is_late in late if is_late]
