"""``rapport subscription``: begun, charged, changed and ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli import permits, subscription_collect, subscription_requests, subscription_views
from rapport.cli.allowances import explained
from rapport.cli.options import ADDRESS, AMOUNT, MOMENT, noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.cli.subscription_requests import coupon_in

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.permits import SignedPermit

subscription = noun(
    "subscription", "Begin, charge, change and end subscriptions; collect what is due; forecast."
)

for group in (subscription_views.verbs, subscription_requests.verbs, subscription_collect.verbs):
    for each in group.commands.values():
        subscription.add_command(each)


@subscription.command()
@click.argument("number", metavar="PLAN", type=int)
@click.option("--price-cap", type=AMOUNT, help="Agreed to; the present price otherwise.")
@click.option("--customer", help="Number or id of who earns the points.")
@click.option("--campaign", help="What brought the customer; its digest goes on chain.")
@click.option("--coupon", "coupon_file", type=click.Path(path_type=Path), help="From coupon.")
@click.option("--approve", type=AMOUNT, help="Allow so much in all, at once, by a permit.")
@writes
@pass_session
def start(
    session: Session,
    number: int,
    price_cap: Decimal | None,
    customer: str | None,
    campaign: str | None,
    coupon_file: Path | None,
    approve: Decimal | None,
    key: str | None,
    **how: Any,
) -> None:
    """Subscribe the keystore's account to a PLAN. Other payers sign: request start, relay."""
    client = session.client(writes=not how["dry_run"] or approve is not None)
    permit = None if approve is None else _own_permit(client, number, approve)
    with explained(client.subscription, "subscription"):
        write(
            session,
            client.subscription.start,
            number,
            price_cap=price_cap,
            customer=customer,
            campaign=campaign,
            coupon=coupon_in(client, coupon_file),
            permit=permit,
            idempotency_key=key,
            **how,
        )


@subscription.command()
@click.argument("token", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@writes
@pass_session
def approve(session: Session, token: str, amount: Decimal, key: str | None, **how: Any) -> None:
    """Let Subscriptions take up to AMOUNT of a TOKEN from the keystore's account, in all.

    For payers before they subscribe, and for merchants before they refund.
    """
    client = session.client(writes=not how["dry_run"])
    write(session, client.subscription.approve, token, amount, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@writes
@pass_session
def charge(session: Session, subscription: str, key: str | None, **how: Any) -> None:
    """Charge the period of a SUBSCRIPTION that is due. Anyone may; never twice. Many: collect."""
    client = session.client(writes=not how["dry_run"])
    with explained(client.subscription, "subscription"):
        write(session, client.subscription.charge, subscription, idempotency_key=key, **how)


@subscription.command("accept-price")
@click.argument("subscription")
@click.argument("price_cap", metavar="PRICE", type=AMOUNT, required=False)
@writes
@pass_session
def accept_price(
    session: Session, subscription: str, price_cap: Decimal | None, key: str | None, **how: Any
) -> None:
    """Agree to a PRICE of up to so much, that of the next charge otherwise, as the payer."""
    client = session.client(writes=not how["dry_run"])
    verb = client.subscription.accept_price
    write(session, verb, subscription, price_cap, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@click.argument("number", metavar="PLAN", type=int)
@click.option("--price-cap", type=AMOUNT, help="Agreed to; the plan's present price otherwise.")
@click.option("--max-pay", type=AMOUNT, help="That may be taken now; the quote otherwise.")
@writes
@pass_session
def change(
    session: Session,
    subscription: str,
    number: int,
    price_cap: Decimal | None,
    max_pay: Decimal | None,
    key: str | None,
    **how: Any,
) -> None:
    """Change a SUBSCRIPTION to another PLAN, as the payer; see quote.

    What is worth more begins at once and the difference is paid; every other begins with the next
    charge. The present plan again ends a change that was set.
    """
    client = session.client(writes=not how["dry_run"])
    with explained(client.subscription, "subscription"):
        write(
            session,
            client.subscription.change,
            subscription,
            number,
            price_cap=price_cap,
            max_pay=max_pay,
            idempotency_key=key,
            **how,
        )


@subscription.command()
@click.argument("subscription")
@writes
@pass_session
def pause(session: Session, subscription: str, key: str | None, **how: Any) -> None:
    """Stop the clock of a SUBSCRIPTION while something is left of it, as the payer."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.subscription.pause, subscription, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@writes
@pass_session
def resume(session: Session, subscription: str, key: str | None, **how: Any) -> None:
    """Let the clock of a SUBSCRIPTION run again, as the payer; the pause is added."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.subscription.resume, subscription, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@writes
@pass_session
def reactivate(session: Session, subscription: str, key: str | None, **how: Any) -> None:
    """Start a lapsed SUBSCRIPTION anew, now, with a charge, as the payer."""
    client = session.client(writes=not how["dry_run"])
    with explained(client.subscription, "subscription"):
        write(session, client.subscription.reactivate, subscription, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@writes
@pass_session
def cancel(session: Session, subscription: str, key: str | None, **how: Any) -> None:
    """End the charges of a SUBSCRIPTION for good, as the payer or the merchant.

    What is paid for can still be used.
    """
    client = session.client(writes=not how["dry_run"])
    write(session, client.subscription.cancel, subscription, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@click.argument("until", type=MOMENT)
@writes
@pass_session
def grant(
    session: Session, subscription: str, until: datetime, key: str | None, **how: Any
) -> None:
    """Give a SUBSCRIPTION time UNTIL a moment at least, as the merchant. Never refunded."""
    client = session.client(writes=not how["dry_run"])
    verb = client.subscription.grant_time
    write(session, verb, subscription, until, idempotency_key=key, **how)


@subscription.command()
@click.argument("subscription")
@click.argument("amount", type=AMOUNT, required=False)
@click.option("--charge", "cycle", type=click.IntRange(1), help="Its number; the last otherwise.")
@writes
@pass_session
def refund(
    session: Session,
    subscription: str,
    amount: Decimal | None,
    cycle: int | None,
    key: str | None,
    **how: Any,
) -> None:
    """Give back AMOUNT of the last charge of a SUBSCRIPTION, or all of it, as the merchant.

    The amount is allowed before (subscription approve); points go back in proportion.
    """
    client = session.client(writes=not how["dry_run"])
    with explained(client.subscription, "subscription"):
        write(
            session,
            client.subscription.refund,
            subscription,
            amount,
            cycle=cycle,
            idempotency_key=key,
            **how,
        )


@subscription.command()
@click.argument("subscription")
@click.argument("coupon", type=click.Path(path_type=Path))
@writes
@pass_session
def redeem(session: Session, subscription: str, coupon: Path, key: str | None, **how: Any) -> None:
    """Use a COUPON (file from coupon) for the next charges of a SUBSCRIPTION, as the payer."""
    client = session.client(writes=not how["dry_run"])
    found = coupon_in(client, coupon)
    write(session, client.subscription.redeem, subscription, found, idempotency_key=key, **how)


def _own_permit(client: Client, plan: int, amount: Decimal) -> SignedPermit:
    """A permit over an amount of the plan's token, signed by the keystore."""
    deadline = client.chain.block().timestamp + timedelta(days=7)
    token = client.plan.show(plan).token.address
    return permits.own(client, client.subscription, token, amount, deadline=deadline)
