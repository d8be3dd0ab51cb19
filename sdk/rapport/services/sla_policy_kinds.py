"""What the outbox sends to ``SLAEscrow`` beside agreements: policies, bonds, waiting credits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from rapport import units
from rapport.errors import Reverted
from rapport.models import Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.reverts import NothingWaits
from rapport.services.custody import Withdrawal
from rapport.services.kinds import ContractKind, Single, raw
from rapport.services.sla_kinds import CONTRACT, MONEY_GAS
from rapport.services.tokens import PERMIT_GAS, with_permit

_POLICY_GAS = 700_000  # six words of terms, and an event with all of them


class CreatePolicy(Single):
    """A policy. Its reference comes from the key, so that the same again is the same policy."""

    name = "sla.policy_create"
    contract = CONTRACT
    function = "createPolicy"
    arguments = ("ref", "terms")
    event = "PolicyCreated"

    def gas_of(self, count: int) -> int | None:
        return _POLICY_GAS

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        events = self.events(receipt, self.event)
        if events:
            number = events[0].args["policyId"]
            return [Outcome.done(policy=number, provider=payload["provider"])]
        return [Outcome.duplicate(**self._made(payload))]

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("provider", "terms")}

    def _made(self, payload: Payload) -> dict[str, Any]:
        about = (units.word(payload["provider"]), raw(payload["ref"]))
        found = self.logged(self.event, None, *about)
        return {"policy": found[0].args["policyId"]} if found else {}


class ClosePolicy(Single):
    name = "sla.policy_close"
    contract = CONTRACT
    function = "closePolicy"
    arguments = ("policy",)
    event = "PolicyClosed"

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        told = {"policy": payload["policy"]}
        closed = self.events(receipt, self.event)
        return [Outcome.done(**told) if closed else Outcome.duplicate(**told)]

    def subject(self, payload: Payload) -> Hashable:
        return f"policy {payload['policy']}"


class Claim(ContractKind):
    """What waits for a customer. Again, nothing is left to be paid."""

    name = "sla.claim"
    contract = CONTRACT

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        about = (payload["provider"], raw(payload["customer"]), payload["token"])
        return self.call("claim", *about, count=1)

    def gas_of(self, count: int) -> int | None:
        return MONEY_GAS

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        (event,) = self.events(receipt, "CreditClaimed")
        amount = units.from_base(event.args["amount"], payload["decimals"])
        return [Outcome.done(token=payload["token"], to=event.args["to"], amount=f"{amount:f}")]

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("provider", "customer", "token")}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Claimed before, if somebody has done so since this was kept."""
        if not isinstance(error, NothingWaits):
            return Outcome.refused(error)
        about = (units.word(payload["provider"]), raw(payload["customer"]))
        for event in reversed(self.logged("CreditClaimed", *about, units.word(payload["token"]))):
            if event.log.block_number > int(payload["since"]):
                return Outcome.duplicate(token=payload["token"], transaction=event.log.tx_hash)
        return Outcome.refused(error)


class DepositBond(ContractKind):
    """
    More of a bond. Twice would be twice, so the outbox alone sees to it that it is sent once. Keeps
    its order with everything, since what is opened next may need it.
    """

    name = "sla.bond_deposit"
    contract = CONTRACT

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        data = self.interface.encode("depositBond", payload["token"], int(payload["base"]))
        permit = payload.get("permit")
        gas = MONEY_GAS + (PERMIT_GAS if permit is not None else 0)
        return Call(self.address, with_permit(self.interface, permit, data), gas)

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        return [Outcome.done(token=payload["token"], amount=payload["amount"])]

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("token", "base")}

    def subject(self, payload: Payload) -> Hashable:
        return None


class WithdrawBond(Withdrawal):
    name = "sla.bond_withdraw"
    contract = CONTRACT


KINDS: tuple[type[Kind], ...] = (CreatePolicy, ClosePolicy, Claim, DepositBond, WithdrawBond)
