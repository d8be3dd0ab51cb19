"""``rapport customer``: told, corrected, renewed, sealed, destroyed and proved."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from rapport.intents import Merge
from rapport.keys import sign_typed_data
from tests.sdk.support.suite import account


@pytest.fixture
def customer(rapport):
    """A customer with a past: two awards, one redeemed."""
    assert rapport("customer", "register", "C-1").code == 0
    for order, points in ((1001, 50), (1002, 20)):
        key = f"order:{order}"
        assert rapport("loyalty", "award", "C-1", points, "--idempotency-key", key).code == 0
    assert rapport("loyalty", "redeem", "C-1", 30, "--idempotency-key", "gift:1").code == 0
    return "C-1"


def show(rapport, customer):
    return rapport("customer", "show", customer, "--json").json


def stored(place):
    return b"".join(path.read_bytes() for path in place.glob("rapport.db*"))


def sign(request, wallet):
    return "0x" + sign_typed_data(wallet, request).hex()


@pytest.fixture
def link(rapport, place, suite):
    """Links a wallet to a customer."""

    def linked(customer, wallet):
        request = rapport("customer", "link-request", customer, wallet.address).json
        (place / "request.json").write_text(json.dumps(request))
        signature = sign(request, wallet)
        result = rapport("customer", "link", customer, "request.json", "--signature", signature)
        assert result.code == 0, result.err

    return linked


def test_export_tells_everything_held_here_and_on_chain(rapport, customer):
    told = rapport("customer", "export", customer).json
    assert told["format"] == "rapport-customer-export/1"
    here = told["off_chain"]
    assert (here["number"], here["state"], here["has_key"]) == ("C-1", "open", True)
    references = {each["idempotency_key"]: each for each in here["references"]}
    assert {"order:1001", "order:1002", "gift:1", f"register:{here['id']}"} <= set(references)
    award = references["order:1001"]
    assert (award["kind"], award["state"], award["outcome"]) == ("loyalty.award", "final", "done")
    # A reference leads from the shop's own number to the very event on chain
    (event,) = [each for each in told["events"] if each["args"].get("ref") == award["ref"]]
    assert (event["event"], event["args"]["points"]) == ("Awarded", 50)
    assert event["tx_hash"] == award["tx_hash"]
    assert told["events"][0]["event"] == "Registered"
    (account_,) = told["sections"]["loyalty"]
    assert account_["points"] == 40
    assert sorted(each["state"] for each in account_["entries"]) == [
        "awarded",
        "awarded",
        "redeemed",
    ]
    (record,) = told["sections"]["customer"]
    assert record["record"]["status"] == "active"


def test_export_never_tells_the_customers_key(rapport, place, customer):
    from rapport.directory import Directory

    directory = Directory(place / "rapport.db")
    key = directory.find(customer).key
    directory.close()
    assert key.hex() not in rapport("customer", "export", customer).out


def test_export_into_a_file_is_its_owners_alone_and_overwrites_nothing(rapport, place, customer):
    result = rapport("customer", "export", customer, "--output", "c1.json", "--json")
    assert (result.code, result.json["file"]) == (0, "c1.json")
    path = place / "c1.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["off_chain"]["number"] == "C-1"
    again = rapport("customer", "export", customer, "--output", "c1.json")
    assert (again.code, "not overwritten" in again.line) == (2, True)
    assert rapport("customer", "export", "nobody").code == 7
    assert rapport("customer", "export", customer, "--output", "no/where").code == 2


def test_export_of_an_heir_tells_of_those_merged_into_it(rapport, customer):
    rapport("customer", "register", "C-old")
    rapport("loyalty", "award", "C-old", 5, "--idempotency-key", "order:9")
    old = show(rapport, "C-old")["id"]
    assert rapport("customer", "merge", "C-old", customer, "--yes").code == 0
    told = rapport("customer", "export", customer).json
    assert told["off_chain"]["merged"] == [old]
    assert "order:9" in {each["idempotency_key"] for each in told["off_chain"]["references"]}
    assert [each["id"] for each in told["sections"]["loyalty"]] == [told["off_chain"]["id"], old]


def test_erase_proves_that_nothing_is_left_here_and_says_what_the_chain_keeps(
    rapport, place, customer
):
    found = show(rapport, customer)["id"]
    assert b"order:1001" in stored(place)
    result = rapport(
        "customer", "erase", customer, "--yes", "--idempotency-key", "request:4711", "--json"
    )
    assert result.code == 0, result.err
    proof = result.json
    assert (proof["clean"], proof["status"]) == (True, "done")
    assert proof["here"] == {
        "numbers_and_keys": 0,
        "journal_entries": 0,
        "traces_sought": proof["here"]["traces_sought"],
        "traces_found": 0,
    }
    assert proof["here"]["traces_sought"] >= 10
    assert proof["on_chain"]["ids"] == [found]
    assert proof["on_chain"]["by_contract"]["CustomerRegistry"] == 2  # registered, erased
    assert proof["on_chain"]["wallets"] == []
    for trace in (b"order:100", b"gift:1", b"request:4711"):
        assert trace not in stored(place)
    assert rapport("customer", "show", customer).code == 7


def test_erase_again_by_id_proves_the_same(rapport, customer):
    found = show(rapport, customer)["id"]
    assert rapport("customer", "erase", customer, "--yes").code == 0
    again = rapport("customer", "erase", found, "--yes", "--json")
    assert again.code == 0, again.err
    assert (again.json["clean"], again.json["status"]) == (True, "done before")


def test_erase_says_which_wallets_stay_connected(rapport, customer, link):
    wallet = account(11)
    link(customer, wallet)
    result = rapport("customer", "erase", customer, "--yes")
    assert result.code == 0, result.err
    assert wallet.address in result.out
    assert "this wallet" in result.err


def test_a_customer_whose_own_wallet_left_is_forgotten_here(rapport, place, suite, customer, link):
    wallet = account(6)
    link(customer, wallet)
    found = show(rapport, customer)["id"]
    suite.transact(wallet, "CustomerRegistry", "erase", bytes.fromhex(found[2:]))
    result = rapport("customer", "erase", customer, "--yes", "--json")
    assert (result.code, result.json["status"]) == (0, "done before")
    assert result.json["clean"] is True
    assert b"order:1001" not in stored(place)


def test_an_erasure_that_died_before_it_was_followed_is_finished_by_any_command(
    rapport, place, customer
):
    assert rapport("customer", "erase", customer, "--yes", "--no-wait").code == 0
    assert b"order:1001" in stored(place)
    assert rapport("tx", "drain").code == 0
    assert b"order:1001" not in stored(place)


def test_a_rectified_number_leads_to_the_same_points(rapport, customer):
    found = show(rapport, customer)["id"]
    result = rapport("customer", "rectify", customer, "C-2", "--json")
    assert (result.code, result.json) == (0, {"id": found, "number": "C-2"})
    assert rapport("loyalty", "balance", "C-2", "--json").json["points"] == 40
    assert rapport("customer", "show", customer).code == 7
    rapport("customer", "register", "C-3")
    taken = rapport("customer", "rectify", "C-2", "C-3")
    assert (taken.code, "already stands" in taken.line) == (2, True)
    # An award under a key of before is still the same award
    assert rapport("loyalty", "award", "C-2", 50, "--idempotency-key", "order:1001").code == 0
    assert rapport("loyalty", "balance", "C-2", "--json").json["points"] == 40


def test_a_renewed_id_carries_points_and_number(rapport, customer):
    before = show(rapport, customer)["id"]
    result = rapport("customer", "renew-id", customer, "--yes", "--json")
    assert result.code == 0, result.err
    assert result.json["was"] == before
    after = show(rapport, customer)
    assert (after["id"], after["status"]) == (result.json["id"], "active")
    assert after["id"] != before
    assert rapport("loyalty", "balance", customer, "--json").json["points"] == 40
    assert show(rapport, before)["status"] == "merged"
    # What was recorded before is not recorded again under the fresh id
    again = rapport("loyalty", "award", customer, 50, "--idempotency-key", "order:1001")
    assert (again.code, "other content" in again.line) == (2, True)


def test_a_renewal_that_died_half_way_goes_on_with_the_same_id(rapport, place, suite, customer):
    from rapport import Client

    with Client(
        suite.anvil.url, signer=suite.backend, addresses=suite.book, journal=place / "rapport.db"
    ) as client:
        client.customer.begin_renewal(customer).wait(timeout=30)
        fresh = client.directory.renew(client.directory.find(customer).id).hex
    assert rapport("customer", "renew-id", customer, "--yes", "--json").json["id"] == fresh
    assert show(rapport, customer)["id"] == fresh


def test_a_customer_with_a_wallet_signs_the_renewal_first(rapport, suite, customer, link):
    wallet = account(12)
    link(customer, wallet)
    until = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0).isoformat()
    asked = rapport("customer", "renew-id", customer, "--deadline", until)
    assert asked.code == 0
    request = json.loads(asked.out)
    assert request["primaryType"] == Merge.primary_type
    signature = sign(request, wallet)
    assert rapport("customer", "renew-id", customer, "--signature", signature).code == 2
    command = ("customer", "renew-id", customer, "--deadline", until, "--yes", "--json")
    wrong = rapport(*command, "--signature", sign(request, account(8)))
    assert wrong.code == 4
    done = rapport(*command, "--signature", signature)
    assert done.code == 0, done.err
    assert done.json["id"] == request["message"]["to"]
    assert rapport("loyalty", "balance", customer, "--json").json["points"] == 40


def test_a_merge_request_is_what_the_wallet_signs(rapport, customer, link):
    wallet = account(13)
    link(customer, wallet)
    rapport("customer", "register", "C-heir")
    until = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0).isoformat()
    request = rapport("customer", "merge-request", customer, "C-heir", "--deadline", until).json
    merged = rapport(
        *("customer", "merge", customer, "C-heir", "--deadline", until, "--yes"),
        *("--signature", sign(request, wallet)),
    )
    assert merged.code == 0, merged.err
    assert rapport("loyalty", "balance", "C-heir", "--json").json["points"] == 40


def test_verify_holds_until_its_end_and_is_revoked(rapport, suite, customer):
    until = (suite.chain.block().timestamp + timedelta(days=30)).isoformat()
    assert rapport("customer", "verify", customer, 2, until, "--evidence", "passport").code == 0
    assert show(rapport, customer)["level"] == 2
    events = rapport("customer", "export", customer).json["events"]
    (verified,) = [each for each in events if each["event"] == "Verified"]
    assert int(verified["args"]["evidence"], 16)
    assert b"passport".hex() not in json.dumps(verified)
    assert rapport("customer", "revoke-verification", customer).code == 0
    assert show(rapport, customer)["level"] == 0
    assert rapport("customer", "verify", customer, 0, until).code == 2
    past = (suite.chain.block().timestamp - timedelta(days=1)).isoformat()
    assert rapport("customer", "verify", customer, 2, past, "--dry-run").code == 4


def test_a_lost_wallet_is_recovered_after_its_delay(rapport, place, suite, customer, link):
    lost, fresh = account(14), account(15)
    link(customer, lost)
    request = rapport("customer", "link-request", customer, fresh.address).json
    (place / "recovery.json").write_text(json.dumps(request))
    ask = ("customer", "recover", "request", customer, "recovery.json")
    assert rapport(*ask, "--signature", sign(request, fresh)).code == 0
    assert rapport("customer", "recover", "complete", customer, "--dry-run").code == 4
    assert rapport("customer", "recover", "veto", customer).code == 0
    assert show(rapport, customer)["wallet"] == lost.address


def test_a_sealed_file_opens_with_its_key_only(rapport, place, customer, monkeypatch):
    before = show(rapport, customer)
    assert b"C-1" in stored(place)
    monkeypatch.setenv("RAPPORT_SEAL_KEY", "11" * 32)
    assert show(rapport, customer) == before  # sealed as it was opened
    monkeypatch.delenv("RAPPORT_SEAL_KEY")
    for environ, words in ((None, "RAPPORT_SEAL_KEY"), ("22" * 32, "was sealed with")):
        if environ:
            monkeypatch.setenv("RAPPORT_SEAL_KEY", environ)
        refused = rapport("customer", "show", customer)
        assert (refused.code, words in refused.line) == (3, True), refused.err
    monkeypatch.setenv("RAPPORT_SEAL_KEY", "short")
    refused = rapport("customer", "show", customer)
    assert (refused.code, "32 bytes" in refused.line) == (3, True)


def test_reseal_changes_the_master_key(rapport, place, customer, monkeypatch):
    before = show(rapport, customer)
    assert rapport("customer", "reseal").code == 3
    (place / "old.key").write_text("11" * 32)
    (place / "new.key").write_text("22" * 32)
    monkeypatch.setenv("RAPPORT_SEAL_KEY_FILE", "old.key")
    result = rapport("customer", "reseal", "--new-key-file", "new.key", "--json")
    assert result.code == 0, result.err
    assert rapport("customer", "show", customer).code == 3
    monkeypatch.setenv("RAPPORT_SEAL_KEY_FILE", "new.key")
    assert show(rapport, customer) == before
    assert rapport("loyalty", "award", customer, 50, "--idempotency-key", "order:1001").code == 0
    assert rapport("loyalty", "balance", customer, "--json").json["points"] == 40


def test_a_sealed_customer_is_erased_without_a_trace(rapport, place, customer, monkeypatch):
    monkeypatch.setenv("RAPPORT_SEAL_KEY", "11" * 32)
    result = rapport("customer", "erase", customer, "--yes", "--json")
    assert (result.code, result.json["clean"]) == (0, True)
    assert b"order:1001" not in stored(place)


def test_an_erasure_that_another_process_holds_up_is_pending_and_one_object(
    rapport, place, customer, monkeypatch
):
    import sqlite3

    from rapport.directory import Directory

    found = show(rapport, customer)["id"]
    reader = sqlite3.connect(place / "rapport.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM customer").fetchone()
    truncate = Directory.truncate

    def impatient(directory):
        directory._db.execute("PRAGMA busy_timeout = 20")
        return truncate(directory)

    monkeypatch.setattr(Directory, "truncate", impatient)
    held_up = rapport("customer", "erase", customer, "--yes", "--json")
    reader.execute("COMMIT")
    reader.close()
    assert (held_up.code, held_up.json["clean"]) == (6, False)
    assert found in held_up.line
    again = rapport("customer", "erase", found, "--yes", "--json")
    assert (again.code, again.json["clean"]) == (0, True)
    assert b"order:1001" not in stored(place)
