"""What cannot work gives one line, its exit code, and loses nothing."""

from __future__ import annotations

import pytest

from tests.sdk.support.anvil import Anvil


@pytest.fixture
def customer(rapport):
    assert rapport("customer", "register", "C-1").code == 0
    return "C-1"


def change(place, old, new):
    path = place / "rapport.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ("0", "1 to 4,294,967,295"),
        ("4294967296", "1 to 4,294,967,295"),
        ("ten", "whole number"),
        ("1.5", "whole number"),
    ],
)
def test_points_out_of_range_are_a_usage_error(rapport, customer, points, words):
    result = rapport("loyalty", "award", customer, points)
    assert (result.code, words in result.line) == (2, True), result.line


def test_negative_points_are_a_usage_error(rapport, customer):
    assert rapport("loyalty", "award", customer, "--", "-5").code == 2


def test_an_unknown_number_is_not_found(rapport):
    result = rapport("loyalty", "award", "nobody", 5)
    assert result.code == 7
    assert "rapport customer register" in result.line


def test_an_unknown_id_is_not_found(rapport):
    result = rapport("loyalty", "award", "0x" + "ab" * 32, 5)
    assert result.code == 7


def test_an_id_of_the_wrong_length_is_a_usage_error(rapport):
    result = rapport("loyalty", "award", "0xabcd", 5)
    assert (result.code, "32 bytes" in result.line) == (2, True)


def test_a_wrong_checksum_is_a_usage_error(rapport, customer):
    bad = "0x70997970C51812dc3A010C7d01b50e0d17dc79c8"
    result = rapport("customer", "link-request", customer, bad)
    assert (result.code, "checksum" in result.line) == (2, True)


def test_a_key_used_for_something_else_is_refused_before_anything_is_sent(rapport, customer):
    rapport("loyalty", "award", customer, 5, "--idempotency-key", "k")
    result = rapport("loyalty", "award", customer, 6, "--idempotency-key", "k")
    assert (result.code, "other content" in result.line) == (2, True)
    assert rapport("loyalty", "balance", customer, "--json").json["points"] == 5


def test_no_node_is_a_node_error(rapport, place, suite):
    change(place, suite.anvil.url, "http://127.0.0.1:9")
    result = rapport("loyalty", "liability")
    assert (result.code, "127.0.0.1:9" in result.line) == (5, True)


def test_no_rpc_address_is_a_configuration_error(rapport, place, suite):
    change(place, f'rpc = "{suite.anvil.url}"\n', "")
    result = rapport("status")
    assert result.code == 3
    assert "--rpc" in result.line
    assert "RAPPORT_RPC" in result.line


def test_a_wrong_chain_id_is_a_configuration_error(rapport, place):
    change(place, "chain_id = 31337", "chain_id = 8453")
    result = rapport("customer", "register", "C-3")
    assert result.code == 3
    assert "31337" in result.line
    assert "8453" in result.line


def test_contracts_that_are_not_deployed_are_a_configuration_error(rapport, place):
    with Anvil() as empty:
        result = rapport("--rpc", empty.url, "loyalty", "liability")
        assert (result.code, "has no code at" in result.line) == (3, True)
        status = rapport("--rpc", empty.url, "status", "--json")
        assert (status.code, status.json["error"]["type"]) == (3, "NotDeployed")
        assert not any(each["deployed"] for each in status.json["contracts"])
        assert status.json["liability"] is status.json["consents_paused"] is None


def test_no_address_book_is_a_configuration_error(rapport, place):
    change(place, 'addresses = "book.json"\n', "")
    result = rapport("loyalty", "liability")
    assert (result.code, "has no address on this chain" in result.line) == (3, True)


def test_a_wrong_password_is_a_configuration_error(rapport, place, customer):
    (place / "password").write_text("wrong")
    result = rapport("loyalty", "award", customer, 5)
    assert (result.code, "wrong password" in result.line) == (3, True)


def test_a_missing_keystore_is_a_configuration_error(rapport, customer):
    result = rapport("--keystore", "nowhere.json", "loyalty", "award", customer, 5)
    assert (result.code, "nowhere.json" in result.line) == (3, True)


def test_no_funds_for_gas_keeps_what_was_submitted(rapport, suite, customer):
    backend = suite.backend.address
    before = suite.chain.balance(backend)
    suite.anvil.set_balance(backend, 0)
    try:
        args = ("loyalty", "award", customer, 5, "--idempotency-key", "poor", "--timeout", 20)
        result = rapport(*args)
    finally:
        suite.anvil.set_balance(backend, before)
    assert (result.code, "fund it" in result.line) == (1, True), result.err
    assert rapport("tx", "show", "poor", "--json").json["state"] == "queued"
    assert rapport("tx", "drain").code == 0
    assert rapport("loyalty", "balance", customer, "--json").json["points"] == 5


def test_what_does_not_end_in_time_is_pending_and_goes_on(rapport, suite, customer):
    suite.anvil.automine(False)
    try:
        args = ("loyalty", "award", customer, 5, "--idempotency-key", "slow", "--timeout", 1)
        result = rapport(*args)
    finally:
        suite.anvil.automine(True)
        suite.anvil.mine()
    assert (result.code, "stays in the outbox" in result.line) == (6, True), result.err
    assert rapport("tx", "drain").code == 0
    assert rapport("loyalty", "balance", customer, "--json").json["points"] == 5


def test_a_missing_role_is_refused_by_the_contract(rapport, customer):
    result = rapport("loyalty", "tiers", 100, 200)
    assert result.code == 4
    assert len(result.err.splitlines()) == 1


def test_an_unknown_setting_is_a_configuration_error_that_guesses(rapport, place):
    change(place, "chain_id", "chainid")
    result = rapport("status")
    assert (result.code, "did you mean chain_id?" in result.line) == (3, True)


def test_toml_that_is_none_is_a_configuration_error(rapport, place):
    (place / "rapport.toml").write_text("rpc = ")
    result = rapport("status")
    assert (result.code, "not valid TOML" in result.line) == (3, True)


def test_a_file_that_is_not_there_is_a_usage_error(rapport):
    result = rapport("earn", "import", "missing.csv")
    assert (result.code, "missing.csv cannot be read" in result.line) == (2, True)


def test_a_submission_that_is_not_there_is_not_found(rapport):
    assert rapport("tx", "show", "4711").code == 7
    assert rapport("tx", "cancel", "no-such-key").code == 7


def test_an_error_is_an_object_on_stdout_for_programs(rapport):
    result = rapport("loyalty", "award", "nobody", 5, "--json")
    assert result.json["error"]["exit_code"] == result.code == 7
    assert result.json["error"]["retryable"] is False
    assert result.json["error"]["message"] in result.line


def test_a_journal_that_is_no_database_is_a_configuration_error(rapport, place):
    (place / "broken.db").write_text("this is not a database, and long enough to be sure" * 20)
    result = rapport("--journal", "broken.db", "loyalty", "liability")
    assert (result.code, "broken.db" in result.line) == (3, True)
