"""The laws of payments and subscriptions, each a function that looks at chain, model and logs."""

from __future__ import annotations

from collections import Counter

from tests.contracts.support.evm import Event, Refused
from tests.contracts.support.laws import asked
from tests.contracts.support.market import MONEYS, SELLERS, MarketSuite
from tests.contracts.support.model.money import Oddity
from tests.contracts.support.model.payments import Payment
from tests.contracts.support.model.reasons import reason
from tests.contracts.support.model.subscriptions import Note, Subscription
from tests.contracts.support.replay_sales import replayed


def subscriptions_hold_nothing(suite: MarketSuite) -> None:
    for name in MONEYS:
        assert suite.chain.contracts[name].balanceOf(suite.chain.subscriptions.address) == 0


def payments_hold_what_is_authorised_and_owed(suite: MarketSuite) -> None:
    for money in suite.moneys:
        held = suite.chain.contracts[money.contract].balanceOf(suite.chain.payments.address)
        assert held >= suite.payments.obligations(money.address)


def what_moves_is_what_is_told(suite: MarketSuite, events: list[Event], charger: str) -> None:
    """
    In every transaction, to the last unit: what left a payer is what was paid, whoever got a share
    of it, less the fee of a payer who charged itself; and what left custody, with what was credited
    instead, is what was released.

    Args:
        charger: Who charges in this transaction; empty if it is none that charges what is due.
    """
    left: Counter[tuple[str, str]] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    payers = {wallet.address for wallet in suite.chain.payers}
    moneys = {money.contract: money for money in suite.moneys}
    for event in events:
        if event.contract in moneys and event.name == "Transfer":
            owner, _, amount = event.args
            left[moneys[event.contract].address, owner] += amount
        elif event.name in ("Paid", "Authorized", "Charged", "PlanChanged"):
            token, payer, amount = _paid(suite, event)
            told[token, payer] += amount
            if event.name == "Charged" and payer == charger:
                told[token, payer] -= min(
                    amount, suite.subscriptions.offers[event.args[1]].callerFee
                )
    for money in suite.moneys:
        if money.oddity in (Oddity.PHANTOM, Oddity.MOVES_HALF):  # they say otherwise
            continue
        for payer in payers:
            assert left[money.address, payer] == told[money.address, payer]
    _custody_is_told(suite, events, left)


def _paid(suite: MarketSuite, event: Event) -> tuple[str, str, int]:
    """In what, who paid, how much."""
    if event.contract == "Payments":
        order = event.args[3]
        return order[2], order[1], order[3]
    token = suite.subscriptions.offers[event.args[1]].token
    payer = suite.subscriptions.subscriptions[event.args[0]].payer
    return token, payer, event.args[3]


def _custody_is_told(
    suite: MarketSuite, events: list[Event], left: Counter[tuple[str, str]]
) -> None:
    released: Counter[str] = Counter()
    credited: Counter[str] = Counter()
    for event in events:
        if event.name in ("Captured", "Voided", "Reclaimed"):
            order = suite.payments.orders[event.args[0]]
            released[order.token] += order.amount
        elif event.name == "Credited":
            credited[event.args[1]] += event.args[2]
        elif event.name == "Withdrawn":
            released[event.args[1]] += event.args[3]
    custody = suite.chain.payments.address
    for token, amount in released.items():
        assert left[token, custody] + credited[token] == amount


def balances_equal_the_model(suite: MarketSuite) -> None:
    for money in suite.moneys:
        for account, balance in money.balances.items():
            assert suite.chain.contracts[money.contract].balanceOf(account) == balance
        for (owner, spender), allowed in money.allowances.items():
            assert suite.chain.contracts[money.contract].allowance(owner, spender) == allowed


def payments_equal_the_model_and_the_logs(suite: MarketSuite) -> None:
    chain, model = suite.chain.payments, suite.payments
    logs, _ = replayed(suite.log)
    assert logs.orders == model.orders
    assert logs.payments == model.payments
    for key, payment in model.payments.items():
        assert Payment(*chain.payment(key)) == payment
    for (account, token), owed in model.debts.items():
        assert chain.owed(account, token) == owed == logs.owed[account, token]


def subscription_equals_the_model(suite: MarketSuite, key: bytes) -> None:
    chain, model = suite.chain.subscriptions, suite.subscriptions
    assert Subscription(*chain.subscription(key)) == model.subscription(key)
    assert Note(*chain.note(key)) == model.note(key)
    assert chain.statusOf(key) == model.status_of(key)
    assert chain.isEntitled(key) == model.is_entitled(key)
    assert asked(chain.nextCharge, key) == asked(model.next_charge, key)
    for number in model.offers:
        assert asked(chain.quoteChange, key, number) == asked(model.quote_change, key, number)


def subscriptions_equal_the_model_and_the_logs(suite: MarketSuite) -> None:
    chain, model = suite.chain.subscriptions, suite.subscriptions
    _, logs = replayed(suite.log)
    assert chain.plans() == len(logs.plans)
    for number, plan in logs.plans.items():
        assert chain.plan(number) == plan == model.offers[number]
    assert set(logs.told) == set(model.subscriptions)
    for key, told in logs.told.items():
        subscription_equals_the_model(suite, key)
        assert told == model.subscription(key)
        assert logs.notes.get(key, Note()) == model.note(key)
        assert chain.customerOf(key) == logs.customers.get(key, bytes(32))
        for seller in SELLERS:
            used = (seller.address, told.payer) in logs.trials
            assert chain.trialUsed(seller.address, told.payer) == used
        given = logs.service[key] + logs.lapsed[key]
        assert told.paidThrough == logs.began[key] + given, "time was given or taken by nobody"
        assert logs.returned[key] <= logs.paid[key]


def a_forecast_comes_true(forecast: tuple[int, int, bool, bytes], met: object) -> None:
    """What a charge did is what `nextCharge` had said before, in a money that behaves."""
    _, amount, chargeable, why = forecast
    if chargeable:
        assert met == amount
    else:
        assert isinstance(met, Refused)
        assert reason(met.name) == why
