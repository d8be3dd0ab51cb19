"""What is left on an agreement's clocks, between two looks at the chain as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rapport.errors import InputError
from rapport.sla.values import Agreement

_NONE = timedelta(0)


class Alarm(StrEnum):
    """How near a breach is; the worst first."""

    LATE = "late"
    NEAR = "near"
    RUNNING = "running"
    WAITING = "waiting"
    """For the customer: the clock stands."""


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What is left on the clocks of an open agreement at a moment, in business hours; less than zero
    is an overrun.
    """

    agreement: Agreement
    at: datetime
    response_left: timedelta | None
    """``None``: no response is promised, or it was given."""
    resolution_left: timedelta
    alarm: Alarm

    @property
    def least(self) -> timedelta:
        """Of the two, what runs out first."""
        if self.response_left is None:
            return self.resolution_left
        return min(self.response_left, self.resolution_left)


def reading(agreement: Agreement, at: datetime, warn: timedelta) -> Reading:
    """
    The clocks of an agreement that was read before, as they are at ``at`` if nothing has happened
    to it since. A breach is near when no more than ``warn`` is left.

    Raises:
        InputError: The agreement is not open, or was read after ``at``.
    """
    clocks = agreement.clocks
    if clocks is None:
        raise InputError(f"agreement {agreement.id} is {agreement.state}: no clock runs")
    hours = agreement.policy.terms.hours
    moved = hours.elapsed(clocks.at, at)
    budget = clocks.max_pause - clocks.paused if clocks.standing else _NONE
    resolution = clocks.target - clocks.elapsed - (moved - min(moved, budget))
    due, response = clocks.response_due, None
    if due is not None:
        response = hours.elapsed(at, due) if at <= due else -hours.elapsed(due, at)
    stands = moved < budget
    running = [each for each in (response, None if stands else resolution) if each is not None]
    if resolution < _NONE or (response is not None and response < _NONE):
        alarm = Alarm.LATE
    elif any(each <= warn for each in running):
        alarm = Alarm.NEAR
    else:
        alarm = Alarm.WAITING if stands else Alarm.RUNNING
    return Reading(agreement, at, response, resolution, alarm)


def urgent_first(readings: list[Reading]) -> list[Reading]:
    """By alarm, then by what is left."""
    order = list(Alarm)
    return sorted(readings, key=lambda each: (order.index(each.alarm), each.least))
