"""The club's subscriptions in plain Python, to hold the chain against.

Amounts are whole numbers of the token's smallest unit, times are Unix seconds. What the contract
promises is written down here a second time: one charge in a period, counted from where the last one
ended; never above what was agreed to; nothing once the grace is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DAY = 86_400


@dataclass
class Offer:
    """A plan."""

    title: str
    price: int
    period: int = 30 * DAY
    trial: int = 0
    grace: int = 21 * DAY
    cycles: int = 0  # 0: until cancelled


@dataclass
class Member:
    """One subscription and what is in its payer's wallet."""

    offer: Offer
    cap: int
    funds: int
    paid_through: int = 0
    cycles: int = 0
    last_paid: int = 0
    discount_bps: int = 0
    discount_cycles: int = 0
    following: Offer | None = None  # from the next charge on
    cancelled: bool = False
    overdue_since: int = 0  # a charge has failed, and none has succeeded since

    @property
    def next_offer(self) -> Offer:
        return self.following or self.offer

    def completed(self, now: int) -> bool:
        return 0 < self.offer.cycles <= self.cycles and now >= self.paid_through

    def lapsed(self, now: int) -> bool:
        return (
            not self.cancelled
            and not self.completed(now)
            and now >= self.paid_through + self.next_offer.grace
        )

    def in_force(self, now: int) -> bool:
        """Whether it will be charged again, or is paid for."""
        return not (self.cancelled or self.completed(now) or self.lapsed(now))

    def due(self, now: int) -> bool:
        return self.in_force(now) and now >= self.paid_through

    def price(self) -> int:
        price = self.next_offer.price
        return price - price * self.discount_bps // 10_000 if self.discount_cycles else price

    def chargeable(self, now: int) -> bool:
        agreed = self.next_offer.price <= self.cap
        return self.due(now) and agreed and self.funds >= self.price()

    def take(self) -> int:
        """One period's price, from where the last period ended."""
        amount = self.price()
        self.offer, self.following = self.next_offer, None
        self.discount_cycles = max(0, self.discount_cycles - 1)
        self.paid_through += self.offer.period
        self.cycles += 1
        self.last_paid = amount
        self.funds -= amount
        return amount

    def upgrade(self, to: Offer, now: int) -> int:
        """What the rest of the period costs under a dearer plan, above what is paid for it."""
        rest = self.paid_through - now
        worth = -(-to.price * rest // to.period)
        paid = self.last_paid * rest // self.offer.period
        due = max(0, worth - paid)
        self.offer, self.cap = to, to.price
        self.last_paid += due
        self.funds -= due
        return due


@dataclass
class Books:
    """What the club has taken and given back."""

    charges: int = 0
    charged: int = 0
    upgrades: int = 0
    upgraded: int = 0
    refunds: int = 0
    refunded: int = 0
    failed: int = 0  # charges that did not succeed when they were due
    recovered: int = 0  # of those, periods that were paid within the grace after all
    by_month: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return self.charged + self.upgraded - self.refunded
