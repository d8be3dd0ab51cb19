"""Errors say what was met, and those of the contracts come out of their data."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from rapport import errors, reverts
from rapport.artifacts import contracts, interface
from rapport.reversal import decode_revert, encode_revert, reason_of, revert_type
from scripts import export_abi

SAMPLES: dict[str, Any] = {
    "address": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "string": "why",
    "bool": True,
    "bytes32": b"\x11" * 32,
    "bytes4": b"\x11" * 4,
}


def sample(kind: str) -> Any:
    return SAMPLES.get(kind, 123)


@pytest.mark.parametrize("kind", reverts.ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_contracts_comes_out_of_its_data(kind: type[errors.Reverted]) -> None:
    data = kind.selector + encode(kind.types, [sample(t) for t in kind.types])

    found = decode_revert(data)

    assert type(found) is kind
    assert keccak(text=kind.signature)[:4] == kind.selector
    assert encode_revert(found) == data
    own_words = kind is reverts.AccessControlUnauthorizedAccount
    assert str(found).startswith(SAMPLES["address"] if own_words else kind.sentence)
    assert not found.retryable
    assert found.exit_code == 4


def test_every_error_in_the_packaged_abis_has_a_class() -> None:
    for name in contracts():
        for item in interface(name).abi:
            if item["type"] == "error":
                assert hasattr(reverts, item["name"]), item["name"]


def test_a_failure_within_a_call_is_told_by_name() -> None:
    assert reason_of(reverts.UnknownCustomer.selector) == "UnknownCustomer"
    assert reason_of(b"\x01\x02\x03\x04") == "0x01020304"
    assert reason_of(bytes(4)) == "out of gas"


def test_an_error_carries_typed_arguments_and_a_sentence() -> None:
    data = encode(["bytes32", "uint256", "uint256"], [b"\x01" * 32, 3, 5])
    found = decode_revert(reverts.InsufficientPoints.selector + data)

    assert isinstance(found, reverts.InsufficientPoints)
    assert (found.have, found.want) == (3, 5)
    assert "fewer points than asked for" in str(found)
    assert "have 3, want 5" in str(found)


def test_moments_in_errors_are_datetimes() -> None:
    data = encode(["uint48", "uint256"], [86_400, 90_000])
    found = decode_revert(reverts.Expired.selector + data)

    assert isinstance(found, reverts.Expired)
    assert found.deadline == datetime(1970, 1, 2, tzinfo=UTC)
    assert "1970-01-02 00:00:00 UTC" in str(found)


def test_a_text_a_panic_and_silence_are_told_apart() -> None:
    said = decode_revert(bytes.fromhex("08c379a0") + encode(["string"], ["no"]))
    panicked = decode_revert(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]))
    silent = decode_revert(b"")
    unknown = decode_revert(b"\xde\xad\xbe\xef")

    assert str(said) == "the contract refused the call: no"
    assert str(panicked) == "the contract stopped with panic code 0x11"
    assert "without saying why" in str(silent)
    assert "0xdeadbeef" in str(unknown)
    for error in (said, panicked, silent, unknown, errors.OutOfGas(21_000)):
        again = decode_revert(encode_revert(error))
        assert type(again) is type(error)
        assert str(again) == str(error)


def test_a_bare_selector_of_an_error_with_arguments_names_its_class() -> None:
    found = decode_revert(reverts.RefConflict.selector)

    assert isinstance(found, errors.Refused)
    assert found.reason is reverts.RefConflict
    assert decode_revert(encode_revert(found)).reason is reverts.RefConflict  # type: ignore[attr-defined]


def test_data_that_does_not_fit_its_selector_is_unknown() -> None:
    assert isinstance(decode_revert(reverts.RefConflict.selector + b"\x01"), errors.UnknownRevert)
    assert revert_type(b"\x00\x00\x00\x00") is None


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (errors.ConfigError("x"), 3, False),
        (errors.InputError("x"), 2, False),
        (errors.NotFound("x"), 7, False),
        (errors.Pending("k", "sent"), 6, True),
        (errors.IdempotencyConflict("k"), 2, False),
        (errors.UnknownRevert(b""), 4, False),
        (errors.RpcError("x"), 5, True),
        (errors.Timeout("x"), 6, True),
        (errors.Underpriced("x"), 5, True),
        (errors.NonceConflict("x"), 5, True),
        (errors.ReorgedOut("x"), 6, True),
        (errors.InsufficientFunds("0x0", 1, 2), 1, True),
        (errors.WrongChain(1, 2), 3, False),
        (errors.NotDeployed("EarnRules"), 3, False),
        (errors.Cancelled("k"), 1, False),
    ],
)
def test_errors_have_their_exit_code_and_say_whether_to_try_again(
    error: errors.RapportError, code: int, retryable: bool
) -> None:
    assert error.exit_code == code
    assert error.retryable is retryable
    assert str(error)
    assert "\n" not in str(error)


def test_missing_funds_are_told_in_ether() -> None:
    assert "holds 0.5 ETH and needs 1.25 ETH" in str(
        errors.InsufficientFunds("0xA", 5 * 10**17, 125 * 10**16)
    )


def test_what_is_packaged_is_what_the_sources_compile_to() -> None:
    assert export_abi.stale(export_abi.outputs()) == []


def test_fields_are_named_as_in_python() -> None:
    for kind in reverts.ERRORS:
        for field in fields(kind):
            assert field.name == field.name.lower()


def test_a_missing_role_is_called_by_its_name() -> None:
    lacking = reverts.AccessControlUnauthorizedAccount("0xAb", keccak(text="STEWARD_ROLE"))
    unknown = reverts.AccessControlUnauthorizedAccount("0xAb", b"\x07" * 32)

    assert str(lacking).startswith("0xAb lacks STEWARD_ROLE: send with an account that holds it")
    assert str(unknown).startswith("0xAb lacks the role 0x0707")


def test_a_field_that_is_counted_is_told_by_its_name() -> None:
    assert "field 13: maxPause" in str(reverts.BadPolicy(13))
    assert "field 2: amount" in str(reverts.BadOpening(2))
    assert "field 99)" in str(reverts.BadPolicy(99))
