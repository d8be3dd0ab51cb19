"""Plans, subscriptions and coupons as values: what is agreed, what is signed, what stands."""

from rapport.subscriptions.facts import Facts
from rapport.subscriptions.forecast import Expected, Forecast, Revenue
from rapport.subscriptions.terms import (
    NO_DIGEST,
    NOBODY,
    Action,
    Coupon,
    Instruction,
    SignedCoupon,
    Subscribe,
    digest_of,
)
from rapport.subscriptions.values import (
    ChangeQuote,
    NextCharge,
    Plan,
    Status,
    Step,
    Subscription,
)

__all__ = [
    "NOBODY",
    "NO_DIGEST",
    "Action",
    "ChangeQuote",
    "Coupon",
    "Expected",
    "Facts",
    "Forecast",
    "Instruction",
    "NextCharge",
    "Plan",
    "Revenue",
    "SignedCoupon",
    "Status",
    "Step",
    "Subscribe",
    "Subscription",
    "digest_of",
]
