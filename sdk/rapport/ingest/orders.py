"""Orders from CSV or JSONL: every row becomes an order, a duplicate, or a rejection with a reason.

A file that was exported twice, in parts, or with overlaps is imported as if each order stood in it
once. The first row of an order number stands; the same order again is skipped; the same number
with other content is refused, since one of the two must be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rapport.errors import InputError
from rapport.ingest import cells
from rapport.ingest.layout import Layout
from rapport.ingest.seen import Seen
from rapport.ingest.tables import Row, Table
from rapport.records import Asset, Order

MAX_ORDER = 200  # characters

_AMOUNT = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that can be recorded."""

    row: Row
    order: Order


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row that repeats the order of ``first_line`` exactly."""

    row: Row
    first_line: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be recorded, and why."""

    row: Row
    reason: str


Outcome = Accepted | Duplicate | Rejected
Check = Callable[[Order], str | None]


def read_orders(table: Table, layout: Layout, check: Check | None = None) -> Iterator[Outcome]:
    """
    What each row of ``table`` is, in order, in bounded memory. ``check`` may refuse an order for
    reasons that no file knows, such as a customer nobody registered.

    Raises:
        InputError: The file lacks a column that ``layout`` asks for.
    """
    return _outcomes(table, layout.match(table), check)


def _outcomes(table: Table, layout: Layout, check: Check | None) -> Iterator[Outcome]:
    with Seen() as seen:
        for row in table.rows():
            yield _outcome(row, layout, check, seen)


def _outcome(row: Row, layout: Layout, check: Check | None, seen: Seen) -> Outcome:
    if row.fault:
        return Rejected(row, row.fault)
    try:
        order = _order(row, layout)
    except InputError as error:
        return Rejected(row, str(error))
    met = seen.find(order.number, _content(order))
    if met is not None:
        if met.same:
            return Duplicate(row, met.line)
        told = f"order {order.number!r} stands on line {met.line} with {met.note}"
        return Rejected(row, f"{told}; here {_terms(order)}")
    reason = None if check is None else check(order)
    if reason is not None:
        return Rejected(row, reason)
    seen.add(order.number, _content(order), line=row.line, note=_terms(order))
    return Accepted(row, order)


def _order(row: Row, layout: Layout) -> Order:
    number = cells.text(row, layout.order, "order number")
    if len(number) > MAX_ORDER:
        raise InputError(f"the order number has {len(number)} characters, at most {MAX_ORDER}")
    asset = Asset.named(_currency(row, layout))
    return Order(
        number=number,
        customer=cells.text(row, layout.customer, "customer number"),
        amount=_amount(row, layout, asset),
        asset=asset.name,
        placed_at=_date(row, layout),
    )


def _amount(row: Row, layout: Layout, asset: Asset) -> Decimal:
    raw = cells.cell(row.values, layout.amount)
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        text = f"{raw:f}" if isinstance(raw, Decimal) else str(raw)
    else:
        text = cells.text(row, layout.amount, "amount")
        if layout.decimal == "," and "." not in text:
            text = text.replace(",", ".", 1)
        elif layout.decimal == ",":
            text = ""
    if not _AMOUNT.fullmatch(text):
        example = f"1234{layout.decimal}50"
        raise InputError(f"the amount {raw!r} cannot be read; write it as {example}")
    amount = Decimal(text)
    if amount < 0:
        raise InputError(f"the amount {amount} is negative; record returns with: earn reverse")
    if amount == 0 and not layout.free_orders:
        raise InputError("the amount is zero, which earns nothing; --free-orders records it anyway")
    asset.to_base(amount)
    return amount


def _currency(row: Row, layout: Layout) -> str:
    if layout.currency is not None and cells.has(row.values, layout.currency):
        return cells.text(row, layout.currency, "currency")
    if layout.default_currency is None:
        raise InputError("the currency is missing; fill the column, or say --currency EUR")
    return layout.default_currency


def _date(row: Row, layout: Layout) -> datetime | None:
    if layout.date is None or (layout.date not in row.values and "date" not in layout.named):
        return None
    return cells.moment(row, layout.date, layout.date_format, layout.zone)


def _terms(order: Order) -> str:
    customer = order.customer if isinstance(order.customer, str) else order.customer.hex()
    return f"{order.amount} {order.asset} for customer {customer}"


def _content(order: Order) -> str:
    # The date is left out: what an order earns does not depend on it, and exports differ in it.
    base = Asset.named(order.asset).to_base(order.amount)
    return f"{order.customer!r}|{order.asset}|{base}"
