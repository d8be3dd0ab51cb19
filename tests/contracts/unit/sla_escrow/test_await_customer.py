"""The clock stands while the customer is asked, within a budget, and never after a breach."""

import pytest

from tests.contracts.unit.support.agreements import (
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
from tests.contracts.unit.support.verbs import sending

TUESDAY = MONDAY + DAY


wait = sending("sla", "awaitCustomer", "provider")
resume = sending("sla", "resume", "client")


@pytest.fixture
def clock(stage, sla, provider):
    """Seconds on the clock, and that pauses took: ``clock(opened, TUESDAY)``."""
    return lambda id, at: stage.answer(sla.clocks, id, by=provider, at=at)[2:]


def test_await_customer_stops_the_clock_and_is_a_response(sla, provider, opened, told, clock):
    events = told(sla.awaitCustomer, opened, by=provider, at=MONDAY + 600)

    assert events == [("Responded", {"id": opened}), ("ClockPaused", {"id": opened})]
    kept = sla.agreement(opened)
    assert (kept.respondedAt, kept.pausedAt) == (MONDAY + 600, MONDAY + 600)
    assert clock(opened, MONDAY + 4 * HOUR) == (600, 4 * HOUR - 600)


def test_await_customer_after_a_response_is_no_other(sla, provider, opened, do, told):
    do(sla.respond, opened, by=provider, at=MONDAY + 1)

    events = told(sla.awaitCustomer, opened, by=provider, at=MONDAY + 2)

    assert events == [("ClockPaused", {"id": opened})]


def test_a_question_that_comes_too_late_is_a_late_response(sla, provider, opened, told):
    events = told(sla.awaitCustomer, opened, by=provider, at=MONDAY + HOUR + 30)

    assert breached(opened, RESPONSE, 30) in events


@pytest.mark.parametrize("who", ["client", "provider"])
def test_resume_by_either_party_lets_it_run_again(sla, opened, wait, told, clock, who, request):
    wait(opened, MONDAY + 600)

    events = told(sla.resume, opened, by=request.getfixturevalue(who), at=MONDAY + 4_200)

    assert events == [("ClockResumed", {"id": opened, "pausedTotal": HOUR})]
    kept = sla.agreement(opened)
    assert (kept.pausedAt, kept.pausedTotal) == (0, HOUR)
    assert clock(opened, MONDAY + 4_260) == (660, HOUR)


def test_a_pause_takes_business_hours_alone(sla, client, provider, opening, do, wait, told):
    do(sla.open, opening.struct, by=client, at=FRIDAY_EVENING - HOUR)
    wait(opening.id(), FRIDAY_EVENING - 60)

    events = told(sla.resume, opening.id(), by=client, at=NEXT_MONDAY + 5)

    assert events == [("ClockResumed", {"id": opening.id(), "pausedTotal": 65})]


def test_a_pause_beyond_the_budget_counts_no_further(sla, opened, wait, resume, clock):
    wait(opened, MONDAY + 600)
    # Eight hours of business end on Tuesday at 9:10.
    assert clock(opened, TUESDAY + 600) == (600, 8 * HOUR)
    assert clock(opened, TUESDAY + 660) == (660, 8 * HOUR)

    resume(opened, TUESDAY + 5 * HOUR)

    assert sla.agreement(opened).pausedTotal == 8 * HOUR
    assert clock(opened, TUESDAY + 5 * HOUR) == (5 * HOUR, 8 * HOUR)


def test_a_breach_in_an_endless_pause_is_paid_for(sla, provider, opened, wait, told):
    wait(opened, MONDAY + 600)

    events = told(sla.deliver, opened, NOTHING, by=provider, at=TUESDAY + 4 * HOUR + 1)

    assert events == [
        ("ClockResumed", {"id": opened, "pausedTotal": 8 * HOUR}),
        breached(opened, RESOLUTION, 1),
        ("Delivered", {"id": opened, "evidence": NOTHING}),
    ]


def test_pauses_add_up_to_the_budget_and_are_exhausted(stage, sla, provider, opened, wait, resume):
    wait(opened, MONDAY)
    resume(opened, MONDAY + 8 * HOUR - 1)
    wait(opened, MONDAY + 8 * HOUR - 1)  # one second is left
    resume(opened, TUESDAY)

    refusal = stage.refusal(sla.awaitCustomer, opened, by=provider, at=TUESDAY)

    assert refusal == ("PauseExhausted", 8 * HOUR, 8 * HOUR)


def test_no_budget_is_no_pause(stage, sla, client, provider, publish, offer, opening, do):
    made = opening.but(policy=publish(offer.but(max_pause=0)))
    do(sla.open, made.struct, by=client, at=MONDAY)

    refusal = stage.refusal(sla.awaitCustomer, made.id(), by=provider)

    assert refusal == ("PauseExhausted", 0, 0)


def test_no_pause_begins_after_the_breach(stage, sla, provider, opened):
    last = MONDAY + 4 * HOUR
    assert stage.answer(sla.awaitCustomer, opened, by=provider, at=last) is True

    refusal = stage.refusal(sla.awaitCustomer, opened, by=provider, at=last + 1)

    assert refusal == ("AlreadyBreached", 4 * HOUR + 1, 4 * HOUR)


def test_a_pause_that_begins_in_the_last_second_stops_the_clock_there(
    sla, provider, opened, wait, resume, clock
):
    wait(opened, MONDAY + 4 * HOUR)
    resume(opened, MONDAY + 6 * HOUR)

    assert clock(opened, MONDAY + 6 * HOUR) == (4 * HOUR, 2 * HOUR)


def test_await_customer_again_changes_nothing_and_says_so(stage, sla, provider, opened, wait):
    wait(opened, MONDAY + 1)

    assert stage.answer(sla.awaitCustomer, opened, by=provider, at=MONDAY + 2) is False
    assert sla.awaitCustomer(opened, sender=provider).events == []
    assert sla.agreement(opened).pausedAt == MONDAY + 1


def test_resume_again_changes_nothing_and_says_so(stage, sla, client, opened, wait, resume):
    assert stage.answer(sla.resume, opened, by=client) is False
    wait(opened, MONDAY + 1)
    resume(opened, MONDAY + 2)

    assert stage.answer(sla.resume, opened, by=client, at=MONDAY + 3) is False
    assert sla.resume(opened, sender=client).events == []


@pytest.mark.parametrize("how", ["delivered", "disputed"])
def test_a_stopped_clock_is_neither_paused_nor_resumed(stage, sla, provider, how, state, request):
    id = request.getfixturevalue(how)

    for verb in (sla.awaitCustomer, sla.resume):
        assert stage.refusal(verb, id, by=provider) == ("BadState", id, state(id))


def test_await_customer_is_the_providers_and_resume_the_parties_alone(
    stage, sla, client, provider, stranger, opened
):
    told = ("NotProvider", provider.address, client.address)
    assert stage.refusal(sla.awaitCustomer, opened, by=client) == told
    assert stage.refusal(sla.resume, opened, by=stranger) == (
        "NotParty",
        opened,
        stranger.address,
    )


def test_await_customer_and_resume_refuse_an_agreement_that_there_is_not(stage, sla, provider):
    unknown = b"\x09" * 32
    for verb in (sla.awaitCustomer, sla.resume):
        assert stage.refusal(verb, unknown, by=provider) == ("UnknownAgreement", unknown)
