"""What happened in the shop: real orders, and returns and redemptions drawn with a fixed seed."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from rapport.records import Order
from scripts import datasets

ASSET = "USD"
RETURN_DAYS = 14  # as programme.toml has it
RUN_DAYS = 2  # the shop's backend records what was ordered every second evening

_SEED = 1997
_RETURNED = 0.04  # of all orders
_WALLETS = 12


@dataclass(frozen=True)
class Return:
    """``amount`` of an order, in all, came back on ``day``."""

    order: Order
    amount: Decimal
    day: date


@dataclass(frozen=True)
class Shop:
    """Orders by the day of their recording, returns by day, and who will have a wallet."""

    orders: dict[date, list[Order]]
    returns: dict[date, list[Return]]
    customers: list[str]
    regulars: list[str]

    @property
    def days(self) -> list[date]:
        return sorted(self.orders.keys() | self.returns.keys())

    def all_orders(self) -> Iterable[Order]:
        return (order for day in sorted(self.orders) for order in self.orders[day])


def day_of(order: Order) -> date:
    if order.placed_at is None:
        raise ValueError(f"order {order.number} has no date")
    return order.placed_at.date()


def run_after(placed: date) -> date:
    """The day on which an order is recorded: its own or the next."""
    return placed + timedelta(days=-placed.toordinal() % RUN_DAYS)


def read() -> Shop:
    """The CDNOW sample. Its lines have no order numbers; their place in the file is one."""
    orders: dict[date, list[Order]] = {}
    returns: dict[date, list[Return]] = {}
    spent: Counter[str] = Counter()
    draw = random.Random(_SEED)
    for number, line in enumerate(datasets.cdnow_sample().read_text("ascii").splitlines(), 1):
        customer, _, day, _, dollars = line.split()
        placed = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        order = Order(f"cdnow-{number}", f"cdnow-{customer}", Decimal(dollars), ASSET, placed)
        orders.setdefault(run_after(placed.date()), []).append(order)
        spent[str(order.customer)] += int(order.amount * 100)
        if order.amount and draw.random() < _RETURNED:
            back = order.amount if draw.random() < 0.5 else round(order.amount / 2, 2)
            # Most within the fourteen days, while the points are pending; some long after.
            later = draw.randint(2, 12) if draw.random() < 0.7 else draw.randint(20, 60)
            on = placed.date() + timedelta(days=later)
            returns.setdefault(on, []).append(Return(order, back, on))
    regulars = [name for name, _ in spent.most_common(_WALLETS)]
    last = max(orders)
    returns = {day: each for day, each in returns.items() if day <= last}
    return Shop(orders, returns, sorted(spent), regulars)


def write_csv(shop: Shop, path: Path) -> None:
    """The orders as a shop would export them, for ``rapport earn import``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order", "customer", "amount", "currency", "date"])
        for order in shop.all_orders():
            rows.writerow(
                [order.number, order.customer, order.amount, ASSET, day_of(order).isoformat()]
            )
