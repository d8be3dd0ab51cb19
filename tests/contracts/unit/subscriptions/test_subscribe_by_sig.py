"""Terms that the payer signs and anyone relays."""

import pytest

from tests.contracts.unit.conftest import DEADLINE
from tests.contracts.unit.subscriptions.conftest import END, FUNDS, PRICE, START
from tests.contracts.unit.support.subscriptions import NOBODY, charged
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

MALLORY = wallet("Mallory")


def test_subscribe_by_sig_of_every_kind_of_account_begins_in_its_name(
    subscriptions, stranger, merchant, token, terms, buyer, told
):
    terms = terms.but(payer=buyer.address)

    signed = terms.signed(subscriptions, by=buyer)
    events = told(subscriptions.subscribeBySig, *signed, by=stranger, at=START)

    first = charged(terms.id, terms.plan, buyer, PRICE, 1, END)
    assert events == [terms.told(START), first]
    paid = [token.balanceOf(a) for a in (buyer.address, merchant, stranger)]
    assert paid == [FUNDS - PRICE, FUNDS + PRICE, 0]


def test_subscribe_by_sig_refuses_a_strangers_signature_for_every_kind_of_account(
    stage, subscriptions, stranger, terms, holder
):
    terms = terms.but(payer=holder.address)

    forged = terms.signed(subscriptions, by=MALLORY)
    refusal = stage.refusal(subscriptions.subscribeBySig, *forged, by=stranger)

    assert refusal == ("BadSignature", holder.address)


def test_subscribe_by_sig_is_good_once(stage, subscriptions, stranger, terms, balances):
    signed = terms.signed(subscriptions)
    stage.send(subscriptions.subscribeBySig, *signed, by=stranger)
    before = balances()

    again = stage.answer(subscriptions.subscribeBySig, *signed, by=stranger)

    assert again == (terms.id, False)
    assert stage.events(subscriptions.subscribeBySig(*signed, sender=stranger)) == []
    assert balances() == before


def test_subscribe_by_sig_is_good_once_also_after_the_subscription_has_ended(
    stage, subscriptions, stranger, payer, terms, balances
):
    signed = terms.signed(subscriptions)
    stage.send(subscriptions.subscribeBySig, *signed, by=stranger)
    stage.send(subscriptions.cancel, terms.id, by=payer)

    assert stage.answer(subscriptions.subscribeBySig, *signed, by=stranger) == (terms.id, False)


@pytest.mark.parametrize(
    "change",
    [
        {"payer": MALLORY.address},
        {"plan": 2},
        {"cap": PRICE + 1},
        {"ref": b"\x02" * 32},
        {"customer": b"\x02" * 32},
        {"campaign": b"\x02" * 32},
        {"coupon": b"\x02" * 32},
        {"deadline": DEADLINE + 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_subscribe_by_sig_refuses_every_field_that_was_not_signed(
    stage, subscriptions, stranger, make_plan, offer, terms, change
):
    make_plan(offer)
    _, signature = terms.signed(subscriptions)
    other = terms.but(**change)

    refusal = stage.refusal(subscriptions.subscribeBySig, other.struct, signature, by=stranger)

    assert refusal == ("BadSignature", other.payer)


def test_subscribe_by_sig_refuses_another_chain_another_contract_and_a_high_s(
    stage, subscriptions, consents, stranger, terms
):
    struct, signature = terms.signed(subscriptions)
    foreign = terms.signed(subscriptions, chain_id=1)
    misled = terms.signed(consents)

    for attempt in (foreign, misled, (struct, mirrored(signature)), (struct, b"")):
        refusal = stage.refusal(subscriptions.subscribeBySig, *attempt, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


def test_nobody_signs_for_address_zero(stage, subscriptions, stranger, terms):
    terms = terms.but(payer=NOBODY)

    for signature in (bytes(65), b""):
        refusal = stage.refusal(subscriptions.subscribeBySig, terms.struct, signature, by=stranger)
        assert refusal == ("BadSignature", NOBODY)


def test_subscribe_by_sig_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, subscriptions, stranger, terms
):
    signed = terms.signed(subscriptions)
    late = stage.refusal(subscriptions.subscribeBySig, *signed, by=stranger, at=DEADLINE + 1)

    assert late == ("Expired", DEADLINE, DEADLINE + 1)
    in_time = stage.answer(subscriptions.subscribeBySig, *signed, by=stranger, at=DEADLINE)
    assert in_time == (terms.id, True)


def test_a_relayer_cannot_leave_out_the_coupon_that_was_signed_for(
    stage, subscriptions, stranger, terms, coupon
):
    named = terms.but(coupon=coupon.id(subscriptions))

    refusal = stage.refusal(subscriptions.subscribeBySig, *named.signed(subscriptions), by=stranger)

    assert refusal == ("BadCoupon", b"coupon".ljust(32, b"\0"))


def test_a_signed_cap_holds_though_the_price_has_risen_since(
    stage, subscriptions, stranger, terms, price
):
    signed = terms.signed(subscriptions)
    price(terms.plan, PRICE + 1)

    refusal = stage.refusal(subscriptions.subscribeBySig, *signed, by=stranger)

    assert refusal == ("PriceAboveCap", PRICE + 1, PRICE)
