"""Fixtures of the SDK's tests: a chain, the suite on it, an outbox. Never loads Ape."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rapport.chain import Chain, Patience
from rapport.outbox import Outbox, Policy, SqliteJournal
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.kinds import all_kinds, customer_id
from tests.sdk.support.suite import Suite, deploy

# How long an example takes says more of the machine than of the code.
settings.register_profile("sdk", deadline=None)
settings.load_profile("sdk")

FAST = {"poll": 0.01, "lease": 0.5}
"""Settings under which an outbox loses no time on a local chain."""

QUICK = Patience(tries=8, first=0.002, longest=0.05)

OutboxMaker = Callable[..., Outbox]


def deep() -> bool:
    """True in the deep profile."""
    return os.environ.get("RAPPORT_PROFILE") == "deep"


@pytest.fixture(scope="session")
def shared_anvil() -> Iterator[Anvil]:
    """One chain for tests that leave it as they found it."""
    with Anvil() as anvil:
        yield anvil


@pytest.fixture(scope="session")
def deployed(shared_anvil: Anvil) -> Suite:
    """The suite on the shared chain, with customers 0 to 39 registered."""
    suite = deploy(shared_anvil)
    ids = [customer_id(number) for number in range(40)]
    suite.transact(suite.backend, "CustomerRegistry", "registerBatch", ids, bytes(32))
    return suite


@pytest.fixture
def suite(deployed: Suite) -> Iterator[Suite]:
    """The suite as deployed; what a test does to the chain is undone after it."""
    snapshot = deployed.anvil.ask("evm_snapshot")
    yield deployed
    deployed.anvil.drop_all()
    deployed.anvil.automine(True)
    assert deployed.anvil.ask("evm_revert", snapshot)
    # The node keeps the fee it would have asked next.
    deployed.anvil.base_fee(deployed.chain.block().base_fee)


@pytest.fixture
def chain(suite: Suite) -> Chain:
    """A connection of the test's own, with the suite's addresses."""
    return suite.connect()


@pytest.fixture
def make_outbox(suite: Suite, tmp_path: Path) -> Iterator[OutboxMaker]:
    """Makes outboxes of the backend over one journal; ``url`` leads through another node."""
    made: list[Outbox] = []

    def make(url: str | None = None, *, journal: str = "journal.db", **settings: Any) -> Outbox:
        outbox = Outbox(
            suite.connect(url, patience=QUICK),
            SqliteJournal(tmp_path / journal),
            suite.backend,
            all_kinds(suite),
            Policy(**{**FAST, **settings}),
        )
        made.append(outbox)
        return outbox

    yield make
    for outbox in made:
        outbox.stop()


@pytest.fixture
def outbox(make_outbox: OutboxMaker) -> Outbox:
    """An outbox of the backend that nobody drives yet."""
    return make_outbox()
