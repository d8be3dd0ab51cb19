"""Keccak, checksums and ABI encoding, beside the libraries that others use."""

from __future__ import annotations

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from rapport import codec


@given(st.binary(max_size=300))
def test_keccak_is_that_of_eth_utils(data: bytes) -> None:
    assert codec.keccak(data) == keccak(data)


@given(st.binary(min_size=20, max_size=20))
def test_a_checksum_is_that_of_eth_utils(address: bytes) -> None:
    checked = to_checksum_address(address)
    assert codec.checksum_address(address) == checked
    assert codec.checksum_address(f"0x{address.hex()}") == checked
    assert codec.checksum_address(f"0x{address.hex().upper()}") == checked


def test_what_does_not_fit_its_type_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="300"):
        codec.abi_encode(["uint8"], [300])
    with pytest.raises(ValueError, match="32 bytes"):
        codec.abi_decode(["uint256"], b"short")


@given(st.integers(0, 2**256 - 1), st.text())
def test_what_was_encoded_is_decoded(number: int, text: str) -> None:
    types = ["uint256", "string"]
    assert codec.abi_decode(types, codec.abi_encode(types, [number, text])) == (number, text)
