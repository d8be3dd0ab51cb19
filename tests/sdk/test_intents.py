"""Typed intents are what the contracts hash, and what wallets show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from eth_account import Account

from rapport import reverts, units
from rapport.errors import InputError
from rapport.intents import INTENTS, Domain, Intent, LinkWallet, Merge, Redeem
from rapport.keys import KeySigner
from tests.sdk.support.kinds import customer_id
from tests.sdk.support.suite import Suite, account

KEY = b"\x42" * 32
DEADLINE = datetime(2100, 1, 1, tzinfo=UTC)
CONTRACT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
DOMAIN = Domain(8453, CONTRACT)


def examples() -> list[Intent]:
    return [
        LinkWallet(b"\x01" * 32, CONTRACT, 3, DEADLINE),
        Merge(b"\x01" * 32, b"\x02" * 32, 3, DEADLINE),
        Redeem(b"\x01" * 32, b"\x02" * 32, 500, DEADLINE),
    ]


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
    }
    members = ",".join(f"{kind} {name}" for name, kind in intent.types)
    assert f"{intent.primary_type}({members})" == said[intent.primary_type]


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
