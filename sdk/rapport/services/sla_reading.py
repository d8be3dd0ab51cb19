"""What the verbs of service levels ask of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from rapport import units
from rapport.chain import Logbook, Logged, Question, Read, requests
from rapport.errors import InputError, NotFound
from rapport.models import Event
from rapport.outbox.kinds import Kind
from rapport.reverts import UnknownPolicy
from rapport.services.custody import Owing
from rapport.services.drafts import Draft
from rapport.services.sla_kinds import CONTRACT
from rapport.services.verbs import Context, M, Runner, Steps, new_key
from rapport.sla import Agreement, Clocks, Policy, Priority, Proposal, State
from rapport.sla.signed import NO_DIGEST
from rapport.tokens import Token

_STATES = tuple(State)
_PRIORITIES = tuple(Priority)
_AT_ONCE = 200  # policies in one question for logs; nodes take up to 1,000
_VIEWS = ("agreement", "customerOf", "proposal")


@dataclass(frozen=True, slots=True)
class Facts:
    """One agreement as the contract keeps it, in its own units."""

    id: bytes
    record: Mapping[str, Any]
    customer: bytes
    proposal: tuple[str, int]

    @property
    def state(self) -> State:
        return _STATES[int(self.record["state"])]

    @property
    def priority(self) -> Priority:
        return _PRIORITIES[int(self.record["priority"])]

    @property
    def client(self) -> str | None:
        found = str(self.record["client"])
        return None if found == units.ZERO_ADDRESS else found


def named(number: bytes, customer: bytes) -> dict[str, str]:
    """An agreement in a payload, and whom it concerns: erasing the customer finds it."""
    found = {"agreement": units.hex32(number)}
    return {**found, "customer": units.hex32(customer)} if any(customer) else found


class Promised(Owing[M]):
    """A part of the service of the ``SLAEscrow`` contract."""

    contract = CONTRACT

    def __init__(self, context: Context, runner: Runner) -> None:
        super().__init__(context, runner)
        self._customers: dict[bytes, bytes] = {}

    def _policy(self, number: int) -> Steps[Policy]:
        """
        Raises:
            NotFound: There is no such policy.
        """
        number = units.unsigned(number, 32, "a policy's number")
        try:
            (record,) = yield [Read(CONTRACT, "policy", (number,))]
        except UnknownPolicy:
            raise NotFound(f"there is no policy {number}; see: rapport sla policy list") from None
        token = yield from self._token(record["token"])
        return Policy.of(number, record, token)

    def _policies(self, numbers: Iterable[int]) -> Steps[dict[int, Policy]]:
        """
        Policies that exist, by number, but for those in what is no token: anyone can publish one,
        which must not hide the others.
        """
        wanted = sorted(set(numbers))
        records = yield [Read(CONTRACT, "policy", (number,)) for number in wanted]
        found: dict[int, Policy] = {}
        for number, record in zip(wanted, records, strict=True):
            try:
                token = yield from self._token(record["token"])
            except InputError:
                continue
            found[number] = Policy.of(number, record, token)
        return found

    def _facts(self, which: str | bytes) -> Steps[Facts]:
        """
        Raises:
            NotFound: There is no such agreement.
        """
        number = units.bytes32(which, "an agreement's id")
        found = yield from self._many([number])
        if not found:
            raise NotFound(
                f"there is no agreement {units.hex32(number)} on this chain; see: rapport sla list"
            )
        return found[0]

    def _known(self, which: str | bytes) -> Steps[tuple[Facts, Policy]]:
        """An agreement and its policy."""
        facts: Facts = yield from self._facts(which)
        policy = yield from self._policy(facts.record["policyId"])
        return facts, policy

    def _many(self, ids: Sequence[bytes]) -> Steps[list[Facts]]:
        """Those of them that exist."""
        answers = yield [Read(CONTRACT, view, (each,)) for each in ids for view in _VIEWS]
        size = len(_VIEWS)
        found = [
            Facts(each, *answers[size * place : size * place + size])
            for place, each in enumerate(ids)
        ]
        return [each for each in found if each.state is not State.NONE]

    def _standing(
        self, facts: Sequence[Facts], policies: Mapping[int, Policy]
    ) -> Steps[list[Agreement]]:
        """How agreements stand, each with its policy, and its clocks if it is open."""
        clocks = yield from self._read_clocks(facts, policies)
        return [
            self._shown(each, policies[each.record["policyId"]], clocks.get(each.id))
            for each in facts
        ]

    def _read_clocks(
        self, facts: Sequence[Facts], policies: Mapping[int, Policy]
    ) -> Steps[dict[bytes, Clocks]]:
        """The clocks of those that are open, by id; one that was delivered meanwhile has none."""
        running: list[Facts] = [each for each in facts if each.state is State.OPEN]
        if not running:
            return {}
        questions: list[Question] = [
            Read(CONTRACT, "clocks", (each.id,), refusable=True) for each in running
        ]
        answers: Sequence[Any] = yield [requests.block(), *questions]
        at = answers[0].timestamp
        return {
            each.id: _clocks(each, policies[each.record["policyId"]], at, answer)
            for each, answer in zip(running, answers[1:], strict=True)
            if answer is not None
        }

    def _shown(self, facts: Facts, policy: Policy, clocks: Clocks | None) -> Agreement:
        record, token, terms = facts.record, policy.token, policy.terms
        by, share = facts.proposal
        delivered = _moment(record["deliveredAt"])
        disputed = facts.state is State.DISPUTED
        stopped = _moment(record["pausedAt"])
        return Agreement(
            id=units.hex32(facts.id),
            policy=policy,
            state=facts.state,
            priority=facts.priority,
            amount=token.from_base(record["amount"]),
            stake=token.from_base(policy.stake(record["amount"])),
            client=facts.client,
            customer=self._called(facts.customer),
            opened_at=units.from_timestamp(record["openedAt"]),
            responded_at=_moment(record["respondedAt"]),
            delivered_at=delivered,
            paused_since=stopped if facts.state is State.OPEN else None,
            paused=timedelta(seconds=record["pausedTotal"]),
            credit=units.percent(record["creditBps"]),
            review_until=None
            if delivered is None or facts.state is not State.DELIVERED
            else delivered + terms.review,
            disputed_until=stopped + terms.ruling if disputed and stopped else None,
            proposal=None if by == units.ZERO_ADDRESS else Proposal(by, units.percent(share)),
            clocks=clocks,
        )

    def _payload(self, facts: Facts, token: Token) -> Steps[dict[str, Any]]:
        """An agreement in a payload, with what its outcome is told in."""
        customer = yield from self._customer(facts)
        return {**named(facts.id, customer), "decimals": token.decimals}

    def _customer(self, facts: Facts) -> Steps[bytes]:
        """
        In whose name an agreement was opened, zero for nobody's. Where there is a client's wallet
        only the log tells, which is asked once: what is sent about it must be found by an erasure.
        """
        if any(facts.customer):
            return facts.customer
        if facts.id not in self._customers:
            (opened,) = yield [Logged(CONTRACT, ["Opened"], [facts.id])]
            self._customers[facts.id] = bytes(opened[0].args["customerId"]) if opened else NO_DIGEST
        return self._customers[facts.id]

    def _about(
        self, kind: type[Kind], which: str | bytes, key: str | None, **more: Any
    ) -> Steps[Draft]:
        """What is sent about an agreement, any number of times."""
        facts, policy = yield from self._known(which)
        payload = yield from self._payload(facts, policy.token)
        return Draft(kind, key or new_key(kind), {**payload, **more})

    def _once(
        self, kind: type[Kind], which: str | bytes, key: str | None, **more: Any
    ) -> Steps[Draft]:
        """What an agreement meets once."""
        draft: Draft = yield from self._about(kind, which, key, **more)
        if key is not None:
            return draft
        name = f"{kind.name}:{draft.payload['agreement']}"
        return Draft(kind, self._afresh(name), draft.payload)

    def _provider_policies(self, provider: str | None) -> list[int]:
        """The policies of a provider, everybody's without one, as the logs have them."""
        topics = [None, units.word(provider)] if provider else []
        events = self._logbook.events(["PolicyCreated"], topics)
        return [each.args["policyId"] for each in events]

    def _opened(self, policies: Sequence[int] | None = None) -> list[Event]:
        """The events by which agreements began, the oldest first: under any policy, or these."""
        if policies is None:
            return self._logbook.events(["Opened"])
        wanted = sorted(set(policies))
        found: list[Event] = []
        for start in range(0, len(wanted), _AT_ONCE):
            words = [_policy_word(each) for each in wanted[start : start + _AT_ONCE]]
            found += self._logbook.events(["Opened"], [None, words])
        return sorted(found, key=lambda each: (each.log.block_number, each.log.index))

    def _live(self, opened: Iterable[Event]) -> list[bytes]:
        """The ids of agreements that are not settled, by the events of all."""
        ended = {each.args["id"] for each in self._logbook.events(["Settled"])}
        return [each.args["id"] for each in opened if each.args["id"] not in ended]

    @cached_property
    def _logbook(self) -> Logbook:
        """For what is looked at again and again: of all agreements, not of one."""
        first = self._context.book.contract(CONTRACT).block
        return Logbook(self._context.chain, CONTRACT, first)

    def _logged(self, names: Sequence[str], topics: Sequence[bytes | None] = ()) -> list[Event]:
        first = self._context.book.contract(CONTRACT).block
        return self._context.chain.events(CONTRACT, first=first, names=names, topics=topics)


