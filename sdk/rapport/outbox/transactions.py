"""EIP-1559 transactions (type 2): what is hashed, what is signed, what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rapport.codec import keccak
from rapport.keys import Signer
from rapport.outbox.policy import Price
from rapport.outbox.records import Attempt


def sign(
    signer: Signer,
    *,
    chain_id: int,
    nonce: int,
    to: str,
    data: bytes,
    value: int,
    gas: int,
    price: Price,
    cancels: bool = False,
) -> Attempt:
    """Sign one version of a transaction. Addresses are hex; amounts are wei."""
    fields = b"".join(
        (
            _integer(chain_id),
            _integer(nonce),
            _integer(price.priority_fee),
            _integer(price.max_fee),
            _integer(gas),
            _string(bytes.fromhex(to[2:])),
            _integer(value),
            _string(data),
            b"\xc0",  # no access list
        )
    )
    signature = signer.sign_digest(keccak(b"\x02" + _list(fields)))
    r, s, parity = signature[:32], signature[32:64], signature[64]
    raw = b"\x02" + _list(
        fields + _integer(parity) + _string(r.lstrip(b"\0")) + _string(s.lstrip(b"\0"))
    )
    return Attempt(
        f"0x{keccak(raw).hex()}",
        raw,
        price.max_fee,
        price.priority_fee,
        cancels,
        datetime.now(UTC),
    )


# Recursive-length prefix, as far as transactions need it.


def _integer(value: int) -> bytes:
    """A whole number below 2**256."""
    if value < 0x80:
        return bytes((value or 0x80,))
    size = (value.bit_length() + 7) // 8
    return bytes((0x80 + size,)) + value.to_bytes(size, "big")


def _string(value: bytes) -> bytes:
    if len(value) == 1 and value[0] < 0x80:
        return value
    return _prefix(len(value), 0x80) + value


def _list(content: bytes) -> bytes:
    return _prefix(len(content), 0xC0) + content


def _prefix(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes((offset + length,))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((offset + 55 + len(size),)) + size


def raws(attempts: Sequence[Attempt]) -> list[tuple[str, bytes]]:
    """As :meth:`~rapport.chain.Chain.send_raw` takes them."""
    return [(attempt.hash, attempt.raw) for attempt in attempts]
