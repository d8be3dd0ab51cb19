"""The digest on chain follows every byte of a receipt, and its key tells nothing of another."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport import units
from rapport.errors import InputError
from rapport.receipts import Format, canonical, digest, parse, receipt_key, render
from tests.sdk.receipts.samples import CUSTOMER_KEY, RECEIPT, receipts, unhurried

KEY = receipt_key(CUSTOMER_KEY, RECEIPT.id)


def test_the_digest_is_the_hmac_of_the_canonical_document_under_the_receipts_key() -> None:
    name = b"consent-receipt:" + RECEIPT.id.encode()
    key = hmac.new(CUSTOMER_KEY, name, hashlib.sha256).digest()
    document = render(RECEIPT)

    assert key == KEY
    assert digest(key, document) == hmac.new(key, canonical(document), hashlib.sha256).digest()


def test_how_a_document_is_laid_out_does_not_change_its_digest() -> None:
    document = render(RECEIPT)
    shuffled = dict(reversed(document.items()))

    assert list(shuffled) != list(document)
    assert digest(KEY, shuffled) == digest(KEY, document)


def test_one_byte_altered_anywhere_is_another_digest() -> None:
    document = render(RECEIPT, Format.KANTARA)
    text, seen = canonical(document), {digest(KEY, document)}
    altered = 0
    for at in range(len(text)):
        try:
            other = parse(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        except InputError:
            continue
        altered += 1
        seen.add(digest(KEY, other))

    assert altered > len(text) // 2
    assert len(seen) == altered + 1


@unhurried
@given(receipts(), receipts(), st.binary(min_size=32, max_size=32))
def test_two_receipts_of_a_customer_share_neither_key_nor_digest(one, other, customer_key) -> None:
    keys = [receipt_key(customer_key, each.id) for each in (one, other)]

    assert (keys[0] == keys[1]) == (one.id == other.id)
    assert (digest(keys[0], render(one)) == digest(keys[1], render(other))) == (one == other)


@given(st.binary(min_size=32, max_size=32))
def test_a_receipts_key_opens_neither_another_receipt_nor_a_reference(customer_key: bytes) -> None:
    shown = receipt_key(customer_key, RECEIPT.id)
    other = "b9a0b1a2-0000-4000-8000-000000000000"

    assert receipt_key(shown, other) != receipt_key(customer_key, other)
    assert units.ref(shown, "order:1001") != units.ref(customer_key, "order:1001")
    assert shown != customer_key


@pytest.mark.parametrize("key", [b"", b"\x01" * 31, b"\x01" * 33])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(InputError, match="32 bytes"):
        receipt_key(key, RECEIPT.id)
    with pytest.raises(InputError, match="32 bytes"):
        digest(key, {})


def test_a_receipt_without_an_id_has_no_key() -> None:
    with pytest.raises(InputError, match="id must not be empty"):
        receipt_key(CUSTOMER_KEY, "")
