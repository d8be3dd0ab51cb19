"""Subscriptions in operation: plans, charges, decisions and goodwill, around every boundary."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.support import laws_sales
from tests.contracts.support.evm import Refused
from tests.contracts.support.machine import campaigns, digest, run
from tests.contracts.support.market import SELLERS
from tests.contracts.support.market_machine import (
    EARNER,
    FLAW,
    MONEY,
    PAYER,
    SELLER,
    WHICH,
    MarketMachine,
)
from tests.contracts.support.model.ledger import Signed
from tests.contracts.support.model.money import Oddity
from tests.contracts.support.model.plans import DAY, MAX_PERIOD, Coupon, Plan
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.subscriptions import (
    ACTIONS,
    MAX_GRANT,
    Instruction,
    Mode,
    Status,
    Subscription,
    Terms,
    id_of,
)
from tests.contracts.support.wallets import Wallet

MONTH, YEAR = 30 * DAY, 365 * DAY
PRICE = st.sampled_from([1, 7, 100, 100, 999, 1_000, 12_345, 50_000])
PERIOD = st.sampled_from([DAY, 7 * DAY, MONTH, MONTH, YEAR])
FEE = st.sampled_from([0, 0, 1, 50, 100])  # per cent of the price
CAP = st.sampled_from([0, 0, 0, 1, 10**6, 10**6, -1])  # above the price
HAND = st.sampled_from(["payer"] * 6 + ["sig"] * 6 + ["merchant", "stranger"])
WHEN = st.sampled_from(["now", "early", "due", "due", "due", "last", "lapsed"])
CALLER = st.sampled_from(["stranger"] * 6 + ["merchant", "payer"])
DECISION_FLAW = st.sampled_from([""] * 16 + ["late", "signer", "altered", "chain", "seq"])
BAD_PLANS = {
    "merchant": {"merchant": NOBODY},
    "closed": {"closed": True},
    "token": {"token": NOBODY},
    "short": {"period": DAY - 1, "grace": 1},
    "long": {"period": MAX_PERIOD + 1},
    "trial": {"trial": MAX_PERIOD + 1},
    "no grace": {"grace": 0},
    "grace": {"period": DAY, "grace": DAY + 1},
    "free": {"price": 0, "callerFee": 0},
    "fee": {"price": 1, "callerFee": 2},
}


class SubscriptionMachine(MarketMachine):
    """Every verb of Subscriptions, by whoever may and may not."""

    def __init__(self) -> None:
        super().__init__()
        self.terms: list[Terms] = []
        self.coupons: list[tuple[Coupon, Signed]] = []
        self.instructions: list[tuple[Instruction, Signed]] = []
        self.made: list[tuple[str, bytes, Plan]] = []

    def prepare(self) -> None:
        """
        Plans of two merchants: three that can be exchanged, with and without a trial; one of three
        instalments; one in other money. Four payers who have subscribed.
        """
        super().prepare()
        odd = self.suite.moneys[1].address
        for seller, period, trial, most, price, money in (
            (0, MONTH, 0, 0, 1_000, ""),
            (0, MONTH, 14 * DAY, 0, 3_000, ""),
            (0, YEAR, 0, 0, 10_001, ""),
            (0, MONTH, 0, 3, 500, ""),
            (1, 7 * DAY, 7 * DAY, 0, 99, odd),
        ):
            token = money or self.suite.moneys[0].address
            merchant = SELLERS[seller].address
            self.offer(
                Plan(merchant, period, trial, period // 4, token, most, False, price, price // 50)
            )
        for number, plan in enumerate((1, 2, 4, 5)):
            self.terms.append(self.ask(number, plan, 10**6, number))
            self.start(self.terms[-1], "sig", "")

    # Plans

    def offer(self, plan: Plan) -> object:
        self.made.append((plan.merchant, digest("plan", len(self.made)), plan))
        merchant, ref, _ = self.made[-1]
        return self.act("Subscriptions", "createPlan", ref, plan, by=merchant)

    @rule(
        seller=SELLER,
        money=MONEY,
        period=PERIOD,
        trial=st.sampled_from([0, 0, DAY, 14 * DAY, MONTH]),
        grace=st.sampled_from([1, 50, 100]),
        most=st.sampled_from([0, 0, 0, 1, 2, 12]),
        price=PRICE,
        fee=FEE,
        bad=st.sampled_from([""] * 20 + list(BAD_PLANS)),
    )
    def create_plan(
        self,
        seller: int,
        money: int,
        period: int,
        trial: int,
        grace: int,
        most: int,
        price: int,
        fee: int,
        bad: str,
    ) -> None:
        token, merchant = self.suite.moneys[money].address, SELLERS[seller].address
        late = max(1, period * grace // 100)
        plan = Plan(merchant, period, trial, late, token, most, False, price, price * fee // 100)
        self.offer(plan)
        ref = self.made[-1][1]
        again = self.act("Subscriptions", "createPlan", ref, plan, by=merchant)
        assert again == (len(self.suite.subscriptions.offers), False)
        if bad:
            bent = plan._replace(**BAD_PLANS[bad])
            for new in (ref, digest("bad plan", len(self.made))):
                met = self.act("Subscriptions", "createPlan", new, bent, by=merchant)
                assert isinstance(met, Refused)

    @rule(which=WHICH, price=PRICE, fee=FEE, by=st.sampled_from([0, 0, 0, 1]))
    def set_plan_price(self, which: int, price: int, fee: int, by: int) -> None:
        """Rises and cuts, of plans that somebody has."""
        number = self.known(which)[1].planId or 1
        merchant = self.suite.subscriptions.plan(number).merchant
        sender = "stranger" if by else merchant
        args = (number, price, price * fee // 100)
        self.act("Subscriptions", "setPlanPrice", *args, by=sender)

    @rule(which=st.integers(0, 40), by=st.sampled_from([0, 0, 1]))
    def close_plan(self, which: int, by: int) -> None:
        number = which % (len(self.suite.subscriptions.offers) + 1)
        if number > 5 or which < 3:
            plan = self.suite.subscriptions.offers.get(number)
            merchant = plan.merchant if plan and not by else "stranger"
            self.act("Subscriptions", "closePlan", number, by=merchant)

    # Subscribing

    def ask(self, who: int, plan: int, cap: int, earner: int) -> Terms:
        number = len(self.terms)
        ref, campaign = digest("ref", number), digest("campaign", number % 2)
        customer, until = self.earner(earner), self.now + DAY
        payer = self.payer(who).address
        return Terms(payer, plan, cap, ref, customer, campaign, bytes(32), until)

    def wallet(self, address: str) -> Wallet:
        return next(w for w in self.suite.chain.payers if w.address == address)

    def sender(self, payer: str, plan: int, hand: str) -> str:
        """Who sends it, by the part they play."""
        if hand == "payer":
            return self.hand_of(self.wallet(payer))
        offers = self.suite.subscriptions.offers
        return offers[plan].merchant if hand == "merchant" and plan in offers else "stranger"

    def sign_terms(self, terms: Terms, flaw: str) -> Signed:
        shown = terms._replace(priceCap=terms.priceCap + 1) if flaw == "altered" else terms
        wallet = self.wallet(terms.payer)
        return self.signed(wallet, "Subscriptions", "Subscribe", *shown, flaw=flaw)

    def start(self, terms: Terms, hand: str, flaw: str) -> object:
        if hand == "sig":
            args = (terms, self.sign_terms(terms, flaw))
            return self.act("Subscriptions", "subscribeBySig", *args, by="stranger")
        by = self.sender(terms.payer, terms.planId, hand)
        return self.act("Subscriptions", "subscribe", terms, by=by)

    @rule(who=PAYER, plan=st.integers(0, 12), above=CAP, earner=EARNER, hand=HAND, flaw=FLAW)
    def subscribe(self, who: int, plan: int, above: int, earner: int, hand: str, flaw: str) -> None:
        number = self.plan_number(plan)
        terms = self.ask(who, number, self.cap(number, above), earner)
        if flaw == "late":
            terms = terms._replace(deadline=self.now - 1)
        self.terms.append(terms)
        self.start(terms, hand, flaw)

    def plan_number(self, plan: int) -> int:
        """Mostly one there is."""
        there = len(self.suite.subscriptions.offers)
        return plan if plan in (0, 12) and plan % 5 else 1 + plan % there

    def cap(self, number: int, above: int) -> int:
        plan = self.suite.subscriptions.offers.get(number)
        return max(0, (plan.price if plan else 0) + above)

    @rule(which=WHICH, hand=HAND, change=st.sampled_from(["", "", "", "planId", "priceCap"]))
    def subscribe_again(self, which: int, hand: str, change: str) -> None:
        """Whatever happened since, nobody subscribes twice under one reference."""
        terms = self.terms[which % len(self.terms)]
        before = self.suite.subscriptions.subscription(id_of(terms.payer, terms.ref))
        if change:
            terms = terms._replace(**{change: getattr(terms, change) % 5 + 1})
        met = self.start(terms, hand, "")
        if before.mode != Mode.NONE:
            assert met == (id_of(terms.payer, terms.ref), False) or not isinstance(met, tuple)

    # Charging

    def known(self, which: int, *statuses: Status) -> tuple[bytes, Subscription]:
        """One with such a status, if there is one and `which` does not ask for any."""
        model = self.suite.subscriptions
        held = list(model.subscriptions.items())
        if not held:
            return digest("nobody's", which), Subscription()
        fit = [(key, s) for key, s in held if model.status(s) in statuses]
        among = fit if fit and which % 5 else held
        return among[which % len(among)]

    def wait_for(self, s: Subscription, when: str) -> None:
        """Until its period is over, or its grace nearly, or altogether."""
        plan = self.suite.subscriptions.offers.get(s.coming)
        if plan and s.mode == Mode.RUNNING:
            late = {"early": -1, "due": 0, "last": plan.grace - 1, "lapsed": plan.grace}
            self.wait_until(s.paidThrough + late.get(when, -(2**40)))

    @rule(which=WHICH, by=CALLER, when=WHEN)
    def charge(self, which: int, by: str, when: str) -> None:
        """What the next charge was said to be, it is; and it is never repeated."""
        key, s = self.known(which, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING)
        self.wait_for(s, when)
        chain = self.suite.chain.subscriptions
        forecast = chain.nextCharge(key) if s.payer != NOBODY else None
        sender = self.sender(s.payer, s.planId, by)
        met = self.act("Subscriptions", "charge", key, by=sender)
        if forecast and self.honest(s) and by != "payer":
            laws_sales.a_forecast_comes_true(forecast, met)
        if isinstance(met, int):
            again = self.act("Subscriptions", "charge", key, by=sender)
            assert not isinstance(again, int), "charged twice for a period"
        self.look(key)

    def honest(self, s: Subscription) -> bool:
        """In money that behaves."""
        plan = self.suite.subscriptions.plan(s.coming)
        return self.suite.tokens[plan.token].oddity == Oddity.NONE

    @rule(
        picks=st.lists(WHICH, max_size=3),
        unknown=st.booleans(),
        by=CALLER,
        odd=st.sampled_from([-1, -1, *Oddity]),
        when=WHEN,
    )
    def charge_batch(self, picks: list[int], unknown: bool, by: str, odd: int, when: str) -> None:
        """All there are and some of them again; those that fail stop nobody else."""
        self.wait_for(self.known(len(picks), Status.ACTIVE)[1], when)
        if odd >= 0:
            self.act("Guilder", "turn", int(odd), by="stranger")
        keys = list(self.suite.subscriptions.subscriptions)
        keys += [keys[pick % len(keys)] for pick in picks if keys]
        keys = keys[: len(keys) // 2] + [digest("nobody's", 0)] * unknown + keys[len(keys) // 2 :]
        sender = self.sender(self.payer(0).address, 1, by)
        met = self.act("Subscriptions", "chargeBatch", keys, by=sender)
        assert len(met) == len(keys)
        if odd >= 0:
            self.act("Guilder", "turn", int(Oddity.NONE), by="stranger")
        if unknown:
            charge = (keys[0], self.payer(0).address, 0, 0)
            self.act("Subscriptions", "chargeFor", *charge, by=sender)

    # What the payer decides

    def tell(
        self,
        word: str,
        to: tuple[bytes, Subscription],
        change: tuple[int, int, int],
        hand: str,
        flaw: str,
    ) -> object:
        """Decided by the wallet itself or by what it signs. `change`: plan, cap, most to pay."""
        key, s = to
        number, cap, most = change
        if hand == "sig":
            action, seq = ACTIONS.index(word), max(0, s.seq - (flaw == "seq"))
            until = self.now - 1 if flaw == "late" else self.now + 60
            parts = (number if word == "change plan" else 0, cap, most)
            told = Instruction(action, key, *parts, seq, until)
            self.instructions.append((told, self.sign_instruction(told, s, flaw)))
            return self.act("Subscriptions", "instruct", *self.instructions[-1], by="stranger")
        verb = {"accept price": "acceptPrice", "change plan": "changePlan"}.get(word, word)
        args = {"accept price": (cap,), "change plan": change}.get(word, ())
        by = self.sender(s.payer, s.planId, hand)
        return self.act("Subscriptions", verb, key, *args, by=by)

    @rule(
        which=WHICH,
        word=st.sampled_from(["cancel", "pause", "resume", "accept price", "accept price"]),
        above=CAP,
        hand=HAND,
        flaw=DECISION_FLAW,
    )
    def decide(self, which: int, word: str, above: int, hand: str, flaw: str) -> None:
        wanted = Status.PAUSED if word == "resume" else Status.ACTIVE
        key, s = self.known(which, wanted)
        change = (0, self.cap(s.planId, above), 0)
        self.tell(word, (key, s), change, hand, flaw)
        self.look(key)

    @rule(which=WHICH, late=st.sampled_from([0, 1, DAY, YEAR]), hand=HAND, flaw=DECISION_FLAW)
    def come_back(self, which: int, late: int, hand: str, flaw: str) -> None:
        """Only the payer brings back what has lapsed."""
        key, s = self.known(which, Status.LAPSED, Status.ACTIVE, Status.PAST_DUE)
        self.wait_for(s._replace(paidThrough=s.paidThrough + late), "lapsed")
        self.act("Subscriptions", "charge", key, by="stranger")
        self.tell("reactivate", (key, s), (0, 0, 0), hand, flaw)
        self.look(key)

    @rule(
        which=WHICH,
        picks=st.lists(st.integers(0, 12), min_size=1, max_size=3),
        above=CAP,
        most=st.sampled_from([10**6] * 5 + [0, 100]),
        hand=HAND,
        flaw=DECISION_FLAW,
        wait=st.sampled_from([0, 0, 1, DAY, 10 * DAY]),
        kept=st.sampled_from([100, 100, 100, 99, 50, 1, 0]),
    )
    def change_plan(
        self,
        which: int,
        picks: list[int],
        above: int,
        most: int,
        hand: str,
        flaw: str,
        wait: int,
        kept: int,
    ) -> None:
        """Up and down, once or often, mostly among plans that can be exchanged; partly refunded."""
        key, _ = self.known(which, Status.ACTIVE, Status.TRIALING)
        for pick in picks:
            s = self.suite.subscriptions.subscription(key)
            alike = self.exchangeable(s)
            number = alike[pick % len(alike)] if alike and pick < 11 else self.plan_number(pick)
            change = (number, self.cap(number, above), most)
            self.tell("change plan", (key, s), change, hand, flaw)
            self.wait_until(self.now + wait)
            s = self.suite.subscriptions.subscription(key)
            args = (key, s.cycles, s.lastPaid * kept // 100)
            if kept < 100:
                by = self.sender(s.payer, s.planId, "merchant")
                self.act("Subscriptions", "refund", *args, by=by)
            self.look(key)

    def exchangeable(self, s: Subscription) -> list[int]:
        offers = self.suite.subscriptions.offers
        if s.planId not in offers:
            return []
        same = offers[s.planId]
        return [
            number
            for number, plan in offers.items()
            if (plan.merchant, plan.token, plan.maxCycles) == (same.merchant, same.token, 0)
        ]

    def sign_instruction(self, told: Instruction, s: Subscription, flaw: str) -> Signed:
        wallet = self.wallet(s.payer) if s.payer != NOBODY else self.payer(0)
        shown = told._replace(maxPay=told.maxPay + 1) if flaw == "altered" else told
        return self.signed(wallet, "Subscriptions", *shown.content, flaw=flaw)

    @rule(which=WHICH)
    def relay_again(self, which: int) -> None:
        """An instruction is good once."""
        if self.instructions:
            told, signed = self.instructions[which % len(self.instructions)]
            self.act("Subscriptions", "instruct", told, signed, by="stranger")

    @rule(which=WHICH, seconds=st.sampled_from([0, 1, DAY, 20 * DAY, YEAR, 2 * YEAR]))
    def pause_for_a_while(self, which: int, seconds: int) -> None:
        """A pause cannot buy time: what is left when it ends is what was left when it began."""
        key, s = self.known(which, Status.ACTIVE)
        by = self.sender(s.payer, s.planId, "payer")
        left, used = s.paidThrough - self.now, self.suite.subscriptions.note(key).pausedTotal
        if self.act("Subscriptions", "pause", key, by=by) is not None:
            return
        began = self.now
        self.wait_until(began + seconds)
        self.act("Subscriptions", "resume", key, by=by)
        after = Subscription(*self.suite.chain.subscriptions.subscription(key))
        assert after.paidThrough - self.now <= left
        if used + self.now - began <= YEAR:
            assert after.paidThrough - self.now == left

    # Coupons

    @rule(
        which=WHICH,
        bps=st.sampled_from([1, 1_000, 3_333, 5_000, 10_000, 10_000, 0, 10_001]),
        cycles=st.sampled_from([1, 1, 2, 3, 0]),
        only=st.sampled_from(["", "", "payer", "other"]),
        plan=st.booleans(),
        uses=st.sampled_from([0, 0, 1]),
        flaw=FLAW,
    )
    def issue_coupon(
        self, which: int, bps: int, cycles: int, only: str, plan: bool, uses: int, flaw: str
    ) -> None:
        """And use it for a subscription that runs."""
        key, s = self.known(which, Status.ACTIVE, Status.PAST_DUE)
        offer = self.suite.subscriptions.offers.get(s.coming)
        merchant = offer.merchant if offer else SELLERS[0].address
        other = next(w.address for w in self.suite.chain.payers if w.address != s.payer)
        payer = {"": NOBODY, "payer": s.payer, "other": other}[only]
        code, until = digest("code", len(self.coupons)), self.now + MONTH
        number = s.coming if plan else 0
        coupon = Coupon(merchant, number, code, bps, cycles, payer, uses, until)
        self.coupons.append((coupon, self.sign_coupon(coupon, flaw)))
        by = self.sender(s.payer, s.planId, "payer")
        self.act("Subscriptions", "redeem", key, *self.coupons[-1], by=by)
        self.look(key)

    def sign_coupon(self, coupon: Coupon, flaw: str) -> Signed:
        shown = coupon._replace(bps=coupon.bps ^ 1) if flaw == "altered" else coupon
        seller = next(w for w in SELLERS if w.address == coupon.merchant)
        return self.signed(seller, "Subscriptions", "Coupon", *shown, flaw=flaw)

    @rule(which=WHICH, pick=WHICH, hand=HAND)
    def redeem(self, which: int, pick: int, hand: str) -> None:
        """Somebody else, or the same payer again, with a coupon that was issued."""
        if self.coupons:
            key, s = self.known(which, Status.ACTIVE)
            by = self.sender(s.payer, s.planId, hand)
            self.act("Subscriptions", "redeem", key, *self.coupons[pick % len(self.coupons)], by=by)

    @rule(who=PAYER, plan=st.integers(0, 12), pick=WHICH, hand=HAND, flaw=FLAW, other=st.booleans())
    def subscribe_with_coupon(
        self, who: int, plan: int, pick: int, hand: str, flaw: str, other: bool
    ) -> None:
        number = self.plan_number(plan)
        offer = self.suite.subscriptions.offers.get(number)
        merchant = offer.merchant if offer else SELLERS[0].address
        if pick % 3 or not self.coupons:
            code, until = digest("code", len(self.coupons)), self.now + MONTH
            coupon = Coupon(merchant, 0, code, 2_500, 2, NOBODY, 0, until)
            self.coupons.append((coupon, self.sign_coupon(coupon, "")))
            pick = len(self.coupons) - 1
        coupon, granted = self.coupons[pick % len(self.coupons)]
        terms = self.ask(who, number, self.cap(number, 0), who)
        if not (other and flaw):
            terms = terms._replace(coupon=self.suite.subscriptions.coupon_id(coupon))
        self.terms.append(terms)
        by = self.sender(terms.payer, number, hand)
        args = (terms, self.sign_terms(terms, flaw), coupon, granted)
        self.act("Subscriptions", "subscribeWithCoupon", *args, by=by)

    # What the merchant gives

    @rule(
        which=WHICH,
        until=st.sampled_from([0, 1, DAY, DAY, MONTH, MONTH, MAX_GRANT, MAX_GRANT + 1, -1]),
        beyond=st.booleans(),
        hand=st.sampled_from(["merchant"] * 8 + ["payer", "stranger"]),
    )
    def grant_time(self, which: int, until: int, beyond: bool, hand: str) -> None:
        key, s = self.known(which, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING)
        end = max(0, (s.paidThrough if beyond else self.now) + until)
        args, by = (key, end), self.sender(s.payer, s.planId, hand)
        self.act("Subscriptions", "grantTime", *args, by=by)
        if self.act("Subscriptions", "grantTime", *args, by=by) is True:
            raise AssertionError("the same grant again gave time")
        self.look(key)

    @rule(
        which=WHICH,
        kept=st.sampled_from([0, 1, 30, 99, 100, 101]),
        cycle=st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]),
        hand=st.sampled_from(["merchant"] * 8 + ["payer", "stranger"]),
    )
    def refund(self, which: int, kept: int, cycle: int, hand: str) -> None:
        key, s = self.known(which, Status.ACTIVE, Status.CANCELLED, Status.COMPLETED)
        by = self.sender(s.payer, s.planId, hand)
        args = (key, max(0, s.cycles + cycle), s.lastPaid * kept // 100)
        self.act("Subscriptions", "refund", *args, by=by)
        assert self.act("Subscriptions", "refund", *args, by=by) is not True
        self.look(key)

    @rule(which=WHICH, hand=st.sampled_from(["merchant", "stranger"]))
    def cancel(self, which: int, hand: str) -> None:
        key, s = self.known(which, Status.PAUSED, Status.LAPSED)
        if which % 2:
            by = self.sender(s.payer, s.planId, hand)
            self.act("Subscriptions", "cancel", key, by=by)
            self.act("Subscriptions", "cancel", key, by=by)

    # Time

    @rule(which=WHICH, when=WHEN, offset=st.sampled_from([-1, 0, 1]))
    def time_comes(self, which: int, when: str, offset: int) -> None:
        """To the second; or to the middle of a period."""
        _, s = self.known(which, Status.ACTIVE, Status.PAST_DUE, Status.TRIALING)
        if when == "now":
            self.wait_until((self.now + s.paidThrough) // 2)
        else:
            self.wait_for(s._replace(paidThrough=s.paidThrough + offset), when)

    # Laws

    def look(self, key: bytes) -> None:
        laws_sales.subscription_equals_the_model(self.suite, key)

    def close(self) -> None:
        super().close()
        laws_sales.subscriptions_equal_the_model_and_the_logs(self.suite)


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_subscriptions_run_as_the_model_says_after_any_history(number: int) -> None:
    run(SubscriptionMachine, number)
