"""What the outbox sends to ``Subscriptions``: plans, subscriptions, charges, decisions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from rapport import units
from rapport.codec import abi_encode, keccak
from rapport.errors import Reverted
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.reversal import decode_revert, reason_of
from rapport.reverts import BadSequence, NotDue, RefConflict, WrongStatus
from rapport.services.kinds import ContractKind, Published, Single, raw
from rapport.services.tokens import EARN_GAS, PERMIT_GAS, with_permit
from rapport.subscriptions import Action, Coupon, Instruction, Subscribe
from rapport.subscriptions.facts import CONTRACT

# Limits, not estimates: what a transfer costs is the token's affair.
_BASE_GAS = 500_000
_CHARGE_GAS = 160_000
_LAST_CHARGE_GAS = 600_000  # what a batch keeps ready for each of its charges


class CreatePlan(Published):
    name = "plan.create"
    contract = CONTRACT
    function = "createPlan"
    event = "PlanCreated"
    noun = "plan"
    maker = "merchant"


class _OfPlan(Single):
    contract = CONTRACT

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        told = {"plan": payload["plan"], **payload.get("told", {})}
        return [Outcome.done(**told) if self.events(receipt, self.event) else Outcome.duplicate()]

    def subject(self, payload: Payload) -> Hashable:
        return int(payload["plan"])


class PricePlan(_OfPlan):
    name = "plan.price"
    function = "setPlanPrice"
    arguments = ("plan", "price", "caller_fee")
    event = "PlanPriced"


class ClosePlan(_OfPlan):
    name = "plan.close"
    function = "closePlan"
    arguments = ("plan",)
    event = "PlanClosed"


class SubscriptionKind(ContractKind):
    """A call about one subscription."""

    contract = CONTRACT

    def subject(self, payload: Payload) -> Hashable:
        return str(payload["subscription"])

    def about(self, payload: Payload, receipt: Receipt, *names: str) -> list[Event]:
        """The events of these names about this subscription."""
        wanted = raw(payload["subscription"])
        return [
            each
            for each in self.events(receipt, *names)
            if each.args.get("subscriptionId") == wanted
        ]

    def ended(self, payload: Payload, events: Sequence[Event], **more: Any) -> Outcome:
        """How a call ended that wrote these events: without any it was a repetition."""
        if not events:
            return Outcome.duplicate(subscription=payload["subscription"])
        return Outcome.done(**self.told(payload, events), **more)

    def told(self, payload: Payload, events: Sequence[Event]) -> dict[str, Any]:
        """What events say, as an outcome's result: money in whole units, moments as text."""
        found: dict[str, Any] = {"subscription": payload["subscription"]}
        for event in events:
            found |= _told(event, payload.get("decimals"))
        return found


