"""One description of every verb, run by ``Client`` and by ``AsyncClient`` alike.

A verb does no I/O. A reading one is a generator: it yields what it wants to know and is handed the
answers. A writing one returns a :class:`Draft` of what is to be sent, or is a generator as well if
it has to ask before. Who runs it decides what the caller gets, and the type checkers know: a value
from a ``Client``, an awaitable from an ``AsyncClient``::

    client.loyalty.balance("C-17")             # Balance
    await async_client.loyalty.balance("C-17") # Balance
    client.loyalty.award("C-17", 500)          # Submission, at once
    client.loyalty.award.dry_run("C-17", 500)  # Simulation; nothing is kept or sent
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import (
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import update_wrapper
from itertools import islice
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from rapport import units
from rapport.archive import Archive
from rapport.artifacts import AddressBook
from rapport.chain import Chain, Question
from rapport.consents import Purposes
from rapport.directory import Directory, Person, Standing
from rapport.errors import InputError, NotFound, RapportError
from rapport.invoices import Seller
from rapport.orderbook import OrderBook
from rapport.outbox import AsyncSubmission, Outbox, State, Submission
from rapport.outbox.kinds import Kind, Payload
from rapport.privacy import Section, Shelf
from rapport.services.drafts import Draft, Drafted, Simulation, rehearsing
from rapport.services.streams import CHUNK, AsyncStream, Stream
from rapport.tokens import Token

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class Sync:
    """Marks services whose verbs block."""


class Async:
    """Marks services whose verbs are awaited."""


M = TypeVar("M", Sync, Async)


Steps = Generator[Sequence[Question], Sequence[Any], T]
"""A reading verb: yields what goes out together, is sent the answers, returns a value."""


class Context(Protocol):
    """What verbs may know without asking the chain."""

    @property
    def directory(self) -> Directory: ...

    @property
    def archive(self) -> Archive: ...

    @property
    def purposes(self) -> Purposes: ...

    @property
    def receipt_format(self) -> str:
        """In which of the published formats consent receipts are issued."""
        ...

    @property
    def book(self) -> AddressBook: ...

    @property
    def chain(self) -> Chain: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def shelves(self) -> Sequence[Shelf]:
        """What else in the brand's file holds rows on customers."""
        ...

    @property
    def sections(self) -> Mapping[str, Section]:
        """What each service tells of a customer in an export."""
        ...

    @property
    def sender(self) -> str | None:
        """The address that writes, if there is one."""
        ...

    @property
    def tokens(self) -> MutableMapping[str, Token]:
        """The tokens that were asked what they are, by address."""
        ...

    @property
    def orders(self) -> OrderBook:
        """The orders that were made here, by the shop's numbers."""
        ...

    @property
    def seller(self) -> Seller | None:
        """Who invoices name as the seller."""
        ...

    @property
    def explorer(self) -> str | None:
        """Where invoices lead for transactions, if it is not the chain's usual place."""
        ...


class Runner(Protocol):
    """Runs verbs, blocking or not. The return types are those that the descriptors promise."""

    def run(self, steps: Steps[Any]) -> Any: ...

    def perform(self, work: Callable[[], Any]) -> Any: ...

    def submit(self, draft: Draft | Steps[Draft]) -> Any: ...

    def simulate(self, draft: Draft | Steps[Draft]) -> Any: ...

    def ask(self, steps: Steps[Any]) -> Any:
        """Runs a reading verb here and now, whichever client it is."""
        ...

    def stream(self, drafts: Iterator[Drafted[Any]]) -> Any: ...


