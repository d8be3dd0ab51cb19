"""Subscriptions as the chain's logs have them, and what their charges will bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from rapport import tokens, units
from rapport.errors import InputError
from rapport.models import Event
from rapport.reversal import reason_of
from rapport.services.subscription_kinds import charge_ref
from rapport.services.subscription_reading import Recurring
from rapport.services.verbs import M, Steps, task
from rapport.subscriptions import Facts, Forecast, Status, Step, Subscription
from rapport.subscriptions.forecast import Purse, forecast
from rapport.tokens import Token

_STEPS = {
    "Subscribed": "started",
    "Charged": "charged",
    "ChargeFailed": "charge failed",
    "PriceAccepted": "price accepted",
    "PlanChanged": "plan changed",
    "PlanChangeSet": "plan change set",
    "Paused": "paused",
    "Resumed": "resumed",
    "Cancelled": "cancelled",
    "TimeGranted": "time granted",
    "Refunded": "refunded",
    "CouponRedeemed": "coupon redeemed",
}
_LONGEST = timedelta(days=3_660)


class History(Recurring[M]):
    """The verbs that read logs."""

    @task
    def list(
        self,
        *,
        merchant: str | None = None,
        payer: str | None = None,
        plan: int | None = None,
        customer: str | bytes | None = None,
        status: Status | str | None = None,
    ) -> tuple[Subscription, ...]:
        """
        Subscriptions as they stand, the oldest first: those to a merchant's plans, the sender's own
        where neither merchant, payer nor plan is named.

        Raises:
            InputError: There is no such status.
            RpcError: The node serves no logs since the contract was deployed.
        """
        wanted = None if status is None else _status(status)
        if plan is not None:
            plans: Sequence[int] | None = [plan]
        elif payer is None or merchant is not None:
            plans = self._plan_numbers(self._account(merchant))
        else:
            plans = None
        facts = self._found(self._started(payer=payer, plans=plans))
        if customer is not None:
            customer_id, _ = self._identify(customer)
            facts = [each for each in facts if each.customer == customer_id]
        if wanted is not None:
            facts = [each for each in facts if each.status is wanted]
        return tuple(self.runner.ask(self._standing(facts)))

    @task
    def history(self, subscription: str | bytes) -> tuple[Step, ...]:
        """
        What happened to a subscription, the oldest first.

        Raises:
            NotFound: There is no such subscription.
            RpcError: The node serves no logs since the contract was deployed.
        """
        facts, plan = self.runner.ask(self._known(subscription))
        events = self._events(facts)
        times = self._context.chain.times(events)
        return tuple(_step(each, times[each.log.block_number], plan.token) for each in events)

    @task
    def upcoming(self, days: int = 30, *, merchant: str | None = None) -> Forecast:
        """
        The charges of the next ``days`` to a merchant's plans, the sender's own unless named, and
        what they bring by token. Charges that would fail as things stand are apart, each with its
        reason.

        Raises:
            InputError: Not 1 to 3,660 days.
            RpcError: The node serves no logs since the contract was deployed.
        """
        span = timedelta(days=units.unsigned(days, 16, "days"))
        if not timedelta(days=1) <= span <= _LONGEST:
            raise InputError(f"a forecast covers 1 to {_LONGEST.days:,} days; met {days}")
        numbers = self._plan_numbers(self._account(merchant))
        facts = self._found(self._started(plans=numbers))
        plans = self.runner.ask(self._plans(n for f in facts for n in (f.plan_id, f.next_plan_id)))
        wallets = sorted({(f.payer, plans[f.next_plan_id].token.address) for f in facts})
        purses = self.runner.ask(self._purses(wallets))
        now = self._context.chain.block().timestamp
        return forecast(facts, plans, purses, now, now + span)

    def _found(self, started: Sequence[Event]) -> Sequence[Facts]:
        ids = [each.args["subscriptionId"] for each in started]
        found: Sequence[Facts] = self.runner.ask(self._many(ids))
        return found

    def _purses(self, wallets: Sequence[tuple[str, str]]) -> Steps[dict[tuple[str, str], Purse]]:
        """What payers have of tokens, and let the contract take."""
        answers = yield [
            question
            for payer, token in wallets
            for question in (
                tokens.ask(token, "balanceOf", payer),
                tokens.ask(token, "allowance", payer, self._spender),
            )
        ]
        amounts = [tokens.number(each) or 0 for each in answers]
        return {
            wallet: Purse(*amounts[2 * place : 2 * place + 2])
            for place, wallet in enumerate(wallets)
        }

    def _events(self, facts: Facts) -> Sequence[Event]:
        found = [*self._logged(tuple(_STEPS), [facts.id])]
        spender = self._spender
        refs = {charge_ref(spender, facts.id, cycle) for cycle in range(1, facts.cycles + 1)}
        if any(facts.customer):
            skipped = self._logged(["EarnSkipped"], [facts.customer])
            found += [each for each in skipped if each.args["ref"] in refs]
        return sorted(found, key=lambda each: (each.log.block_number, each.log.index))


def _status(text: Status | str) -> Status:
    try:
        return Status(str(text).replace("-", " "))
    except ValueError:
        known = ", ".join(each.value for each in Status if each is not Status.NONE)
        raise InputError(f"{text!r} is no status; the statuses are {known}") from None


def _step(event: Event, at: datetime, token: Token) -> Step:
    args, log = event.args, event.log
    what = _STEPS.get(event.name, "points skipped")
    moved = args.get("amount", args.get("paid"))
    amount: Decimal | None = None if moved is None else token.from_base(moved)
    until = args.get("paidThrough")
    return Step(
        what=what,
        at=at,
        amount=amount,
        cycle=args.get("cycle"),
        plan=args.get("planId"),
        until=None if until is None else units.from_timestamp(until),
        note=_note(event, token),
        block=log.block_number,
        transaction=log.tx_hash,
    )


def _note(event: Event, token: Token) -> str | None:
    args = event.args
    if event.name in ("ChargeFailed", "EarnSkipped"):
        return reason_of(args["reason"])
    if event.name == "PriceAccepted":
        return f"up to {token.money(token.from_base(args['priceCap']))}"
    if event.name == "Cancelled":
        return "by the merchant" if args["byMerchant"] else "by the payer"
    if event.name == "CouponRedeemed":
        percent = units.percent(args["bps"]).normalize()
        return f"{percent:f} % off {args['cycles']} charges"
    if event.name == "Refunded":
        return f"{token.money(token.from_base(args['kept']))} kept"
    return None
