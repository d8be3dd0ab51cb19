"""ABI encoding of one function, event or error, prepared once and used a million times.

Every type of the suite's hot calls is one static word, so those take a short path; anything with
a dynamic or nested part goes through eth-abi.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

ABI = dict[str, Any]
WORD = 32


def canonical(item: ABI) -> str:
    """The type as signatures spell it: a tuple becomes its parts in brackets."""
    kind = str(item["type"])
    if kind.startswith("tuple"):
        parts = ",".join(canonical(part) for part in item["components"])
        return f"({parts}){kind.removeprefix('tuple')}"
    return kind


def signature(entry: ABI) -> str:
    """``name(type,type)`` of a function, event or error."""
    return f"{entry['name']}({','.join(canonical(item) for item in entry['inputs'])})"


def selector(entry: ABI) -> bytes:
    """First four bytes of the signature's hash."""
    return keccak(text=signature(entry))[:4]


def topic(entry: ABI) -> bytes:
    """Hash of an event's signature."""
    return keccak(text=signature(entry))


def _leaves(items: Sequence[ABI]) -> list[str] | None:
    """The words of these types in order, or None if one of them needs eth-abi."""
    words: list[str] = []
    for item in items:
        kind = str(item["type"])
        if kind in ("bytes", "string") or kind.endswith("]") or kind.startswith("int"):
            return None
        if kind == "tuple":
            inner = _leaves(item["components"])
            if inner is None:
                return None
            words += inner
        else:
            words.append(kind)
    return words


def _word_encoder(kind: str) -> Callable[[Any], bytes]:
    if kind.startswith("uint"):
        bits = int(kind[4:] or 256)

        def unsigned(value: int) -> bytes:
            if value >> bits:
                raise OverflowError(f"{value} does not fit {kind}")
            return int(value).to_bytes(WORD, "big")

        return unsigned
    if kind == "bool":
        return lambda value: int(bool(value)).to_bytes(WORD, "big")
    if kind == "address":
        return lambda value: bytes.fromhex(value[2:]).rjust(WORD, b"\0")
    if kind.startswith("bytes"):
        return lambda value: bytes(value).ljust(WORD, b"\0")
    raise TypeError(f"no word encoding for {kind}")


def _word_decoder(kind: str) -> Callable[[bytes], Any]:
    if kind.startswith("uint"):
        return lambda word: int.from_bytes(word, "big")
    if kind == "bool":
        return lambda word: word[-1] == 1
    if kind == "address":
        return lambda word: "0x" + word[12:].hex()
    if kind.startswith("bytes"):
        size = int(kind[5:])
        return lambda word: word[:size]
    raise TypeError(f"no word decoding for {kind}")


def _nested(items: Sequence[ABI], words: list[Any]) -> tuple[Any, ...]:
    """Flat words back into the shape of the types, consuming `words` from the left."""
    shaped: list[Any] = []
    for item in items:
        if item["type"] == "tuple":
            shaped.append(_nested(item["components"], words))
        else:
            shaped.append(words.pop(0))
    return tuple(shaped)


class Codec:
    """Encodes and decodes one list of parameters."""

    def __init__(self, items: Sequence[ABI]) -> None:
        self._items = items
        self._types = [canonical(item) for item in items]
        leaves = _leaves(items)
        self._flat = leaves is not None and all(item["type"] != "tuple" for item in items)
        self._static = leaves
        if leaves is not None:
            self._encoders = [_word_encoder(kind) for kind in leaves]
            self._decoders = [_word_decoder(kind) for kind in leaves]

    def encode(self, values: Sequence[Any]) -> bytes:
        if len(values) != len(self._types):
            raise TypeError(
                f"{len(values)} arguments given, {len(self._types)} needed: {self._types}"
            )
        if self._flat:
            return b"".join(
                encode(value) for encode, value in zip(self._encoders, values, strict=True)
            )
        return abi_encode(self._types, list(values))

    def decode(self, data: bytes) -> tuple[Any, ...]:
        if self._static is not None:
            words = [
                decode(data[at : at + WORD])
                for decode, at in zip(
                    self._decoders, range(0, len(self._decoders) * WORD, WORD), strict=True
                )
            ]
            return tuple(words) if self._flat else _nested(self._items, words)
        return abi_decode(self._types, data)
