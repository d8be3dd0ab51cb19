"""Odd tokens against every path of money: what each does to the contracts that move it."""

from tests.contracts.support.tokens.kinds import KINDS, Kind
from tests.contracts.support.tokens.payments import PATHS as PAYMENTS
from tests.contracts.support.tokens.sla import PATHS as SLA
from tests.contracts.support.tokens.stand import Met
from tests.contracts.support.tokens.subscriptions import PATHS as SUBSCRIPTIONS

PATHS = {"Payments": PAYMENTS, "Subscriptions": SUBSCRIPTIONS, "SLAEscrow": SLA}

__all__ = ["KINDS", "PATHS", "Kind", "Met", "meet"]


def meet(kind: Kind, contract: str, path: str) -> Met:
    """What happens when a token of this kind is moved on this path."""
    return PATHS[contract][path](kind)
