"""A chain over HTTP, for asyncio. The twin of :mod:`.sync` over the same operations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from rapport.artifacts import AddressBook
from rapport.chain import requests
from rapport.chain.operations import Contract, Core, Question
from rapport.chain.requests import BlockId
from rapport.chain.rpc import Exchange, Operation, Patience, Reply, Request
from rapport.chain.sync import require_http, unreachable
from rapport.errors import RpcError, Timeout
from rapport.models import Block, Event, Fees, Receipt, SendReply

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")


class AsyncChain:
    """As :class:`~rapport.chain.Chain`, awaited. Use it within one event loop, and close it."""

    def __init__(
        self,
        rpc_url: str,
        *,
        chain_id: int | None = None,
        addresses: str | None = None,
        book: AddressBook | None = None,
        timeout: float = 10.0,
        patience: Patience | None = None,
        batch_limit: int = 200,
    ) -> None:
        self.rpc_url = require_http(rpc_url)
        self._timeout = timeout
        self._core = Core(chain_id, book, addresses, patience or Patience(), batch_limit)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> AsyncChain:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def chain_id(self) -> int:
        """The chain's id; asked once, then pinned."""
        return await self.run(self._core.chain_id())

    async def contract(self, name: str) -> Contract:
        """A contract of the suite."""
        return await self.run(self._core.contract(name))

    async def call(
        self,
        contract: str,
        function: str,
        *args: Any,
        block: BlockId = "latest",
        sender: str | None = None,
    ) -> Any:
        """A view."""
        operation = self._core.call(contract, function, *args, which=block, sender=sender)
        return await self.run(operation)

    async def batch(
        self,
        questions: Sequence[Question],
        *,
        block: BlockId = "latest",
        sender: str | None = None,
    ) -> list[Any]:
        """Several views and requests in one round trip. The first that fails is raised."""
        return await self.run(self._core.batch(questions, block, sender))

    async def events(
        self,
        contract: str,
        *,
        first: BlockId = 0,
        last: BlockId = "latest",
        names: Sequence[str] = (),
        topics: Sequence[Any] = (),
    ) -> list[Event]:
        """Decoded events of a contract between two blocks, both included."""
        return await self.run(self._core.events(contract, first, last, names, topics))

    async def block(self, which: BlockId = "latest") -> Block:
        """A block's header."""
        return await self.run(self._core.block(which))

    async def times(self, events: Iterable[Event]) -> dict[int, datetime]:
        """When the blocks of events were made, by their numbers."""
        return await self.run(self._core.times(events))

    async def fees(self) -> Fees:
        """What gas costs now, wei."""
        return await self.run(self._core.fees())

    async def balance(self, address: str) -> int:
        """Native balance, wei."""
        return int((await self.values([requests.balance(address)]))[0])

    async def nonce(self, address: str, which: BlockId = "latest") -> int:
        """How many transactions of the account are part of the chain."""
        return int((await self.values([requests.nonce(address, which)]))[0])

    async def code(self, address: str) -> bytes:
        """The code at an address; empty if there is none."""
        return bytes((await self.values([requests.code(address)]))[0])

    async def estimate(self, to: str, data: bytes, *, sender: str, value: int = 0) -> int:
        """Gas that a transaction would use. A revert is raised, decoded."""
        asked = requests.estimate(to, data, sender=sender, value=value)
        return int((await self.values([asked]))[0])

    async def simulate(
        self,
        to: str,
        data: bytes,
        *,
        sender: str | None = None,
        gas: int | None = None,
        value: int = 0,
        block: BlockId = "latest",
    ) -> bytes:
        """What a call would return. A revert is raised, decoded."""
        asked = requests.call(to, data, sender=sender, gas=gas, value=value, which=block)
        return bytes((await self.values([asked]))[0])

    async def send_raw(self, raws: Sequence[tuple[str, bytes]]) -> list[SendReply]:
        """Broadcast signed transactions, each given with its hash."""
        return await self.run(self._core.send_raw(raws))

    async def receipts(self, hashes: Sequence[str]) -> list[Receipt | None]:
        """Receipts by transaction hash, ``None`` where not mined."""
        return await self.values([requests.receipt(tx_hash) for tx_hash in hashes])

    async def request(self, method: str, *params: Any) -> Any:
        """Any other method of the node; its result as it came."""
        return (await self.values([Request(method, params)]))[0]

    async def exchange(self, asked: Sequence[Request]) -> list[Reply]:
        """Requests in one round trip; a node's error stays a ``Fault`` in its place."""
        return await self.run(self._core.exchange(asked))

    async def values(self, asked: Sequence[Request]) -> list[Any]:
        """Requests in one round trip; the first error is raised."""
        return await self.run(self._core.values(asked))

    async def run(self, operation: Operation[T]) -> T:
        """Carry out an operation's steps."""
        try:
            step = next(operation)
            while True:
                if isinstance(step, Exchange):
                    try:
                        answer = await self._post(step.body)
                    except RpcError as error:
                        step = operation.throw(error)
                    else:
                        step = operation.send(answer)
                else:
                    await asyncio.sleep(step.seconds)
                    step = next(operation)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        import aiohttp  # takes half a second, which whoever never awaits is spared

        if self._session is None:
            limit = aiohttp.ClientTimeout(total=self._timeout)
            self._session = aiohttp.ClientSession(timeout=limit, trust_env=True)
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(self.rpc_url, data=body, headers=headers) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise Timeout(f"no answer from the node within {self._timeout:g} s") from None
        except aiohttp.ClientError as error:
            raise unreachable(self.rpc_url, error) from None
