"""What a contract has written, for those who look again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rapport.chain.sync import Chain
from rapport.models import Event

DEEP = 64
"""Blocks below the head from which on logs are taken as lasting: two epochs of Ethereum."""

Topic: TypeAlias = bytes | Sequence[bytes] | None


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for good, and the first block that was not."""

    events: tuple[Event, ...]
    following: int


class Logbook:
    """
    The events of a contract since it was deployed. What lies deep below the head is read once; what
    is nearer is read again, since it may change. Safe to share between threads.
    """

    def __init__(self, chain: Chain, contract: str, first: int) -> None:
        self._chain = chain
        self._contract = contract
        self._first = first
        self._read: dict[object, _Read] = {}

    def events(self, names: Sequence[str], topics: Sequence[Topic] = ()) -> list[Event]:
        """
        The events of these names, the oldest first. ``topics`` are those after the event's own; a
        list is any of its members.

        Raises:
            RpcError: The node serves no logs since the contract was deployed.
        """
        asked = (tuple(names), tuple(_hashable(each) for each in topics))
        before = self._read.get(asked, _Read((), self._first))
        head = self._chain.block().number  # asked first: whatever stands below it is found
        if head < before.following:  # a chain that was set back, as those for tests are
            before = _Read((), self._first)
        fresh = self._chain.events(
            self._contract, first=before.following, names=names, topics=topics
        )
        found = [*before.events, *fresh]
        lasting = head - DEEP
        if lasting >= before.following:
            kept = tuple(each for each in found if each.log.block_number <= lasting)
            self._read[asked] = _Read(kept, lasting + 1)
        return found


def _hashable(topic: Topic) -> object:
    return topic if topic is None or isinstance(topic, bytes) else tuple(topic)