class Start(SubscriptionKind):
    """A subscription begins, by the payer's transaction or its signature. Again it changes none."""

    name = "subscription.start"

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        terms = Subscribe.from_message(payload["terms"]).struct()
        signature, coupon = raw(payload["signature"]), payload.get("coupon")
        if coupon is not None:
            signed = (Coupon.from_message(coupon).struct(), raw(payload["coupon_signature"]))
            data = self.interface.encode("subscribeWithCoupon", terms, signature, *signed)
        elif signature:
            data = self.interface.encode("subscribeBySig", terms, signature)
        else:
            data = self.interface.encode("subscribe", terms)
        permit = payload.get("permit")
        gas = _BASE_GAS + EARN_GAS + (PERMIT_GAS if permit is not None else 0)
        return Call(self.address, with_permit(self.interface, permit, data), gas)

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        events = self.about(payload, receipt, "Subscribed", "Charged", "CouponRedeemed")
        return [self.ended(payload, events, **points(self, payload, receipt, 1))]

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Begun before by these very terms, and changed to another plan since."""
        terms = Subscribe.from_message(payload["terms"])
        if isinstance(error, RefConflict):
            for event in self.logged("Subscribed", raw(payload["subscription"])):
                told = event.args
                begun = (told["planId"], told["priceCap"], told["customerId"], told["campaign"])
                if begun == (terms.plan_id, terms.price_cap, terms.customer_id, terms.campaign):
                    return Outcome.duplicate(
                        subscription=payload["subscription"], transaction=event.log.tx_hash
                    )
        return Outcome.refused(error)

    def identity(self, payload: Payload) -> Payload:
        names = ("payer", "planId", "priceCap", "customerId", "campaign", "coupon")
        return {name: payload["terms"][name] for name in names}

    def subject(self, payload: Payload) -> Hashable:
        return str(payload["terms"]["payer"])  # one trial for each payer: the order counts


class Charge(SubscriptionKind):
    """Periods that are due, many to a transaction. One that cannot be charged stops nobody."""

    name = "subscription.charge"
    max_batch = 100

    def encode(self, payloads: Sequence[Payload]) -> Call:
        ids = [raw(each["subscription"]) for each in payloads]
        if len(ids) == 1:
            return self.call("charge", *ids, count=1)
        return self.call("chargeBatch", ids, count=len(ids))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        ended: dict[bytes, list[Event]] = {}
        for event in self.events(receipt, "Charged", "ChargeFailed"):
            ended.setdefault(event.args["subscriptionId"], []).append(event)
        return [self._outcome(each, ended, receipt) for each in payloads]

    def gas_of(self, count: int) -> int | None:
        return _LAST_CHARGE_GAS + EARN_GAS + _CHARGE_GAS * count

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("subscription", "cycle")}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Not due, since this very cycle was charged before: by whomever."""
        if not isinstance(error, NotDue | WrongStatus) and not _is(error, NotDue, WrongStatus):
            return Outcome.refused(error)
        for event in self.logged("Charged", raw(payload["subscription"])):
            if event.args["cycle"] == payload["cycle"]:
                told = self.told(payload, [event])
                return Outcome.duplicate(**told, transaction=event.log.tx_hash)
        return Outcome.refused(error)

    def _outcome(
        self, payload: Payload, ended: dict[bytes, list[Event]], receipt: Receipt
    ) -> Outcome:
        events = ended.get(raw(payload["subscription"]))
        event = events.pop(0) if events else None
        if event is None:
            return Outcome.duplicate(subscription=payload["subscription"])
        if event.name == "ChargeFailed":
            return self.refusal(payload, decode_revert(_reason(event.args["reason"])))
        told = self.told(payload, [event])
        return Outcome.done(**told, **points(self, payload, receipt, event.args["cycle"]))


class Decision(SubscriptionKind):
    """What the payer or the merchant decides, sent by its own wallet."""

    function: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]] = ()
    """Besides the subscription; all are whole numbers."""
    written: ClassVar[tuple[str, ...]]
    """The events of a change; without one the call was a repetition."""
    gas: ClassVar[int | None] = None

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        given = [int(payload[name]) for name in self.arguments]
        return self.call(self.function, raw(payload["subscription"]), *given, count=1)

    def gas_of(self, count: int) -> int | None:
        return self.gas

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        return [self.ended(payload, self.about(payload, receipt, *self.written))]


class AcceptPrice(Decision):
    name = "subscription.accept_price"
    function = "acceptPrice"
    arguments = ("price_cap",)
    written = ("PriceAccepted",)


class ChangePlan(Decision):
    name = "subscription.change"
    function = "changePlan"
    arguments = ("plan", "price_cap", "max_pay")
    written = ("PlanChanged", "PlanChangeSet")
    gas = _BASE_GAS

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("subscription", "plan")}


class Pause(Decision):
    name = "subscription.pause"
    function = "pause"
    written = ("Paused",)


class Resume(Decision):
    name = "subscription.resume"
    function = "resume"
    written = ("Resumed",)


class Reactivate(Decision):
    name = "subscription.reactivate"
    function = "reactivate"
    written = ("Charged",)
    gas = _BASE_GAS + EARN_GAS


class Cancel(Decision):
    name = "subscription.cancel"
    function = "cancel"
    written = ("Cancelled",)


class GrantTime(Decision):
    name = "subscription.grant_time"
    function = "grantTime"
    arguments = ("until",)
    written = ("TimeGranted",)


class Refund(Decision):
    name = "subscription.refund"
    function = "refund"
    arguments = ("cycle", "kept")
    written = ("Refunded",)
    gas = _BASE_GAS + EARN_GAS

    def identity(self, payload: Payload) -> Payload:
        # What is kept was worked out when it was first asked for; asked again, it may be less.
        return {name: payload[name] for name in ("subscription", "cycle", "amount")}


