"""What an order would earn, before it is placed."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS, USD
from tests.contracts.unit.support.stage import DAY

NOW = GENESIS + 5 * DAY


def test_quote_says_points_moment_and_version(stage, earn, stranger, ana, set_rule):
    set_rule()
    set_rule(points=2, window=30 * DAY)

    quoted = stage.answer(earn.quote, ana, USD, 5_000, by=stranger, at=NOW)

    assert quoted == (100, NOW + 30 * DAY, 2)


@pytest.mark.parametrize("amount", [0, 99, 5_000, 12_345_678_900])
def test_quote_is_what_the_order_then_earns(
    stage, earn, points, admin, recorder, ana, award, set_rule, amount
):
    stage.send(points.setTiers, [10], by=admin)
    set_rule(minimum=100, multipliers=(10_000, 15_000) + (15_000,) * 6)
    award(ana, 10, "before")

    quoted, _, _ = stage.answer(earn.quote, ana, USD, amount, by=recorder)

    order = (ana, keccak(text="order 1"), USD, amount)
    assert stage.answer(earn.earn, *order, by=recorder) == (True, quoted)


def test_quote_is_refused_without_a_rule(stage, earn, stranger, ana):
    refusal = stage.refusal(earn.quote, ana, USD, 5_000, by=stranger, at=NOW)

    assert refusal == ("NoRule", USD, NOW)
