"""Points in operation: awarded, settled, reversed, redeemed, refunded, credited, merged, erased."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.support.machine import POINTS, REF, WHO, SuiteMachine, campaigns, run
from tests.contracts.support.model.ledger import role
from tests.contracts.support.model.loyalty import LoyaltyModel

PENDING = st.sampled_from([0, 0, 0, 1, 86_400, 40 * 86_400, 400 * 86_400])
PART = st.integers(0, 5)  # quarters of an entry; 5 is one point more than all
ISSUERS = st.sampled_from(["issuer"] * 6 + ["campaign", "stranger"])


def part_of(points: int, quarters: int) -> int:
    return min(2**32 - 1, points + 1 if quarters == 5 else points * quarters // 4)


class LoyaltyMachine(SuiteMachine):
    """Every verb of LoyaltyPoints, by whoever may and may not."""

    months = (1, 3, 12, 2)

    def _available(self, pending: int) -> int:
        return self.suite.evm.timestamp + pending if pending else 0

    @rule(who=WHO, ref=REF, points=POINTS, pending=PENDING, by=ISSUERS)
    def award(self, who: int, ref: int, points: int, pending: int, by: str) -> None:
        available = self._available(pending)
        self.act(
            "LoyaltyPoints", "award", self.customers[who], self.refs[ref], points, available, by=by
        )

    @rule(who=WHO, ref=REF, points=POINTS, pending=PENDING, terms=st.integers(0, 2))
    def award_under(self, who: int, ref: int, points: int, pending: int, terms: int) -> None:
        available = self._available(pending)
        args = (self.customers[who], self.refs[ref], points, available, terms)
        self.act("LoyaltyPoints", "awardUnder", *args, by="issuer")

    @rule(ref=REF, who=WHO)
    def award_again(self, ref: int, who: int) -> None:
        """A retry: the same content, and whatever date the caller computes by now."""
        customer, key, entry = self.entry_at(ref, who)
        args = (customer, key, entry.points, 0, entry.terms)
        self.act("LoyaltyPoints", "awardUnder", *args, by="issuer")

    @rule(
        items=st.lists(st.tuples(WHO, REF, POINTS), max_size=5),
        pending=PENDING,
        by=ISSUERS,
    )
    def award_batch(self, items: list[tuple[int, int, int]], pending: int, by: str) -> None:
        awards = [(self.customers[who], self.refs[ref], points) for who, ref, points in items]
        self.act("LoyaltyPoints", "awardBatch", awards, self._available(pending), by=by)

    @rule(ref=REF, who=WHO)
    def settle(self, ref: int, who: int) -> None:
        customer, key, _ = self.entry_at(ref, who)
        self.act("LoyaltyPoints", "settle", customer, key, by="stranger")

    @rule(odd=WHO, short=st.integers(0, 9))
    def settle_all(self, odd: int, short: int) -> None:
        held = self.suite.loyalty.entries
        pairs = [self.entry_at(i, odd) for i in range(len(held))]
        customers = [customer for customer, _, _ in pairs]
        if short == 0:
            customers = customers[:-1]
        refs = [key for _, key, _ in pairs]
        self.act("LoyaltyPoints", "settleBatch", customers, refs, by="stranger")

    @rule(ref=REF, who=WHO, part=PART, by=ISSUERS)
    def reverse(self, ref: int, who: int, part: int, by: str) -> None:
        customer, key, entry = self.entry_at(ref, who)
        self.act("LoyaltyPoints", "reverse", customer, key, part_of(entry.points, part), by=by)

    @rule(ref=REF, who=WHO, part=PART, by=ISSUERS)
    def refund(self, ref: int, who: int, part: int, by: str) -> None:
        customer, key, entry = self.entry_at(ref, who)
        self.act("LoyaltyPoints", "refund", customer, key, part_of(entry.points, part), by=by)

    @rule(
        who=WHO, ref=REF, part=PART, by=st.sampled_from(["wallet", "wallet", "issuer", "stranger"])
    )
    def redeem(self, who: int, ref: int, part: int, by: str) -> None:
        customer = self.customers[who]
        points = part_of(self.suite.loyalty.balance(customer), part)
        sender = self.hand_of(customer) if by == "wallet" else by
        self.act("LoyaltyPoints", "redeem", customer, self.refs[ref], points, by=sender)

    @rule(ref=REF, who=WHO, more=st.integers(0, 1))
    def redeem_again(self, ref: int, who: int, more: int) -> None:
        customer, key, entry = self.entry_at(ref, who)
        points = min(2**32 - 1, entry.points + more)
        self.act("LoyaltyPoints", "redeem", customer, key, points, by="issuer")

    @rule(who=WHO, ref=REF, points=st.sampled_from([1, 1, 5]), more=st.sampled_from([0, 0, 1]))
    def redeem_twice_by_wallet(self, who: int, ref: int, points: int, more: int) -> None:
        """The repetition changes nothing; with another number it is refused."""
        customer = self.customers[who]
        by = self.hand_of(customer)
        for number in (points, points + more):
            self.act("LoyaltyPoints", "redeem", customer, self.refs[ref], number, by=by)

    @rule(
        who=WHO,
        ref=REF,
        part=PART,
        flaw=st.sampled_from([""] * 5 + ["signer", "points", "late", "chain"]),
    )
    def redeem_by_sig(self, who: int, ref: int, part: int, flaw: str) -> None:
        customer = self.customers[who]
        points = part_of(self.suite.loyalty.balance(customer), part)
        deadline = self.suite.evm.timestamp - (flaw == "late")
        wallet = self.signer(customer, who)
        if flaw == "signer":
            wallet = self.suite.chain.wallets[ref % 6]
        signed = wallet.sign(
            self.suite.chain.loyalty,
            "Redeem",
            customer,
            self.refs[ref],
            points - 1 if flaw == "points" and points else points,
            deadline,
            chain_id=2 if flaw == "chain" else 1,
        )
        if flaw == "chain":
            signed.signer = "another chain"
        args = (customer, self.refs[ref], points, deadline, signed)
        self.act("LoyaltyPoints", "redeemBySig", *args, by="stranger")

    @rule(who=WHO, ref=REF, points=POINTS, by=st.sampled_from(["campaign"] * 5 + ["issuer"]))
    def credit(self, who: int, ref: int, points: int, by: str) -> None:
        self.act("LoyaltyPoints", "credit", self.customers[who], self.refs[ref], points, by=by)

    @rule(stop=st.booleans(), by=st.sampled_from(["guardian", "admin", "stranger"]))
    def pause_or_unpause(self, stop: bool, by: str) -> None:
        self.act("LoyaltyPoints", "pause" if stop else "unpause", by=by)

    @rule(
        thresholds=st.lists(st.sampled_from([0, 1, 100, 500, 1_000, 2**32 - 1]), max_size=8),
        by=st.sampled_from(["admin"] * 4 + ["issuer"]),
    )
    def set_tiers(self, thresholds: list[int], by: str) -> None:
        growing = sorted(set(thresholds)) if len(thresholds) % 2 else thresholds
        self.act("LoyaltyPoints", "setTiers", growing, by=by)

    @rule(
        issuer=st.sampled_from(["issuer", "issuer", "campaign", "stranger"]),
        cap=st.sampled_from([0, 1, 1_000, 10_000, 2**34, 2**64 - 1]),
        by=st.sampled_from(["admin"] * 4 + ["issuer"]),
    )
    def set_issuer_cap(self, issuer: str, cap: int, by: str) -> None:
        self.act("LoyaltyPoints", "setIssuerCap", self.suite.actors[issuer], cap, by=by)

    @rule(
        account=st.sampled_from(["issuer", "issuer", "campaign", "stranger"]),
        title=st.sampled_from(["ISSUER", "ISSUER", "CAMPAIGN", "GUARDIAN", "DEFAULT_ADMIN"]),
        verb=st.sampled_from(["grantRole", "grantRole", "revokeRole", "renounceRole"]),
        by=st.sampled_from(["admin"] * 4 + ["issuer"]),
    )
    def change_a_role(self, account: str, title: str, verb: str, by: str) -> None:
        self.act("LoyaltyPoints", verb, role(title), self.suite.actors[account], by=by)

    @rule(who=WHO)
    def tier_survives_spending(self, who: int) -> None:
        """Spends everything and looks at the tier, whatever came before."""
        customer = self.customers[who]
        points = self.suite.chain.loyalty
        before = points.tierOf(customer), points.qualifying(customer)
        everything = min(2**32 - 1, self.suite.loyalty.balance(customer))
        wallet = self.hand_of(customer)
        spare = LoyaltyModel.customerRef(customer, everything.to_bytes(32, "big"))
        self.act("LoyaltyPoints", "redeem", customer, spare, everything, by=wallet)
        assert (points.tierOf(customer), points.qualifying(customer)) == before


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_points_are_what_the_model_says_after_any_history(number: int) -> None:
    run(LoyaltyMachine, number)
