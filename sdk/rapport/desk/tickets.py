"""A ticket's events, what the chain should know of them, and which verb it still lacks.

Pure: the same events give the same, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapport.sla import Priority


class Meaning(StrEnum):
    """What a desk's state means for the clocks."""

    RUNNING = "running"
    """The desk has to act."""
    WAITING = "waiting"
    """The customer has to."""
    DELIVERED = "delivered"
    """The desk says that it is done."""
    DROPPED = "dropped"
    """Merged, deleted, spam: there is nothing to be done."""
    IGNORED = "ignored"
    """Says nothing; what was before it holds."""


class Verb(StrEnum):
    """What is sent, as ``client.sla`` calls it."""

    OPEN = "open"
    RESPOND = "respond"
    PAUSE = "pause"
    RESUME = "resume"
    DELIVER = "deliver"


class End(StrEnum):
    """How a step ended."""

    DONE = "done"
    SKIPPED = "skipped"
    """The contract allows no pause any more, or there was none to resume from."""
    OVER = "over"
    """The agreement is disputed or settled: nothing more is sent."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is kept of a delivery. States and priorities are the desk's words."""

    at: int
    """Unix microseconds, by the desk's clock."""
    digest: bytes
    """Of the delivery's id."""
    state: str | None = None
    sure: bool = True
    priority: str | None = None
    replied: bool = False
    policy: int | None = None
    """``None``: no promise was made for such tickets."""
    amount: str | None = None
    """Whole units of the policy's token."""
    customer: bytes | None = None
    agreement: bytes | None = None
    """Where the client has opened it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A verb that was decided on; it is sent under this number, once."""

    number: int
    verb: Verb
    end: End | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement is opened with."""

    policy: int
    priority: Priority
    amount: str | None
    customer: bytes | None


@dataclass(frozen=True, slots=True)
class Tale:
    """What all events of a ticket tell together."""

    meaning: Meaning | None = None
    replied: bool = False
    terms: Terms | None = None
    agreement: bytes | None = None
    last: str | None = None
    """The desk's last word."""
    puzzle: str | None = None
    """A word that the mapping does not know: nothing is decided before it does."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a desk's words mean."""

    states: Mapping[str, Meaning]
    priorities: Mapping[str, Priority]
    priority: Priority = Priority.NORMAL
    """Of tickets that have none."""


def fold(events: Iterable[Event], words: Words) -> Tale:
    """
    What the events tell, by the desk's clock. The first that falls under a policy gives the terms,
    the last that says a state gives the state.
    """
    ordered = sorted(events, key=lambda each: (each.at, each.sure, each.digest))
    first = next((each for each in ordered if each.policy is not None), None)
    if first is None:
        return Tale()
    meaning: Meaning | None = None
    last: str | None = None
    for each in reversed(ordered):
        if each.state is None:
            continue
        if each.state not in words.states:
            return Tale(puzzle=f"the state {each.state!r} is not in the mapping's states")
        if words.states[each.state] is not Meaning.IGNORED:
            meaning, last = words.states[each.state], each.state
            break
    agreement = next((each.agreement for each in ordered if each.agreement is not None), None)
    terms = None
    if agreement is None:
        if first.priority is not None and first.priority not in words.priorities:
            word = first.priority
            return Tale(puzzle=f"the priority {word!r} is not in the mapping's priorities")
        terms = _terms(first, ordered, words)
    replied = any(each.replied for each in ordered)
    return Tale(meaning or Meaning.RUNNING, replied, terms, agreement, last)


def _terms(first: Event, ordered: Sequence[Event], words: Words) -> Terms:
    assert first.policy is not None
    named = (each.customer for each in (first, *ordered) if each.customer is not None)
    priority = words.priority if first.priority is None else words.priorities[first.priority]
    return Terms(first.policy, priority, first.amount, next(named, None))


def missing(tale: Tale, steps: Sequence[Step]) -> Verb | None:
    """
    The next verb that the chain lacks. What was overtaken is left out: a pause that ended before it
    could be sent, a response before a delivery, which is one.
    """
    if tale.meaning is None or tale.puzzle is not None or _over(steps):
        return None
    if tale.terms is None and tale.agreement is None:
        return None
    done = {each.verb for each in steps if each.end is End.DONE}
    if tale.agreement is None and Verb.OPEN not in done:
        return None if tale.meaning is Meaning.DROPPED else Verb.OPEN
    if Verb.DELIVER in done or tale.meaning is Meaning.DROPPED:
        return None
    if tale.meaning is Meaning.DELIVERED:
        return Verb.DELIVER
    clock = [each for each in steps if each.verb in (Verb.PAUSE, Verb.RESUME)]
    paused = bool(clock) and clock[-1].verb is Verb.PAUSE
    waiting = tale.meaning is Meaning.WAITING
    if waiting and not paused:
        return Verb.PAUSE
    if paused and not waiting:
        return Verb.RESUME
    if (tale.replied or waiting) and not done & {Verb.RESPOND, Verb.PAUSE}:
        return Verb.RESPOND
    return None


def needless(verb: Verb, steps: Sequence[Step]) -> bool:
    """True of a resumption after a pause that the contract refused."""
    pauses = [each for each in steps if each.verb is Verb.PAUSE]
    return verb is Verb.RESUME and bool(pauses) and pauses[-1].end is End.SKIPPED


def concern(tale: Tale, steps: Sequence[Step]) -> str | None:
    """What somebody should know, if anything."""
    if tale.puzzle is not None:
        return tale.puzzle
    done = {each.verb for each in steps if each.end is End.DONE}
    opened = tale.agreement is not None or Verb.OPEN in done
    if Verb.DELIVER in done and tale.meaning in (Meaning.RUNNING, Meaning.WAITING):
        return (
            "reopened after its delivery; an agreement cannot be: the client may dispute it until "
            "the review ends"
        )
    if opened and Verb.DELIVER not in done and tale.meaning is Meaning.DROPPED:
        return (
            f"{tale.last} at the desk, and its clocks run on: deliver the agreement or give it up"
        )
    return None


def _over(steps: Sequence[Step]) -> bool:
    return any(each.end is End.OVER for each in steps)
