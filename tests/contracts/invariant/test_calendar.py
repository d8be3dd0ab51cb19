"""The contract's calendar against Python's, from 1970 to 2400."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.support.model import dates
from tests.contracts.support.suite import deployment

MONTHS = (1, 2, 3, 4, 6, 12)
END = int(datetime(2400, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


def firsts() -> list[date]:
    return [date(year, month, 1) for year in range(1970, 2401) for month in range(1, 13)]


def test_every_month_begins_and_ends_where_the_calendar_says() -> None:
    points = deployment(1).loyalty
    for number, first in enumerate(firsts()):
        begins = dates.seconds(first)
        ends = dates.seconds(dates.later(first, 1, 1))
        assert points.epochAt(begins) == number
        assert points.epochAt(ends - 1) == number
        assert points.epochEnd(number) == ends


@pytest.mark.parametrize("months", MONTHS)
@given(timestamp=st.integers(0, END))
def test_a_moment_lies_in_the_epoch_of_its_date(months: int, timestamp: int) -> None:
    points = deployment(months).loyalty
    first = dates.start_of_epoch(dates.day_of(timestamp), months)
    epoch = points.epochAt(timestamp)
    assert epoch == dates.number(first, months)
    assert points.epochEnd(epoch) == dates.seconds(dates.later(first, 1, months))
    assert points.epochEnd(epoch) > timestamp


@given(day=st.dates(date(1970, 1, 1), date(2400, 12, 31)))
def test_the_last_second_of_a_day_lies_in_the_same_month_as_the_first(day: date) -> None:
    points = deployment(1).loyalty
    begins = dates.seconds(day)
    month = (day.year - 1970) * 12 + day.month - 1
    assert points.epochAt(begins) == points.epochAt(begins + 86_399) == month
