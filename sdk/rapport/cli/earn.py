"""``rapport earn``: orders and the rules by which they earn points."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from rapport.cli import imports, orders, output
from rapport.cli.options import AMOUNT, MOMENT, POINTS, Noun, noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.ingest.layout import COLUMNS, Layout
from rapport.records import Order, PurchaseRule

earn = noun("earn", "Set earning rules, and record the orders that earn points.")


@earn.group(cls=Noun)
def rule() -> None:
    """The public rule by which orders earn points."""


@rule.command("show")
@click.argument("asset")
@pass_session
def rule_show(session: Session, asset: str) -> None:
    """Show the rule for an ASSET: a currency code such as EUR, or 0x<token>:<decimals>."""
    client = session.client()
    found, following = client.earn.rule(asset), client.earn.next_rule(asset)
    if session.json:
        output.as_json({"rule": found, "next": following})
        return
    output.fields(f"rule for {asset}", _terms(found))
    if following is not None:
        output.fields("then", _terms(following))


def _terms(rule: PurchaseRule) -> list[tuple[str, Any]]:
    return [
        ("points", rule.points),
        ("for each", f"{rule.per:f} {rule.asset}"),
        ("minimum", rule.minimum),
        ("cap", rule.cap),
        ("from", rule.valid_from),
        ("to", rule.valid_to),
        ("return days", rule.return_days),
        ("multipliers", rule.multipliers),
        ("version", rule.version),
    ]


@rule.command("set")
@click.argument("asset")
@click.option("--points", type=POINTS, required=True, help="Earned for each --per.")
@click.option("--per", type=AMOUNT, default="1", show_default=True, help="Amount of the asset.")
@click.option("--minimum", type=AMOUNT, default="0", help="Orders below earn nothing.")
@click.option("--cap", type=POINTS, default=2**32 - 1, help="Points an order can earn at most.")
@click.option("--from", "start", type=MOMENT, help="From now on otherwise; never in the past.")
@click.option("--to", "end", type=MOMENT, help="Until it is replaced otherwise.")
@click.option("--return-days", type=AMOUNT, default="0", help="Days that points stay pending.")
@click.option(
    "--multiplier",
    "multipliers",
    type=AMOUNT,
    multiple=True,
    help="By tier, tier 0 first; the last one holds for those above.",
)
@writes
@pass_session
def rule_set(
    session: Session,
    asset: str,
    points: int,
    per: Decimal,
    minimum: Decimal,
    cap: int,
    start: datetime | None,
    end: datetime | None,
    return_days: Decimal,
    multipliers: tuple[Decimal, ...],
    key: str | None,
    **how: Any,
) -> None:
    """Set the rule for an ASSET: a currency code such as EUR, or 0x<token>:<decimals>."""
    terms = PurchaseRule(
        asset=asset,
        points=points,
        per=per,
        minimum=minimum,
        cap=cap,
        valid_from=start,
        valid_to=end,
        return_days=return_days,
        multipliers=multipliers or (Decimal(1),),
    )
    client = session.client(writes=not how["dry_run"])
    write(session, client.earn.set_rule, terms, idempotency_key=key, **how)


@rule.command("end")
@click.argument("asset")
@writes
@pass_session
def rule_end(session: Session, asset: str, key: str | None, **how: Any) -> None:
    """End the rule for an ASSET, and any that was set to follow."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.earn.end_rule, asset, idempotency_key=key, **how)


@earn.command()
@click.argument("customer")
@click.argument("amount", type=AMOUNT)
@click.argument("asset")
@pass_session
def quote(session: Session, customer: str, amount: Decimal, asset: str) -> None:
    """Show what an order of AMOUNT in ASSET would earn the CUSTOMER now."""
    found = session.client().earn.quote(customer, amount, asset)
    if session.json:
        output.as_json(found)
    else:
        output.fields("would earn", output.plain(found).items())


@earn.command()
@click.argument("order")
@click.argument("customer")
@click.argument("amount", type=AMOUNT)
@click.argument("asset")
@writes
@pass_session
def record(
    session: Session,
    order: str,
    customer: str,
    amount: Decimal,
    asset: str,
    key: str | None,
    **how: Any,
) -> None:
    """Record ORDER (its number) of a CUSTOMER over AMOUNT in ASSET."""
    client = session.client(writes=not how["dry_run"])
    recorded = Order(order, customer, amount, asset)
    write(session, client.earn.record, recorded, idempotency_key=key, **how)


@earn.command()
@click.argument("order")
@click.argument("customer")
@click.argument("amount", type=AMOUNT)
@click.argument("asset")
@click.argument("returned", type=AMOUNT)
@writes
@pass_session
def reverse(
    session: Session,
    order: str,
    customer: str,
    amount: Decimal,
    asset: str,
    returned: Decimal,
    key: str | None,
    **how: Any,
) -> None:
    """Take back the points of what was RETURNED, in all, of an ORDER as it was recorded."""
    client = session.client(writes=not how["dry_run"])
    recorded = Order(order, customer, amount, asset)
    write(session, client.earn.reverse, recorded, returned, idempotency_key=key, **how)


@earn.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that maps columns.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help=f"Column of a field: {', '.join(COLUMNS)}.",
)
@click.option("--currency", help="Of orders that name none.")
@click.option("--date-format", help="As in %d.%m.%Y; ISO 8601 otherwise.")
@click.option("--time-zone", help="Of dates that name none; UTC otherwise.")
@click.option("--decimal", help="Decimal sign, . or ,")
@click.option("--free-orders", is_flag=True, default=None, help="Record orders of amount zero.")
@imports.options
@click.option("--register", is_flag=True, help="Register customers that are not known yet.")
@click.option("--dry-run", is_flag=True, help="Check every row; record nothing.")
@pass_session
def import_(
    session: Session,
    file: Path,
    mapping: Path | None,
    columns: tuple[str, ...],
    currency: str | None,
    date_format: str | None,
    time_zone: str | None,
    decimal: str | None,
    free_orders: bool | None,
    encoding: str,
    delimiter: str | None,
    rejects: Path | None,
    register: bool,
    dry_run: bool,
) -> None:
    """Record the orders of a CSV or JSONL FILE.

    A row that cannot be recorded stops nobody else: it goes to a rejects file with its reason,
    which can be corrected and imported itself. The whole file again records nothing twice.
    """
    layout = Layout() if mapping is None else Layout.read(mapping)
    layout = layout.with_columns(dict(imports.mapped(each) for each in columns)).with_settings(
        {
            "default_currency": currency,
            "date_format": date_format,
            "time_zone": time_zone,
            "decimal": decimal,
            "free_orders": free_orders,
        }
    )
    orders.import_file(
        session,
        orders.Source(file, layout, encoding, delimiter, rejects),
        register=register,
        dry_run=dry_run,
    )
