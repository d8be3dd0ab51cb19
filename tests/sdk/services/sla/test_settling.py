"""``client.sla``: how agreements end without a dispute, and what is paid then."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.reverts import BadPart, BadState, NoFee, NotClient, StillRunning, TooEarly
from rapport.sla import State
from tests.sdk.support.promised import CLIENT, DAY, HOUR, MONDAY, SECOND, WAIT, at, done
from tests.sdk.support.suite import account


def money(suite, index=CLIENT):
    return Decimal(suite.money_of(account(index).address)) / 10**6


def test_a_delivery_in_time_pays_the_provider_whole(provider, client, parcel, suite):
    before = Decimal(suite.money_of(suite.backend.address)) / 10**6
    done(provider.sla.deliver(parcel.id))
    outcome = done(client.sla.accept(parcel.id))
    assert outcome.result["outcome"] == "accepted"
    paid = [Decimal(outcome.result[f"to_{who}"]) for who in ("provider", "client", "arbiter")]
    assert paid == [200, 0, 0]
    assert Decimal(suite.money_of(suite.backend.address)) / 10**6 - before == 200
    assert client.sla.show(parcel.id).state is State.SETTLED


def test_a_late_delivery_pays_the_client_what_the_clocks_say(provider, client, parcel, suite):
    at(suite, MONDAY + 6 * HOUR + HOUR / 2)
    done(provider.sla.deliver(parcel.id))
    quote = client.sla.quote(parcel.id)
    before = money(suite)
    outcome = done(client.sla.accept(parcel.id))
    assert Decimal(outcome.result["to_client"]) == quote.to_client == 70  # 10 + 20 + 2 * 2.5
    assert Decimal(outcome.result["to_provider"]) == quote.to_provider == 130
    assert money(suite) - before == 70


def test_accepting_again_is_a_repetition_and_others_may_not(provider, client, parcel, suite):
    with pytest.raises(BadState):
        client.sla.accept(parcel.id).wait(timeout=WAIT)
    done(provider.sla.deliver(parcel.id))
    with pytest.raises(NotClient):
        provider.sla.accept(parcel.id).wait(timeout=WAIT)
    first = done(client.sla.accept(parcel.id))  # under another key than the one refused above
    assert client.sla.accept(parcel.id).wait(timeout=WAIT) == first
    again = client.sla.accept(parcel.id, idempotency_key="again").wait(timeout=WAIT)
    assert (again.status, again.result["transaction"]) == ("duplicate", first.tx_hash)
    assert again.result["to_provider"] == first.result["to_provider"]


def test_a_silent_client_is_waited_for_until_the_review_is_over(provider, keeper, parcel, suite):
    done(provider.sla.deliver(parcel.id))
    until = keeper.sla.show(parcel.id).review_until
    at(suite, until - HOUR)
    with pytest.raises(TooEarly) as refusal:
        keeper.sla.finalize(parcel.id).wait(timeout=WAIT)
    assert (refusal.value.from_ - until).total_seconds() == 1
    at(suite, until + SECOND)
    assert done(keeper.sla.finalize(parcel.id)).result["outcome"] == "finalized"
    late = provider.sla.finalize(parcel.id).wait(timeout=WAIT)
    assert late.status == "duplicate"  # somebody else was sooner


def test_what_was_settled_otherwise_cannot_be_finalised(provider, client, keeper, parcel, suite):
    done(provider.sla.deliver(parcel.id))
    done(client.sla.accept(parcel.id))
    at(suite, MONDAY + 4 * DAY)
    with pytest.raises(BadState):
        keeper.sla.finalize(parcel.id).wait(timeout=WAIT)


def test_giving_up_pays_the_client_everything(provider, parcel, suite):
    before = money(suite)
    outcome = done(provider.sla.give_up(parcel.id))
    assert outcome.result["outcome"] == "given up"
    assert money(suite) - before == 200


def test_a_ticket_that_is_given_up_costs_no_more_than_the_largest_credit(provider, ticket, suite):
    outcome = done(provider.sla.give_up(ticket.id))
    assert Decimal(outcome.result["to_client"]) == Decimal(outcome.result["waits"]) == 100
    assert provider.sla.bond(suite.token).free == 900


def test_what_is_never_delivered_is_reclaimed_by_anybody_in_the_end(keeper, parcel, suite):
    terms = parcel.policy.terms
    limit = terms.target("urgent").resolution + terms.max_pause
    first = terms.hours.late_at(parcel.opened_at, limit) + terms.review
    at(suite, first - HOUR)
    with pytest.raises(StillRunning):
        keeper.sla.reclaim(parcel.id).wait(timeout=WAIT)
    before = money(suite)
    at(suite, first)
    assert done(keeper.sla.reclaim(parcel.id)).result["outcome"] == "reclaimed"
    assert money(suite) - before == 200


def test_a_part_of_the_fee_is_conceded_and_credits_are_of_the_rest(provider, client, parcel, suite):
    before = money(suite)
    outcome = done(provider.sla.concede(parcel.id, "149.5"))
    assert Decimal(outcome.result["amount"]) == Decimal("50.5") == money(suite) - before
    assert provider.sla.concede(parcel.id, "149.5").wait(timeout=WAIT).status == "duplicate"
    done(client.sla.concede(parcel.id, "100.5"))
    found = provider.sla.show(parcel.id)
    assert (found.amount, found.stake) == (Decimal("100.5"), Decimal("100.5"))
    at(suite, MONDAY + 20 * DAY)
    assert provider.sla.quote(parcel.id).to_client == Decimal("50.25")


def test_what_cannot_be_conceded_is_refused(provider, client, parcel, ticket):
    with pytest.raises(BadPart):
        provider.sla.concede(parcel.id, 201).wait(timeout=WAIT)
    with pytest.raises(NoFee):
        provider.sla.concede(ticket.id, 1).wait(timeout=WAIT)
    with pytest.raises(InputError, match="what is left of the fee must be above 0"):
        provider.sla.concede(parcel.id, 0)
