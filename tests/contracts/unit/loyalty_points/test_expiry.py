"""Points are lost at the end of the fourth epoch after their own, to the second."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS
from tests.contracts.unit.support.stage import moment

QUARTER = (2040 - 1970) * 4
END = moment(2041, 4)  # of what was awarded in the first quarter of 2040


@pytest.fixture
def ana(register, award):
    """Ana, with 500 points of the first quarter of 2040."""
    customer = register()
    award(customer, 500)
    return customer


def test_points_are_spendable_in_their_last_second(stage, points, issuer, ana):
    stage.next(END - 1)

    points.redeem(ana, keccak(text="reward 1"), 500, sender=issuer)

    assert points.balanceOf(ana) == 0


def test_points_are_not_spendable_in_the_second_of_their_end(stage, points, issuer, ana):
    refusal = stage.refusal(points.redeem, ana, keccak(text="reward 1"), 1, by=issuer, at=END)

    assert refusal == ("InsufficientPoints", ana, 0, 1)


def test_balance_and_liability_hold_until_the_last_second(stage, points, ana):
    stage.reach(END - 1)

    assert (points.balanceOf(ana), points.liability()) == (500, 500)


def test_balance_and_liability_are_gone_in_the_second_of_the_end(stage, points, ana):
    stage.reach(END)

    assert (points.balanceOf(ana), points.liability()) == (0, 0)
    assert points.outstanding(QUARTER + 4) == 500


def test_an_award_in_the_last_second_of_an_epoch_belongs_to_it(stage, points, ana, award):
    stage.next(moment(2040, 4) - 1)

    award(ana, 70, "order 2")

    assert list(points.expiring(ana).points) == [0, 0, 0, 0, 570]


def test_an_award_in_the_first_second_of_an_epoch_belongs_to_the_new_one(stage, points, ana, award):
    stage.next(moment(2040, 4))

    award(ana, 70, "order 2")

    assert list(points.expiring(ana).points) == [0, 0, 0, 500, 70]


def test_expiring_shows_each_lane_with_its_end(stage, points, ana, award):
    for quarter, month in enumerate((4, 7, 10), start=2):
        stage.reach(moment(2040, month))
        award(ana, 100 * quarter, f"quarter {quarter}")
    stage.reach(moment(2041, 1))
    award(ana, 50, "quarter 5")

    found = points.expiring(ana)

    assert list(found.points) == [500, 200, 300, 400, 50]
    ends = [moment(2041, 4), moment(2041, 7), moment(2041, 10), moment(2042), moment(2042, 4)]
    assert list(found.expiresAt) == ends


def test_the_liability_shrinks_lane_by_lane(stage, points, ana, award):
    stage.reach(moment(2040, 4))
    award(ana, 70, "order 2")

    stage.reach(END)
    assert points.liability() == points.balanceOf(ana) == 70
    stage.reach(moment(2041, 7))
    assert points.liability() == points.balanceOf(ana) == 0


def test_years_of_silence_leave_nothing(stage, points, ana, award):
    stage.reach(moment(2100))

    award(ana, 5, "order 2")

    assert list(points.expiring(ana).points) == [0, 0, 0, 0, 5]
    assert points.liability() == 5


@pytest.mark.parametrize(
    ("timestamp", "epoch"),
    [
        (0, 0),
        (moment(1970, 4) - 1, 0),
        (moment(1970, 4), 1),
        (moment(2000, 2, 29), 120),
        (moment(2000, 4) - 1, 120),
        (moment(2000, 4), 121),
        (GENESIS - 1, QUARTER - 1),
        (GENESIS, QUARTER),
        (moment(2100, 3, 31), 520),
        (moment(2100, 4), 521),
    ],
)
def test_epoch_at_counts_calendar_quarters_since_1970(points, timestamp, epoch):
    assert points.epochAt(timestamp) == epoch


@pytest.mark.parametrize(
    ("epoch", "end"),
    [
        (0, moment(1970, 4)),
        (120, moment(2000, 4)),
        (QUARTER, moment(2040, 4)),
        (QUARTER + 3, moment(2041)),
        (520, moment(2100, 4)),
    ],
)
def test_epoch_end_is_the_first_second_of_the_next(points, epoch, end):
    assert points.epochEnd(epoch) == end
    assert points.epochAt(end - 1) == epoch
    assert points.epochAt(end) == epoch + 1
