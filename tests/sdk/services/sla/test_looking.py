"""``client.sla``: agreements from the logs, and what anyone may settle now."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.reverts import BadState
from rapport.sla import State, Terms
from tests.sdk.support.promised import (
    CLIENT,
    DAY,
    HOUR,
    MONDAY,
    WAIT,
    at,
    done,
    opened,
    opened_for,
    registered,
)
from tests.sdk.support.suite import account, until


def test_agreements_are_listed_by_whose_they_are(provider, client, keeper, ticket, parcel):
    mine = account(CLIENT).address
    both = (ticket, parcel)
    assert [each.id for each in provider.sla.list()] == [each.id for each in both]
    assert [each.id for each in keeper.sla.list(provider=ticket.policy.provider)] == [
        each.id for each in both
    ]
    assert [each.id for each in client.sla.list(client=mine)] == [parcel.id]
    assert [each.id for each in provider.sla.list(policy=ticket.policy.id)] == [ticket.id]
    assert [each.id for each in provider.sla.list(customer=ticket.customer)] == [ticket.id]
    assert keeper.sla.list() == ()


def test_open_agreements_are_listed_with_their_clocks(provider, ticket, parcel):
    done(provider.sla.deliver(parcel.id))
    (running,) = provider.sla.list(state="open")
    assert running.id == ticket.id
    assert running.clocks is not None
    (delivered,) = provider.sla.list(state=State.DELIVERED)
    assert delivered.clocks is None
    with pytest.raises(InputError, match="the states are open, delivered, disputed, settled"):
        provider.sla.list(state="lost")


def test_a_look_asks_only_for_what_came_since_the_last_one(
    provider, client, escrow, parcel, suite, monkeypatch
):
    suite.anvil.ask("anvil_mine", "0x64")
    assert [each.id for each in provider.sla.list(state="open")] == [parcel.id]
    another = opened(client, escrow, 100)
    begun, ranges = provider.sla.history(parcel.id)[0].block, []
    read = provider.chain.events

    def listening(contract, *, first, **asked):
        ranges.append(first)
        return read(contract, first=first, **asked)

    monkeypatch.setattr(provider.chain, "events", listening)
    assert [each.id for each in provider.sla.list(state="open")] == [parcel.id, another.id]
    assert len(ranges) == 3  # policies, what was opened, what was settled
    assert min(ranges) > begun


def test_of_a_providers_agreements_those_of_others_are_not_read(
    provider, client, keeper, suite, ticket, parcel, monkeypatch
):
    other = done(keeper.sla.policy_create(suite.token, Terms.preset("delivery")))
    opened(client, keeper.sla.policy(other.result["policy"]), 100)
    answers = []
    read = provider.chain.events

    def listening(contract, **asked):
        found = read(contract, **asked)
        answers.extend(each.args["policyId"] for each in found if each.name == "Opened")
        return found

    monkeypatch.setattr(provider.chain, "events", listening)
    assert len(provider.sla.list()) == 2
    assert set(answers) == {ticket.policy.id, parcel.policy.id}


def test_a_history_tells_everything_in_order(provider, client, parcel, suite):
    done(provider.sla.pause(parcel.id))
    at(suite, MONDAY + HOUR)
    done(client.sla.resume(parcel.id))
    done(provider.sla.concede(parcel.id, 180))
    at(suite, MONDAY + 7 * HOUR)
    done(provider.sla.deliver(parcel.id))
    done(client.sla.dispute(parcel.id, b"\x01" * 32))
    done(provider.sla.propose_split(parcel.id, 40))
    done(client.sla.accept_split(parcel.id))
    steps = provider.sla.history(parcel.id)
    assert [each.what for each in steps] == [
        *("opened", "responded", "paused", "resumed", "conceded", "breached", "delivered"),
        *("disputed", "evidence", "split proposed", "settled"),
    ]
    told = {each.what: each for each in steps}
    assert (told["opened"].amount, told["conceded"].amount) == (200, 20)
    assert told["breached"].note.startswith("resolution late by 2:0")
    assert told["split proposed"].note == "40 % for the provider"
    assert (told["settled"].note, told["settled"].amount) == ("agreed", 108)
    assert told["disputed"].note == f"by {account(CLIENT).address}"
    assert [each.at for each in steps] == sorted(each.at for each in steps)


def test_what_is_due_is_found_and_settled_once(provider, client, keeper, bonded, escrow, suite):
    delivered = opened(client, escrow, 100)
    disputed = opened(client, escrow, 100)
    forgotten = opened_for(provider, bonded, registered(provider))
    done(provider.sla.deliver(delivered.id))
    done(client.sla.dispute(disputed.id))
    assert keeper.sla.due() == ()
    at(suite, MONDAY + 4 * DAY)
    assert [each.verb for each in keeper.sla.due()] == ["finalize"]
    at(suite, MONDAY + 30 * DAY)
    due = keeper.sla.due(provider=suite.backend.address)
    found = {each.agreement: (each.verb, each.to_client) for each in due}
    assert found == {
        delivered.id: ("finalize", 0),
        disputed.id: ("expire", 40),
        forgotten.id: ("reclaim", 100),
    }
    for each in due:
        assert each.since <= suite.chain.block().timestamp
    settled = list(keeper.sla.settle_batch(due))
    assert [each.status for each in settled] == ["done"] * 3
    paid = {s.item.agreement: Decimal(s.outcome.result["to_client"]) for s in settled}
    assert paid == {agreement: amount for agreement, (_, amount) in found.items()}
    assert keeper.sla.due() == ()  # what waits for the customer has nobody to be paid to
    again = [each.status for each in provider.sla.settle_batch(due)]
    assert again == ["duplicate"] * 3


@pytest.mark.parametrize("verb", ["finalize", "expire", "reclaim"])
def test_due_says_the_very_second_from_which_on(provider, client, keeper, parcel, suite, verb):
    if verb == "finalize":
        done(provider.sla.deliver(parcel.id))
    if verb == "expire":
        done(client.sla.dispute(parcel.id))
    at(suite, MONDAY + 100 * DAY)
    (due,) = keeper.sla.due()
    assert due.verb == verb
    act = getattr(keeper.sla, verb)
    snapshot = suite.anvil.ask("evm_snapshot")
    data = act.dry_run(parcel.id).data
    assert suite.anvil.ask("evm_revert", snapshot)
    call = {"to": suite.address("SLAEscrow"), "data": "0x" + data.hex()}
    for second, allowed in ((-1, False), (0, True)):
        time = hex(int(due.since.timestamp()) + second)
        override = [call, "latest", {}, {"time": time}]
        try:
            suite.anvil.ask("eth_call", *override)
        except Exception:
            assert not allowed
        else:
            assert allowed


def test_a_waiting_credit_is_due_once_its_customer_has_a_wallet(provider, keeper, ticket, suite):
    done(provider.sla.give_up(ticket.id))
    assert keeper.sla.due() == ()
    wallet = account(8)
    request = provider.customer.link_request(ticket.customer, wallet.address, until(suite))
    done(provider.customer.link(request, request.sign(provider.customer.domain(), wallet)))
    (due,) = keeper.sla.due()
    assert (due.verb, due.to_client, due.agreement) == ("claim", 100, None)
    before = suite.money_of(wallet.address)
    assert [each.status for each in keeper.sla.settle_batch([due])] == ["done"]
    assert suite.money_of(wallet.address) - before == 100 * 10**6
    assert keeper.sla.due() == ()


def test_one_that_was_settled_otherwise_stops_nobody(provider, client, keeper, escrow, suite):
    first, second = opened(client, escrow, 100), opened(client, escrow, 100)
    for each in (first, second):
        done(provider.sla.deliver(each.id))
    at(suite, MONDAY + 4 * DAY)
    due = keeper.sla.due()
    done(client.sla.accept(first.id))
    ended = list(keeper.sla.settle_batch([*due, replace(due[1], verb="resolve")]))
    assert isinstance(ended[0].error, BadState)
    assert ended[1].status == "done"
    assert isinstance(ended[2].error, InputError)  # nothing that anyone may do


async def test_the_same_verbs_are_awaited(provider, bonded, suite, async_client):
    sla = async_client.sla
    customer_id = provider.directory.find(registered(provider)).id

    kept = await sla.open(bonded.id, 50, customer=customer_id)

    number = (await kept.wait(timeout=WAIT)).result["agreement"]
    await (await sla.respond(number)).wait(timeout=WAIT)
    assert (await sla.show(number)).responded_at is not None
    assert [each.id for each in await sla.list()] == [number]
    assert (await sla.bond(suite.token)).reserved == 25
    assert await sla.due() == ()
    assert len(await sla.history(number)) == 2
