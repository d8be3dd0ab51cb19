"""The verbs of payments, as they are measured.

Everybody holds some of the token before, so that no figure is of a first balance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eth_utils.crypto import keccak

from rapport.permits import Permit
from rapport.typed_data import Domain
from tests.contracts.gas.measure import (
    ANY_AMOUNT,
    DEADLINE,
    NOW,
    PLENTY,
    Bench,
    Call,
    named,
    operation,
)
from tests.contracts.support import wallets
from tests.contracts.support.evm import CHAIN_ID
from tests.contracts.support.suite import TOKEN
from tests.contracts.support.wallets import Wallet, struct_digest

PRICE = 25 * 10**6
PART = 10 * 10**6
CAPTURE_BY = NOW + 7 * 86_400
NOBODY = bytes(32)
Splits = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Order:
    """What a payer agrees to; paid at once unless there is a time to capture."""

    merchant: str
    payer: Wallet
    token: str
    splits: Splits = ()
    capture_by: int = 0
    customer: bytes = NOBODY
    name: str = "order"

    @property
    def terms(self) -> tuple[Any, ...]:
        """As the contract takes them: with the splits' digest."""
        digest = keccak(b"".join(struct_digest("Split", split) for split in self.splits))
        return (*self._before, digest, self.customer)

    @property
    def signed(self) -> tuple[Any, ...]:
        """As the payer signs them: with the splits themselves."""
        return (*self._before, self.splits, self.customer)

    @property
    def _before(self) -> tuple[Any, ...]:
        times = (DEADLINE, self.capture_by, DEADLINE)
        return (self.merchant, self.payer.address, self.token, PRICE, named(self.name), *times)


def order(bench: Bench, label: str = "payer", **terms: Any) -> Order:
    """An order of somebody who can pay it, at a merchant who was paid before."""
    merchant = bench.holder("merchant").address
    return Order(merchant, bench.holder(label), bench.suite.token.address, **terms)


def paying(bench: Bench, one: Order) -> Call:
    return bench.payments("pay", one.terms, one.splits, by=one.payer.address)


def paid(bench: Bench, label: str = "payer", **terms: Any) -> Order:
    one = order(bench, label, **terms)
    bench.do(paying(bench, one))
    return one


def authorizing(bench: Bench, one: Order) -> Call:
    return bench.payments("authorize", one.terms, one.splits, by=one.payer.address)


def held(bench: Bench, label: str = "payer", **terms: Any) -> Order:
    """An order whose amount is in custody, beside another's."""
    for name in ("somebody else", label):
        one = order(bench, name, capture_by=CAPTURE_BY, **terms)
        bench.do(authorizing(bench, one))
    return one


def split(bench: Bench) -> Splits:
    recipients = [bench.holder(name).address for name in ("affiliate", "partner")]
    return tuple((recipient, 500) for recipient in recipients)


# Paying


@operation("pay")
def pay(bench: Bench) -> Call:
    return paying(bench, order(bench))


@operation("pay, again")
def pay_again(bench: Bench) -> Call:
    return paying(bench, paid(bench))


@operation("payBySig")
def pay_by_sig(bench: Bench) -> Call:
    one = order(bench)
    signature = bytes(one.payer.sign(bench.suite.payments, "Order", *one.signed))
    return bench.payments("payBySig", one.terms, one.splits, signature, by="stranger")


@operation("permit and pay, at once")
def permit_and_pay(bench: Bench) -> Call:
    merchant, payer = bench.holder("merchant").address, wallets.plain("payer")
    bench.do(bench.token("mint", payer.address, PLENTY, by=payer.address))
    one = Order(merchant, payer, bench.suite.token.address)
    allowing = bench.payments("permit", *permitted(bench, payer, bench.suite.payments.address))
    calls = [bench.data(call) for call in (allowing, paying(bench, one))]
    return bench.payments("multicall", calls, by=payer.address)


