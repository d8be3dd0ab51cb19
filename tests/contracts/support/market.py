"""The suite on a chain with several merchants, payers and moneys, and its model."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from tests.contracts.support import artifacts, wallets
from tests.contracts.support.model.money import FULL, TokenModel
from tests.contracts.support.model.payments import PaymentsModel
from tests.contracts.support.model.subscriptions import SubscriptionsModel
from tests.contracts.support.suite import MERCHANT, SALE_RULE, Deployment, Suite
from tests.contracts.support.wallets import Wallet

ODD = ("Guilder", "Crown")  # money that may turn odd
MONEYS = ("TestToken", *ODD)
START = 10**6  # of each money, to everybody
SELLERS = (MERCHANT, wallets.plain("merchant 1"))  # only the first one's sales earn points
UPGRADED = 5  # among the chain's wallets


class Market(Deployment):
    """Two odd moneys besides the suite's own; everybody has some of each and has approved it."""

    def __init__(self) -> None:
        super().__init__(1)
        for name in ODD:
            odd = replace(artifacts.load("OddToken"), name=name)
            self.contracts[name] = self.evm.deploy(odd, 6)
        self.payers: list[Wallet] = [*self.wallets[:3], self.wallets[UPGRADED]]
        self._fund()
        self._mark = self.evm.snapshot()

    @property
    def sales(self) -> tuple[str, str]:
        """Where money is paid to."""
        return self.payments.address, self.subscriptions.address

    def _fund(self) -> None:
        upgraded = self.payers[-1].address
        code = self.evm.code(upgraded)
        self.evm.set_code(upgraded, b"")  # an account with code cannot send here
        for money in (self.contracts[name] for name in MONEYS):
            for who in (*self.payers, *SELLERS):
                money.mint(who.address, START, sender=who.address)
                for spender in self.sales:
                    money.approve(spender, FULL, sender=who.address)
        self.evm.set_code(upgraded, code)


@cache
def market() -> Market:
    """Deployed once a process."""
    return Market()


class MarketSuite(Suite):
    """A suite with sales and their model."""

    chain: Market

    def __init__(self, chain: Market | None = None) -> None:
        super().__init__(chain=chain or market())
        self.moneys = [self._money(name) for name in MONEYS]
        self.tokens = {money.address: money for money in self.moneys}
        parts: Any = (self.earn, self.tokens)
        self.payments = PaymentsModel(self.ledger, self.chain.payments, *parts)
        self.subscriptions = SubscriptionsModel(self.ledger, self.chain.subscriptions, *parts)
        for model in (*self.moneys, self.payments, self.subscriptions):
            self.models[model.contract] = model

    def _money(self, name: str) -> TokenModel:
        model = TokenModel(self.ledger, name, self.chain.contracts[name].address, name in ODD)
        for who in (*self.chain.payers, *SELLERS):
            model.balances[who.address] = START
            for spender in self.chain.sales:
                model.allowances[who.address, spender] = FULL
        return model


SHORT_RULE = (1, 10, 0, 10_000, 0, SALE_RULE[5], 86_400, (10_000,) * 8)  # a point for ten
