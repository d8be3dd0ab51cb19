"""``client.subscription``: what the payer decides by signature, relayed by somebody else."""

from __future__ import annotations

import pytest

from rapport import reverts
from rapport.errors import InputError
from rapport.intents import WrongSigner
from rapport.subscriptions import Action, Status
from tests.sdk.support.recurring import DAY, MONTH, WAIT, later, started
from tests.sdk.support.suite import account, until


def test_every_decision_can_be_signed_and_relayed_once(new_plan, merchant, payer, suite):
    wallet, domain = account(3), merchant.subscription.domain()
    small, large = new_plan("10"), new_plan("30")
    found = started(payer, small)

    def relay(action, **terms):
        intent = merchant.subscription.instruction(found, action, until(suite), **terms)
        signature = intent.sign(domain, wallet)
        first = merchant.subscription.instruct(intent, signature)
        assert first.wait(timeout=WAIT).status == "done"
        again = merchant.subscription.instruct(intent, signature, idempotency_key=action)
        assert again.wait(timeout=WAIT).status == "duplicate"
        return merchant.subscription.show(found)

    assert relay("pause").status is Status.PAUSED
    assert relay("resume").status is Status.ACTIVE
    assert relay("accept price", price_cap="25").price_cap == 25
    assert relay("change-plan", plan=large.id, price_cap="31").plan.id == large.id
    later(suite, MONTH + 8 * DAY)
    assert relay("reactivate").cycles == 2
    assert relay(Action.CANCEL).status is Status.CANCELLED


def test_an_instruction_of_somebody_else_is_refused_before_it_is_sent(
    new_plan, merchant, payer, suite
):
    found = started(payer, new_plan())
    intent = merchant.subscription.instruction(found, "cancel", until(suite))
    signature = intent.sign(merchant.subscription.domain(), account(4))
    with pytest.raises(WrongSigner):
        merchant.subscription.instruct(intent, signature)


def test_an_instruction_of_an_earlier_sequence_is_refused(new_plan, merchant, payer, suite):
    found = started(payer, new_plan())
    intent = merchant.subscription.instruction(found, "pause", until(suite))
    signature = intent.sign(merchant.subscription.domain(), account(3))
    payer.subscription.accept_price(found, "20").wait(timeout=WAIT)
    with pytest.raises(reverts.BadSequence):
        merchant.subscription.instruct(intent, signature).wait(timeout=WAIT)


@pytest.mark.parametrize(
    ("action", "terms", "said"),
    [
        ("stop", {}, "'stop' is no action; the actions are 'cancel', 'pause'"),
        ("cancel", {"plan": 1}, "takes no plan"),
        ("pause", {"price_cap": 1}, "takes no price"),
        ("change plan", {}, "needs the plan"),
    ],
)
def test_an_instruction_that_makes_no_sense_is_not_made(
    new_plan, merchant, payer, suite, action, terms, said
):
    found = started(payer, new_plan())
    with pytest.raises(InputError, match=said):
        merchant.subscription.instruction(found, action, until(suite), **terms)
