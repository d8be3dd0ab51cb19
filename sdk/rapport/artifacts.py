"""The contracts' interfaces and addresses, as shipped: load, encode a call, decode an answer.

``abi/<Contract>.json`` is generated from the compiler's output by ``scripts/export_abi.py``.
Addresses come from an :class:`AddressBook`: ``RAPPORT_ADDRESSES`` or a path given, else
``deployments/<chainId>.json`` in the working directory, else the books of published chains in
``addresses/`` of this package.

A struct is a mapping by its fields' names, in and out; several outputs are a tuple.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from rapport import units
from rapport.codec import abi_decode, abi_encode, checksum_address, keccak
from rapport.errors import ConfigError, InputError, NotDeployed
from rapport.models import Event, Log

_PACKAGE = Path(__file__).parent
# Made for a court each, and found by the policy that names it.
_MANY = frozenset({"CourtArbiter"})


@dataclass(frozen=True)
class Function:
    """One function of a contract. ``selector`` is the first four bytes of its calldata."""

    name: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]
    mutates: bool

    @cached_property
    def signature(self) -> str:
        return f"{self.name}({','.join(self._input_types)})"

    @cached_property
    def selector(self) -> bytes:
        return keccak(self.signature.encode())[:4]

    @cached_property
    def _input_types(self) -> tuple[str, ...]:
        return tuple(canonical_type(item) for item in self.inputs)

    @cached_property
    def _output_types(self) -> tuple[str, ...]:
        return tuple(canonical_type(item) for item in self.outputs)

    def encode(self, args: Sequence[Any]) -> bytes:
        """
        Calldata of a call with these arguments.

        Raises:
            InputError: Too many, too few, or of the wrong type or range.
        """
        if len(args) != len(self.inputs):
            raise InputError(
                f"{self.name} takes {len(self.inputs)} arguments; {len(args)} were given"
            )
        try:
            values = [_lower(item, value) for item, value in zip(self.inputs, args, strict=True)]
            return self.selector + abi_encode(self._input_types, values)
        except (TypeError, KeyError, ValueError) as error:
            raise InputError(f"{self.name}: {error}") from error

    def decode(self, data: bytes) -> Any:
        """What a call returned: one value, a tuple of several, or ``None`` for none."""
        values = _decode(self.outputs, self._output_types, data, self.name)
        if not values:
            return None
        return values[0] if len(values) == 1 else tuple(values)


@dataclass(frozen=True)
class EventType:
    """One event of a contract. ``topic`` is the first topic of its logs."""

    name: str
    inputs: tuple[Mapping[str, Any], ...]

    @cached_property
    def topic(self) -> bytes:
        types = ",".join(canonical_type(item) for item in self.inputs)
        return keccak(f"{self.name}({types})".encode())

    @cached_property
    def _indexed(self) -> tuple[tuple[str, _ReadWord | None], ...]:
        return tuple((i["name"], _word(canonical_type(i))) for i in self.inputs if i["indexed"])

    @cached_property
    def _readers(self) -> tuple[_ReadWord, ...] | None:
        """How to read each plain argument, if every one fills exactly one word."""
        readers = [_word(kind) for kind in self._plain_types]
        return None if None in readers else tuple(r for r in readers if r is not None)

    def _values(self, data: bytes) -> list[Any]:
        readers = self._readers
        if readers is None or len(data) != 32 * len(readers):
            return _decode(self._plain, self._plain_types, data, self.name)
        return [read(data[32 * i : 32 * i + 32]) for i, read in enumerate(readers)]

    @cached_property
    def _plain(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(i for i in self.inputs if not i["indexed"])

    @cached_property
    def _plain_types(self) -> tuple[str, ...]:
        return tuple(canonical_type(item) for item in self._plain)

    def decode(self, log: Log) -> dict[str, Any]:
        """The arguments by name. An indexed text or array is its 32-byte hash."""
        found: dict[str, Any] = {}
        for (name, read), topic in zip(self._indexed, log.topics[1:], strict=True):
            found[name] = read(topic) if read else topic
        values = self._values(log.data)
        found.update(zip((str(i["name"]) for i in self._plain), values, strict=True))
        return {str(i["name"]): found[i["name"]] for i in self.inputs}


class Interface:
    """A contract's ABI: its functions by name and its events by topic."""

    def __init__(self, name: str, abi: Sequence[Mapping[str, Any]]) -> None:
        self.name = name
        self.abi = list(abi)
        self._functions: dict[str, Function] = {}
        self._events: dict[bytes, EventType] = {}
        for item in abi:
            if item["type"] == "function":
                function = Function(
                    item["name"],
                    tuple(item["inputs"]),
                    tuple(item["outputs"]),
                    item.get("stateMutability") not in ("view", "pure"),
                )
                # An overload answers to its full signature only.
                self._functions.setdefault(function.name, function)
                self._functions[function.signature] = function
            elif item["type"] == "event":
                event = EventType(item["name"], tuple(item["inputs"]))
                self._events[event.topic] = event

    def function(self, name: str) -> Function:
        """A function by name, or by signature where a name is overloaded."""
        try:
            return self._functions[name]
        except KeyError:
            raise InputError(f"{self.name} has no function {name!r}") from None

    def encode(self, function: str, *args: Any) -> bytes:
        """Calldata: ``interface.encode("settle", customer_id, ref)``."""
        return self.function(function).encode(args)

    def event(self, name: str) -> EventType:
        """An event by name."""
        for event in self._events.values():
            if event.name == name:
                return event
        raise InputError(f"{self.name} has no event {name!r}")

    def decode_log(self, log: Log) -> Event | None:
        """The event behind a log; ``None`` if this contract declares no such event."""
        event = self._events.get(log.topics[0]) if log.topics else None
        return Event(self.name, event.name, event.decode(log), log) if event else None


