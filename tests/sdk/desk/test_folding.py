"""All events of a ticket, by the desk's clock, and the verb that the chain still lacks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.desk.tickets import (
    End,
    Event,
    Meaning,
    Step,
    Verb,
    Words,
    concern,
    fold,
    missing,
)
from rapport.sla import Priority

WORDS = Words(
    {
        "new": Meaning.RUNNING,
        "open": Meaning.RUNNING,
        "pending": Meaning.WAITING,
        "solved": Meaning.DELIVERED,
        "merged": Meaning.DROPPED,
        "hold": Meaning.IGNORED,
    },
    {"p1": Priority.URGENT, "p2": Priority.HIGH},
)
CUSTOMER = bytes([7]) * 32


def event(at: int, state: str | None = "open", **more: object) -> Event:
    known = {"policy": 1, "amount": "200", "customer": CUSTOMER, **more}
    return Event(at, bytes([at]), state, **known)  # type: ignore[arg-type]


def course(events: Sequence[Event], steps: Sequence[Step] = ()) -> list[Verb]:
    """The verbs sent until nothing is lacking, where the contract takes them all."""
    done, sent = list(steps), []
    while (verb := missing(fold(events, WORDS), done)) is not None:
        sent.append(verb)
        done.append(Step(len(done) + 1, verb, End.DONE))
        assert len(sent) < 10
    return sent


OPEN, RESPOND, PAUSE, RESUME, DELIVER = Verb
STORIES = {
    "just opened": ([event(1, "new")], [OPEN]),
    "answered": ([event(1, "new"), event(2, replied=True)], [OPEN, RESPOND]),
    "asked, which is an answer": ([event(1), event(2, "pending", replied=True)], [OPEN, PAUSE]),
    "asked and told, before anything was sent": (
        [event(1), event(2, "pending", replied=True), event(3, "open")],
        [OPEN, RESPOND],
    ),
    "delivered, which is an answer": (
        [event(1), event(2, replied=True), event(3, "pending"), event(4), event(5, "solved")],
        [OPEN, DELIVER],
    ),
    "on hold while it was pending": (
        [event(1), event(2, "pending"), event(3, "hold")],
        [OPEN, PAUSE],
    ),
    "solved and opened again before it was sent": (
        [event(1), event(2, "solved"), event(3, "open")],
        [OPEN],
    ),
    "merged before it was opened": ([event(1), event(2, "merged")], []),
    "no promise": ([event(1, policy=None), event(2, "solved", policy=None)], []),
    "a promise from the second event on": (
        [event(1, policy=None), event(2, policy=3), event(3, "solved", policy=3)],
        [OPEN, DELIVER],
    ),
    "a state that was never told": ([event(1, None)], [OPEN]),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_a_ticket_s_events_leads_to_the_same_verbs(name: str) -> None:
    events, verbs = STORIES[name]
    tale = fold(events, WORDS)
    for order in permutations(events):
        assert fold(order, WORDS) == tale
        assert course(order) == verbs


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_arrival_ends_where_the_desk_ends(name: str) -> None:
    """Each event is acted on as it comes: more may be sent, the end is the same."""
    events, verbs = STORIES[name]
    for order in permutations(events):
        steps: list[Step] = []
        for count in range(1, len(order) + 1):
            for verb in course(order[:count], steps):
                steps.append(Step(len(steps) + 1, verb, End.DONE))
        sent = [each.verb for each in steps]
        assert len(sent) == len(set(sent)) or PAUSE in sent, "only a pause can come twice"
        if OPEN in sent and DELIVER not in sent:
            clock = [each for each in sent if each in (PAUSE, RESUME)]
            paused = bool(clock) and clock[-1] is PAUSE
            assert paused is (fold(events, WORDS).meaning is Meaning.WAITING)
        if DELIVER in verbs:
            assert sent[-1] is DELIVER
        assert set(verbs) - {RESPOND, PAUSE} <= set(sent)


events_ = st.builds(
    event,
    st.integers(1, 200),
    st.sampled_from([None, "new", "open", "pending", "solved", "merged", "hold", "odd"]),
    sure=st.booleans(),
    replied=st.booleans(),
    priority=st.sampled_from([None, "p1", "p2", "odd"]),
    policy=st.sampled_from([None, 1, 2]),
)


@given(st.lists(events_, max_size=8, unique_by=lambda each: each.at), st.randoms())
def test_the_fold_does_not_depend_on_the_order(events: list[Event], chance: object) -> None:
    mixed = list(events)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert fold(mixed, WORDS) == fold(events, WORDS)
    assert course(mixed) == course(events)


@given(st.lists(events_, max_size=6, unique_by=lambda each: each.at))
def test_an_event_that_comes_again_changes_nothing(events: list[Event]) -> None:
    assert fold([*events, *events], WORDS) == fold(events, WORDS)


def test_of_one_moment_what_is_about_the_state_counts() -> None:
    beside = Event(5, b"z", "open", sure=False, policy=1)
    about = Event(5, b"a", "pending", sure=True, policy=1)
    assert fold([beside, about], WORDS).meaning is Meaning.WAITING
    assert fold([about, beside], WORDS).meaning is Meaning.WAITING


def test_the_first_event_under_a_policy_gives_the_terms() -> None:
    tale = fold(
        [event(3, policy=2, amount="9"), event(2, priority="p1"), event(1, policy=None)], WORDS
    )
    assert tale.terms is not None
    assert (tale.terms.policy, tale.terms.amount) == (1, "200")
    assert tale.terms.priority is Priority.URGENT


def test_a_customer_who_is_named_later_is_the_customer() -> None:
    tale = fold([event(1, customer=None), event(2)], WORDS)
    assert tale.terms is not None
    assert tale.terms.customer == CUSTOMER


def test_a_word_that_the_mapping_does_not_know_stops_the_ticket() -> None:
    tale = fold([event(1), event(2, "escalated")], WORDS)
    assert missing(tale, []) is None
    assert concern(tale, []) == "the state 'escalated' is not in the mapping's states"
    assert "priority 'p9'" in (concern(fold([event(1, priority="p9")], WORDS), []) or "")
    # One that was overtaken matters no more.
    assert course([event(1), event(2, "escalated"), event(3, "solved")]) == [OPEN, DELIVER]


def done(*verbs: Verb, end: End = End.DONE) -> list[Step]:
    return [Step(number, verb, end) for number, verb in enumerate(verbs, 1)]


def test_a_ticket_reopened_after_its_delivery_is_said_and_nothing_is_sent() -> None:
    tale = fold([event(1), event(2, "solved"), event(3, "open")], WORDS)
    assert missing(tale, done(OPEN, DELIVER)) is None
    assert "reopened after its delivery" in (concern(tale, done(OPEN, DELIVER)) or "")
    again = fold([event(1), event(2, "solved"), event(3, "open"), event(4, "solved")], WORDS)
    assert concern(again, done(OPEN, DELIVER)) is None


def test_a_ticket_merged_after_its_opening_is_said() -> None:
    tale = fold([event(1), event(2, "merged")], WORDS)
    assert missing(tale, done(OPEN)) is None
    assert "merged at the desk, and its clocks run on" in (concern(tale, done(OPEN)) or "")


def test_a_late_event_of_the_past_is_no_reopening() -> None:
    tale = fold([event(1), event(9, "solved"), event(5, "open")], WORDS)
    assert concern(tale, done(OPEN, DELIVER)) is None
    assert missing(tale, done(OPEN, DELIVER)) is None


def test_a_pause_that_the_contract_refused_is_not_tried_again_and_is_an_answer() -> None:
    tale = fold([event(1), event(2, "pending")], WORDS)
    refused = [*done(OPEN), Step(2, PAUSE, End.SKIPPED)]
    assert missing(tale, refused) is RESPOND
    assert missing(tale, [*refused, Step(3, RESPOND, End.DONE)]) is None


def test_an_agreement_that_the_client_has_opened_is_not_opened() -> None:
    held = event(1, agreement=b"a" * 32, priority="p9")
    assert course([held, event(2, replied=True)]) == [RESPOND]
    assert course([held, event(2, "solved")]) == [DELIVER]


def test_nothing_is_sent_once_the_agreement_is_over() -> None:
    steps = [*done(OPEN), Step(2, RESPOND, End.OVER)]
    assert missing(fold([event(1), event(2, "solved")], WORDS), steps) is None
