"""What payers and merchants sign about subscriptions, and what is relayed for them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.codec import abi_encode, keccak
from rapport.errors import InputError
from rapport.permits import SignedPermit
from rapport.services.deciding import check_signature, signed
from rapport.services.drafts import Draft
from rapport.services.subscription_kinds import Instruct, Start
from rapport.services.subscription_reading import Recurring
from rapport.services.verbs import M, Steps, new_key, read, write
from rapport.subscriptions import (
    NO_DIGEST,
    NOBODY,
    Action,
    Coupon,
    Instruction,
    Plan,
    SignedCoupon,
    Subscribe,
    digest_of,
)


class Requests(Recurring[M]):
    """The verbs of signatures."""

    # What the payer signs

    @read
    def request(
        self,
        plan: int,
        payer: str,
        deadline: datetime,
        *,
        price_cap: Decimal | int | str | None = None,
        customer: str | bytes | None = None,
        campaign: str | bytes | None = None,
        coupon: SignedCoupon | None = None,
        reference: str | None = None,
    ) -> Steps[Subscribe]:
        """
        What a payer signs to subscribe to a plan, so that anybody may relay it until ``deadline``.

        Args:
            price_cap: The highest price for a period that the payer agrees to; the present price
                unless named.
            customer: Who earns points.
            campaign: What brought the customer; its digest goes on chain, so name no person.
            coupon: One that counts from the first charge on.
            reference: With a customer, the same reference gives the same subscription.

        Raises:
            NotFound: No such plan, or nobody has the customer's number.
            InputError: The plan is closed, costs more than the cap, or the coupon is not for it.
        """
        terms: Subscribe = yield from self._terms(
            plan,
            payer,
            deadline,
            price_cap=price_cap,
            customer=customer,
            campaign=campaign,
            coupon=coupon,
            reference=reference,
        )
        return terms

    @read
    def instruction(
        self,
        subscription: str | bytes,
        action: Action | str,
        deadline: datetime,
        *,
        plan: int | None = None,
        price_cap: Decimal | int | str | None = None,
        max_pay: Decimal | int | str | None = None,
    ) -> Steps[Instruction]:
        """
        What the payer signs to have a subscription cancelled, paused, resumed, reactivated, its
        price accepted or its plan changed, so that anybody may relay it.

        Args:
            plan: To change to.
            price_cap: The highest price for a period; of the plan to change to, its present price
                unless named.
            max_pay: The most that a change may take now; what it costs now unless named.

        Raises:
            NotFound: No such subscription or plan.
            InputError: No such action, or it needs what is not given.
        """
        chosen = Action.of(action)
        facts, present = yield from self._known(subscription)
        fields = {"plan_id": 0, "price_cap": 0, "max_pay": 0}
        if chosen is Action.CHANGE_PLAN:
            if plan is None:
                raise InputError("a change of plan needs the plan to change to")
            cap, most = yield from self._change(facts, plan, price_cap, max_pay)
            fields = {"plan_id": plan, "price_cap": cap, "max_pay": most}
        elif plan is not None or max_pay is not None:
            raise InputError(f"{chosen.value!r} takes no plan and no amount to pay")
        elif chosen is Action.ACCEPT_PRICE:
            fields["price_cap"] = yield from self._agreed(facts, present, price_cap)
        elif price_cap is not None:
            raise InputError(f"{chosen.value!r} takes no price")
        units.to_timestamp(deadline)
        return Instruction(
            action=chosen.value,
            subscription_id=facts.id,
            **fields,
            seq=facts.seq,
            deadline=deadline,
        )

    # What is relayed

    @write
    def start_by_sig(
        self,
        terms: Subscribe,
        signature: bytes,
        *,
        coupon: SignedCoupon | None = None,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Start the subscription that a payer has signed. With its ``permit`` nothing has to be
        approved before.

        Raises:
            WrongSigner, MalleableSignature: The payer's key has not signed this.
            InputError: The coupon or the permit is not the one that belongs to it.
        """
        yield from check_signature(terms.payer, terms, self.domain(), signature)
        draft: Draft = yield from self._starting(
            terms, signed(signature), coupon, permit, idempotency_key
        )
        return draft

    @write
    def instruct(
        self, intent: Instruction, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Carry out what a payer has signed.

        Raises:
            NotFound: There is no such subscription.
            WrongSigner, MalleableSignature: The payer's key has not signed this.
        """
        _ = intent.decided
        facts, plan = yield from self._known(intent.subscription_id)
        yield from check_signature(facts.payer, intent, self.domain(), signature)
        digest = intent.digest(self.domain()).hex()
        payload = {
            **facts.named,
            "instruction": intent.message(),
            "signature": signed(signature),
            "decimals": plan.token.decimals,
        }
        return Draft(Instruct, idempotency_key or f"{Instruct.name}:{digest}", payload)

    # What the merchant signs

    @read
    def coupon(
        self,
        code: str | bytes,
        percent: Decimal | int | str,
        cycles: int,
        deadline: datetime,
        *,
        plan: int | None = None,
        payer: str | None = None,
        max_uses: int | None = None,
        merchant: str | None = None,
    ) -> Steps[Coupon]:
        """
        What a merchant signs to take ``percent`` off the next ``cycles`` charges of whoever uses
        it, once each. Nothing is stored until then.

        Args:
            code: What is printed on it; its digest goes on chain.
            plan: The only one it is for; otherwise every plan of the merchant.
            payer: The only one it is for.
            max_uses: By how many payers in all.
            merchant: The sender unless named.

        Raises:
            InputError: Not more than 0 and at most 100 percent, or the plan is another merchant's.
        """
        bps = units.bps(percent, "a discount")
        if units.unsigned(cycles, 16, "the number of charges") == 0:
            raise InputError("a coupon is good for at least one charge")
        whose = self._account(merchant)
        if plan is not None:
            found = yield from self._plan(plan)
            if found.merchant != whose:
                raise InputError(f"plan {plan} is {found.merchant}'s, who has to sign the coupon")
        if max_uses == 0:
            raise InputError("a coupon has at least one use; leave the limit out for none")
        units.to_timestamp(deadline)
        return Coupon(
            merchant=whose,
            plan_id=plan or 0,
            code=digest_of(code),
            bps=bps,
            cycles=cycles,
            payer=NOBODY if payer is None else units.address(payer),
            max_uses=units.unsigned(max_uses or 0, 32, "the number of uses"),
            deadline=deadline,
        )

    @read
    def signed_coupon(self, coupon: Coupon, signature: bytes) -> Steps[SignedCoupon]:
        """
        A coupon with its merchant's signature, checked.

        Raises:
            WrongSigner, MalleableSignature: The merchant's key has not signed this.
        """
        yield from check_signature(coupon.merchant, coupon, self.domain(), signature)
        return SignedCoupon(coupon, self.domain(), signature)

    def read_coupon(self, content: str | bytes | Mapping[str, Any]) -> SignedCoupon:
        """
        A coupon from a file's content, as :meth:`SignedCoupon.document` has made it.

        Raises:
            InputError: It is none, or for another chain or contract.
        """
        return SignedCoupon.read(content, self.domain())

    # What the above share

    def _terms(
        self,
        plan: int,
        payer: str,
        deadline: datetime,
        *,
        price_cap: Decimal | int | str | None,
        customer: str | bytes | None,
        campaign: str | bytes | None,
        coupon: SignedCoupon | None,
        reference: str | None,
    ) -> Steps[Subscribe]:
        found = yield from self._plan(plan)
        payer = units.address(payer)
        if found.closed:
            raise InputError(f"plan {found.id} is closed; choose another one")
        cap = found.token.to_base(found.price if price_cap is None else price_cap)
        if found.token.from_base(cap) < found.price:
            raise InputError(
                f"plan {found.id} costs {found.token.money(found.price)} a period, which is "
                f"above the cap of {price_cap}"
            )
        if coupon is not None:
            require_coupon(coupon.coupon, found, payer)
        person = None if customer is None else self._person(customer)
        reference = reference or new_key(Start)
        if person is not None and person.key is not None:
            ref = person.ref(f"subscription:{reference}")
        else:
            ref = secrets.token_bytes(32)
        units.to_timestamp(deadline)
        return Subscribe(
            payer=payer,
            plan_id=found.id,
            price_cap=cap,
            ref=ref,
            customer_id=NO_DIGEST if person is None else person.id,
            campaign=digest_of(campaign),
            coupon=NO_DIGEST if coupon is None else coupon.id,
            deadline=deadline,
        )

    def _starting(
        self,
        terms: Subscribe,
        signature: str,
        coupon: SignedCoupon | None,
        permit: SignedPermit | None,
        key: str | None,
    ) -> Steps[Draft]:
        plan = yield from self._plan(terms.plan_id)
        if any(terms.coupon) != (coupon is not None):
            raise InputError("the terms and the coupon go together; one of them is missing")
        if coupon is not None:
            if coupon.id != terms.coupon:
                raise InputError("the coupon is not the one that the terms name")
            require_coupon(coupon.coupon, plan, terms.payer)
            merchant = coupon.coupon.merchant
            yield from check_signature(merchant, coupon.coupon, self.domain(), coupon.signature)
        number = keccak(abi_encode(["address", "bytes32"], [terms.payer, terms.ref]))
        payload = {
            "subscription": units.hex32(number),
            "terms": terms.message(),
            "signature": signature,
            "coupon": None if coupon is None else coupon.coupon.message(),
            "coupon_signature": "" if coupon is None else signed(coupon.signature),
            "permit": None
            if permit is None
            else self._permit_call(permit, terms.payer, plan.token.address),
            "decimals": plan.token.decimals,
        }
        return Draft(Start, key or f"{Start.name}:{number.hex()}", payload)


def require_coupon(coupon: Coupon, plan: Plan, payer: str) -> None:
    """
    Tells what is wrong with a coupon before anything is signed, as the contract would.

    Raises:
        InputError: It is another merchant's, plan's or payer's.
    """
    if coupon.merchant != plan.merchant:
        raise InputError(f"the coupon is of {coupon.merchant}, plan {plan.id} of {plan.merchant}")
    if coupon.plan_id not in (0, plan.id):
        raise InputError(f"the coupon is for plan {coupon.plan_id}, not for plan {plan.id}")
    if coupon.payer not in (NOBODY, payer):
        raise InputError(f"the coupon is for {coupon.payer}, not for {payer}")
