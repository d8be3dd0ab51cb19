"""When a charge that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from rapport.errors import InputError
from rapport.units import duration


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    Tries after the first one, counted from when the charge was due; those after the plan's grace
    are left out. ``notice`` before the end of a trial it is told of.
    """

    retries: tuple[timedelta, ...] = (
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=5),
    )
    notice: timedelta = timedelta(days=3)

    @classmethod
    def parse(cls, retries: str | None = None, notice: str | None = None) -> Schedule:
        """
        A schedule as people write it: ``1h, 1d, 3d, 5d``. Nothing leaves the usual one.

        Raises:
            InputError: Not durations, or not each longer than the one before.
        """
        usual = cls()
        parts = [each for each in (retries or "").split(",") if each.strip()]
        spans = tuple(duration(each) for each in parts) if retries is not None else usual.retries
        if not spans or any(a >= b for a, b in zip((timedelta(0), *spans), spans, strict=False)):
            raise InputError(
                f"retries are durations, each longer than the one before, such as 1h,1d,3d,5d; "
                f"met {retries!r}"
            )
        return cls(spans, usual.notice if notice is None else duration(notice))

    def next_try(self, due: int, now: int, end: int) -> int | None:
        """When to try again after a failure, Unix seconds; ``None`` if no try is left."""
        times = (due + int(each.total_seconds()) for each in self.retries)
        return next((each for each in times if now < each < end), None)
