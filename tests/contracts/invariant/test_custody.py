"""What is owed to an account in any money: where it may be sent, by whom, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.contracts.support.checkout import PRICE, Checkout
from tests.contracts.support.evm import Contract
from tests.contracts.support.helpdesk import FEE, Helpdesk
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import MERCHANT


class Owing(NamedTuple):
    """A contract that owes the merchant money."""

    scene: Scene
    house: Contract
    token: Contract
    amount: int

    def withdraw(self, to: str, by: str = MERCHANT.address) -> int:
        return int(self.house.withdraw(self.token.address, to, sender=by))


def payments() -> Owing:
    shop = Checkout()
    shop.owe()
    return Owing(shop, shop.payments, shop.odd, PRICE)


def escrow() -> Owing:
    place = Helpdesk()
    return Owing(place, place.sla, place.money, 10 * FEE)


HOUSES = pytest.mark.parametrize("made", [payments, escrow], ids=["Payments", "SLAEscrow"])


@HOUSES
def test_what_is_owed_is_not_sent_to_nobody_nor_to_the_contract(made: Callable[[], Owing]) -> None:
    owing = made()
    for to in (NOBODY, owing.house.address):
        with refused("BadRecipient", to):
            owing.withdraw(to)
    assert owing.house.owed(MERCHANT.address, owing.token.address) == owing.amount


@HOUSES
def test_what_is_owed_is_sent_where_its_owner_says_and_once(made: Callable[[], Owing]) -> None:
    owing = made()
    stranger = owing.scene.actors["stranger"]
    before = owing.token.balanceOf(stranger)
    with refused("NothingOwed", stranger, owing.token.address):
        owing.withdraw(stranger, by=stranger)

    assert owing.withdraw(stranger) == owing.amount
    assert owing.token.balanceOf(stranger) == before + owing.amount
    with refused("NothingOwed", MERCHANT.address, owing.token.address):
        owing.withdraw(stranger)
