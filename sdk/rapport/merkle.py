"""Merkle roots as OpenZeppelin's ``StandardMerkleTree`` builds them, for commitments of a batch.

A leaf is the double keccak-256 of its value; a node hashes its two children in ascending order, so
that a proof needs no directions. Source: OpenZeppelin ``merkle-tree`` 1.x, ``core.ts``.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak


def root_of(values: Sequence[bytes]) -> bytes:
    """
    The root over 32-byte values, whatever their order; 32 zero bytes for none.
    """
    if not values:
        return bytes(32)
    leaves = sorted((keccak(keccak(value)) for value in values), reverse=True)
    tree = [b""] * (len(leaves) - 1) + leaves
    for index in range(len(leaves) - 2, -1, -1):
        left, right = sorted((tree[2 * index + 1], tree[2 * index + 2]))
        tree[index] = keccak(left + right)
    return tree[0]
