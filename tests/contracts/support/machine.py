"""What every state machine of the suite shares: who acts, when, and which laws hold throughout."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from eth_utils.crypto import keccak
from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.contracts.support import laws, laws_consents
from tests.contracts.support.model import dates
from tests.contracts.support.model.loyalty import Entry, mark
from tests.contracts.support.suite import TALLY, Suite
from tests.contracts.support.wallets import Wallet

CUSTOMERS = 5  # registered at the start; one more is not
REFS = 10
STARTS = tuple(
    int(datetime(*day, 12, tzinfo=UTC).timestamp())
    for day in ((1997, 1, 1), (2024, 2, 29), (2099, 12, 31))
)
LAST_YEAR = int(datetime(2135, 1, 1, tzinfo=UTC).timestamp())
BIG = 2**32 - 1
POINTS = st.sampled_from([1, 2, 3, 5, 10, 50, 99, 100, 101, 250, 999, 1_000, 5_000, 2**31, BIG, 0])
WHO = st.integers(0, CUSTOMERS)
REF = st.integers(0, REFS - 1)
LEAP = st.sampled_from(
    ["second", "hour", "day", "week", "month", "last second", "next epoch", "epochs", "year"]
)


def digest(label: str, number: int) -> bytes:
    return keccak(text=f"{label} {number}")


def linking(suite: Suite, customer: bytes, wallet: Wallet) -> tuple[Any, ...]:
    """What links a wallet to a customer, signed by the wallet, as arguments of a call."""
    seq = suite.registry.customer(customer).seq
    content = (customer, wallet.address, seq, suite.evm.timestamp)
    return (*content, wallet.sign(suite.chain.registry, "LinkWallet", *content))


class SuiteMachine(RuleBasedStateMachine):
    """A programme in operation: every call goes to the contracts and to the model alike."""

    months = (1,)
    assets: tuple[bytes, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.suite: Suite = None  # type: ignore[assignment]  # made by `begin`
        self.customers: list[bytes] = []
        self.since = 0
        self.refs = [digest("ref", i) for i in range(REFS)]

    @initialize(months=st.integers(0, 3), start=st.sampled_from(STARTS))
    def begin(self, months: int, start: int) -> None:
        """A fresh deployment with customers, and a wallet for some of them."""
        self.suite = suite = Suite(self.months[months % len(self.months)])
        suite.warp(start)
        self.since = suite.chain.loyalty.epochAt(start)
        self.customers = [digest("customer", i) for i in range(CUSTOMERS + 1)]
        self.act("CustomerRegistry", "registerBatch", self.customers[:-1], bytes(32), by="operator")
        for customer, wallet in list(zip(self.customers, suite.chain.wallets, strict=False))[3:]:
            self.link(customer, wallet)
        self.act("LoyaltyPoints", "setTiers", [100, 1_000, 5_000], by="admin")
        self.prepare()

    def prepare(self) -> None:
        """What a machine needs besides, before its first step."""

    # How rules act

    def act(self, contract: str, verb: str, *args: Any, by: str) -> Any:
        return self.suite.call(contract, verb, *args, by=self.suite.actors.get(by, by))

    def meet(self, customer: bytes) -> None:
        """Another id that rules may choose, before those that they know."""
        if customer not in self.customers:
            self.customers.insert(0, customer)

    def link(self, customer: bytes, wallet: Wallet) -> Any:
        args = linking(self.suite, customer, wallet)
        return self.act("CustomerRegistry", "linkWallet", *args, by="operator")

    def wallet_of(self, customer: bytes) -> Wallet | None:
        address = self.suite.registry.customer(customer).wallet
        return next((w for w in self.suite.chain.wallets if w.address == address), None)

    def hand_of(self, customer: bytes) -> str:
        """Who sends what the customer's wallet does itself. Accounts with code cannot send here."""
        wallet = self.wallet_of(customer)
        if wallet is None or self.suite.evm.code(wallet.address):
            return "stranger"
        return wallet.address

    def signer(self, customer: bytes, other: int) -> Wallet:
        """The customer's wallet; if there is none, or `other` says so, somebody's."""
        kept = self.suite.chain.wallets
        return self.wallet_of(customer) or kept[other % len(kept)]

    def entry_at(self, ref: int, who: int) -> tuple[bytes, bytes, Entry]:
        """An entry by number with the customer whose it is; sometimes another customer."""
        held = self.suite.loyalty.entries
        keys = list(held)
        if not keys:
            return self.customers[who], self.refs[ref], Entry()
        key = keys[ref % len(keys)]
        owner = next(
            (c for c in self.customers if mark(c) == held[key].customer), self.customers[0]
        )
        return (owner if who else self.customers[ref % CUSTOMERS]), key, held[key]

    # Time: until 2149, from when a day no longer fits the 16 bits that the contracts give it

    @rule(leap=LEAP, times=st.integers(1, 6))
    def time_passes(self, leap: str, times: int) -> None:
        suite = self.suite
        lengths = {"second": 1, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_629_746}
        if leap in lengths:
            suite.wait(lengths[leap] * times)
            return
        if suite.evm.timestamp > LAST_YEAR:
            return
        epochs = {"last second": 1, "next epoch": 1, "epochs": times}.get(leap)
        if epochs is None:
            suite.wait(times * 31_556_952)
            return
        edge = dates.seconds(dates.later(suite.loyalty.epoch, epochs, suite.chain.months))
        suite.warp(edge - (leap == "last second"))

    # Who is who: the part of the registry that every ledger depends on

    @rule(who=WHO, wallet=st.integers(0, 5))
    def a_wallet_is_linked(self, who: int, wallet: int) -> None:
        self.link(self.customers[who], self.suite.chain.wallets[wallet])

    @rule(who=WHO, into=WHO, valid=st.booleans())
    def a_duplicate_is_merged(self, who: int, into: int, valid: bool) -> None:
        gone, heir = self.customers[who], self.customers[into]
        record = self.suite.registry.customer(gone)
        deadline = self.suite.evm.timestamp + 60
        wallet = self.signer(gone, who)
        signed = wallet.sign(
            self.suite.chain.registry, "Merge", gone, heir, record.seq + (not valid), deadline
        )
        self.act("CustomerRegistry", "merge", gone, heir, deadline, signed, by="steward")

    @rule(who=WHO, dice=st.integers(0, 4))
    def a_customer_is_erased(self, who: int, dice: int) -> None:
        """Rarer than merging, or nobody would be left."""
        customer = self.customers[who]
        by = ["steward", self.hand_of(customer), "stranger", "operator", "stranger"]
        self.act("CustomerRegistry", "erase", customer, by=by[dice])

    @rule(who=WHO, stop=st.booleans())
    def a_customer_is_suspended_or_reinstated(self, who: int, stop: bool) -> None:
        customer = self.customers[who]
        if stop:
            self.act("CustomerRegistry", "suspend", customer, bytes(32), by="operator")
        else:
            self.act("CustomerRegistry", "reinstate", customer, by="operator")

    @rule(number=st.integers(0, 3))
    def a_new_customer_comes(self, number: int) -> None:
        customer = digest("newcomer", number)
        if self.act("CustomerRegistry", "register", customer, bytes(32), by="operator") is True:
            self.meet(customer)

    # Laws after every step

    @invariant()
    def balances_sum_to_the_liability(self) -> None:
        if self.customers:
            laws.balances_sum_to_the_liability(self.suite, self.customers)

    # Laws at the end of every run: dearer to check, and a breach does not heal by itself

    def teardown(self) -> None:
        if not self.customers or not self.suite.agreed:
            return
        suite, customers = self.suite, self.customers
        TALLY["histories"] += 1
        TALLY["epochs passed"] += suite.chain.loyalty.epochAt(suite.evm.timestamp) - self.since
        laws.every_point_is_accounted_for(suite, customers)
        laws.balance_and_debt_never_stand_together(suite, customers)
        laws.closed_customers_hold_nothing(suite, customers)
        laws.wallets_and_customers_name_each_other(suite, customers)
        laws.accounts_equal_the_model(suite, customers)
        laws.outstanding_equals_the_model(suite)
        laws.entries_equal_the_model(suite, self.refs, customers[:3])
        laws.issuers_equal_the_model(suite)
        laws.records_equal_the_model(suite, customers)
        laws.rules_equal_the_model(suite, list(self.assets), customers)
        laws.roles_equal_the_model(suite)
        laws_consents.consents_equal_the_model(suite, customers)
        laws_consents.closed_customers_allow_nothing(suite, customers)
        laws.replayed_events_give_the_state(suite, customers, list(self.assets))


def campaigns() -> list[int]:
    """The seeds of a profile: one in the short one, five in the deep one."""
    return [1, 2, 3, 4, 5] if os.environ.get("RAPPORT_PROFILE") == "deep" else [1]


def run(machine: type[RuleBasedStateMachine], number: int) -> None:
    """One campaign: as many runs of as many steps as the profile says, from this seed."""
    seeded = type(machine.__name__, (machine,), {})
    if os.environ.get("RAPPORT_PROFILE") == "deep":
        seeded = seed(number)(seeded)
    run_state_machine_as_test(seeded)  # type: ignore[no-untyped-call]
