"""What was not captured in time goes back, whoever asks for it."""

import pytest

from tests.contracts.unit.payments.conftest import CAPTURE_BY, FUNDS, PRICE
from tests.contracts.unit.support.orders import CAPTURED, NONE, RELEASED
from tests.contracts.unit.support.stage import DAY

LATE = CAPTURE_BY + 1


def test_reclaim_by_anyone_gives_everything_back(stage, payments, stranger, held, balances):
    stage.next(LATE)

    receipt = payments.reclaim(held.struct, sender=stranger)

    assert [name for name, _ in stage.events(receipt)] == ["Reclaimed", "Transfer"]
    assert stage.events(receipt)[0] == ("Reclaimed", {"id": held.id(payments)})
    assert balances() == [FUNDS, FUNDS, 0]
    assert tuple(payments.payment(held.id(payments))) == (0, 0, RELEASED)


@pytest.mark.parametrize("who", ["payer", "merchant", "stranger"])
def test_reclaim_works_from_the_second_after_capture_by(stage, payments, held, request, who):
    caller = request.getfixturevalue(who)

    early = stage.refusal(payments.reclaim, held.struct, by=caller, at=CAPTURE_BY)

    assert early == ("TooEarly", CAPTURE_BY, LATE)
    assert stage.answer(payments.reclaim, held.struct, by=caller, at=LATE) is True
    assert stage.answer(payments.reclaim, held.struct, by=caller, at=LATE + 999 * DAY) is True


def test_at_every_second_the_money_can_be_captured_or_reclaimed(
    stage, payments, merchant, stranger, held
):
    for when, captured in ((CAPTURE_BY, True), (LATE, False)):
        if captured:
            met = stage.answer(payments.capture, *held.args, PRICE, by=merchant, at=when)
        else:
            met = stage.answer(payments.reclaim, held.struct, by=stranger, at=when)
        assert met is True


def test_reclaim_again_changes_nothing_and_says_so(stage, payments, stranger, held, balances):
    stage.reach(LATE)
    stage.send(payments.reclaim, held.struct, by=stranger)

    assert stage.answer(payments.reclaim, held.struct, by=stranger) is False
    assert stage.events(payments.reclaim(held.struct, sender=stranger)) == []
    assert balances() == [FUNDS, FUNDS, 0]


def test_reclaim_of_what_was_voided_changes_nothing_at_any_time(
    stage, payments, merchant, stranger, held
):
    stage.send(payments.void, held.struct, by=merchant)

    assert stage.answer(payments.reclaim, held.struct, by=stranger) is False
    assert stage.answer(payments.reclaim, held.struct, by=stranger, at=LATE) is False


def test_reclaim_refuses_what_is_unknown_and_what_is_paid(
    stage, payments, merchant, stranger, order, held
):
    refusal = stage.refusal(payments.reclaim, order.struct, by=stranger, at=LATE)
    assert refusal == ("BadState", order.id(payments), NONE)

    stage.send(payments.capture, *held.args, 1, by=merchant)

    refusal = stage.refusal(payments.reclaim, held.struct, by=stranger, at=LATE)
    assert refusal == ("BadState", held.id(payments), CAPTURED)


def test_reclaim_under_other_terms_is_of_another_order(stage, payments, stranger, held):
    sooner = held.but(capture_by=1)

    refusal = stage.refusal(payments.reclaim, sooner.struct, by=stranger)

    assert refusal == ("BadState", sooner.id(payments), NONE)


def test_reclaim_credits_a_payer_who_cannot_receive(
    stage, payments, payer, stranger, blocking, block, order
):
    made = order.but(token=blocking.address, capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *made.args, by=payer)
    block(blocking, payer)
    stage.next(LATE)

    receipt = payments.reclaim(made.struct, sender=stranger)

    assert stage.events(receipt) == [
        ("Reclaimed", {"id": made.id(payments)}),
        ("Credited", {"account": payer.address, "token": blocking.address, "amount": PRICE}),
    ]
    assert payments.owed(payer, blocking) == blocking.balanceOf(payments) == PRICE
