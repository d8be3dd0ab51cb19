"""``client.subscription``: each period is charged once, whoever tries."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.reverts import NotDue
from rapport.subscriptions import Status
from tests.sdk.support.recurring import DAY, MONTH, PRICE, WAIT, amount, connected, later, started
from tests.sdk.support.suite import account, until


def test_a_charge_before_its_time_is_refused_without_a_transaction(new_plan, merchant, payer):
    found = started(payer, new_plan())
    with pytest.raises(NotDue):
        merchant.subscription.charge(found).wait(timeout=WAIT)


def test_a_period_is_charged_once_whoever_tries(new_plan, merchant, payer, suite, tmp_path):
    found = started(payer, new_plan(caller_fee="0.50"))
    later(suite, MONTH + DAY)
    assert merchant.subscription.show(found).status is Status.PAST_DUE
    # A stranger charges, and is paid for it
    with connected(suite, tmp_path / "stranger.db", account(6)) as stranger:
        before = stranger.subscription.balance(suite.token)
        done = stranger.subscription.charge(found).wait(timeout=WAIT)
        assert (done.result["cycle"], amount(done)) == (2, PRICE)
        assert stranger.subscription.balance(suite.token) == before + Decimal("0.50")
    shown = merchant.subscription.show(found)
    # Anchored: the period begins when the last one ended, however late the charge
    assert shown.next_charge.at - shown.plan.period < suite.chain.block().timestamp - DAY / 2


def test_a_charge_that_somebody_else_made_is_a_duplicate(new_plan, merchant, payer, suite):
    found = started(payer, new_plan())
    later(suite, MONTH)
    kept = merchant.subscription.charge.dry_run(found)
    assert kept.gas > 0
    merchant.tx.stop()
    merchant._send = False
    waiting = merchant.subscription.charge(found)
    payer.subscription.charge(found).wait(timeout=WAIT)
    merchant.tx.drain(timeout=WAIT)
    ended = waiting.wait(timeout=WAIT)
    assert (ended.status, ended.result["cycle"]) == ("duplicate", 2)


def test_a_batch_charges_all_that_can_pay_and_tells_of_the_others(new_plan, merchant, payer, suite):
    plan = new_plan()
    good = [started(payer, plan) for _ in range(3)]
    poor = account(7)
    suite.allow(poor, "Subscriptions", 10 * 10**6)
    terms = merchant.subscription.request(plan.id, poor.address, until(suite))
    signature = terms.sign(merchant.subscription.domain(), poor)
    bad = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    later(suite, MONTH)
    ids = [*good[:2], bad.result["subscription"], "0x" + "ab" * 32, "rubbish", good[2]]
    stream = merchant.subscription.charge_batch(ids)
    ended = {each.item: each for each in stream}
    assert [ended[each].ok for each in ids] == [True, True, False, False, False, True]
    assert [amount(ended[each].outcome) for each in good] == [PRICE] * 3
    assert isinstance(ended["rubbish"].error, InputError)
    assert "TransferFailed" in repr(ended[bad.result["subscription"]].error)
    assert {merchant.subscription.show(each).cycles for each in good} == {2}


def test_a_token_that_is_gone_keeps_nobody_else_of_a_batch_from_being_charged(
    new_plan, merchant, payer, suite
):
    token = suite.new_token("GONE")
    done = merchant.plan.create(token, "1", MONTH, trial=14 * DAY).wait(timeout=WAIT)
    lost = payer.subscription.start(done.result["plan"]).wait(timeout=WAIT)
    good = started(payer, new_plan(period=15 * DAY))
    suite.anvil.ask("anvil_setCode", token, "0x")
    merchant.tokens.pop(token)
    later(suite, 16 * DAY)
    stream = merchant.subscription.charge_batch([lost.result["subscription"], good])
    assert [each.ok for each in stream] == [False, True]
