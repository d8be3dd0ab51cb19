"""The hours in which a clock runs: what lies between two moments, and when so much has passed.

As the contract counts them, in whole seconds: bits of a mask for the hours of a week from Monday
00:00 on, in a local time that is the same all year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapport import units
from rapport.errors import InputError

HOURS = 168
"""Of a week."""
ALWAYS = 2**HOURS - 1
"""The mask of a clock that never stands."""
MAX_OFFSET = timedelta(hours=14)

_HOUR = 3_600
_WEEK = HOURS * _HOUR
_MONDAY = 3 * 86_400  # the Unix epoch was a Thursday
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN = re.compile(
    r"(?P<first>[a-z]{3})[a-z]*(?:\s*[-–]\s*(?P<last>[a-z]{3})[a-z]*)?"
    r"\s+(?P<opens>\d{1,2})(?::(?P<opens_at>\d{2}))?"
    r"\s*[-–]\s*(?P<closes>\d{1,2})(?::(?P<closes_at>\d{2}))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")
_EXAMPLE = "write it as 'Mon-Fri 09:00-17:00 Europe/Vienna', 'Sat 10-14 UTC+01:00' or '24/7'"


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """
    The hours of a week in which a clock runs. ``offset`` is the local time's, east of UTC; it is
    fixed: where clocks are put forward in summer, the hours begin and end an hour later then.
    """

    mask: int = ALWAYS
    """Bit i: the clock runs in hour i of the week, counted from Monday 00:00."""
    offset: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if not 0 < self.mask <= ALWAYS:
            raise InputError("business hours have at least one hour of the week's 168")
        if abs(self.offset) > MAX_OFFSET or self.offset % timedelta(seconds=1):
            raise InputError(
                f"a local time is at most 14 hours from UTC, in whole seconds; met {self.offset}"
            )

    @classmethod
    def parse(cls, text: str, *, year: int | None = None) -> BusinessHours:
        """
        Hours as people write them: spans of days and whole hours, then where that is::

            Mon-Fri 09:00-17:00 Europe/Vienna
            Mon-Thu 8-18, Fri 8-14 UTC+05:30
            Fri 22:00-06:00              # until Saturday morning, UTC
            24/7

        A zone stands for the offset that it has in winter, of this year unless one is given: the
        offset of a policy never changes. Write ``UTC+02:00`` for another one.

        Raises:
            InputError: Not understood, or not in whole hours.
        """
        spans, offset = _where(text.strip(), year)
        if spans.lower() in ("24/7", "always", ""):
            return cls(ALWAYS, offset)
        mask = 0
        for each in re.split(r"\s*[,;]\s*", spans):
            mask |= _span(each)
        return cls(mask, offset)

    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        """How much of these hours lies between two moments."""
        first, last = units.to_timestamp(since), units.to_timestamp(until)
        if last < first:
            raise InputError(f"{until.isoformat()} is before {since.isoformat()}")
        return timedelta(seconds=self._sum(last) - self._sum(first))

    def due_at(self, since: datetime, duration: timedelta) -> datetime:
        """
        The first moment at which so much of these hours has passed: opened on Friday 16:30, two
        hours are over on Monday 10:30.
        """
        seconds = _whole(duration)
        start = units.to_timestamp(since)
        if seconds == 0:
            return units.from_timestamp(start)
        weeks, rest = divmod(self._sum(start) + seconds - 1, self._weekly)
        hour = self._nth(rest // _HOUR)
        local = weeks * _WEEK + hour * _HOUR + rest % _HOUR + 1
        return units.from_timestamp(local - _MONDAY - self._east)

    def late_at(self, since: datetime, duration: timedelta) -> datetime:
        """The first second at which more than so much of these hours has passed."""
        return self.due_at(since, duration + timedelta(seconds=1))

    def open_at(self, moment: datetime) -> bool:
        """Whether the clock runs in this second."""
        return bool(self.mask >> (self._local(units.to_timestamp(moment)) % _WEEK // _HOUR) & 1)

    @property
    def weekly(self) -> timedelta:
        """How much of a week it is."""
        return timedelta(seconds=self._weekly)

    def __str__(self) -> str:
        where = _shown(self.offset)
        if self.mask == ALWAYS:
            return f"24/7 {where}" if self.offset else "24/7"
        return f"{', '.join(_days(self.mask))} {where}"

    # Whole seconds from here on

    @property
    def _east(self) -> int:
        return self.offset // timedelta(seconds=1)

    @property
    def _weekly(self) -> int:
        return self.mask.bit_count() * _HOUR

    def _local(self, timestamp: int) -> int:
        """Seconds of local time since the Monday before the epoch."""
        return timestamp + _MONDAY + self._east

    def _sum(self, timestamp: int) -> int:
        """Seconds of these hours since that Monday."""
        weeks, rest = divmod(self._local(timestamp), _WEEK)
        hour, seconds = divmod(rest, _HOUR)
        before = (self.mask & ((1 << hour) - 1)).bit_count()
        running = seconds if self.mask >> hour & 1 else 0
        return weeks * self._weekly + before * _HOUR + running

    def _nth(self, number: int) -> int:
        """The place of the mask's bit of this number, counted from 0."""
        for hour in range(HOURS):
            if self.mask >> hour & 1:
                if number == 0:
                    return hour
                number -= 1
        raise AssertionError("a number below the mask's count has its bit")


