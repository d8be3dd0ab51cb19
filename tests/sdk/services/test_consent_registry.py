"""``client.consent``: what customers allow, decided by them or recorded for them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from rapport.artifacts import interface
from rapport.consents import ConsentState, NewRecord, OverlappingPurposes, UnknownPurposeName
from rapport.errors import IdempotencyConflict, InputError, NotFound, Refused
from rapport.intents import MalleableSignature, WrongSigner
from rapport.keys import HALF_ORDER
from rapport.outbox import State
from rapport.outbox.policy import Price
from rapport.outbox.transactions import sign
from rapport.reverts import (
    BadSequence,
    CustomerClosed,
    EnforcedPause,
    Expired,
    NotTheCustomer,
    StaleNotice,
    UnknownPurpose,
    WalletLinkedAlready,
)
from tests.sdk.support.notices import notice
from tests.sdk.support.suite import account, until

WAIT = 30  # seconds


@pytest.fixture
def wallet(client, suite, customer):
    """The customer's wallet, freshly linked and free again afterwards."""
    signer = account(5)
    asked = client.customer.link_request(customer, signer.address, until(suite))
    client.customer.link(asked, asked.sign(client.customer.domain(), signer)).wait(timeout=WAIT)
    yield signer
    if client.customer.show(customer).wallet == signer.address:
        suite.transact(
            signer, "CustomerRegistry", "unlinkWallet", client.directory.find(customer).id
        )


@pytest.fixture
def own(new_client, wallet):
    """A client that sends as the customer's wallet."""
    with new_client("wallet.db", signer=wallet) as made:
        yield made


def test_nothing_is_granted_at_first_but_what_is_until_said_no(client, customer):
    assert client.consent.granted(customer) == ("sale",)
    assert client.consent.is_granted(customer, "sale")
    assert not client.consent.is_granted(customer, "email")
    assert not client.consent.is_granted("0x" + "77" * 32, "sale")
    states = {each.purpose: each.state for each in client.consent.status(customer)}
    assert states == dict.fromkeys(client.purposes, ConsentState.NONE)


def test_the_wallet_grants_and_withdraws_by_itself(own, client, customer, published):
    customer_id = client.customer.show(customer).id
    own.consent.save(customer_id, ["email", "sms"], ["sale"]).wait(timeout=WAIT)
    assert client.consent.granted(customer) == ("email", "sms")
    own.consent.withdraw(customer_id, ["sms"]).wait(timeout=WAIT)
    assert client.consent.granted(customer) == ("email",)
    email = client.consent.status(customer)[0]
    assert (email.state, email.notice) == (ConsentState.GRANTED, published.version)
    assert (email.until - email.since).days == 730
    own.consent.withdraw_all(customer_id).wait(timeout=WAIT)
    assert client.consent.granted(customer) == ()


def test_the_backend_cannot_grant_for_a_wallet_but_withdraws_for_it(
    client, customer, wallet, published
):
    with pytest.raises(NotTheCustomer):
        client.consent.save.dry_run(customer, ["email"])
    with pytest.raises(WalletLinkedAlready):
        client.consent.record.dry_run(customer, ["email"])
    client.consent.withdraw(customer, ["sale"]).wait(timeout=WAIT)
    assert client.consent.granted(customer) == ()


def test_a_signed_decision_is_relayed_once(client, suite, customer, wallet, published):
    asked = client.consent.save_request(customer, ["email"], ["sale"], until(suite))
    signature = asked.sign(client.consent.domain(), wallet)
    first = client.consent.save_by_sig(asked, signature)
    assert first.wait(timeout=WAIT).status == "done"
    again = client.consent.save_by_sig(asked, signature)
    assert again.id == first.id
    assert client.consent.granted(customer) == ("email",)


def test_an_intent_that_somebody_else_relayed_is_a_duplicate(
    client, suite, customer, wallet, published
):
    asked = client.consent.save_request(customer, ["phone"], [], until(suite))
    signature = asked.sign(client.consent.domain(), wallet)
    decision = (asked.customer_id, 0, asked.grant, asked.withdraw, asked.notice, asked.receipt)
    suite.transact(
        account(7),
        "ConsentRegistry",
        "saveBySig",
        decision,
        asked.seq,
        asked.deadline_seconds,
        signature,
    )
    ended = client.consent.save_by_sig(asked, signature).wait(timeout=WAIT)
    assert (ended.status, bool(ended.result["transaction"])) == ("duplicate", True)


