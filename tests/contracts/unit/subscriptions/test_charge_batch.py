"""Many charges in one transaction, each for itself."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    START,
)
from tests.contracts.unit.support.subscriptions import PAST_DUE, charged, selector

FEE = PRICE // 100
UNKNOWN = b"\x09" * 32
NOT_DUE = selector("NotDue(uint256,uint40)")
WRONG_STATUS = selector("WrongStatus(bytes32,uint8)")
TRANSFER_FAILED = selector("TransferFailed(address,address,address,uint256)")
CHARGE_GAS = 500_000
# Oddities of OddToken.
PHANTOM, RECIPIENT_FEE, CALLS_BACK, REVERT_AT_LENGTH, BURNS_GAS, NO_BALANCE = 6, 7, 19, 20, 21, 22


@pytest.fixture
def three(start):
    """Three subscriptions of Ana's, all due at `END`."""
    return [start(at=START, ref=bytes([1]) * 32)] + [
        start(at=START + n, ref=bytes([n + 1]) * 32) for n in (1, 2)
    ]


def failed(id, reason):
    return ("ChargeFailed", {"subscriptionId": id, "reason": reason})


def test_charge_batch_charges_all_that_are_due(
    stage, subscriptions, stranger, payer, monthly, three, told, balances
):
    at = END + 2
    answer = stage.answer(subscriptions.chargeBatch, three, by=stranger, at=at)
    assert answer == (True, True, True)

    events = told(subscriptions.chargeBatch, three, by=stranger, at=at)

    ends = [END + PERIOD + n for n in range(3)]
    assert events == [
        charged(id, monthly, payer, PRICE, 2, end) for id, end in zip(three, ends, strict=True)
    ]
    assert balances(stranger) == [FUNDS - 6 * PRICE, FUNDS + 6 * PRICE, 0, 0]


def test_charge_batch_tells_of_each_that_fails_and_charges_the_others(
    stage, subscriptions, stranger, payer, monthly, three, do, told, balances
):
    early, due, ended = three[2], three[0], three[1]
    do(subscriptions.cancel, ended, by=payer, at=START + 10)
    given = [early, UNKNOWN, due, ended, due]

    events = told(subscriptions.chargeBatch, given, by=stranger, at=END + 1)

    assert events == [
        failed(early, NOT_DUE),
        failed(UNKNOWN, selector("UnknownSubscription(bytes32)")),
        charged(due, monthly, payer, PRICE, 2, END + PERIOD),
        failed(ended, WRONG_STATUS),
        failed(due, NOT_DUE),
    ]
    assert balances() == [FUNDS - 4 * PRICE, FUNDS + 4 * PRICE, 0]


def test_charge_batch_asked_without_sending_says_who_can_be_charged(
    stage, subscriptions, stranger, payer, token, three
):
    at = END + 2
    # Of three that are due, the money lasts for two.
    stage.send(token.approve, subscriptions, 2 * PRICE, by=payer)

    answer = stage.answer(subscriptions.chargeBatch, [*three, UNKNOWN], by=stranger, at=at)

    assert answer == (True, True, False, False)
    early = stage.answer(subscriptions.chargeBatch, three, by=stranger, at=END - 1)
    assert early == (False, False, False)


def test_charge_batch_of_nothing_does_nothing(stage, subscriptions, stranger):
    assert stage.answer(subscriptions.chargeBatch, [], by=stranger) == ()
    assert stage.events(subscriptions.chargeBatch([], sender=stranger)) == []


def test_charge_batch_names_the_error_that_the_single_call_meets(
    stage, subscriptions, stranger, merchant, make_plan, offer, start, price, told, token, payer
):
    capped, closed, broke = (
        start(plan=make_plan(offer), ref=bytes([number]) * 32, at=START + number)
        for number in (1, 2, 3)
    )
    price(1 + stage.answer(subscriptions.plans, by=payer) - 3, PRICE + 1)
    stage.send(subscriptions.closePlan, subscriptions.subscription(closed).planId, by=merchant)
    stage.send(token.approve, subscriptions, PRICE - 1, by=payer)

    events = told(subscriptions.chargeBatch, [capped, closed, broke], by=stranger, at=END + 3)

    assert events == [
        failed(capped, selector("PriceAboveCap(uint96,uint96)")),
        failed(closed, selector("PlanIsClosed(uint32)")),
        failed(broke, TRANSFER_FAILED),
    ]


