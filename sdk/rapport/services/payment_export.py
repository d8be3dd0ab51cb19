"""What an export tells of a customer's payments: the orders made here, and those that earned."""

from __future__ import annotations

from typing import Any

from rapport import units
from rapport.artifacts import AddressBook
from rapport.chain import Read
from rapport.orderbook import OrderBook
from rapport.privacy import Subject
from rapport.services.payment_kinds import CONTRACT
from rapport.services.payment_orders import STATES


def section(subject: Subject, orders: OrderBook, book: AddressBook) -> list[dict[str, Any]]:
    """
    Orders in this book that name the customer, or one that was merged into it, and what of the
    customer's points came from payments made elsewhere. Amounts are in the token's smallest unit.
    """
    if CONTRACT not in book.entries:
        return []
    booked = {each.id: each for each in orders.made_for(book.place(CONTRACT), subject.ids)}
    refs = [each.args["ref"] for each in subject.events if "ref" in each.args]
    wanted = list(dict.fromkeys([*booked, *refs]))
    states = subject.chain.batch([Read(CONTRACT, "payment", (each,)) for each in wanted])
    found: list[dict[str, Any]] = []
    for order_id, state in zip(wanted, states, strict=True):
        made = booked.get(order_id)
        if made is None and not state["state"]:
            continue  # a reference of something else
        found.append(
            {
                "id": units.hex32(order_id),
                "state": STATES[state["state"]].value,
                "captured": state["captured"],
                "refunded": state["refunded"],
                "number": None if made is None else made.number,
                "order": None if made is None else made.content["order"],
                "lines": None if made is None else made.content["lines"],
            }
        )
    return found
