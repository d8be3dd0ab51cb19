"""Orders in operation: paid, held, captured, given back, in money that may turn, by any hand."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.support import laws_sales
from tests.contracts.support.evm import Refused
from tests.contracts.support.machine import campaigns, digest, run
from tests.contracts.support.market import SELLERS, START
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
from tests.contracts.support.model.money import Oddity, TokenModel
from tests.contracts.support.model.payments import MAX_HOLD, Order, Split, State, splits_hash
from tests.contracts.support.model.registry import NOBODY

DAY = 86_400
AMOUNT = st.sampled_from([1, 7, 99, 100, 100, 10_001, 10_001, 250_000, START])
HOLD = st.sampled_from([0, 0, 1, DAY, 30 * DAY, 30 * DAY, MAX_HOLD])
WINDOW = st.sampled_from([1, DAY, 30 * DAY, 400 * DAY])
SPLITS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([0, 1, 250, 3_333, 5_000, 5_000])), max_size=2
)
HAND = st.sampled_from(["payer"] * 6 + ["sig"] * 6 + ["merchant", "stranger"])
BY = st.sampled_from(["merchant"] * 12 + ["stranger", "payer"])
# What may be wrong with an order; in a history, mostly nothing.
HOLDS = ["held too long", "held before"]
WRONGS = ["nobody", "itself", "payer", "nothing", "too much", "late", *HOLDS, "splits"]
WRONGS += ["more splits", "all and more", "split to the payer", "split to nobody"]
WRONGS += ["split to itself"]
WRONG = st.sampled_from([""] * 60 + WRONGS)
PART = st.sampled_from([0, 1, 50, 99, 100, 100, 101])  # per cent of the amount


class PaymentMachine(MarketMachine):
    """Every verb of Payments, by whoever may and may not."""

    # A token that burns gas where no limit is set may stop whoever uses it; nobody else.
    oddities = tuple(o for o in Oddity if o != Oddity.BURNS_GAS)

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[tuple[Order, list[Split]]] = []

    def prepare(self) -> None:
        """Some orders stand already: paid and held, in each money, with splits and without."""
        super().prepare()
        for number in range(6):
            splits = [(SELLERS[1].address, 1_000)] if number % 2 else []
            order = self.draft(number, 0, number % 3, 10_001, splits, 0)
            hold = self.now + 30 * DAY if number > 1 else 0
            self.orders.append((order._replace(captureBy=hold), splits))
            self.hand_in(*self.orders[-1], "sig", "")

    def draft(
        self, who: int, seller: int, money: int, amount: int, splits: list[Split], earner: int
    ) -> Order:
        return Order(
            SELLERS[seller].address,
            self.payer(who).address,
            self.suite.moneys[money].address,
            amount,
            digest("order", len(self.orders)),
            self.now + DAY,
            0,
            self.now + 90 * DAY,
            splits_hash(splits),
            self.earner(earner),
        )

    def splits(self, drawn: list[tuple[int, int]], payer: str) -> list[Split]:
        people = [w.address for w in (SELLERS[1], SELLERS[0], *self.suite.chain.payers)]
        people = [*(p for p in people if p != payer), self.suite.actors["admin"]]
        return [(people[who % len(people)], bps) for who, bps in drawn]

    def wrong(self, order: Order, splits: list[Split], what: str) -> tuple[Order, list[Split]]:
        """An order that cannot be paid, or not as it is handed in."""
        merchants = {"nobody": NOBODY, "itself": self.suite.chain.payments.address}
        merchants["payer"] = order.payer
        changes = {
            "nothing": {"amount": 0},
            "too much": {"amount": 2**96 - 1},
            "late": {"payBy": self.now - 1},
            "held too long": {"captureBy": self.now + MAX_HOLD + 1},
            "held before": {"captureBy": self.now},
        }
        others = {
            "more splits": [(SELLERS[0].address, 1)] * 5,
            "all and more": [(SELLERS[0].address, 10_000), (SELLERS[1].address, 1)],
            "split to the payer": [(order.payer, 100)],
            "split to nobody": [(NOBODY, 100)],
            "split to itself": [(self.suite.chain.payments.address, 100)],
        }
        if what in merchants:
            return order._replace(merchant=merchants[what]), splits
        if what == "splits":
            return order, [*splits, (SELLERS[0].address, 1)]
        if what in others:
            return order._replace(splitsHash=splits_hash(others[what])), others[what]
        return order._replace(**changes.get(what, {})), splits

    def key(self, order: Order) -> bytes:
        return self.suite.payments.id_of(order)

    def order(self, which: int, *states: State) -> tuple[Order, list[Split]]:
        """One in such a state, if there is one and `which` does not ask for any."""
        model = self.suite.payments
        fit = [o for o in self.orders if model.payment(self.key(o[0])).state in states]
        among = fit if fit and which % 5 else self.orders
        return among[which % len(among)]

    def sign(self, order: Order, splits: list[Split], flaw: str) -> Signed:
        """The order as its payer's wallet shows it, splits in the open."""
        wallet = next(w for w in self.suite.chain.payers if w.address == order.payer)
        shown = order._replace(amount=order.amount ^ 1) if flaw == "altered" else order
        shown = shown._replace(splitsHash=splits_hash(splits))
        content = (*shown[:8], tuple(splits), order.customerId)
        signed = self.signed(wallet, "Payments", "Order", *content, flaw=flaw)
        return Signed.over(bytes(signed), signed.signer, (self.key(shown),))

    def hand_in(self, order: Order, splits: list[Split], hand: str, flaw: str) -> object:
        """Paid or authorised, as the order says; `swapped` asks for the other."""
        hold = (order.captureBy != 0) is not (flaw == "altered" and hand != "sig")
        verb = "authorize" if hold else "pay"
        if hand == "sig":
            args = (order, splits, self.sign(order, splits, flaw))
            return self.act("Payments", verb + "BySig", *args, by="stranger")
        return self.act("Payments", verb, order, splits, by=self.sender(order, hand))

    # Paying

    @rule(
        who=PAYER,
        seller=SELLER,
        money=MONEY,
        amount=AMOUNT,
        hold=HOLD,
        window=WINDOW,
        drawn=SPLITS,
        earner=EARNER,
        hand=HAND,
        flaw=FLAW,
        what=WRONG,
    )
    def an_order_is_placed(
        self,
        who: int,
        seller: int,
        money: int,
        amount: int,
        hold: int,
        window: int,
        drawn: list[tuple[int, int]],
        earner: int,
        hand: str,
        flaw: str,
        what: str,
    ) -> None:
        splits = self.splits(drawn, self.payer(who).address)
        order = self.draft(who, seller, money, amount, splits, earner)
        order = order._replace(
            captureBy=self.now + hold if hold else 0,
            payBy=self.now - 1 if flaw == "late" else order.payBy,
            refundUntil=self.now + window,
        )
        self.orders.append(self.wrong(order, splits, what))
        self.hand_in(*self.orders[-1], hand, flaw)

    @rule(which=WHICH, hand=HAND, flaw=FLAW)
    def an_order_is_handed_in_again(self, which: int, hand: str, flaw: str) -> None:
        """By whatever hand: it is paid once."""
        known = self.order(which)
        before = self.suite.payments.payment(self.key(known[0])).state
        met = self.hand_in(*known, hand, flaw)
        assert not before or met is not True, "an order was paid twice"

    @rule(which=WHICH, change=st.sampled_from(["amount", "refundUntil", "orderId", "customerId"]))
    def other_terms_are_another_order(self, which: int, change: str) -> None:
        """Nobody can touch an order under terms that its payer has not signed."""
        order, splits = self.order(which)
        signed = self.sign(order, splits, "")
        other = order._replace(**{change: digest("other", 0) if change[-2:] == "Id" else 5})
        verb = "authorizeBySig" if order.captureBy else "payBySig"
        met = self.act("Payments", verb, other, splits, signed, by="stranger")
        assert isinstance(met, Refused)

    # What becomes of them

    def sender(self, order: Order, by: str) -> str:
        """Who sends it. The merchant of an order that was refused can be an account with code."""
        account = {"payer": order.payer, "merchant": order.merchant}.get(by, "")
        if not account:
            return by
        return "stranger" if self.suite.evm.code(account) else account

    @rule(which=WHICH, part=PART, by=BY, other=st.sampled_from([False] * 12 + [True]))
    def capture(self, which: int, part: int, by: str, other: bool) -> None:
        order, splits = self.order(which, State.AUTHORIZED)
        amount = min(2**96 - 1, -(-order.amount * part // 100))
        if other:
            splits = [*splits, (SELLERS[1].address, 100)]
        self.act("Payments", "capture", order, splits, amount, by=self.sender(order, by))

    @rule(which=WHICH, part=PART)
    def capture_again(self, which: int, part: int) -> None:
        """The same amount again changes nothing; another is refused: a capture is final."""
        order, splits = self.order(which, State.CAPTURED)
        before = self.suite.payments.payment(self.key(order))
        amount = before.captured if part > 50 else min(2**96 - 1, before.captured + 1)
        sender = self.sender(order, "merchant")
        met = self.act("Payments", "capture", order, splits, amount, by=sender)
        assert met is not True or before.state == State.AUTHORIZED

    @rule(which=WHICH, verb=st.sampled_from(["void", "reclaim", "reclaim"]), by=BY)
    def give_up(self, which: int, verb: str, by: str) -> None:
        order, _ = self.order(which, State.AUTHORIZED, State.RELEASED)
        self.act("Payments", verb, order, by=self.sender(order, by))

    @rule(which=WHICH)
    def an_authorisation_always_ends(self, which: int) -> None:
        """Whoever wants to, once the time is over: no merchant can keep the money here."""
        order, _ = self.order(which, State.AUTHORIZED)
        if self.suite.payments.payment(self.key(order)).state != State.AUTHORIZED:
            return
        self.wait_until(order.captureBy + 1)
        if self.suite.tokens[order.token].oddity != Oddity.SENDER_FEE:
            assert self.act("Payments", "reclaim", order, by="stranger") is True

    @rule(which=WHICH, part=PART, by=BY)
    def refund(self, which: int, part: int, by: str) -> None:
        order, _ = self.order(which, State.CAPTURED)
        paid = self.suite.payments.payment(self.key(order)).captured
        total = min(2**96 - 1, paid + 1 if part > 100 else paid * part // 100)
        self.act("Payments", "refund", order, total, by=self.sender(order, by))

    @rule(
        which=WHICH,
        money=st.integers(1, 2),
        odd=st.integers(0, 40),
        verb=st.sampled_from(["capture", "capture", "void", "reclaim", "refund", "pay"]),
        part=PART,
        blocked=st.integers(0, 5),
    )
    def money_turns_just_then(
        self, which: int, money: int, odd: int, verb: str, part: int, blocked: int
    ) -> None:
        """The money turns as an order is settled; when it behaves again, who is owed is paid."""
        token = self.suite.moneys[money]
        state = {"refund": State.CAPTURED, "pay": State.NONE}.get(verb, State.AUTHORIZED)
        model = self.suite.payments
        fit = [
            (order, splits)
            for order, splits in self.orders
            if order.token == token.address and model.payment(self.key(order)).state == state
        ]
        if not fit:
            return
        order, splits = fit[which % len(fit)]
        people = [order.merchant, order.payer, *(to for to, _ in splits)]
        self.act(token.contract, "setBlocked", people[blocked % len(people)], True, by="stranger")
        self.act(token.contract, "turn", self.oddities[odd % len(self.oddities)], by="stranger")
        if verb == "capture":
            amount = order.amount * min(100, part) // 100
            self.act("Payments", "capture", order, splits, amount, by=order.merchant)
        elif verb == "refund":
            captured = model.payment(self.key(order)).captured
            self.act("Payments", "refund", order, captured * part // 100, by=order.merchant)
        elif verb == "pay":
            self.hand_in(order, splits, "sig", "")
        else:
            self.act("Payments", verb, order, by=order.merchant)
        if which % 3:
            again = self.oddities[(odd + which) % len(self.oddities)]
            for oddity in (again, Oddity.MOVES_HALF, Oddity.NONE):
                self.act(token.contract, "turn", int(oddity), by="stranger")
                self.whoever_is_owed_asks_for_it(token)

    def whoever_is_owed_asks_for_it(self, token: TokenModel) -> None:
        """And gets it, if the money behaves; what does not leave stays owed."""
        for (account, money), owed in list(self.suite.payments.debts.items()):
            if owed and money == token.address and not self.suite.evm.code(account):
                met = self.act("Payments", "withdraw", money, account, by=account)
                assert met == owed or token.oddity != Oddity.NONE

    @rule(who=st.integers(0, 8), money=MONEY, to=st.integers(0, 10))
    def withdraw(self, who: int, money: int, to: int) -> None:
        """Whoever is owed, mostly; to themselves, mostly."""
        self.take_out(self.suite.payments, who if who < 7 else None, money, to)

    # Time

    @rule(
        which=WHICH,
        boundary=st.sampled_from(["payBy", "captureBy", "refundUntil"]),
        offset=st.sampled_from([-1, 0, 0, 1, 1]),
    )
    def time_comes(self, which: int, boundary: str, offset: int) -> None:
        order, _ = self.order(which, State.AUTHORIZED)
        self.wait_until(getattr(order, boundary) + offset)

    def close(self) -> None:
        super().close()
        laws_sales.payments_equal_the_model_and_the_logs(self.suite)


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_orders_are_paid_as_the_model_says_after_any_history(number: int) -> None:
    run(PaymentMachine, number)
