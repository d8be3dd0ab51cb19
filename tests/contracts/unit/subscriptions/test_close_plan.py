"""The merchant ends a plan for good."""

from tests.contracts.unit.subscriptions.conftest import END, GRACE, PERIOD, PRICE, START
from tests.contracts.unit.support.subscriptions import ACTIVE, LAPSED, PAST_DUE, charged


def test_close_plan_ends_it_and_keeps_its_terms(stage, subscriptions, merchant, monthly, offer):
    assert stage.answer(subscriptions.closePlan, monthly, by=merchant) is True

    receipt = subscriptions.closePlan(monthly, sender=merchant)

    assert stage.events(receipt) == [("PlanClosed", {"planId": monthly})]
    now = offer.but(closed=True)
    assert stage.answer(subscriptions.plan, monthly, by=merchant) == now.struct


def test_close_plan_again_changes_nothing_and_says_so(stage, subscriptions, merchant, monthly):
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    assert stage.answer(subscriptions.closePlan, monthly, by=merchant) is False
    assert stage.events(subscriptions.closePlan(monthly, sender=merchant)) == []


def test_close_plan_is_the_merchants_alone(stage, subscriptions, merchant, payer, monthly):
    refusal = stage.refusal(subscriptions.closePlan, monthly, by=payer)

    assert refusal == ("NotMerchant", merchant.address, payer.address)


def test_close_plan_refuses_an_unknown_plan(stage, subscriptions, merchant):
    assert stage.refusal(subscriptions.closePlan, 1, by=merchant) == ("UnknownPlan", 1)


def test_nobody_subscribes_to_a_closed_plan(stage, subscriptions, merchant, payer, terms):
    stage.send(subscriptions.closePlan, terms.plan, by=merchant)

    refusal = stage.refusal(subscriptions.subscribe, terms.struct, by=payer)

    assert refusal == ("PlanIsClosed", terms.plan)


def test_nobody_is_charged_for_a_closed_plan_and_what_is_paid_for_can_be_used(
    stage, subscriptions, merchant, stranger, monthly, begun, status
):
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=END)

    assert refusal == ("PlanIsClosed", monthly)
    assert stage.answer(subscriptions.isEntitled, begun, by=stranger, at=END - 1) is True
    times = (END - 1, END, END + GRACE)
    assert [status(begun, at) for at in times] == [ACTIVE, PAST_DUE, LAPSED]


def test_a_subscription_of_a_closed_plan_cannot_be_reactivated(
    stage, subscriptions, merchant, payer, monthly, begun
):
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    refusal = stage.refusal(subscriptions.reactivate, begun, by=payer, at=END + GRACE)

    assert refusal == ("PlanIsClosed", monthly)


def test_nobody_changes_to_a_closed_plan(
    stage, subscriptions, merchant, payer, make_plan, offer, begun
):
    closed = make_plan(offer)
    stage.send(subscriptions.closePlan, closed, by=merchant)

    for verb, extra in (
        (subscriptions.changePlan, (PRICE, PRICE)),
        (subscriptions.quoteChange, ()),
    ):
        assert stage.refusal(verb, begun, closed, *extra, by=payer) == ("PlanIsClosed", closed)


def test_a_payer_leaves_a_closed_plan_for_another(
    stage, subscriptions, merchant, payer, stranger, monthly, make_plan, offer, begun, told
):
    other = make_plan(offer.but(price=PRICE - 1))
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    stage.send(subscriptions.changePlan, begun, other, PRICE, 0, by=payer)

    events = told(subscriptions.charge, begun, by=stranger, at=END)
    assert events == [charged(begun, other, payer, PRICE - 1, 2, END + PERIOD)]


def test_the_merchant_still_refunds_and_grants_under_a_closed_plan(
    stage, subscriptions, merchant, monthly, begun
):
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    assert stage.answer(subscriptions.refund, begun, 1, 0, by=merchant, at=START + 1) is True
    assert stage.answer(subscriptions.grantTime, begun, END + 1, by=merchant, at=START) is True
