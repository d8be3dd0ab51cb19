"""Whatever account a customer has: a plain one, a contract, or an EIP-7702 account.

Each speaks through `redeemBySig`, the intent that customers sign most.
"""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import DEADLINE
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.wallets import mirrored, wallet

REF = keccak(text="reward 1")


@pytest.fixture
def with_points(register, award, link):
    """Builds a customer with 500 points whose wallet is the one given."""

    def build(holder):
        customer = register()
        award(customer, 500)
        link(customer, holder=holder)
        return customer

    return build


@pytest.fixture
def speaking(admin, delegate):
    """An EIP-7702 account whose delegate answers ERC-1271 for another key."""
    owner = wallet("session key")
    return delegate(wallet("speaking"), admin.deploy(mock("SmartWallet"), owner.address)), owner


def intent(customer, amount=200):
    return (customer, REF, amount, DEADLINE)


def attempt(stage, points, stranger, customer, signature):
    return stage.answer(points.redeemBySig, *intent(customer), signature, by=stranger)


def refusal(stage, points, stranger, customer, signature):
    return stage.refusal(points.redeemBySig, *intent(customer), signature, by=stranger)


def test_a_plain_account_signs_with_its_key(stage, points, stranger, with_points):
    hers = wallet("Ana")
    ana = with_points(hers)
    signature = hers.sign(points, "Redeem", *intent(ana))

    assert attempt(stage, points, stranger, ana, signature) is True


def test_a_signature_with_a_high_s_is_refused(stage, points, stranger, with_points):
    hers = wallet("Ana")
    ana = with_points(hers)
    signature = mirrored(hers.sign(points, "Redeem", *intent(ana)))

    found = refusal(stage, points, stranger, ana, signature)

    assert found == ("BadSignature", hers.address)


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: b"",
        lambda s: s[:64],
        lambda s: s + b"\0",
        lambda s: s[:64] + bytes([s[64] - 27]),
        lambda s: bytes(64) + b"\x1b",
    ],
    ids=["empty", "64 bytes", "66 bytes", "parity of 0 or 1", "zeros"],
)
def test_a_damaged_signature_is_refused(stage, points, stranger, with_points, damage):
    hers = wallet("Ana")
    ana = with_points(hers)
    signature = damage(hers.sign(points, "Redeem", *intent(ana)))

    found = refusal(stage, points, stranger, ana, signature)

    assert found == ("BadSignature", hers.address)


def test_a_contract_account_speaks_through_erc_1271(
    stage, points, stranger, with_points, contract_account
):
    ana = with_points(contract_account)
    signature = contract_account.sign(points, "Redeem", *intent(ana))

    assert attempt(stage, points, stranger, ana, signature) is True


def test_a_contract_account_does_not_speak_with_a_strangers_key(
    stage, points, stranger, with_points, contract_account
):
    ana = with_points(contract_account)
    signature = wallet("Mallory").sign(points, "Redeem", *intent(ana))

    found = refusal(stage, points, stranger, ana, signature)

    assert found == ("BadSignature", contract_account.address)


def test_an_eip_7702_account_signs_with_its_key_though_its_delegate_is_silent(
    stage, points, stranger, with_points, silent
):
    ana = with_points(silent)
    signature = silent.sign(points, "Redeem", *intent(ana))

    assert attempt(stage, points, stranger, ana, signature) is True


def test_an_eip_7702_account_with_a_silent_delegate_refuses_other_keys(
    stage, points, stranger, with_points, silent
):
    ana = with_points(silent)
    signature = wallet("Mallory").sign(points, "Redeem", *intent(ana))

    found = refusal(stage, points, stranger, ana, signature)

    assert found == ("BadSignature", silent.address)


def test_an_eip_7702_account_refuses_a_high_s_as_well(stage, points, stranger, with_points, silent):
    ana = with_points(silent)
    signature = mirrored(silent.sign(points, "Redeem", *intent(ana)))

    found = refusal(stage, points, stranger, ana, signature)

    assert found == ("BadSignature", silent.address)


def test_an_eip_7702_account_speaks_with_its_key_and_through_its_delegate(
    stage, points, stranger, with_points, speaking
):
    account, session = speaking
    ana = with_points(account)
    by_key = account.sign(points, "Redeem", *intent(ana))
    by_delegate = session.sign(points, "Redeem", *intent(ana))
    forged = wallet("Mallory").sign(points, "Redeem", *intent(ana))

    assert attempt(stage, points, stranger, ana, by_key) is True
    assert attempt(stage, points, stranger, ana, by_delegate) is True
    found = refusal(stage, points, stranger, ana, forged)
    assert found == ("BadSignature", account.address)


def test_a_plain_account_that_becomes_eip_7702_keeps_its_customer(
    stage, points, admin, stranger, with_points, delegate
):
    hers = wallet("Ana")
    ana = with_points(hers)
    delegate(hers, admin.deploy(mock("SilentDelegate")))
    signature = hers.sign(points, "Redeem", *intent(ana))

    assert attempt(stage, points, stranger, ana, signature) is True
