"""Consents in operation: notices, decisions by wallet, signature and record, onboarding, time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.contracts.support import laws_consents, wallets
from tests.contracts.support.evm import Refused
from tests.contracts.support.intents import bent
from tests.contracts.support.laws_consents import Withdrawals
from tests.contracts.support.machine import WHO, SuiteMachine, campaigns, digest, run
from tests.contracts.support.model import dates
from tests.contracts.support.model.consent import MAX_AGE_DAYS, Decision, digests, mask_of
from tests.contracts.support.model.onboarding import Onboard
from tests.contracts.support.suite import PROGRAMME
from tests.contracts.support.wallets import Wallet

DAY = 86_400
AGES = (1, 2, 30, 365, 730, MAX_AGE_DAYS, 7)
LAST_YEAR = 2149  # from when days outgrow the 16 bits that the contracts give them
GROUP = st.sampled_from([0, 0, 0, 0, 1, 1, 1, 2])
MASK = st.integers(0, 127)
FORM = st.sampled_from([""] * 15 + ["overlap", "empty", "raw", "lane 7", "group"])
VERSION = st.sampled_from(["current"] * 12 + ["before", "next", "none"])
FLAWS = ["late", "seq", "signer", "altered", "chain", "contract", "mirrored", "empty"]
FLAW = st.sampled_from([""] * 16 + FLAWS)
LASTS = st.sampled_from([0, 60, DAY, 400 * DAY])
PUBLISHERS = st.sampled_from(["publisher"] * 6 + ["operator", "admin"])
OPERATORS = st.sampled_from(["operator"] * 6 + ["stranger", "enroller"])


class ConsentMachine(SuiteMachine):
    """Every verb of ConsentRegistry and Onboarding, by whoever may and may not."""

    def prepare(self) -> None:
        self.withdrawals = Withdrawals()
        self.signed: list[tuple[str, tuple[Any, ...]]] = []  # not relayed yet
        self.used: list[tuple[str, str, tuple[Any, ...]]] = []
        for lane, age in enumerate(AGES):
            self.define_purpose(group=0, lane=lane, age=age, opt_out=lane == 6, by="publisher")
        self.define_purpose(group=1, lane=2, age=30, opt_out=False, by="publisher")
        self.define_purpose(group=1, lane=3, age=1, opt_out=True, by="publisher")
        for group in (0, 1):
            self.publish_notice(group=group, step=1, form="", by="publisher")
        self.act("Onboarding", "setWelcome", 50, by="admin")
        self.link(self.customers[2], self.suite.chain.wallets[2])

    def act(self, contract: str, verb: str, *args: Any, by: str) -> Any:
        met = super().act(contract, verb, *args, by=by)
        if hasattr(self, "withdrawals"):
            laws_consents.who_decided_is_told(self.suite)
            self.withdrawals.hear(self.suite.evm.logs)
        return met

    # What is decided

    def _decision(
        self, customer: bytes, group: int, masks: tuple[int, int], form: str, version: str
    ) -> Decision:
        """A decision that the purposes and the notice allow, unless asked otherwise."""
        model = self.suite.consents
        grant, withdraw = masks
        if form == "group":
            group = 200
        defined = mask_of(model.defined(group))
        if form != "raw":
            grant &= defined
            withdraw &= defined & ~grant
        if not grant | withdraw:
            withdraw = defined & -defined
        if form == "overlap":
            grant, withdraw = defined, defined & 3
        elif form == "empty":
            grant = withdraw = 0
        elif form == "lane 7":
            grant |= 128
        current = model.version(group)
        notice = {"before": max(0, current - 1), "next": current + 1, "none": 0}
        receipt = digest("receipt", len(self.suite.log))
        named = notice.get(version, current)
        return Decision(customer, group, grant, withdraw, named, receipt)

    def _save_intent(
        self, decision: Decision, flaw: str, lasts: int, other: int
    ) -> tuple[Any, ...]:
        """Arguments of saveBySig, with a flaw if asked for."""
        seq = self.suite.consents.sequence(decision.customerId, decision.group)
        seq += flaw == "seq"
        deadline = self._deadline(flaw, lasts)
        said = decision._replace(receipt=bytes(32)) if flaw == "altered" else decision
        content = ("Save", *said, seq, deadline)
        signed = self._sign(decision.customerId, flaw, other, content)
        return (decision, seq, deadline, signed)

    def _deadline(self, flaw: str, lasts: int) -> int:
        return self.suite.evm.timestamp + (-1 if flaw == "late" else lasts)

    def _sign(self, customer: bytes, flaw: str, other: int, content: tuple[Any, ...]) -> Any:
        wallet = self.signer(customer, other)
        if flaw == "signer":
            wallet = self.suite.chain.wallets[other % 6]
        return self._signed_by(wallet, "ConsentRegistry", flaw, content)

    def _signed_by(self, wallet: Wallet, name: str, flaw: str, content: tuple[Any, ...]) -> Any:
        chain = self.suite.chain
        elsewhere = chain.registry if flaw == "contract" else None
        return bent(wallet, chain.contracts[name], content, flaw, elsewhere)

    # Purposes and notices

    @rule(
        group=st.integers(0, 4),
        lane=st.integers(0, 7),
        age=st.sampled_from([*AGES, 0, MAX_AGE_DAYS + 1]),
        opt_out=st.booleans(),
        by=PUBLISHERS,
    )
    def define_purpose(self, group: int, lane: int, age: int, opt_out: bool, by: str) -> None:
        iri = digest("purpose", lane % 7)
        self.act("ConsentRegistry", "definePurpose", group, lane, iri, age, opt_out, by=by)

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
        words = [
            f"May we use it for {lane}? (notice {version})" if lane in defined else ""
            for lane in range(7)
        ]
        known = model.notices.get(group, ())
        if 0 < version <= len(known):
            words = list(known[version - 1].words)
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
        document = digest("notice", version)
        self.act("ConsentRegistry", "publishNotice", group, version, document, words, by=by)

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
        decision = self._decision(customer, group, masks, form, version)
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
        decision = self._decision(self.customers[who], group, masks, form, version)
        args = self._save_intent(decision, flaw, lasts, who)
        self._relay("saveBySig", args, later)

    def _relay(self, verb: str, args: tuple[Any, ...], later: bool = False) -> Any:
        if later:
            self.signed.append((verb, args))
            return None
        met = self.act("ConsentRegistry", verb, *args, by="stranger")
        if not isinstance(met, Refused) and self.suite.evm.logs:
            self.used.append(("ConsentRegistry", verb, args))
        return met

    @rule(number=st.integers(0, 20))
    def relay_what_was_signed(self, number: int) -> None:
        """Whatever happened since: other decisions, notices, wallets, days."""
        if self.signed:
            self._relay(*self.signed.pop(number % len(self.signed)))

    @rule(number=st.integers(0, 20))
    def an_intent_is_good_once(self, number: int) -> None:
        if self.used:
            contract, verb, args = self.used[number % len(self.used)]
            by = "operator" if contract == "Onboarding" else "stranger"
            assert isinstance(self.act(contract, verb, *args, by=by), Refused)

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
            self._save_intent(self._decision(self.customers[who], group, masks, "", ""), "", 0, 0)
            for who, group in pairs
            if self.wallet_of(self.customers[who])
        ]
        stopped = self.suite.consents.switches["paused"]
        for number in order:
            if number < len(signed):
                met = self._relay("saveBySig", signed[number])
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
        decision = self._decision(customer, group, masks, form, version)
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
        deadline = self._deadline(flaw, lasts)
        receipt = digest("receipt", who)
        said = bytes(32) if flaw == "altered" else receipt
        content = ("WithdrawAll", customer, said, seq, deadline)
        signed = self._sign(customer, flaw, who, content)
        self._relay("withdrawAllBySig", (customer, receipt, seq, deadline, signed), later)

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
            met = self._relay("saveBySig", self._save_intent(decision, "", 0, 0))
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
        decision = self._decision(self.customers[who], group, masks, form, version)
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
        decision = self._decision(self.customers[who], group, masks, "", "")
        seq = self.suite.consents.sequence(decision.customerId, decision.group)
        first = self.act("ConsentRegistry", "recordFor", decision, seq, by="operator")
        self._wait(later)
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
            decision = self._decision(customer, group, (grant, withdraw), shape, version)
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
        decision = self._decision(customer, group, masks, form, version)
        offered = self.suite.onboarding.settings["welcome"]
        promised = {"offered": offered, "none": 0, "more": offered + 1}[points]
        intent = Onboard(
            customer,
            new.address,
            *decision[1:],
            promised,
            self.suite.registry.customer(customer).seq + (flaw == "seq"),
            self._deadline(flaw, 60),
        )
        args = self._onboarding(intent, new, flaw)
        met = self.act("Onboarding", "onboard", *args, by=by)
        if not isinstance(met, Refused):
            self.meet(customer)
            self.used.append(("Onboarding", "onboard", args))

    def _onboarding(self, intent: Onboard, wallet: Wallet, flaw: str) -> tuple[Any, ...]:
        """Arguments of onboard, with a flaw if asked for."""
        published = self.suite.consents.notices.get(intent.group, ())
        known = 0 < intent.notice <= len(published)
        words = published[intent.notice - 1].words if known else ("",) * 7
        document = published[intent.notice - 1].document if known else bytes(32)
        shown = digests(words)
        if flaw == "words":
            shown[0] = digest("other words", 0)
        said = intent
        if flaw == "altered":
            said = intent._replace(receipt=bytes(32))
        if flaw == "allowed":
            said = intent._replace(grant=intent.withdraw, withdraw=intent.grant)
        programme = "Another programme" if flaw == "programme" else PROGRAMME
        document = bytes(32) if flaw == "document" else document
        content = said.content(programme, document, words)
        if flaw == "signer":
            wallet = Wallet(wallet.address, wallets.key("a thief"))
        signed = self._signed_by(wallet, "Onboarding", flaw, content)
        if flaw == "signer":
            signed.signer = "a thief"
        return (intent, shown, digest("commitment", 0), signed)

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

    def _wait(self, seconds: int) -> None:
        until = self.suite.evm.timestamp + seconds
        if dates.day_of(until).year < LAST_YEAR:
            self.suite.warp(until)

    @rule(
        leap=st.sampled_from(["second", "hour", "day", "month", "year", "midnight", "end", "end"]),
        times=st.integers(1, 6),
        early=st.sampled_from([0, 0, 1, 3_600]),
    )
    def time_passes(self, leap: str, times: int, early: int) -> None:  # type: ignore[override]
        """Also to the second at which a grant ends, and to just before it."""
        lengths = {"second": 1, "hour": 3_600, "day": DAY, "month": 2_629_746, "year": 31_556_952}
        now = self.suite.evm.timestamp
        if leap in lengths:
            self._wait(lengths[leap] * times)
        elif leap == "midnight":
            self._wait(DAY - now % DAY - (early % DAY if early < DAY - now % DAY else 0))
        else:
            ends = {dates.seconds(c.until) for c in self.suite.consents.choices.values()}
            coming = sorted(end - early for end in ends if end - early > now)
            if coming:
                self._wait(coming[(times - 1) % len(coming)] - now)

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
