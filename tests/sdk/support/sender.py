"""A sender in a process of its own, which kills itself at a chosen step.

A step is one statement of the journal, one commit, or one exchange with the node, each counted
before and after it happens, around the journal's cursor and the chain's transport.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from rapport.artifacts import AddressBook
from rapport.chain import Chain
from rapport.outbox import Outbox, Policy, SqliteJournal
from rapport.outbox.sql import Cursor
from tests.sdk.support.anvil import CHAIN_ID
from tests.sdk.support.killed import Steps
from tests.sdk.support.kinds import all_kinds, award
from tests.sdk.support.suite import Suite, account


class CountedCursor:
    """A cursor whose every statement is a step."""

    def __init__(self, cursor: Cursor, step: Steps) -> None:
        self._cursor = cursor
        self._step = step

    def execute(self, sql: str, values: Any = ()) -> Any:
        self._step()
        found = self._cursor.execute(sql, values)
        self._step()
        return found

    def executemany(self, sql: str, rows: Any) -> Any:
        self._step()
        found = self._cursor.executemany(sql, rows)
        self._step()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class CountedJournal(SqliteJournal):
    """A journal whose writing statements and commits are steps."""

    def __init__(self, path: Path, step: Steps) -> None:
        self._step = step
        super().__init__(path)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        with super().transaction() as cursor:
            yield cast(Cursor, CountedCursor(cursor, self._step))
            self._step()
        self._step()


class CountedChain(Chain):
    """A chain whose every exchange is a step."""

    step: Steps

    def _post(self, body: bytes) -> tuple[int, bytes]:
        self.step()
        answer = super()._post(body)
        self.step()
        return answer


def run(settings: dict[str, Any], step: Steps) -> None:
    """Hand six awards in and send them."""
    book = AddressBook.read(Path(settings["book"]))
    chain = CountedChain(settings["url"], chain_id=CHAIN_ID, book=book)
    chain.step = step
    suite = Suite(cast(Any, None), book)
    outbox = Outbox(
        chain,
        CountedJournal(Path(settings["journal"]), step),
        account(1),
        all_kinds(suite),
        Policy(poll=0.005, lease=30),
    )
    for kind in ("test.award", "test.awards"):
        outbox.submit_many(kind, [award(n, f"{kind}:{n}") for n in range(3)])
    outbox.drain(timeout=30)
