"""Payments that a customer makes once, measured beside the floor of their promise.

Whoever is paid held some of the token before; points are earned where the operation says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from bench.gas.chain import Contract
from bench.gas.figures import Operation
from bench.gas.floor import Line, changed, fresh, log, moved, read, recovery
from bench.gas.money import PRICE, Money
from bench.gas.packages import BenchError
from bench.gas.suite import DAY, DEADLINE_SECONDS, NOBODY, Suite, ref, wallet

PART = PRICE // 5
SHARE = 500  # basis points
_HELD = 7 * DAY
_PAYER = 300  # wallets of other numbers are used elsewhere in the run
_SPLIT = keccak(text="Split(address recipient,uint16 bps)")

STATE = "what became of the order"
Splits = tuple[tuple[str, int], ...]


@dataclass
class _Shop:
    """A merchant, and payers who were not there before."""

    suite: Suite
    orders: int = 0

    @property
    def money(self) -> Money:
        return self.suite.money

    @property
    def contract(self) -> Contract:
        return self.suite.payments

    def payer(self) -> str:
        self.orders += 1
        return self.money.customer(f"payer {self.orders}", self.contract)

    def order(
        self, payer: str, *, splits: Splits = (), held: bool = False, customer: bytes = NOBODY
    ) -> tuple[Any, ...]:
        """An order of the one price, as the contract takes it."""
        token, merchant = self.money.token.address, self.money.merchant
        capture_by = self.suite.chain.now + _HELD if held else 0
        times = (DEADLINE_SECONDS, capture_by, DEADLINE_SECONDS)
        digest = keccak(b"".join(_split(*each) for each in splits))
        number = ref(f"order {self.orders}")
        return (merchant, payer, token, PRICE, number, *times, digest, customer)

    def paid(self, customer: bytes = NOBODY) -> tuple[Any, ...]:
        payer = self.payer()
        order = self.order(payer, customer=customer)
        self.contract.send(payer, "pay", order, [])
        return order

    def held(self) -> tuple[Any, ...]:
        payer = self.payer()
        order = self.order(payer, held=True)
        self.contract.send(payer, "authorize", order, [])
        return order

    def expect(self, order: tuple[Any, ...], state: int) -> None:
        """
        Raises:
            BenchError: The order is in another state.
        """
        met = self.contract.call("payment", self.contract.call("idOf", order))[2]
        if met != state:
            raise BenchError(f"an order is in state {met}, not {state}")


AUTHORIZED, CAPTURED, RELEASED = 1, 2, 3


def measure(suite: Suite) -> None:
    """Every operation of payments, each transaction checked for the money that it moved."""
    shop = _Shop(suite)
    suite.money.allow(suite.money.merchant, shop.contract.address)
    _paid(shop)
    _split_and_signed(shop)
    _held(shop)
    _refunded(shop)
    _earned(shop)


def _split(recipient: str, bps: int) -> bytes:
    word = bytes.fromhex(recipient[2:]).rjust(32, b"\0")
    return keccak(_SPLIT + word + bps.to_bytes(32, "big"))


def _lines(shop: _Shop, event: str, splits: int = 0) -> tuple[Line, ...]:
    told = log(shop.contract.abi, event, items=splits)
    return (fresh(STATE), moved(shop.money.token.abi, "the price"), told)


def _paid(shop: _Shop) -> None:
    suite, money, contract = shop.suite, shop.money, shop.contract
    payer = shop.payer()
    order = shop.order(payer)
    with money.moving("a payment", {payer: -PRICE, money.merchant: PRICE}):
        call = (contract, "pay", order, [])
        suite.measure(Operation.PAY, _lines(shop, "Paid"), *call, sender=payer)
        suite.measure(Operation.PAY_RETRIED, (read(STATE),), *call, sender=payer)
    shop.expect(order, CAPTURED)


def _split_and_signed(shop: _Shop) -> None:
    suite, money, contract = shop.suite, shop.money, shop.contract
    recipients = [money.holder(name) for name in ("affiliate", "partner")]
    splits = tuple((recipient, SHARE) for recipient in recipients)
    payer = shop.payer()
    order = shop.order(payer, splits=splits)
    again = [moved(money.token.abi, "a share", first=False) for _ in splits]
    lines = (*_lines(shop, "Paid", len(splits)), *again)
    share = PRICE * SHARE // 10_000
    gains = {money.merchant: PRICE - 2 * share} | dict.fromkeys(recipients, share)
    with money.moving("a payment with splits", {payer: -PRICE} | gains):
        suite.measure(Operation.PAY_SPLIT, lines, contract, "pay", order, splits, sender=payer)

    account = wallet(_PAYER)
    shop.orders += 1
    money.token.send(suite.chain.fund(account.address), "mint", account.address, 2 * PRICE)
    money.allow(account.address, contract.address)
    order = shop.order(account.address)
    signed = bytes(account.unsafe_sign_hash(contract.call("idOf", order)).signature)
    lines = (*_lines(shop, "Paid"), recovery("the payer's"))
    with money.moving("a signed payment", {account.address: -PRICE, money.merchant: PRICE}):
        suite.measure(Operation.PAY_SIGNED, lines, contract, "payBySig", order, [], signed)


def _held(shop: _Shop) -> None:
    suite, money, contract = shop.suite, shop.money, shop.contract
    shop.held()  # somebody else's, so that the contract holds some before
    payer = shop.payer()
    order = shop.order(payer, held=True)
    lines = _lines(shop, "Authorized")
    with money.moving("an authorisation", {payer: -PRICE, contract.address: PRICE}):
        suite.measure(Operation.AUTHORIZE, lines, contract, "authorize", order, [], sender=payer)
    shop.expect(order, AUTHORIZED)
    out = moved(money.token.abi, "the price", allowed=False)

    lines = (changed(STATE), out, log(contract.abi, "Captured"))
    merchant = money.merchant
    with money.moving("a capture", {contract.address: -PRICE, merchant: PRICE}):
        call = (contract, "capture", order, [], PRICE)
        suite.measure(Operation.CAPTURE, lines, *call, sender=merchant)
    shop.expect(order, CAPTURED)

    order = shop.held()
    rest = moved(money.token.abi, "the rest", first=False, allowed=False)
    with money.moving("a capture in part", {merchant: PART, order[1]: PRICE - PART}):
        call = (contract, "capture", order, [], PART)
        suite.measure(Operation.CAPTURE_PART, (*lines, rest), *call, sender=merchant)

    order = shop.held()
    lines = (changed(STATE), out, log(contract.abi, "Voided"))
    with money.moving("a void", {contract.address: -PRICE, order[1]: PRICE}):
        suite.measure(Operation.VOID, lines, contract, "void", order, sender=merchant)
    shop.expect(order, RELEASED)


def _refunded(shop: _Shop) -> None:
    suite, money, contract, merchant = shop.suite, shop.money, shop.contract, shop.money.merchant
    order = shop.paid()
    lines = (
        changed(STATE),
        moved(money.token.abi, "what is given back"),
        log(contract.abi, "Refunded"),
    )
    with money.moving("a refund", {merchant: -PART, order[1]: PART}):
        call = (contract, "refund", order, PART)
        suite.measure(Operation.PAYMENT_REFUND, lines, *call, sender=merchant)
        contract.send(merchant, "refund", order, PART)


def _earned(shop: _Shop) -> None:
    """The same with points, for customers who have some."""
    suite, money, contract, merchant = shop.suite, shop.money, shop.contract, shop.money.merchant
    other, one = suite.existing(2)
    earlier = shop.paid(other)
    contract.send(merchant, "refund", earlier, PART)

    payer, before = shop.payer(), suite.balance(one)
    order = shop.order(payer, customer=one)
    lines = (*_lines(shop, "Paid"), *suite.earning())
    with money.moving("a payment that earns", {payer: -PRICE, merchant: PRICE}):
        suite.measure(Operation.PAY_EARN, lines, contract, "pay", order, [], sender=payer)
    earned = suite.balance(one) - before
    if earned <= 0:
        raise BenchError("a payment earned nothing, where the table says that it earns")
    lines = (
        changed(STATE),
        moved(money.token.abi, "what is given back"),
        log(contract.abi, "Refunded"),
        *suite.unearning(),
    )
    call = (contract, "refund", order, PART)
    suite.measure(Operation.PAYMENT_REFUND_EARN, lines, *call, sender=merchant)
    if suite.balance(one) - before != earned - earned * PART // PRICE:
        raise BenchError("a refund took back other than its share of the points")
