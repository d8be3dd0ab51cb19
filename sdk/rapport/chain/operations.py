"""What is asked of a chain, as generators over :mod:`.rpc`; sync and async run the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rapport import artifacts
from rapport.artifacts import AddressBook, Interface
from rapport.chain import requests, rpc
from rapport.chain.requests import BlockId
from rapport.chain.rpc import Fault, Operation, Patience, Reply, Request
from rapport.errors import ConfigError, NotDeployed, RpcError, WrongChain
from rapport.models import Block, Event, Fees, Log, Receipt, SendReply


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract of the suite on this chain: its address and its interface."""

    name: str
    address: str
    interface: Interface
    block: int = 0
    """The block it was deployed in: logs begin there."""

    def encode(self, function: str, *args: Any) -> bytes:
        """Calldata of a call."""
        return self.interface.encode(function, *args)

    def events(self, receipt: Receipt) -> list[Event]:
        """This contract's events in a receipt, in their order."""
        found = (
            self.interface.decode_log(log) for log in receipt.logs if log.address == self.address
        )
        return [event for event in found if event is not None]


@dataclass(frozen=True, slots=True)
class Read:
    """One view call: ``Read("LoyaltyPoints", "balanceOf", (customer_id,))``."""

    contract: str
    function: str
    args: Sequence[Any] = ()
    refusable: bool = False
    """Whether a revert is an answer: ``None``."""


@dataclass(frozen=True, slots=True)
class Logged:
    """
    The events of a contract since it was deployed, decoded:
    ``Logged("Payments", ["Paid"], [order_id])``. ``topics`` are those after the event's own.
    """

    contract: str
    names: Sequence[str]
    topics: Sequence[bytes | None] = ()


Question = Read | Request | Logged


