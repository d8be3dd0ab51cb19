"""``client.earn``: rules, orders and returns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport import Order, PurchaseRule, units
from rapport.errors import InputError, NotFound
from rapport.reverts import NoRule
from tests.sdk.support.suite import POINTS_A_DOLLAR


def test_an_order_earns_what_was_quoted(client, customer, dollars):
    quoted = client.earn.quote(customer, "19.99", "USD")
    outcome = client.earn.record(Order("Q-1", customer, Decimal("19.99"), "USD")).wait(timeout=30)
    assert outcome.result["points"] == quoted.points == 19
    assert client.loyalty.balance(customer).points == 19


def test_the_same_order_again_is_the_same_submission(client, customer, dollars):
    order = Order("Q-2", customer, Decimal(10), "USD")
    assert client.earn.record(order).id == client.earn.record(order).id


def test_a_returned_order_gives_its_points_back_in_proportion(client, customer, dollars):
    order = Order("Q-3", customer, Decimal(100), "USD")
    client.earn.record(order).wait(timeout=30)
    client.earn.reverse(order, "25").wait(timeout=30)
    assert client.loyalty.balance(customer).points == 75
    client.earn.reverse(order, "100").wait(timeout=30)
    assert client.loyalty.balance(customer).points == 0


@pytest.mark.parametrize("returned", ["100.01", "0", "-1"])
def test_an_impossible_return_is_refused_before_it_is_sent(client, customer, returned):
    with pytest.raises(InputError):
        client.earn.reverse(Order("Q-4", customer, Decimal(100), "USD"), returned)


@pytest.mark.parametrize("amount", ["-1", "1.001", "1" + "0" * 30, "NaN"])
def test_an_impossible_amount_is_refused_before_it_is_sent(client, customer, amount):
    with pytest.raises(InputError):
        client.earn.record(Order("Q-5", customer, Decimal(amount), "USD"))


def test_a_rule_comes_back_as_it_was_set(client):
    rule = PurchaseRule(
        "JPY",
        points=2,
        per=Decimal(100),
        minimum=Decimal(500),
        cap=1_000,
        return_days=Decimal("14"),
        multipliers=(Decimal(1), Decimal("1.25")),
    )
    client.earn.set_rule(rule).wait(timeout=30)
    found = client.earn.rule("JPY")
    assert (found.points, found.per, found.minimum, found.cap) == (2, 100, 500, 1_000)
    assert found.multipliers == (Decimal(1), *[Decimal("1.25")] * 7)
    assert found.return_days == 14
    assert client.earn.next_rule("JPY") is None
    client.earn.end_rule("JPY").wait(timeout=30)
    with pytest.raises(NoRule):
        client.earn.rule("JPY")


@pytest.mark.parametrize(
    "change",
    [
        {"points": 0},
        {"per": Decimal(0)},
        {"per": Decimal("0.001")},
        {"multipliers": ()},
        {"multipliers": (Decimal(7),)},
        {"asset": "usd"},
        {"return_days": Decimal(-1)},
    ],
)
def test_an_impossible_rule_is_refused_before_it_is_sent(client, change):
    terms = {"asset": "USD", "points": 1, "per": Decimal(1)} | change
    with pytest.raises(InputError):
        client.earn.set_rule(PurchaseRule(**terms))


def test_a_token_is_an_asset_with_its_own_decimals(client, customer):
    token = "0x5FbDB2315678afecb367f032d93F642f64180aa3:6"
    client.earn.set_rule(PurchaseRule(token, 3, Decimal(1))).wait(timeout=30)
    assert client.earn.quote(customer, "2.5", token).points == 7


def test_purchases_and_renewals_have_a_rule_each(client, customer, suite):
    token = client.earn.asset(suite.token).name
    assert client.earn.rule(token).points == POINTS_A_DOLLAR["sale"]
    assert client.earn.rule(token, renewal=True).points == POINTS_A_DOLLAR["renewal"]
    assert client.earn.quote(customer, 10, token).points == 10 * POINTS_A_DOLLAR["sale"]
    quoted = client.earn.quote(customer, 10, token, renewal=True)
    assert quoted.points == 10 * POINTS_A_DOLLAR["renewal"]


def test_a_rule_for_renewals_is_set_and_ended_under_a_key_of_its_own(client, suite):
    token = f"{suite.new_token('RNW')}:6"
    rule = PurchaseRule(token, points=4, per=Decimal(2), renewal=True)
    client.earn.set_rule(rule).wait(timeout=30)
    found = client.earn.rule(token, renewal=True)
    assert (found.asset, found.renewal, found.points, found.per) == (token, True, 4, 2)
    key = client.chain.call("EarnRules", "renewalOf", units.token_asset(token[:42]))
    assert client.chain.call("EarnRules", "purchaseRule", key)[0]["points"] == 4
    assert client.earn.next_rule(token, renewal=True) is None
    with pytest.raises(NoRule):
        client.earn.rule(token)
    client.earn.end_rule(token, renewal=True).wait(timeout=30)
    with pytest.raises(NoRule):
        client.earn.rule(token, renewal=True)


def test_nothing_renews_in_a_currency(client):
    with pytest.raises(InputError, match="nothing renews in EUR"):
        client.earn.set_rule(PurchaseRule("EUR", 1, Decimal(1), renewal=True))
    with pytest.raises(InputError, match="nothing renews in EUR"):
        client.earn.end_rule("EUR", renewal=True)


def test_an_asset_is_found_as_people_name_it(client, suite):
    name = f"{suite.token}:6"
    for text in (suite.token, suite.token.lower(), name, " tUSD "):
        assert client.earn.asset(text).name == name
    assert client.earn.asset("EUR").name == "EUR"


def test_a_symbol_means_the_token_that_has_a_rule_and_never_one_of_two(client, suite):
    ruled, other = suite.new_token("TWIN"), suite.new_token("TWIN")
    with pytest.raises(InputError, match="by its address"):
        client.earn.asset("TWIN")
    client.earn.set_rule(PurchaseRule(f"{ruled}:6", 1, Decimal(1))).wait(timeout=30)
    assert client.earn.asset("TWIN").name == f"{ruled}:6"
    client.earn.set_rule(PurchaseRule(f"{other}:6", 1, Decimal(1))).wait(timeout=30)
    with pytest.raises(InputError, match=f"{ruled}, {other}"):
        client.earn.asset("TWIN")


def test_what_is_no_token_is_no_asset(client, suite):
    with pytest.raises(InputError, match="no ERC-20 token"):
        client.earn.asset(suite.address("EarnRules"))
    with pytest.raises(InputError, match="neither a currency"):
        client.earn.asset("usd")


def test_record_batch_streams_and_stops_for_nobody(client, customer, dollars):
    def orders():
        for number in range(700):
            yield Order(f"S-{number}", customer, Decimal(2), "USD")
        yield Order("S-700", "nobody", Decimal(2), "USD")
        yield Order("S-701", customer, Decimal(2), "EUR")
        yield Order("S-0", customer, Decimal(2), "USD")

    stream = client.earn.record_batch(orders())
    ended = list(stream)
    assert [each.item.number for each in ended][:3] == ["S-0", "S-1", "S-2"]
    assert isinstance(ended[700].error, NotFound)
    assert ended[701].status == "refused"  # no rule for euros
    assert client.loyalty.balance(customer).points == 1_400
    summary = stream.summary
    assert (summary.refused, summary.invalid) == (1, 1)
    assert summary.done + summary.duplicate == 701
    again = client.earn.record_batch(orders()).finish()
    assert (again.done, again.duplicate) == (0, 701)
    assert client.loyalty.balance(customer).points == 1_400


def test_record_batch_takes_no_more_than_may_be_under_way(client, suite, customer, dollars):
    taken = 0

    def orders():
        nonlocal taken
        for number in range(5_000):
            taken += 1
            yield Order(f"B-{number}", customer, Decimal(1), "USD")

    client._under_way = 1_000
    stream = iter(client.earn.record_batch(orders()))
    next(stream)
    assert taken <= 1_500
