"""Any number of items through the outbox, in bounded memory, with what became of each.

Items are kept in the journal a chunk at a time, one commit for each. Only so many are under way at
once: then nothing is taken from the iterable until the oldest chunk is mined. What comes back is
in the order of the items. One that is refused, by the SDK or by a contract, stops nobody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Generic, TypeVar

from rapport.errors import (
    Cancelled,
    IdempotencyConflict,
    NotFound,
    Pending,
    RapportError,
    Reverted,
)
from rapport.outbox import Outbox, Outcome, State, Status, Submission
from rapport.services.drafts import Drafted

T = TypeVar("T")

CHUNK = 500  # items to a commit
UNDER_WAY = 10_000  # items kept and not yet mined
LOOK = 1.0  # seconds between looks at whether the sender is in trouble
PATIENCE = 30.0  # seconds that trouble may last before it is raised


@dataclass(frozen=True, slots=True)
class Streamed(Generic[T]):
    """What became of one item: its ``outcome`` on chain, or the ``error`` that kept it away."""

    item: T
    key: str | None
    outcome: Outcome | None = None
    error: RapportError | None = None
    repeated: bool = False  # the journal had it from an earlier run

    @property
    def ok(self) -> bool:
        """True if it has taken effect, now or before."""
        return self.error is None

    @property
    def status(self) -> str:
        """``done``, ``duplicate`` (was done before), ``refused`` (chain) or ``invalid`` (SDK)."""
        if self.error is not None:
            return "refused" if isinstance(self.error, Reverted | Cancelled) else "invalid"
        if self.repeated or self.outcome is None:
            return "duplicate"
        return self.outcome.status


@dataclass(slots=True)
class Summary:
    """How many items came to which end."""

    done: int = 0
    duplicate: int = 0
    refused: int = 0
    invalid: int = 0

    @property
    def total(self) -> int:
        return self.done + self.duplicate + self.refused + self.invalid

    def count(self, status: str) -> None:
        setattr(self, status, getattr(self, status) + 1)


@dataclass(slots=True)
class _Chunk(Generic[T]):
    drafted: list[Drafted[T]]
    submissions: list[Submission | RapportError]
    repeated: set[int]  # ids that had left the queue when they were submitted

    def open(self) -> list[Submission]:
        return [each for each in self.submissions if isinstance(each, Submission)]

    def ended(self) -> Iterator[Streamed[T]]:
        for drafted, submission in zip(self.drafted, self.submissions, strict=True):
            key = None if drafted.draft is None else drafted.draft.key
            if not isinstance(submission, Submission):
                yield Streamed(drafted.item, key, error=submission)
                continue
            outcome = submission.outcome
            error: RapportError | None = None if outcome is None else outcome.error
            if submission.state is State.CANCELLED:
                error = Cancelled(submission.key)
            repeated = submission.id in self.repeated
            yield Streamed(drafted.item, key, outcome, error, repeated)


class _Feed(Generic[T]):
    """The part that both streams share: taking chunks, and telling how they ended."""

    def __init__(
        self,
        outbox: Outbox,
        drafts: Iterator[Drafted[T]],
        *,
        under_way: int = UNDER_WAY,
        background: bool = True,
    ) -> None:
        self.outbox = outbox
        self.watch: Callable[[int], None] | None = None
        """Called now and then with how many items have come to their end."""
        self._background = background
        self._taken = 0
        self.summary = Summary()
        self._drafts = drafts
        self._most = max(1, under_way // CHUNK)
        self._chunks: deque[_Chunk[T]] = deque()
        self._seen: set[int] = set()

    def fill(self) -> None:
        """Take from the iterable until enough is under way."""
        while len(self._chunks) < self._most:
            drafted = list(islice(self._drafts, CHUNK))
            if not drafted:
                return
            self._chunks.append(self._submit(drafted))
            self._taken += len(drafted)

    def oldest(self) -> _Chunk[T] | None:
        return self._chunks[0] if self._chunks else None

    def await_oldest(self, chunk: _Chunk[T]) -> None:
        """
        Returns once the chunk is mined: by the background thread's work, or by sending here.

        Raises:
            RapportError: The sender cannot go on.
        """
        submissions = chunk.open()
        troubled = 0.0
        while submissions:
            if not self._background:
                self.outbox.drain(progress=self._report)
                self.outbox.await_all(submissions, confirmations=0, timeout=LOOK)
                return
            try:
                self.outbox.await_all(submissions, confirmations=0, timeout=LOOK)
                return
            except Pending:
                trouble = self.outbox.status().trouble
                troubled = troubled + LOOK if trouble else 0.0
                if troubled > PATIENCE:
                    raise RapportError(f"{trouble}; what was taken stays in the outbox") from None

    def close_oldest(self) -> list[Streamed[T]]:
        ended = list(self._chunks.popleft().ended())
        for each in ended:
            self.summary.count(each.status)
        return ended

    def _report(self, status: Status) -> None:
        if self.watch is not None:
            self.watch(max(0, self._taken - status.open))

    def _submit(self, drafted: list[Drafted[T]]) -> _Chunk[T]:
        found: list[Submission | RapportError] = []
        for kind, group in groupby(drafted, lambda each: each.draft and each.draft.kind):
            members = list(group)
            if kind is None:
                found += [each.error or NotFound("nothing to send") for each in members]
            else:
                items = [(each.draft.key, each.draft.payload) for each in members if each.draft]
                found += self._keep(kind.name, items)
        for each in found:
            # What a contract refused in an earlier run may be allowed by now. A cancelled one
            # was cancelled by somebody, and stays so.
            if isinstance(each, Submission) and each.state is State.FAILED:
                self.outbox.retry(each.id)
                each.refresh()
        repeated = {
            each.id
            for each in found
            if isinstance(each, Submission) and each.state is not State.QUEUED
        }
        return _Chunk(drafted, found, repeated)

    def _keep(self, kind: str, items: list[tuple[str, Any]]) -> list[Submission | RapportError]:
        """All in one commit; where one of them is refused, each by itself."""
        try:
            return [*self.outbox.submit_many(kind, items)]
        except RapportError as error:
            if len(items) == 1:
                if isinstance(error, IdempotencyConflict) or not error.retryable:
                    return [error]
                raise
            middle = len(items) // 2
            return self._keep(kind, items[:middle]) + self._keep(kind, items[middle:])


class Stream(_Feed[T]):
    """
    Iterate it for what became of each item; nothing is sent before. :meth:`finish` runs to the end.

    Raises while iterating:
        RapportError: The sender cannot go on, such as for lack of funds. What was taken stays in
            the journal, and the same items may be streamed again.

    An item that a contract refused in an earlier run is tried again.
    """

    def __iter__(self) -> Iterator[Streamed[T]]:
        while True:
            self.fill()
            chunk = self.oldest()
            if chunk is None:
                return
            self.await_oldest(chunk)
            yield from self.close_oldest()

    def finish(self) -> Summary:
        """Run to the end, and count how the items ended."""
        for _ in self:
            pass
        return self.summary


class AsyncStream(_Feed[T]):
    """As :class:`Stream`, for ``async for``; the event loop never waits."""

    async def __aiter__(self) -> AsyncIterator[Streamed[T]]:
        while True:
            await asyncio.to_thread(self.fill)
            chunk = self.oldest()
            if chunk is None:
                return
            await asyncio.to_thread(self.await_oldest, chunk)
            for each in self.close_oldest():
                yield each

    async def finish(self) -> Summary:
        """Run to the end, and count how the items ended."""
        async for _ in self:
            pass
        return self.summary