@dataclass
class Core:
    """State and decisions shared by ``Chain`` and ``AsyncChain``."""

    expected: int | None
    book: AddressBook | None = None
    addresses: str | None = None
    patience: Patience = field(default_factory=Patience)
    batch_limit: int = 200
    verified: bool = False

    def chain_id(self) -> Operation[int]:
        """The chain's id, asked once; pinned from then on."""
        if self.verified and self.expected is not None:
            return self.expected
        met: int = yield from rpc.one(requests.chain_id(), self.patience)
        self.require(met)
        self.verified = True
        return met

    def require(self, met: int) -> None:
        """Pin the chain id, or insist on the one pinned."""
        if self.expected is None:
            self.expected = met
        if met != self.expected:
            raise WrongChain(self.expected, met)

    def contract(self, name: str) -> Operation[Contract]:
        """A contract by its name in the address book."""
        chain_id = yield from self.chain_id()
        if self.book is None:
            self.book = AddressBook.find(chain_id, self.addresses)
        elif self.book.chain_id != chain_id:
            raise ConfigError(
                f"the address book is of chain {self.book.chain_id}, the node serves {chain_id}"
            )
        entry = self.book.contract(name)
        return Contract(name, entry.address, artifacts.interface(name), entry.block)

    def batch(
        self,
        questions: Sequence[Question],
        which: BlockId = "latest",
        sender: str | None = None,
    ) -> Operation[list[Any]]:
        """The answers of several questions; views and requests go out in one round trip."""
        answers = yield from self._called(
            [each for each in questions if not isinstance(each, Logged)], which, sender
        )
        coming = iter(answers)
        found: list[Any] = []
        for each in questions:
            if not isinstance(each, Logged):
                found.append(next(coming))
                continue
            first = (yield from self.contract(each.contract)).block
            events = yield from self.events(each.contract, first, which, each.names, each.topics)
            found.append(events)
        return found

    def _called(
        self, questions: Sequence[Read | Request], which: BlockId, sender: str | None
    ) -> Operation[list[Any]]:
        asked: list[Request] = []
        contracts: list[Contract | None] = []
        for question in questions:
            if isinstance(question, Request):
                asked.append(question)
                contracts.append(None)
                continue
            contract = yield from self.contract(question.contract)
            data = contract.encode(question.function, *question.args)
            request = requests.call(contract.address, data, sender=sender, which=which)
            asked.append(replace(request, refusable=question.refusable))
            contracts.append(contract)
        replies = yield from self.exchange(asked)
        answers: list[Any] = []
        for question, met, request, reply in zip(questions, contracts, asked, replies, strict=True):
            returned = rpc.value(request, reply)
            if met is None or isinstance(question, Request) or returned is None:
                answers.append(returned)
                continue
            contract, function = met, met.interface.function(question.function)
            if not returned and function.outputs:
                raise NotDeployed(contract.name, contract.address)
            answers.append(function.decode(returned))
        return answers

    def call(
        self,
        contract: str,
        function: str,
        *args: Any,
        which: BlockId = "latest",
        sender: str | None = None,
    ) -> Operation[Any]:
        """The answer of one view call."""
        (answer,) = yield from self.batch([Read(contract, function, args)], which, sender)
        return answer

    def exchange(self, asked: Sequence[Request]) -> Operation[list[Reply]]:
        """Raw requests, up to ``batch_limit`` a round trip; a node's error stays a ``Fault``."""
        replies: list[Reply] = []
        for start in range(0, len(asked), self.batch_limit):
            part = asked[start : start + self.batch_limit]
            replies += yield from rpc.exchange(part, self.patience)
        return replies

    def values(self, asked: Sequence[Request]) -> Operation[list[Any]]:
        """Raw requests in one round trip; the first error is raised."""
        replies = yield from self.exchange(asked)
        return [rpc.value(q, r) for q, r in zip(asked, replies, strict=True)]

    def block(self, which: BlockId = "latest") -> Operation[Block]:
        """A block's header."""
        (found,) = yield from self.values([requests.block(which)])
        if not isinstance(found, Block):
            raise RpcError(f"the node has no block {which}")
        return found

    def times(self, events: Iterable[Event]) -> Operation[dict[int, datetime]]:
        """When the blocks of events were made, by their numbers."""
        numbers = sorted({each.log.block_number for each in events})
        headers = yield from self.values([requests.block(number) for number in numbers])
        found: dict[int, datetime] = {}
        for number, header in zip(numbers, headers, strict=True):
            if not isinstance(header, Block):
                raise RpcError(f"the node has no block {number}")
            found[number] = header.timestamp
        return found

    def fees(self) -> Operation[Fees]:
        """What gas costs now."""
        head, tip = yield from self.exchange([requests.block(), requests.priority_fee()])
        if not isinstance(head, Block):
            raise RpcError("the node has no latest block")
        # Not every node has a method for the tip; 1 gwei is what most networks accept.
        return Fees(head.base_fee, 10**9 if isinstance(tip, Fault) else tip)

    def send_raw(self, raws: Sequence[tuple[str, bytes]]) -> Operation[list[SendReply]]:
        """Broadcast signed transactions, each given with its hash, in one round trip."""
        replies = yield from self.exchange([requests.send_raw(raw) for _, raw in raws])
        return [
            requests.send_reply(tx_hash, reply)
            for (tx_hash, _), reply in zip(raws, replies, strict=True)
        ]

    def events(
        self,
        contract: str,
        first: BlockId = 0,
        last: BlockId = "latest",
        names: Sequence[str] = (),
        topics: Sequence[Any] = (),
    ) -> Operation[list[Event]]:
        """
        A contract's decoded events between two blocks, both included. A node that refuses the
        range, for its length or for what it finds, is asked for parts of it.
        """
        found = yield from self.contract(contract)
        kinds = [f"0x{found.interface.event(name).topic.hex()}" for name in names]
        query = [kinds or None, *(_topic(item) for item in topics)]
        raw = yield from self._logs(found.address, query, first, last)
        events = (found.interface.decode_log(log) for log in raw)
        return [event for event in events if event is not None]

    def _logs(
        self, address: str, query: Sequence[Any], first: BlockId, last: BlockId
    ) -> Operation[list[Log]]:
        whole = requests.logs([address], query, first, last)
        (reply,) = yield from self.exchange([whole])
        if not isinstance(reply, Fault) or not isinstance(first, int):
            return list(rpc.value(whole, reply))
        end = last if isinstance(last, int) else (yield from self.block(last)).number
        found: list[Log] = []
        size, start = end - first + 1, first
        while start <= end or isinstance(reply, Fault):
            if isinstance(reply, Fault):
                if size <= 1:
                    raise reply.exception(whole.method)
                size //= 2
            stop = min(end, start + size - 1)
            (reply,) = yield from self.exchange([requests.logs([address], query, start, stop)])
            if not isinstance(reply, Fault):
                found += reply
                start = stop + 1
        return found


def _topic(item: Any) -> Any:
    """A topic as nodes take it; a list is any of its members."""
    if isinstance(item, bytes):
        return f"0x{item.hex()}"
    return [_topic(each) for each in item] if isinstance(item, list | tuple) else item
