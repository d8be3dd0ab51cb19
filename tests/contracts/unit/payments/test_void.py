"""The merchant gives an authorisation up."""

from tests.contracts.unit.payments.conftest import AFFILIATE, CAPTURE_BY, FUNDS, PRICE
from tests.contracts.unit.support.orders import CAPTURED, NONE, RELEASED
from tests.contracts.unit.support.stage import DAY


def test_void_gives_everything_back(stage, payments, merchant, held, balances):
    assert stage.answer(payments.void, held.struct, by=merchant) is True

    receipt = payments.void(held.struct, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Voided", "Transfer"]
    assert stage.events(receipt)[0] == ("Voided", {"id": held.id(payments)})
    assert balances() == [FUNDS, FUNDS, 0]
    assert tuple(payments.payment(held.id(payments))) == (0, 0, RELEASED)


def test_void_works_at_any_time(stage, payments, merchant, held):
    for when in (CAPTURE_BY, CAPTURE_BY + 1, CAPTURE_BY + 1_000 * DAY):
        assert stage.answer(payments.void, held.struct, by=merchant, at=when) is True


def test_void_pays_no_split(stage, payments, payer, merchant, order, balances):
    made = order.but(capture_by=CAPTURE_BY, splits=((AFFILIATE, 10_000),))
    stage.send(payments.authorize, *made.args, by=payer)

    stage.send(payments.void, made.struct, by=merchant)

    assert balances(AFFILIATE) == [FUNDS, FUNDS, 0, 0]


def test_void_again_changes_nothing_and_says_so(stage, payments, merchant, held, balances):
    stage.send(payments.void, held.struct, by=merchant)

    assert stage.answer(payments.void, held.struct, by=merchant) is False
    assert stage.events(payments.void(held.struct, sender=merchant)) == []
    assert balances() == [FUNDS, FUNDS, 0]


def test_void_after_a_reclaim_changes_nothing_and_says_so(
    stage, payments, merchant, stranger, held
):
    stage.reach(CAPTURE_BY + 1)
    stage.send(payments.reclaim, held.struct, by=stranger)

    assert stage.answer(payments.void, held.struct, by=merchant) is False


def test_void_is_the_merchants_alone(stage, payments, payer, held):
    refusal = stage.refusal(payments.void, held.struct, by=payer)

    assert refusal == ("NotMerchant", held.merchant, payer.address)


def test_void_refuses_what_is_unknown_and_what_is_paid(stage, payments, merchant, order, held):
    refusal = stage.refusal(payments.void, order.struct, by=merchant)
    assert refusal == ("BadState", order.id(payments), NONE)

    stage.send(payments.capture, *held.args, 1, by=merchant)

    refusal = stage.refusal(payments.void, held.struct, by=merchant)
    assert refusal == ("BadState", held.id(payments), CAPTURED)


def test_void_credits_a_payer_who_cannot_receive(
    stage, payments, payer, merchant, blocking, block, order, balances
):
    made = order.but(token=blocking.address, capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *made.args, by=payer)
    block(blocking, payer)

    receipt = payments.void(made.struct, sender=merchant)

    assert stage.events(receipt) == [
        ("Voided", {"id": made.id(payments)}),
        ("Credited", {"account": payer.address, "token": blocking.address, "amount": PRICE}),
    ]
    assert payments.owed(payer, blocking) == PRICE
    assert balances(of=blocking) == [FUNDS - PRICE, FUNDS, PRICE]
