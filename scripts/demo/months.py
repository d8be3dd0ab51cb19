"""Eighteen months: orders earn, points settle, customers redeem, goods come back."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from rapport import Client
from rapport.errors import Reverted
from rapport.outbox import Submission
from rapport.records import Order
from rapport.services.streams import Stream
from scripts.demo.audit import POINTS, ask_all
from scripts.demo.consents import Consents
from scripts.demo.shop import RETURN_DAYS, Shop
from scripts.demo.stage import PATIENCE, move_clock, set_clock

MORNING, NOON, EVENING = (time(hour, tzinfo=UTC) for hour in (8, 12, 22))
SETTLES_ON = 0  # Monday
WALLETS_FROM = date(1997, 7, 1)
NOTICE_FROM = date(1998, 3, 1)
REWARD = 500  # points of the smallest reward
EXPECTED_REFUSALS = ("AwardExpired",)

_REDEEMS = 0.25  # of the customers of a month who can


@dataclass
class Story:
    """What the brand did, to be compared with what the chain shows."""

    recorded: int = 0
    redemptions: int = 0
    by_wallet: int = 0  # redemptions that a customer's wallet signed
    returns: int = 0
    tiers: dict[date, list[int]] = field(default_factory=dict)  # customers by tier


class Months:
    """Plays the shop's days one after the other."""

    def __init__(self, client: Client, shop: Shop, consents: Consents) -> None:
        self.client = client
        self.consents = consents
        self.shop = shop
        self.story = Story()
        self.today = date(1996, 12, 31)
        self._pending: deque[tuple[date, Order]] = deque()
        self._buyers: set[str] = set()
        self._draw = random.Random(shop.days[0].toordinal())

    def play(self, told: Callable[[date, int], None], seen_on: list[date]) -> Story:
        """Every day with something to do, telling the day and how many orders it had."""
        looks = deque(seen_on)
        for day in _with_mondays(self.shop.days):
            while looks and day > looks[0]:
                self._look(looks.popleft())
            if day.month != self.today.month:
                self._redeem(day)
            self.today = day
            set_clock(self.client.chain, datetime.combine(day, NOON))
            self._trade(day)
            told(day, len(self.shop.orders.get(day, ())))
        for rest in looks:
            self._look(rest)
        return self.story

    def finish(self, last: date, looks: list[date]) -> None:
        """Settles what is due by ``last``, and looks at the tiers on the days after it."""
        settles = last + timedelta(days=RETURN_DAYS + 1)
        move_clock(self.client.chain, datetime.combine(settles, NOON))
        self._settle(settles).finish()
        for day in looks:
            self._look(day)

    def _trade(self, day: date) -> None:
        """The day's orders and returns, and what settles: all on its way, then awaited."""
        recorded, returned = self._record(day), self._take_back(day)
        if day.weekday() == SETTLES_ON:
            self._settle(day).finish()
        self.story.recorded += recorded.finish().done
        self.story.returns += self._await(returned)

    def _record(self, day: date) -> Stream[Order]:
        orders = self.shop.orders.get(day, [])
        self._pending.extend((day, order) for order in orders)
        self._buyers.update(str(order.customer) for order in orders)
        recorded = self.client.earn.record_batch(orders)
        recorded.fill()
        return recorded

    def _take_back(self, day: date) -> list[Submission]:
        returned = self.shop.returns.get(day, ())
        return [self.client.earn.reverse(each.order, each.amount) for each in returned]

    def _settle(self, day: date) -> Stream[tuple[str | bytes, str]]:
        due = []
        while self._pending and self._pending[0][0] + timedelta(days=RETURN_DAYS) < day:
            due.append(self._pending.popleft()[1])
        return self.client.loyalty.settle_batch([(str(o.customer), o.key) for o in due])

    def _redeem(self, day: date) -> None:
        """On the first of a month, some of last month's buyers spend what they have."""
        buyers = sorted(self._buyers)
        self._buyers.clear()
        move_clock(self.client.chain, datetime.combine(day, MORNING))
        self._ask(day)
        sent = []
        for customer, points in zip(buyers, self._balances(buyers), strict=True):
            if points < REWARD or self._draw.random() > _REDEEMS:
                continue
            spent = points // REWARD * REWARD
            sent.append(self._spend(customer, spent, f"reward:{day:%Y-%m}:{customer}"))
            self.story.redemptions += 1
        self._await(sent)

    def _ask(self, day: date) -> None:
        """What customers allow: the month's changes, and what happens once."""
        if day >= WALLETS_FROM and not self.consents.wallets:
            self.consents.join(day)
        if day >= NOTICE_FROM and self.consents.notice.version == 1:
            self.consents.renew_notice(day)
        self.consents.month(day)

    def _spend(self, customer: str, points: int, key: str) -> Submission:
        signer = self.consents.wallets.get(customer)
        if signer is None:
            return self.client.loyalty.redeem(customer, points, idempotency_key=key)
        deadline = datetime.combine(self.today + timedelta(days=7), NOON)
        intent = self.client.loyalty.redeem_request(customer, points, deadline, idempotency_key=key)
        self.story.by_wallet += 1
        return self.client.loyalty.redeem_by_sig(
            intent, intent.sign(self.client.loyalty.domain(), signer), idempotency_key=key
        )

    def _await(self, sent: list[Submission]) -> int:
        """How many took effect. Only a return of points that have expired is refused."""
        self.client.outbox.await_all(sent, None, PATIENCE)
        done = 0
        for each in sent:
            try:
                each.wait(timeout=PATIENCE)
                done += 1
            except Reverted as refused:
                if type(refused).__name__ not in EXPECTED_REFUSALS:
                    raise
        return done

    def _balances(self, customers: list[str]) -> list[int]:
        return ask_all(self.client, POINTS, "balanceOf", customers)

    def _look(self, day: date) -> None:
        """Customers by tier, as a block of that day sees them."""
        move_clock(self.client.chain, datetime.combine(day, EVENING))
        tiers = ask_all(self.client, POINTS, "tierOf", self.shop.customers)
        count = len(self.client.loyalty.tiers()) + 1
        self.story.tiers[day] = [tiers.count(tier) for tier in range(count)]


def _with_mondays(days: list[date]) -> Iterator[date]:
    """The days with something to do, and the Mondays between them, on which points settle."""
    mondays = {days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)}
    return iter(sorted({*days, *(day for day in mondays if day.weekday() == SETTLES_ON)}))
