"""A party asks the arbiter, and points it to evidence."""

import pytest

from tests.contracts.unit.sla_escrow.conftest import REVIEW, RULING
from tests.contracts.unit.support.agreements import (
    DISPUTED,
    HOUR,
    MONDAY,
    NOTHING,
    RESOLUTION,
    RESPONSE,
    SETTLED,
    breached,
)
from tests.contracts.unit.support.stage import DAY

DIGEST = bytes(range(0x30, 0x50))
NAME = "nih:sha-256;" + DIGEST.hex()


def evidence(id, arbiter, by):
    return (
        "Evidence",
        {
            "arbitrator": arbiter.address,
            "evidenceGroupID": int.from_bytes(id, "big"),
            "party": by.address,
            "evidence": NAME,
        },
    )


@pytest.mark.parametrize("who", ["client", "provider"])
def test_dispute_of_a_delivery_by_either_party_asks_the_arbiter(
    sla, delivered, who, told, arbiter, request
):
    by, at = request.getfixturevalue(who), MONDAY + 2 * HOUR

    events = told(sla.dispute, delivered, DIGEST, by=by, at=at)

    assert events == [
        ("Disputed", {"id": delivered, "by": by.address, "until": at + RULING}),
        evidence(delivered, arbiter, by),
    ]
    kept = sla.agreement(delivered)
    assert (kept.state, kept.pausedAt, kept.creditBps) == (DISPUTED, at, 0)


def test_dispute_without_evidence_points_to_none(sla, client, delivered, told):
    events = told(sla.dispute, delivered, NOTHING, by=client, at=MONDAY + 2 * HOUR)

    assert [name for name, _ in events] == ["Disputed"]


def test_the_client_can_dispute_what_is_still_open_and_the_clocks_stop(
    stage, sla, client, opened, told
):
    at = MONDAY + 4 * HOUR + 1

    events = told(sla.dispute, opened, NOTHING, by=client, at=at)

    assert events == [
        breached(opened, RESPONSE, 3 * HOUR + 1),
        breached(opened, RESOLUTION, 1),
        ("Disputed", {"id": opened, "by": client.address, "until": at + RULING}),
    ]
    kept = sla.agreement(opened)
    assert (kept.respondedAt, kept.deliveredAt, kept.creditBps) == (0, 0, 2_000)
    later = stage.answer(sla.quoteSettlement, opened, by=client, at=at + DAY)
    assert later == (800_000, 200_000)


def test_a_dispute_ends_a_pause(sla, client, provider, opened, do, told):
    do(sla.awaitCustomer, opened, by=provider, at=MONDAY + 60)

    events = told(sla.dispute, opened, NOTHING, by=client, at=MONDAY + 90)

    assert events[0] == ("ClockResumed", {"id": opened, "pausedTotal": 30})
    assert sla.agreement(opened).pausedTotal == 30


def test_the_provider_cannot_stop_its_own_clock_by_a_dispute(stage, sla, provider, opened):
    refusal = stage.refusal(sla.dispute, opened, NOTHING, by=provider)

    assert refusal == ("BadState", opened, 1)


def test_dispute_is_too_late_after_the_review(stage, sla, client, provider, delivered):
    last = MONDAY + HOUR + REVIEW

    for by in (client, provider):
        assert stage.answer(sla.dispute, delivered, NOTHING, by=by, at=last) == ()
        refusal = stage.refusal(sla.dispute, delivered, NOTHING, by=by, at=last + 1)
        assert refusal == ("TooLate", last + 1, last)


def test_an_open_agreement_can_be_disputed_however_late(stage, sla, client, opened):
    at = MONDAY + 300 * DAY

    assert stage.answer(sla.dispute, opened, NOTHING, by=client, at=at) == ()


def test_dispute_again_is_refused(stage, sla, client, provider, disputed):
    for by in (client, provider):
        refusal = stage.refusal(sla.dispute, disputed, NOTHING, by=by)
        assert refusal == ("BadState", disputed, DISPUTED)


def test_dispute_and_evidence_are_the_parties_alone(stage, sla, stranger, arbiter, delivered):
    for by in (stranger, arbiter):
        for verb in (sla.dispute, sla.submitEvidence):
            refusal = stage.refusal(verb, delivered, DIGEST, by=by)
            assert refusal == ("NotParty", delivered, by.address)


# submitEvidence


@pytest.mark.parametrize("who", ["client", "provider"])
@pytest.mark.parametrize("how", ["opened", "delivered", "disputed"])
def test_submit_evidence_by_either_party_is_told_and_changes_nothing(
    sla, how, who, told, arbiter, request
):
    id, by = request.getfixturevalue(how), request.getfixturevalue(who)
    before = tuple(sla.agreement(id))

    events = told(sla.submitEvidence, id, DIGEST, by=by, at=MONDAY + 3 * HOUR)

    assert events == [evidence(id, arbiter, by)]
    assert tuple(sla.agreement(id)) == before


def test_dispute_and_evidence_are_refused_where_it_is_settled_or_unknown(
    stage, sla, client, delivered
):
    stage.send(sla.accept, delivered, by=client)
    unknown = b"\x09" * 32

    for verb in (sla.dispute, sla.submitEvidence):
        refusal = stage.refusal(verb, delivered, DIGEST, by=client)
        assert refusal == ("BadState", delivered, SETTLED)
        assert stage.refusal(verb, unknown, DIGEST, by=client) == ("UnknownAgreement", unknown)
