"""Points that a campaign gives, which count toward no tier."""

from eth_utils import keccak

from tests.contracts.unit.conftest import role_id

REF = keccak(text="claim 7")


def test_credit_adds_points_without_tier_credit(stage, points, campaign, ana):
    receipt = points.credit(ana, REF, 250, sender=campaign)

    told = {"customerId": ana, "ref": REF, "campaign": campaign.address, "points": 250}
    assert stage.events(receipt) == [("Credited", told)]
    assert (points.balanceOf(ana), points.liability()) == (250, 250)
    assert tuple(points.qualifying(ana)) == (0, 0)


def test_credit_keeps_no_entry_so_the_campaign_answers_for_once_only(points, campaign, ana):
    points.credit(ana, REF, 250, sender=campaign)
    points.credit(ana, REF, 250, sender=campaign)

    assert points.balanceOf(ana) == 500
    assert points.entry(REF).state == 0


def test_credit_pays_off_a_debt_first(stage, points, issuer, campaign, ana, award, redeem):
    ref = award(ana, 100)
    redeem(ana, 100)
    stage.send(points.reverse, ana, ref, 100, by=issuer)

    receipt = points.credit(ana, REF, 250, sender=campaign)

    assert stage.events(receipt)[0] == ("DebtChanged", {"customerId": ana, "debt": 0})
    assert (points.balanceOf(ana), points.liability()) == (150, 150)


def test_credit_refuses_zero_points(stage, points, campaign, ana):
    assert stage.refusal(points.credit, ana, REF, 0, by=campaign) == ("ZeroAmount",)


def test_credit_refuses_an_unknown_customer(stage, points, campaign):
    nobody = b"\x01" * 32

    refusal = stage.refusal(points.credit, nobody, REF, 250, by=campaign)

    assert refusal == ("UnknownCustomer", nobody)


def test_credit_refuses_an_erased_customer(stage, points, campaign, ana, erase):
    erase(ana)

    assert stage.refusal(points.credit, ana, REF, 250, by=campaign) == ("CustomerClosed", ana)


def test_credit_is_for_campaigns_only(stage, points, issuer, ana):
    refusal = stage.refusal(points.credit, ana, REF, 250, by=issuer)

    assert refusal == ("AccessControlUnauthorizedAccount", issuer.address, role_id("campaign"))
