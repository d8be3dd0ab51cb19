"""What the presets mean to people: a ticket over a weekend, a late parcel, a warranty not kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rapport.keys import KeySigner
from rapport.sla import Terms
from tests.sdk.support.promised import CLIENT, DAY, HOUR, MONDAY, at, done, opened, registered
from tests.sdk.support.suite import account, until

MINUTE = timedelta(minutes=1)
FRIDAY = datetime(2027, 3, 5, 16, 30, tzinfo=UTC)


@pytest.fixture
def preset(provider, suite):
    """Publishes a preset."""

    def publish(name):
        made = done(provider.sla.policy_create(suite.token, Terms.preset(name)))
        return provider.sla.policy(made.result["policy"])

    return publish


def test_a_ticket_of_friday_waits_for_monday_and_is_paid_for_what_it_was_late(
    provider, keeper, preset, suite
):
    support, number = preset("support"), registered(provider)
    at(suite, FRIDAY)
    ticket = opened(provider, support, 80, customer=number, priority="high")
    assert ticket.clocks.response_due - FRIDAY - 2 * DAY - 18 * HOUR < MINUTE  # Monday 10:30

    at(suite, FRIDAY + 2 * DAY + 17 * HOUR)  # Monday 09:30, within two business hours
    assert "breaches" not in done(provider.sla.pause(ticket.id)).result
    at(suite, FRIDAY + 2 * DAY + 20 * HOUR)  # the customer answers at 12:30
    done(provider.sla.resume(ticket.id))
    at(suite, FRIDAY + 4 * DAY - 3 * HOUR - 30 * MINUTE)  # Tuesday 13:00; due was 11:30

    (breach,) = done(provider.sla.deliver(ticket.id)).result["breaches"]
    assert breach["clock"] == "resolution"
    assert 5_400 - 60 <= breach["overrun"] <= 5_400 + 60  # an hour and a half of business
    at(suite, FRIDAY + 8 * DAY)
    (settled,) = keeper.sla.settle_batch(keeper.sla.due())
    assert Decimal(settled.outcome.result["waits"]) == Decimal("17.60")  # 20 and 2 percent of 80

    wallet = KeySigner(b"\x0b" * 32)
    request = provider.customer.link_request(number, wallet.address, until(suite))
    done(provider.customer.link(request, request.sign(provider.customer.domain(), wallet)))
    assert [each.status for each in keeper.sla.settle_batch(keeper.sla.due())] == ["done"]
    assert suite.money_of(wallet.address) == 17_600_000


def test_a_late_parcel_is_cheaper_and_one_that_never_comes_costs_nothing(
    provider, client, keeper, preset, suite
):
    delivery = preset("delivery")
    before = suite.money_of(account(CLIENT).address)
    late, lost = opened(client, delivery, 40), opened(client, delivery, 40)
    at(suite, MONDAY + 72 * HOUR + 5 * HOUR + 10 * MINUTE)
    done(provider.sla.deliver(late.id, b"\x01" * 32))  # the digest of the carrier's receipt
    paid = done(client.sla.accept(late.id)).result
    assert [Decimal(paid[f"to_{who}"]) for who in ("client", "provider")] == [6, 34]

    at(suite, MONDAY + 144 * HOUR + 8 * DAY)
    assert [each.verb for each in keeper.sla.due()] == ["reclaim"]
    assert [each.status for each in keeper.sla.settle_batch(keeper.sla.due())] == ["done"]
    assert client.sla.show(lost.id).clocks is None
    assert before - suite.money_of(account(CLIENT).address) == 34_000_000


def test_a_warranty_that_is_not_kept_pays_what_the_article_is_worth(
    provider, client, keeper, preset, suite
):
    mine = account(CLIENT).address
    warranty = preset("warranty")
    before = suite.money_of(mine)
    claim = opened(provider, warranty, 300, client=mine)
    done(provider.sla.respond(claim.id))
    assert provider.sla.bond(suite.token).reserved == 300
    done(provider.sla.bond_withdraw(suite.token))  # what is reserved is out of its reach
    at(suite, MONDAY + 120 * DAY)
    (due,) = keeper.sla.due()
    assert (due.verb, due.to_client) == ("reclaim", 300)
    done(keeper.sla.reclaim(claim.id))
    assert suite.money_of(mine) - before == 300_000_000
