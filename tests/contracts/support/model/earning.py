"""Sales that earn points as they happen, in plain Python, from the prose of IEarning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.custody import Mover
from tests.contracts.support.model.earn import EarnModel
from tests.contracts.support.model.ledger import Ledger
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.reasons import reason

NO_CUSTOMER = bytes(32)


class SalesModel(Mover):
    """A contract through which customers pay. Points never stop money."""

    def __init__(
        self, chain: Ledger, at: Contract, rules: EarnModel, tokens: dict[str, TokenModel]
    ) -> None:
        super().__init__(chain, at, tokens)
        self.rules = rules

    def earn(self, merchant: str, customer: bytes, ref: bytes, asset: bytes, amount: int) -> None:
        if amount:
            sale = (merchant, customer, ref, asset, amount)
            self._ask(customer, ref, self.rules.earnOnSale, *sale)

    def unearn(self, customer: bytes, ref: bytes, asset: bytes, amount: int, back: int) -> None:
        if back:
            self._ask(customer, ref, self.rules.reverse, customer, ref, asset, amount, back)

    def _ask(self, customer: bytes, ref: bytes, verb: Callable[..., Any], *args: Any) -> None:
        if customer == NO_CUSTOMER:
            return
        try:
            self.chain.within(verb, self.address, *args)
        except Refused as refusal:
            self.emit("EarnSkipped", customer, ref, reason(refusal.name))
