"""``client.onboarding``: people become customers by one signature."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from rapport.consents import ConsentState, OverlappingPurposes
from rapport.errors import InputError, NotFound
from rapport.intents import (
    Erase,
    MalleableSignature,
    Onboard,
    OtherDomain,
    UnlinkWallet,
    WrongSigner,
)
from rapport.keys import HALF_ORDER, KeySigner
from rapport.receipts import Answer, verify_offline, write
from rapport.reverts import (
    AccessControlUnauthorizedAccount,
    BadSequence,
    BadSignature,
    CustomerClosed,
    EnrolmentClosed,
    Expired,
    NoRecovery,
    NoWallet,
    StaleNotice,
    WelcomeChanged,
)
from rapport.services.customer_signed import VetoBySig
from tests.sdk.support.notices import notice
from tests.sdk.support.suite import account, creation_code, send, until

WAIT = 30  # seconds
_keys = count(1)


@pytest.fixture
def wallet():
    """A wallet that nobody has seen yet, without gas."""
    return KeySigner(keccak(text=f"newcomer {next(_keys)}"))


@pytest.fixture
def number(wallet):
    return f"N-{wallet.address[-6:]}"


@pytest.fixture
def welcome(suite):
    suite.transact(suite.admin, "Onboarding", "setWelcome", 50)
    yield 50
    suite.transact(suite.admin, "Onboarding", "setWelcome", 0)


def test_one_signature_joins_consents_and_is_welcomed(
    client, suite, wallet, number, published, welcome
):
    asked = client.onboarding.request(
        number, wallet.address, ["email", "sms"], ["sale"], until(suite)
    )
    assert [(each.purpose, each.allowed) for each in asked.choices] == [
        (published.words[0], True),
        (published.words[1], True),
        (published.words[6], False),
    ]
    signature = asked.sign(client.onboarding.domain(), wallet)
    outcome = client.onboarding.onboard(asked, signature).wait(timeout=WAIT)
    assert (outcome.status, outcome.result["welcome_points"]) == ("done", welcome)
    assert client.customer.of_wallet(wallet.address).number == number
    assert client.consent.granted(number) == ("email", "sms")
    assert client.consent.status(number)[0].state is ConsentState.GRANTED
    assert client.loyalty.balance(number).points == welcome
    file = client.consent.receipt(number)
    assert file.digest == asked.receipt
    proved = verify_offline(file)
    assert proved.receipt.lanes(0, Answer.GRANTED) == 0b11
    assert not client.consent.verify(write(file)).recorded


def test_an_intent_that_was_relayed_before_is_a_duplicate(
    client, new_client, suite, wallet, number, published
):
    asked = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    signature = asked.sign(client.onboarding.domain(), wallet)
    first = client.onboarding.onboard(asked, signature)
    first.wait(timeout=WAIT)
    assert client.onboarding.onboard(asked, signature).id == first.id
    with new_client("other.db") as other:
        again = other.onboarding.onboard(asked, signature).wait(timeout=WAIT)
    assert (again.status, again.result["transaction"]) == ("duplicate", first.outcome.tx_hash)
    # The wallet leaves, and the old intent stays used up.
    leave = client.customer.unlink_request(number, until(suite))
    client.customer.unlink_by_sig(leave, leave.sign(client.customer.domain(), wallet)).wait(
        timeout=WAIT
    )
    with pytest.raises(BadSequence):
        client.onboarding.onboard.dry_run(asked, signature)


def test_a_registered_customer_joins_with_a_wallet_later(
    client, suite, customer, wallet, published
):
    client.consent.record(customer, ["phone"]).wait(timeout=WAIT)
    asked = client.onboarding.request(customer, wallet.address, ["email"], [], until(suite))
    client.onboarding.onboard(asked, asked.sign(client.onboarding.domain(), wallet)).wait(
        timeout=WAIT
    )
    states = {each.purpose: each.state for each in client.consent.status(customer)}
    assert states["phone"] is ConsentState.RECORDED
    assert states["email"] is ConsentState.GRANTED
    with pytest.raises(InputError, match="rotate instead"):
        client.onboarding.request(customer, wallet.address, ["email"], [], until(suite))


def test_what_was_signed_is_what_happens_or_nothing(
    client, suite, wallet, number, published, welcome
):
    asked = client.onboarding.request(number, wallet.address, ["email"], ["sale"], until(suite))
    domain = client.onboarding.domain()
    signature = asked.sign(domain, wallet)
    order = 2 * HALF_ORDER + 1
    twin = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    high = signature[:32] + twin + bytes([55 - signature[64]])
    abroad = asked.sign(type(domain)(1, domain.contract), wallet)
    flipped = Onboard.read(asked.json(domain).replace("true", "false"), domain)
    for intent, wrong, error in (
        (asked, account(6).sign_digest(asked.digest(domain)), WrongSigner),
        (asked, abroad, WrongSigner),
        (asked, high, MalleableSignature),
        (asked, signature[:-1], InputError),
        (flipped, signature, WrongSigner),
    ):
        with pytest.raises(error):
            client.onboarding.onboard(intent, wrong)
    with pytest.raises(OtherDomain, match="chain 31337"):
        Onboard.read(asked.json(domain), type(domain)(1, domain.contract))
    with pytest.raises(NotFound):
        client.customer.of_wallet(wallet.address)


def test_expired_intents_and_broken_promises_are_refused(
    client, suite, wallet, number, published, welcome
):
    domain = client.onboarding.domain()
    past = suite.chain.block().timestamp - timedelta(hours=1)
    late = client.onboarding.request(number, wallet.address, ["email"], [], past)
    with pytest.raises(Expired):
        client.onboarding.onboard.dry_run(late, late.sign(domain, wallet))
    more = client.onboarding.request(
        number, wallet.address, ["email"], [], until(suite), welcome=welcome + 1
    )
    with pytest.raises(WelcomeChanged):
        client.onboarding.onboard.dry_run(more, more.sign(domain, wallet))
    old = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    client.consent.publish_notice(notice(published.version + 1)).wait(timeout=WAIT)
    with pytest.raises(StaleNotice):
        client.onboarding.onboard.dry_run(old, old.sign(domain, wallet))


def test_a_request_that_makes_no_sense_is_refused(client, suite, wallet, number, published):
    with pytest.raises(OverlappingPurposes):
        client.onboarding.request(number, wallet.address, ["email"], ["email"], until(suite))
    with pytest.raises(InputError, match="nothing is decided"):
        client.onboarding.request(number, wallet.address, [], [], until(suite))
    with pytest.raises(StaleNotice):
        client.onboarding.request(
            number, wallet.address, ["email"], [], until(suite), notice=notice(1)
        )
    asked = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    domain = client.onboarding.domain()
    other = Onboard.read(asked.json(domain).replace("by e-mail", "by pigeon"), domain)
    with pytest.raises(InputError, match="does not ask"):
        client.onboarding.onboard(other, other.sign(domain, wallet))


def test_a_wallet_enrols_itself_and_decides_by_itself(client, new_client, suite, published):
    wallet = account(9)
    suite.transact(suite.admin, "CustomerRegistry", "setEnrolment", True)
    try:
        with new_client("own.db", signer=wallet) as own:
            joined = own.customer.join(b"\x01" * 32).wait(timeout=WAIT)
            again = own.customer.join(b"\x01" * 32, idempotency_key="again").wait(timeout=WAIT)
            assert (again.status, again.result) == (
                "duplicate",
                {"customer_id": joined.result["customer_id"]},
            )
            customer_id = joined.result["customer_id"]
            own.consent.save(customer_id, ["analytics"]).wait(timeout=WAIT)
            assert own.consent.granted(customer_id) == ("analytics", "sale")
            own.customer.erase(customer_id).wait(timeout=WAIT)
    finally:
        suite.transact(suite.admin, "CustomerRegistry", "setEnrolment", False)


def test_a_wallet_vetoes_a_recovery_and_erases_itself_by_signature(
    client, suite, wallet, number, published
):
    domain = client.customer.domain()
    asked = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    client.onboarding.onboard(asked, asked.sign(client.onboarding.domain(), wallet)).wait(
        timeout=WAIT
    )
    with pytest.raises(InputError, match="under way"):
        client.customer.veto_request(number, until(suite))
    thief = account(4)
    stolen = client.customer.link_request(number, thief.address, until(suite))
    client.customer.request_recovery(stolen, stolen.sign(domain, thief)).wait(timeout=WAIT)
    veto = client.customer.veto_request(number, until(suite))
    with pytest.raises(WrongSigner):
        client.customer.veto_recovery_by_sig(veto, veto.sign(domain, thief))
    signature = veto.sign(domain, wallet)
    client.customer.veto_recovery_by_sig(veto, signature).wait(timeout=WAIT)
    again = client.customer.veto_recovery_by_sig(veto, signature, idempotency_key=f"v:{number}")
    assert again.wait(timeout=WAIT).status == "duplicate"

    customer_id = client.customer.show(number).id
    erase = client.customer.erase_request(number, until(suite))
    signature = erase.sign(domain, wallet)
    client.customer.erase_by_sig(erase, signature).wait(timeout=WAIT)
    client.follow_up()
    with pytest.raises(NotFound):
        client.customer.show(number)
    assert client.customer.show(customer_id).status == "erased"
    again = client.customer.erase_by_sig(erase, signature, idempotency_key=f"e:{customer_id}")
    assert again.wait(timeout=WAIT).status == "duplicate"


async def test_onboarding_awaited(async_client, client, suite, wallet, number, published):
    asked = await async_client.onboarding.request(
        number, wallet.address, ["email"], [], until(suite), notice=published
    )
    signature = asked.sign(async_client.onboarding.domain(), wallet)
    submission = await async_client.onboarding.onboard(asked, signature)
    assert (await submission.wait(timeout=WAIT)).status == "done"
    receipt = await async_client.consent.receipt(number)
    assert (await async_client.consent.verify(write(receipt))).granted == ("email",)


def test_a_contract_account_joins_by_its_key(client, suite, wallet, number, published):
    made = send(
        suite.anvil,
        suite.admin,
        None,
        creation_code("SmartWallet") + encode(["address"], [wallet.address]),
    )
    asked = client.onboarding.request(number, made["contractAddress"], ["email"], [], until(suite))
    domain = client.onboarding.domain()
    with pytest.raises(BadSignature):
        client.onboarding.onboard.dry_run(asked, asked.sign(domain, account(6)))
    client.onboarding.onboard(asked, asked.sign(domain, wallet)).wait(timeout=WAIT)
    assert client.consent.granted(number) == ("email", "sale")


def test_leaving_by_signature_works_once_and_only_for_the_wallet(
    client, suite, wallet, number, published
):
    domain = client.customer.domain()
    client.customer.register(number).wait(timeout=WAIT)
    with pytest.raises(NoWallet):
        client.customer.unlink_request(number, until(suite))
    asked = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    client.onboarding.onboard(asked, asked.sign(client.onboarding.domain(), wallet)).wait(
        timeout=WAIT
    )
    leave = client.customer.unlink_request(number, until(suite))
    with pytest.raises(WrongSigner):
        client.customer.unlink_by_sig(leave, leave.sign(domain, account(6)))
    signature = leave.sign(domain, wallet)
    client.customer.unlink_by_sig(leave, signature).wait(timeout=WAIT)
    again = client.customer.unlink_by_sig(leave, signature, idempotency_key=f"u:{number}")
    assert again.wait(timeout=WAIT).status == "duplicate"
    erase = Erase(leave.customer_id, leave.seq + 1, until(suite))
    with pytest.raises(NoWallet):
        client.customer.erase_by_sig(erase, erase.sign(domain, wallet)).wait(timeout=WAIT)
    late = UnlinkWallet(leave.customer_id, leave.seq + 5, until(suite))
    with pytest.raises(NoWallet):
        client.customer.unlink_by_sig(late, late.sign(domain, wallet)).wait(timeout=WAIT)
    heir = f"{number}-heir"
    client.customer.register(heir).wait(timeout=WAIT)
    client.customer.merge(number, heir).wait(timeout=WAIT)
    with pytest.raises(CustomerClosed):
        client.customer.erase_request("0x" + leave.customer_id.hex(), until(suite))


def test_a_veto_after_the_recovery_is_completed_comes_too_late(client, suite, wallet, published):
    number, domain = f"late-{wallet.address}", client.customer.domain()
    asked = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    client.onboarding.onboard(asked, asked.sign(client.onboarding.domain(), wallet)).wait(
        timeout=WAIT
    )
    fresh = KeySigner(keccak(text=f"fresh {number}"))
    proposed = client.customer.link_request(number, fresh.address, until(suite))
    client.customer.request_recovery(proposed, proposed.sign(domain, fresh)).wait(timeout=WAIT)
    veto = client.customer.veto_request(number, until(suite))
    snapshot = suite.anvil.ask("evm_snapshot")
    try:
        suite.anvil.ask("evm_increaseTime", 3 * 86_400)
        suite.anvil.mine()
        customer_id = client.directory.find(number).id
        suite.transact(account(7), "CustomerRegistry", "completeRecovery", customer_id)
        with pytest.raises(WrongSigner):
            client.customer.veto_recovery_by_sig(veto, veto.sign(domain, wallet))
        kind = VetoBySig(client)
        payload = {
            "customer": "0x" + customer_id.hex(),
            "wallet": fresh.address,
            "ready_at": int(veto.ready_at.timestamp()),
        }
        late = kind.refusal(payload, NoRecovery(customer_id))
        other = kind.refusal({**payload, "ready_at": 1}, NoRecovery(customer_id))
        assert (late.status, other.status) == ("refused", "refused")
    finally:
        assert suite.anvil.ask("evm_revert", snapshot)


def test_a_closed_programme_lets_nobody_enrol(client):
    with pytest.raises(EnrolmentClosed):
        client.customer.join().wait(timeout=WAIT)
    with pytest.raises(EnrolmentClosed):
        client.customer.join.dry_run()


def test_a_brand_s_other_machine_relays_for_a_customer_it_does_not_know(
    client, new_client, suite, wallet, number, published
):
    asked = client.onboarding.request(number, wallet.address, ["email"], [], until(suite))
    signature = asked.sign(client.onboarding.domain(), wallet)
    with new_client("relay.db") as relay:
        assert relay.onboarding.onboard(asked, signature).wait(timeout=WAIT).status == "done"
        other = relay.onboarding.request(
            "0x" + "5a" * 32, account(3).address, ["email"], [], until(suite)
        )
        assert not any(other.receipt)  # without the customer's key there is no receipt
    assert client.consent.granted(number) == ("email", "sale")
    assert client.consent.receipt(number).digest == asked.receipt


def test_the_welcome_award_is_set_by_the_administrator(client, suite, welcome):
    assert client.onboarding.welcome() == welcome
    with pytest.raises(AccessControlUnauthorizedAccount):
        client.onboarding.set_welcome(10).wait(timeout=WAIT)


def test_a_purpose_that_the_notice_leaves_out_cannot_be_asked(
    client, suite, wallet, number, published
):
    group = client.chain.call("ConsentRegistry", "groupCount")
    client.consent.define_purpose(f"{group}:0", "https://w3id.org/dpv#Newsletter", 90).wait(
        timeout=WAIT
    )
    with pytest.raises(InputError, match="says nothing about"):
        client.onboarding.request(number, wallet.address, [f"{group}:0"], [], until(suite))
    client.customer.register(number).wait(timeout=WAIT)
    with pytest.raises(InputError, match="says nothing about"):
        client.consent.record(number, [f"{group}:0"])