def _whole(duration: timedelta) -> int:
    seconds, rest = divmod(duration, timedelta(seconds=1))
    if rest or seconds < 0:
        raise InputError(f"{duration} is no whole number of seconds of zero or more")
    return seconds


def _where(text: str, year: int | None) -> tuple[str, timedelta]:
    """The spans of a text, and the offset that its last word names; UTC without one."""
    spans, _, last = text.rpartition(" ")
    word = last if spans or not re.fullmatch(r"24/7|always", last, re.IGNORECASE) else ""
    found = _OFFSET.fullmatch(word.upper())
    if found is not None:
        offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        return spans, -offset if found["sign"] == "-" else offset
    if word.upper() in ("UTC", "GMT", "Z"):
        return spans, timedelta(0)
    if re.match(r"[A-Za-z_]+/", word):
        return spans, _winter(word, year or datetime.now(UTC).year)
    return text, timedelta(0)


def _winter(zone: str, year: int) -> timedelta:
    """A zone's offset outside its summer time."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"no time zone {zone!r} is known here; write its offset, such as UTC+01:00"
        ) from None
    found = (datetime(year, month, 1, tzinfo=place).utcoffset() for month in (1, 7))
    return min(each for each in found if each is not None)


def _span(text: str) -> int:
    """The mask of days and hours such as ``Mon-Fri 09:00-17:00``."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is not understood as business hours; {_EXAMPLE}")
    for minutes in (found["opens_at"], found["closes_at"]):
        if minutes not in (None, "00"):
            raise InputError(f"{text!r} is not in whole hours, which a policy needs")
    opens, closes = int(found["opens"]), int(found["closes"])
    if opens > 23 or closes > 24 or opens == closes:
        raise InputError(f"{text!r} does not lie within a day, or has no hour; {_EXAMPLE}")
    first = _day(found["first"], text)
    last = first if found["last"] is None else _day(found["last"], text)
    length = (closes - opens) % 24 or 24
    mask = 0
    for day in range(first, first + (last - first) % 7 + 1):
        for hour in range(length):
            mask |= 1 << (day * 24 + opens + hour) % HOURS
    return mask


def _day(name: str, text: str) -> int:
    try:
        return _DAYS.index(name.capitalize())
    except ValueError:
        raise InputError(f"{text!r} names no day of the week; {_EXAMPLE}") from None


def _shown(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    minutes, seconds = divmod(abs(offset) // timedelta(seconds=1), 60)
    sign = "-" if offset < timedelta(0) else "+"
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _days(mask: int) -> list[str]:
    """The mask as text: neighbouring days of the same hours together."""
    found: list[str] = []
    day = 0
    while day < 7:
        hours = _hours(mask, day)
        last = day
        while last < 6 and _hours(mask, last + 1) == hours:
            last += 1
        if hours:
            days = _DAYS[day] if last == day else f"{_DAYS[day]}-{_DAYS[last]}"
            found += [f"{days} {each}" for each in hours]
        day = last + 1
    return found


def _hours(mask: int, day: int) -> list[str]:
    """The spans of one day of a mask."""
    found: list[str] = []
    hour = 0
    while hour < 24:
        last = hour
        while last < 24 and mask >> (day * 24 + last) & 1:
            last += 1
        if last > hour:
            found.append(f"{hour:02}:00-{last:02}:00")
        hour = last + 1
    return found
