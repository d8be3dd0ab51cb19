"""What anyone can ask."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PRICE,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.subscriptions import ACTIVE, NOBODY, NONE, selector
from tests.contracts.unit.support.wallets import HERS

FINE = bytes(4)
NOT_DUE = selector("NotDue(uint256,uint40)")
WRONG_STATUS = selector("WrongStatus(bytes32,uint8)")
TRANSFER_FAILED = selector("TransferFailed(address,address,address,uint256)")
PRICE_ABOVE_CAP = selector("PriceAboveCap(uint96,uint96)")
PLAN_IS_CLOSED = selector("PlanIsClosed(uint32)")
REASONS = {
    "NotDue": NOT_DUE,
    "WrongStatus": WRONG_STATUS,
    "TransferFailed": TRANSFER_FAILED,
    "PriceAboveCap": PRICE_ABOVE_CAP,
    "PlanIsClosed": PLAN_IS_CLOSED,
}
UNKNOWN = b"\x09" * 32


@pytest.fixture
def upcoming(stage, subscriptions, stranger):
    """The next charge, as asked at a second: ``upcoming(begun, at=END)``."""
    return lambda id, at: stage.answer(subscriptions.nextCharge, id, by=stranger, at=at)


# The next charge


def test_next_charge_says_when_how_much_and_why_not_yet(upcoming, begun):
    assert upcoming(begun, END - 1) == (END, PRICE, False, NOT_DUE)
    assert upcoming(begun, END) == (END, PRICE, True, FINE)
    assert upcoming(begun, END + GRACE - 1) == (END, PRICE, True, FINE)
    assert upcoming(begun, END + GRACE) == (END, PRICE, False, WRONG_STATUS)


def test_next_charge_of_a_trial_is_at_its_end(upcoming, make_plan, offer, start):
    id = start(plan=make_plan(offer.but(trial=TRIAL)))
    over = START + TRIAL

    assert upcoming(id, over - 1) == (over, PRICE, False, NOT_DUE)
    assert upcoming(id, over) == (over, PRICE, True, FINE)


def test_next_charge_is_less_a_coupon_and_of_the_plan_that_was_changed_to(
    subscriptions, payer, make_plan, offer, begun, coupon, do, upcoming
):
    plan = make_plan(offer.but(price=6_000_001))
    do(subscriptions.changePlan, begun, plan, PRICE, 0, by=payer, at=START + 1)
    used = coupon.but(bps=3_333).signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=START + 2)

    assert upcoming(begun, END) == (END, 6_000_001 - 1_999_800, True, FINE)


def test_next_charge_tells_of_a_price_above_the_cap(upcoming, monthly, begun, price):
    price(monthly, PRICE + 1)

    assert upcoming(begun, END) == (END, PRICE + 1, False, PRICE_ABOVE_CAP)


def test_next_charge_tells_of_a_closed_plan(
    stage, subscriptions, merchant, monthly, begun, upcoming
):
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    assert upcoming(begun, END) == (END, PRICE, False, PLAN_IS_CLOSED)


def test_next_charge_tells_whether_money_and_allowance_last(
    stage, subscriptions, token, payer, merchant, begun, upcoming
):
    stage.send(token.approve, subscriptions, PRICE - 1, by=payer)
    assert upcoming(begun, END) == (END, PRICE, False, TRANSFER_FAILED)
    stage.send(token.approve, subscriptions, PRICE, by=payer)
    assert upcoming(begun, END) == (END, PRICE, True, FINE)

    stage.send(token.transfer, merchant, FUNDS - 2 * PRICE + 1, by=payer)
    assert upcoming(begun, END) == (END, PRICE, False, TRANSFER_FAILED)
    stage.send(token.mint, payer, 1, by=payer)
    assert upcoming(begun, END) == (END, PRICE, True, FINE)


def test_next_charge_of_nothing_asks_for_no_money(
    stage, subscriptions, token, payer, begun, coupon, do, upcoming
):
    free = coupon.but(bps=10_000).signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *free, by=payer, at=START + 1)
    stage.send(token.approve, subscriptions, 0, by=payer)

    assert upcoming(begun, END) == (END, 0, True, FINE)


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_next_charge_of_what_is_paused_or_cancelled_is_none(
    subscriptions, payer, begun, do, upcoming, verb
):
    do(getattr(subscriptions, verb), begun, by=payer, at=START + 1)

    for at in (START + 2, END, END + GRACE):
        assert upcoming(begun, at)[2:] == (False, WRONG_STATUS)


def test_next_charge_of_what_is_paid_off_is_none(upcoming, make_plan, offer, start):
    id = start(plan=make_plan(offer.but(max_cycles=1)))

    assert upcoming(id, END)[2:] == (False, WRONG_STATUS)


@pytest.fixture
def hinder(stage, subscriptions, token, payer, merchant, monthly, begun, price):
    """Puts something in the way of the next charge: ``hinder("closed plan")``."""
    ways = {
        "closed plan": lambda: stage.send(subscriptions.closePlan, monthly, by=merchant),
        "dearer": lambda: price(monthly, PRICE + 1),
        "no allowance": lambda: stage.send(token.approve, subscriptions, PRICE - 1, by=payer),
        "no money": lambda: stage.send(token.transfer, merchant, FUNDS - PRICE, by=payer),
        "paused": lambda: stage.send(subscriptions.pause, begun, by=payer),
        "cancelled": lambda: stage.send(subscriptions.cancel, begun, by=payer),
    }
    return lambda name: ways[name]()


HINDRANCES = {
    (): ["NotDue", "", "WrongStatus"],
    ("closed plan",): ["PlanIsClosed"] * 3,
    ("dearer",): ["NotDue", "PriceAboveCap", "WrongStatus"],
    ("no allowance",): ["NotDue", "TransferFailed", "WrongStatus"],
    ("no money",): ["NotDue", "TransferFailed", "WrongStatus"],
    ("dearer", "no allowance"): ["NotDue", "PriceAboveCap", "WrongStatus"],
    ("dearer", "paused"): ["WrongStatus"] * 3,
    ("no money", "cancelled"): ["WrongStatus"] * 3,
    ("dearer", "no money", "cancelled", "closed plan"): ["PlanIsClosed"] * 3,
}


@pytest.mark.parametrize("ways", HINDRANCES, ids=lambda ways: ", ".join(ways) or "none")
def test_next_charge_names_the_error_that_a_charge_reverts_with(
    stage, subscriptions, stranger, begun, upcoming, hinder, ways
):
    stage.reach(START + 1)
    for way in ways:
        hinder(way)

    for at, expected in zip((END - 1, END, END + GRACE), HINDRANCES[ways], strict=True):
        _, amount, chargeable, reason = upcoming(begun, at)
        if expected:
            name, *_ = stage.refusal(subscriptions.charge, begun, by=stranger, at=at)
            assert (name, chargeable, reason) == (expected, False, REASONS[expected])
        else:
            assert (chargeable, reason) == (True, FINE)
            assert stage.answer(subscriptions.charge, begun, by=stranger, at=at) == amount


def test_next_charge_of_what_is_paid_off_is_told_after_a_closed_plan(
    stage, subscriptions, stranger, merchant, upcoming, make_plan, offer, start
):
    plan = make_plan(offer.but(max_cycles=1))
    id = start(plan=plan)

    for expected in ("WrongStatus", "PlanIsClosed"):
        assert upcoming(id, END)[2:] == (False, REASONS[expected])
        assert stage.refusal(subscriptions.charge, id, by=stranger, at=END)[0] == expected
        stage.send(subscriptions.closePlan, plan, by=merchant)


# Whether it can be used


def test_who_is_entitled_is_who_has_paid_or_been_given_time(
    stage, subscriptions, stranger, merchant, payer, begun, do
):
    def entitled(at):
        return stage.answer(subscriptions.isEntitled, begun, by=stranger, at=at)

    assert [entitled(at) for at in (START, END - 1, END, END + GRACE)] == [True, True, False, False]
    do(subscriptions.grantTime, begun, END + DAY, by=merchant, at=START + 1)
    assert [entitled(at) for at in (END, END + DAY - 1, END + DAY)] == [True, True, False]
    do(subscriptions.pause, begun, by=payer, at=START + 2)
    assert entitled(END) is False
    do(subscriptions.resume, begun, by=payer, at=START + 3)
    assert entitled(END) is True


# What does not exist


def test_views_of_a_subscription_that_does_not_exist(stage, subscriptions, stranger, monthly):
    assert subscriptions.statusOf(UNKNOWN) == NONE
    assert subscriptions.isEntitled(UNKNOWN) is False
    nobody = (NOBODY, 0, 0, 0, 0, False, False, 0, 0, 0, 0)
    assert stage.answer(subscriptions.subscription, UNKNOWN, by=stranger) == nobody
    assert stage.answer(subscriptions.note, UNKNOWN, by=stranger) == (0, 0, 0, 0, 0)
    assert bytes(subscriptions.customerOf(UNKNOWN)) == bytes(32)
    told = ("UnknownSubscription", UNKNOWN)
    assert stage.refusal(subscriptions.nextCharge, UNKNOWN, by=stranger) == told
    assert stage.refusal(subscriptions.quoteChange, UNKNOWN, monthly, by=stranger) == told


@pytest.mark.parametrize("unknown", [0, 2, 2**32 - 1])
def test_a_plan_that_does_not_exist_is_refused(stage, subscriptions, stranger, monthly, unknown):
    assert stage.refusal(subscriptions.plan, unknown, by=stranger) == ("UnknownPlan", unknown)


# Names


def test_the_id_of_a_subscription_is_its_payers_and_their_reference(subscriptions, terms):
    assert bytes(subscriptions.idOf(terms.payer, terms.ref)) == terms.id


def test_the_domain_is_the_one_that_is_signed_under(stage, subscriptions, stranger):
    told = stage.answer(subscriptions.eip712Domain, by=stranger)

    name = ("Rapport Subscriptions", "1", 31337, subscriptions.address)
    assert told == (b"\x0f", *name, bytes(32), ())


def test_the_limits_are_the_published_ones(subscriptions):
    assert subscriptions.MIN_PERIOD() == DAY
    assert subscriptions.MAX_PERIOD() == subscriptions.MAX_GRANT() == 3_660 * DAY
    assert subscriptions.MAX_PAUSE() == 365 * DAY


# Records


def test_a_record_keeps_every_field_to_its_last_bit(
    stage, subscriptions, payer, merchant, token, make_plan, offer, terms, do, coupon, ana
):
    """Fields that are written together do not touch each other."""
    most = 2**96 - 1
    stage.send(token.mint, payer, most, by=payer)
    plan = make_plan(offer.but(price=most))
    asked = terms.but(plan=plan, cap=most, customer=ana)
    do(subscriptions.subscribe, asked.struct, by=payer, at=START)
    next_plan = make_plan(offer.but(price=most - 1))
    do(subscriptions.changePlan, asked.id, next_plan, most, 0, by=payer, at=START + 1)
    used = coupon.but(bps=9_999, cycles=2**16 - 1).signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, asked.id, *used, by=payer, at=START + 2)
    do(subscriptions.pause, asked.id, by=payer, at=START + 3)
    do(subscriptions.resume, asked.id, by=payer, at=START + 10)
    do(subscriptions.pause, asked.id, by=payer, at=START + 20)

    paused = 2  # mode
    numbers = (END + 7, 1, 5, paused, True, True, most, most, plan, next_plan)
    kept = stage.answer(subscriptions.subscription, asked.id, by=payer)
    assert kept == (HERS.address, *numbers)
    noted = stage.answer(subscriptions.note, asked.id, by=payer)
    assert noted == (0, 9_999, 2**16 - 1, START + 20, 7)


def test_an_upgrade_keeps_the_rest_of_the_note(
    stage, subscriptions, payer, make_plan, offer, begun, coupon, do
):
    used = coupon.signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=START + 1)
    plan = make_plan(offer.but(price=2 * PRICE))

    do(subscriptions.changePlan, begun, plan, 2 * PRICE, PRICE, by=payer, at=START + 2)

    noted = stage.answer(subscriptions.note, begun, by=payer)
    assert noted == (2 * PRICE, 5_000, 3, 0, 0)
    assert subscriptions.statusOf(begun) == ACTIVE
