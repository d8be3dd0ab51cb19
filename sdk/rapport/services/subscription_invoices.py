"""Invoices about charges, from the chain's logs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rapport import units
from rapport.errors import NotFound
from rapport.invoices import Invoice, Line
from rapport.models import Event
from rapport.services.subscription_history import History
from rapport.services.subscription_kinds import charge_ref
from rapport.services.verbs import M, task
from rapport.subscriptions import Facts, Plan

_WHAT = {"Charged": "charged", "PlanChanged": "plan changed", "Refunded": "refunded"}


class Invoicing(History[M]):
    """The verb that makes invoices."""

    @task
    def invoice(self, subscription: str | bytes, cycle: int | None = None) -> Invoice:
        """
        The invoice about a charge, from its events and the settings' ``[merchant]``: the last one,
        unless ``cycle`` names another. What an upgrade took within the period is on it too.

        Raises:
            NotFound: No such subscription, or it was not charged so often.
            RpcError: The node serves no logs since the contract was deployed.
        """
        facts, _ = self.runner.ask(self._known(subscription))
        wanted = facts.cycles if cycle is None else units.unsigned(cycle, 16, "cycle")
        events = self._of_cycle(facts, wanted)
        if not events:
            raise NotFound(
                f"subscription {units.hex32(facts.id)} was charged {facts.cycles} times; "
                f"there is no charge {wanted}"
            )
        numbers = [each.args["planId"] for each in events if "planId" in each.args]
        plans: dict[int, Plan] = self.runner.ask(self._plans(numbers))
        return self._invoice(facts, wanted, events, plans)

    def _of_cycle(self, facts: Facts, cycle: int) -> Sequence[Event]:
        """The charge, what upgrades took after it, and what of it was given back."""
        found: list[Event] = []
        current = 0
        for event in self._logged(tuple(_WHAT), [facts.id]):
            current = event.args.get("cycle", current)
            if current == cycle and cycle:
                found.append(event)
        return found

    def _invoice(
        self, facts: Facts, cycle: int, events: Sequence[Event], plans: dict[int, Plan]
    ) -> Invoice:
        charge = events[0]
        plan = plans[charge.args["planId"]]
        token, times = plan.token, self._context.chain.times(events)
        issued_at = times[charge.log.block_number]
        lines = [_line(each, plans) for each in events if each.name != "Refunded"]
        back = [token.from_base(e.args["amount"]) for e in events if e.name == "Refunded"]
        return self._issued(
            charge_ref(self._spender, facts.id, cycle),
            issued_at,
            token,
            reference=f"{units.hex32(facts.id)[:10]}, charge {cycle}",
            merchant=plan.merchant,
            payer=facts.payer,
            customer=self._called(facts.customer),
            lines=tuple(lines),
            total=sum((each.amount for each in lines), Decimal(0)),
            refunded=sum(back, Decimal(0)),
            shares=(),
            entries=tuple(
                self._entry(
                    _WHAT[each.name],
                    token.from_base(each.args.get("amount", each.args.get("paid"))),
                    times[each.log.block_number],
                    each.log.tx_hash,
                )
                for each in events
            ),
        )


def _line(event: Event, plans: dict[int, Plan]) -> Line:
    plan = plans[event.args["planId"]]
    if event.name == "PlanChanged":
        return Line(f"Change to plan {plan.id}", plan.token.from_base(event.args["paid"]))
    end = units.from_timestamp(event.args["paidThrough"])
    text = f"Plan {plan.id}, {end - plan.period:%Y-%m-%d} to {end:%Y-%m-%d}"
    return Line(text, plan.token.from_base(event.args["amount"]))