@cache
def interface(contract: str) -> Interface:
    """
    The packaged interface of a contract.

    Raises:
        ConfigError: No such contract in this version.
    """
    path = _PACKAGE / "abi" / f"{contract}.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"this version knows no contract {contract!r}") from None
    return Interface(contract, record["abi"])


def contracts() -> list[str]:
    """The names of all packaged contracts."""
    return sorted(path.stem for path in (_PACKAGE / "abi").glob("*.json"))


def suite() -> list[str]:
    """The names of those that a deployment has, each once: an address book names them all."""
    return [name for name in contracts() if name not in _MANY]


def abi_hash(abi: Sequence[Mapping[str, Any]]) -> str:
    """A digest of an ABI that does not depend on its order or spacing."""
    entries = sorted(json.dumps(item, sort_keys=True, separators=(",", ":")) for item in abi)
    listed = f"[{','.join(entries)}]"
    return f"0x{keccak(listed.encode()).hex()}"


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where a contract stands, and since which block."""

    name: str
    address: str
    block: int


@dataclass(frozen=True)
class AddressBook:
    """The suite's addresses on one chain. ``origin`` says which file it was read from."""

    chain_id: int
    entries: Mapping[str, Deployed]
    origin: str = ""

    def contract(self, name: str) -> Deployed:
        """
        Where a contract stands.

        Raises:
            NotDeployed: It is not in this book.
        """
        try:
            return self.entries[name]
        except KeyError:
            raise NotDeployed(name) from None

    def place(self, name: str) -> str:
        """
        A contract and its chain in one text, as rows in the brand's file name them.

        Raises:
            NotDeployed: It is not in this book.
        """
        return f"{self.chain_id}:{self.contract(name).address}"

    @classmethod
    def read(cls, path: Path, chain_id: int | None = None) -> AddressBook:
        """
        Read a book.

        Raises:
            ConfigError: Unreadable, or of another chain than ``chain_id``.
        """
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            book_chain = int(record["chainId"])
            entries = {
                name: Deployed(name, units.address(item["address"]), int(item.get("block", 0)))
                for name, item in record["contracts"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError) as error:
            raise ConfigError(f"{path} is not an address book: {error}") from error
        if chain_id is not None and book_chain != chain_id:
            raise ConfigError(
                f"{path} is the address book of chain {book_chain}; chain {chain_id} is needed"
            )
        return cls(book_chain, entries, str(path))

    @classmethod
    def find(cls, chain_id: int, path: Path | str | None = None) -> AddressBook:
        """
        The book of a chain: ``path`` or ``RAPPORT_ADDRESSES`` first, then
        ``deployments/<chainId>.json``, then the packaged books. Empty if there is none, so that
        the first contract asked for raises :class:`NotDeployed`.
        """
        chosen = path or os.environ.get("RAPPORT_ADDRESSES")
        if chosen:
            return cls.read(Path(chosen), chain_id)
        for folder in (Path("deployments"), _PACKAGE / "addresses"):
            candidate = folder / f"{chain_id}.json"
            if candidate.exists():
                return cls.read(candidate, chain_id)
        return cls(chain_id, {})


_ReadWord = Callable[[bytes], Any]


def _word(kind: str) -> _ReadWord | None:
    """How to read a value that fills one word; ``None`` for texts, arrays and structs."""
    if "[" in kind or "(" in kind or kind in ("string", "bytes"):
        return None
    if kind == "address":
        return lambda word: _checksummed(word[12:])
    if kind == "bool":
        return any
    if kind.startswith("bytes"):
        size = int(kind.removeprefix("bytes"))
        return lambda word: word[:size]
    signed = kind.startswith("int")
    return lambda word: int.from_bytes(word, "big", signed=signed)


@lru_cache(maxsize=4096)
def _checksummed(address: bytes) -> str:
    return checksum_address(address)


def canonical_type(item: Mapping[str, Any]) -> str:
    """The type as a signature spells it: a struct is the tuple of its fields."""
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical_type(part) for part in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _decode(
    items: Sequence[Mapping[str, Any]], types: Sequence[str], data: bytes, what: str
) -> list[Any]:
    try:
        values = abi_decode(types, data)
    except ValueError as error:
        raise ConfigError(
            f"{what} answered with {len(data)} bytes that its ABI does not explain; "
            "is the address book of this version?"
        ) from error
    return [_raise(item, value) for item, value in zip(items, values, strict=True)]


def _element(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "type": item["type"][: item["type"].rindex("[")]}


def _lower(item: Mapping[str, Any], value: Any) -> Any:
    """A Python value as the codec wants it: mappings become tuples in the order of the fields."""
    kind = item["type"]
    if kind.endswith("]"):
        element = _element(item)
        return [_lower(element, part) for part in value] if "components" in item else list(value)
    if kind == "tuple":
        parts = item["components"]
        values = [value[p["name"]] for p in parts] if isinstance(value, Mapping) else list(value)
        return tuple(_lower(part, v) for part, v in zip(parts, values, strict=True))
    return value


def _raise(item: Mapping[str, Any], value: Any) -> Any:
    """A decoded value as callers want it: structs by name, addresses checksummed."""
    kind = item["type"]
    if kind.endswith("]"):
        element = _element(item)
        return [_raise(element, part) for part in value]
    if kind == "tuple":
        parts = item["components"]
        return {p["name"]: _raise(p, v) for p, v in zip(parts, value, strict=True)}
    return checksum_address(value) if kind == "address" else value
