"""What a merchant offers for regular payment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from rapport import units
from rapport.codec import keccak
from rapport.errors import InputError
from rapport.services.drafts import Draft
from rapport.services.subscription_kinds import PLAN_KINDS, ClosePlan, CreatePlan, PricePlan
from rapport.services.subscription_reading import Recurring
from rapport.services.tokens import positive
from rapport.services.verbs import M, Steps, new_key, read, task, write
from rapport.subscriptions import Plan
from rapport.tokens import Token

__all__ = ["KINDS", "PlansService"]

KINDS = PLAN_KINDS
SHORTEST = timedelta(days=1)
LONGEST = timedelta(days=3_660)
GRACE = timedelta(days=7)
"""The grace of a plan that names none, if its period is as long."""


class PlansService(Recurring[M]):
    """Plans, as kept by the ``Subscriptions`` contract. Money is whole units of the token."""

    @write
    def create(
        self,
        token: str,
        price: Decimal | int | str,
        period: timedelta,
        *,
        trial: timedelta = timedelta(0),
        grace: timedelta | None = None,
        cycles: int | None = None,
        caller_fee: Decimal | int | str = 0,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Make a plan, whose merchant is the sender. The outcome tells its number, ``plan``. The same
        key again is the same plan, on chain too.

        Args:
            price: For a period.
            grace: After each period, in which the next can be charged; 7 days, or the period if
                that is shorter.
            cycles: Paid off after so many charges (instalments); otherwise until cancelled.
            caller_fee: Of the price, to whoever sends a charge when it is due.

        Raises:
            InputError: No such token, or terms that the contract would refuse.
        """
        found = yield from self._token(token)
        base, fee = _priced(found, price, caller_fee)
        grace = min(GRACE, period) if grace is None else grace
        _require_between(period, SHORTEST, LONGEST, "a period")
        _require_between(trial, timedelta(0), LONGEST, "a trial")
        _require_between(grace, timedelta(seconds=1), period, "the grace")
        if cycles is not None and cycles == 0:
            raise InputError("a plan has at least one charge; leave cycles out for no end")
        merchant = self._account(None)
        key = idempotency_key or new_key(CreatePlan)
        terms = {
            "merchant": merchant,
            "period": _seconds(period),
            "trial": _seconds(trial),
            "grace": _seconds(grace),
            "token": found.address,
            "maxCycles": 0 if cycles is None else units.unsigned(cycles, 16, "cycles"),
            "closed": False,
            "price": base,
            "callerFee": fee,
        }
        ref = units.hex32(keccak(f"plan:{key}".encode()))
        return Draft(CreatePlan, key, {"merchant": merchant, "ref": ref, "terms": terms})

    @write
    def price(
        self,
        plan: int,
        price: Decimal | int | str,
        *,
        caller_fee: Decimal | int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Set what a period costs from the next charges on. A lower price reaches everybody; a higher
        one only those who have agreed to so much, the others are past due until they do.

        Raises:
            NotFound: There is no such plan.
            InputError: The price is 0, or less than the caller's fee.
        """
        found = yield from self._plan(plan)
        fee_then = found.caller_fee if caller_fee is None else caller_fee
        base, fee = _priced(found.token, price, fee_then)
        told = {"price": f"{found.token.from_base(base):f}"}
        payload = {"plan": found.id, "price": base, "caller_fee": fee, "told": told}
        return self._draft(PricePlan, idempotency_key, payload)

    @write
    def close(self, plan: int, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        End a plan for good: nobody subscribes to it or is charged for it any more. What is paid
        for can be used, and payers can change to another plan.

        Raises:
            NotFound: There is no such plan.
        """
        found = yield from self._plan(plan)
        return self._draft(ClosePlan, idempotency_key, {"plan": found.id})

    @read
    def show(self, plan: int) -> Steps[Plan]:
        """
        A plan as it is now.

        Raises:
            NotFound: There is no such plan.
        """
        found: Plan = yield from self._plan(plan)
        return found

    @task
    def list(self, merchant: str | None = None) -> tuple[Plan, ...]:
        """
        The plans of a merchant, the sender's own unless named, the oldest first.

        Raises:
            ConfigError: No merchant is named, and there is no sender.
            RpcError: The node serves no logs since the contract was deployed.
        """
        numbers = self._plan_numbers(self._account(merchant))
        plans: dict[int, Plan] = self.runner.ask(self._plans(numbers))
        return tuple(plans[number] for number in numbers)


def _priced(
    token: Token, price: Decimal | int | str, caller_fee: Decimal | int | str
) -> tuple[int, int]:
    """A price and the caller's fee out of it, in the token's smallest unit."""
    base, fee = positive(token, price, "a price"), token.to_base(caller_fee)
    if fee > base:
        raise InputError(
            f"the caller's fee {token.from_base(fee):f} is more than the price {price}; "
            "lower it as well"
        )
    return base, fee


def _seconds(duration: timedelta) -> int:
    if duration.microseconds:
        raise InputError(f"{duration} is not a whole number of seconds")
    return int(duration.total_seconds())


def _require_between(met: timedelta, least: timedelta, most: timedelta, what: str) -> None:
    if not least <= met <= most:
        raise InputError(
            f"{what} is {units.span(least)} to {units.span(most)}; met {units.span(met)}"
        )
