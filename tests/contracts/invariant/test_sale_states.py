"""Every decision in every state of an order and of a subscription, beside the model."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contracts.invariant.test_payment_machine import PaymentMachine
from tests.contracts.invariant.test_subscription_machine import SubscriptionMachine
from tests.contracts.support.evm import Refused
from tests.contracts.support.laws_sales import a_forecast_comes_true
from tests.contracts.support.machine import digest
from tests.contracts.support.market import SELLERS
from tests.contracts.support.model.payments import Order, splits_hash
from tests.contracts.support.model.plans import DAY, Coupon, Plan
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.subscriptions import ACTIONS, MAX_PAUSE, Status, id_of

MONTH = 30 * DAY
CHEAP, DEAR, ANNUAL, INSTALMENTS = 1, 2, 3, 4  # the plans that the machine prepares

# Subscriptions. Each way ends in a state; payer 0 is on the cheap plan and has just paid.


def begun() -> tuple[SubscriptionMachine, bytes]:
    machine = SubscriptionMachine()
    machine.begin()
    return machine, key_of(machine, 0)


def key_of(machine: SubscriptionMachine, number: int) -> bytes:
    return id_of(machine.terms[number].payer, machine.terms[number].ref)


def active() -> tuple[SubscriptionMachine, bytes]:
    machine, key = begun()
    machine.wait_until(machine.now + 10 * DAY)
    return machine, key


def trialing() -> tuple[SubscriptionMachine, bytes]:
    machine, _ = begun()
    return machine, key_of(machine, 1)


def due() -> tuple[SubscriptionMachine, bytes]:
    machine, key = begun()
    machine.wait_until(machine.now + MONTH)
    return machine, key


def lapsed() -> tuple[SubscriptionMachine, bytes]:
    machine, key = begun()
    machine.wait_until(machine.now + 2 * MONTH)
    return machine, key


def too_dear() -> tuple[SubscriptionMachine, bytes]:
    machine, key = due()
    merchant = SELLERS[0].address
    machine.act("Subscriptions", "setPlanPrice", CHEAP, 10**7, 0, by=merchant)
    return machine, key


def closed() -> tuple[SubscriptionMachine, bytes]:
    machine, key = due()
    machine.act("Subscriptions", "closePlan", CHEAP, by=SELLERS[0].address)
    return machine, key


def paused() -> tuple[SubscriptionMachine, bytes]:
    machine, key = active()
    machine.act("Subscriptions", "pause", key, by=machine.terms[0].payer)
    machine.wait_until(machine.now + MONTH)
    return machine, key


def cancelled() -> tuple[SubscriptionMachine, bytes]:
    machine, key = active()
    machine.act("Subscriptions", "cancel", key, by=machine.terms[0].payer)
    return machine, key


def completed() -> tuple[SubscriptionMachine, bytes]:
    machine, _ = begun()
    key = key_of(machine, 2)
    for _ in range(2):
        machine.wait_until(machine.now + MONTH)
        machine.act("Subscriptions", "charge", key, by="stranger")
    machine.wait_until(machine.now + MONTH)
    return machine, key


def unknown() -> tuple[SubscriptionMachine, bytes]:
    machine, _ = begun()
    return machine, digest("nobody's", 0)


STATES: dict[Callable[[], tuple[SubscriptionMachine, bytes]], Status] = {
    active: Status.ACTIVE,
    trialing: Status.TRIALING,
    due: Status.PAST_DUE,
    lapsed: Status.LAPSED,
    too_dear: Status.PAST_DUE,
    closed: Status.PAST_DUE,
    paused: Status.PAUSED,
    cancelled: Status.CANCELLED,
    completed: Status.COMPLETED,
    unknown: Status.NONE,
}
BY_PAYER = {
    "pause": (),
    "resume": (),
    "reactivate": (),
    "cancel": (),
    "acceptPrice": (5_000,),
    "change up": (DEAR, 3_000, 3_000),
    "change down": (ANNUAL, 10_001, 0),
    "no change": (CHEAP, 2_000, 0),
    "change for instalments": (INSTALMENTS, 500, 500),
    "change for nothing": (DEAR, 3_000, 0),
    "change above the cap": (DEAR, 2_999, 3_000),
    "change into the unknown": (99, 3_000, 0),
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_each_way_ends_in_its_state(
    state: Callable[[], tuple[SubscriptionMachine, bytes]],
) -> None:
    machine, key = state()
    assert machine.suite.chain.subscriptions.statusOf(key) == STATES[state]
    machine.look(key)


@pytest.mark.parametrize("verb", BY_PAYER)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_payer_decides_what_the_state_allows(
    state: Callable[[], tuple[SubscriptionMachine, bytes]], verb: str
) -> None:
    machine, key = state()
    s = machine.suite.subscriptions.subscription(key)
    name = "changePlan" if "change" in verb else verb
    by = machine.sender(s.payer, s.planId, "payer") if s.planId else "stranger"
    machine.act("Subscriptions", name, key, *BY_PAYER[verb], by=by)
    machine.look(key)
    machine.close()


@pytest.mark.parametrize("action", range(len(ACTIONS)))
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_signature_decides_what_the_state_allows(
    state: Callable[[], tuple[SubscriptionMachine, bytes]], action: int
) -> None:
    machine, key = state()
    s = machine.suite.subscriptions.subscription(key)
    machine.tell(ACTIONS[action], (key, s), (DEAR, 3_000, 3_000), "sig", "")
    machine.look(key)
    machine.close()


@pytest.mark.parametrize("verb", ["charge", "chargeBatch", "grant", "refund", "cancel", "redeem"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_merchant_and_a_caller_do_what_the_state_allows(
    state: Callable[[], tuple[SubscriptionMachine, bytes]], verb: str
) -> None:
    machine, key = state()
    s, merchant = machine.suite.subscriptions.subscription(key), SELLERS[0].address
    if verb == "charge":
        machine.act("Subscriptions", "charge", key, by="stranger")
    elif verb == "chargeBatch":
        keys = [key, key_of(machine, 3), key]
        machine.act("Subscriptions", "chargeBatch", keys, by="stranger")
    elif verb == "grant":
        machine.act("Subscriptions", "grantTime", key, machine.now + 3 * MONTH, by=merchant)
    elif verb == "refund":
        machine.act("Subscriptions", "refund", key, s.cycles, s.lastPaid // 3, by=merchant)
    elif verb == "cancel":
        machine.act("Subscriptions", "cancel", key, by=merchant)
    else:
        until = machine.now
        coupon = Coupon(merchant, 0, digest("code", 0), 5_000, 2, NOBODY, 0, until)
        signed = machine.sign_coupon(coupon, "")
        by = machine.sender(s.payer, s.planId, "payer") if s.planId else "stranger"
        machine.act("Subscriptions", "redeem", key, coupon, signed, by=by)
    machine.look(key)
    machine.close()


# Orders, of one payer and one merchant, with a share for another.

AMOUNT = 1_000
SPLITS = [(SELLERS[1].address, 2_500)]
ORDER_STATES = {
    "new": (),
    "held": ("authorize",),
    "captured": ("authorize", "capture"),
    "captured in part": ("authorize", "capture a part"),
    "refunded in part": ("authorize", "capture", "refund a part"),
    "voided": ("authorize", "void"),
    "reclaimed": ("authorize", "wait", "reclaim"),
    "too late": ("authorize", "wait"),
}
ORDER_VERBS = (
    "pay",
    "authorize",
    "capture",
    "capture a part",
    "capture too much",
    "capture nothing",
    "capture with other splits",
    "void",
    "reclaim",
    "refund",
    "refund a part",
    "refund too much",
)


def do(machine: PaymentMachine, order: Order, verb: str) -> object:
    """One step in the life of an order, by whoever may take it."""
    if verb == "wait":
        machine.wait_until(order.captureBy + 1)
        return None
    if verb in ("pay", "authorize"):
        return machine.act("Payments", verb, order, SPLITS, by=order.payer)
    amounts = {"a part": 400, "too much": AMOUNT + 1, "nothing": 0}
    name, _, how = verb.partition(" ")
    amount = amounts.get(how, AMOUNT)
    if name == "capture":
        splits = [(SELLERS[1].address, 9_000)] if how == "with other splits" else SPLITS
        return machine.act("Payments", "capture", order, splits, amount, by=order.merchant)
    if name == "refund":
        return machine.act("Payments", "refund", order, amount, by=order.merchant)
    return machine.act("Payments", verb, order, by=order.merchant)


@pytest.mark.parametrize("verb", ORDER_VERBS)
@pytest.mark.parametrize("state", ORDER_STATES)
@pytest.mark.parametrize("hold", [DAY, 0])
def test_an_order_goes_where_its_state_allows(hold: int, state: str, verb: str) -> None:
    machine = PaymentMachine()
    machine.begin()
    order = machine.draft(0, 0, 0, AMOUNT, SPLITS, 0)
    order = order._replace(captureBy=machine.now + hold if hold else 0)
    assert order.splitsHash == splits_hash(SPLITS)
    for step in ORDER_STATES[state]:
        met = do(machine, order, step if hold else step.replace("authorize", "pay"))
        assert not hold or not isinstance(met, Refused)
    do(machine, order, verb)
    do(machine, order, verb)
    machine.close()


def test_a_plan_with_nothing_besides_its_price_is_charged_like_any_other() -> None:
    machine, _ = begun()
    token, merchant = machine.suite.moneys[0].address, SELLERS[0].address
    machine.offer(Plan(merchant, DAY, 0, DAY, token, 0, False, 7, 0))
    number = len(machine.suite.subscriptions.offers)
    for price, fee in ((9, 9), (9, 0), (5, 2)):
        machine.act("Subscriptions", "setPlanPrice", number, price, fee, by=merchant)
        machine.terms.append(machine.ask(1, number, 10, 0))
        machine.start(machine.terms[-1], "payer", "")
        key = key_of(machine, -1)
        machine.wait_until(machine.now + DAY)
        assert machine.act("Subscriptions", "charge", key, by="stranger") == price
    machine.close()


def decide(machine: SubscriptionMachine, key: bytes, plan: int, cap: int) -> None:
    s = machine.suite.subscriptions.subscription(key)
    by = machine.sender(s.payer, s.planId, "payer")
    met = machine.act("Subscriptions", "changePlan", key, plan, cap, cap, by=by)
    assert not isinstance(met, Refused)
    machine.look(key)


@pytest.mark.parametrize("kept", [0, 1, 999, 2_999])
def test_a_refund_after_a_change_of_plan_takes_its_share_of_what_a_period_is_worth(
    kept: int,
) -> None:
    machine, key = active()
    decide(machine, key, DEAR, 3_000)
    for part in (3, 2):
        s = machine.suite.subscriptions.subscription(key)
        args = (key, s.cycles, min(kept, s.lastPaid * (part - 1) // part))
        machine.act("Subscriptions", "refund", *args, by=SELLERS[0].address)
        machine.look(key)
    machine.close()


def test_a_change_at_once_takes_the_place_of_one_that_was_to_come() -> None:
    machine, key = active()
    decide(machine, key, ANNUAL, 10_001)
    assert machine.suite.subscriptions.subscription(key).nextPlanId == ANNUAL
    decide(machine, key, DEAR, 3_000)
    assert machine.suite.subscriptions.subscription(key).nextPlanId == 0
    machine.wait_until(machine.suite.subscriptions.subscription(key).paidThrough)
    assert machine.act("Subscriptions", "charge", key, by="stranger") == 3_000
    machine.close()


@pytest.mark.parametrize("allowance", [-1, 0, 1])
@pytest.mark.parametrize("balance", [-1, 0, 1])
def test_a_charge_is_forecast_by_the_last_unit_of_money_and_allowance(
    balance: int, allowance: int
) -> None:
    machine, key = due()
    payer, money = machine.terms[0].payer, machine.suite.moneys[0]
    chain = machine.suite.chain.subscriptions
    _, amount, *_ = chain.nextCharge(key)
    spare = money.balance(payer) - amount - balance
    machine.act(money.contract, "transfer", machine.suite.actors["admin"], spare, by=payer)
    machine.act(money.contract, "approve", chain.address, amount + allowance, by=payer)

    forecast = chain.nextCharge(key)

    assert forecast[2] is (balance >= 0 and allowance >= 0)
    met = machine.act("Subscriptions", "charge", key, by="stranger")
    a_forecast_comes_true(forecast, met)
    machine.close()


def test_a_payer_who_charges_itself_keeps_the_fee_and_needs_no_allowance_for_it() -> None:
    machine, key = due()
    payer, money = machine.terms[0].payer, machine.suite.moneys[0]
    subscriptions = machine.suite.subscriptions
    plan = subscriptions.plan(CHEAP)
    assert 0 < plan.callerFee < plan.price
    allowed = plan.price - plan.callerFee
    machine.act(money.contract, "approve", subscriptions.address, allowed, by=payer)
    before = money.balance(payer), money.balance(plan.merchant)

    assert machine.act("Subscriptions", "charge", key, by=payer) == plan.price

    assert money.balance(payer) == before[0] - allowed
    assert money.balance(plan.merchant) == before[1] + allowed
    machine.close()


def test_an_order_is_given_back_through_the_last_second_and_no_longer() -> None:
    machine = PaymentMachine()
    machine.begin()
    order = machine.draft(0, 0, 0, AMOUNT, SPLITS, 0)
    do(machine, order, "pay")

    machine.wait_until(order.refundUntil)
    assert do(machine, order, "refund a part") is True
    machine.wait_until(order.refundUntil + 1)
    late = do(machine, order, "refund")

    assert late == Refused("TooLate", order.refundUntil + 1, order.refundUntil)
    assert do(machine, order, "refund a part") is False  # nothing more is asked for
    machine.close()


@pytest.mark.parametrize("short", [1, 0])
def test_pauses_take_a_year_in_all_and_no_more(short: int) -> None:
    machine, key = active()
    payer = machine.terms[0].payer
    machine.act("Subscriptions", "pause", key, by=payer)
    machine.wait_until(machine.now + MAX_PAUSE - short)
    machine.act("Subscriptions", "resume", key, by=payer)

    again = machine.act("Subscriptions", "pause", key, by=payer)

    if short:
        assert not isinstance(again, Refused)
        machine.wait_until(machine.now + DAY)
        machine.act("Subscriptions", "resume", key, by=payer)
        assert machine.suite.subscriptions.note(key).pausedTotal == MAX_PAUSE
    else:
        assert again == Refused("PauseExhausted", MAX_PAUSE, MAX_PAUSE)
    machine.look(key)
    machine.close()


def test_a_dearer_plan_costs_nothing_more_where_more_was_paid_before_a_cut() -> None:
    machine, key = begun()
    paid = machine.suite.subscriptions.plan(CHEAP).price
    merchant = SELLERS[0].address
    machine.act("Subscriptions", "setPlanPrice", CHEAP, paid // 4, 0, by=merchant)
    machine.act("Subscriptions", "setPlanPrice", DEAR, paid // 2, 0, by=merchant)
    machine.wait_until(machine.now + 10 * DAY)

    assert machine.suite.chain.subscriptions.quoteChange(key, DEAR) == (0, True)
    decide(machine, key, DEAR, paid)
    assert machine.suite.subscriptions.subscription(key).planId == DEAR
    machine.close()


@pytest.mark.parametrize("by", ["stranger", "payer", "merchant"])
def test_a_free_charge_moves_nothing(by: str) -> None:
    machine, key = begun()
    merchant, payer = SELLERS[0].address, machine.terms[0].payer
    assert machine.suite.subscriptions.plan(CHEAP).callerFee > 0
    coupon = Coupon(merchant, 0, digest("code", 0), 10_000, 1, NOBODY, 0, machine.now)
    signed = machine.sign_coupon(coupon, "")
    machine.act("Subscriptions", "redeem", key, coupon, signed, by=payer)
    machine.wait_until(machine.now + MONTH)
    caller = {"payer": payer, "merchant": merchant}.get(by, by)

    assert machine.act("Subscriptions", "charge", key, by=caller) == 0

    machine.look(key)
    machine.close()


def test_a_fee_is_no_more_than_what_is_charged() -> None:
    machine, key = begun()
    merchant, payer = SELLERS[0].address, machine.terms[0].payer
    plan = machine.suite.subscriptions.plan(CHEAP)
    coupon = Coupon(merchant, 0, digest("code", 0), 9_999, 1, NOBODY, 0, machine.now)
    signed = machine.sign_coupon(coupon, "")
    machine.act("Subscriptions", "redeem", key, coupon, signed, by=payer)
    machine.wait_until(machine.now + MONTH)
    left = plan.price - plan.price * 9_999 // 10_000
    assert 0 < left < plan.callerFee

    assert machine.act("Subscriptions", "charge", key, by="stranger") == left

    machine.close()


def test_charges_of_one_plan_in_a_batch_follow_each_other() -> None:
    machine, other = begun()
    merchant, token = SELLERS[0].address, machine.suite.moneys[0].address
    machine.offer(Plan(merchant, MONTH, 0, DAY, token, 0, False, 7, 0))
    number = len(machine.suite.subscriptions.offers)
    keys = []
    for who in (0, 1, 2):
        machine.terms.append(machine.ask(who, number, 10, who))
        machine.start(machine.terms[-1], "payer", "")
        keys.append(key_of(machine, -1))
    machine.wait_until(machine.now + MONTH)
    batch = [keys[0], keys[1], other, keys[1], keys[2]]

    charged = machine.act("Subscriptions", "chargeBatch", batch, by="stranger")

    assert charged == (True, True, True, False, True)
    machine.close()


@pytest.mark.parametrize(("later", "granted"), [(-1, False), (0, False), (1, True)])
def test_time_is_granted_from_the_next_second_on(later: int, granted: bool) -> None:
    machine, key = due()
    machine.wait_until(machine.now + DAY)

    args = (key, machine.now + later)
    met = machine.act("Subscriptions", "grantTime", *args, by=SELLERS[0].address)

    assert (met is True) == granted
    assert granted or isinstance(met, Refused)
    machine.look(key)
    machine.close()


def test_who_comes_back_is_on_the_plan_that_was_to_come() -> None:
    machine, key = active()
    decide(machine, key, ANNUAL, 10_001)
    machine.wait_until(machine.now + 30 * MONTH)
    s = machine.suite.subscriptions.subscription(key)
    assert (s.planId, s.nextPlanId) == (CHEAP, ANNUAL)

    by = machine.sender(s.payer, s.planId, "payer")
    met = machine.act("Subscriptions", "reactivate", key, by=by)

    assert not isinstance(met, Refused)
    s = machine.suite.subscriptions.subscription(key)
    assert (s.planId, s.nextPlanId) == (ANNUAL, 0)
    assert s.lastPaid == machine.suite.subscriptions.plan(ANNUAL).price
    machine.look(key)
    machine.close()
