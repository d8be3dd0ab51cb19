"""What the outbox sends to ``SLAEscrow`` beside agreements: policies, bonds, waiting credits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rapport import units
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.reverts import NothingWaits
from rapport.services.custody import Payout, Withdrawal
from rapport.services.kinds import ContractKind, Published, Single, raw
from rapport.services.sla_kinds import CONTRACT, MONEY_GAS
from rapport.services.tokens import PERMIT_GAS, with_permit

_POLICY_GAS = 700_000  # six words of terms, and an event with all of them


class CreatePolicy(Published):
    name = "sla.policy_create"
    contract = CONTRACT
    function = "createPolicy"
    event = "PolicyCreated"
    noun = "policy"
    maker = "provider"

    def gas_of(self, count: int) -> int | None:
        return _POLICY_GAS


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


class Claim(Payout):
    """What waits for a customer."""

    name = "sla.claim"
    contract = CONTRACT
    event = "CreditClaimed"
    nothing = NothingWaits

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        about = (payload["provider"], raw(payload["customer"]), payload["token"])
        return self.call("claim", *about, count=1)

    def gas_of(self, count: int) -> int | None:
        return MONEY_GAS

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("provider", "customer", "token")}

    def paid(self, payload: Payload) -> list[Event]:
        about = (units.word(payload["provider"]), raw(payload["customer"]))
        return self.logged(self.event, *about, units.word(payload["token"]))


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
