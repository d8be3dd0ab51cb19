"""Tokens that do something besides or instead of what they say, where the mock knows no such kind.

They are written in the machine's own words: a few lines that no compiler and no optimiser changes.
"""

from __future__ import annotations

import pytest

from tests.contracts.support.checkout import CAPTURE_BY, Checkout
from tests.contracts.support.evm import Refused, account
from tests.contracts.support.model.money import Oddity
from tests.contracts.support.refusals import refused
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.subscriptions import GENESIS, MONTHLY, PERIOD, Counter

# PUSH0 CALLDATALOAD PUSH1 e0 SHR PUSH4 balanceOf EQ PUSH1 .. JUMPI
_ASKED = "5f3560e01c6370a082311460{:02x}57"
_ANSWER = "5f5260205ff3"  # PUSH0 MSTORE PUSH1 20 PUSH0 RETURN
# Everybody has what slot 0 says; any call that is no question adds one and answers yes.
GROWS = bytes.fromhex(_ASKED.format(0x1D) + "5f546001015f556001" + _ANSWER + "5b5f54" + _ANSWER)
# An account has what the slot of its address says. A transfer adds to the recipient's, and answers
# yes only if that is the account in slot ffff.
BELIEVED = 0xFFFF
TAKES_TWICE = bytes.fromhex(
    _ASKED.format(0x28)
    + "60243554604435016024355560243561ffff5414"
    + _ANSWER
    + "5b60043554"
    + _ANSWER
)


def shop_with(code: bytes) -> tuple[Checkout, str]:
    shop, token = Checkout(), account("lying token")
    shop.evm.set_code(token, code)
    return shop, token


def test_who_is_paid_in_a_token_that_grows_meanwhile_is_owed_all_since_nothing_has_left() -> None:
    shop, token = shop_with(GROWS)
    sale = shop.sale(token=token, amount=1, captureBy=CAPTURE_BY)
    assert shop.payments.authorize(*sale, sender=shop.payer) is True

    assert shop.payments.void(sale[0], sender=sale[0].merchant) is True

    assert shop.payments.owed(shop.payer, token) == 1
    assert [event.name for event in shop.evm.logs] == ["Voided", "Credited"]


@pytest.mark.parametrize("believed", ["payments", "merchant"])
def test_a_token_that_says_no_and_moves_all_the_same_is_not_asked_again(believed: str) -> None:
    shop, token = shop_with(TAKES_TWICE)
    sale = shop.sale(token=token)
    merchant, house = sale[0].merchant, shop.payments.address
    trusted = house if believed == "payments" else merchant
    shop.evm.set_storage(token, BELIEVED, int(trusted, 16))

    if believed == "merchant":
        assert shop.payments.pay(*sale, sender=shop.payer) is True
    else:
        with refused("TransferFailed", token, shop.payer, merchant, sale[0].amount):
            shop.payments.pay(*sale, sender=shop.payer)

    assert shop.evm.storage(token, int(house, 16)) == 0
    assert shop.payments.owed(merchant, token) == 0


@pytest.mark.parametrize("batch", [False, True], ids=["charge", "chargeBatch"])
def test_what_a_merchant_has_already_is_not_taken_for_the_price(batch: bool) -> None:
    counter = Counter(Kind("as ERC-20 demands", "None"))
    merchant, caller, token = counter.who["merchant"], counter.who["caller"], counter.token
    counter.house.setPlanPrice(MONTHLY, counter.price, 0, sender=merchant)
    key = counter.subscribe()
    counter.evm.warp(GENESIS + PERIOD)
    assert token.balanceOf(merchant) > counter.price
    token.turn(Oddity.PHANTOM, sender=caller)

    if batch:
        assert counter.house.chargeBatch([key], sender=caller) == (False,)
        assert counter.refusal() == Refused("ShortTransfer")
    else:
        with refused("ShortTransfer", token.address, 0, counter.price):
            counter.house.charge(key, sender=caller)
