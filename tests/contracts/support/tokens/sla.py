"""The paths of money in SLAEscrow: each is made ready with a good token, which then turns odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contracts.support import artifacts
from tests.contracts.support.desk import policy
from tests.contracts.support.evm import Contract
from tests.contracts.support.model.agreements import Opening
from tests.contracts.support.model.clocks import State
from tests.contracts.support.model.policies import ALL, ALL_HOURS, HOUR, Policy
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.stand import GENESIS, Due, Met, Stand

DAY = 86_400
CUSTOMER = b"\x01" * 32  # has no wallet
NOTHING = bytes(32)
FEE_BPS, CREDIT_BPS = 1_000, 2_500  # of the arbiter, of a late delivery
HELD, BONDED = 1, 2  # policies: the fee is held, or a bond stands for all of it


class Desk(Stand):
    """
    SLAEscrow, with a bystander's fee held beside. The payer is the client, the merchant provides
    and the affiliate rules; clocks always run, and a delivery after an hour costs a quarter.
    """

    registry: Contract

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind, "SLAEscrow")
        for number in (HELD, BONDED):
            terms = self.terms(self.token, bonded=number == BONDED)
            self.house.createPolicy(number.to_bytes(32, "big"), terms, sender=self.provider)
        self.bystander = self.open("bystander", 1)

    def rules(self) -> str:
        """Where its customers are known."""
        steward = self.who["caller"]
        parts = (steward, 2 * DAY, 7 * DAY, 40, 8)
        self.registry = self.evm.deploy(artifacts.load("CustomerRegistry"), *parts)
        for title in ("OPERATOR_ROLE", "STEWARD_ROLE"):
            self.registry.grantRole(getattr(self.registry, title)(), steward, sender=steward)
        self.registry.register(CUSTOMER, NOTHING, sender=steward)
        return self.registry.address

    @property
    def provider(self) -> str:
        return self.who["merchant"]

    def terms(self, token: Contract, **other: Any) -> Policy:
        made = policy(
            token,
            provider=self.provider,
            arbiter=self.who["affiliate"],
            arbiterFeeBps=FEE_BPS,
            maxCreditBps=ALL if other.get("bonded") else CREDIT_BPS,
            lateResponseBps=0,
            lateResolutionBps=ALL if other.get("bonded") else CREDIT_BPS,
            perHourBps=0,
            hours168=ALL_HOURS,
            maxPause=0,
            response=(0,) * 4,
            resolution=(HOUR,) * 4,
        )
        return made._replace(**other)

    def opening(self, client: str, number: int, policy_id: int = HELD) -> Opening:
        ref = number.to_bytes(32, "big")
        return Opening(policy_id, 0, self.kind.amount, client, CUSTOMER, ref, GENESIS + DAY)

    def open(self, client: str, number: int) -> bytes:
        """Somebody's fee is held."""
        opening = self.opening(self.who[client], number)
        key: bytes = self.house.open(opening, sender=self.who[client])[0]
        return key

    def back(self, number: int) -> bytes:
        """A bond of the whole amount stands behind a service for the customer."""
        self.token.mint(self.provider, self.kind.amount, sender=self.provider)
        self.house.depositBond(self.token.address, self.kind.amount, sender=self.provider)
        opening = self.opening(NOBODY, number, BONDED)
        key: bytes = self.house.open(opening, sender=self.provider)[0]
        return key

    def deliver_late(self, key: bytes) -> None:
        self.evm.warp(self.evm.timestamp + HOUR + 1)
        self.house.deliver(key, NOTHING, sender=self.provider)

    def backed(self, *keys: bytes) -> int:
        """What is at stake in these; a stake is always the whole amount here."""
        live = [self.house.agreement(key) for key in (self.bystander, *keys)]
        return sum(a[1] for a in live if State.NONE < a[-2] < State.SETTLED)

    def watch(self, act: Callable[[], Any], due: Due, *keys: bytes) -> Met:
        """As `meet`; a refusal must leave the agreements in their state as well."""
        before = [self.house.agreement(key) for key in keys]
        met = self.meet(act, due, lambda: self.backed(*keys))
        if met.word == "refused":
            assert [self.house.agreement(key) for key in keys] == before
        return met

    def moves(self, client: int = 0, provider: int = 0, arbiter: int = 0) -> dict[str, int]:
        gone = client + provider + arbiter
        return {"house": -gone, "payer": client, "merchant": provider, "affiliate": arbiter}


