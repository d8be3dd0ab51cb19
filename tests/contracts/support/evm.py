"""A chain in this process: pyrevm behind the few verbs that the laws need.

About 20,000 calls a second, so a state machine can afford to look at everything after each step.
A refusal is a Python exception that carries the contract error's name and arguments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env, JournalCheckpoint

from tests.contracts.support.artifacts import Artifact
from tests.contracts.support.codec import Codec, selector, topic

CHAIN_ID = 1
BALANCE = 10**24
GAS = 100_000_000  # a mutant that loops for ever ends here
_OUTPUT = re.compile(r"output: 0x([0-9a-f]*)")
_BUILT_IN = {
    bytes.fromhex("4e487b71"): ("Panic", Codec([{"type": "uint256"}])),
    bytes.fromhex("08c379a0"): ("Error", Codec([{"type": "string"}])),
}


# Every chain of this process, while a tool of ours records which probes the tests reach.
OPENED: list[Evm] = []


class Refused(Exception):
    """A call that reverted: the error's name and arguments, as the ABI names them.

    An empty name is a revert without data; ``Halt`` is an exceptional stop (out of gas).
    """

    def __init__(self, name: str, *values: Any) -> None:
        super().__init__(name, *values)
        self.name = name
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refused) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)

    def __repr__(self) -> str:
        shown = ", ".join(v.hex() if isinstance(v, bytes) else str(v) for v in self.values)
        return f"{self.name}({shown})"


@dataclass(frozen=True)
class Event:
    """One log, decoded; the emitter is a contract's name."""

    contract: str
    name: str
    args: tuple[Any, ...]

    def __repr__(self) -> str:
        shown = ", ".join(v.hex() if isinstance(v, bytes) else str(v) for v in self.args)
        return f"{self.contract}.{self.name}({shown})"


def account(label: str) -> str:
    """The address of an actor without a key, lower case."""
    return "0x" + keccak(text=f"rapport actor {label}")[12:].hex()


class _Function:
    def __init__(self, entry: dict[str, Any]) -> None:
        self.selector = selector(entry)
        self.inputs = Codec(entry["inputs"])
        self.outputs = Codec(entry["outputs"])
        self.count = len(entry["outputs"])
        self.view = entry["stateMutability"] in ("view", "pure")

    def encode(self, values: tuple[Any, ...]) -> bytes:
        return self.selector + self.inputs.encode(values)

    def decode(self, data: bytes) -> Any:
        if self.count == 0:
            return None
        values = self.outputs.decode(data)
        return values[0] if self.count == 1 else values


class _EventShape:
    def __init__(self, entry: dict[str, Any]) -> None:
        self.name = str(entry["name"])
        self.order = [item["indexed"] for item in entry["inputs"]]
        self.topics = [Codec([item]) for item in entry["inputs"] if item["indexed"]]
        self.body = Codec([item for item in entry["inputs"] if not item["indexed"]])

    def decode(self, topics: list[bytes], data: bytes) -> tuple[Any, ...]:
        indexed = [codec.decode(word)[0] for codec, word in zip(self.topics, topics, strict=True)]
        plain = list(self.body.decode(data))
        return tuple(indexed.pop(0) if i else plain.pop(0) for i in self.order)


class Contract:
    """A deployed contract: ``contract.verb(arguments, sender=..., gas=...)`` calls it."""

    def __init__(self, evm: Evm, artifact: Artifact, address: str) -> None:
        self.evm = evm
        self.name = artifact.name
        self.abi = artifact.abi
        self.address = address
        self.functions: dict[str, _Function] = {}
        self.errors: dict[bytes, tuple[str, Codec]] = {}
        self.events: dict[bytes, _EventShape] = {}
        for entry in artifact.abi:
            if entry["type"] == "function":
                self.functions[entry["name"]] = _Function(entry)
            elif entry["type"] == "error":
                self.errors[selector(entry)] = (entry["name"], Codec(entry["inputs"]))
            elif entry["type"] == "event":
                self.events[topic(entry)] = _EventShape(entry)

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        try:
            function = self.functions[verb]
        except KeyError:
            raise AttributeError(f"{self.name} has no function {verb}") from None
        evm = self.evm
        address = self.address

        def call(*values: Any, sender: str | None = None, gas: int = GAS, value: int = 0) -> Any:
            data = function.encode(values)
            if function.view and sender is None:
                return function.decode(evm.view(address, data))
            sender = sender or evm.operator
            return function.decode(evm.transact(sender, address, data, gas, value))

        # Kept on the instance, so the next use skips this method.
        self.__dict__[verb] = call
        return call


