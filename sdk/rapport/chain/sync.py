"""A chain over HTTP, for threads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import requests as http
from requests.adapters import HTTPAdapter
from requests.utils import get_netrc_auth

from rapport.artifacts import AddressBook
from rapport.chain import requests
from rapport.chain.operations import Contract, Core, Question
from rapport.chain.requests import BlockId
from rapport.chain.rpc import Exchange, Operation, Patience, Reply, Request
from rapport.errors import ConfigError, Reverted, RpcError, Timeout
from rapport.models import Block, Event, Fees, Receipt, SendReply
from rapport.reversal import decode_revert

T = TypeVar("T")


class Chain:
    """
    One chain behind one JSON-RPC address. Safe to share between threads.

    Args:
        rpc_url: ``http://`` or ``https://`` address of a node.
        chain_id: The only chain accepted; ``None`` pins the first one met.
        addresses: Path of an address book, instead of the usual places.
        book: An address book itself.
        timeout: Seconds for one answer.
        patience: How reads, and sends that may be repeated, are repeated.
        batch_limit: Requests in one round trip; public nodes allow 100 to 1,000.

    Raises (all methods that ask):
        RpcError, Timeout: No proper answer after all tries.
        WrongChain: The node serves another chain.
    """

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
        self._session = _session(rpc_url)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def chain_id(self) -> int:
        """The chain's id; asked once, then pinned."""
        return self.run(self._core.chain_id())

    def require_chain(self, met: int) -> None:
        """Raise ``WrongChain`` unless a chain id just met is the one pinned."""
        self._core.require(met)

    def contract(self, name: str) -> Contract:
        """
        A contract of the suite.

        Raises:
            NotDeployed: It has no address on this chain.
        """
        return self.run(self._core.contract(name))

    def call(
        self,
        contract: str,
        function: str,
        *args: Any,
        block: BlockId = "latest",
        sender: str | None = None,
    ) -> Any:
        """A view: ``chain.call("LoyaltyPoints", "balanceOf", customer_id)``."""
        return self.run(self._core.call(contract, function, *args, which=block, sender=sender))

    def batch(
        self,
        questions: Sequence[Question],
        *,
        block: BlockId = "latest",
        sender: str | None = None,
    ) -> list[Any]:
        """Several views and requests in one round trip. The first that fails is raised."""
        return self.run(self._core.batch(questions, block, sender))

    def events(
        self,
        contract: str,
        *,
        first: BlockId = 0,
        last: BlockId = "latest",
        names: Sequence[str] = (),
        topics: Sequence[Any] = (),
    ) -> list[Event]:
        """Decoded events of a contract between two blocks, both included."""
        return self.run(self._core.events(contract, first, last, names, topics))

    def block(self, which: BlockId = "latest") -> Block:
        """A block's header."""
        return self.run(self._core.block(which))

    def times(self, events: Iterable[Event]) -> dict[int, datetime]:
        """When the blocks of events were made, by their numbers."""
        return self.run(self._core.times(events))

    def fees(self) -> Fees:
        """What gas costs now, wei."""
        return self.run(self._core.fees())

    def balance(self, address: str) -> int:
        """Native balance, wei."""
        return int(self.values([requests.balance(address)])[0])

    def nonce(self, address: str, which: BlockId = "latest") -> int:
        """How many transactions of the account are part of the chain."""
        return int(self.values([requests.nonce(address, which)])[0])

    def code(self, address: str) -> bytes:
        """The code at an address; empty if there is none."""
        return bytes(self.values([requests.code(address)])[0])

    def estimate(self, to: str, data: bytes, *, sender: str, value: int = 0) -> int:
        """Gas that a transaction would use. A revert is raised, decoded."""
        return int(self.values([requests.estimate(to, data, sender=sender, value=value)])[0])

    def simulate(
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
        return bytes(self.values([asked])[0])

    def send_raw(self, raws: Sequence[tuple[str, bytes]]) -> list[SendReply]:
        """Broadcast signed transactions, each given with its hash."""
        return self.run(self._core.send_raw(raws))

    def receipts(self, hashes: Sequence[str]) -> list[Receipt | None]:
        """Receipts by transaction hash, ``None`` where not mined."""
        return self.values([requests.receipt(tx_hash) for tx_hash in hashes])

    def request(self, method: str, *params: Any) -> Any:
        """Any other method of the node; its result as it came."""
        return self.values([Request(method, params)])[0]

    def exchange(self, asked: Sequence[Request]) -> list[Reply]:
        """Requests in one round trip; a node's error stays a ``Fault`` in its place."""
        return self.run(self._core.exchange(asked))

    def values(self, asked: Sequence[Request]) -> list[Any]:
        """Requests in one round trip; the first error is raised."""
        return self.run(self._core.values(asked))

    @staticmethod
    def decode_revert(data: bytes) -> Reverted:
        """The exception behind revert data."""
        return decode_revert(data)

    def run(self, operation: Operation[T]) -> T:
        """Carry out an operation's steps."""
        try:
            step = next(operation)
            while True:
                if isinstance(step, Exchange):
                    try:
                        answer = self._post(step.body)
                    except RpcError as error:
                        step = operation.throw(error)
                    else:
                        step = operation.send(answer)
                else:
                    time.sleep(step.seconds)
                    step = next(operation)
        except StopIteration as end:
            result: T = end.value
            return result

    def _post(self, body: bytes) -> tuple[int, bytes]:
        try:
            answer = self._session.post(
                self.rpc_url,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=self._timeout,
            )
        except http.Timeout:
            raise Timeout(f"no answer from the node within {self._timeout:g} s") from None
        except http.RequestException as error:
            raise unreachable(self.rpc_url, error) from None
        return answer.status_code, answer.content


def _session(rpc_url: str) -> http.Session:
    """
    A session that has found the environment's proxies, certificates and netrc for this address, and
    looks for them no more: by itself it would walk the environment and the files at every post.
    """
    session = http.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=32)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    found = session.merge_environment_settings(rpc_url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.auth = get_netrc_auth(rpc_url)
    session.trust_env = False
    return session


def require_http(rpc_url: str) -> str:
    """An RPC address that can be posted to."""
    if not rpc_url.startswith(("http://", "https://")):
        raise ConfigError(f"{rpc_url!r} is not an RPC address: http:// or https:// is required")
    return rpc_url


def unreachable(rpc_url: str, error: Exception) -> RpcError:
    """An error that names the host only: the path of an RPC address is often its password."""
    host = rpc_url.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
    return RpcError(f"cannot reach the node at {host} ({type(error).__name__}); is it running?")
