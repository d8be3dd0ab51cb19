"""The suite on a chain with providers, clients and moneys, and its model with service levels."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.contracts.support import wallets
from tests.contracts.support.evm import Contract
from tests.contracts.support.market import SELLERS, Market, MarketSuite
from tests.contracts.support.model.policies import ALL_HOURS, HOUR, Policy
from tests.contracts.support.model.sla import SlaModel

PROVIDERS = SELLERS
ARBITER = wallets.plain("arbiter").address
DAY = 24 * HOUR
# Monday to Friday, nine to five.
OFFICE = sum(1 << (day * 24 + hour) for day in range(5) for hour in range(9, 17))


class Desk(Market):
    """Providers and clients have money of three kinds, and have approved the escrow to take it."""

    @property
    def sales(self) -> tuple[str, ...]:
        return (self.sla.address,)


@cache
def desk() -> Desk:
    """Deployed once a process."""
    return Desk()


class DeskSuite(MarketSuite):
    """A suite with service levels and their model."""

    chain: Desk

    def __init__(self) -> None:
        super().__init__(desk())
        self.sla = SlaModel(self.ledger, self.chain.sla, self.registry, self.tokens)
        self.models[self.sla.contract] = self.sla


def policy(token: Contract | str, **other: Any) -> Policy:
    """
    Office hours in UTC: respond in one hour, resolve in four, at every priority; a tenth of the
    amount for each breach and each hour more, half of it at most; the client's fee in escrow.
    """
    made = Policy(
        provider=PROVIDERS[0].address,
        minAmount=1,
        token=token if isinstance(token, str) else token.address,
        bonded=False,
        closed=False,
        arbiterFeeBps=500,
        defaultProviderBps=5_000,
        lateResponseBps=1_000,
        lateResolutionBps=1_000,
        perHourBps=1_000,
        arbiter=ARBITER,
        reviewWindow=3 * DAY,
        arbiterWindow=7 * DAY,
        maxPause=8 * HOUR,
        hours168=OFFICE,
        utcOffset=0,
        maxCreditBps=5_000,
        response=(HOUR,) * 4,
        resolution=(4 * HOUR,) * 4,
    )
    return made._replace(**other)


ROUND_THE_CLOCK = ALL_HOURS
