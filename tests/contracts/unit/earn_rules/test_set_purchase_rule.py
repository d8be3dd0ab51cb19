"""Setting, replacing and ending the rules by which purchases earn points."""

import pytest

from tests.contracts.unit.conftest import FOREVER, GENESIS, USD, purchase_rule, role_id
from tests.contracts.unit.support.stage import DAY

EUR = b"EUR".ljust(32, b"\0")
SOON = GENESIS + 10 * DAY
LATER = GENESIS + 20 * DAY


def read(stage, earn, view, asset=USD, at=None):
    """A rule as the contract tells it: (points, validFrom, validTo, version)."""
    rule, version = stage.answer(getattr(earn, view), asset, by=earn.address, at=at)
    return rule[0], rule[4], rule[5], version


def test_set_purchase_rule_is_in_force_at_once(stage, earn, rules):
    now = GENESIS + DAY
    stage.next(now)

    receipt = earn.setPurchaseRule(USD, purchase_rule(points=3), sender=rules)

    ((name, told),) = stage.events(receipt)
    assert (name, told["asset"], told["version"]) == ("PurchaseRuleSet", USD, 1)
    assert tuple(told["rule"]) == (3, 100, 0, 100_000, now, FOREVER, 0, (10_000,) * 8)
    assert read(stage, earn, "purchaseRule", at=now) == (3, now, FOREVER, 1)
    assert read(stage, earn, "nextPurchaseRule", at=now)[3] == 0


def test_set_purchase_rule_never_reaches_back(stage, earn, rules):
    now = GENESIS + DAY
    stage.next(now)

    stage.send(earn.setPurchaseRule, USD, purchase_rule(valid_from=GENESIS), by=rules)

    assert read(stage, earn, "purchaseRule", at=now)[1] == now


def test_set_purchase_rule_for_later_waits_for_its_day(stage, earn, set_rule, rules):
    set_rule(valid_from=SOON)

    refusal = stage.refusal(earn.purchaseRule, USD, by=rules, at=SOON - 1)
    assert refusal == ("NoRule", USD, SOON - 1)
    assert read(stage, earn, "nextPurchaseRule", at=SOON - 1)[3] == 1
    assert read(stage, earn, "purchaseRule", at=SOON)[3] == 1
    assert read(stage, earn, "nextPurchaseRule", at=SOON)[3] == 0


def test_a_following_rule_takes_over_to_the_second(stage, earn, set_rule):
    set_rule(points=1)
    set_rule(points=2, valid_from=SOON)

    assert read(stage, earn, "purchaseRule", at=SOON - 1)[0] == 1
    assert read(stage, earn, "purchaseRule", at=SOON)[0] == 2


def test_a_rule_that_was_set_for_later_is_replaced(stage, earn, set_rule):
    set_rule(points=1)
    set_rule(points=2, valid_from=SOON)
    set_rule(points=3, valid_from=LATER)

    assert read(stage, earn, "purchaseRule", at=LATER - 1)[0] == 1
    assert read(stage, earn, "purchaseRule", at=LATER) == (3, LATER, FOREVER, 3)


def test_a_first_rule_that_was_set_for_later_is_replaced(stage, earn, set_rule, rules):
    set_rule(points=2, valid_from=SOON)
    set_rule(points=3, valid_from=LATER)

    assert stage.refusal(earn.purchaseRule, USD, by=rules, at=SOON) == ("NoRule", USD, SOON)
    assert read(stage, earn, "purchaseRule", at=LATER)[0] == 3


def test_a_rule_at_once_drops_the_one_that_was_to_follow(stage, earn, set_rule):
    set_rule(points=1)
    set_rule(points=2, valid_from=SOON)
    set_rule(points=3)

    assert read(stage, earn, "purchaseRule", at=SOON)[0] == 3
    assert read(stage, earn, "nextPurchaseRule")[3] == 0


