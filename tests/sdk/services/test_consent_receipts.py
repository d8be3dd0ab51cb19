"""Receipts and history: what shows later who agreed to what."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest

from rapport.errors import NotFound, RpcError
from rapport.keys import KeySigner
from rapport.receipts import (
    Answer,
    Format,
    ProofMissing,
    ReceiptAltered,
    ReceiptContradicted,
    ReceiptMalformed,
    issue,
    opened,
    read,
    verify_offline,
    write,
)

WAIT = 30  # seconds


@pytest.fixture
def decided(client, customer, published):
    """A customer with one recorded decision."""
    client.consent.record(
        customer, ["email"], ["sale"], evidence="form 17", idempotency_key=f"form:{customer}"
    ).wait(timeout=WAIT)
    return customer


def test_a_recorded_decision_has_a_receipt_that_proves_itself(client, decided, published):
    file = client.consent.receipt(decided)
    proved = verify_offline(file)
    assert proved.receipt.method == "form 17"
    assert proved.receipt.notice(0).digest == "0x" + published.digest.hex()
    assert proved.receipt.lanes(0, Answer.GRANTED) == 1
    assert proved.change.recorded
    check = client.consent.verify(write(file))
    assert (check.proved_offline, check.on_chain, check.granted) == (True, True, ("email",))
    assert client.consent.verify(write(file), offline=True).block == check.block


def test_a_signed_decision_carries_the_digest_of_its_receipt(client, suite, customer, published):
    wallet, soon = KeySigner(b"\x5b" * 32), suite.chain.block().timestamp + timedelta(hours=1)
    link = client.customer.link_request(customer, wallet.address, soon)
    client.customer.link(link, link.sign(client.customer.domain(), wallet)).wait(timeout=WAIT)
    asked = client.consent.save_request(customer, ["email"], [], soon)
    assert any(asked.receipt)
    client.consent.save_by_sig(asked, asked.sign(client.consent.domain(), wallet)).wait(
        timeout=WAIT
    )
    file = client.consent.receipt(customer)
    assert file.digest == asked.receipt
    assert not verify_offline(file).change.recorded
    every = client.consent.withdraw_all_request(customer, soon)
    client.consent.withdraw_all_by_sig(every, every.sign(client.consent.domain(), wallet)).wait(
        timeout=WAIT
    )
    withdrawn = client.consent.receipt(customer)
    assert verify_offline(withdrawn).receipt.lanes(0, Answer.WITHDRAWN) == 0b111_1111
    earlier = client.consent.receipt(customer, "0x" + asked.receipt.hex())
    assert earlier.document == file.document


def other(digits: str) -> str:
    """The same digits but for the last one."""
    return digits[:-1] + ("1" if digits[-1] == "0" else "0")


def test_every_byte_that_matters_is_covered(client, decided):
    text = write(client.consent.receipt(decided))
    receipt = json.loads(text)
    where = text.index('"form 17"') + 1
    for altered, error in (
        (text[:where] + "g" + text[where + 1 :], ReceiptAltered),
        (text.replace(receipt["key"], other(receipt["key"])), ReceiptAltered),
        (text.replace(receipt["digest"], "0x" + "11" * 32), ReceiptAltered),
        (text[:-3], ReceiptMalformed),
    ):
        assert altered != text
        with pytest.raises(error):
            client.consent.verify(altered)
    moved = json.loads(text)
    moved["evidence"]["transaction"] = "0x" + "22" * 32
    with pytest.raises(ReceiptContradicted):
        client.consent.verify(json.dumps(moved))


def test_a_receipt_without_its_proof_is_found_on_chain_only(client, decided):
    bare = json.loads(write(client.consent.receipt(decided)))
    bare["evidence"] = None
    check = client.consent.verify(json.dumps(bare))
    assert (check.proved_offline, check.on_chain) == (False, True)
    with pytest.raises(ProofMissing):
        client.consent.verify(json.dumps(bare), offline=True)


def test_a_receipt_that_was_never_used_is_not_on_chain(client, suite, customer, published):
    soon = suite.chain.block().timestamp + timedelta(hours=1)
    client.consent.save_request(customer, ["email"], [], soon)
    (unused,) = client.consent.receipts(customer)
    with pytest.raises(NotFound, match="never used"):
        client.consent.verify(write(unused))
    with pytest.raises(NotFound, match="no decision"):
        client.consent.receipt(customer)


def test_kantara_receipts_prove_themselves_too(client, new_client, customer, published):
    found = client.directory.find(customer)
    with new_client("kantara.db", receipt_format="kantara-1.1") as other:
        other.directory.adopt(customer, found.id)
        other.archive.keep_notice(published.digest, published.content)
        other.consent.record(customer, ["sms"], evidence="a call").wait(timeout=WAIT)
        file = other.consent.receipt(customer)
        assert file.format is Format.KANTARA
        assert other.consent.verify(write(file)).granted == ("sms",)


def test_history_tells_every_decision_with_its_time(client, suite, decided):
    client.consent.withdraw(decided, ["email"]).wait(timeout=WAIT)
    heir = f"{decided}-heir"
    client.customer.register(heir).wait(timeout=WAIT)
    customer_id = client.directory.find(decided).id
    client.customer.merge(decided, heir).wait(timeout=WAIT)
    first, second, third = client.consent.history(customer_id)
    assert (first.granted, first.withdrawn, first.sequence) == (("email",), ("sale",), 1)
    assert (second.withdrawn, second.recorded, second.actor) == (("email",), True, client.sender)
    assert (third.event, third.other) == (
        "merged into",
        "0x" + client.directory.find(heir).id.hex(),
    )
    assert first.block < second.block < third.block
    assert first.at <= second.at
    (taken,) = client.consent.history(heir)
    assert (taken.event, taken.other) == ("took over", "0x" + customer_id.hex())
    assert client.consent.granted(heir) == ()


def test_the_same_record_under_the_same_key_makes_one_receipt(client, decided):
    for _ in range(2):
        client.consent.record(
            decided, ["email"], ["sale"], evidence="form 17", idempotency_key=f"form:{decided}"
        )
    assert len(client.consent.receipts(decided)) == 1


def test_a_dry_run_keeps_no_receipt(client, customer, published):
    client.consent.record.dry_run(customer, ["email"])
    assert client.consent.receipts(customer) == ()


def test_without_the_notice_s_document_a_decision_is_made_without_receipt(
    client, new_client, customer
):
    found = client.directory.find(customer)
    with new_client("other.db") as other:
        other.directory.adopt(customer, found.id)
        other.consent.record(customer, ["email"]).wait(timeout=WAIT)
        assert other.consent.is_granted(customer, "email")
        with pytest.raises(NotFound, match="no decision with a receipt"):
            other.consent.receipt(customer)
        digest = other.consent.history(customer)[0].receipt
        with pytest.raises(NotFound, match="without a receipt"):
            other.consent.receipt(customer, digest)


def test_receipts_are_unreadable_on_disk_and_gone_after_an_erasure(client, decided, tmp_path):
    file = client.consent.receipt(decided)
    person = client.directory.find(decided)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("rapport.db*"))
    assert b"form 17" not in stored
    assert opened(read(write(file))).method == "form 17"
    client.customer.erase(decided).wait(timeout=WAIT)
    client.follow_up()
    assert client.archive.receipts([person.id]) == []
    with pytest.raises(NotFound):
        client.consent.receipt(person.hex)
    assert [each.event for each in client.consent.history(person.hex)] == ["changed", "erased"]


def test_a_receipt_of_another_chain_or_registry_is_contradicted(client, decided):
    file = client.consent.receipt(decided)
    person = client.directory.find(decided)
    receipt = opened(file)
    for changes, said in (
        ({"chain_id": 1}, "the chain"),
        ({"contract": "0x" + "11" * 20}, "the contract"),
    ):
        other = issue(dataclasses.replace(receipt, **changes), person.key)
        with pytest.raises(ReceiptContradicted, match=said):
            client.consent.verify(write(other))


def test_a_proof_is_kept_once_it_is_final(client, decided, monkeypatch):
    first = client.consent.receipt(decided)
    asked = []
    request = client.chain.request
    monkeypatch.setattr(
        client.chain,
        "request",
        lambda method, *rest: asked.append(method) or request(method, *rest),
    )
    assert client.consent.receipt(decided) == first
    assert asked == []
    assert client.consent.receipts(decided) == (first,)


def test_a_node_without_block_receipts_is_asked_for_each(client, decided, monkeypatch):
    request = client.chain.request

    def poor(method, *rest):
        if method == "eth_getBlockReceipts":
            raise RpcError("the method does not exist")
        return request(method, *rest)

    monkeypatch.setattr(client.chain, "request", poor)
    verify_offline(client.consent.receipt(decided))


def test_a_pruned_block_is_said_in_one_line(client, decided, monkeypatch):
    monkeypatch.setattr(client.chain, "request", lambda *_: None)
    with pytest.raises(RpcError, match="has no block"):
        client.consent.receipt(decided)
