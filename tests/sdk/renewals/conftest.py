"""A merchant's collector, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rapport import Client
from rapport.renewals import Collector
from tests.sdk.support.recurring import connected, merchant, new_plan, payer, suite, undone
from tests.sdk.support.suite import Suite

__all__ = ["merchant", "new_plan", "payer", "suite", "undone"]

CollectorMaker = Callable[..., Collector]


@pytest.fixture
def new_collector(suite: Suite, tmp_path: Path) -> Iterator[CollectorMaker]:
    """Makes collectors of the merchant, each with a client of its own over a journal by name."""
    clients: list[Client] = []
    made: list[Collector] = []

    def make(journal: str = "merchant.db", *, signer: Any = None, **settings: Any) -> Collector:
        client = connected(suite, tmp_path / journal, signer or suite.merchant, send=False)
        clients.append(client)
        made.append(client.renewals(**{"merchant": suite.merchant.address, **settings}))
        return made[-1]

    yield make
    for collector in made:
        collector.close()
    for client in clients:
        client.close()


@pytest.fixture
def collector(new_collector: CollectorMaker) -> Collector:
    """The merchant's collector."""
    return new_collector()


def told(collector: Collector) -> list[dict[str, Any]]:
    """The events that were not told before."""
    lines: list[str] = []
    collector.tell(lines.extend)
    return [json.loads(line) for line in lines]


def kinds(collector: Collector) -> list[str]:
    """Their names."""
    return [each["event"] for each in told(collector)]
