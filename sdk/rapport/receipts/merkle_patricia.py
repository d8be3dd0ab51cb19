"""RLP and the Merkle-Patricia trie of a block's receipts, by libraries of the Ethereum Foundation.

The only module that knows them. A key of the trie is the RLP of a transaction's index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_utils.crypto import keccak
from trie.constants import BLANK_NODE_HASH
from trie.hexary import HexaryTrie

from rapport.receipts.errors import PathInvalid

Item = bytes | Sequence["Item"]
"""What RLP encodes: bytes, or a list of items."""


def encode(item: Item) -> bytes:
    """The RLP of an item."""
    encoded: bytes = rlp.encode(item)
    return encoded


def decode(data: bytes) -> Any:
    """
    The item of an RLP, which must be the only way to write it.

    Raises:
        ValueError: No RLP.
    """
    try:
        return rlp.decode(data)
    except (rlp.exceptions.RLPException, RecursionError) as error:
        raise ValueError(f"no RLP: {error}") from error


def whole(number: int) -> bytes:
    """A whole number as RLP has it: big-endian without leading zeros, nothing for zero."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class ValueTrie:
    """The trie that holds each value under its index."""

    def __init__(self, values: Sequence[bytes]) -> None:
        self._trie = _trie({})
        for index, value in enumerate(values):
            self._trie.set(_key(index), value)

    @property
    def root(self) -> bytes:
        """The hash of the root node, as a block's header has it."""
        root: bytes = self._trie.root_hash
        return root

    def prove(self, index: int) -> tuple[bytes, ...]:
        """The RLP of the nodes from the root to a value."""
        return tuple(encode(node) for node in self._trie.get_proof(_key(index)))


def proved(root: bytes, index: int, nodes: Sequence[bytes]) -> bytes:
    """
    The value under an index of the trie with this root. No node may be missing, none superfluous.

    Raises:
        PathInvalid: The nodes do not lead to a value.
    """
    trie = _trie({keccak(node): node for node in nodes}, root)
    try:
        value: bytes = trie.get(_key(index))
        path = tuple(encode(node) for node in trie.get_proof(_key(index))) if value else ()
    except Exception as error:  # nodes of a forger may break the library anywhere
        raise PathInvalid(
            f"{len(nodes)} nodes that break off or are no nodes",
            f"nodes to transaction {index} from root 0x{root.hex()}",
        ) from error
    if not value:
        raise PathInvalid(f"nothing under transaction {index}", "a receipt")
    if path != tuple(nodes):
        raise PathInvalid(f"{len(nodes)} nodes", f"the {len(path)} nodes of the path, in order")
    return value


def _trie(nodes: dict[bytes, bytes], root: bytes = BLANK_NODE_HASH) -> Any:
    """A trie of the library, which is untyped."""
    return HexaryTrie(nodes, root)


def _key(index: int) -> bytes:
    return encode(whole(index))
