"""What the consent machine draws: decisions, intents with a flaw, onboardings; how it acts."""

from __future__ import annotations

from typing import Any

from tests.contracts.support import laws_consents, wallets
from tests.contracts.support.evm import Refused
from tests.contracts.support.intents import bent
from tests.contracts.support.laws_consents import Withdrawals
from tests.contracts.support.machine import SuiteMachine, digest
from tests.contracts.support.model import dates
from tests.contracts.support.model.consent import MAX_AGE_DAYS, Decision, digests, mask_of
from tests.contracts.support.model.onboarding import Onboard
from tests.contracts.support.suite import PROGRAMME
from tests.contracts.support.wallets import Wallet

AGES = (1, 2, 30, 365, 730, MAX_AGE_DAYS, 7)
LAST_YEAR = 2149  # from when days outgrow the 16 bits that the contracts give them


class ConsentDraws(SuiteMachine):
    """Group 0 has seven purposes, group 1 two, each with an opt-out one; all are in a notice."""

    def prepare(self) -> None:
        self.withdrawals = Withdrawals()
        self.signed: list[tuple[str, tuple[Any, ...]]] = []  # not relayed yet
        self.used: list[tuple[str, str, tuple[Any, ...]]] = []
        for lane, age in enumerate(AGES):
            self.define(0, lane, age, lane == 6)
        self.define(1, 2, 30, False)
        self.define(1, 3, 1, True)
        for group in (0, 1):
            words = self.words(group, 1)
            self.publish(group, 1, words)
        self.act("Onboarding", "setWelcome", 50, by="admin")
        self.link(self.customers[2], self.suite.chain.wallets[2])

    def act(self, contract: str, verb: str, *args: Any, by: str) -> Any:
        met = super().act(contract, verb, *args, by=by)
        if hasattr(self, "withdrawals"):
            laws_consents.who_decided_is_told(self.suite)
            self.withdrawals.hear(self.suite.evm.logs)
        return met

    # Purposes and notices

    def define(self, group: int, lane: int, age: int, opt_out: bool, by: str = "publisher") -> None:
        iri = digest("purpose", lane % 7)
        self.act("ConsentRegistry", "definePurpose", group, lane, iri, age, opt_out, by=by)

    def words(self, group: int, version: int) -> list[str]:
        """Of the notice of that version, if it was published; otherwise of one that could be."""
        known = self.suite.consents.notices.get(group, ())
        if 0 < version <= len(known):
            return list(known[version - 1].words)
        defined = self.suite.consents.defined(group)
        question = "May we use it for {lane}? (notice {version})"
        return [question.format(lane=n, version=version) * (n in defined) for n in range(7)]

    def publish(self, group: int, version: int, words: list[str], by: str = "publisher") -> None:
        document = digest("notice", version)
        self.act("ConsentRegistry", "publishNotice", group, version, document, words, by=by)

    # What is decided

    def decision(
        self, customer: bytes, group: int, masks: tuple[int, int], form: str, version: str
    ) -> Decision:
        """A decision that the purposes and the notice allow, unless asked otherwise."""
        model = self.suite.consents
        grant, withdraw = masks
        if form == "group":
            group = 200
        defined = mask_of(model.defined(group))
        if form != "raw":
            grant &= defined
            withdraw &= defined & ~grant
        if not grant | withdraw:
            withdraw = defined & -defined
        if form == "overlap":
            grant, withdraw = defined, defined & 3
        elif form == "empty":
            grant = withdraw = 0
        elif form == "lane 7":
            grant |= 128
        current = model.version(group)
        notice = {"before": max(0, current - 1), "next": current + 1, "none": 0}
        receipt = digest("receipt", len(self.suite.log))
        named = notice.get(version, current)
        return Decision(customer, group, grant, withdraw, named, receipt)

    def save_intent(self, decision: Decision, flaw: str, lasts: int, other: int) -> tuple[Any, ...]:
        """Arguments of saveBySig, with a flaw if asked for."""
        seq = self.suite.consents.sequence(decision.customerId, decision.group)
        seq += flaw == "seq"
        deadline = self.deadline(flaw, lasts)
        said = decision._replace(receipt=bytes(32)) if flaw == "altered" else decision
        content = ("Save", *said, seq, deadline)
        signed = self.sign(decision.customerId, flaw, other, content)
        return (decision, seq, deadline, signed)

    def deadline(self, flaw: str, lasts: int) -> int:
        return self.suite.evm.timestamp + (-1 if flaw == "late" else lasts)

    def sign(self, customer: bytes, flaw: str, other: int, content: tuple[Any, ...]) -> Any:
        wallet = self.signer(customer, other)
        if flaw == "signer":
            wallet = self.suite.chain.wallets[other % 6]
        return self.signed_by(wallet, "ConsentRegistry", flaw, content)

    def signed_by(self, wallet: Wallet, name: str, flaw: str, content: tuple[Any, ...]) -> Any:
        chain = self.suite.chain
        elsewhere = chain.registry if flaw == "contract" else None
        return bent(wallet, chain.contracts[name], content, flaw, elsewhere)

    def relay(self, verb: str, args: tuple[Any, ...], later: bool = False) -> Any:
        if later:
            self.signed.append((verb, args))
            return None
        met = self.act("ConsentRegistry", verb, *args, by="stranger")
        if not isinstance(met, Refused) and self.suite.evm.logs:
            self.used.append(("ConsentRegistry", verb, args))
        return met

    # Onboarding

    def onboarding(self, intent: Onboard, wallet: Wallet, flaw: str) -> tuple[Any, ...]:
        """Arguments of onboard, with a flaw if asked for."""
        published = self.suite.consents.notices.get(intent.group, ())
        known = 0 < intent.notice <= len(published)
        words = published[intent.notice - 1].words if known else ("",) * 7
        document = published[intent.notice - 1].document if known else bytes(32)
        shown = digests(words)
        if flaw == "words":
            shown[0] = digest("other words", 0)
        said = intent
        if flaw == "altered":
            said = intent._replace(receipt=bytes(32))
        if flaw == "allowed":
            said = intent._replace(grant=intent.withdraw, withdraw=intent.grant)
        programme = "Another programme" if flaw == "programme" else PROGRAMME
        document = bytes(32) if flaw == "document" else document
        content = said.content(programme, document, words)
        if flaw == "signer":
            wallet = Wallet(wallet.address, wallets.key("a thief"))
        signed = self.signed_by(wallet, "Onboarding", flaw, content)
        if flaw == "signer":
            signed.signer = "a thief"
        return (intent, shown, digest("commitment", 0), signed)

    # Time

    def wait(self, seconds: int) -> None:
        until = self.suite.evm.timestamp + seconds
        if dates.day_of(until).year < LAST_YEAR:
            self.suite.warp(until)