class Service(Generic[M]):
    """Verbs of one contract. ``context`` is what they know, ``runner`` what runs them."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self.runner = runner

    def _person(self, customer: str | bytes) -> Person:
        """A customer that can still be acted for."""
        person = self._context.directory.find(customer)
        if person.state is Standing.MERGED and person.merged_into is not None:
            heir = "0x" + person.merged_into.hex()
            raise InputError(f"customer {person.hex} was merged; act for {heir} instead")
        if person.state is Standing.ERASED:
            raise InputError(f"customer {person.hex} was erased, and never returns")
        return person

    def _identify(self, customer: str | bytes) -> tuple[bytes, str | None]:
        """Id and number of a customer; an id that this directory does not know passes as well."""
        by_id = isinstance(customer, bytes) or customer.strip()[:2] in ("0x", "0X")
        try:
            person = self._context.directory.find(customer)
        except NotFound:
            if not by_id:
                raise
            return units.customer_id(customer), None
        return person.id, person.number

    def _concerned(self, customer: str | bytes | None) -> tuple[bytes, Person | None]:
        """Whom something is for: nobody's id of zero for none; an unknown id passes as well."""
        if customer is None:
            return bytes(32), None
        try:
            person = self._person(customer)
        except NotFound:
            return self._identify(customer)[0], None
        return person.id, person

    def _number_of(self, customer_id: bytes) -> str | None:
        return self._identify(customer_id)[1]

    def _called(self, customer_id: bytes) -> str | None:
        """A customer's number, or the id where it is not known here; ``None`` for nobody's id."""
        if not any(customer_id):
            return None
        return self._number_of(customer_id) or units.hex32(customer_id)

    def _draft(self, kind: type[Kind], key: str | None, payload: Payload) -> Draft:
        """A draft; without a key of the caller's it gets one of its own, and is never a repeat."""
        return Draft(kind, key or new_key(kind), payload)

    def _afresh(self, key: str) -> str:
        """
        A key of its own for what the contract does once: the same while it has not failed, so
        that asking twice sends once; another one after a failure, so that it is tried again.
        """
        tried = 1
        while True:
            wanted = key if tried == 1 else f"{key}:{tried}"
            try:
                entry = self._context.outbox.show(wanted).entry
            except NotFound:
                return wanted
            if entry.state not in (State.FAILED, State.CANCELLED):
                return wanted
            tried += 1


def new_key(kind: type[Kind]) -> str:
    """An idempotency key of its own, for a caller who gave none."""
    return f"{kind.name}:{uuid.uuid4()}"


class _Answering(ABC, Generic[P, T]):
    """A verb that answers: awaited of an asynchronous service, at once of the other."""

    def __init__(self, work: Callable[Concatenate[Any, P], Any]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, service: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, service: Service[Sync], owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, service: Service[Async], owner: Any = None) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, service: Service[Any] | None, owner: Any = None) -> Any:
        if service is None:
            return self

        def verb(*args: P.args, **kwargs: P.kwargs) -> Any:
            return self._answer(service, lambda: self._work(service, *args, **kwargs))

        return update_wrapper(verb, self._work)

    @abstractmethod
    def _answer(self, service: Service[Any], work: Callable[[], Any]) -> Any:
        """Has the runner do the work."""


