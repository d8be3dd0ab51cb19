"""Payments in plain Python, from the prose of IPayments."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from tests.contracts.support import wallets
from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.custody import Custody
from tests.contracts.support.model.earn import EarnModel, asset_of, field
from tests.contracts.support.model.earning import SalesModel
from tests.contracts.support.model.ledger import Ledger, Signed
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.registry import NOBODY

ALL = 10_000
MAX_SPLITS = 4
MAX_HOLD = 365 * 86_400
Split = tuple[str, int]


class State(IntEnum):
    """As in the interface."""

    NONE = 0
    AUTHORIZED = 1
    CAPTURED = 2
    RELEASED = 3


class Order(NamedTuple):
    """As in the interface."""

    merchant: str
    payer: str
    token: str
    amount: int
    orderId: bytes
    payBy: int
    captureBy: int
    refundUntil: int
    splitsHash: bytes
    customerId: bytes


class Payment(NamedTuple):
    """As in the interface."""

    captured: int = 0
    refunded: int = 0
    state: int = State.NONE


def splits_hash(splits: list[Split]) -> bytes:
    return keccak(b"".join(wallets.struct_digest("Split", split) for split in splits))


def shares(amount: int, splits: list[Split]) -> list[Split]:
    """Who gets how much of it besides the merchant; each share is rounded down."""
    return [(recipient, amount * bps // ALL) for recipient, bps in splits]


class PaymentsModel(SalesModel, Custody):
    """What became of orders, and what is owed."""

    contract = "Payments"

    def __init__(
        self, chain: Ledger, at: Contract, rules: EarnModel, tokens: dict[str, TokenModel]
    ) -> None:
        super().__init__(chain, at, rules, tokens)
        self.payments: dict[bytes, Payment] = chain.table()
        self.orders: dict[bytes, Order] = chain.table()
        self.keeps_debts()

    def id_of(self, order: Order) -> bytes:
        return wallets.intent_digest(self.at, "Order", order)

    def payment(self, order_id: bytes) -> Payment:
        return self.payments.get(order_id, Payment())

    def obligations(self, token: str) -> int:
        """What is authorised and owed in a token."""
        held = sum(
            self.orders[key].amount
            for key, payment in self.payments.items()
            if payment.state == State.AUTHORIZED and self.orders[key].token == token
        )
        return held + self.owed_in(token)

    # Paying

    def pay(self, sender: str, order: Order, splits: list[Split]) -> bool:
        self._only_payer(order, sender)
        return self._pay(order, splits)

    def payBySig(self, _sender: str, order: Order, splits: list[Split], signed: Signed) -> bool:
        if self._signed_anew(order, signed):
            return self._pay(order, splits)
        return False

    def authorize(self, sender: str, order: Order, splits: list[Split]) -> bool:
        self._only_payer(order, sender)
        return self._authorize(order, splits)

    def authorizeBySig(
        self, _sender: str, order: Order, splits: list[Split], signed: Signed
    ) -> bool:
        if self._signed_anew(order, signed):
            return self._authorize(order, splits)
        return False

    def _signed_anew(self, order: Order, signed: Signed) -> bool:
        """False if the order is known already, and then the signature does not matter."""
        key = self.id_of(order)
        if self.payment(key).state != State.NONE:
            return False
        self.chain.check_intent(order.payer, (key,), order.payBy, signed)
        return True

    def _pay(self, order: Order, splits: list[Split]) -> bool:
        key = self.id_of(order)
        if self.payment(key).state != State.NONE:
            return False
        if order.captureBy != 0:
            raise Refused("BadOrder", field("captureBy"))
        self._payable(order, splits)
        self._keep(key, order, Payment(order.amount, 0, State.CAPTURED))
        self._tell("Paid", key, order, splits)
        for recipient, share in [*shares(order.amount, splits), self._rest(order, splits)]:
            self._take(order, order.payer, recipient, share)
        self._earn(key, order, order.amount)
        return True

    def _authorize(self, order: Order, splits: list[Split]) -> bool:
        key = self.id_of(order)
        if self.payment(key).state != State.NONE:
            return False
        if not self.chain.now < order.captureBy <= self.chain.now + MAX_HOLD:
            raise Refused("BadOrder", field("captureBy"))
        self._payable(order, splits)
        self._keep(key, order, Payment(0, 0, State.AUTHORIZED))
        self._tell("Authorized", key, order, splits)
        self.tokens[order.token].pull(self.address, order.payer, self.address, order.amount)
        return True

    # What became of an authorisation

    def capture(self, sender: str, order: Order, splits: list[Split], amount: int) -> bool:
        key = self._of_merchant(order, sender)
        present = self.payment(key)
        if (present.state, present.captured) == (State.CAPTURED, amount):
            return False
        if present.state != State.AUTHORIZED:
            raise Refused("BadState", key, present.state)
        if amount == 0:
            raise Refused("ZeroAmount")
        if amount > order.amount:
            raise Refused("OverCapture", amount, order.amount)
        if self.chain.now > order.captureBy:
            raise Refused("TooLate", self.chain.now, order.captureBy)
        self._splits_fit(order, splits)
        self.payments[key] = Payment(amount, 0, State.CAPTURED)
        self.emit("Captured", key, amount, order.amount - amount)
        for recipient, share in shares(amount, splits):
            self.give(order.token, recipient, share)
        self.give(order.token, *self._rest(order, splits, amount))
        self.give(order.token, order.payer, order.amount - amount)
        self._earn(key, order, amount)
        return True

    def void(self, sender: str, order: Order) -> bool:
        key = self._of_merchant(order, sender)
        return self._release(key, order, "Voided")

    def reclaim(self, _sender: str, order: Order) -> bool:
        key = self.id_of(order)
        in_time = self.chain.now <= order.captureBy
        if self.payment(key).state == State.AUTHORIZED and in_time:
            raise Refused("TooEarly", self.chain.now, order.captureBy + 1)
        return self._release(key, order, "Reclaimed")

    def _release(self, key: bytes, order: Order, event: str) -> bool:
        present = self.payment(key)
        if present.state == State.RELEASED:
            return False
        if present.state != State.AUTHORIZED:
            raise Refused("BadState", key, present.state)
        self.payments[key] = present._replace(state=State.RELEASED)
        self.emit(event, key)
        self.give(order.token, order.payer, order.amount)
        return True

    # Giving back

    def refund(self, sender: str, order: Order, total: int) -> bool:
        key = self._of_merchant(order, sender)
        present = self.payment(key)
        if present.state != State.CAPTURED:
            raise Refused("BadState", key, present.state)
        if total > present.captured:
            raise Refused("OverRefund", total, present.captured)
        if total <= present.refunded:
            return False
        if self.chain.now > order.refundUntil:
            raise Refused("TooLate", self.chain.now, order.refundUntil)
        self.payments[key] = present._replace(refunded=total)
        self.emit("Refunded", key, total)
        self._take(order, order.merchant, order.payer, total - present.refunded)
        asset = asset_of(order.token)
        self.unearn(order.customerId, key, asset, present.captured, total)
        return True

    # What they share

    def _keep(self, key: bytes, order: Order, payment: Payment) -> None:
        self.payments[key] = payment
        self.orders[key] = order

    def _tell(self, event: str, key: bytes, order: Order, splits: list[Split]) -> None:
        told: tuple[Any, ...] = (tuple(order), tuple(tuple(split) for split in splits))
        self.emit(event, key, order.merchant, order.payer, *told)

    @staticmethod
    def _rest(order: Order, splits: list[Split], amount: int | None = None) -> Split:
        whole = order.amount if amount is None else amount
        return order.merchant, whole - sum(share for _, share in shares(whole, splits))

    def _take(self, order: Order, owner: str, to: str, amount: int) -> None:
        """Straight to the recipient; one who cannot receive is credited."""
        token = self.tokens[order.token]
        if amount and not token.try_pull(self.address, owner, to, amount):
            self.credit(order.token, to, amount)
            token.pull(self.address, owner, self.address, amount)

    def _earn(self, key: bytes, order: Order, amount: int) -> None:
        self.earn(order.merchant, order.customerId, key, asset_of(order.token), amount)

    @staticmethod
    def _only_payer(order: Order, sender: str) -> None:
        if sender != order.payer:
            raise Refused("NotPayer", order.payer, sender)

    def _of_merchant(self, order: Order, sender: str) -> bytes:
        if sender != order.merchant:
            raise Refused("NotMerchant", order.merchant, sender)
        return self.id_of(order)

    def _payable(self, order: Order, splits: list[Split]) -> None:
        if order.amount == 0:
            raise Refused("ZeroAmount")
        if self.chain.now > order.payBy:
            raise Refused("Expired", order.payBy, self.chain.now)
        if order.merchant in (NOBODY, self.address):
            raise Refused("BadOrder", field("merchant"))
        if order.merchant == order.payer:
            raise Refused("BadOrder", field("payer"))
        self._splits_fit(order, splits)

    def _splits_fit(self, order: Order, splits: list[Split]) -> None:
        never = (NOBODY, self.address, order.payer)
        fit = (
            len(splits) <= MAX_SPLITS
            and splits_hash(splits) == order.splitsHash
            and not any(recipient in never for recipient, _ in splits)
            and sum(bps for _, bps in splits) <= ALL
        )
        if not fit:
            raise Refused("BadSplits")
