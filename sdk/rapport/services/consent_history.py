"""A customer's decisions as the chain's logs have them."""

from __future__ import annotations

from datetime import datetime

from rapport import units
from rapport.artifacts import AddressBook
from rapport.chain import Chain
from rapport.consents import Decided, Purposes
from rapport.models import Event
from rapport.services.consent_kinds import CONTRACT

_OWN = ("ConsentChanged", "ConsentsErased", "ConsentsMerged")


def history(
    chain: Chain, book: AddressBook, purposes: Purposes, customer_id: bytes
) -> tuple[Decided, ...]:
    """
    Every decision, merge and erasure, the oldest first.

    Raises:
        RpcError: The node serves no logs since the contract was deployed.
    """
    first = book.contract(CONTRACT).block
    found = chain.events(CONTRACT, first=first, names=_OWN, topics=[customer_id])
    taken_over = chain.events(
        CONTRACT, first=first, names=["ConsentsMerged"], topics=[None, customer_id]
    )
    events = sorted([*found, *taken_over], key=lambda each: (each.log.block_number, each.log.index))
    times = chain.times(events)
    return tuple(
        _decided(each, purposes, times[each.log.block_number], customer_id) for each in events
    )


def changes(chain: Chain, book: AddressBook, customer_id: bytes) -> list[Event]:
    """The events of a customer's decisions, the oldest first."""
    first = book.contract(CONTRACT).block
    return chain.events(CONTRACT, first=first, names=["ConsentChanged"], topics=[customer_id])


def _decided(event: Event, purposes: Purposes, at: datetime, customer_id: bytes) -> Decided:
    args, log = event.args, event.log
    where = (log.block_number, log.tx_hash, log.index)
    if event.name == "ConsentsErased":
        return Decided("erased", at, None, (), (), None, None, False, None, None, None, *where)
    if event.name == "ConsentsMerged":
        heir = args["from"] != customer_id
        return Decided(
            "took over" if heir else "merged into",
            at,
            None,
            (),
            (),
            None,
            None,
            False,
            None,
            None,
            units.hex32(args["from"] if heir else args["to"]),
            *where,
        )
    group, digest = int(args["group"]), bytes(args["receipt"])
    return Decided(
        "changed",
        at,
        group,
        purposes.names(group, args["granted"]),
        purposes.names(group, args["withdrawn"]),
        int(args["notice"]) or None,
        int(args["seq"]),
        bool(args["recorded"]),
        str(args["actor"]),
        units.hex32(digest) if any(digest) else None,
        None,
        *where,
    )
