"""Clients of a chain with the suite on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from rapport import AsyncClient, Client, Policy, PurchaseRule
from rapport.errors import Reverted
from rapport.notices import NoticeDocument
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.notices import notice
from tests.sdk.support.suite import Suite, deploy

QUICK = Policy(poll=0.02)

ClientMaker = Callable[..., Client]

_numbers = count(1)


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    with Anvil() as anvil:
        yield deploy(anvil)


@pytest.fixture
def new_client(suite: Suite, tmp_path: Path) -> ClientMaker:
    """Makes clients over journals by name, the backend's unless another signer is given."""

    def make(journal: str, **settings: Any) -> Client:
        return Client(
            suite.anvil.url,
            journal=tmp_path / journal,
            **{"signer": suite.backend, "addresses": suite.book, "policy": QUICK, **settings},
        )

    return make


@pytest.fixture
def client(new_client: ClientMaker) -> Iterator[Client]:
    """The backend's client, which sends in the background."""
    with new_client("rapport.db") as made:
        yield made


@pytest.fixture
async def async_client(suite: Suite, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """The same, awaited."""
    async with await AsyncClient.connect(
        suite.anvil.url,
        signer=suite.backend,
        addresses=suite.book,
        journal=tmp_path / "async.db",
        policy=QUICK,
    ) as made:
        yield made


@pytest.fixture
def customer(client: Client) -> str:
    """A registered customer's number."""
    number = f"C-{next(_numbers)}"
    client.customer.register(number).wait(timeout=30)
    return number


@pytest.fixture
def published(client: Client) -> NoticeDocument:
    """The notice that is current, whose document the client knows."""
    version, _ = client.chain.call("ConsentRegistry", "currentNotice", 0)
    document = notice(version + 1)
    client.consent.publish_notice(document).wait(timeout=30)
    return document


@pytest.fixture
def dollars(client: Client) -> None:
    """A rule of one point for each dollar."""
    try:
        client.earn.rule("USD")
    except Reverted:
        from decimal import Decimal

        client.earn.set_rule(PurchaseRule("USD", 1, Decimal(1))).wait(timeout=30)
