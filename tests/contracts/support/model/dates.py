"""Calendar epochs by dates. An epoch is known by its first day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

LIVES = 5  # points of an epoch live through it and the next four
_EPOCH_START = date(1970, 1, 1).toordinal()
DAY = 86_400


def day_of(timestamp: int) -> date:
    return datetime.fromtimestamp(timestamp, UTC).date()


@lru_cache(maxsize=4096)
def seconds(day: date) -> int:
    """Unix seconds at midnight UTC with which `day` begins."""
    return (day.toordinal() - _EPOCH_START) * DAY


@lru_cache(maxsize=4096)
def start_of_epoch(day: date, months: int) -> date:
    """First day of the epoch of so many calendar months in which `day` lies."""
    return date(day.year, day.month - (day.month - 1) % months, 1)


@lru_cache(maxsize=4096)
def later(first: date, epochs: int, months: int) -> date:
    """First day of the epoch that begins `epochs` epochs after the one that begins on `first`."""
    year, month = first.year, first.month
    for _ in range(epochs * months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, 1)


@lru_cache(maxsize=4096)
def number(first: date, months: int) -> int:
    """The number by which the contract knows the epoch: whole epochs since January 1970."""
    return ((first.year - 1970) * 12 + first.month - 1) // months


@lru_cache(maxsize=4096)
def lost_at(first: date, months: int) -> int:
    """Unix seconds from which the points of an epoch are no longer spendable."""
    return seconds(later(first, LIVES, months))
