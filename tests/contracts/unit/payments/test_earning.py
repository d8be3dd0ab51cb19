"""Sales earn points in their own transaction, refunds take them back, and neither stops money."""

import pytest
from ape import project
from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, COMMITMENT, NOBODY, role_id
from tests.contracts.unit.payments.conftest import CAPTURE_BY, FUNDS, PRICE
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.wallets import HERS

AGREE, BURN_GAS, ANSWER_AT_LENGTH, ANSWER_NOTHING = range(4)
REVERT_AT_LENGTH, REVERT_NOTHING, REVERT_TOO_SHORT, REVERT_BY_NAME, CALL_BACK = range(4, 9)
NO_REASON = bytes(4)
HOSTILE = keccak(text="Hostile(uint256)")[:4]
OFFENCES = {
    "burns gas": (BURN_GAS, NO_REASON),
    "reverts at length": (REVERT_AT_LENGTH, HOSTILE),
    "reverts with nothing": (REVERT_NOTHING, NO_REASON),
    "reverts with three bytes": (REVERT_TOO_SHORT, NO_REASON),
    "reverts by name": (REVERT_BY_NAME, HOSTILE),
}
HARMLESS = {
    "agrees": AGREE,
    "answers at length": ANSWER_AT_LENGTH,
    "answers nothing": ANSWER_NOTHING,
    "calls back": CALL_BACK,
}


def selector(error):
    return keccak(text=error)[:4]


def asset_of(token):
    return bytes.fromhex(token.address[2:]).rjust(32, b"\0")


@pytest.fixture
def sale(token, order, ana, set_rule):
    """An order of Ana's that earns a point for each 10,000: 100 in all."""
    set_rule(asset_of(token), per=10_000)
    return order.but(customer=ana)


@pytest.fixture
def skipped(stage, payments, payer):
    """Pays an order that earns nothing, and returns why; the money must have moved."""

    def build(order):
        receipt = payments.pay(*order.args, sender=payer)
        told = stage.events(receipt)
        assert [name for name, _ in told] == ["Paid", "Transfer", "EarnSkipped"]
        assert told[2][1]["customerId"] == order.customer
        assert told[2][1]["ref"] == order.id(payments)
        return told[2][1]["reason"]

    return build


# What a sale earns


def test_pay_earns_in_the_same_transaction(stage, payments, points, payer, token, sale):
    receipt = payments.pay(*sale.args, sender=payer)

    told = stage.events(receipt)
    assert [name for name, _ in told] == ["Paid", "Transfer", "Earned", "Awarded"]
    assert told[2][1] == {
        "customerId": sale.customer,
        "ref": sale.id(payments),
        "asset": asset_of(token),
        "amount": PRICE,
        "points": 100,
        "version": 1,
    }
    assert points.balanceOf(sale.customer) == 100


def test_pay_by_sig_earns_as_well(stage, payments, points, stranger, sale):
    stage.send(payments.payBySig, *sale.signed(payments, HERS), by=stranger)

    assert points.balanceOf(sale.customer) == 100


def test_pay_earns_for_the_customer_of_the_order_whoever_pays(
    stage, payments, points, registry, payer, sale, bea
):
    stage.send(payments.pay, *sale.but(customer=bea).args, by=payer)

    assert points.balanceOf(bea) == 100
    assert points.balanceOf(sale.customer) == 0


def test_pay_again_earns_nothing_more(stage, payments, points, payer, sale):
    for _ in range(2):
        stage.send(payments.pay, *sale.args, by=payer)

    assert points.balanceOf(sale.customer) == 100


def test_an_order_earns_for_all_of_it_though_others_get_a_share(
    stage, payments, points, payer, stranger, sale
):
    stage.send(payments.pay, *sale.but(splits=((stranger.address, 9_000),)).args, by=payer)

    assert points.balanceOf(sale.customer) == 100


def test_authorize_earns_nothing_and_capture_earns_for_what_is_captured(
    stage, payments, points, payer, merchant, sale
):
    sale = sale.but(capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *sale.args, by=payer)
    assert points.balanceOf(sale.customer) == 0

    receipt = payments.capture(*sale.args, 609_999, sender=merchant)

    names = [name for name, _ in stage.events(receipt)]
    assert names == ["Captured", "Transfer", "Transfer", "Earned", "Awarded"]
    assert points.balanceOf(sale.customer) == 60


