"""A collector charges what is due, once, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from rapport.errors import ConfigError, RpcError
from rapport.subscriptions import Status
from tests.sdk.renewals.conftest import kinds
from tests.sdk.support.faulty_rpc import FaultyRpc
from tests.sdk.support.recurring import DAY, MONTH, PRICE, WAIT, connected, later, started
from tests.sdk.support.suite import account


def cycles(client, ids):
    return [client.subscription.show(each).cycles for each in ids]


def test_a_turn_charges_what_is_due_and_leaves_the_rest(
    new_plan, merchant, payer, suite, collector
):
    monthly, weekly = new_plan(), new_plan("2", 7 * DAY)
    due = [started(payer, weekly) for _ in range(3)]
    rest = [started(payer, monthly), started(payer, weekly), started(payer, weekly)]
    payer.subscription.cancel(rest[1]).wait(timeout=WAIT)
    payer.subscription.pause(rest[2]).wait(timeout=WAIT)
    later(suite, 7 * DAY)

    report = collector.turn()
    assert (report.looked, report.count("done"), report.failing) == (6, 3, 0)
    assert report.collected == {"tUSD": Decimal(6)}
    assert cycles(merchant, due) == [2, 2, 2]
    assert cycles(merchant, rest) == [1, 1, 1]
    assert kinds(collector) == []

    again = collector.turn()
    assert (again.charges, again.failing) == ((), 0)
    assert cycles(merchant, due) == [2, 2, 2]


def test_every_period_is_charged_in_its_time(new_plan, merchant, payer, suite, collector):
    found = started(payer, new_plan("2", 7 * DAY))
    for cycle in range(2, 6):
        later(suite, 7 * DAY)
        assert collector.turn().count("done") == 1
        assert cycles(merchant, [found]) == [cycle]


def test_what_nothing_has_happened_to_is_not_asked_again(new_plan, payer, suite, collector):
    started(payer, new_plan())
    assert collector.turn().looked == 1
    assert collector.turn().looked == 0
    later(suite, DAY)
    assert collector.turn().looked == 0


def test_a_dry_run_says_what_would_be_charged_and_charges_nothing(
    new_plan, merchant, payer, suite, collector
):
    plan = new_plan()
    found = started(payer, plan)
    later(suite, MONTH)
    for _ in range(2):
        report = collector.turn(dry_run=True)
        assert [(each.subscription, each.amount) for each in report.charges] == [(found, PRICE)]
        assert (report.count("would"), report.events) == (1, 0)
    assert cycles(merchant, [found]) == [1]
    assert collector.turn().count("done") == 1


def test_a_merchants_collector_leaves_the_plans_of_others_alone(
    new_plan, payer, suite, new_collector, tmp_path
):
    found = started(payer, new_plan(caller_fee="1"))
    later(suite, MONTH)
    stranger = account(6)
    own = new_collector("stranger.db", signer=stranger, merchant=stranger.address)
    assert own.turn().looked == 0
    # And whoever collects for everybody earns the callers' fees
    with connected(suite, tmp_path / "purse.db", stranger) as client:
        before = client.subscription.balance(suite.token)
        assert new_collector("all.db", signer=stranger, merchant=None).turn().count("done") == 1
        assert client.subscription.balance(suite.token) == before + 1
        assert cycles(client, [found]) == [2]


def test_a_payers_money_counts_once(new_plan, merchant, payer, suite, collector):
    plan = new_plan("10")
    ids = [started(payer, plan) for _ in range(3)]
    later(suite, MONTH)
    suite.allow(account(3), "Subscriptions", 25 * 10**6)
    report = collector.turn()
    assert (report.count("done"), report.failing) == (2, 1)
    assert sorted(cycles(merchant, ids)) == [1, 2, 2]
    assert kinds(collector) == ["past_due"]


def test_a_client_without_a_key_does_not_collect(suite, tmp_path):
    with (
        connected(suite, tmp_path / "reader.db", None) as reader,
        pytest.raises(ConfigError, match="no key to sign with"),
    ):
        reader.renewals()


def test_a_node_that_lies_delays_and_never_charges_twice(
    new_plan, merchant, payer, suite, tmp_path
):
    plan = new_plan("1", 7 * DAY)
    ids = [started(payer, plan) for _ in range(6)]
    later(suite, 7 * DAY)
    with FaultyRpc(suite.anvil.url, seed=11, chance=0.15) as node:
        with connected(suite, tmp_path / "faulty.db", suite.merchant, send=False) as made:
            made.chain.rpc_url = node.url
            client = made.renewals(suite.merchant.address)
            for _ in range(30):
                try:
                    client.turn(timeout=WAIT)
                except RpcError:
                    continue
                if cycles(merchant, ids) == [2] * 6:
                    break
            client.close()
        assert node.met
    assert cycles(merchant, ids) == [2] * 6
    assert merchant.subscription.list(status=Status.ACTIVE)[0].cycles == 2


def test_a_subscription_that_was_begun_before_the_first_turn_is_found(
    new_plan, merchant, payer, suite, new_collector
):
    found = started(payer, new_plan())
    later(suite, MONTH + timedelta(hours=1))
    assert new_collector("fresh.db").turn().count("done") == 1
    assert cycles(merchant, [found]) == [2]
