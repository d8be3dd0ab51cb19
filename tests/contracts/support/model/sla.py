"""SLAEscrow in plain Python, from the prose of ISLAEscrow: its disputes, and all that is below."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from tests.contracts.support.evm import Refused
from tests.contracts.support.model.clocks import State
from tests.contracts.support.model.ledger import Signed
from tests.contracts.support.model.policies import ALL, credit, part
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.settlements import Outcome, SettlementsModel

NOTHING = bytes(32)


class Action(IntEnum):
    """As in the interface."""

    RESUME = 0
    ACCEPT = 1
    DISPUTE = 2
    ACCEPT_SPLIT = 3


WORDS = {
    Action.RESUME: "resume",
    Action.ACCEPT: "accept",
    Action.DISPUTE: "dispute",
    Action.ACCEPT_SPLIT: "accept split",
}


class Instruction(NamedTuple):
    """As in the interface."""

    action: int
    agreementId: bytes
    providerBps: int
    evidence: bytes
    deadline: int

    @property
    def content(self) -> tuple[Any, ...]:
        """What is signed."""
        return ("Instruction", WORDS[Action(self.action)], *self[1:])


def evidence_name(digest: bytes) -> str:
    return f"nih:sha-256;{digest.hex()}"


class SlaModel(SettlementsModel):
    """Agreements, bonds, disputes, and customers' credits."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.proposals: dict[bytes, tuple[str, int]] = self.chain.table()

    # Splits

    def proposeSplit(self, sender: str, key: bytes, bps: int) -> None:
        self._of_party(sender, key)
        self._live(key)
        self._share(bps)
        self.proposals[key] = (sender, bps)
        self.emit("SplitProposed", key, sender, bps)

    def acceptSplit(self, sender: str, key: bytes, bps: int) -> None:
        self._of_party(sender, key)
        self._accept_split(key, sender, bps)

    def _accept_split(self, key: bytes, by: str, bps: int) -> None:
        offerer, offered = self.proposals.get(key, (NOBODY, 0))
        case = self.cases[key]
        other = self.policy_of(key).provider if by == case.client else case.client
        if offerer in (NOBODY, by) or offerer != other or offered != bps:
            raise Refused("BadSplit", bps)
        del self.proposals[key]
        stake = self.stake(key)
        self._settle(key, Outcome.AGREED, stake - part(stake, bps))

    @staticmethod
    def _share(bps: int) -> None:
        if bps > ALL:
            raise Refused("BadSplit", bps)

    # Disputes

    def dispute(self, sender: str, key: bytes, evidence: bytes) -> None:
        self._of_party(sender, key)
        self._dispute(key, sender, evidence)

    def submitEvidence(self, sender: str, key: bytes, digest: bytes) -> None:
        self._of_party(sender, key)
        self._live(key)
        self._point(key, sender, digest)

    def resolve(self, sender: str, key: bytes, bps: int) -> None:
        self.load(key)
        policy = self.policy_of(key)
        if sender != policy.arbiter:
            raise Refused("NotArbiter", policy.arbiter, sender)
        until = self._ruled_until(key)
        if self.chain.now > until:
            raise Refused("TooLate", self.chain.now, until)
        self._share(bps)
        stake = self.stake(key)
        fee = part(stake, policy.arbiterFeeBps)
        to_client = stake - fee - part(stake - fee, bps)
        self._settle(key, Outcome.RULED, to_client, fee)

    def expireDispute(self, _sender: str, key: bytes) -> None:
        case = self.load(key)
        until = self._ruled_until(key)
        if self.chain.now <= until:
            raise Refused("TooEarly", self.chain.now, until + 1)
        stake, policy = self.stake(key), self.policy_of(key)
        rest = stake - part(stake, policy.defaultProviderBps)
        least = credit(case.amount, self.clocks(key).credit_bps)
        self._settle(key, Outcome.EXPIRED, max(rest, least))

    def _dispute(self, key: bytes, by: str, evidence: bytes) -> None:
        case, policy = self.cases[key], self.policy_of(key)
        if case.state == State.OPEN and by == case.client:
            self._stop(key)
        else:
            self._in_state(key, State.DELIVERED)
            until = case.deliveredAt + policy.reviewWindow
            if self.chain.now > until:
                raise Refused("TooLate", self.chain.now, until)
        self.set(key, state=State.DISPUTED, disputedAt=self.chain.now)
        self.emit("Disputed", key, by, self.chain.now + policy.arbiterWindow)
        if evidence != NOTHING:
            self._point(key, by, evidence)

    def _point(self, key: bytes, by: str, digest: bytes) -> None:
        group = int.from_bytes(key, "big")
        self.emit("Evidence", self.policy_of(key).arbiter, group, by, evidence_name(digest))

    def _ruled_until(self, key: bytes) -> int:
        self._in_state(key, State.DISPUTED)
        return self.cases[key].disputedAt + self.policy_of(key).arbiterWindow

    # What clients sign

    def instruct(self, _sender: str, i: Instruction, signed: Signed) -> None:
        case = self.load(i.agreementId)
        self.chain.check_intent(case.client, i.content, i.deadline, signed)
        if i.action == Action.RESUME:
            self._resume(i.agreementId)
        elif i.action == Action.ACCEPT:
            self._settle_by_clocks(i.agreementId, Outcome.ACCEPTED)
        elif i.action == Action.DISPUTE:
            self._dispute(i.agreementId, case.client, i.evidence)
        else:
            self._accept_split(i.agreementId, case.client, i.providerBps)
