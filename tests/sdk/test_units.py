"""Exactness at the edge."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport import units
from rapport.errors import InputError

CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # from EIP-55


@given(value=st.integers(0, 2**256 - 1), decimals=st.integers(0, 36))
def test_base_units_survive_the_way_out_and_back(value: int, decimals: int) -> None:
    assert units.to_base(units.from_base(value, decimals), decimals) == value


def test_whole_units_become_base_units() -> None:
    assert units.to_base("1.5", 6) == 1_500_000
    assert units.from_base(1_500_000, 6) == Decimal("1.5")


@pytest.mark.parametrize("amount", ["1.2345678", "-1", "NaN", "Infinity", "many", "", 1.5])
def test_an_amount_that_is_not_exact_is_refused(amount: object) -> None:
    with pytest.raises(InputError):
        units.to_base(amount, 6)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, -1, 2**32, "x", 1.0, True])
def test_points_outside_their_range_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="points"):
        units.points(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1, 2**32 - 1, "500"])
def test_points_within_their_range_are_taken(value: int | str) -> None:
    assert units.points(value) == int(value)


def test_unsigned_integers_keep_to_their_bits() -> None:
    assert units.unsigned(255, 8, "lane") == 255
    with pytest.raises(InputError, match=r"lane must be 0 to 2\*\*8 - 1; met 256"):
        units.unsigned(256, 8, "lane")


@given(seconds=st.integers(0, 253_402_300_799))
def test_moments_survive_the_way_out_and_back(seconds: int) -> None:
    assert units.to_timestamp(units.from_timestamp(seconds)) == seconds


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    there = datetime(1997, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))
    assert units.to_timestamp(there) == units.to_timestamp(datetime(1997, 1, 1, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="names no time zone"):
        units.to_timestamp(datetime(1997, 1, 1))  # noqa: DTZ001


def test_the_largest_deadline_reads_as_the_last_year() -> None:
    assert units.from_timestamp(2**48 - 1).year == 9999


@pytest.mark.parametrize("text", [CHECKSUMMED, CHECKSUMMED.lower(), "0x" + CHECKSUMMED[2:].upper()])
def test_an_address_comes_out_checksummed(text: str) -> None:
    assert units.address(text) == CHECKSUMMED


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(InputError, match="wrong checksum"):
        units.address(CHECKSUMMED[:-1] + "D")


@pytest.mark.parametrize("text", ["", "0x12", CHECKSUMMED[2:], CHECKSUMMED + "00", "0x" + "g" * 40])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="40 hex digits"):
        units.address(text)


def test_a_customer_id_is_32_bytes_and_never_zero() -> None:
    assert units.customer_id("0x" + "ab" * 32) == b"\xab" * 32
    assert units.customer_id("ab" * 32) == b"\xab" * 32
    for wrong in (b"\xab" * 31, "ab" * 31, "0x" + "zz" * 32, bytes(32)):
        with pytest.raises(InputError):
            units.customer_id(wrong)


def test_new_customer_ids_differ() -> None:
    assert len({units.new_customer_id() for _ in range(100)}) == 100


def test_a_reference_is_the_hmac_of_the_idempotency_key() -> None:
    key = b"\x07" * 32
    expected = hmac.new(key, b"order:123", hashlib.sha256).digest()
    assert units.ref(key, "order:123") == expected
    assert units.ref(b"\x08" * 32, "order:123") != expected


@pytest.mark.parametrize(("key", "text"), [(b"", "a"), (b"\x07" * 31, "a"), (b"\x07" * 32, "")])
def test_a_reference_needs_a_whole_key_and_a_text(key: bytes, text: str) -> None:
    with pytest.raises(InputError):
        units.ref(key, text)


def test_a_token_is_an_asset_by_its_address() -> None:
    asset = units.token_asset(CHECKSUMMED)
    assert asset == bytes(12) + bytes.fromhex(CHECKSUMMED[2:])
    assert units.asset_token(asset) == CHECKSUMMED


@pytest.mark.parametrize("asset", [b"EUR".ljust(32, b"\0"), bytes(32), b"\x01" * 32])
def test_a_currency_and_what_renews_are_no_token(asset: bytes) -> None:
    assert units.asset_token(asset) is None


def test_a_moment_is_told_in_utc() -> None:
    there = timezone(timedelta(hours=2))
    assert units.iso(datetime(2026, 11, 22, 17, 5, tzinfo=there)) == "2026-11-22T15:05:00Z"


def test_wei_read_as_gwei_and_ether_exactly() -> None:
    assert units.gwei(1) == Decimal("0.000000001")
    assert units.ether(10**18 + 1) == Decimal("1.000000000000000001")


def test_the_key_of_a_receipt_is_never_a_reference() -> None:
    with pytest.raises(InputError, match="consent-receipt:"):
        units.ref(bytes(32), "consent-receipt:7")


def test_a_share_in_percent_is_basis_points_and_back() -> None:
    assert [units.bps(each, "a share") for each in ("0.01", "2.5", 100)] == [1, 250, units.MAX_BPS]
    assert units.percent(250) == Decimal("2.5")


@pytest.mark.parametrize("share", ["0", "100.01", "-1", "0.001"])
def test_a_share_that_is_none_is_refused(share: str) -> None:
    with pytest.raises(InputError, match=share):
        units.bps(share, "a share")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1244.400000", "1,244.40"),
        ("0.000001", "0.000001"),
        ("20", "20"),
        ("20.0", "20.00"),
        ("-5.10", "-5.10"),
        ("100", "100"),
    ],
)
def test_money_is_read_without_idle_zeros(amount, text):
    assert units.money(Decimal(amount)) == text
