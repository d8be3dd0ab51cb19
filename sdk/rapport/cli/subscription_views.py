"""``rapport subscription``: how subscriptions stand, what happened, and what is to come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli import output, plan
from rapport.cli.options import ADDRESS, Noun, pass_session
from rapport.cli.payment_views import show_invoice
from rapport.cli.session import Session
from rapport.units import money

if TYPE_CHECKING:
    from rapport.subscriptions import Subscription

verbs = Noun("views")
"""Taken over into ``rapport subscription``."""

STATUSES = ("trialing", "active", "past-due", "paused", "lapsed", "cancelled", "completed")


@verbs.command()
@click.argument("subscription")
@pass_session
def status(session: Session, subscription: str) -> None:
    """Show how a SUBSCRIPTION stands: when, how much, and why not is charged next."""
    found = session.client().subscription.show(subscription)
    if session.json:
        output.as_json(found)
        return
    output.fields(f"subscription {found.id}", _facts(found))
    output.fields(f"plan {found.plan.id}", plan.facts(found.plan))


@verbs.command("list")
@click.option("--merchant", type=ADDRESS, help="To whose plans; the keystore's otherwise.")
@click.option("--payer", type=ADDRESS, help="By whom.")
@click.option("--plan", "number", type=int, help="To this plan.")
@click.option("--customer", help="Number or id of who earns the points.")
@click.option("--status", "wanted", type=click.Choice(STATUSES), help="Only these.")
@pass_session
def list_(
    session: Session,
    merchant: str | None,
    payer: str | None,
    number: int | None,
    customer: str | None,
    wanted: str | None,
) -> None:
    """List subscriptions as they stand, the oldest first."""
    found = session.client().subscription.list(
        merchant=merchant, payer=payer, plan=number, customer=customer, status=wanted
    )
    if session.json:
        output.as_json({"subscriptions": found})
        return
    output.rows(
        "subscriptions",
        ("subscription", "status", "plan", "payer", "customer", "charges", "next", "amount"),
        [
            (
                *(each.id, each.status, each.plan.id, each.payer, each.customer, each.cycles),
                None if each.next_charge is None else each.next_charge.at,
                None if each.next_charge is None else money(each.next_charge.amount),
            )
            for each in found
        ],
    )


@verbs.command()
@click.argument("subscription")
@pass_session
def history(session: Session, subscription: str) -> None:
    """Show what happened to a SUBSCRIPTION, the oldest first, from the chain's logs."""
    found = session.client().subscription.history(subscription)
    if session.json:
        output.as_json({"history": found})
        return
    output.rows(
        "history",
        ("at", "what", "amount", "charge", "until", "note", "transaction"),
        [
            (
                *(each.at, each.what, None if each.amount is None else money(each.amount)),
                *(each.cycle, each.until, each.note, each.transaction),
            )
            for each in found
        ],
    )


@verbs.command()
@click.argument("subscription")
@click.argument("number", metavar="PLAN", type=int)
@pass_session
def quote(session: Session, subscription: str, number: int) -> None:
    """Show what a change of a SUBSCRIPTION to a PLAN would take now."""
    client = session.client()
    found = client.subscription.quote(subscription, number)
    if session.json:
        output.as_json(found)
        return
    token = client.plan.show(number).token
    begins = "at once" if found.at_once else "with the next charge"
    output.fields(f"plan {number}", [("taken now", token.money(found.amount)), ("begins", begins)])


@verbs.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True)
@click.option("--merchant", type=ADDRESS, help="To whose plans; the keystore's otherwise.")
@pass_session
def upcoming(session: Session, days: int, merchant: str | None) -> None:
    """Forecast the charges of the next days and what they bring, as the chain stands.

    Prices, discounts, caps, instalments and the payers' money are looked at; charges that would
    fail are apart, with the reason.
    """
    found = session.client().subscription.upcoming(days, merchant=merchant)
    if session.json:
        output.as_json(found)
        return
    for title, charges in (("to come", found.charges), ("would fail", found.failing)):
        if charges:
            output.rows(
                title,
                ("at", "subscription", "plan", "charge", "amount", "token", "reason"),
                [
                    (
                        e.at,
                        e.subscription,
                        e.plan,
                        e.cycle,
                        money(e.amount),
                        e.token.symbol,
                        e.reason,
                    )
                    for e in charges
                ],
            )
    sums = [("revenue", each) for each in found.revenue]
    sums += [("at risk", each) for each in found.at_risk]
    output.rows(
        f"{days} days",
        ("", "token", "charges", "amount"),
        [(name, each.token.symbol, each.charges, money(each.amount)) for name, each in sums],
    )


@verbs.command()
@click.argument("subscription")
@click.option("--charge", "cycle", type=click.IntRange(1), help="Its number; the last otherwise.")
@click.option("--html", type=click.Path(path_type=Path), help="Write it as a page to print.")
@pass_session
def invoice(session: Session, subscription: str, cycle: int | None, html: Path | None) -> None:
    """Show the invoice about a charge; --json gives all of it, --html a page.

    The seller's details are those of [merchant] in rapport.toml.
    """
    show_invoice(session, session.client().subscription.invoice(subscription, cycle), html)


def _facts(found: Subscription) -> list[tuple[str, object]]:
    token = found.plan.token
    coming = found.next_charge
    discount = None
    if found.discount is not None:
        discount = f"{money(found.discount)} % for {found.discount_cycles} charges"
    return [
        ("status", found.status),
        ("usable", found.entitled),
        ("paid through", found.paid_through),
        ("next charge", None if coming is None else coming.at),
        ("amount", None if coming is None else token.money(coming.amount)),
        ("not now", None if coming is None else coming.reason),
        ("lapses", found.lapses_at),
        ("charges", found.cycles),
        ("last paid", token.money(found.last_paid)),
        ("price cap", token.money(found.price_cap)),
        ("discount", discount),
        ("next plan", None if found.next_plan is None else found.next_plan.id),
        ("paused since", found.paused_since),
        ("payer", found.payer),
        ("customer", found.customer),
    ]
