"""The desk's agreements in plain Python, to hold the chain against.

Amounts are whole numbers of the token's smallest unit, shares are basis points. What the contract
promises is written down here a second time, with a calendar that walks from hour to hour: from
which second on a clock is late, what that costs, who may be paid when, and where every unit is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from rapport.sla import Priority, Settlement, Target, Terms

ALL = 10_000
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)

Calendar: TypeAlias = Callable[[datetime], bool]
"""Whether the clock runs in the hour of a moment."""
Account: TypeAlias = tuple[str, str]
"""Where money is: what kind of place, and whose."""

BOND: Account = ("bond", "")
OUTSIDE: Account = ("outside", "")
BY_CLOCKS = (Settlement.ACCEPTED, Settlement.FINALIZED)


def office(hour: datetime) -> bool:
    """Monday to Friday, nine to five, UTC."""
    return hour.weekday() < 5 and 9 <= hour.hour < 17


def always(_: datetime) -> bool:
    return True


def worked(calendar: Calendar, since: datetime, until: datetime) -> int:
    """Seconds of a calendar's hours between two moments."""
    seconds, at = 0, since
    while at < until:
        end = min(_next_hour(at), until)
        seconds += (end - at).seconds if calendar(at) else 0
        at = end
    return seconds


def after(calendar: Calendar, since: datetime, seconds: int) -> datetime:
    """The moment at which so many seconds of a calendar's hours have passed."""
    at = since
    while True:
        end = _next_hour(at)
        length = (end - at).seconds if calendar(at) else 0
        if seconds <= length:
            return at + timedelta(seconds=seconds)
        seconds -= length
        at = end


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0) + HOUR


