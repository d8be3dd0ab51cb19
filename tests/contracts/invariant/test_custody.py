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


def test_a_bond_of_nothing_is_no_bond() -> None:
    place = Helpdesk()
    with refused("ZeroAmount"):
        place.sla.depositBond(place.money.address, 0, sender=place.provider)


def test_an_id_that_reads_like_the_registrys_refusal_gets_nothing_of_an_erased_customers() -> None:
    place = Helpdesk()
    place.open_for_bare()
    place.registry.erase(place.bare, **place.by("steward"))
    [head] = [s for s, (name, _) in place.registry.errors.items() if name == "CustomerClosed"]
    alike = head + place.bare[:28]
    place.registry.registerBatch([alike], bytes(32), **place.by("operator"))
    place.link(alike, place.spare)

    place.sla.giveUp(place.bare_id, sender=place.provider)

    assert place.money.balanceOf(place.spare.address) == 0
    assert place.sla.waiting(place.provider, place.bare, place.money.address) == FEE // 2
