"""The verbs of service levels, as they are measured.

Client, provider and arbiter hold some of the token before, as in the other chapters, and the
provider was paid for another agreement. The clocks run on weekdays from nine to five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.gas.measure import (
    ANY_AMOUNT,
    DEADLINE,
    PLENTY,
    Bench,
    Call,
    named,
    operation,
)
from tests.contracts.gas.payments import NOBODY
from tests.contracts.support import wallets
from tests.contracts.support.wallets import Wallet

FEE = 400 * 10**6
HOUR = 3_600
DAY = 24 * HOUR
REVIEW = 7 * DAY
RULING = 30 * DAY
WEEKDAYS = sum(1 << (24 * day + hour) for day in range(5) for hour in range(9, 17))
RESPONSE = (HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR)
RESOLUTION = (8 * HOUR, 16 * HOUR, 40 * HOUR, 80 * HOUR)
NOTHING = bytes(32)
EVIDENCE = named("evidence")
NO_ADDRESS = "0x" + 40 * "0"


@dataclass(frozen=True)
class Promise:
    """An agreement, who asked for it and who keeps it."""

    client: Wallet
    provider: Wallet
    arbiter: Wallet
    policy: int = 1
    customer: bytes = NOBODY

    @property
    def opening(self) -> tuple[Any, ...]:
        """As the contract takes it and the client signs it."""
        client = NO_ADDRESS if self.customer != NOBODY else self.client.address
        return (self.policy, 1, FEE, client, self.customer, named("ticket"), DEADLINE)

    @property
    def id(self) -> bytes:
        opener = self.client if self.policy == 1 else self.provider
        return keccak(encode(["address", "bytes32"], [opener.address, named("ticket")]))


def holder(bench: Bench, label: str) -> Wallet:
    """Somebody with plenty of the token, who lets the escrow take any amount."""
    held = wallets.plain(label)
    bench.do(bench.token("mint", held.address, PLENTY, by=held.address))
    escrow = bench.suite.contracts["SLAEscrow"].address
    bench.do(bench.token("approve", escrow, ANY_AMOUNT, by=held.address))
    return held


def sla(bench: Bench, verb: str, *arguments: Any, by: str) -> Call:
    return Call("SLAEscrow", verb, arguments, bench.suite.actors.get(by, by))


def publishing(bench: Bench, provider: Wallet, arbiter: Wallet, *, bonded: bool = False) -> Call:
    money = (bench.suite.token.address, bonded, False, 500, 5_000, 500, 1_000, 100)
    times = (arbiter.address, REVIEW, RULING, 40 * HOUR, WEEKDAYS, 3_600, 5_000)
    terms = (provider.address, 1, *money, *times, RESPONSE, RESOLUTION)
    name = "bonded policy" if bonded else "policy"
    return sla(bench, "createPolicy", named(name), terms, by=provider.address)


def desk(bench: Bench, **other: Any) -> Promise:
    """Policy 1 holds the fee, policy 2 a bond; neither has an agreement yet."""
    client, provider, arbiter = (holder(bench, who) for who in ("client", "provider", "arbiter"))
    for bonded in (False, True):
        bench.do(publishing(bench, provider, arbiter, bonded=bonded))
    token = bench.suite.token.address
    bench.do(sla(bench, "depositBond", token, PLENTY // 2, by=provider.address))
    # Somebody else's fee lies there already.
    somebody = Promise(holder(bench, "somebody else"), provider, arbiter)
    bench.do(opening(bench, somebody))
    return Promise(client, provider, arbiter, **other)


def opening(bench: Bench, one: Promise) -> Call:
    opener = one.client if one.policy == 1 else one.provider
    return sla(bench, "open", one.opening, by=opener.address)


def opened(bench: Bench, **other: Any) -> Promise:
    one = desk(bench, **other)
    bench.do(opening(bench, one))
    return one


def by_provider(bench: Bench, verb: str, one: Promise, *arguments: Any) -> Call:
    return sla(bench, verb, one.id, *arguments, by=one.provider.address)


def by_client(bench: Bench, verb: str, one: Promise, *arguments: Any) -> Call:
    return sla(bench, verb, one.id, *arguments, by=one.client.address)


def later(bench: Bench, seconds: int) -> None:
    bench.suite.evm.warp(bench.suite.evm.timestamp + seconds)


def responded(bench: Bench, after: int = 0, **other: Any) -> Promise:
    """Opened, answered at once, and then left alone for so many seconds."""
    one = opened(bench, **other)
    bench.do(by_provider(bench, "respond", one))
    later(bench, after)
    return one


def delivered(bench: Bench, after: int = 0, **other: Any) -> Promise:
    one = responded(bench, after, **other)
    bench.do(by_provider(bench, "deliver", one, EVIDENCE))
    return one


def finalizing(bench: Bench, after: int = 0, **other: Any) -> Call:
    one = delivered(bench, after, **other)
    later(bench, REVIEW + HOUR)
    return sla(bench, "finalize", one.id, by="stranger")


# Promises


@operation("createPolicy")
def create_policy(bench: Bench) -> Call:
    provider = holder(bench, "provider")
    arbiter = holder(bench, "arbiter")
    bench.do(publishing(bench, provider, arbiter))
    return publishing(bench, provider, arbiter, bonded=True)


@operation("depositBond")
def deposit_bond(bench: Bench) -> Call:
    one = desk(bench)
    token = bench.suite.token.address
    return sla(bench, "depositBond", token, FEE, by=one.provider.address)


@operation("open, a fee")
def open_with_fee(bench: Bench) -> Call:
    return opening(bench, desk(bench))


@operation("openBySig, a fee")
def open_by_sig(bench: Bench) -> Call:
    one = desk(bench)
    escrow = bench.suite.contracts["SLAEscrow"]
    signature = bytes(one.client.sign(escrow, "Open", *one.opening))
    return sla(bench, "openBySig", one.opening, signature, by="stranger")


@operation("open, a bond")
def open_with_bond(bench: Bench) -> Call:
    return opening(bench, desk(bench, policy=2))


@operation("open, a bond, for a customer without a wallet")
def open_for_customer(bench: Bench) -> Call:
    (customer,) = bench.customers()
    return opening(bench, desk(bench, policy=2, customer=customer))


@operation("open, again")
def open_again(bench: Bench) -> Call:
    return opening(bench, opened(bench))


# Service


@operation("respond")
def respond(bench: Bench) -> Call:
    return by_provider(bench, "respond", opened(bench))


@operation("awaitCustomer")
def await_customer(bench: Bench) -> Call:
    return by_provider(bench, "awaitCustomer", responded(bench))


@operation("resume")
def resume(bench: Bench) -> Call:
    one = opened(bench)
    bench.do(by_provider(bench, "awaitCustomer", one))
    later(bench, 3 * DAY)
    return by_client(bench, "resume", one)


@operation("deliver")
def deliver(bench: Bench) -> Call:
    return by_provider(bench, "deliver", responded(bench), EVIDENCE)


@operation("deliver, late")
def deliver_late(bench: Bench) -> Call:
    return by_provider(bench, "deliver", responded(bench, 7 * DAY), EVIDENCE)


@operation("deliver, ten years late")
def deliver_very_late(bench: Bench) -> Call:
    """What a clock costs does not depend on how long it ran."""
    return by_provider(bench, "deliver", responded(bench, 3_650 * DAY), EVIDENCE)


# Settling


@operation("accept, in time")
def accept(bench: Bench) -> Call:
    return by_client(bench, "accept", delivered(bench))


@operation("finalize, in time")
def finalize(bench: Bench) -> Call:
    return finalizing(bench)


@operation("finalize, late, a credit")
def finalize_late(bench: Bench) -> Call:
    return finalizing(bench, 7 * DAY)


@operation("finalize, a bond, in time")
def finalize_bonded(bench: Bench) -> Call:
    return finalizing(bench, policy=2)


@operation("finalize, a bond, late, a credit")
def finalize_bonded_late(bench: Bench) -> Call:
    return finalizing(bench, 7 * DAY, policy=2)


@operation("giveUp")
def give_up(bench: Bench) -> Call:
    return by_provider(bench, "giveUp", opened(bench))


@operation("reclaim")
def reclaim(bench: Bench) -> Call:
    one = opened(bench)
    later(bench, 60 * DAY)
    return sla(bench, "reclaim", one.id, by="stranger")


@operation("concede")
def concede(bench: Bench) -> Call:
    return by_provider(bench, "concede", opened(bench), FEE // 4)


@operation("acceptSplit")
def accept_split(bench: Bench) -> Call:
    one = opened(bench)
    bench.do(by_provider(bench, "proposeSplit", one, 5_000))
    return by_client(bench, "acceptSplit", one, 5_000)


# Disputes


@operation("dispute of a delivery")
def dispute(bench: Bench) -> Call:
    return by_client(bench, "dispute", delivered(bench), NOTHING)


@operation("dispute, with evidence")
def dispute_with_evidence(bench: Bench) -> Call:
    return by_client(bench, "dispute", delivered(bench), EVIDENCE)


def disputed(bench: Bench) -> Promise:
    one = delivered(bench)
    bench.do(by_client(bench, "dispute", one, EVIDENCE))
    return one


@operation("submitEvidence")
def submit_evidence(bench: Bench) -> Call:
    return by_provider(bench, "submitEvidence", disputed(bench), EVIDENCE)


@operation("resolve")
def resolve(bench: Bench) -> Call:
    one = disputed(bench)
    return sla(bench, "resolve", one.id, 2_500, by=one.arbiter.address)


@operation("expireDispute")
def expire_dispute(bench: Bench) -> Call:
    one = disputed(bench)
    later(bench, RULING + HOUR)
    return sla(bench, "expireDispute", one.id, by="stranger")


# Customers without a wallet


@operation("claim")
def claim(bench: Bench) -> Call:
    (customer,) = bench.customers()
    one = opened(bench, policy=2, customer=customer)
    bench.do(by_provider(bench, "giveUp", one))
    bench.wallet(customer, "client")
    token = bench.suite.token.address
    return sla(bench, "claim", one.provider.address, customer, token, by="stranger")
