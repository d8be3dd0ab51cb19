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
renewal_option = click.option(
    "--renewal", is_flag=True, help="For subscriptions that renew in it; a token."
)


@earn.group(cls=Noun)
def rule() -> None:
    """The public rules by which orders, sales and renewals earn points.

    An ASSET is a currency such as EUR, a token's address, or the symbol of a token that has a rule.
    """


@rule.command("show")
@click.argument("asset")
@renewal_option
@pass_session
def rule_show(session: Session, asset: str, renewal: bool) -> None:
    """Show the rule for an ASSET."""
    earning = session.client().earn
    name = earning.asset(asset).name
    found = earning.rule(name, renewal=renewal)
    following = earning.next_rule(name, renewal=renewal)
    if session.json:
        output.as_json({"rule": found, "next": following})
        return
    output.fields(f"rule for {'renewals in ' if renewal else ''}{asset}", _terms(found, asset))
    if following is not None:
        output.fields("then", _terms(following, asset))


def _terms(rule: PurchaseRule, asset: str) -> list[tuple[str, Any]]:
    return [
        ("points", rule.points),
        ("for each", f"{rule.per:f} {asset}"),
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
@renewal_option
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
    renewal: bool,
    key: str | None,
    **how: Any,
) -> None:
    """Set the rule for an ASSET."""
    client = session.client(writes=not how["dry_run"])
    terms = PurchaseRule(
        asset=client.earn.asset(asset).name,
        points=points,
        per=per,
        minimum=minimum,
        cap=cap,
        valid_from=start,
        valid_to=end,
        return_days=return_days,
        multipliers=multipliers or (Decimal(1),),
        renewal=renewal,
    )
    write(session, client.earn.set_rule, terms, idempotency_key=key, **how)


@rule.command("end")
@click.argument("asset")
@renewal_option
@writes
@pass_session
def rule_end(session: Session, asset: str, renewal: bool, key: str | None, **how: Any) -> None:
    """End the rule for an ASSET, and any that was set to follow."""
    client = session.client(writes=not how["dry_run"])
    name = client.earn.asset(asset).name
    write(session, client.earn.end_rule, name, renewal=renewal, idempotency_key=key, **how)


@earn.command()
@click.argument("customer")
@click.argument("amount", type=AMOUNT)
@click.argument("asset")
@renewal_option
@pass_session
def quote(session: Session, customer: str, amount: Decimal, asset: str, renewal: bool) -> None:
    """Show what an order of AMOUNT in ASSET would earn the CUSTOMER now."""
    earning = session.client().earn
    found = earning.quote(customer, amount, earning.asset(asset).name, renewal=renewal)
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
    recorded = Order(order, customer, amount, client.earn.asset(asset).name)
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
    recorded = Order(order, customer, amount, client.earn.asset(asset).name)
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