def permitted(bench: Bench, owner: Wallet, spender: str) -> tuple[Any, ...]:
    """What `permit` takes: the owner's first permit, for any amount."""
    token = bench.suite.token.address
    deadline = datetime.fromtimestamp(DEADLINE, UTC)
    intent = Permit(owner.address, spender, ANY_AMOUNT, 0, deadline)
    digest = intent.digest(Domain(CHAIN_ID, token, TOKEN[0], "1"))
    raw = owner.key.sign_recoverable(digest, hasher=None)
    return token, owner.address, ANY_AMOUNT, DEADLINE, 27 + raw[64], raw[:32], raw[32:64]


@operation("pay, two splits")
def pay_split(bench: Bench) -> Call:
    return paying(bench, order(bench, splits=split(bench)))


# Authorising


@operation("authorize")
def authorize(bench: Bench) -> Call:
    held(bench, "somebody else")
    return authorizing(bench, order(bench, capture_by=CAPTURE_BY))


@operation("authorizeBySig")
def authorize_by_sig(bench: Bench) -> Call:
    held(bench, "somebody else")
    one = order(bench, capture_by=CAPTURE_BY)
    signature = bytes(one.payer.sign(bench.suite.payments, "Order", *one.signed))
    return bench.payments("authorizeBySig", one.terms, one.splits, signature, by="stranger")


@operation("capture, in full")
def capture(bench: Bench) -> Call:
    one = held(bench)
    return bench.payments("capture", one.terms, one.splits, PRICE)


@operation("capture, in part")
def capture_part(bench: Bench) -> Call:
    one = held(bench)
    return bench.payments("capture", one.terms, one.splits, PART)


@operation("capture, two splits")
def capture_split(bench: Bench) -> Call:
    one = held(bench, splits=split(bench))
    return bench.payments("capture", one.terms, one.splits, PRICE)


@operation("void")
def void(bench: Bench) -> Call:
    return bench.payments("void", held(bench).terms)


@operation("reclaim")
def reclaim(bench: Bench) -> Call:
    one = held(bench)
    bench.suite.evm.warp(CAPTURE_BY)
    return bench.payments("reclaim", one.terms, by="stranger")


# Giving back


@operation("refund of a payment, in part")
def refund_payment(bench: Bench) -> Call:
    return bench.payments("refund", paid(bench).terms, PART)


@operation("withdraw")
def withdraw(bench: Bench) -> Call:
    """What is owed to a merchant whom the token had blocked."""
    blocks = 10
    suite = bench.suite
    token = suite.evm.deploy("OddToken", TOKEN[2])
    suite.contracts[token.name] = token

    def tell(verb: str, *values: Any, by: str) -> None:
        bench.do(Call(token.name, verb, values, by))

    merchant, payer = bench.by("merchant"), wallets.plain("payer")
    for account in (merchant, payer.address, suite.payments.address):
        tell("mint", account, PLENTY, by=payer.address)
    tell("approve", suite.payments.address, ANY_AMOUNT, by=payer.address)
    one = Order(merchant, payer, token.address)
    tell("setBlocked", merchant, True, by=payer.address)
    tell("turn", blocks, by=payer.address)
    bench.do(paying(bench, one))
    tell("setBlocked", merchant, False, by=payer.address)
    tell("turn", 0, by=payer.address)
    return bench.payments("withdraw", token.address, merchant)


# Earning


def shoppers(bench: Bench) -> tuple[bytes, bytes]:
    """Two customers, the first of whom earned before: the epoch's totals were written."""
    other, one = bench.customers(2)
    paid(bench, "somebody else", customer=other, name="an earlier order")
    return one, other


@operation("pay and earn, new customer")
def pay_and_earn_new(bench: Bench) -> Call:
    one, _ = shoppers(bench)
    return paying(bench, order(bench, customer=one))


@operation("pay and earn, existing customer")
def pay_and_earn(bench: Bench) -> Call:
    one, _ = shoppers(bench)
    bench.awarded([one])
    return paying(bench, order(bench, customer=one))


@operation("refund of a payment that earned, in part")
def refund_earned(bench: Bench) -> Call:
    one, other = shoppers(bench)
    orders = [paid(bench, customer=one), paid(bench, "another payer", customer=other)]
    calls = [bench.payments("refund", each.terms, PART) for each in orders]
    bench.do(calls[1])
    return calls[0]
