"""Orders and plans that cannot be, one flaw at a time; each is refused and leaves no trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contracts.invariant.test_payment_machine import HOLDS, WRONGS, PaymentMachine
from tests.contracts.invariant.test_subscription_machine import BAD_PLANS, SubscriptionMachine
from tests.contracts.support.checkout import Checkout
from tests.contracts.support.evm import Refused
from tests.contracts.support.machine import digest
from tests.contracts.support.market import SELLERS
from tests.contracts.support.model.plans import DAY, MAX_PERIOD, Plan
from tests.contracts.support.refusals import refused


@pytest.mark.parametrize("hand", ["payer", "sig"])
@pytest.mark.parametrize("hold", [0, DAY])
@pytest.mark.parametrize("what", [what for what in WRONGS if what not in HOLDS])
def test_an_order_that_cannot_be_paid_is_refused(what: str, hold: int, hand: str) -> None:
    machine = PaymentMachine()
    machine.begin()
    order = machine.draft(0, 0, 0, 100, [], 0)
    order = order._replace(captureBy=machine.now + hold if hold else 0)
    met = machine.hand_in(*machine.wrong(order, [], what), hand, "")
    assert isinstance(met, Refused)


@pytest.mark.parametrize("what", HOLDS)
def test_an_order_that_cannot_be_held_is_refused(what: str) -> None:
    machine = PaymentMachine()
    machine.begin()
    met = machine.hand_in(*machine.wrong(machine.draft(0, 0, 0, 100, [], 0), [], what), "sig", "")
    assert isinstance(met, Refused)


def plan(machine: SubscriptionMachine, **changes: object) -> Plan:
    token = machine.suite.moneys[0].address
    made = Plan(SELLERS[0].address, 30 * DAY, 0, DAY, token, 0, False, 100, 1)
    return made._replace(**changes)


@pytest.mark.parametrize("bad", BAD_PLANS)
def test_a_plan_that_cannot_be_is_refused(bad: str) -> None:
    machine = SubscriptionMachine()
    machine.begin()
    bent = plan(machine, **BAD_PLANS[bad])
    args = ("Subscriptions", "createPlan", digest("bad plan", 0), bent)
    assert isinstance(machine.act(*args, by=SELLERS[0].address), Refused)


@pytest.mark.parametrize(
    "changes",
    [
        {"period": DAY, "grace": 1},
        {"period": MAX_PERIOD, "grace": MAX_PERIOD, "trial": MAX_PERIOD},
        {"price": 1, "callerFee": 1, "maxCycles": 2**16 - 1},
    ],
)
def test_a_plan_at_the_limits_is_made(changes: dict[str, int]) -> None:
    machine = SubscriptionMachine()
    machine.begin()
    args = ("Subscriptions", "createPlan", digest("plan at limits", 0), plan(machine, **changes))
    number = len(machine.suite.subscriptions.offers) + 1
    assert machine.act(*args, by=SELLERS[0].address) == (number, True)


@pytest.mark.parametrize("coupon", [False, True], ids=["plain", "with a coupon"])
def test_a_payers_own_terms_hold_through_the_last_second(coupon: bool) -> None:
    """The wallet that calls has signed nothing, and still nobody can hold its call back."""
    shop, begin, until = _asking(coupon)
    shop.evm.warp(until)
    assert begin() == (shop.id, True)
    assert begin() == (shop.id, False)

    shop, begin, until = _asking(coupon)
    shop.evm.warp(until + 1)
    with pytest.raises(Refused, match="Expired"):
        begin()


def _asking(coupon: bool) -> tuple[Checkout, Callable[[], tuple[bytes, bool]], int]:
    """A shop, the payer's own call, and until when it counts."""
    shop = Checkout()
    until = shop.evm.timestamp + DAY
    terms, by = shop.terms(deadline=until), {"sender": shop.payer}
    if not coupon:
        return shop, lambda: shop.subscriptions.subscribe(terms, **by), until
    made, signed = shop.coupon()
    terms = terms._replace(coupon=shop.subscriptions.couponId(made))
    call = (terms, b"", made, signed)
    return shop, lambda: shop.subscriptions.subscribeWithCoupon(*call, **by), until


def test_a_plan_is_closed_once() -> None:
    shop = Checkout()
    by = {"sender": SELLERS[0].address}

    assert shop.subscriptions.closePlan(shop.plans[0], **by) is True
    shop.evm.logs.clear()
    assert shop.subscriptions.closePlan(shop.plans[0], **by) is False
    assert not shop.evm.logs


BAD_COUPONS = {
    "merchant": {"merchant": SELLERS[1].address},
    "planId": {"planId": 2},
    "payer": {"payer": SELLERS[1].address},
    "bps": {"bps": 0},
    "cycles": {"cycles": 0},
}


@pytest.mark.parametrize(
    ("field", "changes"), [*BAD_COUPONS.items(), ("bps", {"bps": 10_001})], ids=str
)
def test_a_coupon_counts_for_whom_and_what_it_says(field: str, changes: dict[str, object]) -> None:
    shop = Checkout()
    shop.subscribe()
    made, _ = shop.coupon()
    bent = made._replace(**changes)
    signed = SELLERS[0].sign(shop.subscriptions, "Coupon", *bent)

    with refused("BadCoupon", field.encode().ljust(32, b"\0")):
        shop.subscriptions.redeem(shop.id, bent, signed, sender=shop.payer)


@pytest.mark.parametrize("changes", [{"planId": 1}, {"bps": 10_000}, {"cycles": 2**16 - 1}])
def test_a_coupon_at_the_limits_is_redeemed(changes: dict[str, object]) -> None:
    shop = Checkout()
    shop.subscribe()
    made = shop.coupon()[0]._replace(payer=shop.payer, **changes)
    signed = SELLERS[0].sign(shop.subscriptions, "Coupon", *made)

    shop.subscriptions.redeem(shop.id, made, signed, sender=shop.payer)

    assert shop.subscriptions.note(shop.id)[1:3] == (made.bps, made.cycles)


def test_a_coupon_is_used_once_by_each_and_as_often_as_it_says() -> None:
    shop = Checkout()
    shop.subscribe()
    made = shop.coupon()[0]._replace(maxUses=1)
    signed = SELLERS[0].sign(shop.subscriptions, "Coupon", *made)
    number = shop.subscriptions.couponId(made)

    shop.subscriptions.redeem(shop.id, made, signed, sender=shop.payer)
    with refused("CouponUsed", number, 1):
        shop.subscriptions.redeem(shop.id, made, signed, sender=shop.payer)
