"""A scene with a court: agreements whose disputes can be brought to it."""

from __future__ import annotations

from typing import Any

from tests.contracts.support import artifacts
from tests.contracts.support.desk import DAY
from tests.contracts.support.evm import Contract
from tests.contracts.support.helpdesk import FEE, NOTHING, Helpdesk
from tests.contracts.support.machine import digest
from tests.contracts.support.model.agreements import id_of
from tests.contracts.support.model.registry import NOBODY

COST = 10**16  # of a step, in wei
EXTRA, META = b"general court", "ipfs://meta"
SHARES = (5_000, 0, 10_000)  # refused, for the client, for the provider
ROUND, WINDOW = 2 * DAY, 7 * DAY
FIRST = 7  # number of the first dispute of `OddCourt`
NONE, BROUGHT, RULED, EXECUTED = range(4)


class Courtroom(Helpdesk):
    """As a help desk, with an arbiter that brings disputes to a court which anyone commands."""

    def _begin(self) -> None:
        super()._begin()
        self.court = self.evm.deploy(artifacts.load("OddCourt"))
        self.court.setCosts(COST, COST)
        self.arbiter = self.arbiter_of(self.court)
        for who in (*self.actors.values(), self.client, self.provider):
            self.evm.give(who)

    def arbiter_of(
        self, court: Contract | str, shares: tuple[int, ...] = SHARES, round: int = ROUND
    ) -> Contract:
        at = court if isinstance(court, str) else court.address
        given = (self.sla.address, at, EXTRA, META, shares, round)
        return self.evm.deploy(artifacts.load("CourtArbiter"), *given)

    def odd_token(self) -> Contract:
        """A token that can be turned odd, of which client and provider have enough."""
        token = self.evm.deploy(artifacts.load("OddToken"), 6)
        for who in (self.client, self.provider):
            token.mint(who, 100 * FEE)
            token.approve(self.sla.address, 2**256 - 1, sender=who)
        return token

    def case(
        self,
        number: int = 0,
        *,
        bare: bool = False,
        amount: int = FEE,
        arbiter: Contract | None = None,
        window: int = WINDOW,
        **terms: Any,
    ) -> bytes:
        """An agreement in dispute; of a customer without a wallet it is the provider's doing."""
        named = (arbiter or self.arbiter).address
        policy = self.sla.policies() + 1
        made = self.terms(arbiter=named, arbiterWindow=window, bonded=bare, **terms)
        self.sla.createPolicy(digest("case", policy), made, sender=self.provider)
        opening = self.opening(policyId=policy, ref=digest("case of", number), amount=amount)
        if bare:
            opening = opening._replace(client=NOBODY, customerId=self.bare)
        opener = self.provider if bare else self.client
        self.sla.open(opening, sender=opener)
        id = id_of(opener, opening.ref)
        self.sla.deliver(id, NOTHING, sender=self.provider)
        self.sla.dispute(id, NOTHING, sender=opener)
        return id

    def bring(self, id: bytes, by: str | None = None, value: int = COST) -> tuple[int, bool]:
        brought: tuple[int, bool] = self.arbiter.bring(id, sender=by or self.client, value=value)
        return brought

    def rule(self, ruling: int, dispute: int = FIRST, gas: int = 0) -> None:
        """The court gives a ruling, with so much gas; 0 = all."""
        self.court.act(self.arbiter.address, self.calldata("rule", dispute, ruling), gas)

    def calldata(self, verb: str, *args: Any) -> bytes:
        return self.arbiter.functions[verb].encode(args)

    def state(self, id: bytes) -> int:
        """Of the agreement."""
        return int(self.sla.agreement(id)[9])

    def stage(self, id: bytes) -> int:
        return int(self.arbiter.disputeOf(id)[1])

    @property
    def told(self) -> list[str]:
        """The events of the last call that are not the token's."""
        return [event.name for event in self.evm.logs if event.contract != "TestToken"]
