"""SLAEscrow in plain Python, from the prose of ISLAEscrow.

An agreement keeps what happened and when, each pause by itself; what the clocks say and what they
cost is counted anew whenever somebody asks, hour by hour.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.ledger import Ledger, Signed
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.policies import ALL, PoliciesModel, Policy, credit, part
from tests.contracts.support.model.registry import NOBODY, RegistryModel

NOTHING = bytes(32)


class State(IntEnum):
    """As in the interface."""

    NONE = 0
    OPEN = 1
    DELIVERED = 2
    DISPUTED = 3
    SETTLED = 4


class Outcome(IntEnum):
    """As in the interface."""

    ACCEPTED = 0
    FINALIZED = 1
    GIVEN_UP = 2
    RECLAIMED = 3
    AGREED = 4
    RULED = 5
    EXPIRED = 6


class Breach(IntEnum):
    """As in the interface."""

    RESPONSE = 0
    RESOLUTION = 1


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


class Opening(NamedTuple):
    """As in the interface."""

    policyId: int
    priority: int
    amount: int
    client: str
    customerId: bytes
    ref: bytes
    deadline: int


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


class Agreement(NamedTuple):
    """As in the interface."""

    client: str = NOBODY
    amount: int = 0
    policyId: int = 0
    openedAt: int = 0
    respondedAt: int = 0
    deliveredAt: int = 0
    pausedAt: int = 0
    pausedTotal: int = 0
    creditBps: int = 0
    state: int = State.NONE
    priority: int = 0


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


def id_of(opener: str, ref: bytes) -> bytes:
    return keccak(encode(["address", "bytes32"], [opener, ref]))


def evidence_name(digest: bytes) -> str:
    return f"nih:sha-256;{digest.hex()}"


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


class SlaModel(PoliciesModel):
    """Agreements, bonds, disputes, and customers' credits."""

    def __init__(
        self,
        chain: Ledger,
        at: Contract,
        registry: RegistryModel,
        tokens: dict[str, TokenModel],
    ) -> None:
        super().__init__(chain, at, tokens)
        self.registry = registry
        self.cases: dict[bytes, Case] = chain.table()
        self.customers: dict[bytes, bytes] = chain.table()
        self.proposals: dict[bytes, tuple[str, int]] = chain.table()
        self.waits: dict[tuple[str, bytes, str], int] = chain.table()

    # Reading

    def policy_of(self, key: bytes) -> Policy:
        return self.terms[self.cases[key].policyId]

    def clocks(self, key: bytes) -> Clocks:
        return Clocks(self.policy_of(key), self.cases[key], self.chain.now)

    def stake(self, key: bytes) -> int:
        return self.policy_of(key).stake(self.cases[key].amount)

    def agreement(self, key: bytes) -> Agreement:
        if key not in self.cases:
            return Agreement()
        case, clocks = self.cases[key], self.clocks(key)
        ended = tuple(pause for pause in case.pauses if pause[1])
        moments = (case.openedAt, case.respondedAt, case.deliveredAt)
        pause = (case.disputedAt or case.lasting, clocks.taken(ended))
        made = (case.client, case.amount, case.policyId, *moments, *pause)
        return Agreement(*made, clocks.frozen_bps, case.state, case.priority)

    def due(self, key: bytes) -> tuple[int, int, int, int]:
        """As the `clocks` view tells it."""
        case, policy, clocks = self.load(key), self.policy_of(key), self.clocks(key)
        self._in_state(key, State.OPEN)
        response = policy.response[case.priority]
        return (
            policy.used_up(case.openedAt, response) if response else 0,
            policy.used_up(case.openedAt, clocks.resolution + clocks.paused),
            clocks.elapsed,
            clocks.paused,
        )

    def quote(self, key: bytes) -> tuple[int, int]:
        case = self.load(key)
        self._live(key)
        to_client = credit(case.amount, self.clocks(key).credit_bps)
        return self.stake(key) - to_client, to_client

    def obligations(self, token: str) -> int:
        """Fees held, stakes reserved, credits that wait and what is owed, in a token."""
        live = sum(
            self.stake(key)
            for key, case in self.cases.items()
            if case.state != State.SETTLED and self.policy_of(key).token == token
        )
        waiting = sum(amount for (_, _, kind), amount in self.waits.items() if kind == token)
        return live + waiting + self.owed_in(token)

    def load(self, key: bytes) -> Case:
        if key not in self.cases:
            raise Refused("UnknownAgreement", key)
        return self.cases[key]

    # Bonds

    def depositBond(self, sender: str, token: str, amount: int) -> None:
        if amount == 0:
            raise Refused("ZeroAmount")
        self.debts[sender, token] = self.owed(sender, token) + amount
        self.emit("BondDeposited", sender, token, amount)
        self.tokens[token].pull(self.address, sender, self.address, amount)

    # Opening

    def open(self, sender: str, o: Opening) -> tuple[bytes, bool]:
        policy = self.known(o.policyId)
        if policy.bonded and sender != policy.provider:
            raise Refused("NotProvider", policy.provider, sender)
        if not policy.bonded and sender != o.client:
            raise Refused("NotClient", o.client, sender)
        key = id_of(sender, o.ref)
        added = self._is_new(key, o)
        if added:
            self._open(key, o)
        return key, added

    def openBySig(self, _sender: str, o: Opening, signed: Signed) -> tuple[bytes, bool]:
        self._fits(not self.known(o.policyId).bonded, "policyId")
        key = id_of(o.client, o.ref)
        if not self._is_new(key, o):
            return key, False
        self.chain.check_intent(o.client, ("Open", *o), o.deadline, signed)
        self._open(key, o)
        return key, True

    def _is_new(self, key: bytes, o: Opening) -> bool:
        if key not in self.cases:
            return True
        case = self.cases[key]
        if (case.policyId, case.priority) != (o.policyId, o.priority):
            raise Refused("RefConflict", o.ref)
        return False

    def _open(self, key: bytes, o: Opening) -> None:
        policy = self.known(o.policyId)
        if policy.closed:
            raise Refused("PolicyIsClosed", o.policyId)
        self._fits(o.priority < 4, "priority")
        self._fits(o.amount >= policy.minAmount, "amount")
        self._fits(o.client != policy.provider, "client")
        if o.client == NOBODY:
            self.registry.resolve(o.customerId)
            self.customers[key] = o.customerId
        self.cases[key] = Case(o.client, o.amount, o.policyId, o.priority, self.chain.now)
        told = (o.policyId, o.client, o.amount, o.priority, o.ref, o.customerId)
        self.emit("Opened", key, *told)
        if not policy.bonded:
            self.tokens[policy.token].pull(self.address, o.client, self.address, o.amount)
            return
        free, stake = self.owed(policy.provider, policy.token), self.stake(key)
        if free < stake:
            raise Refused("BondTooSmall", free, stake)
        self.debts[policy.provider, policy.token] = free - stake

    @staticmethod
    def _fits(fit: bool, name: str) -> None:
        if not fit:
            raise Refused("BadOpening", Opening._fields.index(name))

    def linkClient(self, _sender: str, key: bytes) -> bool:
        case = self.load(key)
        self._live(key)
        customer = self.customers.get(key)
        if customer is None:
            return False
        client = self.wallet_of(customer)
        if client == NOBODY:
            raise Refused("NoClient", customer)
        if client == case.client:
            return False
        if client == self.policy_of(key).provider:
            raise Refused("NoClient", customer)
        self.set(key, client=client)
        self.emit("ClientLinked", key, client)
        return True

    # Service

    def respond(self, sender: str, key: bytes) -> bool:
        case = self._of_provider(sender, key)
        if case.respondedAt:
            return False
        self._in_state(key, State.OPEN)
        self._respond(key)
        return True

    def awaitCustomer(self, sender: str, key: bytes) -> bool:
        case = self._of_provider(sender, key)
        self._in_state(key, State.OPEN)
        if case.lasting:
            return False
        clocks = self.clocks(key)
        if clocks.overrun:
            raise Refused("AlreadyBreached", clocks.elapsed, clocks.resolution)
        if clocks.paused >= clocks.policy.maxPause:
            raise Refused("PauseExhausted", clocks.paused, clocks.policy.maxPause)
        if not case.respondedAt:
            self._respond(key)
        self.set(key, pauses=(*case.pauses, (self.chain.now, 0)))
        self.emit("ClockPaused", key)
        return True

    def resume(self, sender: str, key: bytes) -> bool:
        self._of_party(sender, key)
        return self._resume(key)

    def deliver(self, sender: str, key: bytes, evidence: bytes) -> bool:
        case = self._of_provider(sender, key)
        if case.deliveredAt:
            return False
        self._in_state(key, State.OPEN)
        if not case.respondedAt:
            self._respond(key)
        self._stop(key)
        self.set(key, deliveredAt=self.chain.now, state=State.DELIVERED)
        self.emit("Delivered", key, evidence)
        return True

    def _respond(self, key: bytes) -> None:
        self.set(key, respondedAt=self.chain.now)
        self.emit("Responded", key)
        self._tell_breach(key, Breach.RESPONSE, self.clocks(key).response_overrun)

    def _tell_breach(self, key: bytes, kind: Breach, overrun: int) -> None:
        if overrun:
            self.emit("Breached", key, kind, overrun)

    def _resume(self, key: bytes) -> bool:
        self._in_state(key, State.OPEN)
        case = self.cases[key]
        if not case.lasting:
            return False
        self.set(key, pauses=(*case.pauses[:-1], (case.lasting, self.chain.now)))
        self.emit("ClockResumed", key, self.clocks(key).paused)
        return True

    def _stop(self, key: bytes) -> None:
        self._resume(key)
        self.set(key, stoppedAt=self.chain.now)
        if not self.cases[key].respondedAt:
            self._tell_breach(key, Breach.RESPONSE, self.clocks(key).response_overrun)
        self._tell_breach(key, Breach.RESOLUTION, self.clocks(key).overrun)

    # Settling

    def accept(self, sender: str, key: bytes) -> None:
        case = self.load(key)
        if sender != case.client:
            raise Refused("NotClient", case.client, sender)
        self._settle_by_clocks(key, Outcome.ACCEPTED)

    def finalize(self, _sender: str, key: bytes) -> None:
        case = self.load(key)
        until = case.deliveredAt + self.policy_of(key).reviewWindow
        if self.chain.now <= until:
            raise Refused("TooEarly", self.chain.now, until + 1)
        self._settle_by_clocks(key, Outcome.FINALIZED)

    def giveUp(self, sender: str, key: bytes) -> None:
        self._of_provider(sender, key)
        self._settle(key, Outcome.GIVEN_UP, self.stake(key))

    def reclaim(self, _sender: str, key: bytes) -> None:
        case = self.load(key)
        self._in_state(key, State.OPEN)
        policy = self.policy_of(key)
        limit = policy.resolution[case.priority] + policy.maxPause
        until = self.chain.now - policy.reviewWindow
        elapsed = policy.elapsed(case.openedAt, max(until, case.openedAt))
        if elapsed <= limit:
            raise Refused("StillRunning", elapsed, limit)
        self._settle(key, Outcome.RECLAIMED, self.stake(key))

    def concede(self, sender: str, key: bytes, left: int) -> bool:
        other = self._of_party(sender, key)
        self._live(key)
        case, policy = self.cases[key], self.policy_of(key)
        if policy.bonded:
            raise Refused("NoFee", key)
        if not 0 < left <= case.amount:
            raise Refused("BadPart", left, case.amount)
        if left == case.amount:
            return False
        part = case.amount - left
        self.set(key, amount=left)
        self.emit("Conceded", key, sender, part)
        self.give(policy.token, other, part)
        return True

    def proposeSplit(self, sender: str, key: bytes, bps: int) -> None:
        self._of_party(sender, key)
        self._live(key)
        self._share(bps)
        self.proposals[key] = (sender, bps)
        self.emit("SplitProposed", key, sender, bps)

    def acceptSplit(self, sender: str, key: bytes, bps: int) -> None:
        self._of_party(sender, key)
        self._accept_split(key, sender, bps)

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

    def _accept_split(self, key: bytes, by: str, bps: int) -> None:
        offerer, offered = self.proposals.get(key, (NOBODY, 0))
        case = self.cases[key]
        other = self.policy_of(key).provider if by == case.client else case.client
        if offerer in (NOBODY, by) or offerer != other or offered != bps:
            raise Refused("BadSplit", bps)
        del self.proposals[key]
        stake = self.stake(key)
        self._settle(key, Outcome.AGREED, stake - part(stake, bps))

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

    # Customers without a wallet

    def claim(self, _sender: str, provider: str, customer: bytes, token: str) -> int:
        amount = self.waits.get((provider, customer, token), 0)
        if amount == 0:
            raise Refused("NothingWaits", provider, customer, token)
        to = provider if self._is_erased(customer) else self.wallet_of(customer)
        if to == NOBODY:
            raise Refused("NoClient", customer)
        self.waits[provider, customer, token] = 0
        self.emit("CreditClaimed", provider, customer, token, to, amount)
        self.give(token, to, amount)
        return amount

    def _is_erased(self, customer: bytes) -> bool:
        try:
            self.registry.resolve(customer)
        except Refused as refusal:
            return refusal.name == "CustomerClosed"
        return False

    def wallet_of(self, customer: bytes) -> str:
        """Of who this customer is today; nobody's if none can act."""
        try:
            return self.registry.activeWallet(self.registry.resolve(customer))
        except Refused:
            return NOBODY

    # What they share

    def set(self, key: bytes, **parts: Any) -> None:
        self.cases[key] = self.cases[key]._replace(**parts)

    def _settle_by_clocks(self, key: bytes, outcome: Outcome) -> None:
        self._in_state(key, State.DELIVERED)
        due = credit(self.cases[key].amount, self.clocks(key).credit_bps)
        self._settle(key, outcome, due)

    def _settle(self, key: bytes, outcome: Outcome, to_client: int, fee: int = 0) -> None:
        self._live(key)
        policy, client = self.policy_of(key), self.cases[key].client
        to_provider = self.stake(key) - to_client - fee
        self.set(key, state=State.SETTLED)
        self.emit("Settled", key, outcome, to_provider, to_client, fee)
        if policy.bonded:
            free = self.owed(policy.provider, policy.token)
            self.debts[policy.provider, policy.token] = free + to_provider
        else:
            self.give(policy.token, policy.provider, to_provider)
        self.give(policy.token, policy.arbiter, fee)
        if client == NOBODY:
            client = self.wallet_of(self.customers[key])
        if client != NOBODY:
            self.give(policy.token, client, to_client)
        elif to_client:
            where = (policy.provider, self.customers[key], policy.token)
            self.waits[where] = self.waits.get(where, 0) + to_client
            self.emit("CreditWaits", *where, to_client)

    def _of_provider(self, sender: str, key: bytes) -> Case:
        case, provider = self.load(key), self.policy_of(key).provider
        if sender != provider:
            raise Refused("NotProvider", provider, sender)
        return case

    def _of_party(self, sender: str, key: bytes) -> str:
        """The other one."""
        client, provider = self.load(key).client, self.policy_of(key).provider
        if sender == provider:
            return client
        if sender != client:
            raise Refused("NotParty", key, sender)
        return provider

    def _in_state(self, key: bytes, state: State) -> None:
        if self.cases[key].state != state:
            raise Refused("BadState", key, self.cases[key].state)

    def _live(self, key: bytes) -> None:
        if self.cases[key].state == State.SETTLED:
            raise Refused("BadState", key, State.SETTLED)

    @staticmethod
    def _share(bps: int) -> None:
        if bps > ALL:
            raise Refused("BadSplit", bps)