class Redeem(Decision):
    name = "subscription.redeem"
    function = "redeem"
    written = ("CouponRedeemed",)

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        coupon = Coupon.from_message(payload["coupon"]).struct()
        signed = raw(payload["coupon_signature"])
        number = raw(payload["subscription"])
        return self.call(self.function, number, coupon, signed, count=1)


class Instruct(SubscriptionKind):
    """What the payer has signed, once: by the subscription's sequence."""

    name = "subscription.instruct"

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        intent = Instruction.from_message(payload["instruction"])
        fields = {**intent.struct(), "action": intent.decided.number}
        return self.call("instruct", fields, raw(payload["signature"]), count=1)

    def gas_of(self, count: int) -> int | None:
        return _BASE_GAS + EARN_GAS

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        written = _DECIDED[Action(payload["instruction"]["action"])]
        return [self.ended(payload, self.about(payload, receipt, *written))]

    def identity(self, payload: Payload) -> Payload:
        return {"instruction": payload["instruction"]}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """
        The sequence has moved on. It was this very instruction if some transaction has carried its
        calldata, up to the signature, and it wrote what the action writes.
        """
        if isinstance(error, BadSequence):
            names = _DECIDED[Action(payload["instruction"]["action"])]
            head = self.encode([payload]).data[:_SIGNED_PART]
            for name in names:
                for event in self.logged(name, raw(payload["subscription"])):
                    sent = self._place.chain.request("eth_getTransactionByHash", event.log.tx_hash)
                    if sent and raw(sent["input"])[:_SIGNED_PART] == head:
                        return Outcome.duplicate(
                            subscription=payload["subscription"], transaction=event.log.tx_hash
                        )
        return Outcome.refused(error)


_SIGNED_PART = 4 + 32 * 7  # selector and the instruction's seven words

_DECIDED = {
    Action.CANCEL: Cancel.written,
    Action.PAUSE: Pause.written,
    Action.RESUME: Resume.written,
    Action.REACTIVATE: Reactivate.written,
    Action.ACCEPT_PRICE: AcceptPrice.written,
    Action.CHANGE_PLAN: ChangePlan.written,
}

PLAN_KINDS: tuple[type[Kind], ...] = (CreatePlan, PricePlan, ClosePlan)
KINDS: tuple[type[Kind], ...] = (
    Start,
    Charge,
    AcceptPrice,
    ChangePlan,
    Pause,
    Resume,
    Reactivate,
    Cancel,
    GrantTime,
    Refund,
    Redeem,
    Instruct,
)


def charge_ref(contract: str, subscription: bytes, cycle: int) -> bytes:
    """Under which reference a charge earns points; as the contract's ``chargeRef``."""
    return keccak(abi_encode(["address", "bytes32", "uint16"], [contract, subscription, cycle]))


def points(
    kind: SubscriptionKind, payload: Payload, receipt: Receipt, cycle: int
) -> dict[str, Any]:
    """That a charge earned no points, and why."""
    ref = charge_ref(kind.address, raw(payload["subscription"]), cycle)
    for event in kind.events(receipt, "EarnSkipped"):
        if event.args["ref"] == ref:
            return {"points_skipped": reason_of(event.args["reason"])}
    return {}


_MONEY = {"amount", "paid", "kept", "priceCap"}
_NAMES = {"planId": "plan", "paidThrough": "paid_through", "priceCap": "price_cap"}
_LEFT_OUT = {"subscriptionId", "ref", "customerId", "campaign", "couponId", "payer"}


def _told(event: Event, decimals: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in event.args.items():
        if name in _LEFT_OUT:
            continue
        if name in _MONEY:
            value = None if decimals is None else f"{units.from_base(value, decimals):f}"
        elif name == "paidThrough":
            value = units.iso(units.from_timestamp(value))
        if value is not None:
            found[_NAMES.get(name, name)] = value
    return found


def _reason(selector: bytes) -> bytes:
    """What a batch says of a failure, as revert data: nothing where it ran out of gas."""
    return selector if any(selector) else b""


def _is(error: Reverted, *kinds: type[Reverted]) -> bool:
    """Whether a batch has told only the kind of error, and it is one of these."""
    return getattr(error, "reason", None) in kinds
