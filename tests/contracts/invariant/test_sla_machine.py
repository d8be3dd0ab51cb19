"""Service levels in operation: promised, kept, broken, disputed; by whoever may and may not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.contracts.support import laws_sla
from tests.contracts.support.desk import ARBITER, DAY, OFFICE, PROVIDERS, DeskSuite, policy
from tests.contracts.support.evm import Refused
from tests.contracts.support.machine import LAST_YEAR, campaigns, digest, linking, run
from tests.contracts.support.market import START
from tests.contracts.support.market_machine import FLAW, MONEY, WHICH, MoneyMachine
from tests.contracts.support.model import hours
from tests.contracts.support.model.agreements import Opening, id_of
from tests.contracts.support.model.clocks import Case, State
from tests.contracts.support.model.money import Oddity
from tests.contracts.support.model.policies import ALL, ALL_HOURS, HOUR, Policy
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.sla import Action, Instruction
from tests.contracts.support.wallets import Wallet

SLA = "SLAEscrow"
NOTHING = bytes(32)
MINUTE = 60
LIVE = (State.OPEN, State.DELIVERED, State.DISPUTED)
AMOUNT = st.sampled_from([1, 7, 99, 100, 10_001, 10_001, 33_333, START])
BPS = st.sampled_from([0, 1, 3_333, 5_000, 5_000, ALL])
SHARE = st.sampled_from([0, 1, 3_333, 5_000, ALL, ALL + 1])
CLOCK = st.sampled_from(
    [
        (OFFICE, 0),
        (OFFICE, 19_800),  # India
        (OFFICE, -12_600),  # Newfoundland
        (ALL_HOURS, 0),
        (1 << 10 | 1 << 167, 20_700),  # Nepal; two hours a week
        (int("10" * 84, 2), 50_400),  # every other hour, far in the east
        (OFFICE, -43_200),
    ]
)
PAUSE = st.sampled_from([0, 1, HOUR, 8 * HOUR, 40 * HOUR])
TARGETS = st.sampled_from(
    [
        ((HOUR, 0, 1, 4 * HOUR), (4 * HOUR, 8 * HOUR, 1, 16 * HOUR)),
        ((0, 0, 0, 0), (30 * MINUTE, HOUR, 5 * HOUR, 40 * HOUR)),
        ((HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR), (HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR)),
    ]
)
# Who tries: mostly who may.
BY = st.sampled_from(["may"] * 10 + ["provider", "client", "arbiter", "stranger"])
EVIDENCE = st.sampled_from([NOTHING, digest("evidence", 0)])
RETRIED = ("respond", "awaitCustomer", "deliver", "linkClient")


class SlaMachine(MoneyMachine):
    """Every verb of SLAEscrow."""

    suite: DeskSuite
    suite_of = DeskSuite
    # A token that burns gas where no limit is set may stop whoever uses it; nobody else.
    oddities = tuple(o for o in Oddity if o != Oddity.BURNS_GAS)

    def prepare(self) -> None:
        """
        Policies of two providers, with fees and with bonds, in every money; an agreement under
        each, for clients with wallets and for customers without.
        """
        self.refs = 0
        self.openings: list[Opening] = []
        self.done: list[tuple[str, tuple[Any, ...], str]] = []
        for money in range(3):
            for provider in PROVIDERS:
                token = self.suite.moneys[money].address
                self.act(SLA, "depositBond", token, START // 4, by=provider.address)
        for number in range(6):
            terms = policy(
                self.suite.moneys[number % 3].address,
                provider=PROVIDERS[number % 2].address,
                bonded=number > 2,
                defaultProviderBps=(0, 5_000, ALL)[number % 3],
                arbiter=NOBODY if number == 5 else ARBITER,
                arbiterFeeBps=0 if number == 5 else 1_000,
            )
            self.act(SLA, "createPolicy", digest("policy", number), terms, by=terms.provider)
        for number in range(8):
            self.open_one(number % 6 + 1, number % 4, 10_001, number, number, "opener", "", "")

    def met(self, contract: str, verb: str, by: str) -> None:
        laws_sla.escrow_moves_what_it_tells(self.suite, self.suite.evm.logs)

    # Who and what

    def case(self, which: int, *states: State) -> tuple[bytes, Case, Policy]:
        """One in such a state, if there is one and `which` does not ask for any."""
        model = self.suite.sla
        keys = list(model.cases)
        fit = [key for key in keys if model.cases[key].state in states]
        among = fit if fit and which % 7 else keys
        key = among[which % len(among)]
        return key, model.cases[key], model.policy_of(key)

    def ready(self, which: int, state: State) -> tuple[bytes, Case, Policy]:
        """As `case`; if there is none, mostly one is delivered or disputed first."""
        key, case, terms = self.case(which, state)
        if case.state == State.OPEN and which % 4:
            ways = {State.DELIVERED: ("deliver", "provider"), State.DISPUTED: ("dispute", "client")}
            verb, who = ways[state]
            self.do(verb, key, NOTHING, by=self.sender(case, terms, "may", who))
        return key, self.suite.sla.cases[key], terms

    def wallet_at(self, address: str) -> Wallet | None:
        people: Iterable[Wallet] = (*self.suite.chain.wallets, *self.suite.chain.payers, *PROVIDERS)
        return next((w for w in people if w.address == address), None)

    def sender(self, case: Case, terms: Policy, by: str, may: str) -> str:
        """Whoever that is in this case. Accounts with code cannot send here."""
        by = may if by == "may" else by
        people = {"provider": terms.provider, "client": case.client, "arbiter": terms.arbiter}
        address = people.get(by, NOBODY)
        if address == NOBODY or self.suite.evm.code(address):
            return self.suite.actors["stranger"]
        return address

    def do(self, verb: str, *args: Any, by: str) -> Any:
        """A verb; what went through is remembered, for `a_verb_is_retried`."""
        met = self.act(SLA, verb, *args, by=by)
        if verb in RETRIED and met is True:
            self.done.append((verb, args, by))
        return met

    # Policies

    @rule(
        who=st.integers(0, 1),
        money=MONEY,
        bonded=st.booleans(),
        clock=CLOCK,
        pause=PAUSE,
        promise=TARGETS,
        bps=st.tuples(BPS, BPS, BPS, BPS, BPS, BPS),
        arbiter=st.integers(0, 4),
        again=st.integers(0, 5),
    )
    def a_policy_is_published(
        self,
        who: int,
        money: int,
        bonded: bool,
        clock: tuple[int, int],
        pause: int,
        promise: Any,
        bps: tuple[int, ...],
        arbiter: int,
        again: int,
    ) -> None:
        provider, cap = PROVIDERS[who].address, max(bps[0], 1)
        terms = policy(
            self.suite.moneys[money].address,
            provider=provider,
            bonded=bonded,
            arbiter=NOBODY if arbiter == 0 else ARBITER,
            arbiterFeeBps=0 if arbiter == 0 else bps[1],
            defaultProviderBps=bps[2],
            maxCreditBps=cap,
            lateResponseBps=min(cap, bps[3]),
            lateResolutionBps=min(cap, bps[4]),
            perHourBps=min(cap, bps[5]),
            hours168=clock[0],
            utcOffset=clock[1],
            maxPause=pause,
            response=promise[0],
            resolution=promise[1],
        )
        # Now and then under a reference that was used: by this provider or the other.
        number = len(self.suite.sla.terms) - (again == 5)
        self.act(SLA, "createPolicy", digest("policy", number), terms, by=provider)

    @rule(number=st.integers(0, 7), who=st.integers(0, 4))
    def a_policy_is_closed(self, number: int, who: int) -> None:
        by = [w.address for w in PROVIDERS] + ["stranger"]
        if number != 3:  # one stays
            self.act(SLA, "closePolicy", number, by=by[who % 3])

    @rule(number=st.integers(1, 20))
    def a_policy_is_published_again(self, number: int) -> None:
        """The same terms under the same reference are the same policy, closed or not."""
        model = self.suite.sla
        made = [(ref, found) for (_, ref), found in model.made.items() if found[0] == number]
        for ref, (number, terms) in made:
            met = self.act(SLA, "createPolicy", ref, terms, by=terms.provider)
            assert met == (number, False)

    # Bonds

    @rule(who=st.integers(0, 3), money=MONEY, amount=st.sampled_from([0, 1, 5_000, 40_000]))
    def a_bond_grows(self, who: int, money: int, amount: int) -> None:
        people = [*PROVIDERS, *self.suite.chain.payers]
        by = people[who].address
        self.act(SLA, "depositBond", self.suite.moneys[money].address, amount, by=by)

    @rule(who=st.integers(0, 9), money=MONEY, to=st.integers(0, 9))
    def withdraw(self, who: int, money: int, to: int) -> None:
        """Whoever is owed, now and then; to themselves, mostly."""
        self.take_out(self.suite.sla, who if who < 9 else None, money, to)

    # Opening

    @rule(
        number=st.integers(0, 14),
        priority=st.sampled_from([0, 1, 2, 3, 3, 4]),
        amount=AMOUNT,
        who=st.integers(0, 9),
        client=st.integers(0, 6),
        hand=st.sampled_from(["opener"] * 6 + ["sig"] * 5 + ["stranger"]),
        flaw=FLAW,
        wrong=st.sampled_from([""] * 12 + ["provider", "nobody", "nothing"]),
    )
    def an_agreement_is_opened(self, number: int, **asked: Any) -> None:
        number = number if number <= len(self.suite.sla.terms) + 1 else number % 6 + 1
        self.open_one(number, **asked)

    def open_one(
        self,
        number: int,
        priority: int,
        amount: int,
        who: int,
        client: int,
        hand: str,
        flaw: str,
        wrong: str,
    ) -> None:
        terms = self.suite.sla.terms.get(number)
        bonded = terms is not None and terms.bonded
        wallets = self.suite.chain.payers
        address = wallets[client % len(wallets)].address
        if bonded and client % 3:  # a customer in the client's place
            address = NOBODY
        if wrong == "nobody":
            address = NOBODY
        if wrong == "provider" and terms is not None:
            address = terms.provider
        self.refs += 1
        made = Opening(
            number,
            priority,
            0 if wrong == "nothing" else amount,
            address,
            self.customers[who % len(self.customers)],
            digest("agreement", self.refs),
            self.now - 1 if flaw == "late" else self.now + DAY,
        )
        self.openings.append(made)
        self.hand_in(made, hand, flaw)

    def hand_in(self, made: Opening, hand: str, flaw: str) -> Any:
        terms = self.suite.sla.terms.get(made.policyId)
        wallet = self.wallet_at(made.client) or PROVIDERS[0]
        if hand == "sig" or (terms and not terms.bonded and self.suite.evm.code(made.client)):
            shown = made._replace(amount=made.amount ^ 1) if flaw == "altered" else made
            signed = self.signed(wallet, SLA, "Open", *shown, flaw=flaw)
            return self.act(SLA, "openBySig", made, signed, by="stranger")
        by = terms.provider if terms and terms.bonded else made.client
        if hand == "stranger" or by == NOBODY or self.suite.evm.code(by):
            by = "stranger"
        return self.act(SLA, "open", made, by=by)

    @rule(which=WHICH, hand=st.sampled_from(["opener", "opener", "sig"]), other=st.integers(0, 9))
    def an_agreement_is_opened_again(self, which: int, hand: str, other: int) -> None:
        """The same call changes nothing; under another policy or priority it is refused."""
        made = self.openings[which % len(self.openings)]
        if other == 0:
            made = made._replace(priority=(made.priority + 1) % 4)
        if other == 1:
            made = made._replace(policyId=made.policyId % 6 + 1)
        known = id_of(made.client, made.ref) in self.suite.sla.cases
        met = self.hand_in(made, hand, "")
        if known and other > 1 and not isinstance(met, Refused):
            assert met == (id_of(made.client, made.ref), False)

    @rule(which=WHICH)
    def link_client(self, which: int) -> None:
        bare = list(self.suite.sla.customers)
        keys = bare if bare and which % 5 else list(self.suite.sla.cases)
        key = keys[which % len(keys)]
        if which % 3 and key in bare:
            self.link(self.suite.sla.customers[key], which)
        self.do("linkClient", key, by="stranger")

    # Service

    @rule(which=WHICH, by=BY)
    def respond(self, which: int, by: str) -> None:
        key, case, terms = self.case(which, State.OPEN)
        self.do("respond", key, by=self.sender(case, terms, by, "provider"))

    @rule(which=WHICH, by=BY)
    def await_customer(self, which: int, by: str) -> None:
        key, case, terms = self.case(which, State.OPEN)
        self.do("awaitCustomer", key, by=self.sender(case, terms, by, "provider"))

    @rule(which=WHICH, by=BY, may=st.sampled_from(["provider", "client"]))
    def resume(self, which: int, by: str, may: str) -> None:
        paused = [k for k, c in self.suite.sla.cases.items() if c.lasting and c.state == State.OPEN]
        key, case, terms = self.case(which, State.OPEN)
        if paused and which % 4:
            key = paused[which % len(paused)]
            case, terms = self.suite.sla.cases[key], self.suite.sla.policy_of(key)
        elif which % 3:
            self.do("awaitCustomer", key, by=terms.provider)
        self.do("resume", key, by=self.sender(case, terms, by, may))

    @rule(which=WHICH, by=BY, evidence=EVIDENCE)
    def deliver(self, which: int, by: str, evidence: bytes) -> None:
        key, case, terms = self.case(which, State.OPEN)
        self.do("deliver", key, evidence, by=self.sender(case, terms, by, "provider"))

    @rule(which=WHICH)
    def a_verb_is_retried(self, which: int) -> None:
        """
        What went through once changes nothing when it is sent again, at any later time; but a
        customer may have been waited for since, or have another wallet.
        """
        if not self.done:
            return
        verb, args, by = self.done[which % len(self.done)]
        met = self.act(SLA, verb, *args, by=by)
        assert met is False or verb in ("awaitCustomer", "linkClient")
        assert met is True or not self.suite.evm.logs

    # Settling

    @rule(which=WHICH, by=BY)
    def accept(self, which: int, by: str) -> None:
        key, case, terms = self.ready(which, State.DELIVERED)
        self.do("accept", key, by=self.sender(case, terms, by, "client"))

    @rule(
        which=WHICH,
        verb=st.sampled_from(["finalize", "reclaim", "expireDispute"]),
        ripe=st.sampled_from([None, -1, 0, 0, 0]),
        by=BY,
    )
    def anybody_ends_it(self, which: int, verb: str, ripe: int | None, by: str) -> None:
        """At some time, in the last second in which it is too early, and in the first after."""
        states = {"finalize": State.DELIVERED, "expireDispute": State.DISPUTED}
        if verb in states:
            key, case, terms = self.ready(which, states[verb])
        else:
            key, case, terms = self.case(which, State.OPEN)
        if ripe is not None and case.state == states.get(verb, State.OPEN):
            self.wait_until(self.end_of(case, terms) + ripe)
        self.do(verb, key, by=self.sender(case, terms, by, "stranger"))

    @staticmethod
    def end_of(case: Case, terms: Policy) -> int:
        """From when anybody may end it."""
        if case.state == State.DELIVERED:
            return case.deliveredAt + terms.reviewWindow + 1
        if case.state == State.DISPUTED:
            return case.disputedAt + terms.arbiterWindow + 1
        limit = terms.resolution[case.priority] + terms.maxPause
        return terms.used_up(case.openedAt, limit + 1) + terms.reviewWindow

    @rule(which=WHICH, by=BY)
    def give_up(self, which: int, by: str) -> None:
        if which % 3 == 0:  # rare, or little would be left to dispute
            key, case, terms = self.case(which, *LIVE)
            self.do("giveUp", key, by=self.sender(case, terms, by, "provider"))

    @rule(
        which=WHICH,
        by=BY,
        may=st.sampled_from(["provider", "client"]),
        share=st.sampled_from([0, 1, 30, 99, 100, 101]),
    )
    def concede(self, which: int, by: str, may: str, share: int) -> None:
        key, case, terms = self.case(which, *LIVE)
        left = -(-case.amount * share // 100)
        by = self.sender(case, terms, by, may)
        if self.do("concede", key, left, by=by) is True:
            assert self.do("concede", key, left, by=by) is False, "given twice"

    @rule(
        which=WHICH,
        by=BY,
        may=st.sampled_from(["provider", "client"]),
        bps=SHARE,
        verb=st.sampled_from(["proposeSplit", "acceptSplit", "both", "both"]),
    )
    def split(self, which: int, by: str, may: str, bps: int, verb: str) -> None:
        key, case, terms = self.case(which, *LIVE)
        other = "client" if may == "provider" else "provider"
        if verb != "acceptSplit":
            self.do("proposeSplit", key, bps, by=self.sender(case, terms, by, may))
        if which % 4 == 0 and key in self.suite.sla.customers:
            self.link(self.suite.sla.customers[key], which + 1)  # whoever proposed has gone
            self.do("linkClient", key, by="stranger")
            case = self.suite.sla.cases[key]
        if verb != "proposeSplit" and which % 3:
            self.do("acceptSplit", key, bps, by=self.sender(case, terms, by, other))

    # Disputes

    @rule(which=WHICH, by=BY, may=st.sampled_from(["provider", "client"]), evidence=EVIDENCE)
    def dispute(self, which: int, by: str, may: str, evidence: bytes) -> None:
        key, case, terms = self.case(which, State.OPEN, State.DELIVERED)
        self.do("dispute", key, evidence, by=self.sender(case, terms, by, may))

    @rule(which=WHICH, by=BY, may=st.sampled_from(["provider", "client"]))
    def submit_evidence(self, which: int, by: str, may: str) -> None:
        key, case, terms = self.case(which, *LIVE)
        self.do("submitEvidence", key, digest("more", which), by=self.sender(case, terms, by, may))

    @rule(which=WHICH, by=BY, bps=SHARE, late=st.sampled_from([None, None, None, 0, 1]))
    def resolve(self, which: int, by: str, bps: int, late: int | None) -> None:
        """Whatever an arbiter decides, in the last second in which it can, and too late."""
        key, case, terms = self.ready(which, State.DISPUTED)
        if late is not None and case.state == State.DISPUTED:
            self.wait_until(case.disputedAt + terms.arbiterWindow + late)
        before = self.suite.sla.obligations(terms.token)
        met = self.do("resolve", key, bps, by=self.sender(case, terms, by, "arbiter"))
        if met is None:
            laws_sla.an_arbiter_moves_at_most_the_stake(self.suite, key, before)

    # What clients sign

    @rule(
        which=WHICH,
        action=st.sampled_from(Action),
        bps=BPS,
        evidence=EVIDENCE,
        flaw=FLAW,
        ready=st.integers(0, 4),
    )
    def a_client_signs(
        self, which: int, action: Action, bps: int, evidence: bytes, flaw: str, ready: int
    ) -> None:
        states = [State.DELIVERED] if action == Action.ACCEPT else list(LIVE)
        key, case, terms = self.case(which, *states)
        if ready and action == Action.RESUME:
            self.do("awaitCustomer", key, by=terms.provider)
        if ready and action == Action.ACCEPT_SPLIT:
            self.do("proposeSplit", key, bps, by=terms.provider)
        wallet = self.wallet_at(case.client) or self.suite.chain.payers[0]
        until = self.now - 1 if flaw == "late" else self.now + DAY
        made = Instruction(action, key, bps, evidence, until)
        shown = made._replace(providerBps=bps ^ 1) if flaw == "altered" else made
        signed = self.signed(wallet, SLA, *shown.content, flaw=flaw)
        self.do("instruct", made, signed, by="stranger")
        self.do("instruct", made, signed, by="stranger")  # and once more

    # Customers

    @rule(which=WHICH, who=st.integers(0, 3), ready=st.booleans())
    def claim(self, which: int, who: int, ready: bool) -> None:
        waits = [where for where, amount in self.suite.sla.waits.items() if amount]
        where = (PROVIDERS[0].address, self.customers[who], self.suite.moneys[0].address)
        bare = [k for k, c in self.suite.sla.cases.items() if c.client == NOBODY]
        if bare and not waits and which % 3:
            key = bare[which % len(bare)]
            self.do("giveUp", key, by=self.suite.sla.policy_of(key).provider)
            waits = [spot for spot, amount in self.suite.sla.waits.items() if amount]
        if waits and which % 6:
            where = waits[which % len(waits)]
        if ready:
            self.link(where[1], which)
        self.do("claim", *where, by="stranger")

    @rule(who=st.integers(0, 3), wallet=st.integers(0, 7))
    def link(self, who: int | bytes, wallet: int) -> None:
        """A customer gets a wallet, often in the place of another; one may be a provider's."""
        customer = self.customers[who] if isinstance(who, int) else who
        old = self.suite.registry.customer(customer).wallet
        if wallet % 2 and old != NOBODY and not self.suite.evm.code(old):
            self.act("CustomerRegistry", "unlinkWallet", customer, by=old)
        people = [*self.suite.chain.wallets, *PROVIDERS]
        args = linking(self.suite, customer, people[wallet % len(people)])
        self.act("CustomerRegistry", "linkWallet", *args, by="operator")

    @rule(who=st.integers(0, 3), into=st.integers(0, 3), what=st.integers(0, 5))
    def a_customer_goes(self, who: int, into: int, what: int) -> None:
        """Suspended, reinstated, merged into another while it has no wallet, or erased."""
        gone, heir = self.customers[who], self.customers[into]
        if what < 2:
            self.act("CustomerRegistry", "suspend", gone, NOTHING, by="operator")
        elif what < 4:
            self.act("CustomerRegistry", "reinstate", gone, by="operator")
        elif what == 4:
            none = self.suite.ledger.now, laws_sla.unsigned()
            self.act("CustomerRegistry", "merge", gone, heir, *none, by="steward")
        elif who == 2:
            self.act("CustomerRegistry", "erase", gone, by="steward")

    # Money turns just as it is to be paid out

    @rule(
        which=WHICH,
        odd=st.integers(0, 40),
        verb=st.sampled_from(["giveUp", "deliver", "resolve", "open", "concede", "claim"]),
        blocked=st.integers(0, 2),
    )
    def money_turns_just_then(self, which: int, odd: int, verb: str, blocked: int) -> None:
        states = [State.DISPUTED] if verb == "resolve" else [State.OPEN]
        key, case, terms = self.case(which, *states)
        token = self.suite.tokens[terms.token]
        if not token.odd:
            return
        people = [case.client, terms.provider, terms.arbiter]
        self.act(token.contract, "setBlocked", people[blocked], True, by="stranger")
        self.act(token.contract, "turn", self.oddities[odd % len(self.oddities)], by="stranger")
        if verb == "deliver":
            self.do("deliver", key, NOTHING, by=terms.provider)
            self.do("accept", key, by=self.sender(case, terms, "may", "client"))
        elif verb == "open":
            self.open_one(case.policyId, 0, 5_000, which, 0, "opener", "", "")
        elif verb == "claim":
            self.claim(which, 0, True)
        else:
            args = {"giveUp": (), "resolve": (ALL // 3,), "concede": (case.amount // 2,)}[verb]
            by = terms.arbiter if verb == "resolve" else terms.provider
            self.do(verb, key, *args, by=by)
        if which % 3:
            self.act(token.contract, "turn", int(Oddity.NONE), by="stranger")
            self.whoever_is_owed_gets_it(token.address)

    def whoever_is_owed_gets_it(self, token: str) -> None:
        """As soon as the money behaves. Providers leave their bonds where they are."""
        for (account, kind), owed in list(self.suite.sla.debts.items()):
            provides = account in {p.address for p in PROVIDERS}
            if owed and kind == token and not provides and not self.suite.evm.code(account):
                assert self.act(SLA, "withdraw", token, account, by=account) == owed

    # Time

    @rule(
        which=WHICH,
        what=st.sampled_from(["response", "resolution", "review", "ruling", "budget"]),
        offset=st.sampled_from([-1, 0, 0, 1, 1, HOUR, HOUR + 1]),
    )
    def time_comes(self, which: int, what: str, offset: int) -> None:
        """To one of the moments that count, or a second before or after it."""
        states = {"review": State.DELIVERED, "ruling": State.DISPUTED}
        _, case, terms = self.case(which, states.get(what, State.OPEN))
        wall = (terms.hours168, terms.utcOffset)
        if what in ("response", "resolution"):
            target = getattr(terms, what)[case.priority]
            taken = self.suite.sla.clocks(self.case(which, State.OPEN)[0]).paused
            target += taken if what == "resolution" else 0
            moment = hours.last_in_time(*wall, case.openedAt, target)
        elif what == "budget":
            moment = terms.used_up(case.lasting or case.openedAt, terms.maxPause)
        else:
            moment = self.end_of(case, terms) - 1
        self.wait_until(moment + offset)

    # Laws

    @invariant()
    def money_is_where_it_belongs(self) -> None:
        if self.suite:
            laws_sla.escrow_holds_what_it_must(self.suite)

    def close(self) -> None:
        laws_sla.escrow_equals_the_model_and_the_logs(self.suite)
        if self.now < LAST_YEAR:
            laws_sla.whoever_is_left_alone_gets_an_end(self.suite, self.wallet_at)


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_service_levels_end_as_the_model_says_after_any_history(number: int) -> None:
    run(SlaMachine, number)
