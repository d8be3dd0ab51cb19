"""Decisions that the payer signs and anyone relays."""

import pytest

from tests.contracts.unit.conftest import DEADLINE
from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    SOON,
    START,
)
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.subscriptions import (
    ACCEPT_PRICE,
    ACTIVE,
    CANCEL,
    CANCELLED,
    CHANGE_PLAN,
    PAUSE,
    PAUSED,
    REACTIVATE,
    RESUME,
    Instruction,
    charged,
)
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

MALLORY = wallet("Mallory")


@pytest.fixture
def decide(begun):
    """An instruction of Ana's about her subscription: ``decide(PAUSE, seq=1)``."""

    def build(action, plan=0, cap=0, max_pay=0, seq=0, deadline=DEADLINE, id=begun):
        return Instruction(action, id, plan, cap, max_pay, seq, deadline)

    return build


@pytest.fixture
def relay(subscriptions, stranger, do):
    """A stranger sends what Ana has signed."""

    def build(instruction, at, by=HERS):
        do(subscriptions.instruct, *instruction.signed(subscriptions, by=by), by=stranger, at=at)

    return build


def test_a_relayed_cancellation_ends_it(subscriptions, stranger, begun, decide, told, status):
    signed = decide(CANCEL).signed(subscriptions)

    events = told(subscriptions.instruct, *signed, by=stranger, at=SOON)

    fields = {"subscriptionId": begun, "paidThrough": END, "byMerchant": False}
    assert events == [("Cancelled", fields)]
    assert status(begun, SOON) == CANCELLED


def test_a_relayed_pause_and_resumption_stop_the_clock_between_them(
    begun, decide, relay, status, record
):
    relay(decide(PAUSE), at=SOON)
    assert status(begun, SOON + 1) == PAUSED

    relay(decide(RESUME, seq=1), at=SOON + DAY)

    assert status(begun, SOON + DAY) == ACTIVE
    assert (record(begun).paidThrough, record(begun).seq) == (END + DAY, 2)


def test_a_relayed_reactivation_charges_the_payer_from_now_on(
    subscriptions, stranger, payer, monthly, begun, decide, told, balances, record
):
    at = END + GRACE
    signed = decide(REACTIVATE, deadline=at).signed(subscriptions)

    events = told(subscriptions.instruct, *signed, by=stranger, at=at)

    assert events == [charged(begun, monthly, payer, PRICE, 2, at + PERIOD)]
    assert balances(stranger) == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0, 0]
    assert record(begun).seq == 1


def test_a_relayed_price_is_accepted(begun, decide, relay, record):
    relay(decide(ACCEPT_PRICE, cap=PRICE + 1), at=SOON)

    assert (record(begun).priceCap, record(begun).seq) == (PRICE + 1, 1)


def test_a_relayed_change_of_plan_takes_what_was_signed_for_and_no_more(
    stage, subscriptions, stranger, make_plan, offer, begun, decide, relay, record, balances
):
    plan = make_plan(offer.but(price=2 * PRICE))
    middle, due = START + PERIOD // 2, PRICE // 2
    low, enough = (
        decide(CHANGE_PLAN, plan=plan, cap=2 * PRICE, max_pay=most) for most in (due - 1, due)
    )

    refusal = stage.refusal(
        subscriptions.instruct, *low.signed(subscriptions), by=stranger, at=middle
    )
    relay(enough, at=middle)

    assert refusal == ("PaysTooMuch", due, due - 1)
    assert (record(begun).planId, record(begun).priceCap) == (plan, 2 * PRICE)
    assert balances()[0] == FUNDS - PRICE - due


def test_every_kind_of_account_decides_by_its_signature(
    subscriptions, start, decide, relay, buyer, status
):
    id = start(payer=buyer.address, ref=b"\x02" * 32, at=START + 1)

    relay(decide(CANCEL, id=id), at=SOON, by=buyer)

    assert status(id, SOON) == CANCELLED


def test_a_strangers_signature_decides_nothing_for_any_kind_of_account(
    stage, subscriptions, stranger, start, decide, buyer
):
    id = start(payer=buyer.address, ref=b"\x02" * 32, at=START + 1)
    forged = decide(CANCEL, id=id).signed(subscriptions, by=MALLORY)

    refusal = stage.refusal(subscriptions.instruct, *forged, by=stranger)

    assert refusal == ("BadSignature", buyer.address)


# What was not signed


