"""What keeps a sender from going on, and when those who wait for it are told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rapport.errors import (
    ConfigError,
    InsufficientFunds,
    LeaseHeld,
    NotDeployed,
    RapportError,
    RpcError,
    SenderStuck,
    Underpriced,
    WrongChain,
)

_LASTING = (ConfigError, InsufficientFunds, NotDeployed, WrongChain)
"""Somebody has to do something first; the message says what."""
_PASSING = (LeaseHeld, RpcError, Underpriced)
_TIMES = 3  # in a row, until an error that nobody foresaw is held to last


def describe(error: BaseException) -> str:
    """An error as the journal keeps it for other processes."""
    return f"{type(error).__name__}: {error}"


def lasts(trouble: str) -> bool:
    """True if the trouble that :func:`describe` wrote does not mend by itself."""
    return trouble.partition(":")[0] in {kind.__name__ for kind in _LASTING}


class Trouble:
    """The last failure of the sender in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._error: Exception | None = None
        self._at = 0.0
        self._times = 0

    def note(self, error: Exception, began: float) -> None:
        """A try of the sender that ``began`` then, on the monotonic clock, failed."""
        with self._lock:
            self._times = self._times + 1 if type(error) is type(self._error) else 1
            self._error, self._at = error, began

    def clear(self) -> None:
        """The sender goes on."""
        with self._lock:
            self._error, self._times = None, 0

    @property
    def present(self) -> bool:
        """True if its last try failed."""
        return self._error is not None

    def lasting(self, since: float) -> Exception | None:
        """What it met at a try begun after this moment, if that does not mend by itself."""
        with self._lock:
            error = self._error
            if error is None or self._at < since or isinstance(error, _PASSING):
                return None
            foreseen = isinstance(error, RapportError)
            return error if foreseen or self._times >= _TIMES else None


class Watch:
    """
    One waiter's eye on the sender. Trouble from before it began to wait does not count: whoever
    was told to fund the account, did, and waits again must not be told so again.

    Args:
        trouble: Of the sender in this process.
        elsewhere: Who sends for the account, and its trouble, as the journal has it.
        patience: Seconds in which a sender of another process has surely tried again.
    """

    def __init__(
        self,
        trouble: Trouble,
        elsewhere: Callable[[], tuple[str | None, str | None]],
        patience: float,
    ) -> None:
        self._trouble = trouble
        self._elsewhere = elsewhere
        self._patience = patience
        self._began = time.monotonic()
        self._next = self._began + patience

    def check(self) -> None:
        """
        Raise what keeps the sender from going on, unless it mends by itself.

        Raises:
            InsufficientFunds, WrongChain, NotDeployed, ConfigError: In this process.
            SenderStuck: One of these, in another.
        """
        error = self._trouble.lasting(self._began)
        if error is not None:
            raise error
        now = time.monotonic()
        if now >= self._next:
            self._next = now + min(1.0, self._patience)
            worker, trouble = self._elsewhere()
            if worker is not None and trouble is not None and lasts(trouble):
                raise SenderStuck(worker, trouble)
