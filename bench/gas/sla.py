"""Service levels, measured beside the floor of their promise.

Client, provider and arbiter held some of the token before. The clocks run on weekdays from nine to
five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.gas.chain import Contract
from bench.gas.figures import Operation
from bench.gas.floor import Line, changed, fresh, log, moved, read
from bench.gas.money import PRICE, Money
from bench.gas.packages import BenchError
from bench.gas.suite import DAY, DEADLINE_SECONDS, NOBODY, Suite, ref

HOUR = 3_600
REVIEW = 7 * DAY
RULING = 30 * DAY
LATE_BPS = 1_000
WEEKDAYS = sum(1 << (24 * day + hour) for day in range(5) for hour in range(9, 17))
TARGETS = ((HOUR,) * 4, (8 * HOUR,) * 4)

WHO = "the agreement: client, amount"
CLOCKS = "the agreement: policy, clocks, state"
MONEY = "the policy: token, shares"
WINDOWS = "the policy: arbiter, windows"
PROVIDER = "the policy: provider"
HOURS = "the policy: business hours"
SETTLED = 4


@dataclass
class _Desk:
    """A provider with a policy of each funding, and clients who were not there before."""

    suite: Suite
    provider: str
    arbiter: str
    tickets: int = 0

    @property
    def money(self) -> Money:
        return self.suite.money

    @property
    def contract(self) -> Contract:
        return self.suite.sla

    def publish(self, *, bonded: bool) -> None:
        money = (self.money.token.address, bonded, False, 500, 5_000, 500, LATE_BPS, 100)
        times = (self.arbiter, REVIEW, RULING, 40 * HOUR, WEEKDAYS, HOUR, 5_000)
        terms = (self.provider, 1, *money, *times, *TARGETS)
        self.contract.send(self.provider, "createPolicy", ref(f"policy {bonded}"), terms)

    def opening(self, client: str, policy: int) -> tuple[Any, ...]:
        self.tickets += 1
        about = (client, NOBODY, ref(f"ticket {self.tickets}"))
        return (policy, 0, PRICE, *about, DEADLINE_SECONDS)

    def client(self) -> str:
        return self.money.customer(f"client {self.tickets}", self.contract)

    def opened(self, *, bonded: bool = False) -> tuple[str, bytes]:
        """A client and the agreement with it."""
        client = self.client()
        opening = self.opening(client, 2 if bonded else 1)
        opener = self.provider if bonded else client
        self.contract.send(opener, "open", opening)
        found: bytes = self.contract.call("idOf", opener, opening[5])
        return client, found

    def delivered(self, *, late: bool = False, bonded: bool = False) -> tuple[str, bytes]:
        client, agreement = self.opened(bonded=bonded)
        self.contract.send(self.provider, "respond", agreement)
        if late:
            self.suite.chain.wait(3 * DAY)
        self.contract.send(self.provider, "deliver", agreement, ref("evidence"))
        return client, agreement

    def over(self, agreement: bytes) -> None:
        """
        Raises:
            BenchError: The agreement is not settled.
        """
        if self.contract.call("agreement", agreement)[9] != SETTLED:
            raise BenchError("an agreement was settled and is not")


def measure(suite: Suite) -> None:
    """Every operation of service levels, checked for the money that it moved. Weeks pass."""
    chain, money = suite.chain, suite.money
    provider = money.customer("provider", suite.sla)
    desk = _Desk(suite, provider, money.holder("arbiter"))
    for bonded in (False, True):
        desk.publish(bonded=bonded)
    suite.sla.send(provider, "depositBond", money.token.address, 100 * PRICE)
    desk.opened()
    chain.wait(DAY - chain.now % DAY + 10 * HOUR)
    _opened(desk)
    _served(desk)
    _settled(desk)
    _disputed(desk)


def _opened(desk: _Desk) -> None:
    suite, contract = desk.suite, desk.contract
    terms = (read(PROVIDER), read(MONEY))
    record = (fresh(WHO), fresh(CLOCKS), *terms, log(contract.abi, "Opened"))
    client = desk.client()
    fee = moved(desk.money.token.abi, "the fee")
    with desk.money.moving("an opening", {client: -PRICE, contract.address: PRICE}):
        asked = (contract, "open", desk.opening(client, 1))
        suite.measure(Operation.SLA_OPEN, (*record, fee), *asked, sender=client)
    opening = desk.opening(desk.client(), 2)
    lines = (*record, read(HOURS), changed("the provider's free bond"))
    with desk.money.moving("an opening with a bond", {contract.address: 0}):
        asked = (contract, "open", opening)
        suite.measure(Operation.SLA_OPEN_BOND, lines, *asked, sender=desk.provider)


def _served(desk: _Desk) -> None:
    suite, contract = desk.suite, desk.contract
    terms = (read(WHO), changed(CLOCKS), read(PROVIDER), read(HOURS))
    _, agreement = desk.opened()
    lines = (*terms, read("the policy: responses"), log(contract.abi, "Responded"))
    call = (contract, "respond", agreement)
    suite.measure(Operation.SLA_RESPOND, lines, *call, sender=desk.provider)
    lines = (*terms, read("the policy: resolutions"), log(contract.abi, "Delivered"))
    call = (contract, "deliver", agreement, ref("evidence"))
    suite.measure(Operation.SLA_DELIVER, lines, *call, sender=desk.provider)


def _settled(desk: _Desk) -> None:
    suite, contract, money = desk.suite, desk.contract, desk.money
    token = money.token.abi
    own = moved(token, "the provider's", allowed=False)
    record = (read(WHO), changed(CLOCKS), read(MONEY), read(PROVIDER), read(WINDOWS))
    record = (*record, log(contract.abi, "Settled"))
    _, in_time = desk.delivered()
    client, late = desk.delivered(late=True)
    suite.chain.wait(REVIEW + HOUR)
    with money.moving("a settlement in time", {desk.provider: PRICE}):
        suite.measure(Operation.SLA_SETTLE, (*record, own), contract, "finalize", in_time)
    desk.over(in_time)
    # Two full hours are what a day of eight hours, three days after, is late at the least.
    before = money.balance(client)
    lines: tuple[Line, ...] = (*record, own, moved(token, "the credit", first=False, allowed=False))
    suite.measure(Operation.SLA_SETTLE_LATE, lines, contract, "finalize", late)
    desk.over(late)
    if money.balance(client) - before < PRICE * LATE_BPS // 10_000:
        raise BenchError("a late delivery paid no credit")


def _disputed(desk: _Desk) -> None:
    suite, contract, money = desk.suite, desk.contract, desk.money
    client, agreement = desk.delivered()
    record = (read(WHO), changed(CLOCKS), read(WINDOWS))
    lines: tuple[Line, ...] = (*record, log(contract.abi, "Disputed"))
    call = (contract, "dispute", agreement, NOBODY)
    suite.measure(Operation.SLA_DISPUTE, lines, *call, sender=client)
    token = money.token.abi
    shares = (
        moved(token, "the provider's", allowed=False),
        moved(token, "the client's", first=False, allowed=False),
        moved(token, "the arbiter's", first=False, allowed=False),
    )
    lines = (*record, read(MONEY), read(PROVIDER), *shares, log(contract.abi, "Settled"))
    fee = PRICE * 500 // 10_000
    with money.moving("a ruling", {desk.arbiter: fee, contract.address: -PRICE}):
        call = (contract, "resolve", agreement, 2_500)
        suite.measure(Operation.SLA_RESOLVE, lines, *call, sender=desk.arbiter)
    desk.over(agreement)
