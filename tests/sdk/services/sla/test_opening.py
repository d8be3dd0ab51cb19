"""``client.sla``: how agreements begin, by the provider, the client or the client's signature."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError, NotFound
from rapport.intents import WrongSigner
from rapport.keys import KeySigner
from rapport.reverts import BondTooSmall, Expired, RefConflict
from rapport.sla import Opening, Priority, State
from tests.sdk.support.promised import (
    CLIENT,
    HOUR,
    MONDAY,
    WAIT,
    at,
    done,
    opened,
    opened_for,
    registered,
)
from tests.sdk.support.recurring import connected
from tests.sdk.support.suite import account, until

TOMORROW_NINE = MONDAY.replace(day=2)


def test_a_ticket_is_opened_for_a_customer_without_a_wallet(provider, bonded, suite):
    number = registered(provider)
    found = opened_for(provider, bonded, number)
    assert (found.state, found.priority, found.amount) == (State.OPEN, Priority.URGENT, 200)
    assert (found.client, found.customer, found.stake) == (None, number, 100)
    assert found.policy == bonded
    assert found.responded_at is found.delivered_at is found.paused_since is found.proposal is None
    bond = provider.sla.bond(suite.token)
    assert (bond.free, bond.reserved, bond.agreements) == (900, 100, 1)


def test_its_clocks_are_due_as_the_calendar_says(provider, bonded, suite):
    at(suite, MONDAY + 7 * HOUR)  # an hour before closing time
    found = opened_for(provider, bonded, registered(provider))
    due = bonded.due("urgent", found.opened_at)
    assert found.clocks.resolution_due == due.resolution
    assert found.clocks.response_due == due.response
    assert (due.resolution - TOMORROW_NINE).total_seconds() // 3_600 == 3
    assert found.clocks.target == 4 * HOUR


def test_the_clients_fee_is_held_whole(client, escrow, suite):
    before = suite.money_of(account(CLIENT).address)
    found = opened(client, escrow, "19.99")
    assert (found.client, found.customer) == (account(CLIENT).address, None)
    assert (found.amount, found.stake, found.priority) == (Decimal("19.99"),) * 2 + (
        Priority.NORMAL,
    )
    assert before - suite.money_of(account(CLIENT).address) == 19_990_000


def test_the_same_reference_opens_once_from_any_journal(provider, bonded, suite, tmp_path):
    number = registered(provider)
    first = done(provider.sla.open(bonded.id, 50, customer=number, reference="ticket:7"))
    again = provider.sla.open(bonded.id, 50, customer=number, reference="ticket:7")
    assert again.wait(timeout=WAIT).result == first.result
    key = provider.sla.open(bonded.id, 50, customer=number, idempotency_key="ticket:7")
    outcome = key.wait(timeout=WAIT)
    assert outcome.status == "duplicate"  # another key here, the same reference on chain
    assert outcome.result["agreement"] == first.result["agreement"]
    assert len(provider.sla.list()) == 1


def test_other_terms_under_the_same_reference_are_refused(provider, bonded, suite):
    number = registered(provider)
    done(provider.sla.open(bonded.id, 50, customer=number, reference="ticket:8"))
    for amount, terms in ((51, {}), (50, {"priority": "low"})):
        other = provider.sla.open(
            bonded.id,
            amount,
            customer=number,
            idempotency_key=f"ticket:8:{terms}",
            reference="ticket:8",
            **terms,
        )
        with pytest.raises(RefConflict):
            other.wait(timeout=WAIT)


def test_a_permit_takes_the_place_of_an_approval(provider, new_policy, suite, tmp_path):
    signer = account(6)
    with connected(suite, tmp_path / "six.db", signer) as shopper:
        policy = new_policy(bonded=False)
        request = shopper.sla.permit_request(suite.token, signer.address, 30, until(suite))
        found = opened(shopper, policy, 30, permit=request.sign(signer))
        assert found.amount == 30
        short = shopper.sla.permit_request(suite.token, signer.address, 29, until(suite))
        with pytest.raises(InputError, match="the permit allows 29000000"):
            shopper.sla.open(policy.id, 30, permit=short.sign(signer))


def test_a_client_signs_and_anybody_relays(keeper, client, escrow, suite):
    wallet = account(CLIENT)
    request = keeper.sla.request(escrow.id, 80, wallet.address, until(suite), priority="high")
    assert Opening.read(request.json(keeper.sla.domain()), keeper.sla.domain()) == request
    signature = request.sign(keeper.sla.domain(), wallet)
    outcome = done(keeper.sla.open_by_sig(request, signature))
    found = keeper.sla.show(outcome.result["agreement"])
    assert (found.client, found.priority, found.amount) == (wallet.address, Priority.HIGH, 80)
    again = keeper.sla.open_by_sig(request, signature, idempotency_key="again")
    assert again.wait(timeout=WAIT).status == "duplicate"


def test_a_request_that_somebody_else_signed_or_that_is_over_is_refused(keeper, escrow, suite):
    wallet = account(CLIENT).address
    request = keeper.sla.request(escrow.id, 80, wallet, MONDAY + HOUR)
    domain = keeper.sla.domain()
    with pytest.raises(WrongSigner):
        keeper.sla.open_by_sig(request, request.sign(domain, account(6)))
    at(suite, MONDAY + 2 * HOUR)
    with pytest.raises(Expired):
        keeper.sla.open_by_sig(request, request.sign(domain, account(CLIENT))).wait(timeout=WAIT)


def test_who_opens_is_told_by_the_policy(provider, client, bonded, escrow, suite):
    mine, other = account(CLIENT).address, account(6).address
    with pytest.raises(InputError, match="is bonded: its provider"):
        client.sla.open(bonded.id, 5, client=mine)
    with pytest.raises(InputError, match="holds the client's fee"):
        client.sla.open(escrow.id, 5, client=other)
    with pytest.raises(InputError, match="no client signs"):
        client.sla.request(bonded.id, 5, mine, until(suite))
    with pytest.raises(InputError, match="name a client, or a customer"):
        provider.sla.open(bonded.id, 5)
    with pytest.raises(InputError, match="and so not its client"):
        provider.sla.open(escrow.id, 5)


@pytest.mark.parametrize(
    ("amount", "terms", "said"),
    [
        ("0.99", {}, "is over 1.00 tUSD or more; met 0.99"),
        ("1.0000001", {}, "at most 6 decimals"),
        ("5", {"priority": "asap"}, "'asap' is no priority"),
        ("5", {"client": "0x12"}, "not an address"),
    ],
)
def test_an_opening_that_could_not_be_is_refused_before_it_is_sent(
    provider, bonded, amount, terms, said
):
    given = {"client": account(CLIENT).address, **terms}
    with pytest.raises(InputError, match=said):
        provider.sla.open(bonded.id, amount, **given)
    assert "sla.open" not in {each.kind for each in provider.tx.list()}


def test_nobody_opens_for_a_customer_who_is_not_known(provider, bonded):
    with pytest.raises(NotFound):
        provider.sla.open(bonded.id, 5, customer="nobody")
    with pytest.raises(NotFound, match="there is no policy 99"):
        provider.sla.open(99, 5, customer="nobody")


def test_a_bond_that_is_too_small_opens_nothing(provider, bonded):
    with pytest.raises(BondTooSmall) as refusal:
        provider.sla.open(bonded.id, 2_001, customer=registered(provider)).wait(timeout=WAIT)
    assert (refusal.value.free, refusal.value.required) == (1_000 * 10**6, 1_000_500_000)


def test_a_dry_run_opens_nothing(provider, bonded, suite):
    simulation = provider.sla.open.dry_run(bonded.id, 5, customer=registered(provider))
    assert simulation.gas > 0
    assert provider.sla.list() == ()


def test_a_wallet_that_comes_later_is_linked(provider, bonded, keeper, suite):
    number = registered(provider)
    found = opened_for(provider, bonded, number)
    wallet = KeySigner(b"\x07" * 32)
    request = provider.customer.link_request(number, wallet.address, until(suite))
    signature = request.sign(provider.customer.domain(), wallet)
    done(provider.customer.link(request, signature))
    assert done(keeper.sla.link(found.id)).result["client"] == wallet.address
    assert provider.sla.show(found.id).client == wallet.address
    again = keeper.sla.link(found.id, idempotency_key="again")
    assert again.wait(timeout=WAIT).status == "duplicate"
