"""Processes that kill themselves at a chosen step, as ``kill -9`` would.

What counts as a step is the caller's business: a statement, a commit, an exchange with a node. The
faults are put around the product here, which has no hook for them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any


class Steps:
    """Counts, and kills the process at step ``last``."""

    def __init__(self, last: int | None) -> None:
        self.count = 0
        self.last = last

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def run_to(kill_at: int | None, act: Callable[[Steps], object]) -> tuple[int | None, int | None]:
    """``act`` in a forked process: its exit code, and how many steps it took if it lived."""
    forked = multiprocessing.get_context("fork")
    reader, writer = forked.Pipe(duplex=False)

    def run() -> None:
        step = Steps(kill_at)
        act(step)
        writer.send(step.count)

    process = forked.Process(target=run)
    process.start()
    writer.close()
    process.join(60)
    return process.exitcode, reader.recv() if process.exitcode == 0 else None


def count_statements(step: Steps) -> None:
    """From now on, for good: a step before and after every SQLite statement of this process."""

    class Counted:
        def execute(self, *args: Any) -> Any:
            step()
            found = super().execute(*args)  # type: ignore[misc]
            step()
            return found

        def executemany(self, *args: Any) -> Any:
            step()
            found = super().executemany(*args)  # type: ignore[misc]
            step()
            return found

    class CountedCursor(Counted, sqlite3.Cursor):
        pass

    # Its own `execute` makes a cursor of its own, which is not counted again.
    class CountedConnection(Counted, sqlite3.Connection):
        def cursor(self, factory: type[sqlite3.Cursor] = CountedCursor) -> sqlite3.Cursor:
            return super().cursor(factory)

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    sqlite3.connect = lambda *args, **more: connect(*args, factory=CountedConnection, **more)
