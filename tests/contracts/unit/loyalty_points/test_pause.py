"""Pausing stops issuers and campaigns, never a customer."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS, role_id
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS

DUE = GENESIS + 30 * DAY
DEADLINE = GENESIS + 60 * DAY
REF = keccak(text="another ref")


@pytest.fixture
def ana(register, award, link):
    """Ana, with 500 points, a wallet, and 70 points pending."""
    customer = register()
    award(customer, 500)
    award(customer, 70, "pending", DUE)
    link(customer)
    return customer


@pytest.fixture
def paused(stage, points, guardian):
    stage.send(points.pause, by=guardian)


def test_pause_tells_who_paused(stage, points, guardian):
    receipt = points.pause(sender=guardian)

    assert stage.events(receipt) == [("Paused", {"account": guardian.address})]
    assert points.paused() is True


@pytest.mark.parametrize("verb", ["award", "awardUnder", "awardBatch", "reverse", "refund"])
def test_an_issuer_is_stopped_while_paused(stage, points, issuer, ana, paused, verb):
    arguments = {
        "award": (ana, REF, 5, 0),
        "awardUnder": (ana, REF, 5, 0, 1),
        "awardBatch": ([(ana, REF, 5)], 0),
        "reverse": (ana, keccak(text="order 1"), 5),
        "refund": (ana, REF, 5),
    }[verb]

    assert stage.refusal(getattr(points, verb), *arguments, by=issuer) == ("EnforcedPause",)


def test_a_retry_is_stopped_while_paused_as_well(stage, points, issuer, ana, paused):
    refusal = stage.refusal(points.award, ana, keccak(text="order 1"), 500, 0, by=issuer)

    assert refusal == ("EnforcedPause",)


def test_an_issuer_does_not_redeem_for_a_customer_while_paused(
    stage, points, issuer, register, award, paused, guardian, admin
):
    stage.send(points.unpause, by=admin)
    bea = register("Bea")
    award(bea, 100, "order 9")
    stage.send(points.pause, by=guardian)

    assert stage.refusal(points.redeem, bea, REF, 50, by=issuer) == ("EnforcedPause",)


def test_a_campaign_is_stopped_while_paused(stage, points, campaign, ana, paused):
    assert stage.refusal(points.credit, ana, REF, 5, by=campaign) == ("EnforcedPause",)


def test_orders_earn_nothing_while_paused(stage, earn, recorder, ana, set_rule, paused):
    asset = keccak(text="asset")
    set_rule(asset)

    assert stage.refusal(earn.earn, ana, REF, asset, 500, by=recorder) == ("EnforcedPause",)


def test_a_wallet_redeems_while_paused(points, ana, paused, account):
    points.redeem(ana, REF, 200, sender=account(HERS))

    assert points.balanceOf(ana) == 300


def test_a_signed_intent_redeems_while_paused(points, stranger, ana, paused):
    fields = (ana, REF, 200, DEADLINE)

    points.redeemBySig(*fields, HERS.sign(points, "Redeem", *fields), sender=stranger)

    assert points.balanceOf(ana) == 300


def test_anyone_settles_while_paused(stage, points, stranger, ana, paused):
    stage.next(DUE)

    points.settle(ana, keccak(text="pending"), sender=stranger)

    assert points.balanceOf(ana) == 570


def test_erasing_and_merging_go_on_while_paused(points, ana, register, merge, erase, paused):
    bea, carl = register("Bea"), register("Carl")
    merge(bea, carl)
    erase(carl)

    assert points.balanceOf(carl) == 0


def test_unpause_lets_issuers_go_on(stage, points, issuer, admin, ana, paused):
    receipt = points.unpause(sender=admin)

    assert stage.events(receipt) == [("Unpaused", {"account": admin.address})]
    points.award(ana, REF, 5, 0, sender=issuer)
    assert points.balanceOf(ana) == 505


def test_an_issuer_named_while_paused_is_paused_as_well(
    stage, points, admin, stranger, ana, paused
):
    stage.send(points.grantRole, role_id("issuer"), stranger, by=admin)
    stage.send(points.setIssuerCap, stranger, 1_000, by=admin)
    assert stage.refusal(points.award, ana, REF, 5, 0, by=stranger) == ("EnforcedPause",)

    stage.send(points.unpause, by=admin)

    assert stage.answer(points.award, ana, REF, 5, 0, by=stranger) is True


def test_pause_is_for_guardians_only(stage, points, issuer):
    refusal = stage.refusal(points.pause, by=issuer)

    assert refusal == ("AccessControlUnauthorizedAccount", issuer.address, role_id("guardian"))


def test_unpause_is_for_the_admin_only(stage, points, guardian, paused):
    refusal = stage.refusal(points.unpause, by=guardian)

    assert refusal == ("AccessControlUnauthorizedAccount", guardian.address, bytes(32))


def test_pause_twice_is_refused(stage, points, guardian, paused):
    assert stage.refusal(points.pause, by=guardian) == ("EnforcedPause",)


def test_unpause_of_what_is_not_paused_is_refused(stage, points, admin):
    assert stage.refusal(points.unpause, by=admin) == ("ExpectedPause",)
