"""Orders in operation: rules set, replaced and ended; orders recorded, repeated and returned."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.support.machine import REF, WHO, SuiteMachine, campaigns, run
from tests.contracts.support.model.ledger import role
from tests.contracts.support.model.loyalty import State, mark

EUR = b"EUR".ljust(32, b"\0")
TOKEN = bytes(12) + keccak(text="a token")[12:]
UNRULED = b"USD".ljust(32, b"\0")
ASSETS = (EUR, TOKEN, UNRULED)
ASSET = st.integers(0, 2)
AMOUNT = st.sampled_from([0, 1, 99, 100, 101, 1_999, 10_000, 123_456, 2**64, 2**96 - 1])
RECORDERS = st.sampled_from(["recorder"] * 6 + ["rules", "issuer"])
OFFSET = st.sampled_from([-10, 0, 0, 0, 1, 86_400, 30 * 86_400])
FOREVER = 2**40 - 1
MULTIPLIERS = (
    (10_000,) * 8,
    (10_000, 12_500, 15_000, 20_000, 1, 65_535, 10_000, 9_999),
    (10_000, 0, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000),
    (10_000,) * 7 + (0,),
    (0,) + (10_000,) * 7,
)


class EarnMachine(SuiteMachine):
    """Every verb of EarnRules, with points that customers spend meanwhile."""

    months = (1, 6)
    assets = ASSETS

    @rule(
        asset=st.integers(0, 1),
        points=st.sampled_from([1, 1, 2, 10, 2**32 - 1, 0]),
        per=st.sampled_from([1, 100, 100, 100, 2**96 - 1, 0]),
        minimum=st.sampled_from([0, 0, 100, 10_000]),
        cap=st.sampled_from([2**32 - 1, 2**32 - 1, 500, 1, 0]),
        begins=OFFSET,
        lasts=st.sampled_from([FOREVER, FOREVER, 90 * 86_400, 1, 0, -1]),
        window=st.sampled_from([0, 0, 14 * 86_400, 2**32 - 1]),
        multiplier=st.integers(0, 7),
        by=st.sampled_from(["rules"] * 6 + ["recorder"]),
    )
    def set_purchase_rule(
        self,
        asset: int,
        points: int,
        per: int,
        minimum: int,
        cap: int,
        begins: int,
        lasts: int,
        window: int,
        multiplier: int,
        by: str,
    ) -> None:
        start = self.suite.evm.timestamp + begins
        end = FOREVER if lasts == FOREVER else max(start, self.suite.evm.timestamp) + lasts
        bps = MULTIPLIERS[multiplier if multiplier < len(MULTIPLIERS) else 1]
        given = (points, per, minimum, cap, start, end, window, bps)
        self.act("EarnRules", "setPurchaseRule", ASSETS[asset], given, by=by)

    @rule(asset=st.integers(0, 1), begins=OFFSET, window=st.sampled_from([0, 14 * 86_400]))
    def set_a_plain_rule(self, asset: int, begins: int, window: int) -> None:
        """One point a unit; so that most runs have a rule in force."""
        start = self.suite.evm.timestamp + begins
        given = (1, 100, 100, 10_000, start, FOREVER, window, MULTIPLIERS[1])
        self.act("EarnRules", "setPurchaseRule", ASSETS[asset], given, by="rules")

    @rule(asset=ASSET, by=st.sampled_from(["rules"] * 4 + ["recorder"]))
    def end_purchase_rule(self, asset: int, by: str) -> None:
        self.act("EarnRules", "endPurchaseRule", ASSETS[asset], by=by)

    @rule(who=WHO, ref=REF, asset=st.sampled_from([0, 0, 1, 2]), amount=AMOUNT, by=RECORDERS)
    def earn(self, who: int, ref: int, asset: int, amount: int, by: str) -> None:
        args = (self.customers[who], self.refs[ref], ASSETS[asset], amount)
        self.act("EarnRules", "earn", *args, by=by)

    @rule(
        orders=st.lists(st.tuples(WHO, REF, st.sampled_from([0, 0, 1, 2]), AMOUNT), max_size=5),
        by=RECORDERS,
    )
    def earn_batch(self, orders: list[tuple[int, int, int, int]], by: str) -> None:
        batch = [
            (self.customers[who], self.refs[ref], ASSETS[asset], amount)
            for who, ref, asset, amount in orders
        ]
        self.act("EarnRules", "earnBatch", batch, by=by)

    @rule(
        ref=REF,
        who=WHO,
        asset=st.sampled_from([0, 0, 1]),
        amount=AMOUNT,
        part=st.integers(0, 5),
        by=RECORDERS,
    )
    def reverse(self, ref: int, who: int, asset: int, amount: int, part: int, by: str) -> None:
        customer, key, _ = self.entry_at(ref, who)
        returned = min(2**96 - 1, amount + 1 if part == 5 else amount * part // 4)
        self.act("EarnRules", "reverse", customer, key, ASSETS[asset], amount, returned, by=by)

    @rule(who=WHO, ref=REF, parts=st.lists(st.integers(0, 100), min_size=1, max_size=3))
    def an_order_comes_back(self, who: int, ref: int, parts: list[int]) -> None:
        """Bought, then returned in parts."""
        customer, key, amount = self.customers[who], self.refs[ref], 12_345
        self.act("EarnRules", "earn", customer, key, EUR, amount, by="recorder")
        for part in parts:
            returned = amount * part // 100
            args = (customer, key, EUR, amount, returned)
            self.act("EarnRules", "reverse", *args, by="recorder")

    @rule(odd=WHO)
    def settle_all(self, odd: int) -> None:
        held = self.suite.loyalty.entries
        pairs = [self.entry_at(i, odd) for i in range(len(held))]
        customers, refs = [c for c, _, _ in pairs], [key for _, key, _ in pairs]
        self.act("LoyaltyPoints", "settleBatch", customers, refs, by="stranger")

    @rule(who=WHO, ref=REF, part=st.integers(1, 4))
    def redeem(self, who: int, ref: int, part: int) -> None:
        customer = self.customers[who]
        points = min(2**32 - 1, self.suite.loyalty.balance(customer) * part // 4)
        by = self.hand_of(customer) if self.wallet_of(customer) else "issuer"
        self.act("LoyaltyPoints", "redeem", customer, self.refs[ref], points, by=by)

    @rule(cap=st.sampled_from([0, 1_000, 2**40, 2**40, 2**64 - 1]))
    def set_the_cap(self, cap: int) -> None:
        args = (self.suite.chain.earn.address, cap)
        self.act("LoyaltyPoints", "setIssuerCap", *args, by="admin")

    @rule(stop=st.booleans())
    def pause_or_unpause(self, stop: bool) -> None:
        verb, by = ("pause", "guardian") if stop else ("unpause", "admin")
        self.act("LoyaltyPoints", verb, by=by)

    @rule(give=st.sampled_from([True, True, False]))
    def be_an_issuer_or_not(self, give: bool) -> None:
        verb = "grantRole" if give else "revokeRole"
        address = self.suite.chain.earn.address
        self.act("LoyaltyPoints", verb, role("ISSUER"), address, by="admin")

    @rule(ref=REF)
    def a_recorded_order_does_not_earn_again(self, ref: int) -> None:
        """Whatever the rule or the tier is by now."""
        earn, key = self.suite.chain.earn, self.refs[ref]
        entry = self.suite.loyalty.entry(key)
        for amount in (0, 1, 100, 12_345):
            if entry.state != State.NONE and earn.terms(EUR, amount) == entry.terms:
                customer = next(c for c in self.customers if mark(c) == entry.customer)
                before = self.suite.chain.loyalty.qualifying(customer)
                args = (customer, key, EUR, amount)
                assert self.act("EarnRules", "earn", *args, by="recorder") == (False, entry.points)
                assert self.suite.chain.loyalty.qualifying(customer) == before


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_orders_earn_what_the_model_says_after_any_history(number: int) -> None:
    run(EarnMachine, number)
