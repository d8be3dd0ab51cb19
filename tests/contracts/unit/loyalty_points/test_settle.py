"""Making pending awards available."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS
from tests.contracts.unit.support.stage import DAY, moment

DUE = GENESIS + 30 * DAY


@pytest.fixture
def pending(award, ana):
    return award(ana, 500, available_at=DUE)


def settled(customer, ref, amount, holder=None):
    fields = {"customerId": customer, "ref": ref, "holder": holder or customer, "points": amount}
    return ("Settled", fields)


def refused(customer, ref, error):
    fields = {"customerId": customer, "ref": ref, "reason": keccak(text=error)[:4]}
    return ("SettleRefused", fields)


def test_settle_by_anyone_makes_the_points_available(stage, points, stranger, ana, pending):
    stage.next(DUE)

    receipt = points.settle(ana, pending, sender=stranger)

    assert stage.events(receipt) == [settled(ana, pending, 500)]
    assert points.balanceOf(ana) == 500
    assert points.liability() == 500
    assert tuple(points.qualifying(ana)) == (500, 0)


def test_settle_is_refused_a_second_before_it_is_due(stage, points, stranger, ana, pending):
    refusal = stage.refusal(points.settle, ana, pending, by=stranger, at=DUE - 1)

    assert refusal == ("NotYet", DUE - 1, DUE)


def test_settle_counts_from_the_epoch_in_which_it_happens(stage, points, stranger, ana, pending):
    stage.next(moment(2040, 7, 15))

    points.settle(ana, pending, sender=stranger)

    # Awarded in the first quarter of 2040, settled in the third: lost after the third of 2041.
    found = points.expiring(ana)
    assert list(found.points) == [0, 0, 0, 0, 500]
    assert found.expiresAt[4] == moment(2041, 10)


def test_settle_twice_is_refused(stage, points, stranger, ana, pending):
    stage.next(DUE)
    stage.send(points.settle, ana, pending, by=stranger)

    refusal = stage.refusal(points.settle, ana, pending, by=stranger)

    assert refusal == ("AlreadySettled", pending)


def test_settle_refuses_a_ref_that_nothing_stands_under(stage, points, stranger, ana):
    ref = keccak(text="no such order")

    assert stage.refusal(points.settle, ana, ref, by=stranger) == ("UnknownRef", ref)


def test_settle_refuses_a_redemption(stage, points, stranger, ana, award, redeem):
    award(ana, 500)
    ref = redeem(ana, 100)

    assert stage.refusal(points.settle, ana, ref, by=stranger) == ("UnknownRef", ref)


def test_settle_refuses_the_ref_of_another_customer(stage, points, stranger, register, pending):
    refusal = stage.refusal(points.settle, register("Bea"), pending, by=stranger, at=DUE)

    assert refusal == ("UnknownRef", pending)


def test_settle_gives_a_merged_customers_points_to_the_heir(
    stage, points, stranger, ana, register, merge, pending
):
    bea = register("Bea")
    merge(ana, bea)
    stage.next(DUE)

    receipt = points.settle(ana, pending, sender=stranger)

    assert stage.events(receipt) == [settled(ana, pending, 500, holder=bea)]
    assert (points.balanceOf(ana), points.balanceOf(bea)) == (0, 500)


def test_settle_refuses_an_erased_customer(stage, points, stranger, ana, erase, pending):
    erase(ana)

    refusal = stage.refusal(points.settle, ana, pending, by=stranger, at=DUE)

    assert refusal == ("CustomerClosed", ana)


def test_settle_leaves_out_what_was_reversed_before(stage, points, issuer, stranger, ana, pending):
    stage.send(points.reverse, ana, pending, 200, by=issuer)
    stage.next(DUE)

    receipt = points.settle(ana, pending, sender=stranger)

    assert stage.events(receipt) == [settled(ana, pending, 300)]
    assert points.balanceOf(ana) == 300


def test_settle_batch_settles_what_is_due_and_tells_of_the_rest(
    stage, points, stranger, ana, register, award, erase, pending
):
    bea, carl = register("Bea"), register("Carl")
    late = award(bea, 300, "order 2", DUE + DAY)
    gone = award(carl, 100, "order 3", DUE)
    erase(carl)
    unknown = keccak(text="no such order")
    customers = [ana, bea, carl, ana, bea]
    refs = [pending, late, gone, unknown, pending]
    assert stage.answer(points.settleBatch, customers, refs, by=stranger, at=DUE) == 1
    stage.next(DUE)

    receipt = points.settleBatch(customers, refs, sender=stranger)

    assert stage.events(receipt) == [
        settled(ana, pending, 500),
        refused(bea, late, "NotYet(uint256,uint40)"),
        refused(carl, gone, "CustomerClosed(bytes32)"),
        refused(ana, unknown, "UnknownRef(bytes32)"),
        refused(bea, pending, "UnknownRef(bytes32)"),
    ]
    assert points.liability() == 500


def test_settle_batch_settles_a_repeated_ref_once(stage, points, stranger, ana, pending):
    stage.next(DUE)

    points.settleBatch([ana, ana], [pending, pending], sender=stranger)

    assert points.balanceOf(ana) == 500


def test_settle_batch_gives_a_merged_customers_points_to_the_heir(
    stage, points, stranger, ana, register, merge, pending
):
    bea = register("Bea")
    merge(ana, bea)
    stage.next(DUE)

    receipt = points.settleBatch([ana], [pending], sender=stranger)

    assert stage.events(receipt) == [settled(ana, pending, 500, holder=bea)]


def test_settle_batch_refuses_lists_of_unequal_length(stage, points, stranger, ana, pending):
    refusal = stage.refusal(points.settleBatch, [ana], [pending, pending], by=stranger)

    assert refusal == ("LengthMismatch", 1, 2)
