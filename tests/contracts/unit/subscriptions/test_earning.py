"""A first charge earns as a purchase, the following ones as renewals; refunds take back."""

import pytest
from ape import project
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.conftest import NOBODY, role_id
from tests.contracts.unit.payments.test_earning import OFFENCES, asset_of
from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    START,
    TRIAL,
)
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.subscriptions import charged, selector

FIRST, RENEWED = 100, 10  # points of a charge of PRICE: as a purchase, and as a renewal
EARN_GAS = 300_000


def renewal_of(asset):
    return bytes(keccak(encode(["string", "bytes32"], ["rapport renewal", asset])))


def ref_of(subscriptions, id, cycle):
    fields = (subscriptions.address, id, cycle)
    return bytes(keccak(encode(["address", "bytes32", "uint16"], fields)))


@pytest.fixture
def ruled(token, set_rule):
    """100 points for a first charge of the plan's price, 10 for each renewal."""
    set_rule(asset_of(token), per=PRICE // FIRST)
    set_rule(renewal_of(asset_of(token)), per=PRICE // RENEWED)


@pytest.fixture
def earning(ruled, start, ana):
    """Ana's subscription, which earns for her; its first charge has."""
    return start(customer=ana)


def skipped(subscriptions, customer, id, cycle, reason):
    ref = ref_of(subscriptions, id, cycle)
    return ("EarnSkipped", {"customerId": customer, "ref": ref, "reason": reason})


# What charges earn


def test_a_first_charge_earns_as_a_purchase_in_the_same_transaction(
    subscriptions, points, payer, token, ruled, ana, terms, told
):
    terms = terms.but(customer=ana)

    events = told(subscriptions.subscribe, terms.struct, by=payer, at=START)

    assert [name for name, _ in events] == ["Subscribed", "Charged", "Earned", "Awarded"]
    assert events[2][1] == {
        "customerId": ana,
        "ref": ref_of(subscriptions, terms.id, 1),
        "asset": asset_of(token),
        "amount": PRICE,
        "points": FIRST,
        "version": 1,
    }
    assert points.balanceOf(ana) == FIRST


def test_the_following_charges_earn_as_renewals(
    subscriptions, points, stranger, token, earning, ana, told, charge
):
    events = told(subscriptions.charge, earning, by=stranger, at=END)

    assert [name for name, _ in events] == ["Charged", "Earned", "Awarded"]
    earned = events[1][1]
    assert earned["ref"] == ref_of(subscriptions, earning, 2)
    assert earned["asset"] == renewal_of(asset_of(token))
    charge(earning, at=END + PERIOD)
    assert points.balanceOf(ana) == FIRST + 2 * RENEWED


def test_the_first_charge_after_a_trial_earns_as_a_purchase(
    points, ruled, make_plan, offer, start, ana, charge
):
    id = start(plan=make_plan(offer.but(trial=TRIAL)), customer=ana)
    assert points.balanceOf(ana) == 0

    charge(id, at=START + TRIAL)

    assert points.balanceOf(ana) == FIRST


def test_a_reactivation_earns_as_a_renewal(subscriptions, points, payer, earning, ana, do):
    do(subscriptions.reactivate, earning, by=payer, at=END + GRACE)

    assert points.balanceOf(ana) == FIRST + RENEWED


def test_a_batch_earns_for_every_member(subscriptions, points, stranger, ruled, ana, start, do):
    ids = [start(customer=ana, ref=bytes([n]) * 32, at=START + n) for n in range(3)]

    do(subscriptions.chargeBatch, ids, by=stranger, at=END + 3)

    assert points.balanceOf(ana) == 3 * (FIRST + RENEWED)


def test_points_are_for_what_was_paid_not_for_the_price(
    subscriptions, points, payer, earning, ana, coupon, do, charge
):
    do(subscriptions.redeem, earning, *coupon.signed(subscriptions, by=MERCHANT), by=payer, at=END)

    charge(earning, at=END + 1)

    assert points.balanceOf(ana) == FIRST + RENEWED // 2


def test_a_free_charge_earns_nothing_and_asks_nobody(
    subscriptions, points, payer, stranger, earning, ana, coupon, do, told, monthly
):
    free = coupon.but(bps=10_000).signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, earning, *free, by=payer, at=END)

    events = told(subscriptions.charge, earning, by=stranger, at=END + 1)

    assert events == [charged(earning, monthly, payer, 0, 2, END + PERIOD)]
    assert points.balanceOf(ana) == FIRST


def test_the_callers_fee_costs_the_customer_no_points(points, monthly, earning, ana, price, charge):
    price(monthly, PRICE, PRICE)

    charge(earning, at=END)

    assert points.balanceOf(ana) == FIRST + RENEWED


def test_an_upgrade_within_a_period_earns_nothing(
    subscriptions, points, payer, earning, ana, make_plan, offer, told
):
    plan = make_plan(offer.but(price=2 * PRICE))

    asked = (earning, plan, 2 * PRICE, PRICE)
    events = told(subscriptions.changePlan, *asked, by=payer, at=START + 1)

    assert [name for name, _ in events] == ["PlanChanged"]
    assert points.balanceOf(ana) == FIRST


def test_a_subscription_without_a_customer_asks_nobody(ruled, subscriptions, payer, terms, told):
    events = told(subscriptions.subscribe, terms.struct, by=payer, at=START)

    assert [name for name, _ in events] == ["Subscribed", "Charged"]


# What refunds take back


@pytest.mark.parametrize(
    ("kept", "left"),
    [(PRICE - 1, FIRST), (PRICE - PRICE // 100, 99), (6_666_667, 67), (1, 1), (0, 0)],
)
def test_a_refund_takes_points_back_in_proportion_rounded_down(
    subscriptions, points, merchant, earning, ana, do, kept, left
):
    do(subscriptions.refund, earning, 1, kept, by=merchant, at=START + 1)

    assert points.balanceOf(ana) == left


def test_refunds_in_steps_take_back_as_much_as_one(
    subscriptions, points, merchant, earning, ana, do
):
    for number, kept in enumerate((PRICE - 50_000, PRICE - 150_000, 6_666_667)):
        do(subscriptions.refund, earning, 1, kept, by=merchant, at=START + 1 + number)

    assert points.balanceOf(ana) == 67


def test_a_refund_of_a_renewal_takes_back_the_renewals_points(
    subscriptions, points, merchant, earning, ana, do, charge
):
    charge(earning, at=END)

    do(subscriptions.refund, earning, 2, 0, by=merchant, at=END + 1)

    assert points.balanceOf(ana) == FIRST


def test_a_refund_after_an_upgrade_takes_points_only_for_the_charge(
    subscriptions, points, merchant, payer, earning, ana, make_plan, offer, do
):
    plan, at = make_plan(offer.but(price=2 * PRICE)), START + PERIOD // 2
    do(subscriptions.changePlan, earning, plan, 2 * PRICE, PRICE, by=payer, at=at)

    # Of 15 paid, 10 of them by the charge that earned.
    do(subscriptions.refund, earning, 1, PRICE, by=merchant, at=at + 1)
    assert points.balanceOf(ana) == FIRST
    do(subscriptions.refund, earning, 1, PRICE // 2, by=merchant, at=at + 2)
    assert points.balanceOf(ana) == FIRST // 2
    do(subscriptions.refund, earning, 1, 0, by=merchant, at=at + 3)
    assert points.balanceOf(ana) == 0


def test_a_refund_of_what_never_earned_is_paid_and_says_so(
    subscriptions, merchant, ana, start, told, balances
):
    id = start(customer=ana)

    events = told(subscriptions.refund, id, 1, 0, by=merchant, at=START + 1)

    reason = selector("UnknownRef(bytes32)")
    assert events[1:] == [skipped(subscriptions, ana, id, 1, reason)]
    assert balances() == [FUNDS, FUNDS, 0]


# Why a charge earns nothing


def test_a_renewal_without_a_rule_of_its_own_is_charged_and_says_so(
    subscriptions, points, stranger, payer, monthly, token, set_rule, start, ana, told
):
    set_rule(asset_of(token), per=PRICE // FIRST)
    id = start(customer=ana)

    events = told(subscriptions.charge, id, by=stranger, at=END)

    reason = selector("NoRule(bytes32,uint256)")
    assert events == [
        charged(id, monthly, payer, PRICE, 2, END + PERIOD),
        skipped(subscriptions, ana, id, 2, reason),
    ]
    assert points.balanceOf(ana) == FIRST


def test_charges_of_anybody_else_than_a_merchant_of_the_programme_earn_nothing(
    stage, subscriptions, earn, admin, merchant, stranger, earning, ana, told
):
    stage.send(earn.revokeRole, role_id("merchant"), merchant, by=admin)

    events = told(subscriptions.charge, earning, by=stranger, at=END)

    reason = selector("NotAMerchant(address)")
    assert events[1:] == [skipped(subscriptions, ana, earning, 2, reason)]


def test_a_charge_for_a_customer_who_is_unknown_or_gone_is_made_and_says_so(
    subscriptions, stranger, earning, ana, erase, ruled, start, told
):
    nobody = b"\x01" * 32
    unknown = start(customer=nobody, ref=b"\x02" * 32, at=START + 1)
    erase(ana)

    events = told(subscriptions.chargeBatch, [earning, unknown], by=stranger, at=END + 1)

    assert [event for event in events if event[0] == "EarnSkipped"] == [
        skipped(subscriptions, ana, earning, 2, selector("CustomerClosed(bytes32)")),
        skipped(subscriptions, nobody, unknown, 2, selector("UnknownCustomer(bytes32)")),
    ]


def test_without_rules_nothing_is_earned_and_nothing_is_said(
    stage, admin, payer, merchant, token, offer, terms, ana, fund, told
):
    plain = stage.knows(admin.deploy(project.Subscriptions, NOBODY))
    fund(token, payer, plain)
    stage.send(plain.createPlan, bytes(32), offer.struct, by=merchant)

    events = told(plain.subscribe, terms.but(plan=1, customer=ana).struct, by=payer, at=START)

    assert [name for name, _ in events] == ["Subscribed", "Charged"]


# Rules that mean harm


@pytest.mark.parametrize("offence", OFFENCES)
def test_rules_that_fail_stop_no_charge_and_no_batch(
    stage, admin, payer, stranger, merchant, token, offer, terms, ana, fund, do, told, offence
):
    manner, reason = OFFENCES[offence]
    hostile = admin.deploy(mock("HostileRules"))
    endangered = stage.knows(admin.deploy(project.Subscriptions, hostile))
    fund(token, payer, endangered)
    stage.send(endangered.createPlan, bytes(32), offer.struct, by=merchant)
    stage.send(hostile.turn, manner, by=admin)
    asked = [terms.but(plan=1, customer=ana, ref=bytes([n]) * 32) for n in (1, 2)]
    for number, each in enumerate(asked):
        events = told(endangered.subscribe, each.struct, by=payer, at=START + number)
        assert events[-1] == skipped(endangered, ana, each.id, 1, reason)

    ids = [each.id for each in asked]
    events = told(endangered.chargeBatch, ids, by=stranger, at=END + 1)

    assert events == [
        charged(ids[0], 1, payer, PRICE, 2, END + PERIOD),
        skipped(endangered, ana, ids[0], 2, reason),
        charged(ids[1], 1, payer, PRICE, 2, END + PERIOD + 1),
        skipped(endangered, ana, ids[1], 2, reason),
    ]


def test_no_relayer_can_keep_the_points_from_the_customer_by_little_gas(
    stage, subscriptions, stranger, earning
):
    required = EARN_GAS * 64 // 63 + 5_000
    least, most = 60_000, 1_000_000
    refusal = ()
    while most - least > 1_000:
        gas = (least + most) // 2
        try:
            refusal = stage.refusal(subscriptions.charge, earning, by=stranger, at=END, gas=gas)
            least = gas
        except AssertionError:
            most = gas

    # Just below what is enough, the charge fails as a whole: none is made that earns nothing.
    assert (refusal[0], refusal[2]) == ("GasTooLow", required)
    assert refusal[1] < required
    assert subscriptions.EARN_GAS() == EARN_GAS


def test_the_reference_of_a_charge_is_its_contracts_subscriptions_and_cycles(subscriptions, begun):
    for cycle in (1, 2, 65_535):
        met = bytes(subscriptions.chargeRef(begun, cycle))
        assert met == ref_of(subscriptions, begun, cycle)
