"""Orders: made by the shop's number, found by number or id."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from rapport import units
from rapport.chain import Logged, Read, requests
from rapport.errors import InputError, NotFound
from rapport.invoices import Line
from rapport.orderbook import Booked
from rapport.payments import PaymentOrder, PaymentState, Split, check_order
from rapport.records import check_number
from rapport.services.custody import Owing
from rapport.services.payment_history import OPENING, order_of
from rapport.services.payment_kinds import CONTRACT
from rapport.services.verbs import M, Steps, read
from rapport.tokens import Token

PAY_WITHIN = timedelta(days=1)
CAPTURE_WITHIN = timedelta(days=7)
REFUND_WITHIN = timedelta(days=180)
MAX_HOLD = timedelta(days=365)  # the contract locks money up no longer

STATES = tuple(PaymentState)  # in the contract's order

Which: TypeAlias = PaymentOrder | str | bytes
"""An order: itself, the shop's number where it was made here, or the id on chain."""


class Ordering(Owing[M]):
    """The verbs about orders themselves."""

    contract = CONTRACT

    @read
    def order(
        self,
        number: str,
        amount: Decimal | int | str,
        token: str,
        payer: str,
        *,
        customer: str | bytes | None = None,
        merchant: str | None = None,
        splits: Sequence[Split] = (),
        lines: Sequence[Line] = (),
        authorize: bool = False,
        pay_by: datetime | None = None,
        capture_by: datetime | None = None,
        refund_until: datetime | None = None,
    ) -> Steps[PaymentOrder]:
        """
        The order that ``payer`` pays or signs, over ``amount`` whole units of ``token``. The
        merchant is the sender unless named; ``customer`` earns the points.

        It can be paid for a day, captured for a week after that, and refunded for 180 days more,
        unless said otherwise; ``authorize`` or ``capture_by`` makes it one to be captured later.

        The shop's ``number`` makes it single: the same again is the same order, until it has
        expired unpaid. On chain it shows as a digest that tells nothing.

        Raises:
            InputError: It could never be paid, or its number stands for other terms.
            NotFound: Nobody is registered under the customer's number.
        """
        number = check_number(number, "order")
        found: Token = yield from self._token(token)
        customer_id, person = self._concerned(customer)
        terms: dict[str, Any] = {
            "merchant": self._account(merchant),
            "payer": units.address(payer),
            "token": found.address,
            "amount": found.to_base(amount),
            "splits": tuple(splits),
            "customer_id": customer_id,
        }
        told = _told(lines, found, terms["amount"])
        given = {
            name: units.from_timestamp(units.to_timestamp(moment))
            for name, moment in (
                ("pay_by", pay_by),
                ("capture_by", capture_by),
                ("refund_until", refund_until),
            )
            if moment is not None
        }
        later = authorize or capture_by is not None
        (head,) = yield [requests.block()]
        standing = self._context.orders.numbered(self._place, number)
        if standing is not None:
            earlier = PaymentOrder.from_message(standing.content["order"])
            lapsed = yield from self._lapsed(standing.id, earlier, head.timestamp)
            if not lapsed:
                return _same(standing, earlier, {**terms, **given, "held": later}, told)
        order = PaymentOrder(
            **terms,
            **_moments(head.timestamp, given, later=later),
            # Random where there is no customer with a key here: the book remembers it.
            order_id=secrets.token_bytes(32) if person is None else person.ref(_key(number)),
        )
        check_order(order, self._spender)
        mine = Booked(number, self.id_of(order), {"order": order.message(), "lines": told})
        entered = self._context.orders.enter(
            self._place, mine, order.customer, None if standing is None else standing.id
        )
        if entered.id == mine.id:
            return order
        # Another process has made it meanwhile.
        earlier = PaymentOrder.from_message(entered.content["order"])
        return _same(entered, earlier, {**terms, **given, "held": later}, told)

    @read
    def find(self, which: Which) -> Steps[PaymentOrder]:
        """
        An order by the shop's number, where it was made here, or by its id, once it was paid or
        authorised.

        Raises:
            NotFound: Neither this book nor the chain has it.
        """
        found: PaymentOrder = yield from self._order(which)
        return found

    def request(self, order: PaymentOrder) -> dict[str, Any]:
        """What the payer's wallet signs, as ``eth_signTypedData_v4`` takes it."""
        return order.typed_data(self.domain())

    def id_of(self, order: PaymentOrder) -> bytes:
        """The order's id on chain: the digest that its payer signs."""
        return order.id(self.domain())

    @property
    def _place(self) -> str:
        """Where the orders of this client are good, as the book keeps them."""
        return self._context.book.place(CONTRACT)

    def _booked(self, which: Which) -> Booked | None:
        """
        What the book has of an order.

        Raises:
            NotFound: It is given by a number that the book does not have.
            InputError: It is neither a number nor an id.
        """
        orders = self._context.orders
        if isinstance(which, PaymentOrder):
            return orders.identified(self._place, self.id_of(which))
        if isinstance(which, bytes) or which[:2] in ("0x", "0X"):
            return orders.identified(self._place, units.bytes32(which, "the id of a payment"))
        found = orders.numbered(self._place, which.strip())
        if found is None:
            raise NotFound(
                f"no order {which!r} was made here; name it by its id on chain, or by its file"
            )
        return found

    def _order(self, which: Which) -> Steps[PaymentOrder]:
        if isinstance(which, PaymentOrder):
            return which
        booked = self._booked(which)
        if booked is not None:
            return PaymentOrder.from_message(booked.content["order"])
        order_id = units.bytes32(which, "the id of a payment")
        (opened,) = yield [Logged(CONTRACT, OPENING, [order_id])]
        if not opened:
            raise NotFound(
                f"no order {units.hex32(order_id)} was made here, or paid or authorised on this "
                "chain"
            )
        return order_of(opened[0])

    def _lapsed(self, order_id: bytes, order: PaymentOrder, now: datetime) -> Steps[bool]:
        """True of an order that was not paid in time, and so never can be."""
        if now <= order.pay_by:
            return False
        (found,) = yield [Read(CONTRACT, "payment", (order_id,))]
        return STATES[found["state"]] is PaymentState.UNPAID


