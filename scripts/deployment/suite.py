"""The contracts of the suite: which there are, who administers them, what they are made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.deployment.book import AddressBook
    from scripts.deployment.settings import Settings

ADMINISTERED = ("CustomerRegistry", "LoyaltyPoints", "EarnRules", "ConsentRegistry", "Onboarding")
"""What has an admin and roles. Where customers' money passes, nobody has any."""
CONTRACTS = (*ADMINISTERED, "Payments", "Subscriptions", "SLAEscrow")
"""The suite, each contract after those that it is made with."""
TEST_MONEY = "TestToken"
"""Money that anyone may print: a contract for local chains."""
TEST_MONEY_NAME, TEST_MONEY_SYMBOL, TEST_MONEY_DECIMALS = "Test Dollar", "tUSD", 6


def arguments(name: str, settings: Settings, book: AddressBook, admin: str) -> tuple[Any, ...]:
    """What the constructor of a contract takes, once those before it stand."""
    s = settings
    registry, points = book.address("CustomerRegistry"), book.address("LoyaltyPoints")
    return {
        "CustomerRegistry": (
            admin,
            s.admin_delay,
            s.recovery_delay,
            s.links_per_day,
            s.closings_per_day,
        ),
        "LoyaltyPoints": (admin, s.admin_delay, registry, s.epoch_months),
        "EarnRules": (admin, s.admin_delay, points),
        "ConsentRegistry": (admin, s.admin_delay, registry),
        "Onboarding": (
            admin,
            s.admin_delay,
            registry,
            book.address("ConsentRegistry"),
            points,
            s.programme,
        ),
        "Payments": (book.address("EarnRules"),),
        "Subscriptions": (book.address("EarnRules"),),
        "SLAEscrow": (registry,),
        TEST_MONEY: (TEST_MONEY_NAME, TEST_MONEY_SYMBOL, TEST_MONEY_DECIMALS),
    }[name]
