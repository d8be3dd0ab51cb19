"""Business hours: what lies between moments, when so much has passed, how people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import InputError
from rapport.sla import BusinessHours
from rapport.sla.hours import ALWAYS, HOURS

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
VIENNA = timezone(HOUR)
OFFICE = BusinessHours.parse("Mon-Fri 09:00-17:00 Europe/Vienna")

masks = st.one_of(
    st.integers(1, ALWAYS),
    st.sampled_from([1, 1 << 167, ALWAYS, OFFICE.mask]),
)
offsets = st.integers(-14 * 3_600, 14 * 3_600).map(lambda seconds: timedelta(seconds=seconds))
hours = st.builds(BusinessHours, masks, offsets)
moments = st.integers(0, 2**33).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + seconds * SECOND
)


def walked(of: BusinessHours, since: datetime, until: datetime) -> timedelta:
    """The same hour by hour, on the wall clock."""
    clock = timezone(of.offset)
    at, total = since.astimezone(clock), timedelta(0)
    while at < until:
        then = min(at.replace(minute=0, second=0) + HOUR, until.astimezone(clock))
        if of.mask >> (at.weekday() * 24 + at.hour) & 1:
            total += then - at
        at = then
    return total


@given(hours, moments, st.integers(0, 30 * 86_400))
def test_elapsed_is_what_a_walk_through_the_hours_counts(of, since, seconds):
    until = since + seconds * SECOND
    assert of.elapsed(since, until) == walked(of, since, until)


@given(hours, moments, st.integers(1, 40 * 3_600))
def test_due_is_the_first_second_at_which_so_much_has_passed(of, since, seconds):
    duration = seconds * SECOND
    due = of.due_at(since, duration)
    assert of.elapsed(since, due) == duration
    assert of.elapsed(since, due - SECOND) == duration - SECOND


@given(hours, moments, st.integers(0, 40 * 3_600))
def test_late_begins_with_the_first_second_beyond(of, since, seconds):
    duration = seconds * SECOND
    late = of.late_at(since, duration)
    assert of.elapsed(since, late) == duration + SECOND
    assert of.elapsed(since, late - SECOND) == duration


@given(hours, moments)
def test_a_week_has_the_hours_of_its_mask(of, since):
    assert of.elapsed(since, since + 7 * 24 * HOUR) == of.weekly
    assert of.due_at(since, timedelta(0)) == since


@given(hours)
def test_what_is_written_reads_as_the_same_hours(of):
    minutes = timedelta(minutes=of.offset // timedelta(minutes=1))
    whole = BusinessHours(of.mask, minutes)
    assert BusinessHours.parse(str(whole)) == whole


def test_a_ticket_of_friday_afternoon_is_due_on_monday_morning():
    friday = datetime(2026, 11, 20, 16, 30, tzinfo=VIENNA)
    assert OFFICE.due_at(friday, 2 * HOUR) == datetime(2026, 11, 23, 10, 30, tzinfo=VIENNA)
    assert OFFICE.elapsed(friday, datetime(2026, 11, 23, 9, 0, tzinfo=VIENNA)) == HOUR / 2
    assert OFFICE.open_at(friday)
    assert not OFFICE.open_at(friday + HOUR)


def test_what_runs_out_at_closing_time_is_late_after_the_next_opening():
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=VIENNA)
    assert OFFICE.due_at(friday, HOUR) == datetime(2026, 11, 20, 17, 0, tzinfo=VIENNA)
    assert OFFICE.late_at(friday, HOUR) == datetime(2026, 11, 23, 9, 0, 1, tzinfo=VIENNA)


@pytest.mark.parametrize(
    ("text", "shown", "weekly"),
    [
        ("Mon-Fri 09:00-17:00 Europe/Vienna", "Mon-Fri 09:00-17:00 UTC+01:00", 40),
        ("mon-thu 8-18, fri 8-14 UTC+05:30", "Mon-Thu 08:00-18:00, Fri 08:00-14:00 UTC+05:30", 46),
        ("Monday–Friday 9–17", "Mon-Fri 09:00-17:00 UTC", 40),
        ("Fri 22:00-06:00", "Fri 22:00-24:00, Sat 00:00-06:00 UTC", 8),
        ("Sun 22:00-02:00 -3", "Mon 00:00-02:00, Sun 22:00-24:00 UTC-03:00", 4),
        ("Sat-Mon 0-24 Z", "Mon 00:00-24:00, Sat-Sun 00:00-24:00 UTC", 72),
        ("Mon 8-12; Mon 13-17 GMT", "Mon 08:00-12:00, Mon 13:00-17:00 UTC", 8),
        ("24/7", "24/7", HOURS),
        ("24/7 Asia/Kolkata", "24/7 UTC+05:30", HOURS),
        ("always", "24/7", HOURS),
    ],
)
def test_hours_are_read_as_people_write_them(text, shown, weekly):
    found = BusinessHours.parse(text)
    assert str(found) == shown
    assert found.weekly == weekly * HOUR


def test_a_zone_stands_for_its_winter_all_year_round_on_both_hemispheres():
    for zone, offset in (("Europe/Vienna", 1), ("America/New_York", -5), ("Australia/Sydney", 10)):
        assert BusinessHours.parse(f"Mon 9-17 {zone}", year=2026).offset == offset * HOUR
    # In July the same hours begin at ten by Vienna's clocks.
    july = datetime(2026, 7, 6, 0, 0, tzinfo=UTC)
    assert OFFICE.due_at(july, SECOND) == datetime(2026, 7, 6, 8, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9 to 5", "is not understood as business hours"),
        ("Mon-Fri 09:30-17:00", "whole hours"),
        ("Mon-Fri 09:00-17:15", "whole hours"),
        ("Mon-Fri 25-26", "does not lie within a day"),
        ("Mon-Fri 9-9", "has no hour"),
        ("Foo-Fri 9-17", "names no day"),
        ("Mon-Fri 9-17 Europe/Atlantis", "no time zone 'Europe/Atlantis' is known here"),
        ("Mon-Fri 9-17 UTC+15", "at most 14 hours"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_what_is_wrong(text, said):
    with pytest.raises(InputError, match=said):
        BusinessHours.parse(text)


def test_no_hours_at_all_and_time_running_backwards_are_refused():
    with pytest.raises(InputError, match="at least one hour"):
        BusinessHours(0)
    with pytest.raises(InputError, match="at least one hour"):
        BusinessHours(ALWAYS + 1)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(InputError, match="is before"):
        OFFICE.elapsed(now, now - SECOND)
    with pytest.raises(InputError, match="no whole number of seconds"):
        OFFICE.due_at(now, SECOND / 2)
    with pytest.raises(InputError, match="names no time zone"):
        OFFICE.due_at(now.replace(tzinfo=None), HOUR)
