"""Revert data to exceptions and back, by the selectors of all packaged errors."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from rapport import units
from rapport.codec import abi_decode, abi_encode, checksum_address
from rapport.errors import (
    OutOfGas,
    Panicked,
    Refused,
    Reverted,
    RevertedWithReason,
    UnknownRevert,
)
from rapport.reverts import ERRORS

_OUT_OF_GAS = b"\xff\xff\xff\xff"  # not a selector of ours: how the journal keeps OutOfGas

_KNOWN: tuple[type[Reverted], ...] = (*ERRORS, RevertedWithReason, Panicked)
_BY_SELECTOR = {kind.selector: kind for kind in _KNOWN}


def revert_type(selector: bytes) -> type[Reverted] | None:
    """The class of a selector (four bytes), or ``None`` if no packaged contract declares it."""
    return _BY_SELECTOR.get(selector[:4])


def reason_of(selector: bytes) -> str:
    """
    The name of the error behind a selector, as events tell why a call within a call failed. They
    tell none where it ran out of gas.
    """
    if not any(selector):
        return "out of gas"
    kind = revert_type(selector)
    return kind.__name__ if kind is not None else f"0x{selector.hex()}"


def decode_revert(data: bytes) -> Reverted:
    """
    The exception behind revert data. A bare selector of an error that has arguments, as batches
    report it, becomes :class:`~rapport.errors.Refused`; what nothing explains
    :class:`~rapport.errors.UnknownRevert`.
    """
    if data[:4] == _OUT_OF_GAS and len(data) == 36:
        return OutOfGas(int.from_bytes(data[4:], "big"))
    kind = revert_type(data)
    if kind is None:
        return UnknownRevert(data)
    if len(data) == 4 and kind.types:
        return Refused(kind)
    try:
        values = abi_decode(kind.types, data[4:])
    except ValueError:
        return UnknownRevert(data)
    wanted = [str(field.type) for field in fields(kind)]
    return kind(*(_up(t, v, w) for t, v, w in zip(kind.types, values, wanted, strict=True)))


def encode_revert(error: Reverted) -> bytes:
    """Revert data that :func:`decode_revert` turns into an equal exception."""
    if isinstance(error, UnknownRevert):
        return error.data
    if isinstance(error, Refused):
        return error.reason.selector
    if isinstance(error, OutOfGas):
        return _OUT_OF_GAS + error.gas.to_bytes(32, "big")
    values = [_down(getattr(error, field.name)) for field in fields(error)]
    return error.selector + abi_encode(error.types, values)


def _up(kind: str, value: Any, wanted: str) -> Any:
    if wanted == "datetime":
        return units.from_timestamp(value)
    if kind == "address":
        return checksum_address(value)
    if kind.endswith("]"):
        return tuple(_up(kind[: kind.rindex("[")], item, "") for item in value)
    return value


def _down(value: Any) -> Any:
    if isinstance(value, datetime):
        return units.to_timestamp(value)
    return list(value) if isinstance(value, tuple) else value