class Evm:
    """One chain. Time moves only when told to."""

    def __init__(self, timestamp: int) -> None:
        # Mutants and instrumented builds may exceed EIP-170; the size of the real build is
        # held to it by tests/contracts/invariant/test_deployment.py.
        cfg = CfgEnv(chain_id=CHAIN_ID, limit_contract_code_size=2**20)
        self._evm = EVM(env=Env(cfg=cfg), spec_id="PRAGUE")
        self.operator = account("deployer")
        self._evm.set_balance(self.operator, BALANCE)
        self.number = 1
        self.timestamp = timestamp
        self.warp(timestamp)
        self._contracts: dict[str, Contract] = {}
        if os.environ.get("RAPPORT_PROBES"):
            OPENED.append(self)
        self._errors: dict[bytes, tuple[str, Codec]] = dict(_BUILT_IN)
        self.logs: list[Event] = []

    def warp(self, timestamp: int) -> None:
        """Sets the time of the next call, Unix seconds; it may not go back."""
        if timestamp < self.timestamp:
            raise ValueError(f"time {timestamp} lies before {self.timestamp}")
        self.timestamp = timestamp
        self.number += 1
        self._evm.set_block_env(BlockEnv(number=self.number, timestamp=timestamp))

    def deploy(self, artifact: Artifact, *values: Any) -> Contract:
        """Creates a contract. Raises `Refused` if its constructor does."""
        inputs = next((e["inputs"] for e in artifact.abi if e["type"] == "constructor"), [])
        code = artifact.creation + Codec(inputs).encode(values)
        contract = Contract(self, artifact, "0x" + "00" * 20)
        self._errors.update(contract.errors)
        try:
            contract.address = self._evm.deploy(self.operator, code)
        except RuntimeError as failure:
            raise self._refusal(failure) from None
        self._contracts[contract.address] = contract
        self.logs = self._decode_logs()
        return contract

    def attach(self, address: str, artifact: Artifact) -> Contract:
        """A contract that stands already, for instance one created by another."""
        contract = Contract(self, artifact, address)
        self._errors.update(contract.errors)
        self._contracts[address] = contract
        return contract

    def transact(self, sender: str, to: str, data: bytes, gas: int = GAS, value: int = 0) -> bytes:
        """Runs one transaction; its events are in `logs` afterwards."""
        self.logs = []
        try:
            result = self._evm.message_call(sender, to, calldata=data, gas=gas, value=value)
        except RuntimeError as failure:
            raise self._refusal(failure) from None
        finally:
            self._evm.reset_transient_storage()
        self.logs = self._decode_logs()
        return result

    def view(self, to: str, data: bytes) -> bytes:
        """Asks without changing anything; writing is refused by the chain itself."""
        try:
            return self._evm.message_call(self.operator, to, calldata=data, gas=GAS, is_static=True)
        except RuntimeError as failure:
            raise self._refusal(failure) from None

    def gas_used(self) -> int:
        """Gas of the last call, refunds taken off."""
        return int(self._evm.result.gas_used)

    def wei(self, address: str) -> int:
        """What an account has of the chain's own money."""
        return int(self._evm.get_balance(address))

    def give(self, address: str, wei: int = BALANCE) -> None:
        """From now on an account has so much of it."""
        self._evm.set_balance(address, wei)

    def code(self, address: str) -> bytes:
        return bytes(self._evm.get_code(address) or b"")

    def set_code(self, address: str, code: bytes) -> None:
        """Puts code at an address, for instance an EIP-7702 designator."""
        from pyrevm import AccountInfo

        self._evm.insert_account_info(address, AccountInfo(nonce=1, code=code))

    def touched(self) -> set[str]:
        """Every address that any call ever looked at; the coverage tool reads its probes here."""
        return set(self._evm.db_accounts)

    def set_storage(self, address: str, slot: int, word: int) -> None:
        """Writes one storage word, for states that no test could reach in a lifetime."""
        self._evm.insert_account_storage(address, slot, word)

    def storage(self, address: str, slot: int) -> int:
        return int(self._evm.storage(address, slot))

    def snapshot(self) -> tuple[JournalCheckpoint, int, int]:
        return self._evm.snapshot(), self.timestamp, self.number

    def revert(self, mark: tuple[JournalCheckpoint, int, int]) -> None:
        """Back to a snapshot, its time included. A snapshot serves once."""
        checkpoint, self.timestamp, self.number = mark
        self._evm.revert(checkpoint)
        self._evm.set_block_env(BlockEnv(number=self.number, timestamp=self.timestamp))

    def _decode_logs(self) -> list[Event]:
        events: list[Event] = []
        for log in self._evm.result.logs:
            contract = self._contracts.get(log.address.lower())
            if contract is None:
                continue
            topics, data = log.data
            shape = contract.events[bytes(topics[0])]
            values = shape.decode([bytes(t) for t in topics[1:]], bytes(data))
            events.append(Event(contract.name, shape.name, values))
        return events

    def _refusal(self, failure: RuntimeError) -> Refused:
        text = str(failure)
        match = _OUTPUT.search(text)
        if match is None:
            return Refused("Halt", text)
        data = bytes.fromhex(match[1])
        known = self._errors.get(data[:4])
        if not data:
            return Refused("")
        if known is None:
            return Refused("unknown", data)
        name, codec = known
        return Refused(name, *codec.decode(data[4:]))
