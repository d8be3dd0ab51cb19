"""A node that lies, between the code under test and a real one.

Each request suffers one fault with a given chance, drawn from a seeded generator::

    with FaultyRpc(anvil.url, seed=7, chance=0.25) as node:
        chain = suite.connect(node.url)
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import requests

Items = list[dict[str, Any]]


class FaultyRpc:
    """
    Faults, by name:

    - ``lost_request``: the connection closes, the node never heard of it
    - ``lost_reply``: the node acted, the connection closes
    - ``throttled`` (429), ``broken`` (500), ``garbage`` (200 and no JSON), ``half`` (cut short)
    - ``duplicates``: answers twice and in another order, with answers to nothing that was asked
    - ``stale_nonce``: transaction counts lag behind
    - ``stale_head``: the latest block is an earlier one, and newer receipts are unknown
    - ``stateless``: an error of the node's own for each request
    - ``other_chain``: another chain id (only when asked for by name)
    """

    EVERY: ClassVar[tuple[str, ...]] = (
        "lost_request",
        "lost_reply",
        "throttled",
        "broken",
        "garbage",
        "half",
        "duplicates",
        "stale_nonce",
        "stale_head",
        "stateless",
    )

    def __init__(
        self, target: str, seed: int = 0, chance: float = 0.25, faults: Sequence[str] = EVERY
    ) -> None:
        self.target = target
        self.chance = chance
        self.faults = tuple(faults)
        self.met: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self) -> FaultyRpc:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def draw(self) -> str | None:
        """The fault that the next request meets."""
        with self._lock:
            if self.faults and self._random.random() < self.chance:
                fault = self._random.choice(self.faults)
                self.met[fault] += 1
                return fault
        return None

    def ask(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        return self._session.post(self.target, data=body, headers=headers, timeout=30).content

    def head(self) -> int:
        body = b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
        return int(json.loads(self.ask(body))["result"], 16)


def _handler(node: FaultyRpc) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet, or each answer waits 40 ms
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fault = node.draw()
            if fault == "lost_request":
                return self._hang_up()
            if fault == "throttled":
                return self._answer(b"slow down", 429)
            if fault == "broken":
                return self._answer(b"oh no", 500)
            if fault == "garbage":
                return self._answer(b"<html>maintenance</html>")
            if fault in _REWRITES:
                return self._answer(_rewritten(node, body, _REWRITES[fault]))
            answer = node.ask(body)
            if fault == "lost_reply":
                return self._hang_up()
            return self._answer(answer[: len(answer) // 2] if fault == "half" else answer)

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _answer(self, body: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _rewritten(node: FaultyRpc, body: bytes, rewrite: Callable[..., Items]) -> bytes:
    asked = json.loads(body)
    batch = asked if isinstance(asked, list) else [asked]
    answers = json.loads(node.ask(json.dumps(batch).encode()))
    changed = rewrite(node, batch, answers)
    return json.dumps(changed if isinstance(asked, list) else changed[0]).encode()


def _duplicates(node: FaultyRpc, asked: Items, answers: Items) -> Items:
    if len(asked) == 1:
        return answers
    stray = {"jsonrpc": "2.0", "id": 10**9, "result": "0xdead"}
    return [stray, *reversed(answers), *answers]


def _stale_nonce(node: FaultyRpc, asked: Items, answers: Items) -> Items:
    counts = {q["id"] for q in asked if q["method"] == "eth_getTransactionCount"}
    for answer in answers:
        if answer["id"] in counts and "result" in answer:
            answer["result"] = hex(max(0, int(answer["result"], 16) - 3))
    return answers


def _stale_head(node: FaultyRpc, asked: Items, answers: Items) -> Items:
    """What a node two blocks behind would say."""
    head = max(0, node.head() - 2)
    again = [
        {**q, "params": [hex(head), *q["params"][1:]]}
        if q["method"] == "eth_getBlockByNumber" and q["params"][0] == "latest"
        else {**q, "params": [q["params"][0], hex(head)]}
        if q["method"] == "eth_getTransactionCount"
        else q
        for q in asked
    ]
    methods = {q["id"]: q["method"] for q in asked}
    sends = {i for i, method in methods.items() if method == "eth_sendRawTransaction"}
    repeated = [q for q in again if q["id"] not in sends]
    fresh = json.loads(node.ask(json.dumps(repeated).encode())) if repeated else []
    by_id = {item["id"]: item for item in [*answers, *fresh]}
    for number, item in by_id.items():
        receipt = item.get("result")
        late = methods[number] == "eth_getTransactionReceipt" and isinstance(receipt, dict)
        if late and int(receipt["blockNumber"], 16) > head:
            item["result"] = None
    return [by_id[q["id"]] for q in asked]


def _stateless(node: FaultyRpc, asked: Items, answers: Items) -> Items:
    error = {"code": -32000, "message": "request timed out"}
    return [{"jsonrpc": "2.0", "id": q["id"], "error": error} for q in asked]


def _other_chain(node: FaultyRpc, asked: Items, answers: Items) -> Items:
    ids = {q["id"] for q in asked if q["method"] == "eth_chainId"}
    for answer in answers:
        if answer["id"] in ids:
            answer["result"] = "0x2105"
    return answers


_REWRITES: dict[str | None, Callable[..., Items]] = {
    "duplicates": _duplicates,
    "stale_nonce": _stale_nonce,
    "stale_head": _stale_head,
    "stateless": _stateless,
    "other_chain": _other_chain,
}
