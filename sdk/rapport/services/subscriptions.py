"""Subscriptions: begun, charged, changed and ended, within what the payer has agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.chain import Read, requests
from rapport.errors import InputError, NotFound
from rapport.outbox.kinds import Kind, Payload
from rapport.permits import SignedPermit
from rapport.services.deciding import check_signature, signed
from rapport.services.drafts import Draft
from rapport.services.subscription_invoices import Invoicing
from rapport.services.subscription_kinds import (
    KINDS,
    AcceptPrice,
    Cancel,
    ChangePlan,
    Charge,
    GrantTime,
    Pause,
    Reactivate,
    Redeem,
    Refund,
    Resume,
    Start,
)
from rapport.services.subscription_requests import Requests, require_coupon
from rapport.services.tokens import positive
from rapport.services.verbs import M, Steps, bulk, new_key, read, write
from rapport.subscriptions import ChangeQuote, SignedCoupon, Subscription
from rapport.subscriptions.facts import CONTRACT, named

__all__ = ["KINDS", "SubscriptionsService"]

_VALID = timedelta(days=7)  # for what the sender does by itself: it may wait in the outbox


class SubscriptionsService(Requests[M], Invoicing[M]):
    """
    Subscriptions, as kept by the ``Subscriptions`` contract. Money is whole units of the plan's
    token. A subscription is named by its id: ``0x`` and 64 hex digits.
    """

    # Beginning

    @write
    def start(
        self,
        plan: int,
        *,
        price_cap: Decimal | int | str | None = None,
        customer: str | bytes | None = None,
        campaign: str | bytes | None = None,
        coupon: SignedCoupon | None = None,
        permit: SignedPermit | None = None,
        deadline: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Subscribe the sender's own wallet: with the plan's trial, if it is its first with the
        merchant, or with a first charge. The outcome tells the id, ``subscription``. Other payers
        sign a :meth:`request`, which :meth:`start_by_sig` relays.

        Args:
            price_cap: The highest price for a period that is agreed to; the present one unless
                named.
            customer: Who earns points.
            campaign: What brought the customer; its digest goes on chain, so name no person.
            coupon: One that counts from the first charge on.
            permit: The sender's own, instead of an approval.

        Raises:
            NotFound: No such plan, or nobody has the customer's number.
            InputError: The plan is closed, costs more than the cap, or the coupon is not for it.
        """
        (head,) = yield [requests.block()]
        key = idempotency_key or new_key(Start)
        terms = yield from self._terms(
            plan,
            self._account(None),
            deadline or head.timestamp + _VALID,
            price_cap=price_cap,
            customer=customer,
            campaign=campaign,
            coupon=coupon,
            reference=key,
        )
        draft: Draft = yield from self._starting(terms, "", coupon, permit, idempotency_key)
        return draft

    # Charging

    @write
    def charge(
        self, subscription: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Charge the period that is due. Anyone may, within the grace; the plan's caller's fee goes
        to the sender. No period is ever charged twice, whoever tries.

        Raises:
            NotFound: There is no such subscription.
        """
        facts, plan = yield from self._known(subscription)
        payload = {
            **facts.named,
            "cycle": facts.cycles + 1,
            "decimals": plan.token.decimals,
        }
        return self._draft(Charge, idempotency_key, payload)

    @bulk
    def charge_batch(self, subscription: str | bytes, known: Mapping[bytes, Payload]) -> Draft:
        """
        Charge any number of subscriptions, by their ids: many to a transaction, and one that
        cannot be charged stops nobody else. What comes back is iterated for what became of each.
        """
        number = units.bytes32(subscription, "a subscription's id")
        return self._draft(Charge, None, known[number])

    @charge_batch.inform
    def _charges(self, subscriptions: list[str | bytes], _: Any) -> Steps[dict[bytes, Payload]]:
        """The next charge of each; one that does not exist has a charge too, which is refused."""
        numbers: list[bytes] = []
        for each in subscriptions:
            try:
                numbers.append(units.bytes32(each, "a subscription's id"))
            except InputError:
                continue  # it is told of when it is drafted
        views = ("subscription", "customerOf")
        answers = yield [Read(CONTRACT, view, (each,)) for each in numbers for view in views]
        records, customers = answers[::2], answers[1::2]
        decimals: dict[int, int | None] = {}
        for plan in {each["planId"] for each in records}:
            decimals[plan] = yield from self._decimals(plan)
        return {
            number: {
                **named(number, customer),
                "cycle": record["cycles"] + 1,
                "decimals": decimals[record["planId"]],
            }
            for number, record, customer in zip(numbers, records, customers, strict=True)
        }

    def _decimals(self, plan: int) -> Steps[int | None]:
        """Of a plan's token; ``None`` if there is none any more, or no such plan."""
        try:
            found = yield from self._plan(plan)
        except (NotFound, InputError):
            return None
        return int(found.token.decimals)

    # What the payer decides

    @write
    def accept_price(
        self,
        subscription: str | bytes,
        price_cap: Decimal | int | str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Agree to a price of up to ``price_cap``, that of the next charge unless named. A lower one
        withdraws an agreement. The sender is the payer.

        Raises:
            NotFound: There is no such subscription.
        """
        facts, plan = yield from self._known(subscription)
        cap = yield from self._agreed(facts, plan, price_cap)
        payload = {
            **facts.named,
            "price_cap": cap,
            "decimals": plan.token.decimals,
        }
        return self._draft(AcceptPrice, idempotency_key, payload)

    @write
    def change(
        self,
        subscription: str | bytes,
        plan: int,
        *,
        price_cap: Decimal | int | str | None = None,
        max_pay: Decimal | int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Change to another plan of the same merchant and token. One that is worth more for the rest
        of the period begins at once, and the difference is paid now; every other begins with the
        next charge. The present plan again ends a change that was set. The sender is the payer.

        Args:
            price_cap: The highest price of the new plan; its present price unless named.
            max_pay: The most that may be taken now; what :meth:`quote` tells unless named.

        Raises:
            NotFound: No such subscription or plan.
            PlanNotExchangeable: It has a fixed number of charges, or another merchant or token.
        """
        facts, present = yield from self._known(subscription)
        cap, most = yield from self._change(facts, plan, price_cap, max_pay)
        payload = {
            **facts.named,
            "plan": plan,
            "price_cap": cap,
            "max_pay": most,
            "decimals": present.token.decimals,
        }
        return self._draft(ChangePlan, idempotency_key, payload)

    @read
    def quote(self, subscription: str | bytes, plan: int) -> Steps[ChangeQuote]:
        """
        What a change of plan would take now, and whether it begins at once.

        Raises:
            NotFound: No such subscription or plan.
            PlanNotExchangeable: It has a fixed number of charges, or another merchant or token.
        """
        facts, present = yield from self._known(subscription)
        found = yield from self._plan(plan)
        amount, at_once = yield from self._quoted(facts, found.id)
        return ChangeQuote(found.id, present.token.from_base(amount), at_once)

    @write
    def pause(
        self, subscription: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Stop the clock of what is paid for, while something is left. The sender is the payer."""
        draft: Draft = yield from self._decided(Pause, subscription, idempotency_key)
        return draft

    @write
    def resume(
        self, subscription: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Let the clock run again; the pause is added. The sender is the payer."""
        draft: Draft = yield from self._decided(Resume, subscription, idempotency_key)
        return draft

    @write
    def reactivate(
        self, subscription: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Start a lapsed subscription anew, now, with a charge. The sender is the payer."""
        draft: Draft = yield from self._decided(Reactivate, subscription, idempotency_key)
        return draft

    @write
    def cancel(
        self, subscription: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        End the charges for good, as the payer or as the merchant. What is paid for can still be
        used. Again it changes nothing.
        """
        draft: Draft = yield from self._decided(Cancel, subscription, idempotency_key)
        return draft

    @write
    def redeem(
        self,
        subscription: str | bytes,
        coupon: SignedCoupon,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Use a coupon for the next charges; it takes the place of one that is still in use. The
        sender is the payer.

        Raises:
            InputError: It is another merchant's, plan's or payer's.
        """
        facts = yield from self._facts(subscription)
        plan = yield from self._plan(facts.next_plan_id)
        require_coupon(coupon.coupon, plan, facts.payer)
        merchant = coupon.coupon.merchant
        yield from check_signature(merchant, coupon.coupon, self.domain(), coupon.signature)
        payload = {
            **facts.named,
            "coupon": coupon.coupon.message(),
            "coupon_signature": signed(coupon.signature),
        }
        return self._draft(Redeem, idempotency_key, payload)

    # What the merchant gives

    @write
    def grant_time(
        self,
        subscription: str | bytes,
        until: datetime,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Give time until ``until`` at least; it is never refunded. The sender is the merchant, and
        the subscription neither lapsed, cancelled nor completed. Again it changes nothing.
        """
        draft: Draft = yield from self._decided(
            GrantTime, subscription, idempotency_key, until=units.to_timestamp(until)
        )
        return draft

    @write
    def refund(
        self,
        subscription: str | bytes,
        amount: Decimal | int | str | None = None,
        *,
        cycle: int | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Give back ``amount`` of the last charge, or all of it. The merchant, which is the sender,
        pays from its own balance, out of what this contract may take of it; points go back in
        proportion.

        Args:
            cycle: Number of the charge; the last one unless named. A refund that comes after the
                next charge is refused.

        Raises:
            NotFound: There is no such subscription.
            InputError: Nothing was paid, or less than the amount.
        """
        facts, plan = yield from self._known(subscription)
        token, last = plan.token, facts.last_paid
        back = last if amount is None else positive(token, amount, "a refund")
        if not last:
            raise InputError("nothing is kept of the last charge; there is nothing to give back")
        if back > last:
            raise InputError(
                f"a refund of {amount} is more than the {token.money(token.from_base(last))} that "
                "are kept of the last charge"
            )
        payload = {
            **facts.named,
            "cycle": facts.cycles if cycle is None else units.unsigned(cycle, 16, "cycle"),
            "kept": last - back,
            "amount": None if amount is None else back,
            "decimals": token.decimals,
        }
        return self._draft(Refund, idempotency_key, payload)

    # Looking

    @read
    def show(self, subscription: str | bytes) -> Steps[Subscription]:
        """
        A subscription as it stands: its status, and when, how much and why not is charged next.

        Raises:
            NotFound: There is no such subscription.
        """
        facts = yield from self._facts(subscription)
        (found,) = yield from self._standing([facts])
        return found

    def _decided(
        self, kind: type[Kind], subscription: str | bytes, key: str | None, **more: int
    ) -> Steps[Draft]:
        facts, plan = yield from self._known(subscription)
        payload = {
            **facts.named,
            **more,
            "decimals": plan.token.decimals,
        }
        return self._draft(kind, key, payload)
