"""The provider's first response, and what it costs if it is late."""

import pytest

from tests.contracts.unit.support.agreements import (
    FRIDAY_EVENING,
    HOUR,
    MONDAY,
    NEXT_MONDAY,
    NOTHING,
    RESPONSE,
    breached,
)


def test_respond_is_kept_and_told(stage, sla, provider, opened, told):
    events = told(sla.respond, opened, by=provider, at=MONDAY + 60)

    assert events == [("Responded", {"id": opened})]
    kept = sla.agreement(opened)
    assert (kept.respondedAt, kept.creditBps) == (MONDAY + 60, 0)


def test_respond_in_the_last_second_costs_nothing_and_one_later_a_credit(
    stage, sla, provider, opened, told
):
    last = MONDAY + HOUR
    assert stage.answer(sla.respond, opened, by=provider, at=last) is True
    assert stage.answer(sla.clocks, opened, by=provider, at=last)[0] == last

    events = told(sla.respond, opened, by=provider, at=last + 1)

    assert events == [("Responded", {"id": opened}), breached(opened, RESPONSE, 1)]
    assert sla.agreement(opened).creditBps == 1_000


def test_an_evening_and_a_weekend_do_not_count(sla, provider, client, opening, do, told):
    do(sla.open, opening.struct, by=client, at=FRIDAY_EVENING - HOUR)
    id = opening.id()

    # The hour is used up on Friday at five, and the clock stands until Monday at nine.
    events = told(sla.respond, id, by=provider, at=NEXT_MONDAY)

    assert events == [("Responded", {"id": id})]


def test_the_first_second_of_the_next_week_counts(sla, provider, client, opening, do, told):
    do(sla.open, opening.struct, by=client, at=FRIDAY_EVENING - HOUR)
    id = opening.id()

    events = told(sla.respond, id, by=provider, at=NEXT_MONDAY + 1)

    assert events == [("Responded", {"id": id}), breached(id, RESPONSE, 1)]


def test_no_promise_is_never_broken(sla, provider, client, publish, offer, opening, do, told):
    made = opening.but(policy=publish(offer.but(response=(HOUR, 0, HOUR, HOUR))))
    do(sla.open, made.struct, by=client, at=MONDAY)

    events = told(sla.respond, made.id(), by=provider, at=MONDAY + 3 * HOUR)

    assert events == [("Responded", {"id": made.id()})]


def test_respond_again_changes_nothing_and_says_so(stage, sla, provider, opened, do):
    do(sla.respond, opened, by=provider, at=MONDAY + 1)

    late = MONDAY + 7 * HOUR
    assert stage.answer(sla.respond, opened, by=provider, at=late) is False
    assert sla.respond(opened, sender=provider).events == []
    assert sla.agreement(opened).respondedAt == MONDAY + 1


@pytest.mark.parametrize("how", ["delivered", "disputed"])
def test_respond_after_a_delivery_says_that_there_was_one(stage, sla, provider, how, request):
    id = request.getfixturevalue(how)

    assert stage.answer(sla.respond, id, by=provider) is False


def test_respond_is_refused_once_the_clocks_have_stopped_without_one(
    stage, sla, provider, client, opened
):
    stage.send(sla.dispute, opened, NOTHING, by=client)

    assert stage.refusal(sla.respond, opened, by=provider) == ("BadState", opened, 3)


def test_respond_is_the_providers_alone(stage, sla, provider, client, opened):
    refusal = stage.refusal(sla.respond, opened, by=client)

    assert refusal == ("NotProvider", provider.address, client.address)


def test_respond_refuses_an_agreement_that_there_is_not(stage, sla, provider):
    unknown = b"\x09" * 32

    assert stage.refusal(sla.respond, unknown, by=provider) == ("UnknownAgreement", unknown)
