"""A file with a directory and a journal in it, and no chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from rapport.directory import Directory, Person
from rapport.outbox import Attempt, Outbox, Outcome, SqliteJournal, State
from rapport.outbox.journal import Changes, IntentEnd, Lease, Settled, SignedTx
from rapport.outbox.kinds import fingerprint
from rapport.outbox.records import NewIntent
from rapport.sealing import Seal
from tests.sdk.support.suite import account

CHAIN = 31337
BLOCK = "0x" + "b" * 64


@dataclass
class Books:
    """One brand's file, and how intents come into it."""

    path: Path
    seal: Seal | None = None
    nonce: int = 0
    directory: Directory = field(init=False)
    journal: SqliteJournal = field(init=False)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.directory = Directory(self.path, seal=self.seal)
        self.journal = SqliteJournal(self.path)
        self.outbox = Outbox(cast(Any, None), self.journal, account(1))
        self.outbox._bound = CHAIN  # no chain is asked

    @property
    def lease(self) -> Lease:
        signer = self.outbox.signer.address
        return self.journal.acquire(CHAIN, signer, "tests", 60, over="tests")

    def submit(self, person: Person, key: str, kind: str = "loyalty.award", **more: str) -> int:
        """An intent about a customer, queued."""
        payload = {"customer": person.hex, **more}
        intent = NewIntent(key, kind, json.dumps(payload), fingerprint(kind, payload))
        (made,) = self.journal.add(CHAIN, self.outbox.signer.address, [intent])
        return made.id

    def sign(self, *intents: int, data: bytes = b"call") -> int:
        """Puts intents into one transaction, signed and not sent."""
        tx_hash = f"0x{self.nonce:064x}"
        attempt = Attempt(tx_hash, b"raw" + data, 2, 1, False, datetime.now(UTC))
        signed = SignedTx(
            self.nonce, account(2).address, data, 0, 21_000, "loyalty.award", intents, attempt
        )
        self.nonce += 1
        return self.journal.commit(self.lease, Changes(signed=[signed]))[0]

    def settle(self, tx: int, *intents: int, ok: bool = True) -> None:
        """Makes a transaction and its intents final, or failed."""
        outcome = (Outcome.done(points=5) if ok else Outcome("refused")).dump()
        state = State.FINAL if ok else State.FAILED
        ends = [IntentEnd(each, state, outcome) for each in intents]
        settled = Settled(tx, "final", f"0x{self.nonce - 1:064x}", 7, BLOCK, ends)
        self.journal.commit(self.lease, Changes(settled=[settled]))

    def send(self, person: Person, key: str, kind: str = "loyalty.award", **more: str) -> int:
        """An intent about a customer, final."""
        number = self.submit(person, key, kind, **more)
        self.settle(self.sign(number, data=b"call" + person.id), number)
        return number

    def bytes(self) -> bytes:
        """All that is on disk."""
        return b"".join(each.read_bytes() for each in sorted(self.path.parent.iterdir()))

    def close(self) -> None:
        self.directory.close()
        self.journal.close()


@pytest.fixture
def open_books(tmp_path: Path) -> Iterator[Callable[..., Books]]:
    """Opens files, which are closed after the test."""
    made: list[Books] = []

    def make(name: str = "a", **settings: Any) -> Books:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        made.append(Books(folder / "rapport.db", **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def books(open_books: Callable[..., Books]) -> Books:
    """One file that is not sealed."""
    return open_books()
