"""Spending points: by the customer's wallet, or by the issuer while there is none."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, COMMITMENT, GENESIS, role_id
from tests.contracts.unit.support.stage import DAY, moment
from tests.contracts.unit.support.wallets import HERS

REF = keccak(text="reward 1")
REDEEMED = 3


@pytest.fixture
def ana(register, award):
    """Ana, with 500 points."""
    customer = register()
    award(customer, 500)
    return customer


@pytest.fixture
def linked(ana, link):
    """Ana, with 500 points and a wallet."""
    link(ana)
    return ana


def own(customer, ref=REF):
    """Under which ref a wallet's redemption is kept, as the interface defines it."""
    return bytes(keccak(encode(["bytes32", "bytes32"], [customer, ref])))


def told(customer, ref, amount):
    return ("Redeemed", {"customerId": customer, "ref": ref, "points": amount})


def test_redeem_by_the_wallet_spends_points(stage, points, linked, account):
    hers = account(HERS)
    assert stage.answer(points.redeem, linked, REF, 200, by=hers) is True

    receipt = points.redeem(linked, REF, 200, sender=hers)

    assert stage.events(receipt) == [told(linked, own(linked), 200)]
    assert points.customerRef(linked, REF) == own(linked)
    assert points.entry(own(linked)).state == REDEEMED
    assert (points.balanceOf(linked), points.liability()) == (300, 300)


def test_redeem_by_the_issuer_spends_for_a_customer_without_a_wallet(stage, points, issuer, ana):
    receipt = points.redeem(ana, REF, 200, sender=issuer)

    assert stage.events(receipt) == [told(ana, REF, 200)]
    assert points.balanceOf(ana) == 300
    assert points.issuerCap(issuer).left == CAP - 700


def test_redeem_by_the_issuer_is_refused_once_a_wallet_is_linked(stage, points, issuer, linked):
    refusal = stage.refusal(points.redeem, linked, REF, 200, by=issuer)

    assert refusal == ("NotTheCustomer", linked, issuer.address)


def test_redeem_retried_by_the_issuer_after_a_wallet_was_linked_changes_nothing(
    stage, points, issuer, ana, redeem, link
):
    ref = redeem(ana, 200)
    link(ana)

    assert stage.answer(points.redeem, ana, ref, 200, by=issuer) is False
    assert stage.events(points.redeem(ana, ref, 200, sender=issuer)) == []
    assert points.balanceOf(ana) == 300


def test_redeem_again_returns_false_and_changes_nothing(stage, points, linked):
    stage.send(points.redeem, linked, REF, 200, by=HERS)

    assert stage.answer(points.redeem, linked, REF, 200, by=HERS) is False
    stage.send(points.redeem, linked, REF, 200, by=HERS)
    assert points.balanceOf(linked) == 300


def test_redeem_refuses_a_ref_that_stands_for_another_amount(stage, points, linked):
    stage.send(points.redeem, linked, REF, 200, by=HERS)

    refusal = stage.refusal(points.redeem, linked, REF, 201, by=HERS)

    assert refusal == ("RefConflict", own(linked))


def test_redeem_refuses_a_ref_that_stands_for_an_award(stage, points, issuer, ana, award):
    ref = award(ana, 70, "order 2")

    assert stage.refusal(points.redeem, ana, ref, 70, by=issuer) == ("RefConflict", ref)


def test_redeem_by_a_wallet_never_occupies_a_ref_of_the_brand(stage, points, issuer, linked, award):
    stage.send(points.redeem, linked, keccak(text="order 2"), 70, by=HERS)

    ref = award(linked, 90, "order 2")

    assert points.entry(ref).points == 90


def test_redeem_refuses_more_than_the_balance(stage, points, linked):
    refusal = stage.refusal(points.redeem, linked, REF, 501, by=HERS)

    assert refusal == ("InsufficientPoints", linked, 500, 501)


def test_redeem_takes_the_whole_balance(points, linked, account):
    points.redeem(linked, REF, 500, sender=account(HERS))

    assert (points.balanceOf(linked), points.liability()) == (0, 0)


def test_redeem_refuses_zero_points(stage, points, linked):
    assert stage.refusal(points.redeem, linked, REF, 0, by=HERS) == ("ZeroAmount",)


def test_redeem_spends_the_oldest_points_first(stage, points, issuer, ana, award):
    stage.reach(moment(2040, 4))
    award(ana, 300, "in the second quarter")

    points.redeem(ana, REF, 600, sender=issuer)

    assert list(points.expiring(ana).points) == [0, 0, 0, 0, 200]


def test_redeem_never_lowers_the_tier(stage, points, issuer, admin, ana):
    stage.send(points.setTiers, [500], by=admin)

    points.redeem(ana, REF, 500, sender=issuer)

    assert points.tierOf(ana) == 1


def test_redeem_does_not_reach_pending_points(stage, points, issuer, ana, award):
    award(ana, 1_000, "order 2", GENESIS + 30 * DAY)

    refusal = stage.refusal(points.redeem, ana, REF, 501, by=issuer)

    assert refusal == ("InsufficientPoints", ana, 500, 501)


def test_redeem_is_refused_while_the_customer_is_suspended(
    stage, points, registry, operator, linked
):
    stage.send(registry.suspend, linked, COMMITMENT, by=operator)

    refusal = stage.refusal(points.redeem, linked, REF, 100, by=HERS)

    assert refusal == ("CustomerSuspended", linked)


def test_redeem_refuses_an_unknown_customer(stage, points, issuer):
    nobody = b"\x01" * 32
    stage.send(points.award, nobody, keccak(text="order 9"), 100, 0, by=issuer)

    assert stage.refusal(points.redeem, nobody, REF, 100, by=issuer) == ("UnknownCustomer", nobody)


def test_redeem_is_refused_to_strangers(stage, points, stranger, ana, link):
    without = stage.refusal(points.redeem, ana, REF, 100, by=stranger)
    link(ana)
    with_wallet = stage.refusal(points.redeem, ana, REF, 100, by=stranger)

    assert without == ("AccessControlUnauthorizedAccount", stranger.address, role_id("issuer"))
    assert with_wallet == ("NotTheCustomer", ana, stranger.address)


def test_redeem_is_refused_to_a_wallet_that_was_unlinked(stage, points, registry, linked):
    stage.send(registry.unlinkWallet, linked, by=HERS)

    refusal = stage.refusal(points.redeem, linked, REF, 100, by=HERS)

    assert refusal == ("AccessControlUnauthorizedAccount", HERS.address, role_id("issuer"))


def test_redeem_by_the_wallet_meets_no_cap(stage, points, admin, issuer, linked, account):
    stage.send(points.setIssuerCap, issuer.address, 0, by=admin)

    points.redeem(linked, REF, 500, sender=account(HERS))

    assert points.balanceOf(linked) == 0
