"""Everything that can go wrong, as one tree of exceptions under ``RapportError``.

``retryable`` says whether the same call may succeed later without anything being changed.
``exit_code`` is what the ``rapport`` command ends with. The errors of the contracts themselves are
generated into :mod:`rapport.reverts`, under :class:`Reverted`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


class RapportError(Exception):
    """Base of all errors of this package."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1


class ConfigError(RapportError):
    """Something must be configured differently before this can work."""

    exit_code = 3


class InputError(RapportError):
    """A value given by the caller is not acceptable; nothing was sent."""

    exit_code = 2


class NotFound(RapportError):
    """No such record."""

    exit_code = 7


@dataclass(eq=False)
class Pending(RapportError):
    """The submission has not come to an end yet; it stays in the outbox and goes on."""

    key: str
    state: str

    retryable = True
    exit_code = 6

    def __str__(self) -> str:
        return f"{self.key!r} is still {self.state}; it stays in the outbox: wait or drain again"


@dataclass(eq=False)
class Cancelled(RapportError):
    """The submission was cancelled before it took effect."""

    key: str

    def __str__(self) -> str:
        return f"{self.key!r} was cancelled; `retry` queues it again"


@dataclass(eq=False)
class IdempotencyConflict(RapportError):
    """The idempotency key was used before, with other content. Nothing was sent."""

    key: str

    exit_code = 2

    def __str__(self) -> str:
        return (
            f"idempotency key {self.key!r} was used before with other content; "
            "nothing was sent: use another key, or the same content"
        )


@dataclass(eq=False)
class Reverted(RapportError):
    """A contract refused the call. Base of all errors of the contracts."""

    signature: ClassVar[str] = ""
    """The error as Solidity writes it, e.g. ``RefConflict(bytes32)``."""
    selector: ClassVar[bytes] = b""
    types: ClassVar[tuple[str, ...]] = ()
    sentence: ClassVar[str] = "The contract refused the call"
    places: ClassVar[tuple[str, ...]] = ()
    """The names of what an argument called ``field`` counts from 0, where it does."""

    exit_code = 4

    def __str__(self) -> str:
        given = ", ".join(f"{each.name} {self._told(each.name)}" for each in fields(self))
        return f"{self.sentence} ({given})" if given else self.sentence

    def _told(self, name: str) -> str:
        value = getattr(self, name)
        counted = name == "field" and isinstance(value, int) and value < len(self.places)
        return f"{value}: {self.places[value]}" if counted else _readable(value)


@dataclass(eq=False)
class UnknownRevert(Reverted):
    """A contract refused the call with data that no packaged ABI explains."""

    data: bytes

    def __str__(self) -> str:
        if not self.data:
            return "the contract refused the call without saying why"
        return f"the contract refused the call with unknown data 0x{self.data.hex()}"


@dataclass(eq=False)
class RevertedWithReason(Reverted):
    """A contract refused the call with a text: ``Error(string)``."""

    reason: str

    signature = "Error(string)"
    selector = bytes.fromhex("08c379a0")
    types = ("string",)

    def __str__(self) -> str:
        return f"the contract refused the call: {self.reason}"


@dataclass(eq=False)
class Panicked(Reverted):
    """A check built into Solidity failed: ``Panic(uint256)``, e.g. 0x11 for an overflow."""

    code: int

    signature = "Panic(uint256)"
    selector = bytes.fromhex("4e487b71")
    types = ("uint256",)

    def __str__(self) -> str:
        return f"the contract stopped with panic code 0x{self.code:02x}"


@dataclass(eq=False)
class OutOfGas(Reverted):
    """The transaction ran out of gas; ``gas`` was its limit."""

    gas: int

    def __str__(self) -> str:
        return f"the transaction ran out of its {self.gas:,} gas"


@dataclass(eq=False)
class Refused(Reverted):
    """One item of a batch was refused, and only the kind of error is known, not its arguments."""

    reason: type[Reverted]

    def __str__(self) -> str:
        return self.reason.sentence


class RpcError(RapportError):
    """The node answered with an error, or with something that is no answer."""

    retryable = True
    exit_code = 5


class Timeout(RpcError):
    """The node did not answer in time; whether it acted is unknown."""

    exit_code = 6


class Underpriced(RapportError):
    """The network asks for a higher fee than offered, or than the configured cap allows."""

    retryable = True
    exit_code = 5


class NonceConflict(RapportError):
    """Another transaction of the same account took the nonce."""

    retryable = True
    exit_code = 5


class ReorgedOut(RapportError):
    """The transaction was mined, and its block is no longer part of the chain."""

    retryable = True
    exit_code = 6


class LeaseHeld(RapportError):
    """Another worker sends for this account now; at most one does at a time."""

    retryable = True
    exit_code = 6


@dataclass(eq=False)
class InsufficientFunds(RapportError):
    """The sending account cannot pay for gas. Amounts are wei."""

    address: str
    have: int
    need: int

    retryable = True

    def __str__(self) -> str:
        return (
            f"{self.address} holds {_ether(self.have)} and needs {_ether(self.need)} for gas; "
            "fund it, and what is queued goes on"
        )


@dataclass(eq=False)
class SenderStuck(RapportError):
    """Another process sends for this account, and cannot go on until somebody mends its trouble."""

    worker: str
    trouble: str

    exit_code = 3

    def __str__(self) -> str:
        return f"{self.worker} sends for this account and cannot go on: {self.trouble}"


@dataclass(eq=False)
class WrongChain(RapportError):
    """The node serves another chain than configured. Nothing was signed."""

    expected: int
    met: int

    exit_code = 3

    def __str__(self) -> str:
        return (
            f"the node serves chain {self.met}, configured is chain {self.expected}; "
            "correct the RPC address or the chain id"
        )


@dataclass(eq=False)
class NotDeployed(RapportError):
    """No such contract on this chain. ``address`` is empty when none is on record."""

    contract: str
    address: str = ""

    exit_code = 3

    def __str__(self) -> str:
        if not self.address:
            return f"{self.contract} has no address on this chain; deploy it, or name its book"
        return f"{self.contract} has no code at {self.address}; deploy it, or correct its address"


def _readable(value: Any) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_readable(item) for item in value) + "]"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return str(value)


def _ether(wei: int) -> str:
    whole, rest = divmod(wei, 10**18)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".") + " ETH"
