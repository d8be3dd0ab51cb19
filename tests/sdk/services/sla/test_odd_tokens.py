"""Agreements in tokens that misbehave, as the SDK tells of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from rapport.errors import InputError
from tests.sdk.support.odd import Odd
from tests.sdk.support.promised import DAY, FIRM, MONDAY, at, done, opened
from tests.sdk.support.recurring import connected
from tests.sdk.support.suite import account


@pytest.fixture
def odd(suite):
    return Odd(suite)


@pytest.fixture
def shopper(suite, tmp_path):
    """A client who has some of it."""
    with connected(suite, tmp_path / "six.db", account(6)) as made:
        yield made


@pytest.fixture
def held(provider, shopper, odd):
    """An agreement over 20 of it."""
    made = done(provider.sla.policy_create(odd.address, replace(FIRM, bonded=False)))
    done(shopper.sla.approve(odd.address, 20))
    return opened(shopper, provider.sla.policy(made.result["policy"]), 20)


def test_whoever_cannot_be_paid_is_credited_and_takes_it_elsewhere(provider, shopper, odd, held):
    odd.turn("BlocksRecipient")
    odd.block(account(6).address)
    outcome = done(provider.sla.give_up(held.id))
    (credited,) = outcome.result["credited"]
    assert credited["account"] == account(6).address
    assert Decimal(credited["amount"]) == shopper.sla.owed(odd.address) == 20
    elsewhere = account(9).address
    done(shopper.sla.bond_withdraw(odd.address, elsewhere))
    assert odd.of(elsewhere) == 20 * 10**6


def test_what_has_ceased_to_be_a_token_hides_no_other_agreement(
    provider, shopper, client, keeper, odd, held, parcel, suite
):
    done(provider.sla.deliver(held.id))
    done(provider.sla.deliver(parcel.id))
    at(suite, MONDAY + 4 * DAY)
    suite.anvil.ask("anvil_setCode", odd.address, "0x00")  # it tells nothing any more
    assert [each.agreement for each in keeper.sla.due()] == [parcel.id]
    with connected(suite, provider.directory.path.parent / "fresh.db", suite.backend) as fresh:
        assert [each.id for each in fresh.sla.list()] == [parcel.id]
        assert len(fresh.sla.policies()) == 1
        with pytest.raises(InputError, match="is no ERC-20 token"):
            fresh.sla.show(held.id)
    assert done(keeper.sla.finalize(parcel.id)).status == "done"
