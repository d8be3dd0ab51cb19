"""Random schedules of everything that can happen to a sender, and the law that survives them.

Forty in the default profile, a thousand with ``RAPPORT_PROFILE=deep``. A seed names its schedule;
``RAPPORT_SEED=123`` runs that one alone.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rapport.chain import Patience
from rapport.errors import LeaseHeld, RpcError
from rapport.outbox import Outbox, Payload, Policy, SqliteJournal, State
from rapport.outbox.policy import Price
from rapport.outbox.transactions import sign
from rapport.outbox.worker import Worker
from tests.sdk.conftest import deep
from tests.sdk.support.anvil import CHAIN_ID, Anvil
from tests.sdk.support.faulty_rpc import FaultyRpc
from tests.sdk.support.kinds import all_kinds, award, customer_id
from tests.sdk.support.ledger import assert_exactly_once
from tests.sdk.support.suite import Suite, deploy

CUSTOMERS = 8
GWEI = 10**9
LEASE = 0.05


def seeds() -> list[int]:
    chosen = os.environ.get("RAPPORT_SEED")
    if chosen:
        return [int(chosen)]
    return list(range(1_000 if deep() else 40))


class Schedule:
    """One run: a chain, a node that lies about it, and a sender that is killed now and then."""

    def __init__(self, seed: int, suite: Suite, node: FaultyRpc, journal: Path) -> None:
        self.random = random.Random(seed)
        self.suite = suite
        self.anvil = suite.anvil
        self.node = node
        self.journal = journal
        self.awards: dict[str, Payload] = {}
        self.kind_of: dict[str, str] = {}
        self.trace: list[str] = []
        self.depth = self.random.randint(0, 3)
        self.window = self.random.choice([2, 5, 64])
        self.outbox = self.connect()
        self.worker: Worker | None = None

    def connect(self) -> Outbox:
        """A sender as a process that has just started has it."""
        patience = Patience(tries=4, first=0.001, longest=0.004)
        chain = self.suite.connect(self.node.url, timeout=5.0, patience=patience)
        policy = Policy(
            confirmations=self.depth,
            max_in_flight=self.window,
            poll=0.001,
            lease=LEASE,
            resend_after=0.02,
            bump_after=0.05,
        )
        return Outbox(
            chain,
            SqliteJournal(self.journal),
            self.suite.backend,
            all_kinds(self.suite),
            policy,
        )

    # What can happen

    def submit(self) -> None:
        for _ in range(self.random.randint(1, 6)):
            key = f"order:{len(self.awards)}"
            kind = self.random.choice(["test.award", "test.blind", "test.awards", "test.awards"])
            _, self.awards[key] = award(self.random.randrange(CUSTOMERS), key)
            self.kind_of[key] = kind
            self.hand_in(key)

    def submit_again(self) -> None:
        if self.awards:
            self.hand_in(self.random.choice(list(self.awards)))

    def hand_in(self, key: str) -> None:
        while True:
            with suppress(RpcError):
                self.outbox.submit(self.kind_of[key], self.awards[key], key=key)
                return

    def turn(self) -> None:
        """Some turns of the worker; what stops it now may not stop it later."""
        for _ in range(self.random.randint(1, 4)):
            try:
                if self.worker is None:
                    self.worker = self.hire()
                self.worker.turn()
            except LeaseHeld:
                self.worker = None
                time.sleep(LEASE)
            except RpcError:
                pass

    def hire(self) -> Worker:
        outbox = self.outbox
        kinds = {kind.name: kind for kind in all_kinds(self.suite)}
        return Worker(outbox.chain, outbox.journal, outbox.signer, kinds, outbox.policy, CHAIN_ID)

    def mine(self) -> None:
        self.anvil.mine(self.random.randint(1, 2))

    def reorganise(self) -> None:
        """As deep as the sender was told to expect."""
        if self.depth:
            self.anvil.reorg(self.random.randint(1, self.depth))

    def drop_one(self) -> None:
        pool = self.anvil.ask("txpool_content")
        waiting = [
            tx["hash"] for part in pool.values() for txs in part.values() for tx in txs.values()
        ]
        if waiting:
            self.anvil.drop(self.random.choice(waiting))

    def drop_all(self) -> None:
        self.anvil.drop_all()

    def spike(self) -> None:
        self.anvil.base_fee(self.random.choice([10, 40, 120]) * GWEI)
        self.anvil.mine()

    def foreign(self) -> None:
        """The same key is used elsewhere, and wins our nonce."""
        signer = self.suite.backend
        base = self.suite.chain.block().base_fee
        attempt = sign(
            signer,
            chain_id=CHAIN_ID,
            nonce=self.suite.chain.nonce(signer.address),
            to=signer.address,
            data=b"",
            value=0,
            gas=21_000,
            price=Price(4 * base + 2_000 * GWEI, 500 * GWEI),
        )
        self.suite.chain.send_raw([(attempt.hash, attempt.raw)])
        if self.random.random() < 0.7:
            self.anvil.mine()

    def crash(self) -> None:
        """The process is gone; its memory and its lease are not given back."""
        if self.worker is not None:
            self.worker._radio.shutdown(cancel_futures=True)
        self.worker = None
        self.outbox = self.connect()

    def rival(self) -> None:
        """Another process takes over as soon as it may; the first one finds out."""
        time.sleep(LEASE)
        before, self.worker = self.worker, None
        self.turn()
        if before is not None and self.worker is not None:
            with suppress(LeaseHeld, RpcError):
                before.turn()

    def run(self, steps: int) -> None:
        happenings: list[tuple[int, Callable[[], None]]] = [
            (5, self.submit),
            (1, self.submit_again),
            (10, self.turn),
            (6, self.mine),
            (3, self.reorganise),
            (2, self.drop_one),
            (1, self.drop_all),
            (2, self.spike),
            (2, self.foreign),
            (2, self.crash),
            (1, self.rival),
        ]
        for _ in range(steps):
            (step,) = self.random.choices(
                [step for _, step in happenings], [weight for weight, _ in happenings]
            )
            self.trace.append(step.__name__)
            step()

    def calm(self) -> None:
        """No more faults: everything comes to its end."""
        self.node.chance = 0
        self.submit()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.turn()
            self.anvil.mine()
            if not self.outbox.status().open:
                return
        stuck = [entry for entry in self.outbox.list(limit=1000) if not entry.state.ended]
        pytest.fail(f"stuck after {self.trace}: {stuck}, {self.outbox.status()}")


@pytest.mark.parametrize("seed", seeds())
def test_effects_equal_intents_after_any_schedule(seed: int, tmp_path: Path) -> None:
    print(f"RAPPORT_SEED={seed}")  # noqa: T201 - shown when the schedule fails
    with Anvil() as anvil:
        suite = deploy(anvil)
        ids = [customer_id(number) for number in range(CUSTOMERS)]
        suite.transact(suite.backend, "CustomerRegistry", "registerBatch", ids, bytes(32))
        anvil.mine(4)  # deeper than any reorganisation to come
        anvil.automine(False)
        chance = random.Random(seed).choice([0.0, 0.1, 0.25])
        with FaultyRpc(anvil.url, seed, chance) as node:
            schedule = Schedule(seed, suite, node, tmp_path / "journal.db")
            schedule.run(steps=40)
            schedule.calm()
            assert schedule.outbox.status().counts == {State.FINAL: len(schedule.awards)}
            assert_exactly_once(suite, schedule.outbox, schedule.awards)
