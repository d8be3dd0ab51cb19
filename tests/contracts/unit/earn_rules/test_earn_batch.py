"""Recording many orders at once."""

from eth_utils import keccak

from tests.contracts.unit.conftest import USD, role_id

EUR = b"EUR".ljust(32, b"\0")
NOBODY_ELSE = b"\x01" * 32


def ref(number):
    return keccak(text=f"order {number}")


def selector(error):
    return keccak(text=error)[:4]


def refused(stage, receipt):
    """Which refs were refused and why; and which earned."""
    told = stage.events(receipt)
    refusals = {f["ref"]: f["reason"] for name, f in told if name == "EarnRefused"}
    return refusals, [f["ref"] for name, f in told if name == "Earned"]


def test_earn_batch_records_each_order(stage, earn, points, recorder, ana, bea, set_rule):
    set_rule(USD)
    set_rule(EUR, points=2)
    orders = [
        (ana, ref(1), USD, 5_000),
        (bea, ref(2), EUR, 5_000),
        (ana, ref(3), USD, 199),
        (bea, ref(4), USD, 0),
    ]
    assert stage.answer(earn.earnBatch, orders, by=recorder) == 4

    receipt = earn.earnBatch(orders, sender=recorder)

    assert refused(stage, receipt) == ({}, [ref(1), ref(2), ref(3), ref(4)])
    assert (points.balanceOf(ana), points.balanceOf(bea)) == (51, 100)


def test_earn_batch_twice_changes_nothing_the_second_time(
    stage, earn, points, recorder, ana, set_rule
):
    set_rule()
    orders = [(ana, ref(1), USD, 5_000), (ana, ref(2), USD, 700)]
    stage.send(earn.earnBatch, orders, by=recorder)

    assert stage.answer(earn.earnBatch, orders, by=recorder) == 0
    assert stage.events(earn.earnBatch(orders, sender=recorder)) == []
    assert points.balanceOf(ana) == 57


def test_earn_batch_records_a_repeated_order_once(stage, earn, points, recorder, ana, set_rule):
    set_rule()

    earn.earnBatch([(ana, ref(1), USD, 5_000)] * 2, sender=recorder)

    assert points.balanceOf(ana) == 50


def test_earn_batch_refuses_bad_orders_one_by_one_and_records_the_rest(
    stage, earn, points, recorder, ana, bea, register, erase, set_rule
):
    set_rule(USD)
    carl = register("Carl")
    erase(carl)
    stage.send(earn.earn, ana, ref(1), USD, 5_000, by=recorder)

    receipt = earn.earnBatch(
        [
            (ana, ref(1), USD, 5_001),
            (NOBODY_ELSE, ref(2), USD, 5_000),
            (carl, ref(3), USD, 5_000),
            (bea, ref(4), EUR, 5_000),
            (bea, ref(5), USD, 300),
        ],
        sender=recorder,
    )

    reasons, recorded = refused(stage, receipt)
    assert reasons == {
        ref(1): selector("RefConflict(bytes32)"),
        ref(2): selector("UnknownCustomer(bytes32)"),
        ref(3): selector("CustomerClosed(bytes32)"),
        ref(4): selector("NoRule(bytes32,uint256)"),
    }
    assert recorded == [ref(5)]
    assert points.balanceOf(bea) == 3


def test_earn_batch_agrees_with_single_orders(
    stage, earn, points, admin, recorder, ana, bea, set_rule
):
    stage.send(points.setTiers, [40], by=admin)
    set_rule(multipliers=(10_000,) + (20_000,) * 7)

    # The first order lifts the tier, so the second earns double, in both ways.
    earn.earnBatch([(ana, ref(1), USD, 5_000), (ana, ref(2), USD, 1_000)], sender=recorder)
    stage.send(earn.earn, bea, ref(3), USD, 5_000, by=recorder)
    stage.send(earn.earn, bea, ref(4), USD, 1_000, by=recorder)

    assert points.balanceOf(ana) == points.balanceOf(bea) == 70


def test_earn_batch_reverts_as_a_whole_above_the_cap(
    stage, earn, points, admin, recorder, ana, bea, set_rule
):
    set_rule()
    stage.send(points.setIssuerCap, earn.address, 60, by=admin)
    orders = [(ana, ref(1), USD, 5_000), (bea, ref(2), USD, 5_000)]

    refusal = stage.refusal(earn.earnBatch, orders, by=recorder)

    assert refusal == ("IssuerCapExceeded", earn.address, 50, 10)


def test_earn_batch_is_for_recorders_only(stage, earn, rules, ana):
    refusal = stage.refusal(earn.earnBatch, [(ana, ref(1), USD, 5_000)], by=rules)

    assert refusal == ("AccessControlUnauthorizedAccount", rules.address, role_id("recorder"))
