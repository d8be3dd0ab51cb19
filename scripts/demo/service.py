"""What became of the desk's year, from the ledger; and whether the chain says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rapport import Client, units
from rapport.chain import Read
from rapport.models import Event
from rapport.sla import Priority, Settlement, State
from scripts.demo.money import Money
from scripts.demo.promises import BOND, BY_CLOCKS, OUTSIDE, Account, Promise, Promises
from scripts.demo.tickets import LINES, Ticket

CONTRACT = "SLAEscrow"

_CLOCKS = ("response", "resolution")  # in the contract's order
_SETTLEMENTS, _STATES = tuple(Settlement), tuple(State)


@dataclass(frozen=True)
class Kept:
    """The promises of one priority."""

    tickets: int
    answered: int  # where an answer is promised
    answered_late: int
    solved: int
    solved_late: int
    never: int  # given up, or reclaimed


@dataclass(frozen=True)
class Line:
    """The agreements under one policy. Amounts are what customers got."""

    title: str
    outcomes: Counter[Settlement]
    credits: int  # as the clocks said
    otherwise: int  # rulings, splits, what was given back, and what was never done


@dataclass(frozen=True)
class Service:
    """The year. Amounts are of the token's smallest unit."""

    priorities: dict[Priority, Kept]
    lines: list[Line]
    asked: int  # tickets that waited for the customer
    disputed: int
    walletless: int  # tickets of customers without a wallet
    ended: date
    claimed: int  # by customers who have a wallet by now
    brought: int  # into the wallets of all concerned
    wallets: int
    bond: int  # free, with the contract
    waiting: int  # with the contract,
    waits_for: int  # for so many customers
    held: int  # by the contract
    open: int  # agreements, at the end
    differing: int  # records, breaches, settlements and dues that are not as the ledger has them
    misplaced: int  # accounts that hold something else than the ledger says

    @property
    def agreements(self) -> int:
        return sum(each.tickets for each in self.priorities.values())

    @property
    def as_ledger(self) -> bool:
        return not (self.open or self.differing or self.misplaced)

    @property
    def adds_up(self) -> bool:
        in_place = self.wallets + self.bond + self.waiting == self.brought
        return self.as_ledger and in_place and self.held == self.bond + self.waiting


def look(
    client: Client,
    money: Money,
    ledger: Promises,
    tickets: Sequence[Ticket],
    customers: Mapping[str, str],
    *,
    differing: int,
    claimed: int,
    ended: datetime,
) -> Service:
    """
    Looks at every record, every event and every account. ``customers`` are their numbers by id,
    ``differing`` what was otherwise than in the ledger before.
    """
    made = list(ledger.made.values())
    found = _accounts(client, money, ledger, customers)
    misplaced = [each for each in found.keys() | ledger.held.keys() if each != OUTSIDE]
    waiting = [amount for (place, _), amount in found.items() if place == "waiting"]
    open_now = client.sla.list(state=State.OPEN)
    return Service(
        priorities={each: _kept(made, each) for each in Priority},
        lines=[_line(each.title, tickets, ledger) for each in LINES],
        asked=sum(each.in_pauses > 0 for each in made),
        disputed=sum(each.disputed is not None for each in made),
        walletless=sum(each.wallet is None for each in made),
        ended=ended.date(),
        claimed=claimed,
        brought=-ledger.held[OUTSIDE],
        wallets=sum(amount for (place, _), amount in found.items() if place == "wallet"),
        bond=found[BOND],
        waiting=sum(waiting),
        waits_for=sum(amount > 0 for amount in waiting),
        held=money.with_account(client.chain.contract(CONTRACT).address),
        open=len(open_now) + client.sla.bond(money.token).agreements,
        differing=differing + _differing(client, ledger.made),
        misplaced=sum(found.get(each, 0) != ledger.held[each] for each in misplaced),
    )


def _kept(made: Iterable[Promise], priority: Priority) -> Kept:
    some = [each for each in made if each.priority is priority]
    promised = [each for each in some if each.terms.target(priority).response]
    answered = [each for each in promised if each.responded or "response" in each.overruns]
    solved = [each for each in some if each.delivered or each.disputed]
    return Kept(
        tickets=len(some),
        answered=len(answered),
        answered_late=sum("response" in each.overruns for each in answered),
        solved=len(solved),
        solved_late=sum("resolution" in each.overruns for each in solved),
        never=len(some) - len(solved),
    )


def _line(title: str, tickets: Iterable[Ticket], ledger: Promises) -> Line:
    some = [ledger.made[each.agreement] for each in tickets if each.line.title == title]
    credits = sum(each.divided[1] for each in some if each.outcome in BY_CLOCKS)
    everything = sum(each.divided[1] + each.given_back for each in some)
    outcomes = Counter(each.outcome for each in some if each.outcome is not None)
    return Line(title, outcomes, credits, everything - credits)


def _accounts(
    client: Client, money: Money, ledger: Promises, customers: Mapping[str, str]
) -> dict[Account, int]:
    """What the chain says of every place where money could be."""
    wallets = [who for place, who in ledger.held if place == "wallet"]
    found: dict[Account, int] = {
        ("wallet", who): amount
        for who, amount in zip(wallets, money.with_accounts(wallets), strict=True)
    }
    about = [Read(CONTRACT, "owed", (ledger.provider, money.token))]
    about += [
        Read(CONTRACT, "waiting", (ledger.provider, bytes.fromhex(each[2:]), money.token))
        for each in customers
    ]
    bond, *waiting = client.chain.batch(about)
    return (
        found
        | {BOND: bond}
        | {("waiting", who): n for who, n in zip(customers.values(), waiting, strict=True)}
    )


def _differing(client: Client, made: Mapping[str, Promise]) -> int:
    """Agreements whose record, breaches or settlement are not as the ledger has them."""
    ids = {number: bytes.fromhex(number[2:]) for number in made}
    records = client.chain.batch([Read(CONTRACT, "agreement", (each,)) for each in ids.values()])
    late: dict[bytes, dict[str, int]] = {}
    for event in client.chain.events(CONTRACT, names=["Breached"]):
        late.setdefault(event.args["id"], {})[_CLOCKS[event.args["kind"]]] = event.args["overrun"]
    settled = {
        event.args["id"]: _division(event)
        for event in client.chain.events(CONTRACT, names=["Settled"])
    }
    return sum(
        _told(record) != _expected(promise)
        or late.get(number, {}) != promise.overruns
        or settled.get(number) != (promise.outcome, promise.divided)
        for record, number, promise in zip(records, ids.values(), made.values(), strict=True)
    )


def _division(event: Event) -> tuple[Settlement, tuple[int, ...]]:
    sides = tuple(event.args[f"to{side}"] for side in ("Provider", "Client", "Arbiter"))
    return _SETTLEMENTS[event.args["outcome"]], sides


def _told(record: Mapping[str, int]) -> tuple[object, ...]:
    times = [record[f"{name}At"] for name in ("opened", "responded", "delivered")]
    state = _STATES[record["state"]]
    return (*times, record["pausedTotal"], record["creditBps"], record["amount"], state)


def _expected(promise: Promise) -> tuple[object, ...]:
    moments = (promise.opened, promise.responded, promise.delivered)
    times = [0 if each is None else units.to_timestamp(each) for each in moments]
    return (*times, promise.in_pauses, promise.credit, promise.amount, State.SETTLED)
