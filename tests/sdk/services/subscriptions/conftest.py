"""A merchant with plans, and a payer."""

from tests.sdk.support.recurring import merchant, new_plan, payer, suite, undone

__all__ = ["merchant", "new_plan", "payer", "suite", "undone"]
