"""Orders that customers pay, as the merchant writes them and as their wallets sign them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.support.wallets import Wallet, digest

SPLIT = keccak(text="Split(address recipient,uint16 bps)")
NONE, AUTHORIZED, CAPTURED, RELEASED = range(4)  # states of an order
NO_CUSTOMER = bytes(32)


@dataclass(frozen=True)
class Order:
    """One order and its splits; times are Unix seconds, the amount is in smallest units."""

    merchant: str
    payer: str
    token: str
    amount: int
    order_id: bytes
    pay_by: int
    capture_by: int
    refund_until: int
    splits: tuple[tuple[str, int], ...]
    customer: bytes

    @property
    def struct(self) -> tuple[Any, ...]:
        """As the contract's struct."""
        return (*self._before, self.splits_hash, self.customer)

    @property
    def args(self) -> tuple[Any, ...]:
        """What `pay`, `authorize` and, with an amount, `capture` take."""
        return (self.struct, self.split_list)

    @property
    def split_list(self) -> list[tuple[str, int]]:
        return list(self.splits)

    @property
    def splits_hash(self) -> bytes:
        """Written out here so that the contract's is checked by it."""
        hashes = [
            keccak(encode(["bytes32", "address", "uint16"], [SPLIT, recipient, bps]))
            for recipient, bps in self.splits
        ]
        return bytes(keccak(b"".join(hashes)))

    def id(self, payments: Any) -> bytes:
        """The digest that the payer signs, which is the order's id."""
        return digest(payments, "Order", self._fields)

    def signed(self, payments: Any, by: Wallet, **options: Any) -> tuple[Any, ...]:
        """The arguments of `payBySig` and `authorizeBySig`."""
        return (*self.args, by.sign(payments, "Order", *self._fields, **options))

    def told(self, payments: Any) -> dict[str, Any]:
        """The arguments of `Paid` and `Authorized`."""
        return {
            "id": self.id(payments),
            "merchant": self.merchant,
            "payer": self.payer,
            "order": self.struct,
            "splits": self.splits,
        }

    def but(self, **changes: Any) -> Order:
        """The same order with some terms changed."""
        return replace(self, **changes)

    @property
    def _before(self) -> tuple[Any, ...]:
        times = (self.pay_by, self.capture_by, self.refund_until)
        return (self.merchant, self.payer, self.token, self.amount, self.order_id, *times)

    @property
    def _fields(self) -> tuple[Any, ...]:
        return (*self._before, self.splits, self.customer)