@dataclass
class Promise:
    """One agreement."""

    terms: Terms
    calendar: Calendar
    priority: Priority
    amount: int
    opened: datetime
    wallet: str | None  # of its client; the customer's of today without one
    customer: str
    responded: datetime | None = None
    delivered: datetime | None = None
    paused: datetime | None = None
    disputed: datetime | None = None
    in_pauses: int = 0  # seconds of the calendar's hours
    credit: int = 0
    given_back: int = 0  # of a fee, before the end
    overruns: dict[str, int] = field(default_factory=dict)  # seconds too late, by clock
    outcome: Settlement | None = None
    divided: tuple[int, int, int] = (0, 0, 0)  # to the provider, the client and the arbiter

    @property
    def stake(self) -> int:
        return self.share(_bps(self.terms.max_credit)) if self.terms.bonded else self.amount

    @property
    def due_to_client(self) -> int:
        """What the clocks have said so far."""
        return self.share(self.credit)

    def share(self, bps: int) -> int:
        """Of the amount, rounded up."""
        return -(-self.amount * bps // ALL)

    # The clocks

    def elapsed(self, now: datetime) -> int:
        return worked(self.calendar, self.opened, now) - self._in_pauses(now)

    def on_time(self, now: datetime) -> bool:
        return self.elapsed(now) <= self._target.resolution // SECOND

    def respond(self, now: datetime) -> None:
        if self.responded is None:
            self._stop_response(now)
            self.responded = now

    def pause(self, now: datetime) -> None:
        self.respond(now)
        self.paused = now

    def resume(self, now: datetime) -> None:
        self.in_pauses = self._in_pauses(now)
        self.paused = None

    def deliver(self, now: datetime) -> None:
        self.respond(now)
        self._stop(now)
        self.delivered = now

    def dispute(self, now: datetime) -> None:
        if self.delivered is None:
            self._stop(now)
        self.disputed = now

    def _stop(self, now: datetime) -> None:
        self.resume(now)
        if self.responded is None:
            self._stop_response(now)
        late = self.elapsed(now) - self._target.resolution // SECOND
        if late > 0:
            hours = late // 3_600
            self._breach("resolution", late, self.terms.late_resolution)
            self._add(_bps(self.terms.per_hour) * hours)

    def _stop_response(self, now: datetime) -> None:
        promised = self._target.response
        if promised is None:
            return
        late = worked(self.calendar, self.opened, now) - promised // SECOND
        if late > 0:
            self._breach("response", late, self.terms.late_response)

    def _breach(self, clock: str, late: int, credit: Decimal) -> None:
        self.overruns[clock] = late
        self._add(_bps(credit))

    def _add(self, bps: int) -> None:
        self.credit = min(self.credit + bps, _bps(self.terms.max_credit))

    def _in_pauses(self, now: datetime) -> int:
        if self.paused is None:
            return self.in_pauses
        more = worked(self.calendar, self.paused, now)
        return min(self.in_pauses + more, self.terms.max_pause // SECOND)

    @property
    def _target(self) -> Target:
        return self.terms.target(self.priority)

    # The end

    def may(self, now: datetime) -> str | None:
        """What anyone may do to end it now."""
        terms = self.terms
        if self.disputed is not None:
            return "expire" if now > self.disputed + terms.ruling else None
        if self.delivered is not None:
            return "finalize" if now > self.delivered + terms.review else None
        limit = (self._target.resolution + terms.max_pause) // SECOND
        passed = worked(self.calendar, self.opened, max(self.opened, now - terms.review))
        return "reclaim" if passed > limit else None

    def end(self, outcome: Settlement, provider_bps: int | None = None) -> None:
        """Divides the stake; ``provider_bps`` is what the parties or the arbiter said."""
        stake, to_arbiter = self.stake, 0
        if outcome in BY_CLOCKS:
            to_client = self.due_to_client
        elif outcome is Settlement.EXPIRED:
            kept = stake * _bps(self.terms.default_provider) // ALL
            to_client = max(stake - kept, self.due_to_client)
        elif provider_bps is None:  # given up, reclaimed
            to_client = stake
        else:
            if outcome is Settlement.RULED:
                to_arbiter = stake * _bps(self.terms.arbiter_fee) // ALL
            to_client = stake - to_arbiter - (stake - to_arbiter) * provider_bps // ALL
        self.outcome = outcome
        self.divided = (stake - to_client - to_arbiter, to_client, to_arbiter)


@dataclass
class Promises:
    """All agreements of one provider in one token, and where the money is."""

    provider: str
    arbiter: str
    made: dict[str, Promise] = field(default_factory=dict)  # by the agreement's id
    wallets: dict[str, str] = field(default_factory=dict)  # of customers who were linked to one
    held: Counter[Account] = field(default_factory=Counter)

    def move(self, amount: int, source: Account, target: Account) -> None:
        self.held[source] -= amount
        self.held[target] += amount

    def bring(self, amount: int, account: str) -> None:
        """Money that a wallet has from elsewhere."""
        self.move(amount, OUTSIDE, ("wallet", account))

    def deposit(self, amount: int) -> None:
        self.move(amount, ("wallet", self.provider), BOND)

    def open(self, number: str, promise: Promise) -> None:
        self.made[number] = promise
        self.move(promise.stake, self._funder(promise), ("stake", number))

    def concede(self, number: str, left: int) -> None:
        """The provider gives back what is above ``left`` of a fee."""
        promise = self.made[number]
        promise.given_back = promise.amount - left
        self.move(promise.given_back, ("stake", number), self._payee(promise))
        promise.amount = left

    def settle(self, number: str, outcome: Settlement, provider_bps: int | None = None) -> None:
        promise = self.made[number]
        promise.end(outcome, provider_bps)
        bonded = promise.terms.bonded
        to_provider, to_client, to_arbiter = promise.divided
        stake = ("stake", number)
        self.move(to_provider, stake, BOND if bonded else ("wallet", self.provider))
        self.move(to_client, stake, self._payee(promise))
        self.move(to_arbiter, stake, ("wallet", self.arbiter))

    def claim(self, customer: str) -> int:
        """What waited goes to the wallet that the customer has now."""
        source = ("waiting", customer)
        amount = self.held[source]
        self.move(amount, source, ("wallet", self.wallets[customer]))
        return amount

    def running(self) -> list[str]:
        return [number for number, each in self.made.items() if each.outcome is None]

    def due(self, now: datetime) -> dict[str, str]:
        """What anyone may do now: the verb by the agreement or, to claim, the customer."""
        found = {each: self.made[each].may(now) for each in self.running()}
        due = {number: verb for number, verb in found.items() if verb is not None}
        return due | {each: "claim" for each in self.waiting() if each in self.wallets}

    def waiting(self) -> dict[str, int]:
        """What waits, by customer."""
        return {who: n for (place, who), n in self.held.items() if place == "waiting" and n}

    def _funder(self, promise: Promise) -> Account:
        return BOND if promise.terms.bonded else ("wallet", str(promise.wallet))

    def _payee(self, promise: Promise) -> Account:
        wallet = promise.wallet or self.wallets.get(promise.customer)
        return ("waiting", promise.customer) if wallet is None else ("wallet", wallet)


def _bps(percent: Decimal) -> int:
    return int(percent * 100)
