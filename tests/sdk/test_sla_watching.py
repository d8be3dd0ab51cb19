"""What is left on clocks between two looks at the chain, and when that is alarming."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.sla import Agreement, BusinessHours, Clocks, Policy, Priority, State, Target, Terms
from rapport.sla.watching import Alarm, reading, urgent_first
from rapport.tokens import Token

HOUR, MINUTE, NONE = timedelta(hours=1), timedelta(minutes=1), timedelta(0)
FRIDAY = datetime(2026, 1, 9, 16, 0, tzinfo=UTC)
TOKEN = Token("0x5FbDB2315678afecb367f032d93F642f64180aa3", "Test Dollar", "tUSD", 6)
PROVIDER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OFFICE = BusinessHours.parse("Mon-Fri 09:00-17:00 UTC")
TERMS = Terms((Target(2 * HOUR, 8 * HOUR),) * 4, bonded=True, hours=OFFICE, max_pause=4 * HOUR)


def agreement(name="a", **clocks):
    """Opened on Friday at 16:00 and read at once; answered and running unless told otherwise."""
    read = Clocks(
        agreement=name,
        priority=Priority.NORMAL,
        at=FRIDAY,
        response_due=None,
        resolution_due=OFFICE.due_at(FRIDAY, 8 * HOUR),
        elapsed=NONE,
        target=8 * HOUR,
        paused=NONE,
        max_pause=4 * HOUR,
        standing=False,
        response_late=False,
        resolution_late=False,
    )
    return Agreement(
        id=name,
        policy=Policy(1, PROVIDER, TOKEN, False, TERMS),
        state=State.OPEN,
        priority=Priority.NORMAL,
        amount=Decimal(100),
        stake=Decimal(100),
        client=None,
        customer="C-1",
        opened_at=FRIDAY,
        responded_at=None,
        delivered_at=None,
        paused_since=None,
        paused=NONE,
        credit=Decimal(0),
        review_until=None,
        disputed_until=None,
        proposal=None,
        clocks=replace(read, **clocks),
    )


@pytest.mark.parametrize(
    ("later", "left", "alarm"),
    [
        (NONE, 8 * HOUR, Alarm.RUNNING),
        (30 * MINUTE, 7 * HOUR + 30 * MINUTE, Alarm.RUNNING),
        (2 * 24 * HOUR, 7 * HOUR, Alarm.RUNNING),  # a weekend costs nothing
        (3 * 24 * HOUR - HOUR, HOUR, Alarm.NEAR),  # Monday 15:00
        (3 * 24 * HOUR, NONE, Alarm.NEAR),  # in time, to the second
        (3 * 24 * HOUR + timedelta(seconds=1), -timedelta(seconds=1), Alarm.LATE),
    ],
)
def test_a_clock_runs_down_in_business_hours_and_alarms_before_the_breach(later, left, alarm):
    met = reading(agreement(), FRIDAY + later, HOUR)
    assert (met.resolution_left, met.alarm) == (left, alarm)


def test_a_response_that_is_due_first_alarms_first():
    due = OFFICE.due_at(FRIDAY, 2 * HOUR)
    waiting = agreement(response_due=due)
    met = reading(waiting, FRIDAY + 30 * MINUTE, 2 * HOUR)
    assert (met.response_left, met.least, met.alarm) == (
        90 * MINUTE,
        90 * MINUTE,
        Alarm.NEAR,
    )
    late = reading(waiting, due + 10 * MINUTE, HOUR)
    assert (late.response_left, late.alarm) == (-10 * MINUTE, Alarm.LATE)
    assert late.resolution_left == 6 * HOUR - 10 * MINUTE


def test_a_pause_holds_the_clock_until_its_budget_is_used():
    asked = agreement(standing=True, paused=3 * HOUR, elapsed=7 * HOUR)
    held = reading(asked, FRIDAY + 59 * MINUTE, 2 * HOUR)
    assert (held.resolution_left, held.alarm) == (HOUR, Alarm.WAITING)
    # An hour was left of the budget; from Monday 09:00 on the clock runs by itself.
    monday = FRIDAY + timedelta(days=2, hours=17)
    runs = reading(asked, monday + 20 * MINUTE, 2 * HOUR)
    assert (runs.resolution_left, runs.alarm) == (40 * MINUTE, Alarm.NEAR)
    late = reading(asked, monday + 61 * MINUTE, NONE)
    assert (late.resolution_left, late.alarm) == (-MINUTE, Alarm.LATE)


def test_the_worst_comes_first():
    names = ("running", "late", "sooner", "waiting", "near")
    clocks = [
        {},
        {"elapsed": 9 * HOUR},
        {"elapsed": HOUR},
        {"standing": True},
        {"elapsed": 8 * HOUR},
    ]
    readings = [
        reading(agreement(name, **each), FRIDAY, HOUR)
        for name, each in zip(names, clocks, strict=True)
    ]
    ordered = [each.agreement.id for each in urgent_first(readings)]
    assert ordered == ["late", "near", "sooner", "running", "waiting"]


def test_only_an_open_agreement_has_clocks():
    settled = replace(agreement(), state=State.SETTLED, clocks=None)
    with pytest.raises(InputError, match="settled: no clock runs"):
        reading(settled, FRIDAY, HOUR)
