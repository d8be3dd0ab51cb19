"""What the outbox sends to ``SLAEscrow``: what becomes of agreements."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from rapport import units
from rapport.errors import Reverted
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.reverts import BadSplit, BadState, RefConflict
from rapport.services.kinds import ContractKind, raw
from rapport.services.tokens import PERMIT_GAS, with_permit
from rapport.sla import Action, Instruction, Opening, Settlement

CONTRACT = "SLAEscrow"

# Limits, not estimates: what a transfer costs is the token's affair, and a breach costs more than
# none.
_CLOCK_GAS = 300_000
MONEY_GAS = 450_000
_SETTLE_GAS = 800_000  # three payouts and the customer's registry

SETTLEMENTS = tuple(Settlement)
BREACHES = ("response", "resolution")


class AgreementKind(ContractKind):
    """A call about one agreement."""

    contract = CONTRACT
    function: ClassVar[str]
    written: ClassVar[tuple[str, ...]]
    """The events of a change; without one the call was a repetition."""
    gas: ClassVar[int] = _CLOCK_GAS
    outlived: ClassVar[tuple[type[Reverted], ...]] = (BadState,)
    """What a call meets when it is repeated after what it did."""

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        return self.call(self.function, raw(payload["agreement"]), *self.more(payload), count=1)

    def more(self, payload: Payload) -> list[Any]:
        """What the call takes besides the agreement."""
        return []

    def gas_of(self, count: int) -> int | None:
        return self.gas

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        events = self.about(payload, receipt)
        if not any(each.name in self.changes(payload) for each in events):
            return [Outcome.duplicate(agreement=payload["agreement"])]
        return [Outcome.done(**told(payload, [*events, *self.events(receipt, *_PAYOUTS)]))]

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        before = self.before(payload) if isinstance(error, self.outlived) else None
        return before or Outcome.refused(error)

    def before(self, payload: Payload) -> Outcome | None:
        """That the same had ended the state that it needs, if it had."""
        return None

    def changes(self, payload: Payload) -> tuple[str, ...]:
        """The events of which one tells that something changed."""
        return self.written

    def about(self, payload: Payload, receipt: Receipt) -> list[Event]:
        """The events about this agreement."""
        wanted = raw(payload["agreement"])
        return [each for each in self.events(receipt, *_TOLD) if _subject(each) == wanted]

    def subject(self, payload: Payload) -> Hashable:
        return str(payload["agreement"])


class Open(AgreementKind):
    """An agreement begins, by its opener's transaction or the client's signature."""

    name = "sla.open"
    written = ("Opened",)

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        opening = Opening.from_message(payload["opening"]).struct()
        signature, permit = raw(payload["signature"]), payload.get("permit")
        if signature:
            data = self.interface.encode("openBySig", opening, signature)
        else:
            data = self.interface.encode("open", opening)
        gas = MONEY_GAS + (PERMIT_GAS if permit is not None else 0)
        return Call(self.address, with_permit(self.interface, permit, data), gas)

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (outcome,) = super().outcomes(payloads, receipt)
        if outcome.status == "duplicate":
            outcome = self._compared(payloads[0], outcome)
        return [outcome]

    def identity(self, payload: Payload) -> Payload:
        names = ("policyId", "priority", "amount", "client", "customerId")
        return {name: payload["opening"][name] for name in names}

    def _compared(self, payload: Payload, outcome: Outcome) -> Outcome:
        """
        A repetition, if what began under this reference is the same: the contract does not keep
        all of it.
        """
        wanted = Opening.from_message(payload["opening"]).struct()
        for event in self.logged("Opened", raw(payload["agreement"])):
            if any(event.args[name] != wanted[name] for name in ("amount", "client", "customerId")):
                return Outcome.refused(RefConflict(wanted["ref"]))
        return outcome


class Respond(AgreementKind):
    name = "sla.respond"
    function = "respond"
    written = ("Responded",)


class Pause(AgreementKind):
    name = "sla.pause"
    function = "awaitCustomer"
    written = ("ClockPaused",)


class Resume(AgreementKind):
    name = "sla.resume"
    function = "resume"
    written = ("ClockResumed",)


class Link(AgreementKind):
    name = "sla.link"
    function = "linkClient"
    written = ("ClientLinked",)


class _WithEvidence(AgreementKind):
    def more(self, payload: Payload) -> list[Any]:
        return [raw(payload["evidence"])]


class Deliver(_WithEvidence):
    name = "sla.deliver"
    function = "deliver"
    written = ("Delivered",)


class _Once(AgreementKind):
    """What can be done once to an agreement, and leaves the state that it needs."""

    def before(self, payload: Payload) -> Outcome | None:
        (written,) = self.written
        for event in self.logged(written, raw(payload["agreement"])):
            if self.same(payload, event):
                return Outcome.duplicate(**told(payload, [event]), transaction=event.log.tx_hash)
        return None

    @abstractmethod
    def same(self, payload: Payload, event: Event) -> bool:
        """Whether an event of this kind is the very one that is wanted."""


class Dispute(_Once, _WithEvidence):
    name = "sla.dispute"
    function = "dispute"
    written = ("Disputed",)

    def same(self, payload: Payload, event: Event) -> bool:
        return bool(event.args["by"] == payload["account"])


class SubmitEvidence(_WithEvidence):
    name = "sla.submit_evidence"
    function = "submitEvidence"
    written = ("Evidence",)


class Concede(AgreementKind):
    name = "sla.concede"
    function = "concede"
    written = ("Conceded",)
    gas = MONEY_GAS

    def more(self, payload: Payload) -> list[Any]:
        return [int(payload["base"])]


class ProposeSplit(AgreementKind):
    name = "sla.propose_split"
    function = "proposeSplit"
    written = ("SplitProposed",)

    def more(self, payload: Payload) -> list[Any]:
        return [int(payload["provider_bps"])]


class Settle(_Once):
    """What ends an agreement. One that was ended so before, by whomever, is a repetition."""

    written = ("Settled",)
    gas = _SETTLE_GAS
    ends: ClassVar[Settlement]

    def same(self, payload: Payload, event: Event) -> bool:
        return SETTLEMENTS[event.args["outcome"]] is self.ends


class Accept(Settle):
    name = "sla.accept"
    function = "accept"
    ends = Settlement.ACCEPTED


class Finalize(Settle):
    name = "sla.finalize"
    function = "finalize"
    ends = Settlement.FINALIZED


class GiveUp(Settle):
    name = "sla.give_up"
    function = "giveUp"
    ends = Settlement.GIVEN_UP


class Reclaim(Settle):
    name = "sla.reclaim"
    function = "reclaim"
    ends = Settlement.RECLAIMED


class Expire(Settle):
    name = "sla.expire"
    function = "expireDispute"
    ends = Settlement.EXPIRED


class _Split(Settle):
    def more(self, payload: Payload) -> list[Any]:
        return [int(payload["provider_bps"])]

    def same(self, payload: Payload, event: Event) -> bool:
        shared = event.args["toProvider"] + event.args["toClient"]
        part = shared * int(payload["provider_bps"]) // units.MAX_BPS
        return super().same(payload, event) and bool(event.args["toProvider"] == part)


class AcceptSplit(_Split):
    name = "sla.accept_split"
    function = "acceptSplit"
    ends = Settlement.AGREED
    outlived = (BadState, BadSplit)  # an accepted proposal stands no longer


class Resolve(_Split):
    name = "sla.resolve"
    function = "resolve"
    ends = Settlement.RULED


class Instruct(AgreementKind):
    """What the client has signed. Again, a resumption changes nothing, and the rest is refused."""

    name = "sla.instruct"
    gas = _SETTLE_GAS
    outlived = (BadState, BadSplit)

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        intent = Instruction.from_message(payload["instruction"])
        fields = {**intent.struct(), "action": intent.decided.number}
        return self.call("instruct", fields, raw(payload["signature"]), count=1)

    def changes(self, payload: Payload) -> tuple[str, ...]:
        return _DECIDED[Action(payload["instruction"]["action"])].written

    def identity(self, payload: Payload) -> Payload:
        return {"instruction": payload["instruction"]}

    def before(self, payload: Payload) -> Outcome | None:
        signed = payload["instruction"]
        kind = _DECIDED[Action(signed["action"])]
        return kind(self._place).before({**payload, "provider_bps": signed["providerBps"]})


_DECIDED: dict[Action, type[AgreementKind]] = {
    Action.RESUME: Resume,
    Action.ACCEPT: Accept,
    Action.DISPUTE: Dispute,
    Action.ACCEPT_SPLIT: AcceptSplit,
}


KINDS: tuple[type[Kind], ...] = (
    Open,
    Link,
    Respond,
    Pause,
    Resume,
    Deliver,
    Accept,
    Finalize,
    GiveUp,
    Reclaim,
    Concede,
    ProposeSplit,
    AcceptSplit,
    Dispute,
    SubmitEvidence,
    Resolve,
    Expire,
    Instruct,
)


def told(payload: Payload, events: Sequence[Event]) -> dict[str, Any]:
    """What events say, as an outcome's result: money in whole units, moments as text."""
    found: dict[str, Any] = {"agreement": payload["agreement"]}
    for event in events:
        _tell(found, event, int(payload["decimals"]))
    return found


