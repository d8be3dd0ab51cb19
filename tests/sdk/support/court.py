"""A published court on the chain of the tests, and an arbiter that brings disputes to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rapport import units
from rapport.artifacts import Interface
from tests.contracts.support.published import kleros
from tests.sdk.support.promised import DAY
from tests.sdk.support.suite import Suite, account, constructor, creation_code, send

COST, APPEAL = 10**16, 3 * 10**16  # wei
SHARES = [5_000, 0, 10_000]
ROUND = 3 * DAY
JUDGE = 6


@dataclass(frozen=True)
class Court:
    """The court, whose owner is account `JUDGE`, and the arbiter that policies name."""

    suite: Suite
    address: str
    arbiter: str
    interface: Interface

    def act(self, function: str, *args: Any, **options: Any) -> Any:
        """The judge's transaction: ``court.act("giveRuling", 0, 1)``."""
        data = self.interface.encode(function, *args)
        return send(self.suite.anvil, account(JUDGE), self.address, data, **options)


def established(suite: Suite) -> Court:
    """Puts a court and its arbiter on the chain."""
    published = kleros("AutoAppealableArbitrator")
    code = published.creation + COST.to_bytes(32, "big")
    court = units.address(send(suite.anvil, account(JUDGE), None, code)["contractAddress"])
    settings = {
        "escrow": suite.address("SLAEscrow"),
        "court": court,
        "extraData_": b"",
        "metaEvidence": "ipfs://meta",
        "shares_": SHARES,
        "round": int(ROUND.total_seconds()),
    }
    made = creation_code("CourtArbiter") + constructor("CourtArbiter", settings)
    arbiter = units.address(send(suite.anvil, suite.admin, None, made)["contractAddress"])
    return Court(suite, court, arbiter, Interface(published.name, published.abi))
