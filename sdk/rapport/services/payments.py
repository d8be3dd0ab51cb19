"""Payments that a customer makes once: at once, or authorised and captured later.

Money is whole units of the order's token, as ``Decimal``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rapport import units
from rapport.errors import InputError
from rapport.outbox.kinds import Kind
from rapport.payments import PaymentOrder
from rapport.permits import SignedPermit
from rapport.services import payment_kinds as kinds
from rapport.services.deciding import check_signature, signed
from rapport.services.drafts import Draft
from rapport.services.payment_kinds import KINDS
from rapport.services.payment_orders import Which
from rapport.services.payment_views import Looking
from rapport.services.tokens import positive
from rapport.services.verbs import M, Steps, write
from rapport.tokens import Token

__all__ = ["KINDS", "PaymentsService", "Which"]

_Amount = Decimal | int | str


class PaymentsService(Looking[M]):
    """
    One-off payments, as kept by the ``Payments`` contract.

    Every verb that pays, captures or gives back takes effect once for each order, however often it
    is called.
    """

    # The payer

    @write
    def pay(
        self,
        order: Which,
        *,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Pay an order, as its payer. The amount was approved before (:meth:`approve`), or ``permit``
        allows it in the same transaction.

        Raises:
            InputError: The permit is not for this order.
        """
        draft: Draft = yield from self._paying(kinds.Pay, order, permit, None, idempotency_key)
        return draft

    @write
    def pay_by_sig(
        self,
        order: Which,
        signature: bytes,
        *,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Pay an order that its payer has signed; the sender only relays it, and pays the gas.

        Raises:
            WrongSigner, MalleableSignature: The payer has not signed this.
        """
        draft: Draft = yield from self._paying(
            kinds.PayBySig, order, permit, signature, idempotency_key
        )
        return draft

    @write
    def authorize(
        self,
        order: Which,
        *,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """Have an order's amount held until the merchant captures it, as its payer."""
        draft: Draft = yield from self._paying(
            kinds.Authorize, order, permit, None, idempotency_key
        )
        return draft

    @write
    def authorize_by_sig(
        self,
        order: Which,
        signature: bytes,
        *,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """As :meth:`authorize`, of an order that its payer has signed."""
        draft: Draft = yield from self._paying(
            kinds.AuthorizeBySig, order, permit, signature, idempotency_key
        )
        return draft

    # The merchant

    @write
    def capture(
        self, order: Which, amount: _Amount | None = None, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Have what was authorised paid out, all of it or ``amount``; the rest goes back to the payer.
        That is final.
        """
        found, token = yield from self._with_token(order)
        base = found.amount if amount is None else positive(token, amount, "a capture")
        rest = token.from_base(max(0, found.amount - base))
        draft: Draft = yield from self._about(
            kinds.Capture, found, idempotency_key, base, returned=f"{rest:f}"
        )
        return draft

    @write
    def void(self, order: Which, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """Give an authorisation up; all goes back to the payer."""
        draft: Draft = yield from self._about(kinds.Void, order, idempotency_key)
        return draft

    @write
    def refund(
        self, order: Which, total: _Amount, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Give money back until it is ``total`` in all, as the merchant, out of its own balance: the
        amount must be approved before. The same total again changes nothing.
        """
        found, token = yield from self._with_token(order)
        base = positive(token, total, "a refund")
        draft: Draft = yield from self._about(kinds.Refund, found, idempotency_key, base)
        return draft

    # Anyone

    @write
    def reclaim(self, order: Which, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """Send an authorised amount back to the payer that was not captured in time."""
        draft: Draft = yield from self._about(kinds.Reclaim, order, idempotency_key)
        return draft

    @write
    def withdraw(
        self, token: str, to: str | None = None, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Have all that the sender is owed in a token sent to ``to``, or to the sender itself."""
        draft: Draft = yield from self._withdrawal(kinds.Withdraw, token, to, idempotency_key)
        return draft

    # Drafting

    def _with_token(self, which: Which) -> Steps[tuple[PaymentOrder, Token]]:
        order = yield from self._order(which)
        token = yield from self._token(order.token)
        return order, token

    def _about(
        self, kind: type[Kind], which: Which, key: str | None, base: int | None = None, **more: Any
    ) -> Steps[Draft]:
        """What is sent about an order, over ``base`` of the token's smallest unit or all of it."""
        order, token = yield from self._with_token(which)
        order_id = units.hex32(self.id_of(order))
        moved = order.amount if base is None else base
        payload = {
            "id": order_id,
            "order": order.message(),
            "base": str(moved),
            "amount": f"{token.from_base(moved):f}",
            "decimals": token.decimals,
            **more,
        }
        standard = f"{kind.name}:{order_id}" if base is None else f"{kind.name}:{order_id}:{base}"
        return Draft(kind, key or self._afresh(standard), payload)

    def _paying(
        self,
        kind: type[Kind],
        which: Which,
        permit: SignedPermit | None,
        signature: bytes | None,
        key: str | None,
    ) -> Steps[Draft]:
        order = yield from self._order(which)
        held = kind in (kinds.Authorize, kinds.AuthorizeBySig)
        if held != order.held:
            met = "authorised and captured later" if order.held else "paid at once"
            raise InputError(f"order {units.hex32(self.id_of(order))} is one to be {met}")
        more: dict[str, Any] = {}
        if permit is not None:
            more["permit"] = self._permit_call(permit, order.payer, order.token, order.amount)
        if signature is not None:
            yield from check_signature(order.payer, order, self.domain(), signature)
            more["signature"] = signed(signature)
        draft: Draft = yield from self._about(kind, order, key, **more)
        return draft
