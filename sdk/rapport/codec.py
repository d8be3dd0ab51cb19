"""ABI encoding, keccak and checksums.

eth-abi takes most of a second to load, with what it brings, so it is loaded when something is first
encoded; commands that only read the journal never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_hash.auto import keccak as _keccak


def keccak(data: bytes) -> bytes:
    """keccak-256, 32 bytes."""
    return bytes(_keccak(data))


def checksum_address(address: bytes | str) -> str:
    """20 bytes, or 40 hex digits after ``0x``, with the capitals of EIP-55."""
    digits = address.hex() if isinstance(address, bytes) else address[2:].lower()
    marks = keccak(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False)
    )


def abi_encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """
    Arguments as calls carry them.

    Raises:
        ValueError: A value does not fit its type.
    """
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    try:
        return encode(types, values)
    except EncodingError as error:
        raise ValueError(str(error)) from error


def abi_decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """
    Values out of what a call returned or an error carries. Addresses come in lower case.

    Raises:
        ValueError: The data is not of these types.
    """
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        return decode(types, data)
    except DecodingError as error:
        raise ValueError(str(error)) from error
