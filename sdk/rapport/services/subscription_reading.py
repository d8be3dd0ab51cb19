"""What services of plans and subscriptions ask of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rapport import units
from rapport.chain import Read
from rapport.errors import NotFound
from rapport.models import Event
from rapport.reverts import UnknownPlan
from rapport.services.tokens import Monetary
from rapport.services.verbs import M, Steps
from rapport.subscriptions import Facts, NextCharge, Plan, Status, Subscription
from rapport.subscriptions import facts as asking
from rapport.subscriptions.facts import CONTRACT, ENDED, Due


class Recurring(Monetary[M]):
    """A service of the ``Subscriptions`` contract."""

    contract = CONTRACT

    def _plan(self, number: int) -> Steps[Plan]:
        """
        Raises:
            NotFound: There is no such plan.
        """
        number = units.unsigned(number, 32, "a plan's number")
        try:
            (terms,) = yield [Read(CONTRACT, "plan", (number,))]
        except UnknownPlan:
            raise NotFound(f"there is no plan {number}; see: rapport plan list") from None
        token = yield from self._token(terms["token"])
        return Plan.of(number, terms, token)

    def _plans(self, numbers: Iterable[int]) -> Steps[dict[int, Plan]]:
        """Plans that exist, by number."""
        wanted = sorted(set(numbers))
        answers = yield [Read(CONTRACT, "plan", (number,)) for number in wanted]
        found: dict[int, Plan] = {}
        for number, terms in zip(wanted, answers, strict=True):
            token = yield from self._token(terms["token"])
            found[number] = Plan.of(number, terms, token)
        return found

    def _facts(self, which: str | bytes) -> Steps[Facts]:
        """
        Raises:
            NotFound: There is no such subscription.
        """
        number = units.bytes32(which, "a subscription's id")
        answers = yield asking.questions([number])
        (found,) = asking.read([number], answers)
        if found.status is Status.NONE:
            raise NotFound(
                f"there is no subscription {units.hex32(number)} on this chain; "
                "see: rapport subscription list"
            )
        return found

    def _known(self, which: str | bytes) -> Steps[tuple[Facts, Plan]]:
        """A subscription and its present plan."""
        found = yield from self._facts(which)
        plan = yield from self._plan(found.plan_id)
        return found, plan

    def _many(self, ids: Sequence[bytes]) -> Steps[list[Facts]]:
        """Those of them that exist."""
        answers = yield asking.questions(ids)
        return [each for each in asking.read(ids, answers) if each.status is not Status.NONE]

    def _standing(self, facts: Sequence[Facts]) -> Steps[list[Subscription]]:
        """How subscriptions stand, each with its plan and its next charge."""
        numbers = {n for each in facts for n in (each.plan_id, each.next_plan_id)}
        plans = yield from self._plans(numbers)
        answers = yield asking.due_questions(facts)
        dues = asking.read_due(facts, plans, answers)
        return [self._shown(each, due, plans) for each, due in zip(facts, dues, strict=True)]

    def _shown(self, facts: Facts, due: Due, plans: dict[int, Plan]) -> Subscription:
        plan, following = plans[facts.plan_id], plans[facts.next_plan_id]
        token = plan.token
        stopped = facts.status in (*ENDED, Status.LAPSED, Status.PAUSED)
        coming = None
        if not stopped and not following.paid_off(facts.cycles):
            at = units.from_timestamp(due.at)
            coming = NextCharge(at, token.from_base(due.amount), due.chargeable, due.why)
        return Subscription(
            id=units.hex32(facts.id),
            status=facts.status,
            plan=plan,
            next_plan=following if facts.next_plan_id != facts.plan_id else None,
            payer=facts.payer,
            customer=self._called(facts.customer),
            entitled=facts.entitled,
            price_cap=token.from_base(facts.price_cap),
            cycles=facts.cycles,
            last_paid=token.from_base(facts.last_paid),
            paid_through=units.from_timestamp(facts.paid_through),
            discount=units.percent(facts.discount_bps) if facts.discount_cycles else None,
            discount_cycles=facts.discount_cycles,
            paused_since=units.from_timestamp(facts.paused_at) if facts.paused_at else None,
            next_charge=coming,
            lapses_at=coming.at + following.grace if coming else None,
            seq=facts.seq,
        )

    def number_of(self, customer_id: bytes) -> str | None:
        """The number of a customer; ``None`` where it is not known here."""
        return self._number_of(customer_id)

    def _quoted(self, facts: Facts, plan: int) -> Steps[tuple[int, bool]]:
        """What a change of plan takes now, and whether it begins at once; as the contract says."""
        (answer,) = yield [Read(CONTRACT, "quoteChange", (facts.id, plan))]
        return answer[0], answer[1]

    def _change(
        self,
        facts: Facts,
        number: int,
        price_cap: Decimal | int | str | None,
        max_pay: Decimal | int | str | None,
    ) -> Steps[tuple[int, int]]:
        """Cap, and the most that is paid now, of a change to a plan; in the smallest unit."""
        plan = yield from self._plan(number)
        cap = plan.token.to_base(plan.price if price_cap is None else price_cap)
        if max_pay is not None:
            return cap, plan.token.to_base(max_pay)
        if number == facts.plan_id:
            return cap, 0
        amount, _ = yield from self._quoted(facts, number)
        return cap, amount

    def _agreed(
        self, facts: Facts, present: Plan, price_cap: Decimal | int | str | None
    ) -> Steps[int]:
        """The price that is agreed to, in the smallest unit: of the next charge unless named."""
        if price_cap is None:
            following = yield from self._plan(facts.next_plan_id)
            price_cap = following.price
        return present.token.to_base(price_cap)

    def _plan_numbers(self, merchant: str | None) -> list[int]:
        """The plans of a merchant, everybody's without one, as the logs have them."""
        topics = [None, units.word(merchant)] if merchant else []
        events = self._logged(["PlanCreated"], topics)
        return [each.args["planId"] for each in events]

    def _started(
        self, *, payer: str | None = None, plans: Sequence[int] | None = None
    ) -> list[Event]:
        """The events by which subscriptions began, the oldest first."""
        topics = [None, None, units.word(payer)] if payer else []
        events = self._logged(["Subscribed"], topics)
        wanted = None if plans is None else set(plans)
        return [each for each in events if wanted is None or each.args["planId"] in wanted]

    def _logged(self, names: Sequence[str], topics: Sequence[bytes | None] = ()) -> list[Event]:
        first = self._context.book.contract(CONTRACT).block
        return self._context.chain.events(CONTRACT, first=first, names=names, topics=topics)
