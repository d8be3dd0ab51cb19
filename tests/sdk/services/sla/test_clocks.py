"""``client.sla``: what stops the clocks, and what they say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from rapport.errors import NotFound
from rapport.reverts import AlreadyBreached, BadState, NotProvider, PauseExhausted
from rapport.sla import State, name_of
from tests.sdk.support.promised import DAY, HOUR, MONDAY, WAIT, at, done

MINUTE = timedelta(minutes=1)


def test_an_answer_in_time_costs_nothing_and_stops_one_clock(provider, ticket, suite):
    at(suite, MONDAY + 30 * MINUTE)
    assert "breaches" not in done(provider.sla.respond(ticket.id)).result
    assert provider.sla.respond(ticket.id).wait(timeout=WAIT).status == "done"  # the earlier one
    again = provider.sla.respond(ticket.id, idempotency_key="again")
    assert again.wait(timeout=WAIT).status == "duplicate"
    found = provider.sla.show(ticket.id)
    assert found.responded_at is not None
    assert (found.credit, found.clocks.response_due) == (0, None)
    assert not found.clocks.response_late


def test_a_late_answer_is_told_with_its_overrun_and_credited(provider, ticket, suite):
    at(suite, MONDAY + 2 * HOUR)
    assert provider.sla.clocks(ticket.id).response_late
    (breach,) = done(provider.sla.respond(ticket.id)).result["breaches"]
    found = provider.sla.show(ticket.id)
    overrun = ticket.policy.terms.hours.elapsed(found.opened_at, found.responded_at) - HOUR
    assert breach == {"clock": "response", "overrun": overrun // timedelta(seconds=1)}
    assert found.credit == 10


def test_the_clock_stands_at_night_and_while_the_customer_is_asked(provider, ticket, suite):
    at(suite, MONDAY + HOUR)
    done(provider.sla.pause(ticket.id))
    paused = provider.sla.show(ticket.id)
    assert paused.clocks.standing
    at(suite, MONDAY + 3 * HOUR)
    standing = provider.sla.clocks(ticket.id)
    assert standing.elapsed == paused.clocks.elapsed
    done(provider.sla.resume(ticket.id))
    found = provider.sla.show(ticket.id)
    assert (found.paused_since, found.clocks.standing) == (None, False)
    assert found.paused == found.clocks.paused
    assert 2 * HOUR - MINUTE < found.paused < 2 * HOUR + MINUTE
    at(suite, MONDAY + 20 * HOUR)  # five in the morning
    night = provider.sla.clocks(ticket.id)
    assert 6 * HOUR - MINUTE < night.elapsed < 6 * HOUR + MINUTE
    assert (night.resolution_late, night.left) == (True, timedelta(0))


def test_a_pause_takes_no_more_than_its_budget(provider, ticket, suite):
    done(provider.sla.pause(ticket.id))
    at(suite, MONDAY + 2 * DAY)
    clocks = provider.sla.clocks(ticket.id)
    assert (clocks.paused, clocks.max_pause, clocks.standing) == (8 * HOUR, 8 * HOUR, False)
    assert done(provider.sla.resume(ticket.id)).result["paused"] == 8 * 3_600
    with pytest.raises(AlreadyBreached):
        provider.sla.pause(ticket.id).wait(timeout=WAIT)


def test_no_pause_begins_once_the_budget_is_used(provider, client, new_policy, suite):
    policy = new_policy(bonded=False, max_pause=HOUR)
    found = done(client.sla.open(policy.id, 5, priority="low")).result["agreement"]
    done(provider.sla.pause(found))
    at(suite, MONDAY + 2 * HOUR)
    done(client.sla.resume(found))
    assert client.sla.resume(found).wait(timeout=WAIT).status == "duplicate"
    with pytest.raises(PauseExhausted):
        provider.sla.pause(found).wait(timeout=WAIT)


def test_a_delivery_stops_both_clocks_and_freezes_the_credit(provider, ticket, suite, tmp_path):
    file = tmp_path / "answer.txt"
    file.write_text("it was the cable")
    at(suite, MONDAY + 7 * HOUR + 30 * MINUTE)  # response 6.5 h late, resolution 3.5 h
    outcome = done(provider.sla.deliver(ticket.id, file))
    assert [each["clock"] for each in outcome.result["breaches"]] == ["response", "resolution"]
    found = provider.sla.show(ticket.id)
    assert (found.state, found.clocks) == (State.DELIVERED, None)
    assert found.credit == 10 + 20 + 3 * Decimal("2.5")
    assert found.review_until == found.delivered_at + 3 * DAY
    again = provider.sla.deliver(ticket.id, idempotency_key="again")
    assert again.wait(timeout=WAIT).status == "duplicate"
    with pytest.raises(BadState):
        provider.sla.clocks(ticket.id)


def test_a_quote_says_what_would_be_paid_now(provider, ticket, suite):
    quote = provider.sla.quote(ticket.id)
    assert (quote.to_provider, quote.to_client) == (100, 0)
    at(suite, MONDAY + 5 * HOUR + MINUTE)
    quote = provider.sla.quote(ticket.id)
    assert (quote.to_provider, quote.to_client) == (35, 65)  # 10 + 20 + 2.5 percent of 200
    at(suite, MONDAY + 20 * DAY)
    assert provider.sla.quote(ticket.id).to_client == 100  # half of it, and never more


def test_nobody_but_the_provider_stops_clocks(client, parcel):
    for verb in (client.sla.respond, client.sla.pause, client.sla.deliver, client.sla.give_up):
        with pytest.raises(NotProvider):
            verb(parcel.id).wait(timeout=WAIT)


def test_an_agreement_that_there_is_not_is_not_found(provider):
    nothing = "0x" + "12" * 32
    for look in (provider.sla.show, provider.sla.clocks, provider.sla.quote, provider.sla.history):
        with pytest.raises(NotFound, match="there is no agreement 0x12"):
            look(nothing)
    with pytest.raises(NotFound):
        provider.sla.respond(nothing)


def test_evidence_has_the_name_that_the_contract_writes(provider, ticket):
    digest = b"\x0f" * 32
    outcome = done(provider.sla.submit_evidence(ticket.id, digest))
    assert outcome.result["evidence"] == name_of(digest)