def test_charge_batch_gives_the_fees_to_whoever_sends_it(
    monthly, subscriptions, stranger, three, price, do, balances
):
    price(monthly, PRICE, FEE)

    do(subscriptions.chargeBatch, three, by=stranger, at=END + 2)

    assert balances(stranger) == [
        FUNDS - 6 * PRICE,
        FUNDS + 6 * PRICE - 3 * FEE,
        0,
        3 * FEE,
    ]


def test_a_batch_across_merchants_pays_each_its_own(
    make_plan, offer, monthly, subscriptions, stranger, payer, start, told, balances
):
    """What is known of one merchant's balance is not taken as another's, with fees or not."""
    theirs = make_plan(offer.but(merchant=stranger.address, caller_fee=FEE))
    plans = [monthly, theirs, theirs, monthly, theirs, monthly, monthly]
    members = [
        start(plan=plan, ref=bytes([n + 1]) * 32, at=START + n) for n, plan in enumerate(plans)
    ]

    events = told(subscriptions.chargeBatch, members, by=stranger, at=END + 7)

    assert events == [
        charged(id, plan, payer, PRICE, 2, END + PERIOD + n)
        for n, (id, plan) in enumerate(zip(members, plans, strict=True))
    ]
    assert balances(stranger) == [FUNDS - 14 * PRICE, FUNDS + 8 * PRICE, 0, 6 * PRICE]


def test_a_failed_charge_of_a_batch_changes_nothing(
    stage, subscriptions, stranger, payer, token, begun, do, status
):
    before = stage.answer(subscriptions.subscription, begun, by=stranger)
    stage.send(token.approve, subscriptions, 0, by=payer)

    do(subscriptions.chargeBatch, [begun], by=stranger, at=END)

    assert stage.answer(subscriptions.subscription, begun, by=stranger) == before
    assert status(begun, END + GRACE - 1) == PAST_DUE
    stage.send(token.approve, subscriptions, PRICE, by=payer)
    late = stage.answer(subscriptions.chargeBatch, [begun], by=stranger, at=END + GRACE - 1)
    assert late == (True,)


# Members that mean harm


@pytest.mark.parametrize(
    ("oddity", "reason"),
    [
        (BURNS_GAS, TRANSFER_FAILED),
        (REVERT_AT_LENGTH, TRANSFER_FAILED),
        (PHANTOM, selector("ShortTransfer(address,uint256,uint256)")),
        (RECIPIENT_FEE, selector("ShortTransfer(address,uint256,uint256)")),
        (NO_BALANCE, TRANSFER_FAILED),
    ],
    ids=["burns gas", "reverts at length", "moves nothing", "takes a fee", "tells no balance"],
)
def test_a_token_that_means_harm_stops_nobody_else_in_the_batch(
    stage, admin, subscriptions, stranger, payer, monthly, odd, make_plan, offer, start, told,
    oddity, reason,
):  # fmt: skip
    bad = start(plan=make_plan(offer.but(token=odd.address)), ref=b"\x0b" * 32)
    good = start(at=START + 1)
    stage.send(odd.turn, oddity, by=admin)

    events = told(subscriptions.chargeBatch, [bad, good], by=stranger, at=END + 1)

    assert events == [
        failed(bad, reason),
        charged(good, monthly, payer, PRICE, 2, END + PERIOD + 1),
    ]


def test_gas_cannot_be_kept_from_a_member_so_that_it_fails(stage, subscriptions, stranger, begun):
    """Whoever relays with too little gas fails as a whole, and nobody's charge is marked failed."""
    required = CHARGE_GAS * 64 // 63 + 5_000

    for gas in (60_000, 300_000, required + 20_000):
        name, left, needed = stage.refusal(
            subscriptions.chargeBatch, [begun], by=stranger, at=END, gas=gas
        )
        assert (name, needed) == ("GasTooLow", required)
        assert left < required
    assert subscriptions.CHARGE_GAS() == CHARGE_GAS


def test_a_batch_needs_the_gas_of_one_member_above_what_the_others_use(
    stage, subscriptions, stranger, three
):
    """What a member leaves is there for the next one: 3 do not need three times as much."""
    tx = {
        "from": stranger.address,
        "to": subscriptions.address,
        "data": "0x" + bytes(subscriptions.chargeBatch.encode_input(three)).hex(),
        "gas": hex(CHARGE_GAS * 64 // 63 + 5_000 + 200_000),
    }
    stage.reach(END + 2)

    answer = stage.request("eth_call", tx, "latest")

    assert int(answer[-64:], 16) == int(answer[-128:-64], 16) == 1
