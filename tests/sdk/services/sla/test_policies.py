"""``client.sla``: policies, published once and never changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from rapport.errors import IdempotencyConflict, InputError, NotFound
from rapport.reverts import NotProvider
from rapport.sla import Terms
from tests.sdk.support.promised import FIRM, WAIT, done, opened_for, registered
from tests.sdk.support.recurring import connected


def test_a_policy_is_shown_as_it_was_published(bonded, provider, suite):
    assert bonded.terms == FIRM
    assert (bonded.provider, bonded.token.address) == (suite.backend.address, suite.token)
    assert (bonded.closed, bonded.token.symbol) == (False, "tUSD")
    assert provider.sla.policies() == (bonded,)


@pytest.mark.parametrize("name", ["support", "delivery", "warranty"])
def test_every_preset_is_taken_by_the_contract(provider, suite, name):
    number = done(provider.sla.policy_create(suite.token, Terms.preset(name))).result["policy"]
    least = Decimal("0.000001")
    wanted = replace(Terms.preset(name), min_amount=least, about="")
    assert provider.sla.policy(number).terms == wanted


def test_the_same_key_makes_the_same_policy_once(provider, suite, tmp_path):
    first = done(provider.sla.policy_create(suite.token, FIRM, idempotency_key="gold"))
    again = provider.sla.policy_create(suite.token, FIRM, idempotency_key="gold")
    assert again.wait(timeout=WAIT).result == first.result
    # And so does another journal, which knows nothing of the first
    with connected(suite, tmp_path / "lost.db", suite.backend) as other:
        third = other.sla.policy_create(suite.token, FIRM, idempotency_key="gold")
        outcome = third.wait(timeout=WAIT)
        assert (outcome.status, outcome.result["policy"]) == ("duplicate", first.result["policy"])


def test_a_key_of_other_terms_is_refused_before_it_is_sent(provider, suite):
    done(provider.sla.policy_create(suite.token, FIRM, idempotency_key="gold"))
    with pytest.raises(IdempotencyConflict):
        provider.sla.policy_create(suite.token, replace(FIRM, bonded=False), idempotency_key="gold")


def test_a_closed_policy_takes_nobody_new_and_keeps_what_is_open(provider, bonded):
    ticket = opened_for(provider, bonded, registered(provider))
    done(provider.sla.policy_close(bonded.id))
    assert provider.sla.policy_close(bonded.id).wait(timeout=WAIT).status == "duplicate"
    assert provider.sla.policy(bonded.id).closed
    with pytest.raises(InputError, match="is closed; choose another"):
        provider.sla.open(bonded.id, 5, customer=registered(provider))
    done(provider.sla.respond(ticket.id))


def test_nobody_else_closes_a_policy(bonded, client):
    with pytest.raises(NotProvider):
        client.sla.policy_close(bonded.id).wait(timeout=WAIT)


def test_a_policy_that_there_is_not_is_not_found(provider):
    for number in (7, 2**32 - 1):
        with pytest.raises(NotFound, match=f"there is no policy {number}"):
            provider.sla.policy(number)
    with pytest.raises(InputError, match="a policy's number must be"):
        provider.sla.policy(2**32)


def test_a_policy_in_what_is_no_token_is_refused(provider, suite):
    with pytest.raises(InputError, match="is no ERC-20 token"):
        provider.sla.policy_create(suite.backend.address, FIRM)
    fine = replace(FIRM, min_amount=Decimal("0.0000001"))
    with pytest.raises(InputError, match="at most 6 decimals"):
        provider.sla.policy_create(suite.token, fine)
