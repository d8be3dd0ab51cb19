"""What is signed about subscriptions, read back and refused; and what a forecast is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rapport.codec import keccak
from rapport.errors import InputError
from rapport.intents import OtherDomain
from rapport.keys import KeySigner
from rapport.subscriptions import (
    NOBODY,
    Action,
    Coupon,
    Instruction,
    SignedCoupon,
    Subscribe,
    digest_of,
)
from rapport.typed_data import Domain

DEADLINE = datetime(2100, 1, 1, tzinfo=UTC)
MERCHANT = KeySigner(b"\x42" * 32)
DOMAIN = Domain(8453, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
COUPON = Coupon(MERCHANT.address, 0, keccak(b"SPRING"), 2_500, 3, NOBODY, 0, DEADLINE)
SIGNED = SignedCoupon(COUPON, DOMAIN, COUPON.sign(DOMAIN, MERCHANT))
INSTRUCTION = Instruction("cancel", b"\x01" * 32, 0, 0, 0, 7, DEADLINE)
TERMS = Subscribe(
    MERCHANT.address, 3, 2**96 - 1, b"\1" * 32, bytes(32), bytes(32), bytes(32), DEADLINE
)


@pytest.mark.parametrize("intent", [TERMS, INSTRUCTION, COUPON], ids=lambda i: i.primary_type)
def test_what_was_printed_is_read_back_exactly(intent):
    assert type(intent).read(intent.json(DOMAIN), DOMAIN) == intent
    with pytest.raises(OtherDomain):
        type(intent).read(intent.json(DOMAIN), replace(DOMAIN, chain_id=1))


def test_a_signed_coupon_survives_its_file():
    written = json.dumps(SIGNED.document())
    assert SignedCoupon.read(written, DOMAIN) == SIGNED
    assert SignedCoupon.read(SIGNED.document(), DOMAIN).id == COUPON.digest(DOMAIN)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[]", "members coupon and signature"),
        ({"coupon": {}}, "members coupon and signature"),
        ({**SIGNED.document(), "signature": "0xzz"}, "not signed"),
        ({**SIGNED.document(), "signature": None}, "not signed"),
        ({"coupon": [], "signature": "0x01"}, "no complete domain"),
        ({"coupon": TERMS.typed_data(DOMAIN), "signature": "0x01"}, "is a Subscribe"),
    ],
)
def test_a_file_that_is_no_coupon_is_said_so(content, said):
    with pytest.raises(InputError, match=said):
        SignedCoupon.read(content, DOMAIN)


def test_an_action_reads_as_the_wallet_shows_it():
    assert INSTRUCTION.decided is Action.CANCEL
    assert [each.number for each in Action] == list(range(6))
    with pytest.raises(InputError, match="'stop' is no action; the actions are 'cancel'"):
        _ = replace(INSTRUCTION, action="stop").decided


def test_a_name_is_its_digest_and_a_digest_is_itself():
    assert digest_of(" SPRING ") == digest_of("SPRING") == keccak(b"SPRING")
    assert digest_of("0x" + "ab" * 32) == digest_of(b"\xab" * 32) == b"\xab" * 32
    assert digest_of(None) == bytes(32)
    with pytest.raises(InputError, match="not empty"):
        digest_of("  ")
    with pytest.raises(InputError, match="32 bytes"):
        digest_of(b"short")
