"""A collector that somebody else's clock drives, such as new blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from rapport.renewals.collector import Collector, Report
from rapport.renewals.telling import Write


class Rounds:
    """
    Takes a turn when it is told that time has passed, and tells of it: never two at once, and none
    sooner than ``every`` after the last one began.
    """

    def __init__(
        self,
        collector: Collector,
        write: Write,
        every: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collector = collector
        self._write = write
        self._every = every.total_seconds()
        self._clock = clock
        self._began: float | None = None
        self._busy = threading.Lock()

    def tick(self) -> Report | None:
        """
        A turn, if it is time for one.

        Raises:
            As :meth:`Collector.turn`; the next tick after the interval tries again.
        """
        if not self._busy.acquire(blocking=False):
            return None
        try:
            now = self._clock()
            if self._began is not None and now - self._began < self._every:
                return None
            self._began = now
            report = self._collector.turn()
            self._collector.tell(self._write)
            return report
        finally:
            self._busy.release()

    def close(self) -> None:
        """Closes the collector, once the turn under way has ended."""
        with self._busy:
            self._collector.close()
