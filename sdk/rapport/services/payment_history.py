"""Payments as the chain's logs have them: terms, and what happened since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from rapport import units
from rapport.artifacts import AddressBook
from rapport.chain import Chain
from rapport.models import Event
from rapport.payments import PaymentOrder, PaymentStep
from rapport.reversal import reason_of
from rapport.services.payment_kinds import CONTRACT
from rapport.tokens import Token

OPENING = ("Paid", "Authorized")
_SINCE = ("Captured", "Voided", "Reclaimed", "Refunded")


def opened(
    chain: Chain,
    book: AddressBook,
    *,
    merchant: str | None = None,
    payer: str | None = None,
) -> list[Event]:
    """
    The events by which orders were paid or authorised, the oldest first.

    Raises:
        RpcError: The node serves no logs since the contract was deployed.
    """
    topics = [None, *(None if each is None else units.word(each) for each in (merchant, payer))]
    return chain.events(CONTRACT, first=book.contract(CONTRACT).block, names=OPENING, topics=topics)


def order_of(event: Event) -> PaymentOrder:
    """The order that an opening event carries whole."""
    return PaymentOrder.from_event(event.args["order"], event.args["splits"])


def since(chain: Chain, book: AddressBook, order_id: bytes) -> list[Event]:
    """All that the contract wrote about an order, the oldest first."""
    first = book.contract(CONTRACT).block
    found = chain.events(CONTRACT, first=first, names=[*OPENING, *_SINCE], topics=[order_id])
    found += chain.events(CONTRACT, first=first, names=["EarnSkipped"], topics=[None, order_id])
    return sorted(found, key=lambda each: (each.log.block_number, each.log.index))


def steps(
    events: Iterable[Event], times: Mapping[int, datetime], token: Token
) -> list[PaymentStep]:
    """What happened to one payment, from its events."""
    found: list[PaymentStep] = []
    held = refunded = Decimal(0)
    for event in events:
        args, what, reason = event.args, event.name.lower(), None
        amount: Decimal | None = None
        if event.name in OPENING:
            amount = held = token.from_base(args["order"]["amount"])
        elif event.name == "Captured":
            amount = token.from_base(args["captured"])
        elif event.name == "Refunded":
            total = token.from_base(args["totalRefunded"])
            amount, refunded = total - refunded, total
        elif event.name == "EarnSkipped":
            what, reason = "points skipped", reason_of(args["reason"])
        else:
            amount = held
        log = event.log
        found.append(
            PaymentStep(
                what, amount, times[log.block_number], log.block_number, log.tx_hash, reason
            )
        )
    return found
