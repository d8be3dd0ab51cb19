"""What the machines of sales share: who trades, in what money, and what else goes on meanwhile."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.contracts.support import laws, laws_sales
from tests.contracts.support.machine import LAST_YEAR, digest
from tests.contracts.support.market import ODD, SELLERS, SHORT_RULE, START, MarketSuite
from tests.contracts.support.model.custody import Custody
from tests.contracts.support.model.earn import asset_of
from tests.contracts.support.model.earning import NO_CUSTOMER
from tests.contracts.support.model.ledger import Signed, role
from tests.contracts.support.model.money import FULL, Oddity
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.suite import TALLY
from tests.contracts.support.wallets import Wallet

PAYER = st.integers(0, 3)
SELLER = st.integers(0, len(SELLERS) - 1)
MONEY = st.sampled_from([0, 0, 0, 1, 2])
EARNER = st.sampled_from([0, 0, 0, 1, 2, 3, 4])  # of three customers, one stranger, nobody
WHICH = st.integers(0, 30)
FLAW = st.sampled_from([""] * 16 + ["late", "signer", "altered", "chain"])
SALES = ("Payments", "Subscriptions")
LENGTHS = {"second": 1, "hour": 3_600, "day": 86_400, "week": 7 * 86_400, "month": 2_629_746}


class MoneyMachine(RuleBasedStateMachine):
    """People with money; every call goes to the contracts and to the model alike."""

    suite_of: type[MarketSuite] = MarketSuite
    oddities: tuple[Oddity, ...] = tuple(Oddity)

    def __init__(self) -> None:
        super().__init__()
        self.suite: Any = None  # made by `begin`
        self.customers = [digest("customer", i) for i in range(4)]

    @initialize()
    def begin(self) -> None:
        """A fresh deployment with three customers."""
        self.suite = self.suite_of()
        self.act("CustomerRegistry", "registerBatch", self.customers[:-1], bytes(32), by="operator")
        self.prepare()

    def prepare(self) -> None:
        """What a machine needs besides, before its first step."""

    def act(self, contract: str, verb: str, *args: Any, by: str) -> Any:
        by = self.suite.actors.get(by, by)
        told = self.suite.call(contract, verb, *args, by=by)
        self.met(contract, verb, by)
        return told

    def met(self, contract: str, verb: str, by: str) -> None:
        """What a machine looks at after every call."""

    # Who and what

    @property
    def now(self) -> int:
        return self.suite.evm.timestamp

    def payer(self, number: int) -> Wallet:
        return self.suite.chain.payers[number % len(self.suite.chain.payers)]

    def hand_of(self, wallet: Wallet) -> str:
        """Who sends what a wallet does itself. Accounts with code cannot send here."""
        return "stranger" if self.suite.evm.code(wallet.address) else wallet.address

    def earner(self, number: int) -> bytes:
        return self.customers[number] if number < len(self.customers) else NO_CUSTOMER

    def signed(self, wallet: Wallet, contract: str, *content: Any, flaw: str = "") -> Signed:
        """What a wallet signs, with a flaw that lies in the signature, if any."""
        at = self.suite.chain.contracts[contract]
        if flaw == "signer":
            wallet = next(w for w in self.suite.chain.payers if w.address != wallet.address)
        if flaw == "chain":
            return Signed.over(wallet.sign(at, *content, chain_id=2), "another chain", content)
        return wallet.sign(at, *content)

    # Time

    @rule(length=st.sampled_from(sorted(LENGTHS)), times=st.integers(1, 6))
    def time_passes(self, length: str, times: int) -> None:
        self.wait_until(self.now + LENGTHS[length] * times)

    def wait_until(self, moment: int) -> None:
        """Time does not go back, and ends while days still fit the 16 bits they are given."""
        if self.now <= moment < LAST_YEAR:
            self.suite.warp(moment)

    # Money

    @rule(money=st.sampled_from(ODD), oddity=st.integers(0, 40), who=st.integers(0, 5))
    def a_money_turns(self, money: str, oddity: int, who: int) -> None:
        """Odd, with one account on its list; or well-behaved again, for everybody."""
        odd = self.oddities[oddity] if oddity < len(self.oddities) else Oddity.NONE
        accounts = [w.address for w in (*self.suite.chain.payers, *SELLERS)]
        self.act(money, "turn", int(odd), by="stranger")
        self.act(money, "setBlocked", accounts[who], odd != Oddity.NONE, by="stranger")

    @rule(
        who=PAYER,
        money=MONEY,
        what=st.sampled_from([0, 99, 1_000, START, "fill", "fill", "approve", "approve"]),
        place=st.integers(0, 1),
    )
    def a_wallet_changes(self, who: int, money: int, what: int | str, place: int) -> None:
        """It is filled, or holds or allows so little from now on."""
        token, wallet = self.suite.moneys[money], self.payer(who)
        if what == "fill":
            self.act(token.contract, "mint", wallet.address, START, by="stranger")
            return
        if self.suite.evm.code(wallet.address):
            return
        spent = token.balance(wallet.address) - (what if isinstance(what, int) else 0)
        if what == "approve" or place:
            allowed = what if isinstance(what, int) else FULL
            spender = self.suite.chain.sales[who % len(self.suite.chain.sales)]
            self.act(token.contract, "approve", spender, allowed, by=wallet.address)
        elif spent > 0 and token.oddity == Oddity.NONE:
            admin = self.suite.actors["admin"]
            self.act(token.contract, "transfer", admin, spent, by=wallet.address)

    def take_out(self, custody: Custody, who: int | None, money: int, to: int) -> None:
        """By one of those who are owed, to some place or themselves; else by a stranger."""
        debts = [key for key, owed in custody.debts.items() if owed]
        account, token = self.suite.actors["stranger"], self.suite.moneys[money].address
        if debts and who is not None:
            account, token = debts[who % len(debts)]
        if self.suite.evm.code(account):
            return
        places = [NOBODY, custody.address, self.suite.actors["admin"]]
        self.act(custody.contract, "withdraw", token, places[to] if to < 3 else account, by=account)

    # Laws at the end of every run

    def teardown(self) -> None:
        if not self.suite or not self.suite.agreed:
            return
        TALLY["histories"] += 1
        laws_sales.balances_equal_the_model(self.suite)
        self.close()

    def close(self) -> None:
        """What a machine looks at besides, at the end."""


class MarketMachine(MoneyMachine):
    """Merchants and payers, and points that follow sales."""

    suite: MarketSuite

    def prepare(self) -> None:
        """Customers earn in two moneys, from one merchant."""
        guilder = asset_of(self.suite.moneys[1].address)
        self.act("EarnRules", "setPurchaseRule", guilder, SHORT_RULE, by="rules")

    def met(self, contract: str, verb: str, by: str) -> None:
        if contract in SALES:
            charger = by if verb in ("charge", "chargeBatch") else ""
            laws_sales.what_moves_is_what_is_told(self.suite, self.suite.evm.logs, charger)

    # Points

    @rule(
        what=st.sampled_from(["pause", "unpause", "cap", "no cap", "merchant", "none", "erase"]),
        again=st.booleans(),
    )
    def points_go_their_way(self, what: str, again: bool) -> None:
        """Whatever happens to points stops no money; most of it is put right later."""
        if what in ("pause", "unpause"):
            verb = "unpause" if self.suite.loyalty.switches["paused"] else "pause"
            self.act("LoyaltyPoints", verb, by="guardian" if verb == "pause" else "admin")
        elif what in ("cap", "no cap"):
            args = (self.suite.chain.earn.address, 50 if what == "cap" else 2**40)
            self.act("LoyaltyPoints", "setIssuerCap", *args, by="admin")
        elif what == "erase" and again:
            self.act("CustomerRegistry", "erase", self.customers[2], by="steward")
        elif what != "erase":
            verb = "grantRole" if what == "merchant" else "revokeRole"
            self.act("EarnRules", verb, role("MERCHANT"), SELLERS[0].address, by="admin")

    # Laws after every step

    @invariant()
    def money_is_where_it_belongs(self) -> None:
        if self.suite:
            laws_sales.subscriptions_hold_nothing(self.suite)
            laws_sales.payments_hold_what_is_authorised_and_owed(self.suite)

    # Laws at the end of every run

    def close(self) -> None:
        suite, customers = self.suite, self.customers
        laws.balances_sum_to_the_liability(suite, customers)
        laws.every_point_is_accounted_for(suite, customers)
        laws.accounts_equal_the_model(suite, customers)
        laws.outstanding_equals_the_model(suite)
        laws.entries_equal_the_model(suite, [], customers[:2])
