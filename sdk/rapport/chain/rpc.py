"""JSON-RPC without I/O: what goes into a request's body, and what an answer's body means.

Operations are generators that yield steps, :class:`Exchange` (send these bytes, resume with the
answer or with the failure thrown in) and :class:`Pause`; :mod:`.sync` and :mod:`.aio` only carry
them out. So there is one copy of everything that decides.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rapport.errors import Reverted, RpcError, Timeout
from rapport.reversal import decode_revert

T = TypeVar("T")

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """One JSON-RPC call and how to read its result."""

    method: str
    params: Sequence[Any] = ()
    parse: Callable[[Any], Any] = lambda result: result
    refusable: bool = False
    """A contract may refuse it: then the answer is ``None``, and no exception."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that the node gave as the answer to one request."""

    code: int
    message: str
    data: Any = None

    def exception(self, method: str) -> RpcError | Reverted:
        """The exception this answer stands for; a revert is decoded."""
        reverted = revert_data(self)
        if reverted is not None:
            return decode_revert(reverted)
        return RpcError(f"{method}: the node answered {self.message!r} ({self.code})")


Reply = Any
"""A parsed result, or a :class:`Fault`."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Step: post this body. Resumes with ``(status, body)``; a transport failure is thrown in."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Step: wait so many seconds."""

    seconds: float


Step = Exchange | Pause
Operation = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is repeated, and how long between: full jitter, doubling."""

    tries: int = 5
    first: float = 0.1
    longest: float = 3.0

    def pause(self, failures: int) -> float:
        """Seconds before the next try after so many failures."""
        limit: float = min(self.longest, self.first * 2.0 ** (failures - 1))
        return limit * (0.5 + random.random() / 2)


def encode(requests: Sequence[Request]) -> tuple[bytes, list[int]]:
    """A batch's body, and the ids of its requests in order."""
    ids = [next(_ids) for _ in requests]
    batch = [
        {"jsonrpc": "2.0", "id": number, "method": request.method, "params": list(request.params)}
        for number, request in zip(ids, requests, strict=True)
    ]
    body = batch[0] if len(batch) == 1 else batch
    return json.dumps(body, separators=(",", ":")).encode(), ids


def decode(status: int, body: bytes, ids: Sequence[int]) -> list[Reply]:
    """
    The answers in the order of ``ids``. Answers to other requests, and second answers, are ignored.

    Raises:
        RpcError: No answer to what was asked: another status, garbage, or parts missing.
    """
    if status == 429:
        raise RpcError("the node asks to slow down (429); try later or use another node")
    if status >= 400:
        raise RpcError(f"the node answered with HTTP status {status}")
    try:
        answer = json.loads(body)
    except ValueError:
        raise RpcError("the node's answer is not JSON") from None
    if isinstance(answer, Mapping):
        if answer.get("error") is not None and answer.get("id") not in ids and len(ids) > 1:
            raise RpcError(f"the node refused the batch: {_fault(answer['error']).message}")
        answer = [answer]
    if not isinstance(answer, list):
        raise RpcError("the node's answer is not JSON-RPC")

    found: dict[int, Reply] = {}
    for item in answer:
        number = item.get("id") if isinstance(item, Mapping) else None
        if not isinstance(number, int) or number in found:
            continue
        if item.get("error") is not None:
            found[number] = _fault(item["error"])
        elif "result" in item:
            found[number] = item["result"]
    missing = sum(number not in found for number in ids)
    if missing:
        raise RpcError(f"the node left {missing} of {len(ids)} requests unanswered")
    return [found[number] for number in ids]


def exchange(requests: Sequence[Request], patience: Patience) -> Operation[list[Reply]]:
    """
    Send a batch and return its answers in order, parsed; a node's error stays a :class:`Fault`.

    Repeats on faults of the transport, so only what may be repeated goes through here: reads, and
    signed transactions, which a node takes once.

    Raises:
        RpcError, Timeout: Still no proper answer after all tries.
    """
    if not requests:
        return []
    failures = 0
    while True:
        try:
            body, ids = encode(requests)
            status, answer = yield Exchange(body)
            replies = decode(status, answer, ids)
            if any(isinstance(reply, Fault) and _passing(reply) for reply in replies):
                raise RpcError(f"the node is busy: {_first_passing(replies)}")
            return [
                reply if isinstance(reply, Fault) else _parsed(request, reply)
                for request, reply in zip(requests, replies, strict=True)
            ]
        except (RpcError, Timeout):
            failures += 1
            if failures >= patience.tries:
                raise
        yield Pause(patience.pause(failures))


def one(request: Request, patience: Patience) -> Operation[Any]:
    """Send one request; its error is raised."""
    (reply,) = yield from exchange([request], patience)
    return value(request, reply)


def value(request: Request, reply: Reply) -> Any:
    """The reply, or the exception it stands for; ``None`` for a refusal that is an answer too."""
    if isinstance(reply, Fault):
        if request.refusable and revert_data(reply) is not None:
            return None
        raise reply.exception(request.method)
    return reply


def revert_data(fault: Fault) -> bytes | None:
    """
    What a contract said when it reverted, or ``None`` if the fault is not a revert. Nodes differ:
    the data stands in ``error.data``, inside a mapping there, or nowhere.
    """
    data = fault.data
    for _ in range(3):
        if isinstance(data, Mapping):
            data = data.get("data", data.get("result", data.get("originalError")))
    if isinstance(data, str):
        text = data.removeprefix("Reverted ").strip()
        if text.startswith("0x"):
            try:
                return bytes.fromhex(text[2:])
            except ValueError:
                return None
    if fault.code == 3 or "revert" in fault.message.lower():
        return b""
    return None


def _parsed(request: Request, reply: Any) -> Any:
    try:
        return request.parse(reply)
    except (TypeError, KeyError, ValueError, AttributeError):
        raise RpcError(f"the node's answer to {request.method} makes no sense") from None


def _fault(error: Any) -> Fault:
    if not isinstance(error, Mapping):
        return Fault(0, str(error))
    code = error.get("code")
    return Fault(
        code if isinstance(code, int) else 0, str(error.get("message", "")), error.get("data")
    )


_BUSY = ("rate limit", "too many requests", "request limit", "try again", "timeout", "timed out")


_TOO_MUCH = ("block range", "range limit", "range is too", "returned more than", "response size")


def _passing(fault: Fault) -> bool:
    """True for errors that pass by themselves: limits (-32005, 429) and a node's own time-outs."""
    if revert_data(fault) is not None or any(word in fault.message.lower() for word in _TOO_MUCH):
        return False
    return fault.code in (-32005, 429) or any(word in fault.message.lower() for word in _BUSY)


def _first_passing(replies: Sequence[Reply]) -> str:
    return next(r.message for r in replies if isinstance(r, Fault) and _passing(r))
