"""Bugs of other subscription contracts, each a test named for what it prevents here."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    MAX_PAUSE,
    PERIOD,
    PRICE,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.subscriptions import (
    ACTIVE,
    CANCELLED,
    LAPSED,
    TRIALING,
    charged,
)

CALLS_BACK = 19  # an oddity of OddToken


# Drift: charges that come late must not give days away.


def test_charges_that_come_late_do_not_move_the_schedule(stage, begun, charge, record):
    for number in range(12):
        due = END + number * PERIOD
        charge(begun, at=due + (number * 77_777) % GRACE)
        assert record(begun).paidThrough == due + PERIOD


# Catch-up: what was missed must not be charged at once later.


def test_periods_that_were_missed_are_never_charged(
    stage, subscriptions, stranger, payer, begun, do, balances
):
    late = END + 3 * PERIOD + DAY

    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=late)
    assert refusal == ("WrongStatus", begun, LAPSED)
    do(subscriptions.reactivate, begun, by=payer, at=late)

    assert balances()[0] == FUNDS - 2 * PRICE
    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=late + 1)
    assert refusal == ("NotDue", late + 1, late + PERIOD)


def test_a_period_is_charged_once_however_often_it_is_tried(
    stage, subscriptions, stranger, payer, make_plan, offer, start, do, balances
):
    id = start(plan=make_plan(offer.but(grace=PERIOD)))
    at = END + PERIOD - 1

    do(subscriptions.chargeBatch, [id, id, id], by=stranger, at=at)

    assert balances()[0] == FUNDS - 2 * PRICE
    assert stage.refusal(subscriptions.charge, id, by=payer, at=at) == ("NotDue", at, at + 1)


# Pause exploit: a pause must not turn what is owed into what is paid.


def test_a_pause_buys_no_time_for_who_has_not_paid(stage, subscriptions, payer, begun):
    for at in (END, END + 1, END + GRACE, END + PERIOD):
        name, *_ = stage.refusal(subscriptions.pause, begun, by=payer, at=at)
        assert name == "WrongStatus"


def test_pauses_give_exactly_the_seconds_that_they_took(
    subscriptions, payer, begun, do, record, status
):
    used = 0
    at = START + DAY
    for length in (1, 3_600, 40 * DAY, 100 * DAY):
        do(subscriptions.pause, begun, by=payer, at=at)
        do(subscriptions.resume, begun, by=payer, at=at + length)
        used += length
        at += length + 60
        assert record(begun).paidThrough == END + used
        assert status(begun, END + used - 1) == ACTIVE
    assert used < MAX_PAUSE


# A soft failure must cover the balance as well as the allowance.


@pytest.mark.parametrize("missing", ["balance", "allowance"])
def test_an_empty_wallet_sinks_no_batch(
    stage, subscriptions, stranger, merchant, payer, token, fund, monthly, start, told, missing
):
    fund(token, stranger, subscriptions, PRICE)
    poor = start(payer=stranger.address, ref=b"\x02" * 32)
    rich = start(at=START + 1)
    if missing == "allowance":
        stage.send(token.mint, stranger, PRICE, by=stranger)
        stage.send(token.approve, subscriptions, 0, by=stranger)

    events = told(subscriptions.chargeBatch, [poor, rich], by=merchant, at=END + 1)

    assert [name for name, _ in events] == ["ChargeFailed", "Charged"]


# Refund: never more than was paid.


def test_a_refund_after_a_price_rise_is_of_what_was_paid(
    stage, subscriptions, merchant, monthly, begun, price, do, balances
):
    price(monthly, 3 * PRICE)

    do(subscriptions.refund, begun, 1, 0, by=merchant, at=START + 1)

    assert balances() == [FUNDS, FUNDS, 0]
    assert stage.answer(subscriptions.refund, begun, 1, 0, by=merchant) is False


def test_granted_time_is_never_refunded(
    stage, subscriptions, merchant, make_plan, offer, start, begun, do, balances
):
    trial = start(at=START + 1, plan=make_plan(offer.but(trial=TRIAL)), ref=b"\x02" * 32)
    for number, id in enumerate((begun, trial)):
        do(subscriptions.grantTime, id, END + 10 * PERIOD, by=merchant, at=START + 2 + number)

    do(subscriptions.refund, begun, 1, 0, by=merchant, at=END)
    refusal = stage.refusal(subscriptions.refund, trial, 0, 0, by=merchant)

    assert refusal == ("NotTheLastCharge", 0, 0)
    assert balances() == [FUNDS, FUNDS, 0]


# Price: consent to a rise, and a cut for everybody.


def test_a_price_rise_is_never_charged_without_consent(
    stage, subscriptions, stranger, payer, monthly, begun, price
):
    price(monthly, PRICE + 1)
    told = ("PriceAboveCap", PRICE + 1, PRICE)

    assert stage.refusal(subscriptions.charge, begun, by=stranger, at=END) == told
    assert stage.refusal(subscriptions.reactivate, begun, by=payer, at=END + GRACE) == told


def test_a_price_cut_reaches_who_subscribed_before_it(
    subscriptions, stranger, payer, monthly, begun, price, told
):
    price(monthly, PRICE // 3)

    events = told(subscriptions.charge, begun, by=stranger, at=END)

    assert events == [charged(begun, monthly, payer, PRICE // 3, 2, END + PERIOD)]


def test_a_price_that_goes_down_and_up_again_stays_within_the_cap(
    stage, subscriptions, stranger, monthly, begun, price
):
    price(monthly, 1)
    price(monthly, PRICE)
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE


# Cancel must work, here and at the token.


def test_a_cancellation_needs_no_allowance_and_holds_whatever_is_allowed(
    stage, subscriptions, stranger, payer, token, begun, do, balances
):
    stage.send(token.approve, subscriptions, 0, by=payer)
    do(subscriptions.cancel, begun, by=payer, at=START + 1)
    stage.send(token.approve, subscriptions, 2**256 - 1, by=payer)

    do(subscriptions.chargeBatch, [begun], by=stranger, at=END)

    assert balances()[0] == FUNDS - PRICE


def test_taking_back_the_allowance_ends_the_charges_as_well(
    stage, subscriptions, stranger, payer, merchant, token, begun
):
    stage.send(token.approve, subscriptions, 0, by=payer)

    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=END)

    told = (token.address, payer.address, merchant.address, PRICE)
    assert refusal == ("TransferFailed", *told)


# Merchants' consent: nobody invents terms in a merchant's name.


def test_nobody_makes_a_merchants_plan_or_changes_its_terms(
    stage, subscriptions, merchant, payer, monthly, offer
):
    told = ("NotMerchant", merchant.address, payer.address)

    assert stage.refusal(subscriptions.createPlan, bytes(32), offer.struct, by=payer) == told
    assert stage.refusal(subscriptions.setPlanPrice, monthly, 1, 0, by=payer) == told


# Trials: once for each payer and merchant.


def test_a_trial_is_given_once_by_a_merchant_whatever_the_plan(
    stage, subscriptions, payer, merchant, make_plan, offer, start, do, balances, status
):
    plans = [make_plan(offer.but(trial=TRIAL + n)) for n in range(2)]
    first = start(plan=plans[0], ref=b"\x01" * 32)
    do(subscriptions.cancel, first, by=payer, at=START + 1)

    for number, plan in enumerate(plans):
        id = start(plan=plan, ref=bytes([2 + number]) * 32, at=START + 2 + number)
        assert status(id, START + 10) == ACTIVE

    assert balances()[0] == FUNDS - 2 * PRICE
    assert subscriptions.trialUsed(merchant, payer) is True


def test_another_merchant_gives_a_trial_of_its_own(
    subscriptions, stranger, payer, make_plan, offer, start, status
):
    plans = [
        make_plan(offer.but(trial=TRIAL, merchant=m)) for m in (MERCHANT.address, stranger.address)
    ]
    for number, plan in enumerate(plans):
        id = start(plan=plan, ref=bytes([number]) * 32, at=START + number)
        assert status(id, START + 2) == TRIALING


def test_a_trial_is_used_up_only_by_who_had_it(subscriptions, merchant, payer, begun):
    assert subscriptions.trialUsed(merchant, payer) is False


def test_who_missed_one_charge_can_come_back(stage, subscriptions, payer, token, begun, do, status):
    stage.send(token.approve, subscriptions, 0, by=payer)
    assert status(begun, END + GRACE) == LAPSED
    stage.send(token.approve, subscriptions, PRICE, by=payer)

    do(subscriptions.reactivate, begun, by=payer, at=END + GRACE)

    assert status(begun, END + GRACE) == ACTIVE


# Revocation race: at most the one period that is due.


def test_who_races_a_cancellation_gets_the_one_period_that_is_due(
    stage, subscriptions, merchant, payer, begun, do, balances
):
    do(subscriptions.charge, begun, by=merchant, at=END)
    refusal = stage.refusal(subscriptions.charge, begun, by=merchant, at=END + 1)
    assert refusal == ("NotDue", END + 1, END + PERIOD)

    do(subscriptions.cancel, begun, by=payer, at=END + 2)

    refusal = stage.refusal(subscriptions.charge, begun, by=merchant, at=END + PERIOD)
    assert refusal == ("WrongStatus", begun, CANCELLED)
    assert balances()[0] == FUNDS - 2 * PRICE


def test_a_merchant_who_raises_the_price_before_a_cancellation_gets_no_more_than_the_cap(
    stage, subscriptions, merchant, monthly, begun, price
):
    price(monthly, 100 * PRICE)

    refusal = stage.refusal(subscriptions.charge, begun, by=merchant, at=END)

    assert refusal == ("PriceAboveCap", 100 * PRICE, PRICE)


# Re-entrancy through a token's hooks.


WHILE = END + 10_000  # when money moves that calls back


@pytest.fixture
def hooked(stage, admin, odd, make_plan, offer, start):
    """A subscription in money that calls back, due at `END`."""
    id = start(plan=make_plan(offer.but(token=odd.address)))
    stage.send(odd.turn, CALLS_BACK, by=admin)
    return id


@pytest.fixture
def backs(subscriptions, odd, token, fund, make_plan, offer, terms, start, hooked):
    """By the verb, what the hooked token may call as payer or merchant, each with success."""
    fund(token, odd, subscriptions, FUNDS)

    def begin(number, at=START, **changes):
        plan = make_plan(offer.but(**changes))
        ref = bytes([number]) * 32
        return start(at=at + number * 1_000, payer=odd.address, plan=plan, ref=ref)

    theirs, pro = make_plan(offer.but(merchant=odd.address)), make_plan(offer.but(price=2 * PRICE))
    return {
        "reactivate": (begin(1, grace=1),),
        "charge": (begin(2),),
        "chargeBatch": ([begin(3)],),
        "refund": (start(at=START + 4_000, plan=theirs, ref=b"\x04" * 32), 1, 0),
        "changePlan": (begin(5, at=START + DAY), pro, 2 * PRICE, PRICE),
        "subscribe": (terms.but(payer=odd.address, deadline=WHILE + DAY).struct,),
        "permit": (NOBODY, NOBODY, 0, 0, 27, bytes(32), bytes(32)),
    }


@pytest.mark.parametrize(
    "verb", ["charge", "chargeBatch", "reactivate", "refund", "changePlan", "subscribe", "permit"]
)
def test_no_verb_that_moves_money_is_entered_while_money_moves(
    stage, admin, subscriptions, stranger, odd, token, hooked, backs, do, verb
):
    method, args = getattr(subscriptions, verb), backs[verb]
    # Alone, the token's own call succeeds.
    stage.answer(method, *args, by=odd, at=WHILE)
    before = token.balanceOf(odd)
    stage.send(odd.setCallBack, method.encode_input(*args), by=admin)

    do(subscriptions.charge, hooked, by=stranger, at=WHILE)

    assert odd.calledBack() is False
    assert token.balanceOf(odd) == before


@pytest.mark.parametrize(("verb", "met"), [("cancel", CANCELLED), ("pause", None)])
def test_a_payer_who_decides_while_being_charged_has_paid_and_decided(
    stage, admin, subscriptions, stranger, merchant, odd, make_plan, offer, terms, do, record,
    verb, met,
):  # fmt: skip
    """The payer is the token itself here, as a wallet with a hook would be."""
    stage.send(odd.mint, odd, FUNDS, by=admin)
    stage.send(odd.approve, subscriptions, FUNDS, by=odd)
    plan = make_plan(offer.but(token=odd.address))
    asked = terms.but(payer=odd.address, plan=plan)
    do(subscriptions.subscribe, asked.struct, by=odd, at=START)
    back = getattr(subscriptions, verb).encode_input(asked.id)
    stage.send(odd.setCallBack, back, by=admin)
    stage.send(odd.turn, CALLS_BACK, by=admin)

    do(subscriptions.charge, asked.id, by=stranger, at=END)

    assert odd.calledBack() is True
    kept = record(asked.id)
    paused_mode, cancelled_mode = 2, 3
    assert kept.mode == (cancelled_mode if met else paused_mode)
    assert (kept.paidThrough, kept.cycles, kept.seq) == (END + PERIOD, 2, 1)
    assert odd.held(merchant) == FUNDS + 2 * PRICE


# Custody: there is none.


def test_nothing_ever_stays_in_the_contract(
    stage, subscriptions, payer, merchant, stranger, token, make_plan, offer, begun, coupon,
    price, monthly, do,
):  # fmt: skip
    pro = make_plan(offer.but(price=2 * PRICE, caller_fee=7))
    used = coupon.but(bps=3_333).signed(subscriptions, by=MERCHANT)
    held = [token.balanceOf(subscriptions)]
    total = sum(token.balanceOf(a) for a in (payer, merchant, stranger))
    steps = [
        (subscriptions.redeem, (begun, *used), payer, START + 1),
        (subscriptions.changePlan, (begun, pro, 2 * PRICE, PRICE), payer, START + 2),
        (subscriptions.refund, (begun, 1, 1), merchant, START + 3),
        (subscriptions.charge, (begun,), stranger, END),
        (subscriptions.reactivate, (begun,), payer, END + PERIOD + GRACE),
        (subscriptions.cancel, (begun,), payer, END + PERIOD + GRACE + 1),
    ]
    for verb, args, sender, at in steps:
        do(verb, *args, by=sender, at=at)
        held.append(token.balanceOf(subscriptions))

    assert held == [0] * 7
    assert sum(token.balanceOf(a) for a in (payer, merchant, stranger)) == total
