"""Recording one order."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, GENESIS, USD, role_id
from tests.contracts.unit.support.stage import DAY

REF = keccak(text="order 1")
EUR = b"EUR".ljust(32, b"\0")


def terms(asset, amount):
    """The digest that binds an entry to its order, as the interface defines it."""
    return int.from_bytes(keccak(encode(["bytes32", "uint96"], [asset, amount]))[:4], "big")


def told(customer, amount, points, available_at=0, asset=USD, version=1):
    earned = {
        "customerId": customer,
        "ref": REF,
        "asset": asset,
        "amount": amount,
        "points": points,
        "version": version,
    }
    awarded = {
        "customerId": customer,
        "ref": REF,
        "points": points,
        "availableAt": available_at,
        "terms": terms(asset, amount),
    }
    return [("Earned", earned), ("Awarded", awarded)]


def test_earn_awards_what_the_rule_says(stage, earn, points, recorder, ana, set_rule):
    set_rule()
    assert stage.answer(earn.earn, ana, REF, USD, 2_999, by=recorder) == (True, 29)

    receipt = earn.earn(ana, REF, USD, 2_999, sender=recorder)

    assert stage.events(receipt) == told(ana, 2_999, 29)
    assert points.balanceOf(ana) == 29
    assert points.issuerCap(earn).left == CAP - 29


@pytest.mark.parametrize(
    ("amount", "expected"), [(0, 0), (99, 0), (100, 1), (199, 1), (200, 2), (10_000_100, 100_000)]
)
def test_earn_rounds_down_and_stops_at_the_cap(
    stage, earn, recorder, ana, set_rule, amount, expected
):
    set_rule()

    assert stage.answer(earn.earn, ana, REF, USD, amount, by=recorder) == (True, expected)


@pytest.mark.parametrize(("amount", "expected"), [(4_999, 0), (5_000, 50)])
def test_earn_gives_nothing_below_the_minimum(
    stage, earn, recorder, ana, set_rule, amount, expected
):
    set_rule(minimum=5_000)

    assert stage.answer(earn.earn, ana, REF, USD, amount, by=recorder) == (True, expected)


def test_earn_records_an_order_of_nothing_once(stage, earn, points, recorder, ana, set_rule):
    set_rule()

    receipt = earn.earn(ana, REF, USD, 0, sender=recorder)

    assert stage.events(receipt) == told(ana, 0, 0)
    assert points.balanceOf(ana) == 0
    assert stage.answer(earn.earn, ana, REF, USD, 0, by=recorder) == (False, 0)


def test_earn_multiplies_by_the_tier_and_rounds_down_twice(
    stage, earn, points, admin, recorder, ana, award, set_rule
):
    stage.send(points.setTiers, [1_000], by=admin)
    set_rule(multipliers=(10_000, 12_500) + (12_500,) * 6)
    award(ana, 1_000, "before")

    # floor(floor(1,099 / 100) * 1.25) = floor(10 * 1.25) = 12
    assert stage.answer(earn.earn, ana, REF, USD, 1_099, by=recorder) == (True, 12)


def test_earn_stays_pending_through_the_return_window(stage, earn, points, recorder, ana, set_rule):
    set_rule(window=30 * DAY)
    now = GENESIS + DAY
    stage.next(now)

    receipt = earn.earn(ana, REF, USD, 5_000, sender=recorder)

    assert stage.events(receipt) == told(ana, 5_000, 50, now + 30 * DAY)
    assert points.balanceOf(ana) == 0


def test_earn_again_returns_false_with_the_points_of_the_first_time(
    stage, earn, points, recorder, ana, set_rule
):
    set_rule(points=1)
    stage.send(earn.earn, ana, REF, USD, 5_000, by=recorder)
    set_rule(points=3)

    assert stage.answer(earn.earn, ana, REF, USD, 5_000, by=recorder) == (False, 50)
    assert stage.events(earn.earn(ana, REF, USD, 5_000, sender=recorder)) == []
    assert points.balanceOf(ana) == 50


def test_earn_again_works_also_when_no_rule_is_left(stage, earn, rules, recorder, ana, set_rule):
    set_rule()
    stage.send(earn.earn, ana, REF, USD, 5_000, by=recorder)
    stage.send(earn.endPurchaseRule, USD, by=rules)

    assert stage.answer(earn.earn, ana, REF, USD, 5_000, by=recorder) == (False, 50)


def test_earn_again_works_also_when_the_customer_is_gone(
    stage, earn, recorder, ana, erase, set_rule
):
    set_rule()
    stage.send(earn.earn, ana, REF, USD, 5_000, by=recorder)
    erase(ana)

    assert stage.answer(earn.earn, ana, REF, USD, 5_000, by=recorder) == (False, 50)


@pytest.mark.parametrize(
    ("asset", "amount"), [(USD, 5_001), (EUR, 5_000)], ids=["another amount", "another asset"]
)
def test_earn_refuses_a_ref_of_another_order(stage, earn, recorder, ana, set_rule, asset, amount):
    set_rule(USD)
    set_rule(EUR)
    stage.send(earn.earn, ana, REF, USD, 5_000, by=recorder)

    refusal = stage.refusal(earn.earn, ana, REF, asset, amount, by=recorder)

    assert refusal == ("RefConflict", REF)


def test_earn_refuses_a_ref_of_another_customer(stage, earn, recorder, ana, register, set_rule):
    set_rule()
    stage.send(earn.earn, ana, REF, USD, 5_000, by=recorder)

    refusal = stage.refusal(earn.earn, register("Bea"), REF, USD, 5_000, by=recorder)

    assert refusal == ("RefConflict", REF)


def test_earn_refuses_a_ref_of_a_plain_award(stage, earn, recorder, ana, award, set_rule):
    set_rule()
    ref = award(ana, 50, "order 1")

    assert stage.refusal(earn.earn, ana, ref, USD, 5_000, by=recorder) == ("RefConflict", ref)


def test_earn_refuses_an_unknown_customer(stage, earn, recorder, set_rule):
    set_rule()
    nobody = b"\x01" * 32

    refusal = stage.refusal(earn.earn, nobody, REF, USD, 5_000, by=recorder)

    assert refusal == ("UnknownCustomer", nobody)


def test_earn_refuses_an_erased_customer(stage, earn, recorder, ana, erase, set_rule):
    set_rule()
    erase(ana)

    assert stage.refusal(earn.earn, ana, REF, USD, 5_000, by=recorder) == ("CustomerClosed", ana)


def test_earn_goes_on_while_the_customer_is_suspended(
    stage, earn, registry, operator, recorder, ana, set_rule
):
    set_rule()
    stage.send(registry.suspend, ana, bytes(32), by=operator)

    assert stage.answer(earn.earn, ana, REF, USD, 5_000, by=recorder) == (True, 50)


def test_earn_needs_a_rule_that_is_in_force(stage, earn, recorder, ana, set_rule):
    begins, ends = GENESIS + 10 * DAY, GENESIS + 20 * DAY
    set_rule(valid_from=begins, valid_to=ends)
    order = (ana, REF, USD, 5_000)

    early = stage.refusal(earn.earn, *order, by=recorder, at=begins - 1)
    first = stage.answer(earn.earn, *order, by=recorder, at=begins)
    last = stage.answer(earn.earn, *order, by=recorder, at=ends - 1)
    late = stage.refusal(earn.earn, *order, by=recorder, at=ends)

    assert (early, late) == (("NoRule", USD, begins - 1), ("NoRule", USD, ends))
    assert first == last == (True, 50)


def test_earn_is_stopped_by_the_cap_of_the_rules_themselves(
    stage, earn, points, admin, recorder, ana, set_rule
):
    set_rule()
    stage.send(points.setIssuerCap, earn.address, 49, by=admin)

    refusal = stage.refusal(earn.earn, ana, REF, USD, 5_000, by=recorder)

    assert refusal == ("IssuerCapExceeded", earn.address, 50, 49)


def test_earn_is_for_recorders_only(stage, earn, rules, ana, set_rule):
    set_rule()

    refusal = stage.refusal(earn.earn, ana, REF, USD, 5_000, by=rules)

    assert refusal == ("AccessControlUnauthorizedAccount", rules.address, role_id("recorder"))
