"""What became of payments, from the chain's logs, and the invoices about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.chain import Read
from rapport.errors import InputError
from rapport.invoices import Invoice, Line
from rapport.payments import Payment, PaymentOrder, PaymentState, PaymentStep, shared_out
from rapport.services import payment_history as history
from rapport.services.payment_kinds import CONTRACT
from rapport.services.payment_orders import STATES, Ordering, Which, lines_of
from rapport.services.verbs import M, task
from rapport.tokens import Token


class Looking(Ordering[M]):
    """The verbs that look payments up."""

    @task
    def show(self, which: Which) -> Payment:
        """
        What an order says and what became of it, from the chain's logs.

        Raises:
            NotFound: Neither this book nor the chain has it.
        """
        return self._shown(which)

    @task
    def history(self, which: Which) -> tuple[PaymentStep, ...]:
        """What happened to a payment, the oldest first."""
        return self._shown(which).steps

    @task
    def invoice(self, which: Which) -> Invoice:
        """
        The invoice about a payment, from its events and the settings' ``[merchant]``.

        Raises:
            InputError: Nothing was paid yet, or all went back before it was.
        """
        payment = self._shown(which)
        paid = [each for each in payment.steps if each.what in ("paid", "captured")]
        if payment.state is not PaymentState.PAID or not paid:
            raise InputError(
                f"payment {payment.id} is {payment.state}; an invoice is about what was paid"
            )
        return self._invoice(payment, paid[0].at)

    @task
    def list(
        self,
        *,
        merchant: str | None = None,
        payer: str | None = None,
        state: PaymentState | None = None,
    ) -> tuple[Payment, ...]:
        """
        The payments to a merchant or by a payer, those to the sender if neither is named: first the
        orders made here that nobody has paid, then the others, the oldest first. Without the steps
        of each, and without those in what is no token: whoever pays can name any merchant.
        """
        if merchant is None and payer is None:
            merchant = self._account(None)
        merchant, payer = (None if a is None else units.address(a) for a in (merchant, payer))
        orders: dict[bytes, PaymentOrder] = {}
        numbers: dict[bytes, str] = {}
        for booked in self._context.orders.all(self._place):
            numbers[booked.id] = booked.number
            order = PaymentOrder.from_message(booked.content["order"])
            if merchant in (None, order.merchant) and payer in (None, order.payer):
                orders[booked.id] = order
        chain, book = self._context.chain, self._context.book
        for event in history.opened(chain, book, merchant=merchant, payer=payer):
            orders.pop(event.args["id"], None)  # what is unpaid stays in front
            orders[event.args["id"]] = history.order_of(event)
        known = [each for each in orders.items() if self._is_token(each[1].token)]
        found = self._payments(known, numbers)
        return tuple(each for each in found if state in (None, each.state))

    def _is_token(self, address: str) -> bool:
        try:
            self.runner.ask(self._token(address))
        except InputError:
            return False
        return True

    def _shown(self, which: Which) -> Payment:
        chain, book = self._context.chain, self._context.book
        order = self.runner.ask(self._order(which))
        order_id = self.id_of(order)
        booked = self._context.orders.identified(self._place, order_id)
        (payment,) = self._payments(
            [(order_id, order)], {} if booked is None else {order_id: booked.number}
        )
        events = history.since(chain, book, order_id)
        steps = history.steps(events, chain.times(events), payment.token)
        return replace(payment, steps=tuple(steps))

    def _payments(
        self, orders: Sequence[tuple[bytes, PaymentOrder]], numbers: Mapping[bytes, str]
    ) -> Sequence[Payment]:
        """What became of orders, in one round trip for many; ``numbers`` are the shop's."""
        tokens = {
            each: self.runner.ask(self._token(each))
            for each in dict.fromkeys(order.token for _, order in orders)
        }
        answers = self._context.chain.batch(
            [Read(CONTRACT, "payment", (order_id,)) for order_id, _ in orders]
        )
        return [
            self._payment(order_id, numbers.get(order_id), order, tokens[order.token], answer)
            for (order_id, order), answer in zip(orders, answers, strict=True)
        ]

    def _payment(
        self, order_id: bytes, number: str | None, order: PaymentOrder, token: Token, found: Any
    ) -> Payment:
        state = STATES[found["state"]]
        return Payment(
            id=units.hex32(order_id),
            number=number,
            state=state,
            token=token,
            amount=token.from_base(order.amount),
            captured=token.from_base(found["captured"]),
            refunded=token.from_base(found["refunded"]),
            merchant=order.merchant,
            payer=order.payer,
            customer=self._called(order.customer_id),
            pay_by=order.pay_by,
            capture_by=order.capture_by,
            refund_until=order.refund_until,
            shares=shared_out(
                found["captured"] if state is PaymentState.PAID else order.amount,
                order.splits,
                token,
            ),
        )

    def _invoice(self, payment: Payment, issued_at: datetime) -> Invoice:
        order_id = units.bytes32(payment.id)
        booked = self._context.orders.identified(self._place, order_id)
        lines = [] if booked is None else [Line(t, Decimal(a)) for t, a in lines_of(booked.content)]
        if not lines:
            lines = [Line(f"Order {payment.number}" if payment.number else "Order", payment.amount)]
        if payment.captured < payment.amount:
            lines.append(Line("Not captured", payment.captured - payment.amount))
        return self._issued(
            order_id,
            issued_at,
            payment.token,
            reference=payment.number,
            merchant=payment.merchant,
            payer=payment.payer,
            customer=payment.customer,
            lines=tuple(lines),
            total=payment.captured,
            refunded=payment.refunded,
            shares=payment.shares,
            entries=tuple(
                self._entry(each.what, each.amount, each.at, each.transaction)
                for each in payment.steps
                if each.amount is not None
            ),
        )
