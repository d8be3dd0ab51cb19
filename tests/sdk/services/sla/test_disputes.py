"""``client.sla``: disputes, evidence, splits, rulings, and an arbiter who is silent."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.reverts import BadSplit, BadState, NotArbiter, NotParty, TooEarly, TooLate
from rapport.sla import Proposal, State
from tests.sdk.support.promised import CLIENT, DAY, HOUR, MONDAY, SECOND, WAIT, at, done
from tests.sdk.support.suite import account


@pytest.fixture
def disputed(client, parcel):
    """A delivery that the client disputes before it comes."""
    done(client.sla.dispute(parcel.id))
    return client.sla.show(parcel.id)


def paid(outcome):
    return [Decimal(outcome.result[f"to_{who}"]) for who in ("provider", "client", "arbiter")]


def test_a_dispute_names_its_end_and_its_evidence(client, parcel, tmp_path):
    photo = tmp_path / "dent.jpg"
    photo.write_bytes(b"dented")
    outcome = done(client.sla.dispute(parcel.id, photo))
    digest = hashlib.sha256(b"dented").hexdigest()
    assert outcome.result["evidence"] == f"nih:sha-256;{digest}"
    found = client.sla.show(parcel.id)
    assert found.state is State.DISPUTED
    assert outcome.result["until"] == f"{found.disputed_until:%Y-%m-%dT%H:%M:%SZ}"
    assert (found.paused_since, found.clocks) == (None, None)
    again = client.sla.dispute(parcel.id, photo, idempotency_key="again").wait(timeout=WAIT)
    assert (again.status, again.result["transaction"]) == ("duplicate", outcome.tx_hash)


def test_the_provider_disputes_only_what_it_has_delivered(provider, parcel):
    with pytest.raises(BadState):
        provider.sla.dispute(parcel.id).wait(timeout=WAIT)
    done(provider.sla.deliver(parcel.id))
    done(provider.sla.dispute(parcel.id))


def test_a_review_that_is_over_cannot_be_disputed(provider, client, parcel, suite):
    done(provider.sla.deliver(parcel.id))
    at(suite, MONDAY + 4 * DAY)
    with pytest.raises(TooLate) as refusal:
        client.sla.dispute(parcel.id).wait(timeout=WAIT)
    assert refusal.value.until == client.sla.show(parcel.id).review_until


def test_parties_add_evidence_and_strangers_cannot(provider, client, keeper, disputed, tmp_path):
    for number, party in enumerate((provider, client)):
        file = tmp_path / f"{number}.txt"
        file.write_text(str(number))
        done(party.sla.submit_evidence(disputed.id, file))
    with pytest.raises(NotParty):
        keeper.sla.submit_evidence(disputed.id, b"\x01" * 32).wait(timeout=WAIT)
    with pytest.raises(InputError, match="points to nothing"):
        client.sla.submit_evidence(disputed.id, bytes(32))
    notes = [each.note for each in client.sla.history(disputed.id) if each.what == "evidence"]
    assert notes == [f"nih:sha-256;{hashlib.sha256(each).hexdigest()}" for each in (b"0", b"1")]


def test_a_ruling_pays_the_arbiter_first(arbiter, client, disputed, suite):
    with pytest.raises(NotArbiter):
        client.sla.resolve(disputed.id, 0).wait(timeout=WAIT)
    outcome = done(arbiter.sla.resolve(disputed.id, "33.33"))
    assert outcome.result["outcome"] == "ruled"
    assert paid(outcome) == [Decimal("63.327"), Decimal("126.673"), 10]  # 5 % of 200 first
    again = arbiter.sla.resolve(disputed.id, "33.33").wait(timeout=WAIT)
    assert (again.status, paid(again)) == ("duplicate", paid(outcome))
    with pytest.raises(BadState):
        arbiter.sla.resolve(disputed.id, 50).wait(timeout=WAIT)  # another ruling


def test_a_ruling_comes_in_time_or_the_default_does(arbiter, keeper, disputed, suite):
    with pytest.raises(TooEarly):
        keeper.sla.expire(disputed.id).wait(timeout=WAIT)
    at(suite, disputed.disputed_until + SECOND)
    with pytest.raises(TooLate):
        arbiter.sla.resolve(disputed.id, 0).wait(timeout=WAIT)
    outcome = done(keeper.sla.expire(disputed.id))
    assert (outcome.result["outcome"], paid(outcome)) == ("expired", [120, 80, 0])


def test_silence_never_costs_the_client_the_credit(provider, client, keeper, new_policy, suite):
    policy = new_policy(bonded=False, default_provider=Decimal(100))
    found = done(client.sla.open(policy.id, 200, priority="urgent")).result["agreement"]
    at(suite, MONDAY + 20 * DAY)
    done(client.sla.dispute(found))
    at(suite, client.sla.show(found).disputed_until + SECOND)
    assert paid(done(keeper.sla.expire(found))) == [100, 100, 0]


def test_a_split_is_proposed_by_one_and_accepted_by_the_other(provider, client, disputed):
    done(provider.sla.propose_split(disputed.id, 70))
    told = done(client.sla.propose_split(disputed.id, "45.5"))
    assert Decimal(told.result["provider"]) == Decimal("45.5")
    wallet = account(CLIENT).address
    assert client.sla.show(disputed.id).proposal == Proposal(wallet, Decimal("45.5"))
    with pytest.raises(BadSplit):
        client.sla.accept_split(disputed.id).wait(timeout=WAIT)  # its own
    with pytest.raises(BadSplit):
        provider.sla.accept_split(disputed.id, 70).wait(timeout=WAIT)  # another one
    outcome = done(provider.sla.accept_split(disputed.id))
    assert (outcome.result["outcome"], paid(outcome)) == ("agreed", [91, 109, 0])
    again = provider.sla.accept_split(disputed.id, "45.5", idempotency_key="again")
    assert again.wait(timeout=WAIT).status == "duplicate"
    with pytest.raises(BadSplit):
        provider.sla.accept_split(disputed.id, 45, idempotency_key="other").wait(timeout=WAIT)


def test_a_split_that_nobody_proposed_or_that_is_none_is_refused(provider, client, parcel):
    with pytest.raises(InputError, match="no split is proposed"):
        client.sla.accept_split(parcel.id)
    for share in (101, "-1"):
        with pytest.raises(InputError):
            provider.sla.propose_split(parcel.id, share)
    done(provider.sla.propose_split(parcel.id, 0))
    assert paid(done(client.sla.accept_split(parcel.id, 0))) == [0, 200, 0]


def test_a_dispute_stops_the_clocks_with_what_they_say(client, parcel, suite):
    at(suite, MONDAY + 5 * HOUR)
    outcome = done(client.sla.dispute(parcel.id))
    assert [each["clock"] for each in outcome.result["breaches"]] == ["response", "resolution"]
    assert client.sla.show(parcel.id).credit in (30, Decimal("32.5"))
