"""The shop's club: two hundred customers subscribe for a year, each from a wallet of their own.

Everybody begins with two signatures and no gas: the terms, and an allowance (ERC-2612). Every ten
days the club charges what is due. Some wallets run dry and are filled again, in time or too late;
the price of a plan rises in June, and not everybody agrees; some upgrade, change down, cancel, use
a coupon, pay a box set in six instalments. A plain ledger beside it says what ought to have
happened.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from rapport import Client
from rapport.chain import Read
from rapport.codec import keccak
from rapport.keys import KeySigner, dev_signer
from rapport.outbox import Submission
from rapport.subscriptions import SignedCoupon
from scripts.demo.ledger import Books, Member, Offer
from scripts.demo.money import UNIT, Money, whole
from scripts.demo.shop import Shop
from scripts.demo.stage import BACKEND, PATIENCE, Stage, await_all, move_clock

BEGINS, ENDS = date(1999, 1, 4), date(1999, 12, 31)
MEMBERS = 200
STEP = timedelta(days=10)  # between two rounds of charges
PRICE_RISE = date(1999, 6, 1)

_CONTRACT = "Subscriptions"
_ALLOWED = 2_000  # tUSD that each payer's permit allows
_MORNING, _EVENING = time(9, tzinfo=UTC), time(22, tzinfo=UTC)
_FOREVER = datetime(2001, 1, 1, tzinfo=UTC)
_COUPONS, _DRY, _AGREE = 0.2, 0.16, 0.7  # shares of the members


@dataclass(frozen=True)
class Year:
    """What became of the club, from the ledger; and whether the chain says the same."""

    members: int
    in_force: int
    cancelled: int
    lapsed: int
    completed: int
    books: Books
    recurring: int  # a month, of those in force at the end
    points: int
    charges_on_chain: int
    differing: int  # subscriptions whose record is not as the ledger has it
    printed: int
    with_members: int
    with_club: int
    held: int  # by the contract: nothing, ever

    @property
    def adds_up(self) -> bool:
        return (
            self.differing == 0
            and self.held == 0
            and self.charges_on_chain == self.books.charges
            and self.with_club == self.books.kept
            and self.with_members + self.with_club == self.printed
        )


class Club:
    """Plays the year."""

    def __init__(self, stage: Stage, client: Client, shop: Shop) -> None:
        self.client = client
        self.shop = shop
        self.money = Money(stage, client)
        self.club = dev_signer(BACKEND)
        self.had = 0  # what the club's wallet began with
        self.books = Books()
        self.members: dict[str, Member] = {}  # by the subscription's id
        self.payers: dict[str, KeySigner] = {}
        self.plans: dict[str, int] = {}
        self.today = BEGINS
        self._draw = random.Random(1999)
        self.listener = Offer("Listener", 9_990_000, trial=14 * 86_400)
        self.collector = Offer("Collector", 24_990_000)
        self.box = Offer("Box set", 20_000_000, cycles=6)

    def play(self, told: Callable[[date], None]) -> Year:
        """The whole year, telling each day on which something happens."""
        self._open()
        waiting = self.shop.customers[:MEMBERS]
        risen = False
        while self.today <= ENDS:
            self._clock(_MORNING)
            self._join([waiting.pop() for _ in range(min(len(waiting), 40))])
            if not risen and self.today >= PRICE_RISE:
                self._raise_price()
                risen = True
            self._decide()
            self._clock(_EVENING)
            self._collect()
            self._fill()
            told(self.today)
            self.today += STEP
        return self._close()

    # The club

    def _open(self) -> None:
        """Makes the plans, signs the coupon, and lets the contract take what is refunded."""
        self._clock(_MORNING, BEGINS - timedelta(days=1))
        self.had = self.money.with_account(self.club.address)
        for offer in (self.listener, self.collector, self.box):
            made = self.client.plan.create(
                self.money.token,
                whole(offer.price),
                timedelta(seconds=offer.period),
                trial=timedelta(seconds=offer.trial),
                grace=timedelta(seconds=offer.grace),
                cycles=offer.cycles or None,
                idempotency_key=f"plan:{offer.title}",
            ).wait(timeout=PATIENCE)
            self.plans[offer.title] = made.result["plan"]
        terms = self.client.subscription.coupon("SPRING99", 50, 3, _FOREVER)
        signature = terms.sign(self.client.subscription.domain(), self.club)
        self.coupon: SignedCoupon = self.client.subscription.signed_coupon(terms, signature)
        self.client.subscription.approve(self.money.token, 1_000).wait(timeout=PATIENCE)

    def _raise_price(self) -> None:
        """Most agree to the new price before it holds. Others are asked again, and may leave."""
        price = 11_990_000
        fans = [each for each in self._running() if self.members[each].offer is self.listener]
        agree = [each for each in fans if self._draw.random() < _AGREE]
        await_all(self.client, [self._accepted(each, price) for each in agree])
        for each in agree:
            self.members[each].cap = price
        listener = self.plans[self.listener.title]
        self.client.plan.price(listener, whole(price)).wait(timeout=PATIENCE)
        self.listener.price = price

    def _collect(self) -> None:
        """Charges all that are due; one that cannot be charged stops nobody else."""
        now = self._now()
        due = [each for each, member in self.members.items() if member.due(now)]
        if not due:
            return
        self.client.subscription.charge_batch(due).finish()
        for each in due:
            member = self.members[each]
            if not member.chargeable(now):
                self.books.failed += not member.overdue_since
                member.overdue_since = member.overdue_since or now
                continue
            self._book(member.take())
            self.books.recovered += bool(member.overdue_since)
            member.overdue_since = 0

    def _book(self, amount: int) -> None:
        month = f"{self.today:%Y-%m}"
        self.books.charges += 1
        self.books.charged += amount
        self.books.by_month[month] = self.books.by_month.get(month, 0) + amount

    # The members

    def _join(self, customers: list[str]) -> None:
        """New members: a permit and the terms, signed by a wallet that has no gas."""
        begun: list[tuple[Member, KeySigner, str, SignedCoupon | None]] = []
        printed: list[tuple[str, int]] = []
        for customer in customers:
            offer = self._draw.choices((self.listener, self.collector, self.box), (5, 3, 2))[0]
            dry = self._draw.random() < _DRY
            funds = (offer.price * self._draw.randint(2, 5) if dry else 1_500 * UNIT) + UNIT
            coupon = self.coupon if self._draw.random() < _COUPONS else None
            payer = KeySigner(keccak(f"club member {customer}".encode()))
            printed.append((payer.address, funds))
            member = Member(offer, offer.price, funds)
            if coupon:
                member.discount_bps, member.discount_cycles = 5_000, 3
            begun.append((member, payer, customer, coupon))
        self.money.hand_out(printed)
        outcomes = await_all(self.client, [self._start(*each) for each in begun])
        for (member, *_), outcome in zip(begun, outcomes, strict=True):
            member.paid_through = self._time_of(outcome.block_number) + member.offer.trial
            if not member.offer.trial:
                self._book(member.take())
            self.members[outcome.result["subscription"]] = member

    def _start(
        self, member: Member, payer: KeySigner, customer: str, coupon: SignedCoupon | None
    ) -> Submission:
        subscription = self.client.subscription
        terms = subscription.request(
            self.plans[member.offer.title],
            payer.address,
            _FOREVER,
            customer=customer,
            campaign="spring mailing" if coupon else None,
            coupon=coupon,
            reference="club",
        )
        permit = subscription.permit_request(self.money.token, payer.address, _ALLOWED, _FOREVER)
        sent = subscription.start_by_sig(
            terms,
            terms.sign(subscription.domain(), payer),
            coupon=coupon,
            permit=permit.sign(payer),
        )
        number = keccak(bytes(12) + bytes.fromhex(payer.address[2:]) + terms.ref)
        self.payers["0x" + number.hex()] = payer
        return sent

    def _decide(self) -> None:
        """Now and then somebody upgrades, changes down, cancels, or asks for money back."""
        now = self._now()
        running = [each for each in self._running() if now < self.members[each].paid_through]
        if len(running) < MEMBERS // 4:
            return
        steady = [each for each in running if self.members[each].cycles > 1]
        listeners = [each for each in steady if self._plain(each, self.listener)]
        collectors = [each for each in steady if self._plain(each, self.collector)]
        up = [
            each
            for each in self._draw.sample(listeners, min(2, len(listeners)))
            if self.members[each].funds >= self.collector.price
        ]
        down = collectors and self._draw.random() < 0.5
        self._change(up, [self._draw.choice(collectors)] if down else [])
        leaving = self._draw.choice(running)
        member = self.members[leaving]
        sent = [self._decided(leaving, "cancel")]
        member.cancelled = True
        if member.last_paid and self._draw.random() < 0.4:
            sent.append(self._give_back(leaving))
        await_all(self.client, sent)

    def _plain(self, which: str, offer: Offer) -> bool:
        """Whether the ledger's short arithmetic holds for its upgrade: the first, no coupon."""
        member = self.members[which]
        plain = not (member.following or member.discount_cycles)
        return member.offer is offer and plain and member.last_paid == offer.price

    def _change(self, up: list[str], down: list[str]) -> None:
        """Those who upgrade pay for the rest of the period at once; the others wait for its end."""
        dearer, cheaper = (self.plans[each.title] for each in (self.collector, self.listener))
        sent = [self._decided(each, "change plan", plan=dearer) for each in up]
        sent += [self._decided(each, "change plan", plan=cheaper) for each in down]
        for each, outcome in zip(up, await_all(self.client, sent), strict=False):
            self.books.upgrades += 1
            self.books.upgraded += self.members[each].upgrade(
                self.collector, self._time_of(outcome.block_number)
            )
        for each in down:
            member = self.members[each]
            member.following, member.cap = self.listener, self.listener.price

    def _give_back(self, which: str) -> Submission:
        """Half of the last payment, out of the club's own money."""
        member = self.members[which]
        half = member.last_paid // 2
        member.last_paid -= half
        member.funds += half
        self.books.refunds += 1
        self.books.refunded += half
        return self.client.subscription.refund(which, whole(half))

    def _fill(self) -> None:
        """Half of those who were told that their wallet is empty fill it, or agree to the price."""
        now = self._now()
        agreed: list[Submission] = []
        filled: list[tuple[str, int]] = []
        for each, member in self.members.items():
            if not member.overdue_since or self._draw.random() < 0.5:
                continue
            if member.lapsed(now):
                continue
            if member.next_offer.price > member.cap:
                member.cap = member.next_offer.price
                agreed.append(self._accepted(each, member.cap))
            elif member.funds < member.price():
                more = member.price() * self._draw.randint(1, 3)
                filled.append((self.payers[each].address, more))
                member.funds += more
        self.money.hand_out(filled)
        await_all(self.client, agreed)

    def _running(self) -> list[str]:
        now = self._now()
        return [each for each, member in self.members.items() if member.in_force(now)]

    # The chain

    def _decided(
        self, which: str, action: str, *, plan: int | None = None, price_cap: Decimal | None = None
    ) -> Submission:
        """What its payer signs, relayed."""
        subscription = self.client.subscription
        intent = subscription.instruction(which, action, _FOREVER, plan=plan, price_cap=price_cap)
        signature = intent.sign(subscription.domain(), self.payers[which])
        return subscription.instruct(intent, signature)

    def _accepted(self, which: str, price: int) -> Submission:
        return self._decided(which, "accept price", price_cap=whole(price))

    def _clock(self, at: time, day: date | None = None) -> None:
        move_clock(self.client.chain, datetime.combine(day or self.today, at))

    def _now(self) -> int:
        return int(self.client.chain.block().timestamp.timestamp())

    def _time_of(self, block: int | None) -> int:
        return int(self.client.chain.block(block or "latest").timestamp.timestamp())

    def _close(self) -> Year:
        """Looks at every record and every balance."""
        now = self._now()
        ids = list(self.members)
        records = self.client.chain.batch(
            [Read(_CONTRACT, "subscription", (bytes.fromhex(each[2:]),)) for each in ids]
        )
        differing = sum(
            (record["paidThrough"], record["cycles"], record["lastPaid"], record["priceCap"])
            != (member.paid_through, member.cycles, member.last_paid, member.cap)
            for record, member in zip(records, self.members.values(), strict=True)
        )
        charges = self.client.chain.events(_CONTRACT, names=["Charged"])
        earned = {event.log.tx_hash for event in charges}
        points = sum(
            event.args["points"]
            for event in self.client.chain.events("EarnRules", names=["Earned"])
            if event.log.tx_hash in earned
        )
        states = list(self.members.values())
        payers = [each.address for each in self.payers.values()]
        in_force = [member for member in states if member.in_force(now)]
        return Year(
            members=len(states),
            in_force=len(in_force),
            cancelled=sum(member.cancelled for member in states),
            lapsed=sum(member.lapsed(now) for member in states),
            completed=sum(not m.cancelled and m.completed(now) for m in states),
            books=self.books,
            recurring=sum(m.next_offer.price for m in in_force if not m.next_offer.cycles),
            points=points,
            charges_on_chain=len(charges),
            differing=differing,
            printed=self.money.printed,
            with_members=sum(self.money.with_accounts(payers)),
            with_club=self.money.with_account(self.club.address) - self.had,
            held=self.money.with_account(self.client.chain.contract(_CONTRACT).address),
        )