def share_bps(share: Decimal | int | str) -> int:
    """Basis points of the provider's share in percent; zero gives all to the client."""
    return units.bps(share, "the provider's share", least=0)


def accepted_share(proposal: tuple[str, int], provider: Decimal | int | str | None) -> int:
    """
    Basis points for the provider of a split that is accepted: what is proposed unless named.

    Raises:
        InputError: None is proposed.
    """
    if provider is not None:
        return share_bps(provider)
    by, share = proposal
    if by == units.ZERO_ADDRESS:
        raise InputError("no split is proposed; propose one")
    return share


def _clocks(facts: Facts, policy: Policy, at: datetime, answer: Sequence[Any]) -> Clocks:
    response_due, resolution_due, elapsed, paused = answer
    target = policy.terms.target(facts.priority)
    waits = target.response is not None and not facts.record["respondedAt"]
    passed, taken = timedelta(seconds=elapsed), timedelta(seconds=paused)
    return Clocks(
        agreement=units.hex32(facts.id),
        priority=facts.priority,
        at=at,
        response_due=_moment(response_due) if waits else None,
        resolution_due=units.from_timestamp(resolution_due),
        elapsed=passed,
        target=target.resolution,
        paused=taken,
        max_pause=policy.terms.max_pause,
        standing=bool(facts.record["pausedAt"]) and taken < policy.terms.max_pause,
        response_late=waits and target.response is not None and passed + taken > target.response,
        resolution_late=passed > target.resolution,
    )


def _moment(seconds: int) -> datetime | None:
    """A moment of the record; zero is none."""
    return units.from_timestamp(seconds) if seconds else None


def _policy_word(number: int) -> bytes:
    """A policy's number as a topic of logs."""
    return units.unsigned(number, 32, "a policy's number").to_bytes(32, "big")