def _open(kind: Kind) -> Met:
    desk = Desk(kind)
    due = Due({"payer": -kind.amount, "house": kind.amount}, ("house",), ("payer",))
    key = desk.house.idOf(desk.who["payer"], (2).to_bytes(32, "big"))
    return desk.watch(lambda: desk.open("payer", 2), due, key)


def _accept(kind: Kind) -> Met:
    """A quarter goes back."""
    desk = Desk(kind)
    key = desk.open("payer", 2)
    desk.deliver_late(key)
    credit = -(-kind.amount * CREDIT_BPS // ALL)
    due = Due(desk.moves(credit, kind.amount - credit), ("payer",), ("house",))
    return desk.watch(lambda: desk.house.accept(key, sender=desk.who["payer"]), due, key)


def _give_up(kind: Kind) -> Met:
    desk = Desk(kind)
    key = desk.open("payer", 2)
    due = Due(desk.moves(kind.amount), ("payer",), ("house",))
    return desk.watch(lambda: desk.house.giveUp(key, sender=desk.provider), due, key)


def _concede(kind: Kind) -> Met:
    desk = Desk(kind)
    key, half = desk.open("payer", 2), kind.amount // 2
    due = Due(desk.moves(half), ("payer",), ("house",))
    left = kind.amount - half
    return desk.watch(lambda: desk.house.concede(key, left, sender=desk.provider), due, key)


def _resolve(kind: Kind) -> Met:
    """Three are paid: the arbiter its fee, the parties half of the rest each."""
    desk = Desk(kind)
    key = desk.open("payer", 2)
    desk.house.dispute(key, NOTHING, sender=desk.who["payer"])
    fee = kind.amount * FEE_BPS // ALL
    provider = (kind.amount - fee) // 2
    shares = desk.moves(kind.amount - fee - provider, provider, fee)
    due = Due(shares, ("affiliate",), ("house",))
    act = desk.house.resolve
    return desk.watch(lambda: act(key, ALL // 2, sender=desk.who["affiliate"]), due, key)


def _claim(kind: Kind) -> Met:
    """The customer was erased: what waited for them, all of a bond, is the provider's again."""
    desk = Desk(kind)
    key = desk.back(2)
    desk.house.giveUp(key, sender=desk.provider)
    desk.registry.erase(CUSTOMER, sender=desk.who["caller"])
    due = Due(desk.moves(provider=kind.amount), ("merchant",), ("house",))
    where = (desk.provider, CUSTOMER, desk.token.address)

    def backed() -> int:
        return desk.backed(key) + int(desk.house.waiting(*where))

    return desk.meet(lambda: desk.house.claim(*where, sender=desk.who["caller"]), due, backed)


def _withdraw(kind: Kind) -> Met:
    """The provider takes its free bond elsewhere."""
    desk = Desk(kind)
    amount, token = kind.amount, desk.token
    token.mint(desk.provider, amount, sender=desk.provider)
    desk.house.depositBond(token.address, amount, sender=desk.provider)
    moves = {"merchant": -amount, "elsewhere": amount}
    due = Due(moves, ("elsewhere",), ("house",), creditor="merchant")
    to = desk.who["elsewhere"]
    act = desk.house.withdraw
    return desk.watch(lambda: act(token.address, to, sender=desk.provider), due)


PATHS: dict[str, Callable[[Kind], Met]] = {
    "open": _open,
    "accept": _accept,
    "giveUp": _give_up,
    "concede": _concede,
    "resolve": _resolve,
    "claim": _claim,
    "withdraw": _withdraw,
}
