"""Sends what the chain lacks: one step of a ticket at a time, each under a key of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from rapport.desk.inbox import Decision, Inbox, Ticket
from rapport.desk.intake import Find
from rapport.desk.mapping import Desk
from rapport.desk.tickets import End, Event, Step, Terms, Verb, concern, fold, missing
from rapport.errors import IdempotencyConflict, InputError, NotFound
from rapport.outbox import Outbox, State, Submission
from rapport.reverts import AlreadyBreached, BadState, PauseExhausted


class Agreements(Protocol):
    """What is asked of ``client.sla``."""

    @property
    def open(self) -> Callable[..., Submission]: ...
    @property
    def respond(self) -> Callable[..., Submission]: ...
    @property
    def pause(self) -> Callable[..., Submission]: ...
    @property
    def resume(self) -> Callable[..., Submission]: ...
    @property
    def deliver(self) -> Callable[..., Submission]: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What one look at all tickets came to."""

    sent: int
    """Steps that were handed to the outbox."""
    ended: int
    under_way: int
    """Steps in the outbox that have not come to an end."""
    told: tuple[str, ...]
    """What somebody may want to read, a line each."""


class Forwarder:
    """
    Decides and sends. Any number may run at once, in any number of processes, and be killed at any
    time: what is decided is on disk before it is sent, and sent under a key that follows from it.
    What cannot be sent is tried again after ``rest`` seconds.
    """

    def __init__(
        self,
        desks: Mapping[str, Desk],
        inbox: Inbox,
        agreements: Agreements,
        outbox: Outbox,
        find: Find,
        rest: float = 30.0,
    ) -> None:
        self._desks = desks
        self._inbox = inbox
        self._agreements = agreements
        self._outbox = outbox
        self._find = find
        self._rest = rest
        self._resting: dict[tuple[str, str], float] = {}
        self._awake = False

    def turn(self) -> Turn:
        """
        Goes on with every ticket as far as it goes without waiting.

        Raises:
            RpcError, Timeout: The node does not answer.
        """
        if not self._awake:  # the mapping may say more than it did before
            self._inbox.wake()
            self._awake = True
        for ticket in self._inbox.strangers():
            customer = self._find(ticket.unknown or "")
            if customer is not None:
                self._inbox.introduce(ticket.desk, ticket.number, customer)
        sent = ended = under_way = 0
        told: list[str] = []
        for ticket in self._inbox.due():
            course, which = _Course(ticket), (ticket.desk, ticket.number)
            if self._resting.get(which, 0.0) > time.monotonic():
                continue
            self._resting.pop(which, None)
            try:
                self._advance(course)
            except (InputError, NotFound) as error:
                self._resting[which] = time.monotonic() + self._rest
                self._trouble(course, str(error))
            sent += course.sent
            ended += course.ended
            under_way += course.under_way
            told += course.told
        return Turn(sent, ended, under_way, tuple(told))

    # One ticket

    def _advance(self, course: _Course) -> None:
        ticket = course.ticket
        desk = self._desks.get(ticket.desk)
        if desk is None:
            self._trouble(course, f"the mapping has no desk {ticket.desk!r} any more")
            return
        while True:
            step = self._inbox.plan(ticket.desk, ticket.number, partial(_decide, desk, ticket))
            if not isinstance(step, Step):
                if step is not None and step != ticket.concern:
                    course.tell(step)
                return
            submission = self._submitted(desk, course, step)
            if not self._ended(course, step, submission):
                return

    def _submitted(self, desk: Desk, course: _Course, step: Step) -> Submission:
        key = self._key(course.ticket, step)
        try:
            return self._outbox.get(key)
        except NotFound:
            pass
        try:
            submission = self._submit(desk, course, step, key)
        except IdempotencyConflict:  # another worker was quicker, before more was told
            return self._outbox.get(key)
        course.sent += 1
        return submission

    def _submit(self, desk: Desk, course: _Course, step: Step, key: str) -> Submission:
        ticket = course.ticket
        tale = fold(self._inbox.events(ticket.desk, ticket.number), desk.words)
        if step.verb is Verb.OPEN:
            terms = tale.terms
            if terms is None or terms.amount is None:
                lacking = "the ticket says no amount, and neither does the mapping"
                raise InputError(tale.puzzle or lacking)
            return self._agreements.open(
                terms.policy,
                terms.amount,
                priority=terms.priority,
                customer=terms.customer,
                idempotency_key=key,
            )
        agreement = tale.agreement or course.agreement
        if agreement is None:
            raise NotFound("the agreement's id is not known")
        verb: Callable[..., Submission] = getattr(self._agreements, step.verb.value)
        return verb(agreement, idempotency_key=key)

    def _ended(self, course: _Course, step: Step, submission: Submission) -> bool:
        """Notes how a step ended; false if it has not, or stays for somebody to mend."""
        ticket, outcome = course.ticket, submission.outcome
        retry = f"mend it, then: rapport tx retry {submission.key}"
        if submission.state is State.CANCELLED:
            self._trouble(course, f"{step.verb} was cancelled in the outbox; {retry}")
            return False
        if outcome is None:
            course.under_way += 1
            return False
        end, agreement = End.DONE, None
        if outcome.error is None:
            found = outcome.result.get("agreement")
            agreement = None if found is None else bytes.fromhex(str(found)[2:])
            course.agreement = course.agreement or agreement
        elif step.verb is Verb.PAUSE and isinstance(
            outcome.error, AlreadyBreached | PauseExhausted
        ):
            end = End.SKIPPED
            course.tell(f"the clock runs on: {outcome.error}")
        elif isinstance(outcome.error, BadState):
            end = End.OVER
            course.tell(f"{step.verb} came too late: {outcome.error}; nothing more is sent")
        else:
            self._trouble(course, f"{step.verb} was refused: {outcome.error}; {retry}")
            return False
        self._inbox.end(ticket.desk, ticket.number, step, end, agreement)
        course.ended += 1
        return True

    def _trouble(self, course: _Course, text: str) -> None:
        ticket = course.ticket
        if text != ticket.concern:
            self._inbox.trouble(ticket.desk, ticket.number, text)
            course.tell(text)

    def _key(self, ticket: Ticket, step: Step) -> str:
        place = self._inbox.place.rpartition(":")[2][2:10].lower()  # of the contract's address
        return f"desk:{place}:{ticket.desk}:{ticket.number}:{step.number}:{step.verb}"


class _Course:
    """How far a ticket gets in one turn."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.agreement = ticket.agreement
        self.sent = self.ended = self.under_way = 0
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(f"{self.ticket.desk} {self.ticket.number}: {text}")


def _decide(desk: Desk, ticket: Ticket, events: Sequence[Event], steps: Sequence[Step]) -> Decision:
    tale = fold(events, desk.words)
    verb = missing(tale, steps)
    if verb is Verb.OPEN:
        lacking = _lacking(tale.terms, ticket, desk)
        return Decision(verb) if lacking is None else Decision(None, lacking)
    return Decision(verb, concern(tale, steps))


def _lacking(terms: Terms | None, ticket: Ticket, desk: Desk) -> str | None:
    """What an agreement cannot be opened without."""
    if terms is None or terms.customer is not None:
        return None
    if ticket.unknown is None:
        return f"the ticket does not say whose it is (field {desk.customer!r})"
    return f"nobody is registered as {ticket.unknown!r}: rapport customer register {ticket.unknown}"
