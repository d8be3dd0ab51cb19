"""What an export tells of agreements, and what an erasure leaves of them."""

from __future__ import annotations

from tests.sdk.support.promised import CLIENT, done, opened, opened_for, registered
from tests.sdk.support.suite import account


def test_an_export_tells_the_agreements_in_the_customers_name(provider, client, bonded, new_policy):
    number = registered(provider)
    ticket = opened_for(provider, bonded, number)
    opened_for(provider, bonded, registered(provider))
    done(provider.sla.submit_evidence(ticket.id, b"\x01" * 32))
    done(provider.sla.give_up(ticket.id))
    (told,) = provider.customer.export(number).sections["sla"]
    assert (told["id"], told["state"], told["priority"]) == (ticket.id, "settled", "urgent")
    assert [each["event"] for each in told["events"]] == ["Opened", "Evidence", "Settled"]
    events = [each.event for each in provider.customer.export(number).events]
    assert "CreditWaits" in events


def test_an_erasure_destroys_what_was_sent_about_agreements(provider, bonded, suite):
    number = registered(provider)
    mine = account(CLIENT).address
    ids = [
        opened_for(provider, bonded, number, idempotency_key="ticket:1").id,
        opened(provider, bonded, 50, client=mine, customer=number, reference="ticket:2").id,
    ]
    for place, each in enumerate(ids):
        done(provider.sla.respond(each, idempotency_key=f"answer:{place}"))
    customer_id = provider.directory.find(number).id
    kinds = {each.entry.kind for each in provider.tx.about([customer_id])}
    assert {"sla.open", "sla.respond"} <= kinds
    assert len([e for e in provider.tx.about([customer_id]) if e.entry.kind == "sla.respond"]) == 2

    before = provider.customer.evidence(number)
    done(provider.customer.erase(number))
    provider.follow_up()
    assert provider.customer.prove(before).clean
    done(provider.sla.deliver(ids[0]))  # the agreement goes on without a name
