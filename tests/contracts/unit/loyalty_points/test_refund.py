"""Giving back points of a redemption."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, role_id
from tests.contracts.unit.support.stage import moment


@pytest.fixture
def ana(register, award):
    """Ana, with 500 points."""
    customer = register()
    award(customer, 500)
    return customer


@pytest.fixture
def spent(ana, redeem):
    """The ref under which Ana redeemed 400 of her points."""
    return redeem(ana, 400)


def refunded(customer, ref, total, holder=None):
    fields = {
        "customerId": customer,
        "ref": ref,
        "holder": holder or customer,
        "totalRefunded": total,
    }
    return ("Refunded", fields)


def test_refund_gives_points_back_without_tier_credit(stage, points, issuer, ana, spent):
    receipt = points.refund(ana, spent, 300, sender=issuer)

    assert stage.events(receipt) == [refunded(ana, spent, 300)]
    assert (points.balanceOf(ana), points.liability()) == (400, 400)
    assert tuple(points.qualifying(ana)) == (500, 0)
    assert points.entry(spent).undone == 300
    # 500 awarded, 400 redeemed by the issuer, 300 refunded.
    assert points.issuerCap(issuer).left == CAP - 1_200


def test_refund_goes_into_the_epoch_in_which_it_happens(stage, points, issuer, ana, spent):
    stage.next(moment(2040, 7))

    points.refund(ana, spent, 400, sender=issuer)

    assert list(points.expiring(ana).points) == [0, 0, 100, 0, 400]


def test_refund_is_cumulative_and_a_retry_changes_nothing(stage, points, issuer, ana, spent):
    stage.send(points.refund, ana, spent, 300, by=issuer)

    assert stage.answer(points.refund, ana, spent, 300, by=issuer) is False
    assert stage.events(points.refund(ana, spent, 300, sender=issuer)) == []
    points.refund(ana, spent, 400, sender=issuer)
    assert points.balanceOf(ana) == 500


def test_refund_refuses_more_than_was_redeemed(stage, points, issuer, ana, spent):
    refusal = stage.refusal(points.refund, ana, spent, 401, by=issuer)

    assert refusal == ("ExceedsEntry", spent, 401, 400)


def test_refund_refuses_an_award(stage, points, issuer, ana):
    ref = keccak(text="order 1")

    assert stage.refusal(points.refund, ana, ref, 1, by=issuer) == ("UnknownRef", ref)


def test_refund_refuses_the_ref_of_another_customer(stage, points, issuer, register, spent):
    refusal = stage.refusal(points.refund, register("Bea"), spent, 1, by=issuer)

    assert refusal == ("UnknownRef", spent)


def test_refund_of_a_wallets_redemption_names_the_ref_of_the_entry(
    stage, points, issuer, ana, link
):
    hers = link(ana)
    ref = keccak(text="by wallet")
    stage.send(points.redeem, ana, ref, 100, by=hers)

    kept = bytes(points.customerRef(ana, ref))
    assert stage.refusal(points.refund, ana, ref, 100, by=issuer) == ("UnknownRef", ref)
    assert stage.events(points.refund(ana, kept, 100, sender=issuer)) == [refunded(ana, kept, 100)]


def test_refund_pays_off_a_debt_first(stage, points, issuer, ana, spent):
    stage.send(points.reverse, ana, keccak(text="order 1"), 500, by=issuer)
    assert points.debtOf(ana) == 400

    points.refund(ana, spent, 400, sender=issuer)

    assert (points.balanceOf(ana), points.debtOf(ana), points.liability()) == (0, 0, 0)


def test_refund_falls_to_the_heir_of_a_merged_customer(
    stage, points, issuer, ana, register, merge, spent
):
    bea = register("Bea")
    merge(ana, bea)

    receipt = points.refund(ana, spent, 300, sender=issuer)

    assert stage.events(receipt) == [refunded(ana, spent, 300, holder=bea)]
    assert points.balanceOf(bea) == 400


def test_refund_of_an_erased_customer_is_refused(stage, points, issuer, ana, erase, spent):
    erase(ana)

    assert stage.refusal(points.refund, ana, spent, 300, by=issuer) == ("CustomerClosed", ana)


def test_refund_is_for_issuers_only(stage, points, operator, ana, spent):
    refusal = stage.refusal(points.refund, ana, spent, 300, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("issuer"))
