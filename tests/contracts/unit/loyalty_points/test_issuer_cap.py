"""How many points an issuer may move a day, and who is an issuer."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, GENESIS, role_id
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import wallet

MIDNIGHT = GENESIS + 10 * DAY
MAX_ISSUERS = 16


def ref(number):
    return keccak(text=f"order {number}")


@pytest.fixture
def capped(stage, points, admin, issuer):
    """The issuer may move 100 points a day."""
    stage.send(points.setIssuerCap, issuer.address, 100, by=admin)


def test_set_issuer_cap_says_whose(stage, points, admin, issuer):
    receipt = points.setIssuerCap(issuer, 777, sender=admin)

    told = {"issuer": issuer.address, "pointsPerDay": 777}
    assert stage.events(receipt) == [("IssuerCapSet", told)]
    assert tuple(points.issuerCap(issuer)) == (777, 777)


def test_set_issuer_cap_refuses_an_account_that_is_no_issuer(stage, points, admin, stranger):
    refusal = stage.refusal(points.setIssuerCap, stranger.address, 777, by=admin)

    assert refusal == ("AccessControlUnauthorizedAccount", stranger.address, role_id("issuer"))


def test_set_issuer_cap_is_for_the_admin_only(stage, points, issuer):
    refusal = stage.refusal(points.setIssuerCap, issuer.address, 777, by=issuer)

    assert refusal == ("AccessControlUnauthorizedAccount", issuer.address, bytes(32))


def test_cap_is_used_up_to_the_last_point(stage, points, issuer, ana, award, capped):
    award(ana, 60, "order 1")
    award(ana, 40, "order 2")

    assert tuple(points.issuerCap(issuer)) == (100, 0)
    refusal = stage.refusal(points.award, ana, ref(3), 1, 0, by=issuer)
    assert refusal == ("IssuerCapExceeded", issuer.address, 1, 0)


def test_cap_counts_pending_awards(stage, points, issuer, ana, award, capped):
    award(ana, 100, "order 1", MIDNIGHT + 30 * DAY)

    refusal = stage.refusal(points.award, ana, ref(2), 1, 0, by=issuer)

    assert refusal == ("IssuerCapExceeded", issuer.address, 1, 0)


def test_cap_is_whole_again_at_midnight_and_not_a_second_before(
    stage, points, issuer, ana, award, capped
):
    stage.next(MIDNIGHT - 10)
    award(ana, 100, "order 1")

    arguments = (ana, ref(2), 100, 0)
    before = stage.refusal(points.award, *arguments, by=issuer, at=MIDNIGHT - 1)
    after = stage.answer(points.award, *arguments, by=issuer, at=MIDNIGHT)

    assert before == ("IssuerCapExceeded", issuer.address, 100, 0)
    assert after is True


def test_cap_counts_reversals_refunds_and_redemptions(
    stage, points, admin, issuer, ana, award, redeem
):
    first = award(ana, 100, "order 1")
    spent = redeem(ana, 50)
    stage.send(points.reverse, ana, first, 30, by=issuer)
    stage.send(points.refund, ana, spent, 20, by=issuer)

    assert points.issuerCap(issuer).left == CAP - 100 - 50 - 30 - 20


def test_cap_that_is_lowered_below_what_was_used_leaves_nothing(
    stage, points, admin, issuer, ana, award
):
    award(ana, 500, "order 1")

    stage.send(points.setIssuerCap, issuer.address, 100, by=admin)

    assert tuple(points.issuerCap(issuer)) == (100, 0)


def test_a_new_issuer_moves_nothing_until_it_has_a_cap(stage, points, admin, stranger, ana):
    stage.send(points.grantRole, role_id("issuer"), stranger, by=admin)

    refusal = stage.refusal(points.award, ana, ref(1), 1, 0, by=stranger)

    assert refusal == ("IssuerCapExceeded", stranger.address, 1, 0)
    assert stranger.address in points.issuers()


def test_a_revoked_issuer_moves_nothing_and_its_points_still_count(
    stage, points, admin, issuer, ana, award
):
    award(ana, 500)

    stage.send(points.revokeRole, role_id("issuer"), issuer, by=admin)

    assert issuer.address not in points.issuers()
    assert points.liability() == 500
    assert stage.refusal(points.award, ana, ref(2), 1, 0, by=issuer) == (
        "AccessControlUnauthorizedAccount",
        issuer.address,
        role_id("issuer"),
    )


def test_an_issuer_that_comes_back_has_no_cap_left_from_before(
    stage, points, admin, issuer, ana, award
):
    award(ana, 500)
    stage.send(points.revokeRole, role_id("issuer"), issuer, by=admin)

    stage.send(points.grantRole, role_id("issuer"), issuer, by=admin)

    assert tuple(points.issuerCap(issuer)) == (0, 0)
    assert points.liability() == 500


def test_an_issuer_may_renounce_and_its_points_still_count(stage, points, issuer, ana, award):
    award(ana, 500)

    points.renounceRole(role_id("issuer"), issuer, sender=issuer)

    assert points.liability() == 500


def test_a_seventeenth_issuer_is_refused(stage, points, admin):
    for i in range(MAX_ISSUERS - len(points.issuers())):
        address = wallet(f"issuer {i}").address
        stage.send(points.grantRole, role_id("issuer"), address, by=admin)

    one_more = wallet("one too many").address
    refusal = stage.refusal(points.grantRole, role_id("issuer"), one_more, by=admin)

    assert refusal == ("TooManyIssuers", MAX_ISSUERS)