def _subject(event: Event) -> bytes:
    """The agreement that an event is about."""
    if event.name == "Evidence":
        return int(event.args["evidenceGroupID"]).to_bytes(32, "big")
    return bytes(event.args["id"])


def _tell(found: dict[str, Any], event: Event, decimals: int) -> None:
    args = event.args

    def money(name: str) -> str:
        return f"{units.from_base(args[name], decimals):f}"

    if event.name == "Opened":
        found |= {"policy": args["policyId"], "amount": money("amount")}
    elif event.name == "ClientLinked":
        found["client"] = args["client"]
    elif event.name == "ClockResumed":
        found["paused"] = args["pausedTotal"]
    elif event.name == "Breached":
        late = {"clock": BREACHES[args["kind"]], "overrun": args["overrun"]}
        found["breaches"] = [*found.get("breaches", ()), late]
    elif event.name == "Conceded":
        found["amount"] = money("part")
    elif event.name == "Disputed":
        found["until"] = units.iso(units.from_timestamp(args["until"]))
    elif event.name == "Evidence":
        found["evidence"] = args["evidence"]
    elif event.name == "SplitProposed":
        found["provider"] = f"{units.percent(args['providerBps']):f}"
    elif event.name == "Settled":
        found["outcome"] = SETTLEMENTS[args["outcome"]].value
        found |= {f"to_{name.lower()}": money(f"to{name}") for name in _SIDES}
    elif event.name == "CreditWaits":
        found["waits"] = money("amount")
    elif event.name == "Credited":
        told = {"account": args["account"], "amount": money("amount")}
        found["credited"] = [*found.get("credited", ()), told]


_SIDES = ("Provider", "Client", "Arbiter")
_PAYOUTS = ("Credited", "CreditWaits")
_TOLD = (
    *("Opened", "ClientLinked", "Responded", "ClockPaused", "ClockResumed", "Delivered"),
    *("Breached", "Conceded", "Disputed", "Evidence", "SplitProposed", "Settled"),
)