def test_a_following_rule_never_lengthens_the_present_one(stage, earn, set_rule, rules):
    set_rule(points=1, valid_to=SOON)
    set_rule(points=2, valid_from=LATER)

    assert stage.refusal(earn.purchaseRule, USD, by=rules, at=SOON) == ("NoRule", USD, SOON)
    assert read(stage, earn, "purchaseRule", at=LATER)[0] == 2


def test_a_rule_ends_in_the_second_of_its_end(stage, earn, set_rule, rules):
    set_rule(valid_to=SOON)

    assert read(stage, earn, "purchaseRule", at=SOON - 1)[3] == 1
    assert stage.refusal(earn.purchaseRule, USD, by=rules, at=SOON) == ("NoRule", USD, SOON)


def test_rules_of_different_assets_do_not_meet(stage, earn, set_rule):
    set_rule(USD, points=1)
    set_rule(EUR, points=2)

    assert read(stage, earn, "purchaseRule", USD)[0] == 1
    assert read(stage, earn, "purchaseRule", EUR)[::3] == (2, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"points": 0}, "points"),
        ({"per": 0}, "per"),
        ({"cap": 0}, "cap"),
        ({"multipliers": (10_000,) * 7 + (0,)}, "multiplierBps"),
        ({"valid_to": 0}, "validTo"),
        ({"valid_from": SOON, "valid_to": SOON}, "validTo"),
    ],
    ids=["points", "per", "cap", "a tier without a multiplier", "ended", "empty"],
)
def test_set_purchase_rule_names_the_field_that_is_wrong(stage, earn, rules, changes, field):
    refusal = stage.refusal(earn.setPurchaseRule, USD, purchase_rule(**changes), by=rules)

    assert refusal == ("BadRule", field.encode().ljust(32, b"\0"))


def test_set_purchase_rule_is_for_rules_only(stage, earn, admin):
    refusal = stage.refusal(earn.setPurchaseRule, USD, purchase_rule(), by=admin)

    assert refusal == ("AccessControlUnauthorizedAccount", admin.address, role_id("rules"))


def test_end_purchase_rule_ends_it_now_and_what_was_to_follow(stage, earn, rules, set_rule):
    set_rule(points=1)
    set_rule(points=2, valid_from=LATER)
    stage.next(SOON)

    receipt = earn.endPurchaseRule(USD, sender=rules)

    told = {"asset": USD, "version": 1, "validTo": SOON}
    assert stage.events(receipt) == [("PurchaseRuleEnded", told)]
    assert stage.refusal(earn.purchaseRule, USD, by=rules, at=SOON) == ("NoRule", USD, SOON)
    assert stage.refusal(earn.purchaseRule, USD, by=rules, at=LATER) == ("NoRule", USD, LATER)


def test_end_purchase_rule_withdraws_a_first_rule_that_waits(stage, earn, rules, set_rule):
    set_rule(valid_from=SOON)

    stage.send(earn.endPurchaseRule, USD, by=rules)

    assert stage.refusal(earn.purchaseRule, USD, by=rules, at=SOON) == ("NoRule", USD, SOON)


def test_end_purchase_rule_refuses_where_there_is_none(stage, earn, rules):
    now = GENESIS + DAY

    refusal = stage.refusal(earn.endPurchaseRule, USD, by=rules, at=now)

    assert refusal == ("NoRule", USD, now)


def test_end_purchase_rule_is_for_rules_only(stage, earn, admin, set_rule):
    set_rule()

    refusal = stage.refusal(earn.endPurchaseRule, USD, by=admin)

    assert refusal == ("AccessControlUnauthorizedAccount", admin.address, role_id("rules"))


def test_a_rule_can_be_set_after_the_last_was_ended(stage, earn, rules, set_rule):
    set_rule(points=1)
    stage.send(earn.endPurchaseRule, USD, by=rules)

    set_rule(points=2)

    assert read(stage, earn, "purchaseRule")[::3] == (2, 2)


def test_currency_is_its_three_letters_left_aligned(earn):
    assert bytes(earn.currency(b"USD")) == USD
