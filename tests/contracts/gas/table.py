"""All operations in one table: whoever measures imports from here."""

from __future__ import annotations

from tests.contracts.gas import consents, court, operations, payments, sla, subscriptions
from tests.contracts.gas.measure import Figure, measure

CHAPTERS = (
    operations,
    consents,
    payments,
    subscriptions,
    sla,
    court,
)  # each fills the table as it is read

__all__ = ["CHAPTERS", "Figure", "measure"]
