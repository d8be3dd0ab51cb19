"""The provider says that it is done, and the clocks stop."""

import pytest

from tests.contracts.unit.support.agreements import (
    DELIVERED,
    FRIDAY_EVENING,
    HOUR,
    MONDAY,
    NEXT_MONDAY,
    NOTHING,
    RESOLUTION,
    RESPONSE,
    breached,
)
from tests.contracts.unit.support.stage import DAY

PROOF = b"\x05" * 32
DUE = MONDAY + 4 * HOUR


def test_deliver_in_time_costs_nothing(sla, provider, opened, do, told):
    do(sla.respond, opened, by=provider, at=MONDAY + 1)

    events = told(sla.deliver, opened, PROOF, by=provider, at=DUE)

    assert events == [("Delivered", {"id": opened, "evidence": PROOF})]
    kept = sla.agreement(opened)
    assert (kept.deliveredAt, kept.creditBps, kept.state) == (DUE, 0, DELIVERED)


def test_deliver_is_a_response_if_there_was_none(sla, provider, opened, told):
    events = told(sla.deliver, opened, NOTHING, by=provider, at=MONDAY + HOUR)

    assert [name for name, _ in events] == ["Responded", "Delivered"]
    assert sla.agreement(opened).respondedAt == MONDAY + HOUR


# Of the eight hours of a Monday, four are the target; the next eight are Tuesday's.
@pytest.mark.parametrize(
    ("at", "overrun", "bps"),
    [
        (DUE + 1, 1, 1_000),
        (DUE + HOUR - 1, HOUR - 1, 1_000),
        (DUE + HOUR, HOUR, 1_500),
        (DUE + 2 * HOUR - 1, 2 * HOUR - 1, 1_500),
        (MONDAY + 8 * HOUR, 4 * HOUR, 3_000),
        (MONDAY + DAY, 4 * HOUR, 3_000),
        (MONDAY + DAY + 4 * HOUR - 1, 8 * HOUR - 1, 4_500),
        (MONDAY + DAY + 4 * HOUR, 8 * HOUR, 5_000),
        (NEXT_MONDAY, 36 * HOUR, 5_000),
    ],
)
def test_each_full_hour_more_costs_more_up_to_the_cap(
    sla, provider, opened, told, do, at, overrun, bps
):
    do(sla.respond, opened, by=provider, at=MONDAY + 1)

    events = told(sla.deliver, opened, NOTHING, by=provider, at=at)

    assert events[0] == breached(opened, RESOLUTION, overrun)
    assert sla.agreement(opened).creditBps == bps


def test_both_breaches_are_told_and_paid_for(sla, provider, opened, told):
    events = told(sla.deliver, opened, NOTHING, by=provider, at=DUE + 1)

    assert events == [
        ("Responded", {"id": opened}),
        breached(opened, RESPONSE, 3 * HOUR + 1),
        breached(opened, RESOLUTION, 1),
        ("Delivered", {"id": opened, "evidence": NOTHING}),
    ]
    assert sla.agreement(opened).creditBps == 2_000


def test_a_weekend_between_costs_nothing(sla, provider, client, opening, do, told):
    do(sla.open, opening.struct, by=client, at=FRIDAY_EVENING - HOUR)
    id = opening.id()
    do(sla.respond, id, by=provider, at=FRIDAY_EVENING - 1)

    events = told(sla.deliver, id, NOTHING, by=provider, at=NEXT_MONDAY + 3 * HOUR)

    assert [name for name, _ in events] == ["Delivered"]


def test_deliver_ends_a_pause(sla, provider, opened, do, told):
    do(sla.awaitCustomer, opened, by=provider, at=MONDAY + 60)

    events = told(sla.deliver, opened, NOTHING, by=provider, at=DUE + HOUR)

    assert events == [
        ("ClockResumed", {"id": opened, "pausedTotal": 5 * HOUR - 60}),
        ("Delivered", {"id": opened, "evidence": NOTHING}),
    ]
    assert sla.agreement(opened).pausedAt == 0


def test_what_the_clocks_say_is_final(stage, sla, provider, delivered):
    at = MONDAY + 300 * DAY

    assert stage.answer(sla.quoteSettlement, delivered, by=provider, at=at) == (1_000_000, 0)


def test_deliver_again_changes_nothing_and_says_so(stage, sla, provider, delivered, client):
    assert stage.answer(sla.deliver, delivered, PROOF, by=provider) is False
    assert sla.deliver(delivered, PROOF, sender=provider).events == []
    stage.send(sla.accept, delivered, by=client)
    assert stage.answer(sla.deliver, delivered, PROOF, by=provider) is False


def test_deliver_is_refused_once_the_client_has_disputed(stage, sla, provider, client, opened):
    stage.send(sla.dispute, opened, NOTHING, by=client)

    assert stage.refusal(sla.deliver, opened, NOTHING, by=provider) == ("BadState", opened, 3)


def test_deliver_is_refused_after_the_provider_gave_up(stage, sla, provider, opened):
    stage.send(sla.giveUp, opened, by=provider)

    assert stage.refusal(sla.deliver, opened, NOTHING, by=provider) == ("BadState", opened, 4)


def test_deliver_is_the_providers_alone(stage, sla, provider, client, opened):
    refusal = stage.refusal(sla.deliver, opened, NOTHING, by=client)

    assert refusal == ("NotProvider", provider.address, client.address)


def test_deliver_refuses_an_agreement_that_there_is_not(stage, sla, provider):
    unknown = b"\x09" * 32

    refusal = stage.refusal(sla.deliver, unknown, NOTHING, by=provider)

    assert refusal == ("UnknownAgreement", unknown)
