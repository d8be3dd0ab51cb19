"""How long data is after FastLZ, by which OP-Stack chains charge for data.

A length only, level 1, as op-geth's ``FlzCompressLen`` counts it; the algorithm is FastLZ by
A. Hidayat. Specification: specs.optimism.io, Fjord, "L1-Cost fee changes (FastLZ estimator)".
"""

from __future__ import annotations

_HASH_BITS = 13
_HASH_MULTIPLIER = 2_654_435_769
_MAX_DISTANCE = 8_191
_MAX_LITERALS = 32
_LONGEST_MATCH = 262


def compressed_length(data: bytes) -> int:
    """Bytes that ``data`` takes after FastLZ compression."""
    length = 0
    table = [0] * (1 << _HASH_BITS)
    anchor = 0
    position = 2
    limit = len(data) - 13
    while position < limit:
        reference, distance = 0, 0
        while True:
            word = int.from_bytes(data[position : position + 3], "little")
            slot = _slot(word)
            reference = table[slot]
            table[slot] = position
            distance = position - reference
            if position >= limit:
                break
            position += 1
            same = word == int.from_bytes(data[reference : reference + 3], "little")
            if same and distance <= _MAX_DISTANCE:
                break
        if position >= limit:
            break
        position -= 1
        if position > anchor:
            length += _literals(position - anchor)
        matched = _match(data, reference + 3, position + 3, limit + 9)
        length += _matches(matched)
        position += matched
        for _ in range(2):
            table[_slot(int.from_bytes(data[position : position + 3], "little"))] = position
            position += 1
        anchor = position
    return length + _literals(len(data) - anchor)


def _slot(word: int) -> int:
    return ((word * _HASH_MULTIPLIER) >> 19) & ((1 << _HASH_BITS) - 1)


def _literals(count: int) -> int:
    whole, rest = divmod(count, _MAX_LITERALS)
    return whole * (_MAX_LITERALS + 1) + (rest + 1 if rest else 0)


def _match(data: bytes, reference: int, position: int, end: int) -> int:
    matched = 0
    while position + matched < end:
        matched += 1
        if data[reference + matched - 1] != data[position + matched - 1]:
            break  # op-geth counts the byte that ended the match
    return matched


def _matches(count: int) -> int:
    count -= 1
    whole, rest = divmod(count, _LONGEST_MATCH)
    return 3 * whole + (3 if rest >= 6 else 2)
