"""Spending points by a signed intent that anyone relays."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.conftest import COMMITMENT, DEADLINE
from tests.contracts.unit.support.wallets import HERS, wallet

REF = keccak(text="reward 1")


@pytest.fixture
def ana(register, award, link):
    """Ana, with 500 points and a wallet."""
    customer = register()
    award(customer, 500)
    link(customer)
    return customer


def signed(points, customer, amount=200, by=HERS, **options):
    fields = (customer, REF, amount, DEADLINE)
    return (*fields, by.sign(points, "Redeem", *fields, **options))


def own(customer):
    return bytes(keccak(encode(["bytes32", "bytes32"], [customer, REF])))


def test_redeem_by_sig_spends_what_was_signed(stage, points, stranger, ana):
    assert stage.answer(points.redeemBySig, *signed(points, ana), by=stranger) is True

    receipt = points.redeemBySig(*signed(points, ana), sender=stranger)

    assert stage.events(receipt) == [
        ("Redeemed", {"customerId": ana, "ref": own(ana), "points": 200})
    ]
    assert points.balanceOf(ana) == 300


def test_redeem_by_sig_again_returns_false_and_changes_nothing(stage, points, stranger, ana):
    stage.send(points.redeemBySig, *signed(points, ana), by=stranger)

    assert stage.answer(points.redeemBySig, *signed(points, ana), by=stranger) is False
    receipt = points.redeemBySig(*signed(points, ana), sender=stranger)

    assert stage.events(receipt) == []
    assert points.balanceOf(ana) == 300


def test_redeem_by_sig_and_by_wallet_share_one_ref(stage, points, ana):
    stage.send(points.redeem, ana, REF, 200, by=HERS)

    assert stage.answer(points.redeemBySig, *signed(points, ana), by=HERS) is False


def test_redeem_by_sig_refuses_another_amount_than_was_signed(stage, points, stranger, ana):
    *_, signature = signed(points, ana, 200)

    refusal = stage.refusal(points.redeemBySig, ana, REF, 201, DEADLINE, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_redeem_by_sig_refuses_a_longer_deadline_than_was_signed(stage, points, stranger, ana):
    *_, signature = signed(points, ana)

    refusal = stage.refusal(points.redeemBySig, ana, REF, 200, DEADLINE + 1, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_redeem_by_sig_refuses_the_signature_of_somebody_else(stage, points, stranger, ana):
    forged = signed(points, ana, by=wallet("Mallory"))

    assert stage.refusal(points.redeemBySig, *forged, by=stranger) == (
        "BadSignature",
        HERS.address,
    )


def test_redeem_by_sig_refuses_a_signature_for_another_chain(stage, points, stranger, ana):
    foreign = signed(points, ana, chain_id=1)

    assert stage.refusal(points.redeemBySig, *foreign, by=stranger) == (
        "BadSignature",
        HERS.address,
    )


def test_redeem_by_sig_works_in_the_second_of_the_deadline(stage, points, stranger, ana):
    stage.next(DEADLINE)

    points.redeemBySig(*signed(points, ana), sender=stranger)

    assert points.balanceOf(ana) == 300


def test_redeem_by_sig_is_refused_a_second_after_the_deadline(stage, points, stranger, ana):
    late = DEADLINE + 1

    refusal = stage.refusal(points.redeemBySig, *signed(points, ana), by=stranger, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_redeem_by_sig_is_refused_once_the_wallet_was_unlinked(
    stage, points, registry, stranger, ana
):
    stage.send(registry.unlinkWallet, ana, by=HERS)

    refusal = stage.refusal(points.redeemBySig, *signed(points, ana), by=stranger)

    # Nobody speaks for a customer without a wallet.
    assert refusal == ("BadSignature", "0x0000000000000000000000000000000000000000")


def test_redeem_by_sig_is_refused_while_the_customer_is_suspended(
    stage, points, registry, operator, stranger, ana
):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    refusal = stage.refusal(points.redeemBySig, *signed(points, ana), by=stranger)

    assert refusal == ("CustomerSuspended", ana)


def test_redeem_by_sig_refuses_more_than_the_balance(stage, points, stranger, ana):
    refusal = stage.refusal(points.redeemBySig, *signed(points, ana, 501), by=stranger)

    assert refusal == ("InsufficientPoints", ana, 500, 501)


def test_redeem_by_sig_refuses_zero_points(stage, points, stranger, ana):
    refusal = stage.refusal(points.redeemBySig, *signed(points, ana, 0), by=stranger)

    assert refusal == ("ZeroAmount",)
