"""``client.loyalty``: what is awarded, spent, taken back, and refused before it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rapport import NewAward
from rapport.errors import IdempotencyConflict, InputError, NotFound
from rapport.reverts import (
    AccessControlUnauthorizedAccount,
    ExceedsEntry,
    InsufficientPoints,
    NotYet,
    UnknownRef,
)
from tests.sdk.support.suite import account


def test_award_returns_at_once_and_takes_effect_once(client, customer):
    first = client.loyalty.award(customer, 500, idempotency_key="order:123")
    again = client.loyalty.award(customer, 500, idempotency_key="order:123")
    assert first.id == again.id
    assert first.wait(timeout=30).result["points"] == 500
    assert client.loyalty.balance(customer).points == 500


def test_award_under_a_key_of_other_content_is_refused_before_it_is_sent(client, customer):
    client.loyalty.award(customer, 500, idempotency_key="k").wait(timeout=30)
    with pytest.raises(IdempotencyConflict, match="other content"):
        client.loyalty.award(customer, 501, idempotency_key="k")
    assert client.loyalty.balance(customer).points == 500


@pytest.mark.parametrize("points", [0, -1, 2**32, "1.5", True, 1.0])
def test_award_of_impossible_points_is_refused_before_it_is_sent(client, customer, points):
    with pytest.raises(InputError):
        client.loyalty.award(customer, points)
    assert client.tx.status().open == 0


def test_award_to_somebody_unknown_is_refused_before_it_is_sent(client):
    with pytest.raises(NotFound, match="register"):
        client.loyalty.award("nobody", 5)
    with pytest.raises(NotFound):
        client.loyalty.award(bytes(31) + b"\1", 5)


def test_award_takes_the_id_in_every_form(client, customer):
    found = client.customer.show(customer)
    client.loyalty.award(found.id, 1).wait(timeout=30)
    client.loyalty.award(bytes.fromhex(found.id[2:]), 2).wait(timeout=30)
    assert client.loyalty.balance(customer).points == 3


def test_the_same_award_from_another_journal_is_a_duplicate_on_chain(client, suite, customer):
    # Given an award whose journal was lost, while the customers' keys were not
    client.loyalty.award(customer, 9, idempotency_key="k").wait(timeout=30)
    draft = client.tx.show("k").payload
    # When the same is sent under another journal key
    again = client.tx.submit("loyalty.award", draft, key="k, once more").wait(timeout=30)
    # Then it changes nothing
    assert again.status == "duplicate"
    assert client.loyalty.balance(customer).points == 9


def test_a_pending_award_settles_once_it_is_due(client, suite, customer):
    due = suite.chain.block().timestamp + timedelta(hours=2)
    client.loyalty.award(customer, 40, available_at=due, idempotency_key="a").wait(timeout=30)
    assert client.loyalty.entry(customer, "a").state == "pending"
    with pytest.raises(NotYet):
        client.loyalty.settle.dry_run(customer, "a")
    suite.anvil.ask("evm_increaseTime", 7201)
    suite.anvil.mine()
    assert client.loyalty.settle(customer, "a").wait(timeout=30).result["points"] == 40
    assert client.loyalty.balance(customer).points == 40


def test_settle_batch_settles_what_is_due_and_the_rest_later(client, suite, customer):
    now = suite.chain.block().timestamp
    for key, hours in (("soon", 1), ("late", 1_000)):
        due = now + timedelta(hours=hours)
        client.loyalty.award(customer, 10, available_at=due, idempotency_key=key).wait(timeout=30)
    suite.anvil.ask("evm_increaseTime", 3601)
    suite.anvil.mine()
    both = [(customer, "soon"), (customer, "late")]

    assert [each.status for each in client.loyalty.settle_batch(both)] == ["done", "refused"]
    assert client.loyalty.balance(customer).points == 10

    # What was not due is tried again, and only that.
    suite.anvil.ask("evm_increaseTime", 1_000 * 3600)
    suite.anvil.mine()
    assert [each.status for each in client.loyalty.settle_batch(both)] == ["duplicate", "done"]
    assert client.loyalty.balance(customer).points == 20


def test_reverse_is_cumulative(client, customer):
    client.loyalty.award(customer, 100, idempotency_key="a").wait(timeout=30)
    client.loyalty.reverse(customer, "a", 30).wait(timeout=30)
    assert client.loyalty.reverse(customer, "a", 30).wait(timeout=30).status == "done"  # the first
    assert client.loyalty.balance(customer).points == 70
    with pytest.raises(ExceedsEntry):
        client.loyalty.reverse.dry_run(customer, "a", 101)
    with pytest.raises(UnknownRef):
        client.loyalty.reverse.dry_run(customer, "never awarded", 1)


def test_points_spent_before_a_reversal_become_debt(client, customer):
    client.loyalty.award(customer, 100, idempotency_key="a").wait(timeout=30)
    client.loyalty.redeem(customer, 80).wait(timeout=30)
    client.loyalty.reverse(customer, "a", 100).wait(timeout=30)
    found = client.loyalty.balance(customer)
    assert (found.points, found.debt) == (0, 80)


def test_redeem_more_than_there_is_reverts(client, customer):
    with pytest.raises(InsufficientPoints) as refused:
        client.loyalty.redeem(customer, 1).wait(timeout=30)
    assert refused.value.want == 1


def test_a_wallet_redeems_by_its_signature_and_gets_a_refund(client, suite, customer):
    wallet = account(8)
    until = datetime.now(UTC) + timedelta(days=900)
    asked = client.customer.link_request(customer, wallet.address, until)
    signature = asked.sign(client.customer.domain(), wallet)
    client.customer.link(asked, signature).wait(timeout=30)
    client.loyalty.award(customer, 100).wait(timeout=30)
    wanted = client.loyalty.redeem_request(customer, 60, until, idempotency_key="gift")
    signed = wanted.sign(client.loyalty.domain(), wallet)
    client.loyalty.redeem_by_sig(wanted, signed).wait(timeout=30)
    assert client.loyalty.balance(customer).points == 40
    assert client.loyalty.entry(customer, "gift").points == 60
    client.loyalty.refund(customer, "gift", 10, by_wallet=True).wait(timeout=30)
    assert client.loyalty.balance(customer).points == 50


def test_tiers_need_the_admin_and_must_grow(client, suite, customer):
    with pytest.raises(AccessControlUnauthorizedAccount):
        client.loyalty.set_tiers([100, 200]).wait(timeout=30)
    with pytest.raises(InputError, match="grow"):
        client.loyalty.set_tiers([200, 100])
    suite.transact(suite.admin, "LoyaltyPoints", "setTiers", [100, 250])
    client.loyalty.award(customer, 120).wait(timeout=30)
    found = client.loyalty.tier(customer)
    assert (found.tier, found.this_year, found.missing) == (1, 120, 130)


def test_liability_is_the_sum_of_what_expires(client, customer):
    before = client.loyalty.liability()
    client.loyalty.award(customer, 77).wait(timeout=30)
    after = client.loyalty.liability()
    assert after.points - before.points == 77
    assert sum(each.points for each in after.expiring) == after.points
    assert sum(each.points for each in client.loyalty.expiring(customer)) == 77


def test_award_batch_says_what_became_of_each(client, customer):
    awards = [
        NewAward(customer, 5, "a"),
        NewAward("nobody", 5, "b"),
        NewAward(customer, 0, "c"),
        NewAward(customer, 5, "a"),
        NewAward(customer, 7, "a"),
        NewAward(customer, 6, "d"),
    ]
    stream = client.loyalty.award_batch(awards)
    assert [each.ok for each in stream] == [True, False, False, True, False, True]
    assert client.loyalty.balance(customer).points == 11
    assert stream.summary.total == 6


def test_a_client_without_a_key_reads_and_refuses_to_write(client, new_client, customer):
    from rapport.errors import ConfigError

    with new_client("rapport.db", signer=None) as reader:
        assert reader.loyalty.balance(customer).points == 0
        with pytest.raises(ConfigError, match="--keystore"):
            reader.loyalty.award(customer, 5)
