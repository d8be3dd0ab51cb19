"""Business hours as the clock on the wall counts them: hour after hour, from Python's calendar.

Within an hour of local time the mask has one bit, so its seconds count all or none, and adding up
hours is adding up seconds; `seconds_one_by_one` says so in the plainest way, for short times.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

HOUR = 3_600
HOURS_A_WEEK = 168
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # as if local time were UTC


def hour_of_week(local: int) -> int:
    """The hour, from Monday 00:00, in which a second of local time lies."""
    at = _EPOCH + timedelta(seconds=local)
    return at.weekday() * 24 + at.hour


def seconds_one_by_one(mask: int, offset: int, start: int, end: int) -> int:
    return sum(mask >> hour_of_week(second + offset) & 1 for second in range(start, end))


def _stretches(mask: int, offset: int, start: int) -> Iterator[tuple[int, int]]:
    """From `start` on, hour by hour of local time: until when, and whether it counts."""
    end = start + HOUR - (start + offset) % HOUR
    hour = hour_of_week(start + offset)
    while True:
        yield end, mask >> hour & 1
        end += HOUR
        hour = (hour + 1) % HOURS_A_WEEK


def elapsed(mask: int, offset: int, start: int, end: int) -> int:
    """Seconds of business hours in [start, end); all times in Unix seconds."""
    passed, at = 0, start
    for edge, counts in _stretches(mask, offset, start):
        if at >= end:
            return passed
        passed += counts * (min(edge, end) - at)
        at = edge
    raise AssertionError("time ended")


def used_up(mask: int, offset: int, start: int, seconds: int) -> int:
    """The first moment at which so many seconds of business hours have passed since `start`."""
    at = start
    for edge, counts in _stretches(mask, offset, start):
        if seconds == 0:
            return at
        if counts and edge - at >= seconds:
            return at + seconds
        seconds -= counts * (edge - at)
        at = edge
    raise AssertionError("time ended")


def last_in_time(mask: int, offset: int, start: int, seconds: int) -> int:
    """The last moment at which no more than so many have: business may be closed meanwhile."""
    return used_up(mask, offset, start, seconds + 1) - 1
