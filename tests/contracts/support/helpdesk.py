"""A scene with service levels: agreements, each where a function would succeed."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.desk import DAY, policy
from tests.contracts.support.machine import digest
from tests.contracts.support.model.agreements import Opening, id_of
from tests.contracts.support.model.policies import ALL, HOUR, Policy
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.sla import Action, Instruction
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import GENESIS, MERCHANT

FEE = 10**6
PURSE = 10**12
BONDED = 2  # the number of the policy that a bond stands behind
LATER = GENESIS + 300 * DAY
NOTHING = bytes(32)


class Helpdesk(Scene):
    """
    The merchant provides, customer `linked`'s wallet is the client, and the guardian, whose role
    says nothing here, is the arbiter. Policy 1 holds a fee, policy 2 a bond; the clocks always run.
    Both have money and have approved SLAEscrow; the merchant's bond is there.
    """

    def _begin(self) -> None:
        super()._begin()
        self.sla, self.money = self.chain.sla, self.chain.token
        self.client, self.provider = self.wallet.address, MERCHANT.address
        for who in (self.client, self.provider):
            self.money.mint(who, PURSE, sender=who)
            self.money.approve(self.sla.address, PURSE, sender=who)
        for number in (1, BONDED):
            terms = self.terms(bonded=number == BONDED)
            self.sla.createPolicy(digest("policy", number), terms, sender=self.provider)
        self.sla.depositBond(self.money.address, 10 * FEE, sender=self.provider)

    def terms(self, **other: Any) -> Policy:
        made = policy(self.money, arbiter=self.actors["guardian"], hours168=2**168 - 1)
        return made._replace(**other)

    def opening(self, **other: Any) -> Opening:
        """The client's, with a fee."""
        made = Opening(1, 0, FEE, self.client, NOTHING, digest("agreement", 0), LATER)
        return made._replace(**other)

    def signed_opening(self) -> tuple[Opening, bytes]:
        opening = self.opening()
        return opening, self.wallet.sign(self.sla, "Open", *opening)

    @property
    def id(self) -> bytes:
        """Of the agreement with a fee."""
        return id_of(self.client, self.opening().ref)

    @property
    def bare_id(self) -> bytes:
        """Of the one for the customer who has no wallet."""
        return id_of(self.provider, self.opening().ref)

    def open(self) -> None:
        self.sla.open(self.opening(), sender=self.client)

    def open_for_bare(self) -> None:
        opening = self.opening(policyId=BONDED, client=NOBODY, customerId=self.bare)
        self.sla.open(opening, sender=self.provider)

    def bare_gets_a_wallet(self) -> None:
        self.open_for_bare()
        self.link(self.bare, self.spare)

    def after(self, verb: str, *more: Any, by: str) -> None:
        """Opens the agreement with a fee, and goes on with a verb."""
        self.open()
        getattr(self.sla, verb)(self.id, *more, sender=by)

    def pause(self) -> None:
        self.after("awaitCustomer", by=self.provider)

    def deliver(self) -> None:
        self.after("deliver", NOTHING, by=self.provider)

    def review(self) -> None:
        self.deliver()
        self.wait(self.terms().reviewWindow + 1)

    def abandon(self) -> None:
        self.open()
        self.wait(self.terms().reviewWindow + 30 * DAY)

    def offer_a_split(self) -> None:
        self.after("proposeSplit", ALL // 2, by=self.provider)

    def dispute(self) -> None:
        self.after("dispute", NOTHING, by=self.client)

    def outwait(self) -> None:
        self.dispute()
        self.wait(self.terms().arbiterWindow + 1)

    def credit_bare(self) -> None:
        """Something waits for a customer, who has a wallet by now."""
        self.open_for_bare()
        self.sla.giveUp(self.bare_id, sender=self.provider)
        self.link(self.bare, self.spare)

    def wait(self, seconds: int) -> None:
        self.evm.warp(self.evm.timestamp + seconds)

    def instruction(self) -> tuple[Instruction, bytes]:
        """A dispute that the client has signed."""
        made = Instruction(Action.DISPUTE, self.id, 0, NOTHING, self.evm.timestamp + HOUR)
        return made, self.wallet.sign(self.sla, *made.content)
