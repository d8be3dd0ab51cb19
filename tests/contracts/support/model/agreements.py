"""Agreements in plain Python, from the prose of ISLAEscrow: opened, paused and delivered."""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.clocks import Breach, Case, Clocks, State
from tests.contracts.support.model.ledger import Ledger, Signed
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.policies import PoliciesModel, Policy
from tests.contracts.support.model.registry import NOBODY, RegistryModel


class Opening(NamedTuple):
    """As in the interface."""

    policyId: int
    priority: int
    amount: int
    client: str
    customerId: bytes
    ref: bytes
    deadline: int


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


def id_of(opener: str, ref: bytes) -> bytes:
    return keccak(encode(["address", "bytes32"], [opener, ref]))


class AgreementsModel(PoliciesModel):
    """Agreements and the bonds behind them, until they are settled."""

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

    def load(self, key: bytes) -> Case:
        if key not in self.cases:
            raise Refused("UnknownAgreement", key)
        return self.cases[key]

    def wallet_of(self, customer: bytes) -> str:
        """Of who this customer is today; nobody's if none can act."""
        try:
            return self.registry.activeWallet(self.registry.resolve(customer))
        except Refused:
            return NOBODY

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

    # What they share

    def set(self, key: bytes, **parts: Any) -> None:
        self.cases[key] = self.cases[key]._replace(**parts)

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
