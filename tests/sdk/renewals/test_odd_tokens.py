"""Tokens that turn odd stop nobody else's charges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sdk.renewals.conftest import told
from tests.sdk.support.odd import Odd
from tests.sdk.support.recurring import MONTH, WAIT, connected, later, started
from tests.sdk.support.suite import account

EATERS = 20  # more than the gas of one trial allows for
PRICE = 2


@pytest.fixture
def odd(suite):
    return Odd(suite)


@pytest.fixture
def oddly(suite, odd, tmp_path):
    """A client that subscribes to a plan in that token, and the plan: a stranger's."""
    with (
        connected(suite, tmp_path / "stranger.db", account(7)) as stranger,
        connected(suite, tmp_path / "shopper.db", account(6)) as shopper,
    ):
        made = stranger.plan.create(odd.address, PRICE, MONTH).wait(timeout=WAIT)
        shopper.subscription.approve(odd.address, 100).wait(timeout=WAIT)
        yield shopper, stranger.plan.show(made.result["plan"])


@pytest.fixture
def everybodys(new_collector):
    """A collector for all merchants."""
    return new_collector("all.db", signer=account(5), merchant=None)


def cycles(client, number):
    return client.subscription.show(number).cycles


@pytest.mark.parametrize("oddity", ["NoMetadata", "NoBalance", "BurnsGas"])
def test_a_token_that_turns_odd_stops_no_charge_in_another(
    oddity, new_plan, payer, suite, odd, oddly, everybodys
):
    shopper, plan = oddly
    sound, strange = started(payer, new_plan()), started(shopper, plan)
    later(suite, MONTH)
    odd.turn(oddity)

    assert everybodys.turn(timeout=WAIT).count("done") == 1
    assert cycles(payer, sound) == 2
    # And once it is itself again it is charged too
    odd.turn("None")
    later(suite, timedelta(hours=2))
    assert everybodys.turn(timeout=WAIT).count("done") == 1
    assert cycles(shopper, strange) == 2


def test_what_a_silent_token_owes_is_told_as_past_due(suite, odd, oddly, everybodys):
    shopper, plan = oddly
    strange = started(shopper, plan)
    later(suite, MONTH)
    odd.turn("NoBalance")

    report = everybodys.turn(timeout=WAIT)
    assert (report.charges, report.failing) == ((), 1)
    (event,) = told(everybodys)
    assert (event["event"], event["reason"]) == ("past_due", "TransferFailed")
    coming = shopper.subscription.show(strange).next_charge
    assert (coming.amount, coming.chargeable, coming.reason) == (PRICE, False, "TransferFailed")


def test_charges_that_eat_their_gas_stop_nobody_else(
    new_plan, payer, suite, odd, oddly, everybodys
):
    shopper, plan = oddly
    eaters = [started(shopper, plan) for _ in range(EATERS)]
    sound = started(payer, new_plan())
    later(suite, MONTH)
    odd.turn("BurnsGas")

    report = everybodys.turn(timeout=WAIT)
    assert (report.count("done"), report.failing) == (1, EATERS)
    assert cycles(payer, sound) == 2
    assert {cycles(shopper, each) for each in eaters} == {1}
