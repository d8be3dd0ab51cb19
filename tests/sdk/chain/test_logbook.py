"""Logs that are looked at again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.chain import Logbook
from rapport.chain.logbook import DEEP
from rapport.models import Block, Event, Log

FIRST = 10


class Written:
    """A chain on which a contract has written at some heights, and what was asked of it."""

    def __init__(self, *heights: int, head: int) -> None:
        self.heights = list(heights)
        self.head = head
        self.asked: list[int] = []

    def block(self) -> Block:
        return Block(self.head, "0x", "0x", datetime.now(UTC), 0, 30_000_000)

    def events(
        self, contract: str, *, first: int, names: Sequence[str], topics: Sequence[Any]
    ) -> list[Event]:
        self.asked.append(first)
        return [
            Event(contract, names[0], {}, Log("0x", (), b"", height, "0x", "0x", 0))
            for height in self.heights
            if height >= first
        ]


def found(logbook: Logbook, *topics: Any) -> list[int]:
    return [each.log.block_number for each in logbook.events(["Opened"], topics)]


def test_what_lies_deep_is_read_once() -> None:
    chain = Written(20, 500, 990, head=1_000)
    logbook = Logbook(chain, "SLAEscrow", FIRST)  # type: ignore[arg-type]
    assert found(logbook) == [20, 500, 990]
    chain.heights.append(1_010)
    chain.head = 1_010
    assert found(logbook) == [20, 500, 990, 1_010]
    assert chain.asked == [FIRST, 1_000 - DEEP + 1]


def test_what_is_near_the_head_and_was_undone_is_gone_at_the_next_look() -> None:
    chain = Written(20, 990, head=1_000)
    logbook = Logbook(chain, "SLAEscrow", FIRST)  # type: ignore[arg-type]
    assert found(logbook) == [20, 990]
    chain.heights.remove(990)
    chain.heights.append(995)
    assert found(logbook) == [20, 995]


@pytest.mark.parametrize("depth", [DEEP - 1, DEEP, DEEP + 1])
def test_an_event_at_the_edge_is_found_once(depth: int) -> None:
    chain = Written(1_000 - depth, head=1_000)
    logbook = Logbook(chain, "SLAEscrow", FIRST)  # type: ignore[arg-type]
    for chain.head in range(1_000, 1_004):
        assert found(logbook) == [1_000 - depth]


def test_a_chain_that_was_set_back_is_read_anew() -> None:
    chain = Written(20, 500, head=1_000)
    logbook = Logbook(chain, "SLAEscrow", FIRST)  # type: ignore[arg-type]
    found(logbook)
    chain.heights, chain.head = [20], 100
    assert found(logbook) == [20]


def test_each_question_is_remembered_by_itself() -> None:
    chain = Written(20, head=1_000)
    logbook = Logbook(chain, "SLAEscrow", FIRST)  # type: ignore[arg-type]
    for topics in ((), (None, [b"\1" * 32]), (None, [b"\1" * 32, b"\2" * 32])):
        assert found(logbook, *topics) == [20]
    assert chain.asked == [FIRST] * 3
