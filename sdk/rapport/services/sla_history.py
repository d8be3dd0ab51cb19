"""Policies and agreements as the chain's logs have them, and what anyone may settle now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.artifacts import interface
from rapport.chain import Read, requests
from rapport.errors import InputError
from rapport.models import Block, Event
from rapport.outbox.kinds import Kind
from rapport.services.drafts import Draft
from rapport.services.sla_kinds import BREACHES, CONTRACT, SETTLEMENTS, Expire, Finalize, Reclaim
from rapport.services.sla_policy_kinds import Claim
from rapport.services.sla_reading import Facts, Promised
from rapport.services.verbs import M, Steps, bulk, task
from rapport.sla import Agreement, Policy, Settleable, State, Step
from rapport.tokens import Token

_SECOND = timedelta(seconds=1)
_STEPS = {
    "Opened": "opened",
    "ClientLinked": "client linked",
    "Responded": "responded",
    "ClockPaused": "paused",
    "ClockResumed": "resumed",
    "Delivered": "delivered",
    "Breached": "breached",
    "Conceded": "conceded",
    "Disputed": "disputed",
    "SplitProposed": "split proposed",
    "Settled": "settled",
}
_KINDS: Mapping[str, type[Kind]] = {
    "finalize": Finalize,
    "expire": Expire,
    "reclaim": Reclaim,
    "claim": Claim,
}


class History(Promised[M]):
    """The verbs that read logs."""

    @task
    def policies(self, provider: str | None = None) -> tuple[Policy, ...]:
        """
        The policies of a provider, the sender's own unless named, the oldest first.

        Raises:
            ConfigError: No provider is named, and there is no sender.
            RpcError: The node serves no logs since the contract was deployed.
        """
        numbers = self._provider_policies(self._account(provider))
        found: dict[int, Policy] = self.runner.ask(self._policies(numbers))
        return tuple(found[number] for number in numbers if number in found)

    @task
    def list(
        self,
        *,
        provider: str | None = None,
        client: str | None = None,
        policy: int | None = None,
        customer: str | bytes | None = None,
        state: State | str | None = None,
    ) -> tuple[Agreement, ...]:
        """
        Agreements as they stand, the oldest first; open ones with their clocks: those under a
        provider's policies, the sender's own where neither provider, client nor policy is named.

        Raises:
            InputError: There is no such state.
            RpcError: The node serves no logs since the contract was deployed.
        """
        wanted = None if state is None else _state(state)
        who = None if client is None else units.address(client)
        if policy is not None:
            policies: Sequence[int] | None = [policy]
        elif who is None or provider is not None:
            policies = self._provider_policies(self._account(provider))
        else:
            policies = None
        events = self._opened(policies)
        if customer is not None:
            customer_id, _ = self._identify(customer)
            events = [each for each in events if each.args["customerId"] == customer_id]
        settled = wanted in (None, State.SETTLED)
        ids = [each.args["id"] for each in events] if settled else self._live(events)
        kept: Sequence[Facts] = [
            each
            for each in self.runner.ask(self._many(ids))
            if wanted in (None, each.state) and (who is None or each.client == who)
        ]
        terms, known = self._under(kept)
        return tuple(self.runner.ask(self._standing(known, terms)))

    @task
    def history(self, agreement: str | bytes) -> tuple[Step, ...]:
        """
        What happened to an agreement, the oldest first.

        Raises:
            NotFound: There is no such agreement.
            RpcError: The node serves no logs since the contract was deployed.
        """
        facts, policy = self.runner.ask(self._known(agreement))
        events = self._logged(tuple(_STEPS), [facts.id])
        events += self._logged(["Evidence"], [None, facts.id])
        events.sort(key=lambda each: (each.log.block_number, each.log.index))
        times = self._context.chain.times(events)
        return tuple(_step(each, times[each.log.block_number], policy.token) for each in events)

    @task
    def due(self, *, provider: str | None = None) -> tuple[Settleable, ...]:
        """
        What anyone may do now: finalise, expire, reclaim, and pay credits that waited for a wallet.
        Everybody's, unless a provider is named; the oldest first. :meth:`settle_batch` does it.

        Raises:
            RpcError: The node serves no logs since the contract was deployed.
        """
        head: Block = self._context.chain.block()
        who = None if provider is None else units.address(provider)
        events = self._opened(None if who is None else self._provider_policies(who))
        facts: Sequence[Facts] = self.runner.ask(self._many(self._live(events)))
        policies, live = self._under(facts)
        customers = {each.args["id"]: each.args["customerId"] for each in events}
        found = [
            _settleable(each, policies[each.record["policyId"]], customers[each.id], head)
            for each in live
        ]
        quoted: tuple[Settleable, ...] = self.runner.ask(
            self._quoted([each for each in found if each is not None])
        )
        claimable: tuple[Settleable, ...] = self.runner.ask(self._claimable(who, head))
        return quoted + claimable

    @bulk
    def settle_batch(self, due: Settleable) -> Draft:
        """
        Do what :meth:`due` has found, each by itself: one that was settled meanwhile stops nobody
        else. What comes back is iterated for what became of each.
        """
        kind = _KINDS.get(due.verb)
        if kind is None:
            raise InputError(f"{due.verb!r} is nothing that anyone may do")
        if due.agreement is None:
            payload: dict[str, Any] = {
                "provider": due.provider,
                "customer": due.customer,
                "token": due.token.address,
                "decimals": due.token.decimals,
                "since": due.block,
            }
            return self._draft(kind, None, payload)
        payload = {"agreement": due.agreement, "decimals": due.token.decimals}
        if due.customer is not None:
            payload["customer"] = due.customer
        return Draft(kind, self._afresh(f"{kind.name}:{due.agreement}"), payload)

    def _under(self, facts: Sequence[Facts]) -> tuple[dict[int, Policy], Sequence[Facts]]:
        """The policies of agreements, and those agreements whose policy can be read."""
        numbers = (each.record["policyId"] for each in facts)
        found: dict[int, Policy] = self.runner.ask(self._policies(numbers))
        return found, [each for each in facts if each.record["policyId"] in found]

    def _quoted(self, found: Sequence[Settleable]) -> Steps[tuple[Settleable, ...]]:
        """With what the client of a delivery would get; what is expired or reclaimed is known."""
        wanted = [each for each in found if each.verb == "finalize"]
        answers = yield [
            Read(CONTRACT, "quoteSettlement", (units.bytes32(str(each.agreement)),), refusable=True)
            for each in wanted
        ]
        credits = {
            each.agreement: each.token.from_base(answer[1])
            for each, answer in zip(wanted, answers, strict=True)
            if answer is not None
        }
        return tuple(
            replace(each, to_client=credits.get(each.agreement, each.to_client)) for each in found
        )

    def _claimable(self, provider: str | None, head: Block) -> Steps[tuple[Settleable, ...]]:
        """The credits that wait for a customer who could be paid now."""
        topics = [] if provider is None else [units.word(provider)]
        names = ("provider", "customerId", "token")
        events = self._logbook.events(["CreditWaits"], topics)
        waiting = dict.fromkeys(tuple(each.args[name] for name in names) for each in events)
        place = self._context.book.contract(CONTRACT).address
        calls = interface(CONTRACT)
        # Whether somebody can be paid is the registry's to say: the claim itself is asked.
        answers = yield [
            replace(requests.call(place, calls.encode("claim", *each)), refusable=True)
            for each in waiting
        ]
        found: list[Settleable] = []
        for (who, customer, address), answer in zip(waiting, answers, strict=True):
            if answer is None:
                continue
            try:
                token: Token = yield from self._token(address)
            except InputError:
                continue  # what is no token hides no other credit
            amount = token.from_base(calls.function("claim").decode(answer))
            found.append(
                Settleable(
                    verb="claim",
                    since=None,
                    token=token,
                    provider=who,
                    agreement=None,
                    customer=units.hex32(customer),
                    to_client=amount,
                    block=head.number,
                )
            )
        return tuple(found)


def _settleable(facts: Facts, policy: Policy, customer: bytes, head: Block) -> Settleable | None:
    """What anyone may do about an agreement at the time of a block, if anything."""
    terms, record, token = policy.terms, facts.record, policy.token
    stake = token.from_base(policy.stake(record["amount"]))
    if facts.state is State.DELIVERED:
        verb, to_client = "finalize", Decimal(0)
        since = units.from_timestamp(record["deliveredAt"]) + terms.review + _SECOND
    elif facts.state is State.DISPUTED:
        verb = "expire"
        since = units.from_timestamp(record["pausedAt"]) + terms.ruling + _SECOND
        rest = stake - _part(token, stake, terms.default_provider)
        credit = _credit(token, record["amount"], record["creditBps"])
        to_client = max(rest, credit)
    else:
        verb, to_client = "reclaim", stake
        limit = terms.target(facts.priority).resolution + terms.max_pause
        since = terms.hours.late_at(units.from_timestamp(record["openedAt"]), limit) + terms.review
    if head.timestamp < since:
        return None
    return Settleable(
        verb=verb,
        since=since,
        token=token,
        provider=policy.provider,
        agreement=units.hex32(facts.id),
        customer=units.hex32(customer) if any(customer) else None,
        to_client=to_client,
        block=head.number,
    )


def _part(token: Token, stake: Decimal, share: Decimal) -> Decimal:
    """A percentage of what is at stake, rounded down to the token's smallest unit."""
    return token.from_base(token.to_base(stake) * units.bps(share, "a share", least=0) // 10_000)


def _credit(token: Token, amount: int, bps: int) -> Decimal:
    """A credit in whole units, rounded up to the token's smallest unit."""
    return token.from_base(-(-amount * bps // units.MAX_BPS))


def _state(text: State | str) -> State:
    try:
        return State(str(text))
    except ValueError:
        known = ", ".join(each.value for each in State if each is not State.NONE)
        raise InputError(f"{text!r} is no state; the states are {known}") from None


def _step(event: Event, at: datetime, token: Token) -> Step:
    args, log = event.args, event.log
    moved = args.get("amount", args.get("part", args.get("toClient")))
    return Step(
        what=_STEPS.get(event.name, "evidence"),
        at=at,
        amount=None if moved is None else token.from_base(moved),
        note=_note(event),
        block=log.block_number,
        transaction=log.tx_hash,
    )


def _note(event: Event) -> str | None:
    args = event.args
    if event.name == "Breached":
        return f"{BREACHES[args['kind']]} late by {_hours(args['overrun'])} business hours"
    if event.name == "ClockResumed":
        return f"pauses have taken {_hours(args['pausedTotal'])} business hours"
    if event.name == "Settled":
        return str(SETTLEMENTS[args["outcome"]].value)
    if event.name == "SplitProposed":
        return f"{units.percent(args['providerBps']).normalize():f} % for the provider"
    if event.name == "Evidence":
        return str(args["evidence"])
    if event.name in ("Disputed", "Conceded"):
        return f"by {args['by']}"
    if event.name == "ClientLinked":
        return str(args["client"])
    return None


def _hours(seconds: int) -> str:
    """Seconds as people read them on a clock: ``58:16:39``."""
    return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
