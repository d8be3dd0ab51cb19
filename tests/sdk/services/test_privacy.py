"""``client.customer``: what is held is told, moved to a fresh id, or destroyed."""

from __future__ import annotations

import json

import pytest

from rapport.cli import output
from rapport.errors import InputError, NotFound
from rapport.keys import KeySigner
from rapport.sealing import MasterKey

SEAL = MasterKey(b"m" * 32)


@pytest.fixture
def past(client, customer):
    """A customer with an award."""
    client.loyalty.award(customer, 40, idempotency_key=f"order:{customer}").wait(timeout=30)
    return customer


def test_export_is_json_and_holds_both_sides(client, past):
    told = json.loads(json.dumps(output.plain(client.customer.export(past))))
    assert set(told["sections"]) >= {"customer", "loyalty"}
    keys = {each["idempotency_key"] for each in told["off_chain"]["references"]}
    assert keys == {f"order:{past}", f"register:{told['off_chain']['id']}"}
    assert [each["event"] for each in told["events"]] == ["Registered", "Awarded"]


def test_export_tells_consents_and_hands_over_their_receipts(client, past, published):
    client.consent.record(past, ["email"], idempotency_key="form:77").wait(timeout=30)
    told = json.loads(json.dumps(output.plain(client.customer.export(past))))
    (consent,) = told["sections"]["consent"]
    states = {each["purpose"]: each["state"] for each in consent["consents"]}
    assert (states["email"], states["sms"]) == ("recorded", "none")
    assert all(each["key"] and each["digest"] for each in consent["receipts"])
    digests = {each["digest"] for each in consent["receipts"]}
    (changed,) = [each for each in told["events"] if each["event"] == "ConsentChanged"]
    assert {changed["args"]["receipt"]} == digests
    assert "form:77" in {each["idempotency_key"] for each in told["off_chain"]["references"]}


def test_erasure_destroys_receipts_and_their_keys(client, past, published, tmp_path):
    client.consent.record(past, ["email"], idempotency_key="form:78").wait(timeout=30)
    evidence = client.customer.evidence(past)
    found = client.directory.find(past).id
    assert client.archive.receipts([found])
    client.customer.erase(past).wait(timeout=30)
    client.follow_up()
    assert client.archive.receipts([found]) == []
    assert client.customer.prove(evidence).clean
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("rapport.db*"))
    assert b"form:78" not in stored


def test_export_of_a_wallet_that_joined_by_itself_tells_what_the_chain_has(client, suite):
    wallet = KeySigner(b"\x5a" * 32)  # nobody else's, whichever tests ran before
    suite.anvil.set_balance(wallet.address, 10**18)
    suite.transact(suite.admin, "CustomerRegistry", "setEnrolment", True)
    suite.transact(wallet, "CustomerRegistry", "join", b"s" * 32)
    suite.transact(suite.admin, "CustomerRegistry", "setEnrolment", False)
    found = client.customer.of_wallet(wallet.address)
    told = client.customer.export(found.id)
    assert (told.off_chain.state, told.off_chain.references) == ("unknown", ())
    assert [each.event for each in told.events] == ["Registered", "WalletLinked"]
    with pytest.raises(NotFound, match="on this chain"):
        client.customer.export(b"nobody".rjust(32, b"."))
    suite.transact(wallet, "CustomerRegistry", "erase", bytes.fromhex(found.id[2:]))
    assert client.customer.forget(found.id)


async def test_export_is_awaited_by_the_async_client(async_client):
    await (await async_client.customer.register("async-ann"))
    told = await async_client.customer.export("async-ann")
    assert told.off_chain.number == "async-ann"
    assert [each.event for each in told.events] == ["Registered"]
    with pytest.raises(NotFound):
        await async_client.customer.export("nobody at all")


def test_export_of_an_erased_customer_tells_what_is_left(client, past):
    found = client.customer.show(past)
    client.customer.erase(past).wait(timeout=30)
    client.follow_up()
    told = client.customer.export(found.id)
    assert (told.off_chain.number, told.off_chain.has_key) == (None, False)
    assert [each.kind for each in told.off_chain.references] == ["customer.erase"]
    assert {"Registered", "Awarded", "Erased"} <= {each.event for each in told.events}


def test_only_what_the_chain_has_erased_is_forgotten(client, past):
    with pytest.raises(InputError, match="is active on chain"):
        client.customer.forget(past)
    assert client.customer.export(past).off_chain.has_key


def test_a_renewal_moves_everything_and_asks_for_nothing_twice(client, past):
    before = client.directory.find(past)
    for _ in range(2):  # as after a crash between the two steps
        begun = client.customer.begin_renewal(past)
        begun.wait(timeout=30)
    client.customer.complete_renewal(past).wait(timeout=30)
    client.follow_up()
    after = client.directory.find(past)
    assert after.id != before.id
    assert client.loyalty.balance(past).points == 40
    told = client.customer.export(past)
    assert told.off_chain.merged == (before.hex,)
    assert f"order:{past}" in {each.idempotency_key for each in told.off_chain.references}
    # An older award is still found and reversed by the id that it was made under
    client.loyalty.reverse(before.hex, f"order:{past}", 15).wait(timeout=30)
    assert client.loyalty.balance(past).points == 25


def test_a_dry_run_of_a_renewal_keeps_no_id(client, past):
    found = client.directory.find(past).id
    client.customer.begin_renewal.dry_run(past)
    assert client.directory.family(found) == [found]


def test_sealing_a_file_in_use_changes_no_reference(new_client):
    with new_client("sealed.db") as plain:
        plain.customer.register("sealed-ann").wait(timeout=30)
        plain.loyalty.award("sealed-ann", 40, idempotency_key="order:1").wait(timeout=30)
    with new_client("sealed.db", seal=SEAL) as sealed:
        again = sealed.loyalty.award("sealed-ann", 40, idempotency_key="order:1")
        again.wait(timeout=30)
        assert sealed.loyalty.balance("sealed-ann").points == 40
        assert sealed.loyalty.entry("sealed-ann", "order:1").points == 40
