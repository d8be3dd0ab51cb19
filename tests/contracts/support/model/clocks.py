"""Cases and their clocks in plain Python, from the prose of ISLAEscrow.

A case keeps what happened and when, each pause by itself; what the clocks say and what they cost
is counted anew whenever somebody asks, hour by hour.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from tests.contracts.support.model.policies import Policy


class State(IntEnum):
    """As in the interface."""

    NONE = 0
    OPEN = 1
    DELIVERED = 2
    DISPUTED = 3
    SETTLED = 4


class Breach(IntEnum):
    """As in the interface."""

    RESPONSE = 0
    RESOLUTION = 1


class Case(NamedTuple):
    """What happened under an agreement. Times are Unix seconds; 0 = not yet."""

    client: str
    amount: int
    policyId: int
    priority: int
    openedAt: int
    respondedAt: int = 0
    stoppedAt: int = 0  # when the clocks were stopped, by a delivery or a dispute
    deliveredAt: int = 0
    disputedAt: int = 0
    pauses: tuple[tuple[int, int], ...] = ()  # from and until; until 0 = it lasts
    state: State = State.OPEN

    @property
    def lasting(self) -> int:
        """Since when the clock is paused; 0 if it is not."""
        return self.pauses[-1][0] if self.pauses and not self.pauses[-1][1] else 0


class Clocks:
    """What the clocks of a case say at a moment."""

    def __init__(self, policy: Policy, case: Case, now: int) -> None:
        self.policy = policy
        self.case = case
        self.stop = case.stoppedAt or now

    @property
    def resolution(self) -> int:
        """The target, in seconds of business hours."""
        return self.policy.resolution[self.case.priority]

    @property
    def paused(self) -> int:
        """Seconds of business hours that pauses take, within their budget."""
        return self.taken(self.case.pauses)

    def taken(self, pauses: tuple[tuple[int, int], ...]) -> int:
        whole = sum(self.policy.elapsed(begun, end or self.stop) for begun, end in pauses)
        return min(whole, self.policy.maxPause)

    @property
    def elapsed(self) -> int:
        return self.policy.elapsed(self.case.openedAt, self.stop) - self.paused

    @property
    def response_overrun(self) -> int:
        target = self.policy.response[self.case.priority]
        if target == 0:
            return 0
        answered = self.case.respondedAt or self.stop
        return max(0, self.policy.elapsed(self.case.openedAt, answered) - target)

    @property
    def overrun(self) -> int:
        return max(0, self.elapsed - self.resolution)

    @property
    def credit_bps(self) -> int:
        return self.policy.credit_bps(self.response_overrun > 0, self.overrun)

    @property
    def frozen_bps(self) -> int:
        """As far as they have stopped."""
        if self.case.stoppedAt:
            return self.credit_bps
        answered = self.case.respondedAt != 0
        return self.policy.credit_bps(answered and self.response_overrun > 0, 0)