@pytest.mark.parametrize("signed", range(6))
def test_an_action_is_never_taken_for_another(stage, subscriptions, stranger, decide, signed):
    _, signature = decide(signed).signed(subscriptions)

    for given in set(range(6)) - {signed}:
        other = decide(given).struct
        refusal = stage.refusal(subscriptions.instruct, other, signature, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


@pytest.mark.parametrize(
    "change",
    [{"plan": 2}, {"cap": 1}, {"max_pay": 1}, {"deadline": DEADLINE + 1}],
    ids=lambda change: next(iter(change)),
)
def test_instruct_refuses_every_field_that_was_not_signed(
    stage, subscriptions, stranger, decide, change
):
    signed = decide(CHANGE_PLAN, plan=1)
    _, signature = signed.signed(subscriptions)

    other = signed.but(**change).struct
    refusal = stage.refusal(subscriptions.instruct, other, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_instruct_refuses_what_was_signed_for_another_subscription(
    stage, subscriptions, stranger, start, decide
):
    second = start(ref=b"\x02" * 32, at=START + 1)
    signed = decide(CANCEL)
    _, signature = signed.signed(subscriptions)

    other = signed.but(subscription=second).struct
    refusal = stage.refusal(subscriptions.instruct, other, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_instruct_refuses_another_chain_another_contract_and_a_high_s(
    stage, subscriptions, consents, stranger, decide
):
    made = decide(CANCEL)
    struct, signature = made.signed(subscriptions)
    foreign = made.signed(subscriptions, chain_id=1)
    misled = made.signed(consents)

    for attempt in (foreign, misled, (struct, mirrored(signature)), (struct, b"")):
        refusal = stage.refusal(subscriptions.instruct, *attempt, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


# Once, in order, in time


@pytest.mark.parametrize("action", [PAUSE, ACCEPT_PRICE, CANCEL])
def test_an_instruction_is_good_once(stage, subscriptions, stranger, decide, relay, action):
    relay(decide(action, cap=1), at=SOON)

    again = decide(action, cap=1).signed(subscriptions)

    assert stage.refusal(subscriptions.instruct, *again, by=stranger) == ("BadSequence", 0, 1)


@pytest.mark.parametrize("seq", [0, 2])
def test_instruct_refuses_what_is_behind_or_ahead_of_the_record(
    stage, subscriptions, stranger, payer, begun, decide, do, seq
):
    do(subscriptions.acceptPrice, begun, PRICE, by=payer, at=SOON)

    other = decide(CANCEL, seq=seq).signed(subscriptions)

    assert stage.refusal(subscriptions.instruct, *other, by=stranger) == ("BadSequence", seq, 1)


def test_a_decision_of_the_wallet_itself_voids_what_was_signed_before(
    stage, subscriptions, stranger, payer, monthly, begun, decide, do
):
    """Each kind of decision: a signed "yes" never outlives a later "no"."""
    calls = [
        (subscriptions.acceptPrice, (0,)),
        (subscriptions.changePlan, (monthly, PRICE, 0)),
        (subscriptions.pause, ()),
        (subscriptions.resume, ()),
    ]
    for number, (verb, args) in enumerate(calls):
        waiting = decide(ACCEPT_PRICE, cap=100 * PRICE, seq=number).signed(subscriptions)
        assert stage.answer(subscriptions.instruct, *waiting, by=stranger) == ()

        do(verb, begun, *args, by=payer, at=SOON + number)

        refusal = stage.refusal(subscriptions.instruct, *waiting, by=stranger)
        assert refusal == ("BadSequence", number, number + 1)


def test_a_cancellation_by_the_merchant_voids_what_was_signed_before(
    stage, subscriptions, stranger, merchant, begun, decide, do
):
    waiting = decide(REACTIVATE).signed(subscriptions)
    do(subscriptions.cancel, begun, by=merchant, at=SOON)

    assert stage.refusal(subscriptions.instruct, *waiting, by=stranger) == ("BadSequence", 0, 1)


def test_a_charge_voids_nothing_that_was_signed(
    stage, subscriptions, stranger, begun, decide, charge
):
    charge(begun, at=END)
    waiting = decide(CANCEL, deadline=END + 10).signed(subscriptions)

    assert stage.answer(subscriptions.instruct, *waiting, by=stranger, at=END + 10) == ()


def test_an_instruction_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, subscriptions, stranger, decide
):
    signed = decide(CANCEL).signed(subscriptions)

    late = stage.refusal(subscriptions.instruct, *signed, by=stranger, at=DEADLINE + 1)

    assert late == ("Expired", DEADLINE, DEADLINE + 1)
    assert stage.answer(subscriptions.instruct, *signed, by=stranger, at=DEADLINE) == ()


def test_a_relayed_cancellation_of_what_is_cancelled_changes_nothing(
    stage, subscriptions, stranger, payer, begun, decide, do, record
):
    do(subscriptions.cancel, begun, by=payer, at=SOON)

    again = subscriptions.instruct(*decide(CANCEL, seq=1).signed(subscriptions), sender=stranger)

    assert stage.events(again) == []
    assert record(begun).seq == 1


def test_a_relayed_decision_meets_the_same_refusals_as_the_wallets_own(
    stage, subscriptions, stranger, begun, decide
):
    signed = decide(RESUME).signed(subscriptions)

    refusal = stage.refusal(subscriptions.instruct, *signed, by=stranger, at=SOON)

    assert refusal == ("WrongStatus", begun, ACTIVE)


def test_instruct_refuses_what_does_not_exist(stage, subscriptions, stranger, decide):
    unknown = decide(CANCEL, id=bytes(32)).signed(subscriptions)

    refusal = stage.refusal(subscriptions.instruct, *unknown, by=stranger)

    assert refusal == ("UnknownSubscription", bytes(32))
