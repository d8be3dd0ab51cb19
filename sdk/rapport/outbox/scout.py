"""Looks at the chain, if need be while the worker signs: what each look saw."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from rapport.chain import Chain, Fault
from rapport.chain import requests as rpc
from rapport.errors import RpcError
from rapport.models import Block, Receipt
from rapport.outbox.flight import LiveTx
from rapport.outbox.policy import Policy

_TIP_AGE = 10.0  # seconds for which the node's tip is remembered
_DEFAULT_TIP = 10**9


@dataclass(frozen=True, slots=True)
class View:
    """The chain as of one look. ``count`` is the account's transaction count, amounts are wei."""

    head: Block
    count: int
    balance: int
    tip: int


@dataclass(frozen=True, slots=True)
class Sight:
    """A view, and the receipts asked for right after it: ``None`` for what was not mined."""

    view: View
    receipts: Mapping[str, Receipt | None]


class Scout:
    """
    Looks for one account. A look can be begun ahead, in a thread of its own: it is the next one
    taken, and knows of all that was under way when it began.
    """

    def __init__(self, chain: Chain, address: str, policy: Policy) -> None:
        self._chain = chain
        self._address = address
        self._policy = policy
        self._tip = (0, float("-inf"))
        self._thread = ThreadPoolExecutor(1, "rapport-look")
        self._ahead: Future[Sight] | None = None

    def begin(self, under_way: Iterable[LiveTx]) -> None:
        """Begin the next look now."""
        versions = [
            (tx.nonce, tuple(attempt.hash for attempt in reversed(tx.attempts)))
            for tx in under_way
            if not tx.mined
        ]
        self._ahead = self._thread.submit(self._look, versions)

    def take(self) -> Sight:
        """
        What the look begun ahead saw, or that of a look now, which asks for no receipts.

        Raises:
            RpcError, Timeout: The node is out of reach.
            WrongChain: It serves another chain.
        """
        ahead, self._ahead = self._ahead, None
        return self._look(()) if ahead is None else ahead.result()

    def forget(self) -> None:
        """Drop the look begun ahead."""
        if self._ahead is not None:
            self._ahead.cancel()
            wait([self._ahead])
            self._ahead = None

    def close(self) -> None:
        """End the thread."""
        self.forget()
        self._thread.shutdown()

    def _look(self, versions: Sequence[tuple[int, tuple[str, ...]]]) -> Sight:
        view = self._view()
        hashes = [tx_hash for nonce, each in versions if nonce < view.count for tx_hash in each]
        found = self._chain.values([rpc.receipt(tx_hash) for tx_hash in hashes])
        return Sight(view, dict(zip(hashes, found, strict=True)))

    def _view(self) -> View:
        asked = [
            rpc.chain_id(),
            rpc.block(),
            rpc.nonce(self._address),
            rpc.balance(self._address),
        ]
        fresh = time.monotonic() - self._tip[1] < _TIP_AGE
        if not fresh and self._policy.priority_fee is None:
            asked.append(rpc.priority_fee())
        replies = self._chain.exchange(asked)
        # The same answer says which chain it is about, whatever node gave it.
        for request, reply in zip(asked[:4], replies, strict=False):
            if isinstance(reply, Fault):
                raise reply.exception(request.method)
        met, head, count, balance = (reply for reply in replies[:4])
        self._chain.require_chain(met)
        if not isinstance(head, Block):
            raise RpcError("the node has no latest block")
        if len(replies) > 4:
            tip = _DEFAULT_TIP if isinstance(replies[4], Fault) else replies[4]
            self._tip = (tip, time.monotonic())
        return View(head, count, balance, self._tip[0])
