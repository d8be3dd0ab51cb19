"""Is the code on the chain what these sources compile to?

The creation code runs once more, by ``eth_call``, as if it stood at the contract's own address with
empty storage. What it returns must equal the deployed code byte by byte: immutables, the cached
domain separator and the compiler's metadata hash included. A node that cannot override code in a
call gets the second-best proof: equal but for the 32-byte places that the constructor fills.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from eth_utils import keccak
from hexbytes import HexBytes

PUSH1, PUSH32 = 0x60, 0x7F
WORD = 32


class Verdict(Enum):
    """What a verification found."""

    EXACT = "exact"
    BUT_IMMUTABLES = "but for immutables"
    NO_CODE = "no code"
    OTHER = "other code"

    @property
    def ours(self) -> bool:
        return self in (Verdict.EXACT, Verdict.BUT_IMMUTABLES)


@dataclass(frozen=True)
class Expected:
    """What should stand: creation code with its arguments, and the compiler's runtime code."""

    creation: bytes
    runtime: bytes


def verify(provider: Any, address: str, expected: Expected) -> Verdict:
    """Compares the code at ``address`` with what the compiler made. ``provider`` is Ape's."""
    deployed = bytes(HexBytes(provider.make_request("eth_getCode", [address, "latest"])))
    if not deployed:
        return Verdict.NO_CODE
    rebuilt = rebuild(provider, address, expected.creation)
    if rebuilt is not None:
        return Verdict.EXACT if rebuilt == deployed else Verdict.OTHER
    same = same_but_immutables(deployed, expected.runtime)
    return Verdict.BUT_IMMUTABLES if same else Verdict.OTHER


def rebuild(provider: Any, address: str, creation: bytes) -> bytes | None:
    """The code that a creation at ``address`` leaves; ``None`` if the node cannot say."""
    override = {address: {"code": "0x" + creation.hex(), "state": {}}}
    try:
        answer = provider.make_request("eth_call", [{"to": address}, "latest", override])
    except Exception:  # each node refuses an override it does not know in its own words
        return None
    code = bytes(HexBytes(answer))
    return code or None


def same_but_immutables(deployed: bytes, runtime: bytes) -> bool:
    """
    Whether two codes differ only where the compiler left a word of zeros for the constructor.

    Solidity pushes an immutable with PUSH32 and leaves zeros there.
    """
    if len(deployed) != len(runtime):
        return False
    masked = bytearray(deployed)
    at = 0
    while at < len(runtime):
        operation = runtime[at]
        width = operation - PUSH1 + 1 if PUSH1 <= operation <= PUSH32 else 0
        if operation == PUSH32 and not any(runtime[at + 1 : at + 1 + WORD]):
            masked[at + 1 : at + 1 + WORD] = bytes(WORD)
        at += 1 + width
    return bytes(masked) == runtime


def code_hash(runtime: bytes) -> str:
    """keccak256 of a code, as `EXTCODEHASH` gives it."""
    return f"0x{keccak(runtime).hex()}"
