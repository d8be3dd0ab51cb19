"""What payers sign: orders and permits, as the contracts hash them and wallets show them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from rapport import units
from rapport.errors import InputError
from rapport.keys import KeySigner
from rapport.payments import PaymentOrder, Split, check_order, shared_out
from rapport.permits import PERMIT_TYPE, Permit, separator
from rapport.tokens import Token, signing_names, token_of, words
from rapport.typed_data import Domain, Intent

KEY = b"\x42" * 32
PAYER = KeySigner(KEY).address
MERCHANT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TOKEN = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
CONTRACT = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"
MOMENT = datetime(2100, 1, 1, tzinfo=UTC)
DOLLARS = Token(TOKEN, "Test Dollar", "tUSD", 6)

ORDER = PaymentOrder(
    merchant=MERCHANT,
    payer=PAYER,
    token=TOKEN,
    amount=2**96 - 1,
    order_id=b"\x01" * 32,
    pay_by=MOMENT,
    capture_by=None,
    refund_until=MOMENT,
    splits=(Split(CONTRACT, 250), Split(TOKEN, 1)),
    customer_id=b"\x02" * 32,
)
HELD = replace(ORDER, capture_by=MOMENT, splits=(), amount=5)
PERMIT = Permit(PAYER, CONTRACT, 2**255, 3, MOMENT)
SIGNED = [
    (ORDER, Domain(8453, CONTRACT)),
    (HELD, Domain(8453, CONTRACT)),
    (PERMIT, Domain(8453, TOKEN, "Test Dollar", "2")),
]


@pytest.mark.parametrize(("intent", "domain"), SIGNED)
def test_a_signature_is_what_wallets_make_of_the_request(intent: Intent, domain: Domain) -> None:
    wallet = Account.sign_typed_data(KEY, full_message=json.loads(intent.json(domain)))
    assert intent.sign(domain, KeySigner(KEY)) == bytes(wallet.signature)
    for elsewhere in (replace(domain, chain_id=1), replace(domain, contract=MERCHANT)):
        assert intent.recover(elsewhere, bytes(wallet.signature)) != PAYER


@pytest.mark.parametrize(("intent", "domain"), SIGNED)
def test_a_request_is_read_back_as_what_it_was_made_of(intent: Intent, domain: Domain) -> None:
    assert type(intent).read(intent.json(domain), domain) == intent


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            PaymentOrder,
            "Order(address merchant,address payer,address token,uint96 amount,bytes32 orderId,"
            "uint48 payBy,uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId)"
            "Split(address recipient,uint16 bps)",
        ),
        (Permit, PERMIT_TYPE),
    ],
)
def test_the_contract_hashes_the_same_type(kind: type[Intent], said: str) -> None:
    encoded = ""
    for name, members in kind.definitions().items():
        listed = (f"{member['type']} {member['name']}" for member in members)
        encoded += f"{name}({','.join(listed)})"
    assert encoded == said


def test_amounts_that_javascript_would_round_go_as_text() -> None:
    assert ORDER.message()["amount"] == str(2**96 - 1)
    assert replace(ORDER, amount=2**53).message()["amount"] == str(2**53)
    assert replace(ORDER, amount=2**53 - 1).message()["amount"] == 2**53 - 1
    assert replace(ORDER, amount=2**53).struct()["amount"] == 2**53  # contracts take numbers
    assert ORDER.message()["captureBy"] == 0
    assert ORDER.deadline_seconds == ORDER.message()["payBy"] == units.to_timestamp(MOMENT)


def test_a_token_signs_under_its_own_name_and_version() -> None:
    shown = PERMIT.typed_data(SIGNED[2][1])["domain"]
    assert (shown["name"], shown["version"]) == ("Test Dollar", "2")
    assert separator(SIGNED[2][1]) != separator(replace(SIGNED[2][1], version="1"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": 0}, "above 0"),
        ({"merchant": PAYER}, "nobody pays themselves"),
        ({"splits": (Split(MERCHANT, 1),) * 5}, "at most 4"),
        ({"splits": (Split(CONTRACT, 1),)}, "cannot have a share"),
        ({"splits": (Split(PAYER, 1),)}, "cannot have a share"),
        ({"splits": (Split(MERCHANT, units.MAX_BPS), Split(TOKEN, 1))}, "met 100.01"),
    ],
)
def test_an_order_that_could_never_be_paid_is_told(change: dict[str, Any], said: str) -> None:
    order = replace(HELD, **change)
    with pytest.raises(InputError, match=said):
        check_order(order, CONTRACT)
    check_order(replace(HELD, splits=(Split(MERCHANT, units.MAX_BPS),)), CONTRACT)


@given(
    amount=st.integers(1, 2**96 - 1),
    shares=st.lists(st.integers(0, units.MAX_BPS // 4), max_size=4),
)
def test_shares_never_exceed_the_amount_and_lose_less_than_a_unit_each(
    amount: int, shares: list[int]
) -> None:
    found = shared_out(amount, [Split(MERCHANT, bps) for bps in shares], DOLLARS)
    base = [units.to_base(each.amount, 6) for each in found]
    assert sum(base) <= amount
    for got, bps in zip(base, shares, strict=True):
        assert got * units.MAX_BPS <= amount * bps < (got + 1) * units.MAX_BPS
    assert [each.percent for each in found] == [Decimal(bps) / 100 for bps in shares]


# What tokens say of themselves


def said(text: str) -> bytes:
    raw = text.encode()
    padded = raw.ljust(-(-len(raw) // 32) * 32, b"\0")
    return (32).to_bytes(32, "big") + len(raw).to_bytes(32, "big") + padded


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (said("USD Coin"), "USD Coin"),
        (b"MKR".ljust(32, b"\0"), "MKR"),
        (said("Evil\x1b[2J\nCoin"), "Evil[2JCoin"),
        (said("x" * 200), "x" * 64),
        (b"\xff" * 40, ""),
        (b"", ""),
        (None, ""),
    ],
)
def test_a_token_s_words_are_cut_to_what_prints(answer: bytes | None, text: str) -> None:
    assert words(answer) == text


def test_a_token_without_words_goes_by_its_address() -> None:
    token = token_of(TOKEN, (6).to_bytes(32, "big"), None, b"")
    assert (token.symbol, token.name) == ("0xfB69…d359", "0xfB69…d359")


@pytest.mark.parametrize("decimals", [None, b"", b"\x06", (256).to_bytes(32, "big")])
def test_what_does_not_say_its_decimals_is_no_token(decimals: bytes | None) -> None:
    with pytest.raises(InputError, match="does not say its decimals"):
        token_of(TOKEN, decimals, None, None)


def test_what_is_no_domain_tells_no_names() -> None:
    assert signing_names(None) is None
    assert signing_names(b"\x01" * 64) is None