def test_an_intent_that_a_rival_relays_in_the_same_block_is_a_duplicate(
    client, suite, customer, wallet, published
):
    asked = client.consent.save_request(customer, ["phone"], [], until(suite))
    signature = asked.sign(client.consent.domain(), wallet)
    decision = (asked.customer_id, 0, asked.grant, asked.withdraw, asked.notice, asked.receipt)
    data = interface("ConsentRegistry").encode(
        "saveBySig", decision, asked.seq, asked.deadline_seconds, signature
    )
    rival, registry = account(7), suite.address("ConsentRegistry")
    suite.anvil.automine(False)
    try:
        submission = client.consent.save_by_sig(asked, signature)
        for _ in range(500):
            if submission.refresh().state is State.SENT:
                break
            time.sleep(0.02)
        attempt = sign(
            rival,
            chain_id=31337,
            nonce=suite.chain.nonce(rival.address),
            to=registry,
            data=data,
            value=0,
            gas=500_000,
            price=Price(500 * 10**9, 100 * 10**9),
        )
        suite.anvil.ask("eth_sendRawTransaction", f"0x{attempt.raw.hex()}")
        suite.anvil.mine()
    finally:
        suite.anvil.automine(True)
    ended = submission.wait(timeout=WAIT)
    assert (ended.status, ended.result["transaction"]) == ("duplicate", attempt.hash)
    assert client.consent.granted(customer) == ("phone", "sale")


def test_an_intent_overtaken_by_another_decision_is_refused(
    client, suite, customer, wallet, published
):
    late = client.consent.save_request(customer, ["phone"], [], until(suite))
    client.consent.withdraw(customer, ["sale"]).wait(timeout=WAIT)
    with pytest.raises(BadSequence):
        client.consent.save_by_sig(late, late.sign(client.consent.domain(), wallet)).wait(
            timeout=WAIT
        )


def test_withdrawing_everything_by_signature_works_once(client, suite, customer, wallet, published):
    asked = client.consent.save_request(customer, ["email", "phone"], [], until(suite))
    domain = client.consent.domain()
    client.consent.save_by_sig(asked, asked.sign(domain, wallet)).wait(timeout=WAIT)
    every = client.consent.withdraw_all_request(customer, until(suite))
    signature = every.sign(domain, wallet)
    client.consent.withdraw_all_by_sig(every, signature).wait(timeout=WAIT)
    assert client.consent.granted(customer) == ()
    again = client.consent.withdraw_all_by_sig(every, signature, idempotency_key=f"x{every.seq}")
    assert again.wait(timeout=WAIT).status == "duplicate"


