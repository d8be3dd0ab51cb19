"""Whole-transaction gas of every verb, the same to the unit wherever it is measured.

Ids, references, signatures and timestamps are fixed, and each verb starts from the same deployed
suite after one transaction of its kind, so that what all customers share (an issuer's meter, an
allowance) was written before. A refund is taken off, the transaction's own 21,000 and its calldata
are in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from tests.contracts.gas.node import Node, Suite
from tests.contracts.support import wallets
from tests.contracts.support.suite import GENESIS, MERCHANT
from tests.contracts.support.wallets import Wallet

MONTHS = 3
BATCH = 100
NOW = GENESIS + 40 * 86_400 + 36_000  # 10 February 1997, 10:00 UTC
DUE = NOW + 30 * 86_400
DEADLINE = NOW + 365 * 86_400
POINTS = 500
AMOUNT = 50_000  # cents
PLENTY = 10**12  # of the token's smallest unit
ANY_AMOUNT = 2**256 - 1
USD = b"USD".ljust(32, b"\0")
RULE = (1, 100, 0, 100_000, 0, 2**40 - 1, 0, (10_000,) * 8)
RETURNABLE = (*RULE[:6], 30 * 86_400, RULE[7])


def named(text: str) -> bytes:
    """A fixed id or reference; random ones have as many zero bytes on average: one in 256."""
    return bytes(keccak(text=text))


@dataclass(frozen=True)
class Call:
    """The transaction that is measured, and for how many customers or orders."""

    contract: str
    verb: str
    arguments: tuple[Any, ...]
    by: str
    count: int = 1
    asked: bool = False
    """A view, and what it costs a contract that asks."""


class Bench:
    """The suite at the beginning of a measurement, and what verbs need to be done before."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        suite.reset()
        suite.evm.warp(NOW)

    def do(self, call: Call) -> int:
        """Sends a transaction, or lets a contract ask; returns its gas."""
        contract = self.suite.contracts[call.contract]
        if call.asked:
            return self.suite.ask(contract, call.verb, *call.arguments)
        return self.suite.evm.transact(call.by, contract.address, self.data(call))

    def data(self, call: Call) -> bytes:
        """The calldata of a call."""
        return self.suite.contracts[call.contract].functions[call.verb].encode(call.arguments)

    def by(self, role: str) -> str:
        return self.suite.actors[role]

    def registry(self, verb: str, *arguments: Any, by: str = "operator") -> Call:
        return Call("CustomerRegistry", verb, arguments, self.suite.actors.get(by, by))

    def points(self, verb: str, *arguments: Any, by: str = "issuer") -> Call:
        return Call("LoyaltyPoints", verb, arguments, self.suite.actors.get(by, by))

    def earn(self, verb: str, *arguments: Any, by: str = "recorder") -> Call:
        return Call("EarnRules", verb, arguments, self.suite.actors.get(by, by))

    def consents(self, verb: str, *arguments: Any, by: str = "operator") -> Call:
        return Call("ConsentRegistry", verb, arguments, self.suite.actors.get(by, by))

    def onboarding(self, verb: str, *arguments: Any, by: str = "operator") -> Call:
        return Call("Onboarding", verb, arguments, self.suite.actors.get(by, by))

    def payments(self, verb: str, *arguments: Any, by: str = "merchant") -> Call:
        return Call("Payments", verb, arguments, self.suite.actors.get(by, by))

    def subscriptions(self, verb: str, *arguments: Any, by: str = "merchant") -> Call:
        return Call("Subscriptions", verb, arguments, self.suite.actors.get(by, by))

    def token(self, verb: str, *arguments: Any, by: str) -> Call:
        return Call("TestToken", verb, arguments, self.suite.actors.get(by, by))

    # What was done before

    def customers(self, count: int = 1, prefix: str = "customer") -> list[bytes]:
        ids = [named(f"{prefix} {i}") for i in range(count)]
        self.do(self.registry("registerBatch", ids, named("root")))
        return ids

    def warm(self) -> None:
        """A first award of the epoch by each issuer, to somebody else."""
        (other,) = self.customers(1, "somebody else")
        self.do(self.points("award", other, named("first award"), 1, 0))

    def awarded(
        self, ids: list[bytes], name: str = "earlier", available_at: int = 0
    ) -> list[bytes]:
        refs = [named(f"{name} order {i}") for i in range(len(ids))]
        awards = [(one, ref, POINTS) for one, ref in zip(ids, refs, strict=True)]
        self.do(self.points("awardBatch", awards, available_at))
        return refs

    def wallet(self, customer: bytes, label: str = "wallet") -> Wallet:
        held = wallets.plain(label)
        self.do(self.linking(customer, held))
        return held

    def holder(self, label: str) -> Wallet:
        """Somebody who holds plenty of the token, and lets both tills take any amount."""
        held = MERCHANT if label == "merchant" else wallets.plain(label)
        self.do(self.token("mint", held.address, PLENTY, by=held.address))
        for till in (self.suite.payments, self.suite.subscriptions):
            self.do(self.token("approve", till.address, ANY_AMOUNT, by=held.address))
        return held

    def linking(self, customer: bytes, held: Wallet) -> Call:
        fields = (customer, held.address, 0, DEADLINE)
        return self.registry(
            "linkWallet", *fields, self._sign("registry", held, "LinkWallet", *fields)
        )

    def rule(self, rule: tuple[Any, ...] = RULE) -> None:
        self.do(self.earn("setPurchaseRule", USD, rule, by="rules"))
        (other,) = self.customers(1, "an early buyer")
        self.do(self.earn("earn", other, named("first order"), USD, AMOUNT))

    def _sign(self, contract: str, held: Wallet, *content: Any) -> bytes:
        return bytes(held.sign(getattr(self.suite, contract), *content))


Preparation = Callable[[Bench], Call]
OPERATIONS: dict[str, Preparation] = {}


def operation(name: str) -> Callable[[Preparation], Preparation]:
    """Puts a measurement under its name; the function prepares and returns the measured call."""

    def keep(prepare: Preparation) -> Preparation:
        OPERATIONS[name] = prepare
        return prepare

    return keep


@dataclass(frozen=True)
class Figure:
    """What an operation used: gas of the whole transaction, and what it had to carry."""

    gas: int
    count: int
    calldata: bytes
    abi: list[dict[str, Any]]


def measure() -> dict[str, Figure]:
    """Every operation, on a chain of its own."""
    found = {}
    with Node() as node:
        suite = Suite(node, MONTHS)
        for name, prepare in OPERATIONS.items():
            bench = Bench(suite)
            call = prepare(bench)
            abi = suite.contracts[call.contract].abi
            found[name] = Figure(bench.do(call), call.count, bench.data(call), abi)
    return found
