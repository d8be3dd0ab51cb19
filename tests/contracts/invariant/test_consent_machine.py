"""Consents in operation: notices, decisions by wallet, signature and record, onboarding, time."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.contracts.support import laws_consents
from tests.contracts.support.consent_draws import AGES, ConsentDraws
from tests.contracts.support.evm import Refused
from tests.contracts.support.machine import WHO, campaigns, digest, run
from tests.contracts.support.model import dates
from tests.contracts.support.model.consent import MAX_AGE_DAYS, Decision, mask_of
from tests.contracts.support.model.onboarding import Onboard

DAY = 86_400
GROUP = st.sampled_from([0, 0, 0, 0, 1, 1, 1, 2])
MASK = st.integers(0, 127)
FORM = st.sampled_from([""] * 15 + ["overlap", "empty", "raw", "lane 7", "group"])
VERSION = st.sampled_from(["current"] * 12 + ["before", "next", "none"])
FLAWS = ["late", "seq", "signer", "altered", "chain", "contract", "mirrored", "empty"]
FLAW = st.sampled_from([""] * 16 + FLAWS)
LASTS = st.sampled_from([0, 60, DAY, 400 * DAY])
PUBLISHERS = st.sampled_from(["publisher"] * 6 + ["operator", "admin"])
OPERATORS = st.sampled_from(["operator"] * 6 + ["stranger", "enroller"])


class ConsentMachine(ConsentDraws):
    """Every verb of ConsentRegistry and Onboarding, by whoever may and may not."""

    # Purposes and notices

    @rule(
        group=st.integers(0, 4),
        lane=st.integers(0, 7),
        age=st.sampled_from([*AGES, 0, MAX_AGE_DAYS + 1]),
        opt_out=st.booleans(),
        by=PUBLISHERS,
    )
    def define_purpose(self, group: int, lane: int, age: int, opt_out: bool, by: str) -> None:
        self.define(group, lane, age, opt_out, by)

    @rule(group=st.integers(0, 2), lane=st.integers(0, 6), other=st.booleans())
    def define_purpose_again(self, group: int, lane: int, other: bool) -> None:
        iri, age, opt_out = self.suite.consents.purpose(group, lane)
        content = (iri, max(1, age), opt_out is not other)
        self.act("ConsentRegistry", "definePurpose", group, lane, *content, by="publisher")

    @rule(
        group=GROUP,
        step=st.sampled_from([1] * 6 + [0, 0, -1, 2]),
        form=st.sampled_from([""] * 5 + ["short", "blank", "more", "same", "long", "other"]),
        by=PUBLISHERS,
    )
    def publish_notice(self, group: int, step: int, form: str, by: str) -> None:
        """The next notice, or one that was published, or one that follows none."""
        model = self.suite.consents
        version = max(0, model.version(group) + step)
        defined = model.defined(group)
        words = self.words(group, version)
        if form == "short":
            words = words[: max(defined, default=-1) + 1]
        elif form == "blank":
            words = [""] * 7
        elif form == "more":
            words = [f"And this for {lane}?" for lane in range(7)]
        elif form == "same":
            words = [text and "May we?" for text in words]
        elif form == "long":
            words = [*words, ""]
        elif form == "other":
            words = [text and text + " Please." for text in words]
        self.publish(group, version, words, by)

    # Decisions of the customer

    @rule(
        who=WHO,
        group=GROUP,
        masks=st.tuples(MASK, MASK),
        form=FORM,
        version=VERSION,
        by=st.sampled_from(["wallet"] * 6 + ["operator", "stranger"]),
    )
    def save(
        self, who: int, group: int, masks: tuple[int, int], form: str, version: str, by: str
    ) -> None:
        customer = self.customers[who]
        sender = self.hand_of(customer) if by == "wallet" else by
        decision = self.decision(customer, group, masks, form, version)
        self.act("ConsentRegistry", "save", decision, by=sender)

    @rule(
        who=WHO,
        group=GROUP,
        masks=st.tuples(MASK, MASK),
        form=FORM,
        version=VERSION,
        flaw=FLAW,
        lasts=LASTS,
        later=st.sampled_from([False, False, True]),
    )
    def save_by_sig(
        self,
        who: int,
        group: int,
        masks: tuple[int, int],
        form: str,
        version: str,
        flaw: str,
        lasts: int,
        later: bool,
    ) -> None:
        decision = self.decision(self.customers[who], group, masks, form, version)
        args = self.save_intent(decision, flaw, lasts, who)
        self.relay("saveBySig", args, later)

    @rule(number=st.integers(0, 20))
    def relay_what_was_signed(self, number: int) -> None:
        """Whatever happened since: other decisions, notices, wallets, days."""
        if self.signed:
            self.relay(*self.signed.pop(number % len(self.signed)))

    @rule(number=st.integers(0, 20))
    def an_intent_is_good_once(self, number: int) -> None:
        if self.used:
            contract, verb, args = self.used[number % len(self.used)]
            by = "operator" if contract == "Onboarding" else "stranger"
            assert isinstance(self.act(contract, verb, *args, by=by), Refused)

    @rule(
        who=st.integers(0, 4),
        group=st.integers(0, 1),
        mask=st.integers(1, 127),
        how=st.sampled_from(["save", "saveBySig", "saveFor", "recordFor"]),
    )
    def a_grant_under_an_earlier_notice_is_refused(
        self, who: int, group: int, mask: int, how: str
    ) -> None:
        """Decided under the notice of now, sent in after the next was published."""
        customer, chain = self.customers[who], self.suite.chain
        decision = self.decision(customer, group, (mask, 0), "", "")
        if not decision.grant:
            return
        intent = self.save_intent(decision, "", 0, who)
        seq = self.suite.consents.sequence(customer, group)
        wallet = self.suite.registry.customer(customer).wallet
        self.publish_notice(group=group, step=1, form="", by="publisher")
        args, by = {
            "save": ((decision,), self.hand_of(customer)),
            "saveBySig": (intent, "stranger"),
            "saveFor": ((decision, wallet), "enroller"),
            "recordFor": ((decision, seq), "operator"),
        }[how]
        assert chain.consents.currentNotice(group)[0] == decision.notice + 1
        assert isinstance(self.act("ConsentRegistry", how, *args, by=by), Refused)

    @rule(
        pairs=st.lists(st.tuples(WHO, st.integers(0, 1)), max_size=5, unique=True),
        masks=st.tuples(MASK, MASK),
        order=st.permutations(range(5)),
    )
    def intents_for_different_records_pass_in_any_order(
        self, pairs: list[tuple[int, int]], masks: tuple[int, int], order: list[int]
    ) -> None:
        """Signed at once by several customers for several groups, relayed as it comes."""
        signed = [
            self.save_intent(self.decision(self.customers[who], group, masks, "", ""), "", 0, 0)
            for who, group in pairs
            if self.wallet_of(self.customers[who])
        ]
        stopped = self.suite.consents.switches["paused"]
        for number in order:
            if number < len(signed):
                met = self.relay("saveBySig", signed[number])
                grants = signed[number][0].grant
                untold = (
                    grants & ~self.suite.chain.consents.currentNotice(signed[number][0].group)[1]
                )
                assert met is None or (grants and (stopped or untold)), met

    @rule(
        who=WHO,
        group=GROUP,
        masks=st.tuples(MASK, MASK),
        form=FORM,
        version=VERSION,
        wallet=st.sampled_from(["own", "own", "own", "another", "none"]),
        by=st.sampled_from(["enroller"] * 5 + ["operator"]),
    )
    def save_for(
        self,
        who: int,
        group: int,
        masks: tuple[int, int],
        form: str,
        version: str,
        wallet: str,
        by: str,
    ) -> None:
        customer = self.customers[who]
        own = self.suite.registry.customer(customer).wallet
        another = self.suite.chain.wallets[who].address
        named = {"own": own, "another": another, "none": "0x" + "00" * 20}[wallet]
        decision = self.decision(customer, group, masks, form, version)
        self.act("ConsentRegistry", "saveFor", decision, named, by=by)

    # Withdrawing

    @rule(who=WHO, by=st.sampled_from(["wallet"] * 3 + ["operator", "operator", "stranger"]))
    def withdraw_all(self, who: int, by: str) -> None:
        customer = self.customers[who]
        sender = self.hand_of(customer) if by == "wallet" else by
        self.act("ConsentRegistry", "withdrawAll", customer, digest("receipt", who), by=sender)

    @rule(who=WHO, flaw=FLAW, lasts=LASTS, later=st.booleans())
    def withdraw_all_by_sig(self, who: int, flaw: str, lasts: int, later: bool) -> None:
        customer = self.customers[who]
        seq = self.suite.consents.sequence_of_all(customer) + (flaw == "seq")
        deadline = self.deadline(flaw, lasts)
        receipt = digest("receipt", who)
        said = bytes(32) if flaw == "altered" else receipt
        content = ("WithdrawAll", customer, said, seq, deadline)
        signed = self.sign(customer, flaw, who, content)
        self.relay("withdrawAllBySig", (customer, receipt, seq, deadline, signed), later)

    @rule(
        who=WHO,
        group=st.integers(0, 1),
        mask=st.integers(1, 127),
        notice=st.sampled_from([0, 1, 65_535]),
        paused=st.booleans(),
        suspended=st.booleans(),
        how=st.sampled_from(["save", "saveBySig", "withdrawAll", "withdrawAllBySig", "recordFor"]),
    )
    def withdrawal_always_works(
        self,
        who: int,
        group: int,
        mask: int,
        notice: int,
        paused: bool,
        suspended: bool,
        how: str,
    ) -> None:
        """Whatever stands, under any notice, paused and suspended: afterwards it is not granted."""
        customer = self.customers[who]
        if self.suite.registry.customer(customer).status not in (1, 2):
            return
        if paused:
            self.act("ConsentRegistry", "pause", by="guardian")
        if suspended:
            self.act("CustomerRegistry", "suspend", customer, bytes(32), by="operator")
        mask &= mask_of(self.suite.consents.defined(group))
        if not mask:
            mask = mask_of(self.suite.consents.defined(group))
        decision = Decision(customer, group, 0, mask, notice, digest("receipt", mask))
        wallet = self.wallet_of(customer)
        hand = self.hand_of(customer) if wallet else "stranger"
        if how == "recordFor" or hand == "stranger":
            met = self.act("ConsentRegistry", "recordFor", decision, 2**32 - 1, by="operator")
        elif how == "save":
            met = self.act("ConsentRegistry", "save", decision, by=hand)
        elif how == "withdrawAll":
            met = self.act("ConsentRegistry", "withdrawAll", customer, bytes(32), by=hand)
        elif how == "saveBySig":
            met = self.relay("saveBySig", self.save_intent(decision, "", 0, 0))
        else:
            self.withdraw_all_by_sig(who=who, flaw="", lasts=0, later=False)
            met = None
        assert not isinstance(met, Refused), met
        assert self.suite.chain.consents.grantedIn(customer, group) & mask == 0
        if suspended:
            self.act("CustomerRegistry", "reinstate", customer, by="operator")

    # Records of an operator

    @rule(
        who=WHO,
        group=GROUP,
        masks=st.tuples(MASK, MASK),
        form=FORM,
        version=VERSION,
        step=st.sampled_from([0] * 5 + [-1, -1, 1]),
        by=OPERATORS,
    )
    def record_for(
        self,
        who: int,
        group: int,
        masks: tuple[int, int],
        form: str,
        version: str,
        step: int,
        by: str,
    ) -> None:
        decision = self.decision(self.customers[who], group, masks, form, version)
        seq = (self.suite.consents.sequence(decision.customerId, decision.group) + step) % 2**32
        self.act("ConsentRegistry", "recordFor", decision, seq, by=by)

    @rule(
        who=WHO,
        group=st.integers(0, 1),
        masks=st.tuples(MASK, MASK),
        later=st.sampled_from([0, 1, DAY]),
    )
    def record_twice(self, who: int, group: int, masks: tuple[int, int], later: int) -> None:
        """A retry: at once, or on the next day."""
        decision = self.decision(self.customers[who], group, masks, "", "")
        seq = self.suite.consents.sequence(decision.customerId, decision.group)
        first = self.act("ConsentRegistry", "recordFor", decision, seq, by="operator")
        self.wait(later)
        again = self.act("ConsentRegistry", "recordFor", decision, seq, by="operator")
        assert first == again if isinstance(first, Refused) else again is False

    @rule(
        items=st.lists(
            st.tuples(WHO, GROUP, MASK, MASK, st.sampled_from([0] * 4 + [-1, 1])), max_size=4
        ),
        form=FORM,
        version=VERSION,
        by=OPERATORS,
    )
    def record_batch(
        self, items: list[tuple[int, int, int, int, int]], form: str, version: str, by: str
    ) -> None:
        records = []
        for number, (who, group, grant, withdraw, step) in enumerate(items):
            shape = form if number == 0 else ""
            customer = self.customers[who]
            decision = self.decision(customer, group, (grant, withdraw), shape, version)
            seq = self.suite.consents.sequence(customer, decision.group) + step
            records.append((decision, seq % 2**32))
        self.act("ConsentRegistry", "recordBatch", records, by=by)

    # Onboarding

    @rule(
        who=st.integers(0, 8),
        wallet=st.integers(0, 5),
        group=st.integers(0, 1),
        masks=st.tuples(MASK, MASK),
        points=st.sampled_from(["offered", "offered", "none"]),
    )
    def a_customer_joins(
        self, who: int, wallet: int, group: int, masks: tuple[int, int], points: str
    ) -> None:
        """As it should be; refused only for who they are, and for what is paused or used up."""
        self.onboard(
            who=who,
            wallet=wallet,
            group=group,
            masks=masks,
            form="",
            version="current",
            points=points,
            flaw="",
            by="operator",
        )

    @rule(
        who=st.integers(0, 8),
        wallet=st.integers(0, 5),
        group=GROUP,
        masks=st.tuples(MASK, MASK),
        form=FORM,
        version=VERSION,
        points=st.sampled_from(["offered"] * 6 + ["none", "more"]),
        flaw=st.sampled_from([""] * 24 + [*FLAWS, "words", "programme", "document", "allowed"]),
        by=st.sampled_from(["operator"] * 8 + ["stranger"]),
    )
    def onboard(
        self,
        who: int,
        wallet: int,
        group: int,
        masks: tuple[int, int],
        form: str,
        version: str,
        points: str,
        flaw: str,
        by: str,
    ) -> None:
        """Who is known, and who is not."""
        known = who < len(self.customers) and who < 6
        customer = self.customers[who] if known else digest("walk-in", who)
        new = self.suite.chain.wallets[wallet]
        decision = self.decision(customer, group, masks, form, version)
        offered = self.suite.onboarding.settings["welcome"]
        promised = {"offered": offered, "none": 0, "more": offered + 1}[points]
        intent = Onboard(
            customer,
            new.address,
            *decision[1:],
            promised,
            self.suite.registry.customer(customer).seq + (flaw == "seq"),
            self.deadline(flaw, 60),
        )
        args = self.onboarding(intent, new, flaw)
        met = self.act("Onboarding", "onboard", *args, by=by)
        if not isinstance(met, Refused):
            self.meet(customer)
            self.used.append(("Onboarding", "onboard", args))

    @rule(
        points=st.sampled_from([0, 50, 50, 400]), by=st.sampled_from(["admin"] * 4 + ["operator"])
    )
    def set_welcome(self, points: int, by: str) -> None:
        self.act("Onboarding", "setWelcome", points, by=by)

    # What happens around

    @rule(
        contract=st.sampled_from(["ConsentRegistry", "ConsentRegistry", "LoyaltyPoints"]),
        stop=st.sampled_from([True, False, False]),
        by=st.sampled_from(["guardian", "admin", "admin", "stranger"]),
    )
    def pause_or_unpause(self, contract: str, stop: bool, by: str) -> None:
        self.act(contract, "pause" if stop else "unpause", by=by)

    @rule(who=WHO)
    def a_wallet_leaves(self, who: int) -> None:
        customer = self.customers[who]
        self.act("CustomerRegistry", "unlinkWallet", customer, by=self.hand_of(customer))

    @rule(
        leap=st.sampled_from(["second", "hour", "day", "month", "year", "midnight", "end", "end"]),
        times=st.integers(1, 6),
        early=st.sampled_from([0, 0, 1, 3_600]),
    )
    def time_passes(self, leap: str, times: int, early: int) -> None:
        """Also to the second at which a grant ends, and to just before it."""
        lengths = {"second": 1, "hour": 3_600, "day": DAY, "month": 2_629_746, "year": 31_556_952}
        now = self.suite.evm.timestamp
        if leap in lengths:
            self.wait(lengths[leap] * times)
        elif leap == "midnight":
            self.wait(DAY - now % DAY - (early % DAY if early < DAY - now % DAY else 0))
        else:
            ends = {dates.seconds(c.until) for c in self.suite.consents.choices.values()}
            coming = sorted(end - early for end in ends if end - early > now)
            if coming:
                self.wait(coming[(times - 1) % len(coming)] - now)

    # Laws after every step

    @invariant()
    def what_is_granted_equals_the_model(self) -> None:
        if self.customers:
            laws_consents.what_is_granted_equals_the_model(self.suite, self.customers)

    @invariant()
    def withdrawals_are_final(self) -> None:
        if self.customers:
            self.withdrawals.are_final(self.suite)


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_consents_are_what_the_model_says_after_any_history(number: int) -> None:
    run(ConsentMachine, number)
