"""An order is copied as it comes: a field that holds more than its type is refused everywhere."""

from __future__ import annotations

import pytest

from tests.contracts.support.checkout import Checkout
from tests.contracts.support.evm import Refused
from tests.contracts.support.suite import MERCHANT

SELECTOR = 4
WORD = 32
WIDTHS = {
    "merchant": 160,
    "payer": 160,
    "token": 160,
    "amount": 96,
    "payBy": 48,
    "captureBy": 48,
    "refundUntil": 48,
}
FIELDS = ("merchant", "payer", "token", "amount", "orderId", "payBy", "captureBy", "refundUntil")
CALLS = {"pay": (), "authorize": (), "capture": (1,), "refund": (1,), "void": (), "idOf": ()}
ALONE = ("refund", "void", "idOf")  # take no splits


def calldata(scene: Checkout, verb: str) -> bytes:
    order, splits = scene.sale()
    given = (order, *CALLS[verb]) if verb in ALONE else (order, splits, *CALLS[verb])
    return scene.payments.functions[verb].encode(given)


def with_bit(data: bytes, field: str, bit: int) -> bytes:
    at = SELECTOR + FIELDS.index(field) * WORD
    word = int.from_bytes(data[at : at + WORD], "big") | 1 << bit
    return data[:at] + word.to_bytes(WORD, "big") + data[at + WORD :]


@pytest.mark.parametrize("verb", CALLS)
@pytest.mark.parametrize("field", WIDTHS)
def test_a_field_that_holds_more_than_its_type_is_refused_without_a_word(verb, field):
    scene = Checkout()
    data = calldata(scene, verb)
    for bit in (WIDTHS[field], 255):
        with pytest.raises(Refused) as refusal:
            scene.chain.evm.transact(
                MERCHANT.address, scene.payments.address, with_bit(data, field, bit)
            )
        assert refusal.value == Refused("")


@pytest.mark.parametrize("field", WIDTHS)
def test_the_highest_bit_that_a_field_can_hold_makes_another_order(field):
    scene = Checkout()
    data = calldata(scene, "idOf")
    other = with_bit(data, field, WIDTHS[field] - 1)

    def told(question: bytes) -> bytes:
        return scene.chain.evm.view(scene.payments.address, question)

    assert (told(other) == told(data)) is (other == data)
