"""How agreements end in plain Python, from the prose of ISLAEscrow: who gets what."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from tests.contracts.support.evm import Refused
from tests.contracts.support.model.agreements import AgreementsModel
from tests.contracts.support.model.clocks import State
from tests.contracts.support.model.policies import credit
from tests.contracts.support.model.registry import NOBODY


class Outcome(IntEnum):
    """As in the interface."""

    ACCEPTED = 0
    FINALIZED = 1
    GIVEN_UP = 2
    RECLAIMED = 3
    AGREED = 4
    RULED = 5
    EXPIRED = 6


class SettlementsModel(AgreementsModel):
    """Agreements that end, and the credits of customers without a wallet."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.waits: dict[tuple[str, bytes, str], int] = self.chain.table()

    # Reading

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