def lines_of(content: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Texts and amounts of an order's lines, as the book has them."""
    return tuple((str(text), str(amount)) for text, amount in content["lines"])


def _key(number: str) -> str:
    """What an order's reference is made from, beside the customer's key."""
    return f"payment:{number}"


def _told(lines: Sequence[Line], token: Token, amount: int) -> list[list[str]]:
    """
    Lines as the book keeps them.

    Raises:
        InputError: They do not add up to the order's amount.
    """
    told = [[line.text, f"{token.from_base(token.to_base(line.amount)):f}"] for line in lines]
    met = sum(token.to_base(line.amount) for line in lines)
    if lines and met != amount:
        raise InputError(
            f"the lines add up to {token.money(token.from_base(met))}; "
            f"the order is over {token.money(token.from_base(amount))}"
        )
    return told


def _same(
    standing: Booked, earlier: PaymentOrder, wanted: Mapping[str, Any], told: list[list[str]]
) -> PaymentOrder:
    """
    The order that stands under a number, if it is the one that is wanted.

    Raises:
        InputError: It is another.
    """
    other = [name for name, value in wanted.items() if getattr(earlier, name) != value]
    other += ["lines"] if standing.content["lines"] != told else []
    if other:
        raise InputError(
            f"order {standing.number!r} stands with another {', '.join(other)}, as "
            f"{units.hex32(standing.id)}: give the same terms again, or another number"
        )
    return earlier


def _moments(now: datetime, given: Mapping[str, datetime], *, later: bool) -> dict[str, Any]:
    """
    Until when an order can be paid, captured and refunded.

    Raises:
        InputError: The moments do not follow each other, or have passed.
    """
    pay_by = given.get("pay_by", now + PAY_WITHIN)
    if pay_by <= now:
        raise InputError(
            f"the order could be paid until {pay_by:%Y-%m-%d %H:%M} UTC, which is over"
        )
    capture_by = given.get("capture_by", pay_by + CAPTURE_WITHIN) if later else None
    if capture_by is not None and not pay_by <= capture_by <= now + MAX_HOLD:
        raise InputError(
            f"an order is captured between the end of paying ({pay_by:%Y-%m-%d %H:%M} UTC) and "
            f"{MAX_HOLD.days} days from now; met {capture_by:%Y-%m-%d %H:%M} UTC"
        )
    refund_until = given.get("refund_until", (capture_by or pay_by) + REFUND_WITHIN)
    return {"pay_by": pay_by, "capture_by": capture_by, "refund_until": refund_until}