class read(_Answering[P, T]):  # noqa: N801 - a decorator
    """Makes a generator of questions a verb that answers."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Steps[T]]) -> None:
        super().__init__(steps)

    def _answer(self, service: Service[Any], work: Callable[[], Any]) -> Any:
        return service.runner.run(work())


class task(_Answering[P, T]):  # noqa: N801 - a decorator
    """Makes what works on disk and chain by itself a verb; awaited, it runs in a thread."""

    def __init__(self, work: Callable[Concatenate[Any, P], T]) -> None:
        super().__init__(work)

    def _answer(self, service: Service[Any], work: Callable[[], Any]) -> Any:
        return service.runner.perform(work)


class BoundWrite(Generic[P, T, R]):
    """A writing verb of one service: call it to submit, or ask what it would do."""

    def __init__(
        self,
        service: Service[Any],
        drafting: Callable[Concatenate[Any, P], Draft | Steps[Draft]],
    ) -> None:
        self._service = service
        self._drafting = drafting
        self.__name__ = drafting.__name__
        self.__doc__ = drafting.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        draft = self._drafting(self._service, *args, **kwargs)
        submission: T = self._service.runner.submit(draft)
        return submission

    def dry_run(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """
        What the call would do now, and its gas. Nothing is kept, signed or sent.

        Raises:
            Reverted: The contract would refuse it.
        """
        token = rehearsing.set(True)
        try:
            draft = self._drafting(self._service, *args, **kwargs)
        finally:
            rehearsing.reset(token)
        simulation: R = self._service.runner.simulate(draft)
        return simulation


class write(Generic[P]):  # noqa: N801 - a decorator
    """Makes what drafts an intent a verb that submits it."""

    def __init__(self, drafting: Callable[Concatenate[Any, P], Draft | Steps[Draft]]) -> None:
        self._drafting = drafting
        self.__doc__ = drafting.__doc__

    @overload
    def __get__(self, service: None, owner: Any = None) -> write[P]: ...
    @overload
    def __get__(
        self, service: Service[Sync], owner: Any = None
    ) -> BoundWrite[P, Submission, Simulation]: ...
    @overload
    def __get__(
        self, service: Service[Async], owner: Any = None
    ) -> BoundWrite[P, Awaitable[AsyncSubmission], Awaitable[Simulation]]: ...
    def __get__(self, service: Service[Any] | None, owner: Any = None) -> Any:
        return self if service is None else BoundWrite(service, self._drafting)


class bulk(Generic[T]):  # noqa: N801 - a decorator
    """Makes what drafts one item a verb that streams any number of them through the outbox."""

    def __init__(self, drafting: Callable[Concatenate[Any, T, ...], Draft]) -> None:
        self._drafting: Callable[..., Draft] = drafting
        self._together: Callable[[Any, list[T]], None] | None = None
        self._informing: Callable[[Any, list[T], Any], Steps[Any]] | None = None
        self._around: Callable[[Any], AbstractContextManager[None]] | None = None
        self.__doc__ = drafting.__doc__

    @overload
    def __get__(self, service: None, owner: Any = None) -> bulk[T]: ...
    @overload
    def __get__(
        self, service: Service[Sync], owner: Any = None
    ) -> Callable[[Iterable[T]], Stream[T]]: ...
    @overload
    def __get__(
        self, service: Service[Async], owner: Any = None
    ) -> Callable[[Iterable[T]], AsyncStream[T]]: ...
    def __get__(self, service: Service[Any] | None, owner: Any = None) -> Any:
        if service is None:
            return self

        def verb(items: Iterable[T]) -> Any:
            return service.runner.stream(self._drafted(service, items))

        return update_wrapper(verb, self._drafting)

    def inform(
        self, asking: Callable[[Any, list[T], Any], Steps[Any]]
    ) -> Callable[[Any, list[T], Any], Steps[Any]]:
        """
        Decorates what is asked of the chain for a chunk of items at once. It is handed what it
        returned for the chunk before, ``None`` at first; each item is drafted with what it returns.
        """
        self._informing = asking
        return asking

    def surround(
        self, around: Callable[[Any], AbstractContextManager[None]]
    ) -> Callable[[Any], AbstractContextManager[None]]:
        """Decorates what is open while a chunk is drafted, and closed before any of it is sent."""
        self._around = around
        return around

    def prepare(self, together: Callable[[Any, list[T]], None]) -> Callable[[Any, list[T]], None]:
        """Decorates what is done for a chunk of items at once, before each is drafted."""
        self._together = together
        return together

    def _drafted(self, service: Service[Any], items: Iterable[T]) -> Iterator[Drafted[T]]:
        source = iter(items)
        facts: Any = None
        known: tuple[Any, ...] = ()
        while chunk := list(islice(source, CHUNK)):
            if self._together is not None:
                # What is wrong with one of them shows again, by itself, when it is drafted.
                with suppress(RapportError):
                    self._together(service, chunk)
            if self._informing is not None:
                facts = service.runner.ask(self._informing(service, chunk, facts))
                known = (facts,)
            with nullcontext() if self._around is None else self._around(service):
                drafted = [self._draft(service, item, known) for item in chunk]
            yield from drafted

    def _draft(self, service: Service[Any], item: T, known: tuple[Any, ...]) -> Drafted[T]:
        try:
            return Drafted(item, self._drafting(service, item, *known))
        except RapportError as error:
            return Drafted(item, error=error)
