"""The payer agrees to a price, or to less than before."""

from tests.contracts.unit.subscriptions.conftest import END, GRACE, PRICE, START
from tests.contracts.unit.support.subscriptions import CANCELLED


def test_accept_price_sets_the_cap(stage, subscriptions, payer, begun, record):
    receipt = subscriptions.acceptPrice(begun, PRICE + 1, sender=payer)

    told = {"subscriptionId": begun, "priceCap": PRICE + 1}
    assert stage.events(receipt) == [("PriceAccepted", told)]
    assert (record(begun).priceCap, record(begun).seq) == (PRICE + 1, 1)


def test_a_price_that_was_accepted_is_charged(
    stage, subscriptions, payer, stranger, monthly, begun, price
):
    price(monthly, PRICE + 1)
    stage.send(subscriptions.acceptPrice, begun, PRICE + 1, by=payer)

    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE + 1


def test_a_lower_cap_withdraws_the_agreement(stage, subscriptions, payer, stranger, begun):
    stage.send(subscriptions.acceptPrice, begun, PRICE - 1, by=payer)

    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=END)

    assert refusal == ("PriceAboveCap", PRICE, PRICE - 1)


def test_a_price_can_be_accepted_while_past_due_lapsed_or_paused(
    stage, subscriptions, payer, begun, do
):
    for at in (END, END + GRACE):
        assert stage.answer(subscriptions.acceptPrice, begun, 1, by=payer, at=at) == ()
    do(subscriptions.pause, begun, by=payer, at=START + 1)

    assert stage.answer(subscriptions.acceptPrice, begun, 1, by=payer) == ()


def test_accept_price_again_writes_the_same(stage, subscriptions, payer, begun, record):
    stage.send(subscriptions.acceptPrice, begun, 7, by=payer)
    stage.send(subscriptions.acceptPrice, begun, 7, by=payer)

    assert (record(begun).priceCap, record(begun).seq) == (7, 2)


def test_accept_price_is_the_payers_alone(stage, subscriptions, merchant, payer, begun):
    refusal = stage.refusal(subscriptions.acceptPrice, begun, PRICE + 1, by=merchant)

    assert refusal == ("NotPayer", payer.address, merchant.address)


def test_accept_price_refuses_what_is_cancelled_or_unknown(stage, subscriptions, payer, begun):
    stage.send(subscriptions.cancel, begun, by=payer)

    met = [stage.refusal(subscriptions.acceptPrice, i, 1, by=payer) for i in (begun, bytes(32))]

    assert met == [("WrongStatus", begun, CANCELLED), ("UnknownSubscription", bytes(32))]
