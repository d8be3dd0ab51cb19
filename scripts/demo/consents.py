"""What customers allow over the months, and a plain ledger of it to hold the chain against.

At the start a form on paper says for each customer who may do what. The best customers join with a
wallet and one signature. Every month some call and say no, and some browsers send the Global
Privacy Control signal; some of those with a wallet change their mind by signature. In the second
year another notice is published, and what was signed under the first is refused.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from rapport import Client
from rapport.consents import NewRecord
from rapport.keys import KeySigner
from rapport.notices import NoticeDocument
from rapport.outbox import Submission
from rapport.receipts import ReceiptError
from rapport.receipts import write as write_receipt
from rapport.reverts import StaleNotice
from scripts.demo.audit import ask_all
from scripts.demo.shop import Shop
from scripts.demo.stage import PATIENCE, await_all, move_clock

PURPOSES = ("email", "sms", "phone", "profiling", "third-party", "analytics", "sale")
OPT_OUT = "sale"
MAX_AGE = {"profiling": 365, "third-party": 365, "analytics": 395, "sale": 365}  # days; others 730

_ON_PAPER = {"email": 0.62, "sms": 0.18, "phone": 0.11, "profiling": 0.35, "third-party": 0.07}
_CALLS = 9  # customers a month who ring to say no to e-mail
_SIGNALS = 4  # browsers a month that send the Global Privacy Control signal
_NOON = time(12, tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """What a customer last said about a purpose."""

    granted: bool
    day: date
    recorded: bool  # by the brand, on its evidence


@dataclass
class Ledger:
    """What customers said, in plain Python."""

    choices: dict[tuple[str, str], Choice] = field(default_factory=dict)

    def say(self, customer: str, purposes: Iterator[str] | tuple[str, ...], choice: Choice) -> None:
        for purpose in purposes:
            known = self.choices.get((customer, purpose))
            if known is None or known.granted or choice.granted:  # a second no changes nothing
                self.choices[customer, purpose] = choice

    def granted(self, customer: str, purpose: str, today: date) -> bool:
        choice = self.choices.get((customer, purpose))
        if choice is None:
            return purpose == OPT_OUT
        return choice.granted and today < choice.day + timedelta(days=MAX_AGE.get(purpose, 730))


@dataclass(frozen=True)
class Standing:
    """Customers by what holds for a purpose on a day."""

    purpose: str
    granted: int
    by_wallet: int
    withdrawn: int
    lapsed: int


@dataclass(frozen=True)
class Proof:
    """What the chain answers, beside the ledger; and what became of one receipt."""

    standings: tuple[Standing, ...]
    asked: int
    mismatches: int
    stale_refused: bool
    receipt: str  # its id
    proved_offline: bool
    altered_refused: bool

    @property
    def holds(self) -> bool:
        return (
            self.mismatches == 0
            and self.stale_refused
            and self.proved_offline
            and self.altered_refused
        )


class Consents:
    """Plays what customers allow, month by month."""

    def __init__(self, client: Client, shop: Shop) -> None:
        self.client = client
        self.shop = shop
        self.ledger = Ledger()
        self.wallets: dict[str, KeySigner] = {}
        self.notice = NoticeDocument.open(Path(__file__).with_name("notice.json"))
        self.stale_refused = False
        self._draw = random.Random(1996)

    def begin(self, today: date) -> None:
        """The first notice, and what everybody ticked on the form the day before."""
        move_clock(self.client.chain, datetime.combine(today - timedelta(days=1), _NOON))
        self.client.consent.publish_notice(self.notice).wait(timeout=PATIENCE)
        self.client.consent.record_batch(self._forms(today)).finish()

    def join(self, today: date) -> None:
        """The best customers link a wallet, decide on everything and are awarded welcome points."""
        deadline = datetime.combine(today + timedelta(days=30), _NOON)
        sent = []
        for index, customer in enumerate(self.shop.regulars):
            signer = KeySigner(index.to_bytes(31, "big") + b"\x97")
            allowed = tuple(each for each in PURPOSES[:6] if self._draw.random() < 0.7)
            refused = tuple(each for each in PURPOSES if each not in allowed)
            intent = self.client.onboarding.request(
                customer, signer.address, allowed, refused, deadline
            )
            signature = intent.sign(self.client.onboarding.domain(), signer)
            sent.append(self.client.onboarding.onboard(intent, signature))
            self.wallets[customer] = signer
            self.ledger.say(customer, allowed, Choice(True, today, recorded=False))
            self.ledger.say(customer, refused, Choice(False, today, recorded=False))
        await_all(self.client, sent)

    def month(self, today: date) -> None:
        """Calls and signals of a month; one of those with a wallet changes their mind."""
        walletless = [each for each in self.shop.customers if each not in self.wallets]
        callers = self._draw.sample(walletless, _CALLS)
        browsers = self._draw.sample(walletless, _SIGNALS)
        no = Choice(False, today, recorded=True)
        calls = [
            NewRecord(each, f"call:{today}:{each}", withdraw=("email",), evidence="by telephone")
            for each in callers
        ]
        recorded = self.client.consent.record_batch(calls)
        recorded.fill()
        for each in callers:
            self.ledger.say(each, ("email",), no)
        sent = [self.client.consent.gpc(each) for each in browsers]
        for each in browsers:
            self.ledger.say(each, (OPT_OUT,), no)
        if self.wallets:
            sent.append(self._change_mind(self._draw.choice(sorted(self.wallets)), today))
        recorded.finish()
        await_all(self.client, sent)

    def renew_notice(self, today: date) -> None:
        """Another notice. Whoever signed under the first one has to be asked again."""
        customer = self.shop.regulars[0]
        deadline = datetime.combine(today + timedelta(days=7), _NOON)
        late = self.client.consent.save_request(customer, ["email"], [], deadline)
        signature = late.sign(self.client.consent.domain(), self.wallets[customer])
        content = json.loads(json.dumps(self.notice.content))
        content["version"] += 1
        content["url"] = "https://music.example/notices/2"
        content["purposes"][4]["words"] = "Send me offers of our record labels"
        self.notice = NoticeDocument.read(content)
        self.client.consent.publish_notice(self.notice).wait(timeout=PATIENCE)
        try:
            self.client.consent.save_by_sig(late, signature).wait(timeout=PATIENCE)
        except StaleNotice:
            self.stale_refused = True

    def prove(self, today: date) -> Proof:
        """Asks the chain about everybody and everything, and checks one receipt by its file."""
        masks = ask_all(self.client, "ConsentRegistry", "grantedIn", self.shop.customers, 0)
        mismatches = sum(
            bool(mask >> lane & 1) != self.ledger.granted(customer, purpose, today)
            for customer, mask in zip(self.shop.customers, masks, strict=True)
            for lane, purpose in enumerate(PURPOSES)
        )
        receipt, offline, refused = self._receipt_checked()
        return Proof(
            standings=tuple(self._standing(purpose, today) for purpose in PURPOSES),
            asked=len(masks) * len(PURPOSES),
            mismatches=mismatches,
            stale_refused=self.stale_refused,
            receipt=receipt,
            proved_offline=offline,
            altered_refused=refused,
        )

    def _forms(self, today: date) -> Iterator[NewRecord]:
        for customer in self.shop.customers:
            ticked = tuple(each for each, share in _ON_PAPER.items() if self._draw.random() < share)
            if not ticked:
                continue
            self.ledger.say(customer, ticked, Choice(True, today, recorded=True))
            yield NewRecord(customer, f"form:{customer}", ticked, evidence="enrolment form")

    def _change_mind(self, customer: str, today: date) -> Submission:
        """By signature: all is withdrawn, or e-mail is allowed again under the current notice."""
        consent, signer = self.client.consent, self.wallets[customer]
        deadline = datetime.combine(today + timedelta(days=7), _NOON)
        if self._draw.random() < 0.4:
            intent = consent.withdraw_all_request(customer, deadline)
            sent = consent.withdraw_all_by_sig(intent, intent.sign(consent.domain(), signer))
            self.ledger.say(customer, PURPOSES, Choice(False, today, recorded=False))
        else:
            save = consent.save_request(customer, ["email"], ["analytics"], deadline)
            sent = consent.save_by_sig(save, save.sign(consent.domain(), signer))
            self.ledger.say(customer, ("email",), Choice(True, today, recorded=False))
            self.ledger.say(customer, ("analytics",), Choice(False, today, recorded=False))
        return sent

    def _receipt_checked(self) -> tuple[str, bool, bool]:
        """The best customer's last receipt: proved from its file, and with one letter changed."""
        text = write_receipt(self.client.consent.receipt(self.shop.regulars[0]))
        proved = self.client.consent.verify(text)
        offline = self.client.consent.verify(text, offline=True)
        agree = offline.proved_offline and offline.block == proved.block
        try:
            self.client.consent.verify(text.replace("e-mail", "e-nail", 1), offline=True)
        except ReceiptError:
            return proved.receipt, agree, True
        return proved.receipt, agree, False

    def _standing(self, purpose: str, today: date) -> Standing:
        said = {
            customer: self.ledger.choices.get((customer, purpose))
            for customer in self.shop.customers
        }
        granted = [each for each in said if self.ledger.granted(each, purpose, today)]
        yes = [each for each in said.values() if each is not None and each.granted]
        lapsed = len(yes) - sum(
            1 for each in granted if (choice := said[each]) is not None and choice.granted
        )
        return Standing(
            purpose,
            granted=len(granted),
            by_wallet=sum(
                1 for each in granted if (choice := said[each]) is not None and not choice.recorded
            ),
            withdrawn=sum(1 for each in said.values() if each is not None and not each.granted),
            lapsed=lapsed,
        )
