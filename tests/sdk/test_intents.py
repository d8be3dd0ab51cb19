"""Typed intents are what the contracts hash, and what wallets show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from rapport import reverts, units
from rapport.errors import InputError
from rapport.intents import (
    INTENTS,
    Choice,
    Domain,
    Erase,
    Intent,
    LinkWallet,
    MalleableSignature,
    Merge,
    Onboard,
    OtherDomain,
    Redeem,
    Save,
    UnlinkWallet,
    VetoRecovery,
    WithdrawAll,
    WrongSigner,
)
from rapport.keys import HALF_ORDER, KeySigner
from tests.sdk.support.kinds import customer_id
from tests.sdk.support.suite import LANES, NOTICE, NOTICE_DOCUMENT, PROGRAMME, Suite, account

KEY = b"\x42" * 32
DEADLINE = datetime(2100, 1, 1, tzinfo=UTC)
CONTRACT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
DOMAIN = Domain(8453, CONTRACT)


def examples() -> list[Intent]:
    return [
        LinkWallet(b"\x01" * 32, CONTRACT, 3, DEADLINE),
        Merge(b"\x01" * 32, b"\x02" * 32, 3, DEADLINE),
        Redeem(b"\x01" * 32, b"\x02" * 32, 500, DEADLINE),
        UnlinkWallet(b"\x01" * 32, 3, DEADLINE),
        VetoRecovery(b"\x01" * 32, CONTRACT, DEADLINE, DEADLINE),
        Erase(b"\x01" * 32, 3, DEADLINE),
        Save(b"\x01" * 32, 0, 0b101, 0b10, 4, b"\x03" * 32, 7, DEADLINE),
        WithdrawAll(b"\x01" * 32, b"\x03" * 32, 9, DEADLINE),
        onboard(),
    ]


def onboard() -> Onboard:
    return Onboard(
        programme="Corner Coffee Club",
        customer_id=b"\x01" * 32,
        wallet=CONTRACT,
        choices=(Choice("Send me offers by e-mail", True), Choice("Sell my data", False)),
        group=0,
        notice=1,
        notice_document=b"\x04" * 32,
        welcome_points=100,
        receipt=b"\x05" * 32,
        seq=0,
        deadline=DEADLINE,
    )


@pytest.mark.parametrize("intent", examples(), ids=lambda i: i.primary_type)
def test_a_signature_recovers_to_its_signer_as_wallets_make_it(intent: Intent) -> None:
    signer = KeySigner(KEY)
    signature = intent.sign(DOMAIN, signer)
    wallet = Account.sign_typed_data(KEY, full_message=json.loads(intent.json(DOMAIN)))

    assert signature == bytes(wallet.signature)
    assert intent.recover(DOMAIN, signature) == signer.address


@pytest.mark.parametrize("intent", examples(), ids=lambda i: i.primary_type)
def test_a_signature_is_worth_nothing_on_another_chain_or_contract(intent: Intent) -> None:
    signer = KeySigner(KEY)
    signature = intent.sign(DOMAIN, signer)

    for elsewhere in (Domain(1, CONTRACT), Domain(8453, account(3).address)):
        assert intent.recover(elsewhere, signature) != signer.address


@pytest.mark.parametrize("intent", examples(), ids=lambda i: i.primary_type)
def test_the_contract_hashes_the_same_type(intent: Intent) -> None:
    # The type strings of the interfaces' NatSpec.
    said = {
        "LinkWallet": "LinkWallet(bytes32 customerId,address wallet,uint16 seq,uint48 deadline)",
        "Merge": "Merge(bytes32 from,bytes32 to,uint16 seq,uint48 deadline)",
        "Redeem": "Redeem(bytes32 customerId,bytes32 ref,uint32 points,uint48 deadline)",
        "UnlinkWallet": "UnlinkWallet(bytes32 customerId,uint16 seq,uint48 deadline)",
        "VetoRecovery": (
            "VetoRecovery(bytes32 customerId,address wallet,uint48 readyAt,uint48 deadline)"
        ),
        "Erase": "Erase(bytes32 customerId,uint16 seq,uint48 deadline)",
        "Save": (
            "Save(bytes32 customerId,uint8 group,uint8 grant,uint8 withdraw,uint16 notice,"
            "bytes32 receipt,uint32 seq,uint48 deadline)"
        ),
        "WithdrawAll": (
            "WithdrawAll(bytes32 customerId,bytes32 receipt,uint256 seq,uint48 deadline)"
        ),
        "Onboard": (
            "Onboard(string programme,bytes32 customerId,address wallet,Choice[] choices,"
            "uint8 group,uint16 notice,bytes32 noticeDocument,uint32 welcomePoints,"
            "bytes32 receipt,uint16 seq,uint48 deadline)Choice(string purpose,bool allowed)"
        ),
    }
    encoded = ""
    for name, members in intent.definitions().items():
        listed = (f"{member['type']} {member['name']}" for member in members)
        encoded += f"{name}({','.join(listed)})"
    assert encoded == said[intent.primary_type]


@pytest.mark.parametrize("intent", examples(), ids=lambda i: i.primary_type)
def test_a_request_is_read_back_as_the_intent_it_was_made_of(intent: Intent) -> None:
    assert type(intent).read(intent.json(DOMAIN), DOMAIN) == intent


def test_a_request_for_elsewhere_or_of_another_kind_is_refused() -> None:
    request = examples()[-1].json(DOMAIN)
    for elsewhere in (Domain(1, CONTRACT), Domain(8453, account(3).address)):
        with pytest.raises(OtherDomain, match="make it anew"):
            Onboard.read(request, elsewhere)
    with pytest.raises(InputError, match="is a Onboard; a Save is required"):
        Save.read(request, DOMAIN)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: made["message"].pop("seq"), "has the members"),
        (lambda made: made["message"].update(seq="x"), "whole number"),
        (lambda made: made["message"].update(choices="no"), "must be a list"),
        (lambda made: made["message"]["choices"][0].update(allowed=1), "true or false"),
        (lambda made: made["types"]["Onboard"].pop(), "declares Onboard otherwise"),
        (lambda made: made.pop("domain"), "complete domain"),
    ],
)
def test_a_damaged_request_is_refused_in_one_line(change: Any, said: str) -> None:
    made = onboard().typed_data(DOMAIN)
    change(made)
    with pytest.raises(InputError, match=said) as refusal:
        Onboard.read(json.dumps(made), DOMAIN)
    assert "\n" not in str(refusal.value)


def test_a_twin_signature_and_a_stranger_s_are_told_apart() -> None:
    intent, signer = onboard(), KeySigner(KEY)
    signature = intent.sign(DOMAIN, signer)
    intent.require_signer(DOMAIN, signature, signer.address)
    order = 2 * HALF_ORDER + 1
    twin = order - int.from_bytes(signature[32:64], "big")
    high = signature[:32] + twin.to_bytes(32, "big") + bytes([55 - signature[64]])

    with pytest.raises(MalleableSignature):
        intent.require_signer(DOMAIN, high, signer.address)
    with pytest.raises(WrongSigner, match=signer.address):
        intent.require_signer(DOMAIN, signature, account(3).address)
    with pytest.raises(WrongSigner):
        intent.require_signer(Domain(1, CONTRACT), signature, signer.address)


def test_every_intent_has_an_example_here() -> None:
    assert {type(intent) for intent in examples()} == set(INTENTS)


def test_members_out_of_range_are_refused() -> None:
    for wrong in (
        Redeem(b"\x01" * 31, b"\x02" * 32, 5, DEADLINE),
        Redeem(b"\x01" * 32, b"\x02" * 32, 2**32, DEADLINE),
        LinkWallet(b"\x01" * 32, "0x12", 0, DEADLINE),
        LinkWallet(b"\x01" * 32, CONTRACT, 2**16, DEADLINE),
        LinkWallet(b"\x01" * 32, CONTRACT, 0, datetime(2100, 1, 1)),  # noqa: DTZ001
    ):
        with pytest.raises(InputError):
            wrong.typed_data(DOMAIN)


def domain(suite: Suite, contract: str) -> Domain:
    return Domain(31337, suite.address(contract))


def soon(suite: Suite) -> datetime:
    return suite.chain.block().timestamp + timedelta(hours=1)


def test_the_registry_accepts_a_signed_link(suite: Suite) -> None:
    wallet = account(5)
    intent = LinkWallet(customer_id(1), wallet.address, 0, soon(suite))
    signature = intent.sign(domain(suite, "CustomerRegistry"), wallet)

    suite.transact(
        suite.backend,
        "CustomerRegistry",
        "linkWallet",
        intent.customer_id,
        intent.wallet,
        intent.seq,
        intent.deadline_seconds,
        signature,
    )

    chain = suite.connect()
    assert chain.call("CustomerRegistry", "walletOf", customer_id(1)) == wallet.address


def test_the_registry_accepts_a_signed_merge(suite: Suite) -> None:
    test_the_registry_accepts_a_signed_link(suite)
    chain = suite.connect()
    seq = chain.call("CustomerRegistry", "customer", customer_id(1))["seq"]
    intent = Merge(customer_id(1), customer_id(2), seq, soon(suite))
    signature = intent.sign(domain(suite, "CustomerRegistry"), account(5))

    suite.transact(
        suite.backend,
        "CustomerRegistry",
        "merge",
        intent.source,
        intent.target,
        intent.deadline_seconds,
        signature,
    )

    assert chain.call("CustomerRegistry", "resolve", customer_id(1)) == customer_id(2)


def test_the_points_accept_a_signed_redemption_once(suite: Suite) -> None:
    test_the_registry_accepts_a_signed_link(suite)
    suite.transact(suite.backend, "LoyaltyPoints", "award", customer_id(1), b"\x09" * 32, 100, 0)
    intent = Redeem(customer_id(1), b"\x0a" * 32, 40, soon(suite))
    signature = intent.sign(domain(suite, "LoyaltyPoints"), account(5))
    arguments = (
        intent.customer_id,
        intent.ref,
        intent.points,
        intent.deadline_seconds,
        signature,
    )
    for _ in range(2):  # the second changes nothing
        suite.transact(account(7), "LoyaltyPoints", "redeemBySig", *arguments)

    chain = suite.connect()
    assert chain.call("LoyaltyPoints", "balanceOf", customer_id(1)) == 60


def test_a_tampered_redemption_is_refused_by_the_contract(suite: Suite) -> None:
    test_the_registry_accepts_a_signed_link(suite)
    intent = Redeem(customer_id(1), b"\x0a" * 32, 40, soon(suite))
    signature = intent.sign(domain(suite, "LoyaltyPoints"), account(5))

    with pytest.raises(reverts.BadSignature) as refusal:
        suite.connect().call(
            "LoyaltyPoints",
            "redeemBySig",
            intent.customer_id,
            intent.ref,
            41,
            intent.deadline_seconds,
            signature,
        )
    assert refusal.value.signer == units.address(account(5).address)


def test_the_consent_registry_accepts_a_signed_decision_and_its_withdrawal(suite: Suite) -> None:
    test_the_registry_accepts_a_signed_link(suite)
    chain, where = suite.connect(), domain(suite, "ConsentRegistry")
    save = Save(customer_id(1), 0, 0b11, 0b100, NOTICE, b"\x07" * 32, 0, soon(suite))
    decision = (save.customer_id, 0, save.grant, save.withdraw, save.notice, save.receipt)
    suite.transact(
        account(7),
        "ConsentRegistry",
        "saveBySig",
        decision,
        save.seq,
        save.deadline_seconds,
        save.sign(where, account(5)),
    )
    assert chain.call("ConsentRegistry", "grantedIn", customer_id(1), 0) == 0b100_0011

    seq = chain.call("ConsentRegistry", "sequenceOfAll", customer_id(1))
    every = WithdrawAll(customer_id(1), b"\x08" * 32, seq, soon(suite))
    suite.transact(
        account(7),
        "ConsentRegistry",
        "withdrawAllBySig",
        every.customer_id,
        every.receipt,
        every.seq,
        every.deadline_seconds,
        every.sign(where, account(5)),
    )
    assert chain.call("ConsentRegistry", "grantedIn", customer_id(1), 0) == 0


def test_onboarding_accepts_a_signed_intent_with_its_choices(suite: Suite) -> None:
    wallet, words = account(6), [keccak(text=lane.words) for lane in LANES]
    intent = Onboard(
        programme=PROGRAMME,
        customer_id=b"\x66" * 32,
        wallet=wallet.address,
        choices=(Choice(LANES[1].words, True), Choice(LANES[6].words, False)),
        group=0,
        notice=NOTICE,
        notice_document=NOTICE_DOCUMENT,
        welcome_points=0,
        receipt=b"\x09" * 32,
        seq=0,
        deadline=soon(suite),
    )
    call = {
        "customerId": intent.customer_id,
        "wallet": intent.wallet,
        "group": 0,
        "grant": 0b10,
        "withdraw": 0b100_0000,
        "notice": NOTICE,
        "receipt": intent.receipt,
        "welcomePoints": 0,
        "seq": 0,
        "deadline": intent.deadline_seconds,
    }
    signature = intent.sign(domain(suite, "Onboarding"), wallet)
    suite.transact(suite.backend, "Onboarding", "onboard", call, words, bytes(32), signature)

    chain = suite.connect()
    assert chain.call("CustomerRegistry", "walletOf", intent.customer_id) == wallet.address
    assert chain.call("ConsentRegistry", "grantedIn", intent.customer_id, 0) == 0b10


def test_the_registry_accepts_a_signed_veto_unlinking_and_erasure(suite: Suite) -> None:
    test_the_registry_accepts_a_signed_link(suite)
    chain, where, wallet = suite.connect(), domain(suite, "CustomerRegistry"), account(5)
    asked = LinkWallet(customer_id(1), account(6).address, 1, soon(suite))
    suite.transact(
        suite.backend,
        "CustomerRegistry",
        "requestRecovery",
        asked.customer_id,
        asked.wallet,
        asked.seq,
        asked.deadline_seconds,
        asked.sign(where, account(6)),
    )
    ready = units.from_timestamp(
        chain.call("CustomerRegistry", "recovery", customer_id(1))["readyAt"]
    )
    veto = VetoRecovery(customer_id(1), asked.wallet, ready, soon(suite))
    suite.transact(
        account(7),
        "CustomerRegistry",
        "vetoRecoveryBySig",
        veto.customer_id,
        veto.deadline_seconds,
        veto.sign(where, wallet),
    )
    assert chain.call("CustomerRegistry", "recovery", customer_id(1))["readyAt"] == 0

    for kind, function, person in (
        (UnlinkWallet, "unlinkWalletBySig", customer_id(1)),
        (Erase, "eraseBySig", customer_id(2)),
    ):
        if person == customer_id(2):
            link = LinkWallet(person, wallet.address, 0, soon(suite))
            suite.transact(
                suite.backend,
                "CustomerRegistry",
                "linkWallet",
                link.customer_id,
                link.wallet,
                link.seq,
                link.deadline_seconds,
                link.sign(where, wallet),
            )
        seq = chain.call("CustomerRegistry", "customer", person)["seq"]
        intent = kind(person, seq, soon(suite))
        suite.transact(
            account(7),
            "CustomerRegistry",
            function,
            person,
            seq,
            intent.deadline_seconds,
            intent.sign(where, wallet),
        )
        assert int(chain.call("CustomerRegistry", "walletOf", person), 16) == 0
    assert chain.call("CustomerRegistry", "statusOf", customer_id(2)) == 4
