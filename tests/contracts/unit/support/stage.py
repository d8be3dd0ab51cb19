"""The chain that Ape runs the tests on, with the few things that Ape itself leaves out.

Ape's ``reverts`` passes when a refusal carries no error that it knows, or lacks an argument that
was named, and its trace takes most of a second. So a refusal is asked for by ``eth_call`` here, and
answered with the error's name and every argument.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any

from eth_abi import decode
from eth_utils import is_hex_address, keccak, to_checksum_address
from hexbytes import HexBytes

BUILT_IN = {
    keccak(text="Error(string)")[:4]: ("Error", ["string"]),
    keccak(text="Panic(uint256)")[:4]: ("Panic", ["uint256"]),
}
DAY = 86_400
PATIENCE = 10.0  # seconds for a transaction to be mined


def moment(year: int, month: int = 1, day: int = 1, hour: int = 0) -> int:
    """Unix seconds of a moment in UTC."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def _plain(value: Any) -> Any:
    """Bytes as bytes, whatever class Ape made of them; lists as tuples; checksummed addresses."""
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if is_hex_address(value):
        return to_checksum_address(value)
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value


class Watchdog(threading.Thread):
    """Mines what anvil forgot: on a busy machine it now and then leaves a transaction pending."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.start()

    def run(self) -> None:
        waited = False
        while True:
            time.sleep(PATIENCE / 20)
            try:
                pending = int(self._ask("txpool_status")["pending"], 16) > 0
                if pending and waited:
                    self._ask("evm_mine")
            except OSError:
                return  # the chain has ended, and so do the tests
            waited = pending

    def _ask(self, method: str) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []})
        request = urllib.request.Request(
            self.url, body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["result"]


class Stage:
    """One local chain. Time moves only forward."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider
        self._errors: dict[bytes, tuple[str, list[str]]] = dict(BUILT_IN)
        self._names: dict[str, Any] = {}
        self.request("anvil_autoImpersonateAccount", True)
        Watchdog(str(provider.http_uri))

    def knows(self, contract: Any) -> Any:
        """Learns a contract's errors and events."""
        for error in contract.contract_type.errors:
            types = [item.canonical_type for item in error.inputs]
            self._errors[keccak(text=error.selector)[:4]] = (error.name, types)
        self._names[contract.address] = contract
        return contract

    # Time

    @property
    def now(self) -> int:
        """Unix seconds of the newest block."""
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def next(self, timestamp: int) -> None:
        """The next transaction happens at this second."""
        self.request("evm_setNextBlockTimestamp", timestamp)

    def reach(self, timestamp: int) -> None:
        """A block of this second is mined now, so that views see it."""
        self.next(timestamp)
        self.request("evm_mine")

    # Calls

    def send(self, method: Any, *args: Any, by: Any, value: int = 0) -> None:
        """A transaction that only prepares a test: sent without Ape's dozen questions about it."""
        tx = self._call(method, args, by, value)
        done = self.request(
            "eth_sendTransaction", {**tx, "gas": hex(10_000_000), "gasPrice": "0x0"}
        )
        until = time.monotonic() + PATIENCE
        while (receipt := self.request("eth_getTransactionReceipt", done)) is None:
            if time.monotonic() > until:
                raise AssertionError("preparation was not mined")
            time.sleep(0.002)
        if receipt["status"] != "0x1":
            reason = self.refusal(method, *args, by=by, value=value)
            raise AssertionError(f"preparation was refused: {reason}")

    def refusal(
        self,
        method: Any,
        *args: Any,
        by: Any,
        at: int | None = None,
        gas: int | None = None,
        value: int = 0,
    ) -> tuple[Any, ...]:
        """
        The error that a call meets: its name and all its arguments. Nothing changes.

        ``at`` is the second at which it is made, ``gas`` and ``value`` what the transaction brings.
        Raises AssertionError if the call is not refused.
        """
        overrides = [{}, {"time": hex(at)}] if at is not None else []
        tx = self._call(method, args, by, value)
        if gas is not None:
            tx["gas"] = hex(gas)
        answer = self._raw("eth_call", tx, "latest", *overrides)
        if "error" not in answer:
            raise AssertionError(f"{method} was not refused")
        data = bytes(HexBytes(answer["error"].get("data") or "0x"))
        if data[:4] not in self._errors:
            return ("unknown", data)
        name, types = self._errors[data[:4]]
        values = decode(types, data[4:])
        return (
            name,
            *(
                to_checksum_address(v) if t == "address" else v
                for t, v in zip(types, values, strict=True)
            ),
        )

    def answer(
        self, method: Any, *args: Any, by: Any, at: int | None = None, value: int = 0
    ) -> Any:
        """What a call would return, as one value or a tuple. Nothing changes."""
        overrides = [{}, {"time": hex(at)}] if at is not None else []
        call = self._call(method, args, by, value)
        data = self.request("eth_call", call, "latest", *overrides)
        (abi,) = method.abis if hasattr(method, "abis") else [method.abi]
        types = [item.canonical_type for item in abi.outputs]
        values = tuple(_plain(value) for value in decode(types, bytes(HexBytes(data))))
        return values[0] if len(values) == 1 else values

    def events(self, receipt: Any) -> list[tuple[str, dict[str, Any]]]:
        """Everything that a transaction told, in order: (event, arguments)."""
        found = [
            (log.event_name, {k: _plain(v) for k, v in log.event_arguments.items()})
            for log in receipt.events
        ]
        assert len(found) == len(receipt.logs), "a log was not understood"
        return found

    def request(self, method: str, *parameters: Any) -> Any:
        answer = self._raw(method, *parameters)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def _raw(self, method: str, *parameters: Any) -> Any:
        return self.provider.web3.provider.make_request(method, list(parameters))

    def _call(self, method: Any, args: tuple[Any, ...], by: Any, value: int = 0) -> dict[str, str]:
        return {
            "value": hex(value),
            "from": str(getattr(by, "address", by)),
            "to": str(method.contract.address),
            "data": "0x" + bytes(method.encode_input(*args)).hex(),
        }
