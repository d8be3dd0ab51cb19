"""The very bytes that stand in the SQLite file for one customer, and a search for them.

Each trace is exact: a number is sought together with the id that follows it in its index, an
idempotency key between what precedes and what follows it in its rows. So the number C-1 is not
mistaken for C-10, and what is found is really there.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from pathlib import Path

from rapport.outbox import Trace

_SIDES = ("", "-wal", "-journal")
_WIDTHS = (1, 2, 3, 4, 6, 8)  # bytes of an integer in a row of SQLite


def of_intents(chain_id: int, traces: Iterable[Trace]) -> list[bytes]:
    """What the journal's table and its index of keys hold of intents."""
    found = []
    for each in traces:
        key = each.key.encode()
        found.append(each.signer.encode() + key + each.kind.encode())
        # The first number of all takes no bytes; the length of the key stands in for it.
        head = b"" if each.id > 1 else _varint(13 + 2 * len(key)) + b"\x09"
        found.append(head + _integer(chain_id) + key + _integer(each.id))
    return found


def search(path: Path | str, traces: Sequence[bytes]) -> list[bytes]:
    """Those that occur anywhere in the file, its free pages and its write-ahead log included."""
    found: list[bytes] = []
    for side in _SIDES:
        part = Path(f"{path}{side}")
        if not part.exists() or not part.stat().st_size:
            continue
        with part.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            found += [each for each in traces if each and text.find(each) >= 0]
    return list(dict.fromkeys(found))


def _integer(number: int) -> bytes:
    """As SQLite writes it; 0 and 1 take no bytes at all."""
    if number in (0, 1):
        return b""
    width = next(width for width in _WIDTHS if -(1 << 8 * width - 1) <= number < 1 << 8 * width - 1)
    return number.to_bytes(width, "big", signed=True)


def _varint(number: int) -> bytes:
    """As SQLite writes the lengths of texts, here below 16,384."""
    return bytes([number]) if number < 128 else bytes([number >> 7 | 128, number & 127])
