"""What the kinds of all contracts have in common: one contract, its call, its events."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from rapport import units
from rapport.artifacts import AddressBook, Interface, interface
from rapport.chain import Chain
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload


class HasBook(Protocol):
    """Whoever knows where the contracts stand, perhaps only once the chain was asked."""

    @property
    def book(self) -> AddressBook: ...

    @property
    def chain(self) -> Chain: ...


class ContractKind(Kind):
    """A kind whose calls go to one contract of the suite."""

    contract: ClassVar[str]

    def __init__(self, place: HasBook) -> None:
        self._place = place

    @property
    def address(self) -> str:
        """
        Where the contract stands.

        Raises:
            NotDeployed: It has no address on this chain.
        """
        return self._place.book.contract(self.contract).address

    @property
    def interface(self) -> Interface:
        """The contract's packaged interface."""
        return interface(self.contract)

    def call(self, function: str, *args: Any, count: int) -> Call:
        """A call of ``function`` that carries ``count`` payloads."""
        return Call(self.address, self.interface.encode(function, *args), self.gas_of(count))

    def events(self, receipt: Receipt, *names: str) -> list[Event]:
        """The events of these names that the contract itself wrote."""
        found = (
            self.interface.decode_log(log) for log in receipt.logs if log.address == self.address
        )
        return [event for event in found if event is not None and event.name in names]

    def logged(
        self, event: str, *indexed: bytes | int | None, contract: str | None = None
    ) -> list[Event]:
        """
        The chain's events of a name since the contract was deployed, of this contract or another,
        by their first indexed arguments; ``None`` is any.
        """
        entry = self._place.book.contract(contract or self.contract)
        topics = [each.to_bytes(32, "big") if isinstance(each, int) else each for each in indexed]
        return self._place.chain.events(entry.name, first=entry.block, names=[event], topics=topics)

    def subject(self, payload: Payload) -> Hashable:
        # What concerns one customer keeps its order: registered before awarded before redeemed.
        return payload.get("customer")


class Single(ContractKind):
    """One payload to a transaction; its values are the function's arguments by these names."""

    function: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]]
    event: ClassVar[str]
    """What the contract writes when something changed; otherwise the call was a repetition."""

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        inputs = self.interface.function(self.function).inputs
        args = [
            abi_value(each, payload[name])
            for each, name in zip(inputs, self.arguments, strict=True)
        ]
        return self.call(self.function, *args, count=1)

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        events = self.events(receipt, self.event)
        return [Outcome.done(**readable(events[0].args)) if events else Outcome.duplicate()]


class Published(Single):
    """
    What the contract numbers when it is made. Its reference comes from the key, so that the same
    again is the same, and has the same number.
    """

    arguments = ("ref", "terms")
    noun: ClassVar[str]
    """What was made; the event has its number as ``<noun>Id``."""
    maker: ClassVar[str]
    """Who made it, as payloads call this account."""

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        events = self.events(receipt, self.event)
        if events:
            return [Outcome.done(**self._numbered(events), **{self.maker: payload[self.maker]})]
        about = (units.word(payload[self.maker]), raw(payload["ref"]))
        return [Outcome.duplicate(**self._numbered(self.logged(self.event, None, *about)))]

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in (self.maker, "terms")}

    def _numbered(self, events: Sequence[Event]) -> dict[str, Any]:
        return {self.noun: events[0].args[f"{self.noun}Id"]} if events else {}


def raw(text: str) -> bytes:
    """The bytes of ``0x`` text, as payloads keep them."""
    return bytes.fromhex(text.removeprefix("0x"))


def abi_value(item: Mapping[str, Any], value: Any) -> Any:
    """A payload's JSON value as an argument of the ABI's type."""
    kind = str(item["type"])
    if kind.startswith("bytes"):
        return raw(value)
    if kind == "tuple":
        return {each["name"]: abi_value(each, value[each["name"]]) for each in item["components"]}
    return value


def recounted(chain: Chain, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events as an export tells them: what happened, when, where on chain, and all that it says."""
    times = chain.times(events)
    return [
        {
            "event": each.name,
            "at": units.iso(times[each.log.block_number]),
            "transaction": each.log.tx_hash,
            "args": readable(each.args),
        }
        for each in events
    ]


def readable(args: Mapping[str, Any]) -> dict[str, Any]:
    """An event's arguments as JSON values, named as Python names things."""
    return {_SNAKE.sub(r"_\1", name).lower(): _plain(value) for name, value in args.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return readable(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


_SNAKE = re.compile(r"(?<!^)([A-Z])")
