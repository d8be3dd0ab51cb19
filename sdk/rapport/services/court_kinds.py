"""What the outbox sends to a ``CourtArbiter``. Each policy may name its own, by its address."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from rapport import units
from rapport.artifacts import Interface, interface
from rapport.chain import requests
from rapport.errors import Reverted
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.reverts import WrongStage
from rapport.services.kinds import ContractKind, raw
from rapport.services.sla_kinds import MONEY_GAS
from rapport.sla import Stage

CONTRACT = "CourtArbiter"
COIN = 18  # decimals of a chain's own coin

# Limits, not estimates: what a court does with a dispute is the court's affair.
_COURT_GAS = 1_500_000
_EXECUTE_GAS = 1_200_000  # the settlement, and two payouts more
_EVIDENCE_GAS, _BYTE_GAS = 150_000, 100

EXECUTED = tuple(Stage).index(Stage.EXECUTED)


def arbiter_interface() -> Interface:
    return interface(CONTRACT)


class CourtKind(ContractKind):
    """A call to the arbiter that a payload names, about one agreement."""

    contract = CONTRACT
    function: ClassVar[str]
    written: ClassVar[str]
    gas: ClassVar[int] = _COURT_GAS

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        data = self.interface.encode(self.function, *self.arguments(payload))
        wei = int(payload.get("wei", 0))
        return Call(payload["arbiter"], data, self.limit(payload), wei)

    def arguments(self, payload: Payload) -> list[Any]:
        return [raw(payload["agreement"])]

    def limit(self, payload: Payload) -> int:
        return self.gas

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        logs = (each for each in receipt.logs if each.address == payload["arbiter"])
        events = [self.interface.decode_log(each) for each in logs]
        for event in events:
            if event is not None and event.name == self.written:
                return [Outcome.done(**self.told(payload, event))]
        return [Outcome.duplicate(agreement=payload["agreement"])]

    def told(self, payload: Payload, event: Event) -> dict[str, Any]:
        return {"agreement": payload["agreement"], "arbiter": payload["arbiter"]}

    def subject(self, payload: Payload) -> Hashable:
        return str(payload["agreement"])

    def identity(self, payload: Payload) -> Payload:
        # What the court asks for may have changed since.
        return {name: each for name, each in payload.items() if name not in ("wei", "since")}


class Bring(CourtKind):
    name = "court.bring"
    function = "bring"
    written = "Dispute"

    def told(self, payload: Payload, event: Event) -> dict[str, Any]:
        dispute = {"court": event.args["_arbitrator"], "dispute": event.args["_disputeID"]}
        return {**super().told(payload, event), **dispute, "cost": coins(payload["wei"])}


class Appeal(CourtKind):
    """The court refuses a second one in the same round: whatever was appealed is not again."""

    name = "court.appeal"
    function = "appeal"
    written = "Appealed"

    def told(self, payload: Payload, event: Event) -> dict[str, Any]:
        about = {"dispute": event.args["disputeID"], "cost": coins(event.args["cost"])}
        return {**super().told(payload, event), **about}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Appealed before, if the account has since this was kept."""
        event, since = self.interface.event(self.written), int(payload["since"])
        topics = [f"0x{event.topic.hex()}", payload["agreement"], None]
        topics.append(f"0x{units.word(payload['account']).hex()}")
        asked = requests.logs([payload["arbiter"]], topics, since, "latest")
        (logs,) = self._place.chain.values([asked])
        for log in logs:
            if log.block_number > since:
                return Outcome.duplicate(agreement=payload["agreement"], transaction=log.tx_hash)
        return Outcome.refused(error)


class Execute(CourtKind):
    name = "court.execute"
    function = "execute"
    written = "Executed"
    gas = _EXECUTE_GAS

    def told(self, payload: Payload, event: Event) -> dict[str, Any]:
        decimals = int(payload["decimals"])
        fee = {
            f"fee_to_{side.lower()}": f"{units.from_base(event.args[f'to{side}'], decimals):f}"
            for side in ("Provider", "Client")
        }
        share = f"{units.percent(event.args['providerBps']):f}"
        return {**super().told(payload, event), "provider": share, **fee}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        if isinstance(error, WrongStage) and error.stage == EXECUTED:
            return Outcome.duplicate(agreement=payload["agreement"])
        return Outcome.refused(error)


class SubmitEvidence(CourtKind):
    name = "court.submit_evidence"
    function = "submitEvidence"
    written = "Evidence"

    def arguments(self, payload: Payload) -> list[Any]:
        return [raw(payload["agreement"]), payload["evidence"]]

    def limit(self, payload: Payload) -> int:
        return _EVIDENCE_GAS + _BYTE_GAS * len(payload["evidence"].encode())

    def told(self, payload: Payload, event: Event) -> dict[str, Any]:
        return {**super().told(payload, event), "evidence": event.args["_evidence"]}


class Collect(CourtKind):
    """What the escrow owes the arbiter, since the token was refused to it. Again, it is nothing."""

    name = "court.collect"
    function = "collect"
    gas = MONEY_GAS

    def arguments(self, payload: Payload) -> list[Any]:
        return [payload["token"]]

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        return [Outcome.done(agreement=payload["agreement"], arbiter=payload["arbiter"])]


class Withdraw(CourtKind):
    """What the arbiter owes the sender in a token. Again, it is nothing."""

    name = "court.withdraw"
    function = "withdraw"
    written = "Withdrawn"
    gas = MONEY_GAS

    def arguments(self, payload: Payload) -> list[Any]:
        return [payload["token"], payload["to"]]

    def told(self, payload: Payload, event: Event) -> dict[str, Any]:
        amount = units.from_base(event.args["amount"], int(payload["decimals"]))
        about = {"token": payload["token"], "to": event.args["to"], "amount": f"{amount:f}"}
        return {**super().told(payload, event), **about}


KINDS: tuple[type[Kind], ...] = (Bring, Appeal, Execute, SubmitEvidence, Collect, Withdraw)


def coins(wei: int | str) -> str:
    """An amount of the chain's own coin, without the zeros at its end."""
    return f"{units.from_base(int(wei), COIN).normalize():f}"
