"""Service levels rebuilt from logs alone, as an indexer or an auditor would rebuild them.

Knows neither the calls nor the model: only the events and the time of each, and the calendar.
Whatever an event tells must be lawful after what the earlier ones told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.contracts.support.evm import Event
from tests.contracts.support.model.clocks import Breach, Case, Clocks, State
from tests.contracts.support.model.policies import Policy, credit, part
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.settlements import Outcome
from tests.contracts.support.replay_custody import CustodyReplay


class SlaReplay(CustodyReplay):
    """Policies, agreements, bonds, and what waits for customers."""

    def __init__(self) -> None:
        super().__init__()
        self.policies: dict[int, Policy] = {}
        self.cases: dict[bytes, Case] = {}
        self.customers: dict[bytes, bytes] = {}
        self.proposals: dict[bytes, tuple[str, int]] = {}
        self.waits: Counter[tuple[str, bytes, str]] = Counter()
        self.breaches: dict[tuple[bytes, Breach], int] = {}
        self.settled: dict[bytes, tuple[int, int, int]] = {}

    def _set(self, key: bytes, **parts: Any) -> Case:
        self.cases[key] = self.cases[key]._replace(**parts)
        return self.cases[key]

    def _policy(self, key: bytes) -> Policy:
        return self.policies[self.cases[key].policyId]

    def _clocks(self, now: int, key: bytes) -> Clocks:
        return Clocks(self._policy(key), self.cases[key], now)

    def _stake(self, key: bytes) -> int:
        return self._policy(key).stake(self.cases[key].amount)

    def _live(self, key: bytes) -> Case:
        assert key not in self.settled, "something happened after the settlement"
        return self.cases[key]

    # Policies and bonds

    def PolicyCreated(
        self, _now: int, number: int, provider: str, _ref: bytes, policy: Any
    ) -> None:
        assert number == len(self.policies) + 1
        self.policies[number] = Policy(*policy)
        assert (self.policies[number].provider, self.policies[number].closed) == (provider, False)

    def PolicyClosed(self, _now: int, number: int) -> None:
        assert not self.policies[number].closed
        self.policies[number] = self.policies[number]._replace(closed=True)

    def BondDeposited(self, _now: int, provider: str, token: str, amount: int) -> None:
        self.owed[provider, token] += amount

    # Agreements

    def Opened(
        self,
        now: int,
        key: bytes,
        number: int,
        client: str,
        amount: int,
        priority: int,
        _ref: bytes,
        customer: bytes,
    ) -> None:
        assert key not in self.cases, "an agreement was opened twice"
        policy = self.policies[number]
        assert not policy.closed
        assert amount >= policy.minAmount
        self.cases[key] = Case(client, amount, number, priority, now)
        if client == NOBODY:
            self.customers[key] = customer
        if policy.bonded:
            self.owed[policy.provider, policy.token] -= self._stake(key)
            assert self.owed[policy.provider, policy.token] >= 0, "a bond was reserved twice"

    def ClientLinked(self, _now: int, key: bytes, client: str) -> None:
        assert key in self.customers, "a client of its own was replaced"
        assert client not in (NOBODY, self._live(key).client, self._policy(key).provider)
        self._set(key, client=client)

    def Responded(self, now: int, key: bytes) -> None:
        assert self._live(key).respondedAt == 0
        self._set(key, respondedAt=now)

    def ClockPaused(self, now: int, key: bytes) -> None:
        case, clocks = self._live(key), self._clocks(now, key)
        assert case.state == State.OPEN
        assert not case.lasting
        assert case.respondedAt, "the customer was asked, which is a response"
        assert clocks.overrun == 0, "the clock was stopped after a breach"
        assert clocks.paused < clocks.policy.maxPause
        self._set(key, pauses=(*case.pauses, (now, 0)))

    def ClockResumed(self, now: int, key: bytes, taken: int) -> None:
        case = self._live(key)
        assert case.lasting
        case = self._set(key, pauses=(*case.pauses[:-1], (case.lasting, now)))
        clocks = self._clocks(now, key)
        assert taken == clocks.taken(case.pauses) <= clocks.policy.maxPause

    def _stop(self, now: int, key: bytes, **parts: Any) -> None:
        """The clocks stop: what they say is what was told of breaches."""
        assert self._live(key).state == State.OPEN
        assert not self.cases[key].lasting
        self._set(key, stoppedAt=now, **parts)
        clocks = self._clocks(now, key)
        told = [self.breaches.get((key, kind), 0) for kind in Breach]
        assert told == [clocks.response_overrun, clocks.overrun]

    def Delivered(self, now: int, key: bytes, _evidence: bytes) -> None:
        assert self.cases[key].respondedAt
        self._stop(now, key, deliveredAt=now, state=State.DELIVERED)

    def Breached(self, _now: int, key: bytes, kind: int, overrun: int) -> None:
        assert (key, Breach(kind)) not in self.breaches
        assert overrun > 0
        self.breaches[key, Breach(kind)] = overrun

    def Conceded(self, _now: int, key: bytes, _by: str, amount: int) -> None:
        case = self._live(key)
        assert not self._policy(key).bonded
        assert 0 < amount < case.amount
        self._set(key, amount=case.amount - amount)

    def Disputed(self, now: int, key: bytes, by: str, until: int) -> None:
        case, policy = self._live(key), self._policy(key)
        assert until == now + policy.arbiterWindow
        if case.state == State.OPEN:
            assert by == case.client, "a provider stopped its own clock"
            self._stop(now, key)
        else:
            assert case.state == State.DELIVERED
            assert now <= case.deliveredAt + policy.reviewWindow
        self._set(key, state=State.DISPUTED, disputedAt=now)

    def Evidence(self, _now: int, arbiter: str, group: int, by: str, evidence: str) -> None:
        key = group.to_bytes(32, "big")
        assert arbiter == self._policy(key).arbiter
        assert by in (self._live(key).client, self._policy(key).provider)
        kind, digest = evidence.split(";")
        assert (kind, len(bytes.fromhex(digest))) == ("nih:sha-256", 32)

    def SplitProposed(self, _now: int, key: bytes, by: str, bps: int) -> None:
        assert by in (self._live(key).client, self._policy(key).provider)
        self.proposals[key] = (by, bps)

    # Settlements

    def Settled(
        self, now: int, key: bytes, outcome: int, to_provider: int, to_client: int, fee: int
    ) -> None:
        case, policy, stake = self._live(key), self._policy(key), self._stake(key)
        assert to_provider + to_client + fee == stake, "a settlement does not sum"
        assert fee == 0 or outcome == Outcome.RULED, "an arbiter was paid for nothing"
        least = credit(case.amount, self._clocks(now, key).credit_bps)
        if outcome in (Outcome.ACCEPTED, Outcome.FINALIZED):
            assert case.state == State.DELIVERED
            assert to_client == least, "the credit is not what the calendar says"
        if outcome == Outcome.FINALIZED:
            assert now > case.deliveredAt + policy.reviewWindow
        if outcome in (Outcome.GIVEN_UP, Outcome.RECLAIMED):
            assert to_client == stake
        if outcome == Outcome.RECLAIMED:
            self._is_lost(now, case, policy)
        if outcome == Outcome.AGREED:
            offerer, bps = self.proposals.pop(key)
            assert offerer in (case.client, policy.provider), "a party of old was taken at its word"
            assert to_provider == part(stake, bps)
        if outcome in (Outcome.RULED, Outcome.EXPIRED):
            assert case.state == State.DISPUTED
            in_time = now <= case.disputedAt + policy.arbiterWindow
            assert in_time == (outcome == Outcome.RULED)
        if outcome == Outcome.RULED:
            assert fee == part(stake, policy.arbiterFeeBps), "more than the fee that was agreed"
        if outcome == Outcome.EXPIRED:
            rest = stake - part(stake, policy.defaultProviderBps)
            assert to_client == max(rest, least), "silence cost the client its credit"
        self.settled[key] = (to_provider, to_client, fee)
        self._set(key, state=State.SETTLED)
        if policy.bonded:
            self.owed[policy.provider, policy.token] += to_provider

    @staticmethod
    def _is_lost(now: int, case: Case, policy: Policy) -> None:
        """No use of the pauses would have made it timely, a review's length ago."""
        assert case.state == State.OPEN
        elapsed = policy.elapsed(case.openedAt, max(case.openedAt, now - policy.reviewWindow))
        assert elapsed > policy.resolution[case.priority] + policy.maxPause

    def CreditWaits(
        self, _now: int, provider: str, customer: bytes, token: str, amount: int
    ) -> None:
        self.waits[provider, customer, token] += amount

    def CreditClaimed(
        self, _now: int, provider: str, customer: bytes, token: str, _to: str, amount: int
    ) -> None:
        assert self.waits[provider, customer, token] == amount > 0
        self.waits[provider, customer, token] = 0


def replayed_sla(log: Iterable[tuple[int, Event]]) -> SlaReplay:
    """The contract from the suite's log."""
    told = SlaReplay()
    for now, event in log:
        if event.contract == "SLAEscrow":
            getattr(told, event.name)(now, *event.args)
    return told
