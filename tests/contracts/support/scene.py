"""A programme in the middle of its life, in which every function has something to act upon."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.suite import RECOVERY_DELAY, Deployment, deployment
from tests.contracts.support.wallets import Wallet

DAY = 86_400
EUR = b"EUR".ljust(32, b"\0")
RULE = (1, 100, 0, 10_000, 0, 2**40 - 1, 0, (10_000,) * 8)


class Scene:
    """
    Customer `linked` has a wallet and 1,000 points, `bare` has 1,000 and none, `other` has neither.
    One award is pending and due, one redemption stands, one order is recorded.
    """

    def __init__(self, months: int = 1) -> None:
        self.chain: Deployment = deployment(months)
        self.chain.reset()
        self.evm = self.chain.evm
        self.registry = self.chain.registry
        self.points = self.chain.loyalty
        self.earn = self.chain.earn
        self.actors = dict(self.chain.actors)
        self.wallet, self.spare = self.chain.wallets[0], self.chain.wallets[1]
        self.actors["wallet"] = self.wallet.address
        self.linked, self.bare, self.other = (digest("customer", i) for i in range(3))
        self.due, self.awarded, self.redeemed, self.order = (digest("of", i) for i in range(4))
        self._begin()

    def by(self, actor: str) -> dict[str, str]:
        return {"sender": self.actors[actor]}

    def _begin(self) -> None:
        now, by = self.evm.timestamp, self.by
        people = [self.linked, self.bare, self.other]
        self.registry.registerBatch(people, bytes(32), **by("operator"))
        self.link(self.linked, self.wallet)
        self.points.award(self.linked, self.awarded, 1_000, 0, **by("issuer"))
        self.points.award(self.bare, digest("of", 4), 1_000, 0, **by("issuer"))
        self.points.award(self.linked, self.due, 70, now + DAY, **by("issuer"))
        self.points.redeem(self.bare, self.redeemed, 300, **by("issuer"))
        self.earn.setPurchaseRule(EUR, RULE, **by("rules"))
        self.earn.earn(self.linked, self.order, EUR, 10_000, **by("recorder"))
        self.evm.warp(now + DAY)

    def intent(self, wallet: Wallet, customer: bytes, new: Wallet) -> tuple[Any, ...]:
        """A LinkWallet intent that `wallet` signs, as arguments of a call."""
        seq = self.registry.customer(customer)[4]
        content = (customer, new.address, seq, self.evm.timestamp)
        return (*content, wallet.sign(self.registry, "LinkWallet", *content))

    def link(self, customer: bytes, wallet: Wallet) -> None:
        self.registry.linkWallet(*self.intent(wallet, customer, wallet), **self.by("operator"))

    def merge_intent(self, gone: bytes, heir: bytes, wallet: Wallet) -> tuple[Any, ...]:
        seq, deadline = self.registry.customer(gone)[4], self.evm.timestamp
        signed = wallet.sign(self.registry, "Merge", gone, heir, seq, deadline)
        return (gone, heir, deadline, signed)

    def redeem_intent(self, customer: bytes, ref: bytes, points: int, wallet: Wallet) -> Any:
        content = (customer, ref, points, self.evm.timestamp)
        return (*content, wallet.sign(self.points, "Redeem", *content))

    def propose_recovery(self) -> None:
        args = self.intent(self.spare, self.linked, self.spare)
        self.registry.requestRecovery(*args, **self.by("recovery"))

    def ripe_recovery(self) -> None:
        self.propose_recovery()
        self.evm.warp(self.evm.timestamp + RECOVERY_DELAY)

    @property
    def events(self) -> list[Event]:
        """Of the last transaction."""
        return self.evm.logs