def test_bad_signatures_are_told_apart_before_anything_is_sent(
    client, suite, customer, wallet, published
):
    asked = client.consent.save_request(customer, ["email"], [], until(suite))
    domain = client.consent.domain()
    signature = asked.sign(domain, wallet)
    order = 2 * HALF_ORDER + 1
    twin = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    cases = (
        (asked.sign(domain, account(6)), WrongSigner),
        (asked.sign(type(domain)(1, domain.contract), wallet), WrongSigner),
        (signature[:32] + twin + bytes([55 - signature[64]]), MalleableSignature),
        (signature[:64], InputError),
        (b"", InputError),
    )
    for wrong, error in cases:
        with pytest.raises(error):
            client.consent.save_by_sig(asked, wrong)
    late = client.consent.save_request(customer, ["email"], [], datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(Expired):
        client.consent.save_by_sig.dry_run(late, late.sign(domain, wallet))


def test_decisions_that_make_no_sense_are_refused_before_they_are_sent(client, customer):
    with pytest.raises(OverlappingPurposes, match="email"):
        client.consent.save(customer, ["email", "sms"], ["email"])
    with pytest.raises(UnknownPurposeName, match="known are email"):
        client.consent.save(customer, ["carrier-pigeon"])
    with pytest.raises(InputError, match="nothing is decided"):
        client.consent.record(customer)
    with pytest.raises(InputError, match="one group"):
        client.consent.record(customer, ["email", "1:0"])
    with pytest.raises(InputError, match="not defined"):
        client.consent.record(customer, [], ["1:3"])
    with pytest.raises(UnknownPurpose):
        client.consent.withdraw.dry_run(customer, ["3:0"])


def test_a_stale_notice_is_refused(client, customer, published):
    with pytest.raises(StaleNotice):
        client.consent.record(customer, ["email"], notice=notice(published.version - 1))
    other = notice(published.version, text="something else")
    with pytest.raises(InputError, match="as published"):
        client.consent.record(customer, ["email"], notice=other)


def test_a_record_stands_as_recorded_and_once(client, customer, published):
    first = client.consent.record(
        customer, ["email"], ["sale"], evidence="form 17", idempotency_key="form:17"
    )
    assert first.wait(timeout=WAIT).status == "done"
    again = client.consent.record(
        customer, ["email"], ["sale"], evidence="form 17", idempotency_key="form:17"
    )
    assert again.id == first.id
    with pytest.raises(IdempotencyConflict):
        client.consent.record(customer, ["sms"], idempotency_key="form:17")
    assert client.consent.status(customer)[0].state is ConsentState.RECORDED
    assert client.consent.granted(customer) == ("email",)


def test_an_old_form_never_undoes_a_later_withdrawal(client, customer, published):
    client.consent.withdraw(customer, ["email"]).wait(timeout=WAIT)
    signed_on = datetime.now(UTC) - timedelta(days=3)
    with pytest.raises(InputError, match="was withdrawn on"):
        client.consent.record(customer, ["email"], given_at=signed_on)
    with pytest.raises(InputError, match="ended on"):
        client.consent.record(customer, ["sms"], given_at=datetime(2015, 1, 1, tzinfo=UTC))
    with pytest.raises(InputError, match="lies ahead"):
        client.consent.record(customer, ["sms"], given_at=datetime(2999, 1, 1, tzinfo=UTC))


def test_a_batch_records_what_it_can_and_says_why_not(client, suite, customer, wallet, published):
    numbers = [f"B-{customer}-{index}" for index in range(5)]
    client.customer.register_batch(numbers).finish()
    records = [
        NewRecord(numbers[0], f"{customer}:0", ("email",), ("sale",)),
        NewRecord(numbers[0], f"{customer}:1", ("sms",)),
        NewRecord(numbers[1], f"{customer}:2", (), ("sale",)),
        NewRecord(customer, f"{customer}:3", ("email",)),
        NewRecord("nobody", f"{customer}:4", ("email",)),
        NewRecord(numbers[2], f"{customer}:5", ("email",), ("email",)),
        NewRecord(numbers[3], f"{customer}:6", ("email", "phone")),
    ]
    ended = list(client.consent.record_batch(records))
    assert [each.status for each in ended] == [
        *("done", "done", "done"),
        *("refused", "invalid", "invalid"),
        "done",
    ]
    assert isinstance(ended[3].error, Refused)
    assert ended[3].error.reason is WalletLinkedAlready
    assert client.consent.granted(numbers[0]) == ("email", "sms")
    assert client.consent.granted(numbers[1]) == ()
    assert client.consent.granted(numbers[3]) == ("email", "phone", "sale")
    repeated = [each.status for each in client.consent.record_batch(records[:3])]
    assert repeated == ["duplicate"] * 3


def test_global_privacy_control_opts_out_once(client, customer):
    first = client.consent.gpc(customer)
    assert first.wait(timeout=WAIT).status == "done"
    assert client.consent.granted(customer) == ()
    assert client.consent.gpc(customer).id == first.id  # a browser sends it with every page
    client.consent.withdraw(customer, ["email"]).wait(timeout=WAIT)
    second, third = client.consent.gpc(customer), client.consent.gpc(customer)
    assert second.id == third.id
    assert second.wait(timeout=WAIT).status == "duplicate"
    with pytest.raises(InputError, match="no opt-out"):
        client.consent.gpc(customer, group=1)


def test_who_opted_out_is_left_alone_for_twelve_months(client, customer):
    assert client.consent.may_ask_again(customer, "email").allowed
    assert not client.consent.may_ask_again(customer, "sale").allowed
    client.consent.gpc(customer).wait(timeout=WAIT)
    waiting = client.consent.may_ask_again(customer, "sale")
    assert not waiting.allowed
    today = client.chain.block().timestamp.date()  # the chain's, whose clock other tests turn
    assert today + timedelta(days=364) <= waiting.starts <= today + timedelta(days=367)


def test_purposes_are_defined_once_and_covered_by_the_next_notice(client, suite):
    count = client.chain.call("ConsentRegistry", "groupCount")
    iri = "https://w3id.org/dpv#Newsletter"
    client.consent.define_purpose(f"{count}:0", iri, 90, opt_out=True).wait(timeout=WAIT)
    again = client.consent.define_purpose(f"{count}:0", iri, 90, opt_out=True)
    assert again.wait(timeout=WAIT).status == "duplicate"
    (terms,) = client.consent.purposes(count)
    assert (terms.max_age_days, terms.opt_out, terms.covered) == (90, True, False)
    for days in (0, 3651):
        with pytest.raises(InputError, match="max_age_days"):
            client.consent.define_purpose("0:0", iri, days)


def test_a_published_notice_is_found_with_its_words(client, published):
    found = client.consent.notice()
    assert (found.version, found.current) == (published.version, True)
    assert list(found.words) == published.words
    assert found.document == "0x" + published.digest.hex()
    assert not client.consent.notice(version=1).current
    with pytest.raises(NotFound):
        client.consent.notice(version=999)


def test_an_erased_customer_is_refused_and_a_merged_one_points_to_its_heir(client, customer):
    found = client.customer.show(customer)
    client.customer.erase(customer).wait(timeout=WAIT)
    with pytest.raises(CustomerClosed):
        client.consent.withdraw_all.dry_run(customer)
    client.follow_up()
    with pytest.raises(InputError, match="erased"):
        client.consent.record(found.id, ["email"])
    with pytest.raises(InputError, match="erased"):
        client.consent.withdraw(found.id, ["email"])


def test_grants_wait_while_paused_and_withdrawals_do_not(client, suite, customer, published):
    client.consent.record(customer, ["email"]).wait(timeout=WAIT)
    client.consent.pause().wait(timeout=WAIT)
    try:
        client.consent.withdraw(customer, ["email"]).wait(timeout=WAIT)
        assert not client.consent.is_granted(customer, "email")
        with pytest.raises(EnforcedPause):
            client.consent.record.dry_run(customer, ["sms"])
    finally:
        suite.transact(suite.admin, "ConsentRegistry", "unpause")


async def test_the_same_verbs_awaited(async_client, client, customer, published, tmp_path):
    found = client.customer.show(customer)
    async_client.directory.adopt(customer, bytes.fromhex(found.id[2:]))
    tried = await async_client.consent.record.dry_run(customer, ["email"], ["sale"])
    assert tried.gas > 21_000
    assert await async_client.consent.receipts(customer) == ()
    submission = await async_client.consent.record(customer, ["email"], ["sale"])
    await submission.wait(timeout=WAIT)
    assert await async_client.consent.granted(customer) == ("email",)
    (entry,) = await async_client.consent.history(customer)
    assert (entry.granted, entry.withdrawn, entry.recorded) == (("email",), ("sale",), True)


def test_a_full_batch_fits_into_the_gas_it_is_given(client, customer, published):
    numbers = [f"G-{customer}-{index}" for index in range(100)]
    client.customer.register_batch(numbers).finish()
    everything = tuple(client.purposes)
    ended = list(
        client.consent.record_batch(
            NewRecord(number, f"all:{number}", everything[:4], everything[4:]) for number in numbers
        )
    )
    assert {each.status for each in ended} == {"done"}
    (tx_hash,) = {each.outcome.tx_hash for each in ended}
    (receipt,) = client.chain.receipts([tx_hash])
    assert receipt.gas_used < 60_000 * len(numbers)