def test_what_was_voided_has_earned_nothing(stage, payments, points, payer, merchant, sale):
    sale = sale.but(capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *sale.args, by=payer)

    receipt = payments.void(sale.struct, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Voided", "Transfer"]
    assert points.balanceOf(sale.customer) == 0


def test_an_order_without_a_customer_asks_nobody(stage, payments, payer, token, order, set_rule):
    set_rule(asset_of(token), per=10_000)

    receipt = payments.pay(*order.args, sender=payer)

    assert [name for name, _ in stage.events(receipt)] == ["Paid", "Transfer"]


# What a refund takes back


@pytest.mark.parametrize(
    ("total", "left"), [(9_999, 100), (10_000, 99), (333_333, 67), (999_999, 1), (PRICE, 0)]
)
def test_refund_takes_points_back_in_proportion_rounded_down(
    stage, payments, points, payer, merchant, sale, total, left
):
    stage.send(payments.pay, *sale.args, by=payer)

    stage.send(payments.refund, sale.struct, total, by=merchant)

    assert points.balanceOf(sale.customer) == left


def test_refunds_in_steps_take_back_as_much_as_one(stage, payments, points, payer, merchant, sale):
    stage.send(payments.pay, *sale.args, by=payer)

    for total in (5_000, 15_000, 333_333):
        stage.send(payments.refund, sale.struct, total, by=merchant)

    assert points.balanceOf(sale.customer) == 67


def test_refund_of_a_captured_part_is_in_proportion_to_that_part(
    stage, payments, points, payer, merchant, sale
):
    sale = sale.but(capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *sale.args, by=payer)
    stage.send(payments.capture, *sale.args, 600_000, by=merchant)

    receipt = payments.refund(sale.struct, 300_000, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Refunded", "Transfer", "Reversed"]
    assert points.balanceOf(sale.customer) == 30


def test_a_refund_that_changes_nothing_asks_nobody(stage, payments, payer, merchant, sale):
    stage.send(payments.pay, *sale.args, by=payer)
    stage.send(payments.refund, sale.struct, 500_000, by=merchant)

    assert stage.events(payments.refund(sale.struct, 500_000, sender=merchant)) == []


def test_a_refund_of_what_never_earned_is_paid_and_says_so(
    stage, payments, payer, merchant, order, ana, balances
):
    order = order.but(customer=ana)
    stage.send(payments.pay, *order.args, by=payer)

    receipt = payments.refund(order.struct, PRICE, sender=merchant)

    assert stage.events(receipt)[-1] == (
        "EarnSkipped",
        {
            "customerId": ana,
            "ref": order.id(payments),
            "reason": selector("UnknownRef(bytes32)"),
        },
    )
    assert balances() == [FUNDS, FUNDS, 0]


# Why a sale earns nothing


def test_a_sale_without_a_rule_is_paid_and_says_so(skipped, order, ana):
    assert skipped(order.but(customer=ana)) == selector("NoRule(bytes32,uint256)")


def test_a_sale_of_an_unknown_customer_is_paid_and_says_so(skipped, sale):
    unknown = sale.but(customer=b"\x01" * 32)

    assert skipped(unknown) == selector("UnknownCustomer(bytes32)")


def test_a_sale_of_an_erased_customer_is_paid_and_says_so(skipped, sale, erase):
    erase(sale.customer)

    assert skipped(sale) == selector("CustomerClosed(bytes32)")


def test_a_sale_of_anybody_else_than_a_merchant_is_paid_and_says_so(
    stage, earn, admin, merchant, skipped, sale
):
    stage.send(earn.revokeRole, role_id("merchant"), merchant, by=admin)

    assert skipped(sale) == selector("NotAMerchant(address)")


def test_a_sale_while_points_are_paused_is_paid_and_says_so(stage, points, guardian, skipped, sale):
    stage.send(points.pause, by=guardian)

    assert skipped(sale) == selector("EnforcedPause()")


def test_a_sale_above_the_cap_of_the_day_is_paid_and_says_so(skipped, token, order, ana, set_rule):
    set_rule(asset_of(token), points=CAP + 1, per=PRICE, cap=CAP + 1)

    reason = skipped(order.but(customer=ana))

    assert reason == selector("IssuerCapExceeded(address,uint256,uint256)")


def test_a_sale_earns_nothing_once_payments_is_no_recorder(
    stage, earn, admin, payments, skipped, sale
):
    stage.send(earn.revokeRole, role_id("recorder"), payments, by=admin)

    assert skipped(sale) == selector("AccessControlUnauthorizedAccount(address,bytes32)")


def test_a_suspended_customer_earns(stage, payments, points, registry, operator, payer, sale):
    stage.send(registry.suspend, sale.customer, COMMITMENT, by=operator)

    stage.send(payments.pay, *sale.args, by=payer)

    assert points.balanceOf(sale.customer) == 100


def test_without_rules_nothing_is_earned_and_nothing_is_said(
    stage, admin, payer, token, order, ana, fund
):
    plain = stage.knows(admin.deploy(project.Payments, NOBODY))
    fund(token, payer, plain)

    receipt = plain.pay(*order.but(customer=ana).args, sender=payer)

    assert [name for name, _ in stage.events(receipt)] == ["Paid", "Transfer"]


# Rules that mean harm


@pytest.fixture
def hostile(admin):
    return admin.deploy(mock("HostileRules"))


@pytest.fixture
def endangered(stage, admin, payer, merchant, token, hostile, fund):
    """Payments whose rules mean harm."""
    contract = stage.knows(admin.deploy(project.Payments, hostile))
    for holder in (payer, merchant):
        fund(token, holder, contract, 0)
    return contract


@pytest.fixture(params=["pay", "capture", "refund"])
def step(request, stage, endangered, payer, merchant, order, ana):
    """Each call that asks the rules, made ready: (event it tells, how to make it, the order)."""
    made = order.but(customer=ana)
    if request.param == "pay":
        return "Paid", lambda: endangered.pay(*made.args, sender=payer), made
    if request.param == "refund":
        stage.send(endangered.pay, *made.args, by=payer)
        return "Refunded", lambda: endangered.refund(made.struct, 1, sender=merchant), made
    made = made.but(capture_by=CAPTURE_BY)
    stage.send(endangered.authorize, *made.args, by=payer)
    return "Captured", lambda: endangered.capture(*made.args, PRICE, sender=merchant), made


@pytest.mark.parametrize("offence", OFFENCES)
def test_rules_that_fail_stop_no_money_and_are_named(
    stage, endangered, admin, hostile, step, ana, offence
):
    manner, reason = OFFENCES[offence]
    verb, act, made = step
    stage.send(hostile.turn, manner, by=admin)

    told = stage.events(act())

    assert [name for name, _ in told] == [verb, "Transfer", "EarnSkipped"]
    assert told[2][1] == {"customerId": ana, "ref": made.id(endangered), "reason": reason}


@pytest.mark.parametrize("manner", HARMLESS)
def test_rules_that_answer_oddly_stop_no_money(
    stage, endangered, admin, hostile, step, ana, manner
):
    verb, act, _ = step
    # A permit with nobody's token does nothing, so only the guard can refuse it.
    back = endangered.permit.encode_input(NOBODY, NOBODY, 0, 0, 27, bytes(32), bytes(32))
    stage.send(hostile.setCallBack, back, by=admin)
    stage.send(hostile.turn, HARMLESS[manner], by=admin)

    told = stage.events(act())

    assert [name for name, _ in told] == [verb, "Transfer"]
    assert hostile.calledBack() is False


def test_rules_are_never_given_more_gas_than_earn_gas(
    stage, endangered, payer, hostile, order, ana
):
    stage.send(endangered.pay, *order.but(customer=ana).args, by=payer)

    given = hostile.gasGiven()
    assert endangered.EARN_GAS() - 1_000 < given <= endangered.EARN_GAS()


# Gas


def least(stage, method, *args, by):
    """The least gas with which a call is not refused, and the refusal one unit below."""
    low, high = 100_000, 2_000_000
    while high - low > 1:
        middle = (low + high) // 2
        try:
            stage.refusal(method, *args, by=by, gas=middle)
            low = middle
        except AssertionError:
            high = middle
    return high, stage.refusal(method, *args, by=by, gas=low)


def test_a_relayer_who_brings_too_little_gas_is_refused_as_a_whole(
    stage, payments, points, stranger, sale
):
    signed = sale.signed(payments, HERS)
    required = payments.EARN_GAS() * 64 // 63 + 5_000

    enough, (name, brought, needed) = least(stage, payments.payBySig, *signed, by=stranger)

    assert (name, needed) == ("GasTooLow", required)
    assert brought < required
    receipt = payments.payBySig(*signed, sender=stranger, gas_limit=enough)
    assert [told for told, _ in stage.events(receipt)][-1] == "Awarded"
    assert points.balanceOf(sale.customer) == 100


def test_a_merchant_cannot_keep_points_from_being_taken_back_by_little_gas(
    stage, payments, points, payer, merchant, sale
):
    stage.send(payments.pay, *sale.args, by=payer)

    enough, (name, *_) = least(stage, payments.refund, sale.struct, PRICE, by=merchant)

    assert name == "GasTooLow"
    payments.refund(sale.struct, PRICE, sender=merchant, gas_limit=enough)
    assert points.balanceOf(sale.customer) == 0


def test_an_order_without_a_customer_needs_no_gas_for_points(stage, payments, payer, order):
    receipt = payments.pay(*order.args, sender=payer, gas_limit=150_000)

    assert [name for name, _ in stage.events(receipt)] == ["Paid", "Transfer"]
