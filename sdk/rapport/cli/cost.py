"""``rapport cost``: what a programme would cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from rapport.cli import output
from rapport.cli.options import AMOUNT, Verb, pass_session
from rapport.cli.session import Session

if TYPE_CHECKING:
    from rapport.cost import Estimate

NETWORKS = ("base", "op", "arbitrum", "polygon", "mainnet")


@click.command(cls=Verb)
@click.option("--customers", type=click.IntRange(min=0), default=10_000, show_default=True)
@click.option("--orders", type=click.IntRange(min=0), default=20_000, show_default=True)
@click.option("--redemptions", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--returns", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--payments",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Orders that are paid on the chain.",
)
@click.option(
    "--subscriptions",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Subscriptions that are charged.",
)
@click.option("--batch", type=click.IntRange(1, 300), default=100, show_default=True)
@click.option("--pending/--at-once", default=True, help="Points wait out a return window.")
@click.option("--network", type=click.Choice(NETWORKS), default="base", show_default=True)
@click.option("--live", is_flag=True, help="Take the fee that the node at --rpc asks now.")
@click.option("--fee-gwei", type=AMOUNT, help="Take this fee.")
@click.option("--native-price", type=AMOUNT, help="Money for one native coin.")
@click.option("--money", help="Which money; USD otherwise.")
@pass_session
def cost(
    session: Session,
    customers: int,
    orders: int,
    redemptions: int,
    returns: int,
    payments: int,
    subscriptions: int,
    batch: int,
    pending: bool,
    network: str,
    live: bool,
    fee_gwei: Decimal | None,
    native_price: Decimal | None,
    money: str | None,
) -> None:
    """Say what a programme costs in gas and money, for each operation and a month.

    All but customers are counts a month; payments and charges earn no points here. The fee is the
    one given, or with --live the node's own, otherwise an assumption with its date.
    """
    from rapport import cost as costs

    settings = session.config
    on = costs.network(network)
    fee = settings.fee_gwei if fee_gwei is None else fee_gwei
    if live:
        with session.chain() as chain:
            on = costs.live(on, chain)
    if fee is not None:
        on = costs.with_fee(on, fee)
    found = costs.estimate(
        costs.Programme(
            customers, orders, redemptions, returns, batch, pending, payments, subscriptions
        ),
        on,
        native_price=settings.native_price if native_price is None else native_price,
        currency=money or settings.money,
    )
    if session.json:
        output.as_json(found)
    else:
        _show(found)


def _show(found: Estimate) -> None:
    priced = found.native_price is not None
    unit = found.currency if priced else found.coin
    names = ("operation", "times", "gas each", f"{unit} each", f"{unit} in all")
    for title, lines in (("once", found.once), ("a month", found.monthly)):
        output.rows(
            title,
            names,
            [
                (
                    line.operation,
                    line.times,
                    line.gas,
                    _rounded(line.money if priced else line.coin),
                    _rounded(line.money_a_month if priced else line.coin_a_month),
                )
                for line in lines
            ],
        )
    output.fields(
        f"{found.network}",
        [
            (f"{found.coin} a month", _rounded(found.coin_a_month)),
            (f"{found.currency} a month", _rounded(found.money_a_month)),
            (f"{found.currency} an order", _rounded(found.money_an_order)),
            ("fee", f"{found.fee_gwei:f} gwei ({found.fee_source})"),
            ("gas", found.gas_source),
            ("batches of", found.batch),
        ],
    )
    if not priced:
        output.note("rapport: pass --native-price to see money, such as --native-price 3000")


def _rounded(value: Decimal | None) -> Decimal | None:
    """To four significant digits, for people."""
    if value is None or not value:
        return value
    exponent = value.adjusted() - 3
    return value if exponent >= 0 else value.quantize(Decimal(1).scaleb(exponent))
