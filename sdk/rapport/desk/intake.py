"""Takes deliveries in: whose they are, what they tell, once each."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from rapport import units
from rapport.desk.delivery import Adapter, Delivery, Malformed, Unsigned, Update
from rapport.desk.inbox import Conflict, Inbox
from rapport.desk.mapping import Desk
from rapport.desk.tickets import Event
from rapport.errors import NotFound, RapportError
from rapport.ingest.seen import digest

Find = Callable[[str], bytes | None]
"""The id of the customer with a number, if somebody has it."""

_MICROSECONDS = 1_000_000


class Taken(StrEnum):
    """What became of a delivery that was accepted."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    IGNORED = "ignored"
    """It is not about tickets, or about one whose customer was erased."""


class Refusal(StrEnum):
    """Why a request was refused, as it is counted."""

    UNKNOWN = "unknown desk"
    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    CONFLICT = "conflict"


_REFUSED: Mapping[type[RapportError], Refusal] = {
    NotFound: Refusal.UNKNOWN,
    Unsigned: Refusal.UNSIGNED,
    Malformed: Refusal.MALFORMED,
    Conflict: Refusal.CONFLICT,
}


class Intake:
    """
    The way in, for any number of threads. ``find`` knows the customers, ``register`` makes new
    ones where the mapping says so.
    """

    def __init__(
        self,
        desks: Mapping[str, Desk],
        inbox: Inbox,
        find: Find,
        register: Callable[[str], bytes],
    ) -> None:
        self._desks = desks
        self._inbox = inbox
        self._find = find
        self._register = register
        self._counted: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def take(self, name: str, delivery: Delivery, now: datetime | None) -> Taken:
        """
        Takes a request in, if the desk has signed it. ``now`` is ``None`` for what was recorded:
        how long ago it was signed does not matter then.

        Raises:
            NotFound: The mapping has no such desk.
            Unsigned, Malformed, Conflict: It is refused; nothing is kept of it but a count.
        """
        known = name if name in self._desks else ""
        try:
            taken = self._take(self._known(name), delivery, now)
        except tuple(_REFUSED) as error:
            self._count(known, _REFUSED[type(error)])
            raise
        self._count(known, taken)
        return taken

    def check(self, name: str, delivery: Delivery) -> None:
        """
        Does as :meth:`take` with what was recorded, and keeps nothing, not even a count.

        Raises:
            NotFound, Unsigned, Malformed: It would be refused.
        """
        desk = self._known(name)
        _verify(desk, delivery, None)
        update = desk.adapter.read(delivery)
        if update is not None:
            self._event(desk, update)

    def flush(self) -> None:
        """Writes the counts down."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        if counted:
            self._inbox.count(counted)

    def _known(self, name: str) -> Desk:
        desk = self._desks.get(name)
        if desk is None:
            raise NotFound("the mapping has no desk of this name")
        return desk

    def _take(self, desk: Desk, delivery: Delivery, now: datetime | None) -> Taken:
        _verify(desk, delivery, now)
        update = desk.adapter.read(delivery)
        if update is None or self._inbox.gone(desk.name, update.ticket):
            return Taken.IGNORED
        event, number = self._event(desk, update)
        if number is not None and event.policy is not None and desk.register:
            event, number = _of(event, self._register(number)), None
        new = self._inbox.take(desk.name, update.ticket, event, _content(update, event), number)
        return Taken.ACCEPTED if new else Taken.REPEATED

    def _event(self, desk: Desk, update: Update) -> tuple[Event, str | None]:
        """What is kept of an update, and the customer's number if nobody knows it."""
        promise = desk.promised(update)
        number = None if promise is None else desk.number(update)
        event = Event(
            at=_micro(update.at),
            digest=digest(update.delivery),
            state=update.state,
            sure=update.sure,
            priority=update.priority,
            replied=update.replied,
            policy=None if promise is None else promise.policy,
            amount=None if promise is None or promise.amount is None else f"{promise.amount:f}",
            agreement=desk.opened(update),
        )
        customer = None if number is None else self._find(number)
        return (event, number) if customer is None else (_of(event, customer), None)

    def _count(self, desk: str, what: str) -> None:
        with self._lock:
            self._counted[desk, str(what)] += 1


def _verify(desk: Desk, delivery: Delivery, now: datetime | None) -> None:
    adapter: Adapter = desk.adapter
    *others, last = desk.secrets
    for secret in others:
        try:
            return adapter.verify(delivery, secret, now, desk.tolerance)
        except Unsigned:
            continue
    return adapter.verify(delivery, last, now, desk.tolerance)


def _of(event: Event, customer: bytes) -> Event:
    return replace(event, customer=customer)


def _content(update: Update, event: Event) -> bytes:
    """A digest of what was told, whoever the customer is by now."""
    told = (update.ticket, event.at, event.state, event.priority, event.replied)
    return digest(repr(told))


def _micro(moment: datetime) -> int:
    return units.to_timestamp(moment) * _MICROSECONDS + moment.astimezone(UTC).microsecond
