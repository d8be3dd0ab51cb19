"""The outbox for asyncio: the same journal and worker, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from rapport.outbox.handover import Adopted
from rapport.outbox.journal import Progress
from rapport.outbox.kinds import Outcome, Payload
from rapport.outbox.outbox import Outbox, Submission, ended
from rapport.outbox.records import Detail, Entry, State, Status

_LOOK = 0.05  # seconds between looks at the journal, one look for all that wait


class AsyncSubmission:
    """As :class:`~rapport.outbox.Submission`; ``await submission`` waits for its end."""

    __slots__ = ("_outbox", "_submission")

    def __init__(self, outbox: AsyncOutbox, submission: Submission) -> None:
        self._outbox = outbox
        self._submission = submission

    @property
    def id(self) -> int:
        """Its number in the journal."""
        return self._submission.id

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return self._submission.key

    @property
    def state(self) -> State:
        """As of the last look."""
        return self._submission.state

    @property
    def outcome(self) -> Outcome | None:
        """What became of it, once it is mined."""
        return self._submission.outcome

    async def wait(self, confirmations: int | None = None, timeout: float | None = None) -> Outcome:
        """As :meth:`Submission.wait <rapport.outbox.Submission.wait>`."""
        (progress,) = await self._outbox.await_all([self], confirmations, timeout)
        return ended(progress)

    def __await__(self) -> Generator[Any, None, Outcome]:
        return self.wait().__await__()

    def __repr__(self) -> str:
        return f"Async{self._submission!r}"


class AsyncOutbox:
    """
    An :class:`~rapport.outbox.Outbox` whose methods are awaited. What blocks, disk and network,
    runs in threads; the event loop never waits.
    """

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    async def submit(self, kind: str, payload: Payload, *, key: str) -> AsyncSubmission:
        """As :meth:`Outbox.submit <rapport.outbox.Outbox.submit>`."""
        return (await self.submit_many(kind, [(key, payload)]))[0]

    async def submit_many(
        self, kind: str, items: Iterable[tuple[str, Payload]]
    ) -> list[AsyncSubmission]:
        """As :meth:`Outbox.submit_many <rapport.outbox.Outbox.submit_many>`."""
        kept = await asyncio.to_thread(self.outbox.submit_many, kind, list(items))
        return [AsyncSubmission(self, submission) for submission in kept]

    async def get(self, which: int | str) -> AsyncSubmission:
        """A submission by id or key."""
        return AsyncSubmission(self, await asyncio.to_thread(self.outbox.get, which))

    async def show(self, which: int | str) -> Detail:
        """All that is known of an intent."""
        return await asyncio.to_thread(self.outbox.show, which)

    async def list(
        self, state: State | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[Entry]:
        """Intents in the order they came."""
        return await asyncio.to_thread(self.outbox.list, state, after, limit)

    async def status(self) -> Status:
        """How things stand."""
        return await asyncio.to_thread(self.outbox.status)

    async def cancel(self, which: int | str) -> State:
        """End an intent before it takes effect."""
        return await asyncio.to_thread(self.outbox.cancel, which)

    async def retry(self, which: int | str) -> State:
        """Queue a failed or cancelled intent again."""
        return await asyncio.to_thread(self.outbox.retry, which)

    async def adopt(self, former: str) -> Adopted:
        """Take over what a former account left open."""
        return await asyncio.to_thread(self.outbox.adopt, former)

    async def drain(self, timeout: float | None = None) -> Status:
        """Send until everything has come to its end."""
        return await asyncio.to_thread(self.outbox.drain, timeout)

    async def await_all(
        self,
        submissions: Sequence[AsyncSubmission],
        confirmations: int | None = None,
        timeout: float | None = None,
    ) -> Sequence[Progress]:
        """As :meth:`Outbox.await_all <rapport.outbox.Outbox.await_all>`."""
        waiting = [submission._submission for submission in submissions]

        watch = self.outbox.watch()

        async def look() -> Sequence[Progress]:
            while True:
                ready = await asyncio.to_thread(self.outbox.look, waiting, confirmations)
                if ready is not None:
                    return ready
                await asyncio.to_thread(watch.check)
                await asyncio.sleep(_LOOK)

        try:
            return await asyncio.wait_for(look(), timeout)
        except TimeoutError:
            raise self.outbox.pending(waiting) from None
