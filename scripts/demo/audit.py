"""What the chain proves, from its events and views alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from rapport import Client, units
from rapport.chain import Read
from rapport.models import Event
from rapport.records import Asset, ExpiringPoints
from scripts.demo.shop import Shop

POINTS, RULES = "LoyaltyPoints", "EarnRules"

_AT_ONCE = 400  # questions of one call


@dataclass(frozen=True)
class Effects:
    """Orders of the file beside the chain's: equal sets, unless something is counted below."""

    orders: int
    effects: int
    missing: int
    unknown: int
    wrong: int  # recorded for another customer, asset or amount
    twice: int

    @property
    def proved(self) -> bool:
        return self.orders == self.effects and not (
            self.missing or self.unknown or self.wrong or self.twice
        )


@dataclass(frozen=True)
class Ledger:
    """All points ever, and where they are. ``given`` equals what the rest adds up to."""

    awarded: int
    available: int
    pending: int
    redeemed: int
    expired: int
    reversed: int
    debt: int

    @property
    def adds_up(self) -> bool:
        return self.awarded == self.total

    @property
    def total(self) -> int:
        return (
            self.available + self.pending + self.redeemed + self.expired + self.reversed - self.debt
        )


def effects(client: Client, shop: Shop) -> Effects:
    """Compares every order with the one event that it should have."""
    expected = {}
    asset = Asset.named("USD")
    for order in shop.all_orders():
        person = client.directory.find(order.customer)
        expected[person.ref(order.key)] = (person.id, asset.key, asset.to_base(order.amount))
    met: dict[bytes, tuple[bytes, bytes, int]] = {}
    seen: Counter[bytes] = Counter()
    for event in client.chain.events(RULES, names=["Earned"]):
        ref = event.args["ref"]
        seen[ref] += 1
        met[ref] = (event.args["customerId"], event.args["asset"], event.args["amount"])
    return Effects(
        orders=len(expected),
        effects=sum(seen.values()),
        missing=len(expected.keys() - met.keys()),
        unknown=len(met.keys() - expected.keys()),
        wrong=sum(1 for ref in expected.keys() & met.keys() if expected[ref] != met[ref]),
        twice=sum(1 for count in seen.values() if count > 1),
    )


def ledger(client: Client, now: datetime) -> Ledger:
    """Adds the events up, and asks the contract what is left of them."""
    awarded, settled, taken_back, redeemed = 0, 0, 0, 0
    awards: dict[bytes, int] = {}
    totals: dict[bytes, int] = {}
    settlements: set[bytes] = set()
    for event in client.chain.events(POINTS):
        match event.name:
            case "Awarded":
                awarded += event.args["points"]
                if event.args["availableAt"] == 0:  # a welcome award is available at once
                    continue
                awards[event.args["ref"]] = event.args["points"]
            case "Settled":
                settlements.add(event.args["ref"])
                settled += event.args["points"]
            case "Reversed":
                totals[event.args["ref"]] = event.args["totalReversed"]
            case "Redeemed":
                redeemed += event.args["points"]
            case _:
                pass
    taken_back = sum(totals.values())
    pending = sum(
        points - totals.get(ref, 0) for ref, points in awards.items() if ref not in settlements
    )
    return Ledger(
        awarded=awarded,
        available=client.loyalty.liability().points,
        pending=pending,
        redeemed=redeemed,
        expired=sum(each.points for each in expired(client, now)),
        reversed=taken_back,
        debt=_debt(client.chain.events(POINTS, names=["DebtChanged"])),
    )


def expired(client: Client, now: datetime) -> list[ExpiringPoints]:
    """Points that were lost, by the end of their epoch, from the first award to ``now``."""
    chain = client.chain
    first = chain.block(1).timestamp
    begins, ends = chain.batch(
        [Read(POINTS, "epochAt", (units.to_timestamp(at),)) for at in (first, now)]
    )
    epochs = range(begins, ends)
    points = chain.batch([Read(POINTS, "outstanding", (epoch,)) for epoch in epochs])
    moments = chain.batch([Read(POINTS, "epochEnd", (epoch,)) for epoch in epochs])
    return [
        ExpiringPoints(lost, units.from_timestamp(moment))
        for lost, moment in zip(points, moments, strict=True)
        if lost
    ]


def ask_all(
    client: Client, contract: str, view: str, customers: list[str], *more: int
) -> list[int]:
    """What a view says of each of these customers, a few hundred to a call."""
    ids = [client.directory.find(each).id for each in customers]
    found: list[int] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        found += client.chain.batch([Read(contract, view, (each, *more)) for each in some])
    return found


def gas_of(client: Client, contract: str, name: str) -> int:
    """Gas of all transactions that wrote this event."""
    hashes = sorted({event.log.tx_hash for event in client.chain.events(contract, names=[name])})
    found = 0
    for start in range(0, len(hashes), 200):
        receipts = client.chain.receipts(hashes[start : start + 200])
        found += sum(receipt.gas_used for receipt in receipts if receipt is not None)
    return found


def _debt(events: list[Event]) -> int:
    owed = {event.args["customerId"]: event.args["debt"] for event in events}
    return sum(owed.values())
