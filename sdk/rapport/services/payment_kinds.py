"""What the outbox sends to ``Payments``: orders paid, authorised, captured, given back."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from rapport import units
from rapport.artifacts import interface
from rapport.models import Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.payments import PaymentOrder
from rapport.reversal import reason_of
from rapport.services.custody import Withdrawal
from rapport.services.kinds import ContractKind, raw
from rapport.services.tokens import EARN_GAS, PERMIT_GAS, with_permit

CONTRACT = "Payments"
RULES = "EarnRules"

# Limits, not estimates: what a transfer costs is the token's affair.
_BASE_GAS = 450_000
_SPLIT_GAS = 150_000


class OrderKind(ContractKind):
    """A call about one order, which it carries whole."""

    contract = CONTRACT
    function: ClassVar[str]
    event: ClassVar[str]
    """What the contract writes when something changed; otherwise the call was a repetition."""
    with_splits: ClassVar[bool] = False

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        order = PaymentOrder.from_message(payload["order"])
        splits = [order.shares()] if self.with_splits else []
        call = self.interface.encode(self.function, order.struct(), *splits, *self.more(payload))
        permit = payload.get("permit")
        gas = _BASE_GAS + _SPLIT_GAS * len(order.splits)
        gas += EARN_GAS if order.customer else 0
        gas += PERMIT_GAS if permit is not None else 0
        return Call(self.address, with_permit(self.interface, permit, call), gas)

    def more(self, payload: Payload) -> list[Any]:
        """What the call takes besides order and splits."""
        return []

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        order_id = raw(payload["id"])
        written = self.events(receipt, self.event)
        if not any(each.args["id"] == order_id for each in written):
            return [Outcome.duplicate(payment=payload["id"])]
        return [Outcome.done(**self.told(payload), **self._besides(order_id, payload, receipt))]

    def told(self, payload: Payload) -> dict[str, Any]:
        """What an outcome says of the payment itself."""
        return {"payment": payload["id"], "amount": payload["amount"]}

    def subject(self, payload: Payload) -> Hashable:
        return str(payload["id"])

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("id", "amount") if name in payload}

    def _besides(self, order_id: bytes, payload: Payload, receipt: Receipt) -> dict[str, Any]:
        """Points that were earned or not, and shares that could not be delivered."""
        found: dict[str, Any] = {}
        for event in self._earned(receipt):
            if event.args["ref"] == order_id:
                found["points"] = int(event.args["points"])
        for event in self.events(receipt, "EarnSkipped"):
            if event.args["ref"] == order_id:
                found["points_skipped"] = reason_of(event.args["reason"])
        credited = [
            {
                "account": event.args["account"],
                "amount": f"{units.from_base(event.args['amount'], payload['decimals']):f}",
            }
            for event in self.events(receipt, "Credited")
        ]
        return {**found, "credited": credited} if credited else found

    def _earned(self, receipt: Receipt) -> list[Any]:
        entry = self._place.book.entries.get(RULES)
        if entry is None:
            return []
        decoded = (
            interface(RULES).decode_log(log) for log in receipt.logs if log.address == entry.address
        )
        return [event for event in decoded if event is not None and event.name == "Earned"]


class Pay(OrderKind):
    name = "payment.pay"
    function = "pay"
    event = "Paid"
    with_splits = True


class _Relayed(OrderKind):
    """By the payer's signature, whoever sends it."""

    with_splits = True

    def more(self, payload: Payload) -> list[Any]:
        return [raw(payload["signature"])]


class PayBySig(_Relayed):
    name = "payment.pay_by_sig"
    function = "payBySig"
    event = "Paid"


class Authorize(OrderKind):
    name = "payment.authorize"
    function = "authorize"
    event = "Authorized"
    with_splits = True


class AuthorizeBySig(_Relayed):
    name = "payment.authorize_by_sig"
    function = "authorizeBySig"
    event = "Authorized"


class Capture(OrderKind):
    name = "payment.capture"
    function = "capture"
    event = "Captured"
    with_splits = True

    def more(self, payload: Payload) -> list[Any]:
        return [int(payload["base"])]

    def told(self, payload: Payload) -> dict[str, Any]:
        return {**super().told(payload), "returned": payload["returned"]}


class Void(OrderKind):
    name = "payment.void"
    function = "void"
    event = "Voided"


class Reclaim(OrderKind):
    name = "payment.reclaim"
    function = "reclaim"
    event = "Reclaimed"


class Refund(OrderKind):
    name = "payment.refund"
    function = "refund"
    event = "Refunded"

    def more(self, payload: Payload) -> list[Any]:
        return [int(payload["base"])]

    def told(self, payload: Payload) -> dict[str, Any]:
        return {"payment": payload["id"], "total_refunded": payload["amount"]}


class Withdraw(Withdrawal):
    name = "payment.withdraw"
    contract = CONTRACT


KINDS: tuple[type[Kind], ...] = (
    Pay,
    PayBySig,
    Authorize,
    AuthorizeBySig,
    Capture,
    Void,
    Reclaim,
    Refund,
    Withdraw,
)
