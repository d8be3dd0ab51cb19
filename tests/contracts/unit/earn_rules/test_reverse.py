"""Taking back the points of what was returned."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS, USD, role_id
from tests.contracts.unit.support.stage import DAY

REF = keccak(text="order 1")
AMOUNT = 9_999  # cents: 99 points


@pytest.fixture
def ordered(stage, earn, recorder, ana, set_rule):
    """Ana, who has bought for 99.99 dollars and earned 99 points."""
    set_rule()
    stage.send(earn.earn, ana, REF, USD, AMOUNT, by=recorder)
    return ana


@pytest.mark.parametrize(
    ("returned", "taken"), [(102, 1), (3_333, 33), (5_000, 49), (9_998, 98), (9_999, 99)]
)
def test_reverse_takes_points_in_proportion_rounded_down(
    points, earn, recorder, ordered, returned, taken
):
    earn.reverse(ordered, REF, USD, AMOUNT, returned, sender=recorder)

    assert points.entry(REF).undone == taken
    assert points.balanceOf(ordered) == 99 - taken


def test_reverse_tells_through_the_ledger(stage, earn, recorder, ordered):
    receipt = earn.reverse(ordered, REF, USD, AMOUNT, 5_000, sender=recorder)

    fields = {
        "customerId": ordered,
        "ref": REF,
        "holder": ordered,
        "totalReversed": 49,
        "shortfall": 0,
    }
    assert stage.events(receipt) == [("Reversed", fields)]


def test_reverse_is_cumulative_and_a_retry_changes_nothing(stage, points, earn, recorder, ordered):
    stage.send(earn.reverse, ordered, REF, USD, AMOUNT, 3_333, by=recorder)

    assert stage.answer(earn.reverse, ordered, REF, USD, AMOUNT, 3_333, by=recorder) is False
    earn.reverse(ordered, REF, USD, AMOUNT, AMOUNT, sender=recorder)
    assert points.balanceOf(ordered) == 0


def test_reverse_of_nothing_changes_nothing(stage, earn, recorder, ordered):
    assert stage.answer(earn.reverse, ordered, REF, USD, AMOUNT, 0, by=recorder) is False


def test_reverse_of_an_order_without_points_changes_nothing(stage, earn, recorder, ana, set_rule):
    set_rule()
    stage.send(earn.earn, ana, REF, USD, 99, by=recorder)

    assert stage.answer(earn.reverse, ana, REF, USD, 99, 99, by=recorder) is False


def test_reverse_within_the_return_window_lessens_what_will_settle(
    stage, points, earn, recorder, ana, set_rule
):
    set_rule(window=30 * DAY)
    stage.next(GENESIS + DAY)
    stage.send(earn.earn, ana, REF, USD, AMOUNT, by=recorder)

    earn.reverse(ana, REF, USD, AMOUNT, AMOUNT, sender=recorder)

    stage.next(GENESIS + 31 * DAY)
    points.settle(ana, REF, sender=recorder)
    assert points.balanceOf(ana) == 0


def test_reverse_refuses_more_than_was_bought(stage, earn, recorder, ordered):
    refusal = stage.refusal(earn.reverse, ordered, REF, USD, AMOUNT, AMOUNT + 1, by=recorder)

    assert refusal == ("ReturnExceedsOrder", AMOUNT + 1, AMOUNT)


def test_reverse_refuses_another_amount_than_the_order_had(stage, earn, recorder, ordered):
    refusal = stage.refusal(earn.reverse, ordered, REF, USD, AMOUNT + 1, 5_000, by=recorder)

    assert refusal == ("RefConflict", REF)


def test_reverse_refuses_the_order_of_another_customer(stage, earn, recorder, register, ordered):
    bea = register("Bea")

    refusal = stage.refusal(earn.reverse, bea, REF, USD, AMOUNT, 5_000, by=recorder)

    assert refusal == ("UnknownRef", REF)


def test_reverse_refuses_an_order_that_was_never_recorded(stage, earn, recorder, ana):
    refusal = stage.refusal(earn.reverse, ana, REF, USD, AMOUNT, 5_000, by=recorder)

    assert refusal == ("UnknownRef", REF)


def test_reverse_is_for_recorders_only(stage, earn, rules, ordered):
    refusal = stage.refusal(earn.reverse, ordered, REF, USD, AMOUNT, 5_000, by=rules)

    assert refusal == ("AccessControlUnauthorizedAccount", rules.address, role_id("recorder"))
