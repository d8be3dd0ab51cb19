"""What the contracts promise, said again in plain Python.

Written from the prose of the interfaces: lists and dictionaries, calendar dates instead of packed
lanes, so that an error in the arithmetic of the contracts is not repeated here. A verb is called
with the sender first; it returns what the contract returns, appends the events to `chain.events`,
or raises `Refused` and leaves nothing behind.
"""

from __future__ import annotations

from tests.contracts.support.model.consent import ConsentModel
from tests.contracts.support.model.earn import EarnModel
from tests.contracts.support.model.ledger import Ledger
from tests.contracts.support.model.loyalty import LoyaltyModel
from tests.contracts.support.model.onboarding import OnboardingModel
from tests.contracts.support.model.registry import RegistryModel

__all__ = [
    "ConsentModel",
    "EarnModel",
    "Ledger",
    "LoyaltyModel",
    "OnboardingModel",
    "RegistryModel",
]
