"""Interfaces as packaged, address books as found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from rapport import artifacts
from rapport.artifacts import AddressBook, EventType
from rapport.errors import ConfigError, NotDeployed
from rapport.models import Log

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAPPORT_ADDRESSES", raising=False)


def write_book(path: Path, chain_id: int = 31337) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    contracts = {"EarnRules": {"address": ADDRESS, "block": 7}}
    path.write_text(json.dumps({"chainId": chain_id, "contracts": contracts}))
    return path


def test_a_book_named_wins_over_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = write_book(tmp_path / "deployments" / "31337.json")
    named = write_book(tmp_path / "named.json")

    assert AddressBook.find(31337).origin == str(here.relative_to(tmp_path))
    monkeypatch.setenv("RAPPORT_ADDRESSES", str(named))
    assert AddressBook.find(31337).origin == str(named)
    assert AddressBook.find(31337, here).origin == str(here)
    assert AddressBook.find(31337).contract("EarnRules").block == 7


def test_without_a_book_nothing_is_deployed() -> None:
    with pytest.raises(NotDeployed, match="EarnRules has no address"):
        AddressBook.find(424242).contract("EarnRules")


def test_a_book_of_another_chain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="address book of chain 1; chain 31337 is needed"):
        AddressBook.find(31337, write_book(tmp_path / "book.json", chain_id=1))


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"chainId": 1, "contracts": {"A": 1}}'])
def test_what_is_no_book_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "book.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match="is not an address book"):
        AddressBook.find(31337, path)


def test_the_suite_is_packaged() -> None:
    assert {"CustomerRegistry", "LoyaltyPoints", "EarnRules"} <= set(artifacts.contracts())
    with pytest.raises(ConfigError, match="knows no contract 'Nothing'"):
        artifacts.interface("Nothing")


def test_calldata_begins_with_the_selector() -> None:
    data = artifacts.interface("LoyaltyPoints").encode("balanceOf", b"\x01" * 32)
    assert data == keccak(text="balanceOf(bytes32)")[:4] + b"\x01" * 32


def test_a_struct_may_be_given_by_name_or_in_order() -> None:
    interface = artifacts.interface("LoyaltyPoints")
    named = {"customerId": b"\1" * 32, "ref": b"\2" * 32, "points": 3}
    assert interface.encode("awardBatch", [named], 0) == interface.encode(
        "awardBatch", [tuple(named.values())], 0
    )


@given(
    number=st.integers(-(2**127), 2**127 - 1),
    flag=st.booleans(),
    short=st.binary(min_size=4, max_size=4),
    word=st.binary(min_size=20, max_size=20),
)
def test_static_event_arguments_decode_as_the_codec_does(
    number: int, flag: bool, short: bytes, word: bytes
) -> None:
    kinds = ["int128", "bool", "bytes4", "address", "uint160"]
    values = [number, flag, short, word, int.from_bytes(word, "big")]
    inputs = [{"name": f"p{n}", "type": k, "indexed": n == 0} for n, k in enumerate(kinds)]
    topic = encode(kinds[:1], values[:1])
    log = Log(ADDRESS, (b"", topic), encode(kinds[1:], values[1:]), 1, "", "", 0)

    found = EventType("E", tuple(inputs)).decode(log)

    assert [found["p0"], found["p1"], found["p2"], found["p4"]] == [number, flag, short, values[4]]
    assert found["p3"].lower() == f"0x{word.hex()}"


def test_dynamic_event_arguments_go_through_the_codec() -> None:
    inputs = (
        {"name": "text", "type": "string", "indexed": False},
        {"name": "who", "type": "address[]", "indexed": False},
        {"name": "hashed", "type": "string", "indexed": True},
    )
    data = encode(["string", "address[]"], ["é", [ADDRESS]])
    found = EventType("E", inputs).decode(Log(ADDRESS, (b"", b"\7" * 32), data, 1, "", "", 0))
    assert found == {"text": "é", "who": [ADDRESS], "hashed": b"\7" * 32}


def test_the_hash_of_an_abi_ignores_its_order() -> None:
    abi = artifacts.interface("EarnRules").abi
    assert artifacts.abi_hash(abi) == artifacts.abi_hash(list(reversed(abi)))
    assert artifacts.abi_hash(abi) != artifacts.abi_hash(abi[1:])
