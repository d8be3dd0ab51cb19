"""Onboarding in plain Python, from the prose of IOnboarding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Refused
from tests.contracts.support.model.consent import ConsentModel, Decision, digests, lanes
from tests.contracts.support.model.ledger import Ledger, Roles, Signed
from tests.contracts.support.model.loyalty import LoyaltyModel
from tests.contracts.support.model.registry import RegistryModel


class Onboard(NamedTuple):
    """As in the interface."""

    customerId: bytes
    wallet: str
    group: int
    grant: int
    withdraw: int
    notice: int
    receipt: bytes
    welcomePoints: int
    seq: int
    deadline: int

    @property
    def decision(self) -> Decision:
        return Decision(
            self.customerId, self.group, self.grant, self.withdraw, self.notice, self.receipt
        )

    def content(self, programme: str, document: bytes, words: Sequence[str]) -> tuple[object, ...]:
        """What the wallet is shown and signs."""
        choices = tuple(
            (words[lane], bool(self.grant >> lane & 1))
            for lane in lanes((self.grant | self.withdraw) & 0x7F)
        )
        return (
            "Onboard",
            programme,
            self.customerId,
            self.wallet,
            choices,
            self.group,
            self.notice,
            document,
            self.welcomePoints,
            self.receipt,
            self.seq,
            self.deadline,
        )


class OnboardingModel(Roles):
    """How a customer joins by one signature."""

    contract = "Onboarding"

    def __init__(
        self,
        chain: Ledger,
        admin: str,
        address: str,
        parts: tuple[RegistryModel, ConsentModel, LoyaltyModel],
        programme: str,
    ) -> None:
        super().__init__(chain, admin)
        self.address = address
        self.registry, self.consents, self.loyalty = parts
        self.programme = programme
        self.settings: dict[str, int] = chain.table()
        self.settings["welcome"] = 0

    @staticmethod
    def welcome_ref(customer: bytes) -> bytes:
        return keccak(encode(["string", "bytes32"], ["rapport welcome", customer]))

    def onboard(
        self,
        sender: str,
        intent: Onboard,
        words: list[bytes],
        commitment: bytes,
        signed: Signed,
    ) -> None:
        self.check("OPERATOR", sender)
        offered, points = self.settings["welcome"], intent.welcomePoints
        if points not in (0, offered):
            raise Refused("WelcomeChanged", points, offered)
        published = self.consents.notices.get(intent.group, ())
        known = 0 < intent.notice <= len(published)
        if not known or digests(published[intent.notice - 1].words) != list(words):
            raise Refused("WrongWords", intent.group, intent.notice)
        notice = published[intent.notice - 1]
        content = intent.content(self.programme, notice.document, notice.words)
        self.chain.check_intent(intent.wallet, content, intent.deadline, signed)
        # Of a purpose that the notice does not name, nobody can have been shown the words.
        if not all(notice.words[lane] for lane in lanes((intent.grant | intent.withdraw) & 0x7F)):
            raise Refused("BadSignature", intent.wallet)
        self.registry.enrol(self.address, intent.customerId, commitment, intent.wallet, intent.seq)
        self.consents.saveFor(self.address, intent.decision, intent.wallet)
        if points:
            ref = self.welcome_ref(intent.customerId)
            if not self.loyalty.award(self.address, intent.customerId, ref, points, 0):
                points = 0
        self.chain.emit(self.contract, "Onboarded", intent.customerId, intent.wallet, points)

    def setWelcome(self, sender: str, points: int) -> None:
        self.check("DEFAULT_ADMIN", sender)
        self.settings["welcome"] = points
        self.chain.emit(self.contract, "WelcomeSet", points)
