"""A programme in the middle of its life, in which every function has something to act upon."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.consent import Decision, digests
from tests.contracts.support.model.onboarding import Onboard
from tests.contracts.support.suite import PROGRAMME, RECOVERY_DELAY, Deployment, deployment
from tests.contracts.support.wallets import Wallet

DAY = 86_400
EUR = b"EUR".ljust(32, b"\0")
WORDS = [f"May we use your data for purpose {lane}?" for lane in range(7)]
AGES = (1, 2, 30, 365, 730, 3_650, 7)
OPT_OUT = 6
NOTICE = digest("notice", 1)
WELCOME = 50
RULE = (1, 100, 0, 10_000, 0, 2**40 - 1, 0, (10_000,) * 8)


class Scene:
    """
    Customer `linked` has a wallet and 1,000 points, `bare` has 1,000 and none, `other` has neither.
    One award is pending and due, one redemption stands, one order is recorded. Group 0 has seven
    purposes, the last an opt-out one, and a notice; who joins is awarded 50 points.
    """

    def __init__(self, months: int = 1) -> None:
        self.chain: Deployment = deployment(months)
        self.chain.reset()
        self.evm = self.chain.evm
        self.registry = self.chain.registry
        self.points = self.chain.loyalty
        self.earn = self.chain.earn
        self.consents = self.chain.consents
        self.onboarding = self.chain.onboarding
        self.actors = dict(self.chain.actors)
        self.wallet, self.spare = self.chain.wallets[0], self.chain.wallets[1]
        self.actors["wallet"] = self.wallet.address
        self.linked, self.bare, self.other = (digest("customer", i) for i in range(3))
        self.due, self.awarded, self.redeemed, self.order = (digest("of", i) for i in range(4))
        self._begin()

    def by(self, actor: str) -> dict[str, str]:
        return {"sender": self.actors[actor]}

    def _begin(self) -> None:
        now, by = self.evm.timestamp, self.by
        people = [self.linked, self.bare, self.other]
        self.registry.registerBatch(people, bytes(32), **by("operator"))
        self.link(self.linked, self.wallet)
        self.points.award(self.linked, self.awarded, 1_000, 0, **by("issuer"))
        self.points.award(self.bare, digest("of", 4), 1_000, 0, **by("issuer"))
        self.points.award(self.linked, self.due, 70, now + DAY, **by("issuer"))
        self.points.redeem(self.bare, self.redeemed, 300, **by("issuer"))
        self.earn.setPurchaseRule(EUR, RULE, **by("rules"))
        self.earn.earn(self.linked, self.order, EUR, 10_000, **by("recorder"))
        self._publish()
        self.evm.warp(now + DAY)

    def _publish(self) -> None:
        for lane, age in enumerate(AGES):
            content = (digest("purpose", lane), age, lane == OPT_OUT)
            self.consents.definePurpose(0, lane, *content, **self.by("publisher"))
        self.consents.publishNotice(0, 1, NOTICE, WORDS, **self.by("publisher"))
        self.onboarding.setWelcome(WELCOME, **self.by("admin"))

    def intent(self, wallet: Wallet, customer: bytes, new: Wallet) -> tuple[Any, ...]:
        """A LinkWallet intent that `wallet` signs, as arguments of a call."""
        seq = self.registry.customer(customer)[4]
        content = (customer, new.address, seq, self.evm.timestamp)
        return (*content, wallet.sign(self.registry, "LinkWallet", *content))

    def link(self, customer: bytes, wallet: Wallet) -> None:
        self.registry.linkWallet(*self.intent(wallet, customer, wallet), **self.by("operator"))

    def merge_intent(self, gone: bytes, heir: bytes, wallet: Wallet) -> tuple[Any, ...]:
        seq, deadline = self.registry.customer(gone)[4], self.evm.timestamp
        signed = wallet.sign(self.registry, "Merge", gone, heir, seq, deadline)
        return (gone, heir, deadline, signed)

    def redeem_intent(self, customer: bytes, ref: bytes, points: int, wallet: Wallet) -> Any:
        content = (customer, ref, points, self.evm.timestamp)
        return (*content, wallet.sign(self.points, "Redeem", *content))

    def decision(self, grant: int, withdraw: int, **other: Any) -> Decision:
        """Of `linked` about group 0 under the current notice, unless said otherwise."""
        current = self.consents.currentNotice(other.get("group", 0))[0]
        made = Decision(self.linked, 0, grant, withdraw, current, digest("receipt", 0))
        return made._replace(**other)

    def save_intent(self, decision: Decision, wallet: Wallet, deadline: int = 0) -> Any:
        """A Save intent, as arguments of a call; good until now unless said otherwise."""
        seq = self.consents.sequenceOf(decision.customerId, decision.group)
        deadline = deadline or self.evm.timestamp
        signed = wallet.sign(self.consents, "Save", *decision, seq, deadline)
        return (decision, seq, deadline, signed)

    def withdrawal_intent(self, customer: bytes, wallet: Wallet, deadline: int = 0) -> Any:
        deadline = deadline or self.evm.timestamp
        seq = self.consents.sequenceOfAll(customer)
        content = (customer, digest("receipt", 0), seq, deadline)
        return (*content, wallet.sign(self.consents, "WithdrawAll", *content))

    def own_intent(self, form: str, customer: bytes, wallet: Wallet) -> Any:
        """An UnlinkWallet or Erase intent, as arguments of a call."""
        content = (customer, self.registry.customer(customer)[4], self.evm.timestamp)
        return (*content, wallet.sign(self.registry, form, *content))

    def veto_intent(self, customer: bytes, wallet: Wallet) -> Any:
        new, ready = self.registry.recovery(customer)
        deadline = self.evm.timestamp
        signed = wallet.sign(self.registry, "VetoRecovery", customer, new, ready, deadline)
        return (customer, deadline, signed)

    def joining(self, customer: bytes, wallet: Wallet, **other: Any) -> Onboard:
        """An intent that says yes to lanes 0 and 3, no to 1 and 6."""
        seq = self.registry.customer(customer)[4]
        deadline = self.evm.timestamp
        receipt = digest("receipt", 0)
        made = Onboard(customer, wallet.address, 0, 9, 66, 1, receipt, WELCOME, seq, deadline)
        return made._replace(**other)

    def onboarding_args(self, intent: Onboard, wallet: Wallet) -> tuple[Any, ...]:
        """The intent as `wallet` signs it, as arguments of a call."""
        signed = wallet.sign(self.onboarding, *intent.content(PROGRAMME, NOTICE, WORDS))
        return (intent, digests(WORDS), digest("commitment", 0), signed)

    def propose_recovery(self) -> None:
        args = self.intent(self.spare, self.linked, self.spare)
        self.registry.requestRecovery(*args, **self.by("recovery"))

    def ripe_recovery(self) -> None:
        self.propose_recovery()
        self.evm.warp(self.evm.timestamp + RECOVERY_DELAY)

    @property
    def events(self) -> list[Event]:
        """Of the last transaction."""
        return self.evm.logs
