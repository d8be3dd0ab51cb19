"""The corners of EarnRules that histories of random calls reach seldom or never."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.support import artifacts
from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.earn import renewal_of
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import EUR, RULE, Scene
from tests.contracts.support.suite import ADMIN_DELAY, ISSUER_CAP

FOREVER = 2**40 - 1
NEW = digest("new", 0)
USD = b"USD".ljust(32, b"\0")
FIELDS = (
    "points",
    "per",
    "minimum",
    "cap",
    "validFrom",
    "validTo",
    "returnWindow",
    "multiplierBps",
)


def rule(**changes: Any) -> tuple[Any, ...]:
    """One point for 100 units, for everybody, from now on, with these changes."""
    plain = dict(zip(FIELDS, RULE, strict=True))
    return tuple({**plain, **changes}.values())


def set_rule(scene: Scene, asset: bytes = EUR, **changes: Any) -> int:
    return int(scene.earn.setPurchaseRule(asset, rule(**changes), **scene.by("rules")))


def test_constructor_keeps_what_it_was_given() -> None:
    scene = Scene()
    assert scene.earn.POINTS() == scene.points.address
    assert scene.earn.defaultAdminDelay() == ADMIN_DELAY
    assert (scene.earn.MAX_BPS(), scene.earn.TIERS()) == (10_000, 8)


@pytest.mark.parametrize("asset", [EUR, USD, bytes(32), b"\xff" * 32])
def test_renewals_of_an_asset_have_a_key_of_their_own(asset: bytes) -> None:
    scene = Scene()
    assert scene.earn.renewalOf(asset) == renewal_of(asset)
    assert renewal_of(asset) != asset


def test_constructor_refuses_rules_without_a_ledger() -> None:
    scene = Scene()
    with refused("ZeroAddress"):
        scene.evm.deploy(artifacts.load("EarnRules"), scene.actors["admin"], 0, NOBODY)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"points": 0}, b"points"),
        ({"per": 0}, b"per"),
        ({"cap": 0}, b"cap"),
        *(
            ({"multiplierBps": (1,) * i + (0,) + (1,) * (7 - i)}, b"multiplierBps")
            for i in range(8)
        ),
        ({"validTo": 0}, b"validTo"),
        ({"validFrom": FOREVER}, b"validTo"),
    ],
)
def test_a_rule_that_cannot_be_applied_names_its_field(changes: Any, named: bytes) -> None:
    scene = Scene()
    with refused("BadRule", named.ljust(32, b"\0")):
        set_rule(scene, **changes)


def test_a_rule_never_reaches_back_and_may_last_one_second() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    with refused("BadRule", b"validTo".ljust(32, b"\0")):
        set_rule(scene, validFrom=1, validTo=now)
    assert set_rule(scene, validFrom=1, validTo=now + 1) == 2
    assert scene.earn.purchaseRule(EUR)[0][4:6] == (now, now + 1)
    scene.evm.warp(now + 1)
    with refused("NoRule", EUR, now + 1):
        scene.earn.purchaseRule(EUR)


def test_a_rule_set_for_later_waits_and_then_takes_over() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    set_rule(scene, validFrom=now + 100, points=2)
    assert scene.earn.purchaseRule(EUR)[0][5] == now + 100
    assert scene.earn.nextPurchaseRule(EUR)[1] == 2
    scene.evm.warp(now + 99)
    assert scene.earn.purchaseRule(EUR)[1] == 1
    scene.evm.warp(now + 100)
    assert scene.earn.purchaseRule(EUR)[1] == 2
    assert scene.earn.nextPurchaseRule(EUR)[1] == 0


def test_replacing_a_rule_set_for_later_gives_the_present_one_back_its_end() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    set_rule(scene, validTo=now + 500)
    set_rule(scene, validFrom=now + 100)
    set_rule(scene, validFrom=now + 900, points=7)
    assert scene.earn.purchaseRule(EUR)[0][5] == now + 500
    scene.evm.warp(now + 500)
    with refused("NoRule", EUR, now + 500):
        scene.earn.purchaseRule(EUR)
    scene.evm.warp(now + 900)
    assert scene.earn.purchaseRule(EUR)[0][0] == 7


def test_a_rule_that_took_over_keeps_its_end_when_another_is_set_to_follow() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    set_rule(scene, validFrom=now + 10, validTo=now + 300, points=2)
    scene.evm.warp(now + 10)
    set_rule(scene, validFrom=now + 400, points=3)
    assert scene.earn.purchaseRule(EUR)[0][5] == now + 300
    set_rule(scene, validFrom=now + 200, points=4)
    assert scene.earn.purchaseRule(EUR)[0][5] == now + 200


def test_ending_a_rule_ends_the_one_in_force_and_the_one_to_follow() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    set_rule(scene, validFrom=now + 100)
    scene.earn.endPurchaseRule(EUR, **scene.by("rules"))
    assert scene.events == [Event("EarnRules", "PurchaseRuleEnded", (EUR, 1, now))]
    scene.evm.warp(now + 100)
    with refused("NoRule", EUR, now + 100):
        scene.earn.endPurchaseRule(EUR, **scene.by("rules"))
    assert set_rule(scene) == 3


def test_a_rule_set_for_later_can_be_taken_back_before_it_begins() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    set_rule(scene, USD, validFrom=now + 100)
    scene.earn.endPurchaseRule(USD, **scene.by("rules"))
    scene.evm.warp(now + 100)
    with refused("NoRule", USD, now + 100):
        scene.earn.purchaseRule(USD)


@given(
    amount=st.integers(0, 2**96 - 1),
    points=st.integers(1, 2**32 - 1),
    per=st.integers(1, 2**96 - 1),
    minimum=st.integers(0, 2**96 - 1),
    cap=st.integers(1, 2**32 - 1),
    bps=st.integers(1, 2**16 - 1),
)
def test_an_amount_earns_what_the_formula_in_the_interface_says(
    amount: int, points: int, per: int, minimum: int, cap: int, bps: int
) -> None:
    scene = Scene()
    given_ = {"points": points, "per": per, "minimum": minimum, "cap": cap}
    set_rule(scene, multiplierBps=(bps,) * 8, **given_)
    worth = min(cap, amount * points // per * bps // 10_000) if amount >= minimum else 0
    quote = scene.earn.quote(scene.linked, EUR, amount)
    assert quote == (worth, scene.evm.timestamp, 2)
    scene.points.setIssuerCap(scene.earn.address, 2**64 - 1, **scene.by("admin"))
    scene.earn.earn(scene.other, NEW, EUR, amount, **scene.by("recorder"))
    assert scene.points.balanceOf(scene.other) == worth


@pytest.mark.parametrize("tier", range(8))
def test_each_tier_has_its_own_multiplier(tier: int) -> None:
    scene = Scene()
    set_rule(scene, multiplierBps=tuple(10_000 + 1_000 * i for i in range(8)))
    scene.points.setTiers([1, 2, 3, 4, 5, 6, 7], **scene.by("admin"))
    if tier:
        scene.points.award(scene.other, NEW, tier, 0, **scene.by("issuer"))
    assert scene.earn.quote(scene.other, EUR, 10_000)[0] == 100 + 10 * tier


def test_the_minimum_itself_earns_and_one_less_does_not() -> None:
    scene = Scene()
    set_rule(scene, minimum=500)
    assert scene.earn.quote(scene.other, EUR, 499)[0] == 0
    assert scene.earn.quote(scene.other, EUR, 500)[0] == 5


def test_a_return_window_keeps_the_points_pending() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    set_rule(scene, returnWindow=100)
    assert scene.earn.quote(scene.other, EUR, 10_000) == (100, now + 100, 2)
    args = (scene.other, NEW, EUR, 10_000)
    assert scene.earn.earn(*args, **scene.by("recorder")) == (True, 100)
    assert scene.points.entry(NEW)[3] == now + 100
    assert scene.points.balanceOf(scene.other) == 0
    scene.evm.warp(now + 100)
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.other) == 100


def test_without_a_return_window_the_points_are_there_at_once() -> None:
    scene = Scene()
    scene.earn.earn(scene.other, NEW, EUR, 10_000, **scene.by("recorder"))
    assert scene.points.entry(NEW)[3] == 0
    assert scene.points.balanceOf(scene.other) == 100


def test_an_order_recorded_again_earns_nothing_more_under_any_rule() -> None:
    scene = Scene()
    args = (scene.linked, scene.order, EUR, 10_000)
    set_rule(scene, points=9)
    assert scene.earn.earn(*args, **scene.by("recorder")) == (False, 100)
    assert scene.events == []
    scene.earn.endPurchaseRule(EUR, **scene.by("rules"))
    assert scene.earn.earn(*args, **scene.by("recorder")) == (False, 100)
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    assert scene.earn.earn(*args, **scene.by("recorder")) == (False, 100)


def test_an_order_with_other_content_is_refused() -> None:
    scene = Scene()
    for args in (
        (scene.bare, scene.order, EUR, 10_000),
        (scene.linked, scene.order, USD, 10_000),
        (scene.linked, scene.order, EUR, 10_001),
    ):
        with refused("RefConflict", scene.order):
            scene.earn.earn(*args, **scene.by("recorder"))


def test_a_batch_refuses_by_event_and_serves_everybody_else() -> None:
    scene = Scene()
    set_rule(scene, USD, points=2)
    scene.registry.erase(scene.bare, **scene.by("steward"))
    unruled = b"GBP".ljust(32, b"\0")
    refs = [digest("new", i) for i in range(6)]
    orders = [
        (scene.other, refs[0], EUR, 10_000),
        (scene.other, refs[0], EUR, 10_000),
        (scene.other, refs[0], EUR, 10_001),
        (scene.other, refs[1], USD, 10_000),
        (scene.bare, refs[2], USD, 10_000),
        (NEW, refs[3], EUR, 10_000),
        (scene.other, refs[4], unruled, 10_000),
        (scene.other, refs[5], EUR, 10_000),
    ]
    assert scene.earn.earnBatch(orders, **scene.by("recorder")) == 3
    reasons = [event.args[2] for event in scene.events if event.name == "EarnRefused"]
    signatures = (
        "RefConflict(bytes32)",
        "CustomerClosed(bytes32)",
        "UnknownCustomer(bytes32)",
        "NoRule(bytes32,uint256)",
    )
    assert reasons == [keccak(text=text)[:4] for text in signatures]
    assert scene.points.balanceOf(scene.other) == 100 + 200 + 100
    for order, name in (
        (orders[4], ("CustomerClosed", scene.bare)),
        (orders[5], ("UnknownCustomer", NEW)),
        (orders[6], ("NoRule", unruled, scene.evm.timestamp)),
    ):
        with refused(*name):
            scene.earn.earn(*order, **scene.by("recorder"))


def test_a_batch_reads_the_right_rule_when_assets_alternate() -> None:
    scene = Scene()
    set_rule(scene, bytes(32), points=5)
    set_rule(scene, USD, points=2)
    assets = [bytes(32), EUR, bytes(32), USD, USD, EUR]
    orders = [(scene.other, digest("o", i), asset, 100) for i, asset in enumerate(assets)]
    assert scene.earn.earnBatch(orders, **scene.by("recorder")) == 6
    earned = [event.args[4] for event in scene.events if event.name == "Earned"]
    assert earned == [5, 1, 5, 2, 2, 1]


def test_a_return_takes_back_in_proportion_rounded_down() -> None:
    scene = Scene()
    args = (scene.linked, scene.order, EUR, 10_000)
    before = scene.points.balanceOf(scene.linked)
    assert scene.earn.reverse(*args, 0, **scene.by("recorder")) is False
    assert scene.earn.reverse(*args, 3_399, **scene.by("recorder")) is True
    assert scene.points.balanceOf(scene.linked) == before - 33
    assert scene.earn.reverse(*args, 3_399, **scene.by("recorder")) is False
    assert scene.earn.reverse(*args, 10_000, **scene.by("recorder")) is True
    assert scene.points.balanceOf(scene.linked) == before - 100


def test_a_return_names_what_does_not_fit() -> None:
    scene = Scene()
    with refused("ReturnExceedsOrder", 10_001, 10_000):
        scene.earn.reverse(scene.linked, scene.order, EUR, 10_000, 10_001, **scene.by("recorder"))
    with refused("UnknownRef", NEW):
        scene.earn.reverse(scene.linked, NEW, EUR, 10_000, 1, **scene.by("recorder"))
    with refused("RefConflict", scene.order):
        scene.earn.reverse(scene.linked, scene.order, EUR, 9_999, 1, **scene.by("recorder"))
    with refused("UnknownRef", scene.order):
        scene.earn.reverse(scene.bare, scene.order, EUR, 10_000, 500, **scene.by("recorder"))


def test_a_return_of_an_order_that_earned_nothing_changes_nothing() -> None:
    scene = Scene()
    scene.earn.earn(scene.other, NEW, EUR, 99, **scene.by("recorder"))
    assert scene.earn.reverse(scene.other, NEW, EUR, 99, 99, **scene.by("recorder")) is False
    scene.earn.earn(scene.other, digest("new", 1), EUR, 0, **scene.by("recorder"))
    args = (scene.other, digest("new", 1), EUR, 0, 0)
    assert scene.earn.reverse(*args, **scene.by("recorder")) is False


def test_keys_and_digests_are_what_others_compute() -> None:
    scene = Scene()
    assert scene.earn.currency(b"EUR") == EUR
    expected = keccak(encode(["bytes32", "uint96"], [EUR, 12_345]))[:4]
    assert scene.earn.terms(EUR, 12_345) == int.from_bytes(expected, "big")


def test_orders_count_toward_the_cap_of_the_rules_themselves() -> None:
    scene = Scene()
    left = scene.points.issuerCap(scene.earn.address)[1]
    scene.earn.earn(scene.other, NEW, EUR, 10_000, **scene.by("recorder"))
    assert scene.points.issuerCap(scene.earn.address) == (ISSUER_CAP, left - 100)


def test_the_smallest_order_and_the_smallest_return_count() -> None:
    scene = Scene()
    by = scene.by("recorder")
    scene.earn.earn(scene.other, NEW, EUR, 100, **by)
    assert scene.points.balanceOf(scene.other) == 1
    assert scene.earn.reverse(scene.other, NEW, EUR, 100, 100, **by) is True
    assert scene.points.balanceOf(scene.other) == 0

    set_rule(scene, points=500)
    scene.earn.earn(scene.other, digest("new", 1), EUR, 100, **by)
    assert scene.earn.reverse(scene.other, digest("new", 1), EUR, 100, 1, **by) is True
    assert scene.points.balanceOf(scene.other) == 495
