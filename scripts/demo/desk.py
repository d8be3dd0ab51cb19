"""The shop's help desk: a year of tickets, parcels and warranty claims, each an agreement on chain.

It is the year before the orders. Three policies: support and warranty stand on the shop's bond,
also for customers without a wallet; of a parcel the price is held until it is there. What happens
within half an hour is written to the chain together, in one block of the moment of the last of it.
Every other Monday the desk settles whatever anyone may settle. A plain ledger beside it says what
ought to have happened. Credits wait for customers without a wallet; the best of them link one
later, when the shop's programme is under way, and are paid.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic, sleep
from typing import TypeAlias

from rapport import Client, units
from rapport.codec import keccak
from rapport.keys import KeySigner, Signer, dev_signer
from rapport.outbox import Outcome, Submission
from rapport.sla import Settlement, Terms
from scripts.demo.money import UNIT, Money, whole
from scripts.demo.promises import SECOND, Promise, Promises
from scripts.demo.service import Service, look
from scripts.demo.shop import Shop
from scripts.demo.stage import (
    BACKEND,
    PATIENCE,
    DemoError,
    Miner,
    Stage,
    await_all,
    move_clock,
)
from scripts.demo.tickets import FIRST_DAY, LINES, Draw, Ticket

ARBITER = BACKEND + 5  # a test account without a role
CUSTOMERS = 60  # with a wallet, and half as many besides the regulars without one
ROUND = timedelta(minutes=30)

_BOND = 12_000 * UNIT
_FEE = Decimal(5)  # percent of what is at stake, for a ruling
_FOREVER = datetime(1998, 1, 1, tzinfo=UTC)
_DAWN = time(6, tzinfo=UTC)
_SETTLES = timedelta(days=14)
_ENDS = {
    "finalize": Settlement.FINALIZED,
    "expire": Settlement.EXPIRED,
    "reclaim": Settlement.RECLAIMED,
}

Deed: TypeAlias = tuple[Submission, Callable[[Outcome], None]]
"""What was sent, and what the ledger says of it."""


@dataclass(frozen=True)
class Step:
    """What happens to a ticket at a moment."""

    moment: datetime
    ticket: Ticket
    verb: str


class Desk:
    """Plays the year."""

    def __init__(self, stage: Stage, miner: Miner, client: Client, shop: Shop) -> None:
        self.stage, self.miner, self.client = stage, miner, client
        self.money = Money(stage, client)
        arbiter = dev_signer(ARBITER).address
        self.ledger = Promises(dev_signer(BACKEND).address, arbiter)
        self.terms = {line.preset: _terms(line.preset, arbiter, line.rules) for line in LINES}
        numbers = [each for each in shop.customers if each not in shop.regulars]
        signing, others = numbers[-CUSTOMERS:], [*numbers[: CUSTOMERS // 2], *shop.regulars]
        self.tickets = Draw(signing, [*others, *shop.regulars]).all(self.terms)
        self.signers = {each: _wallet_of(each) for each in signing}
        self.customers = {units.hex32(client.directory.find(each).id): each for each in others}
        self.policies: dict[str, int] = {}
        self.now = self.ended = datetime.combine(FIRST_DAY, _DAWN)
        self.differing = 0
        self.claimed = 0

    def play(self, told: Callable[[date, int], None]) -> None:
        """The year, and on until nothing is open; telling days, and how many tickets are over."""
        with self.stage.client(ARBITER) as arbiter:
            self.arbiter = arbiter
            self._open_desk()
            rounds = deque(self._rounds())
            monday = datetime.combine(FIRST_DAY, _DAWN)
            while rounds or self.ledger.running():
                monday += _SETTLES
                while rounds and rounds[0][-1].moment < monday:
                    self._record(rounds.popleft())
                self._settle_due(monday)
                told(monday.date(), len(self.ledger.made) - len(self.ledger.running()))
        self.ended = self.now

    def finish(self, wallets: Mapping[str, Signer]) -> Service:
        """Later: what waits for those who have linked a wallet since is paid; then all is told."""
        self.ledger.wallets = {each: wallet.address for each, wallet in wallets.items()}
        self._catch_up()
        self._settle_due(self.now)
        return look(
            self.client,
            self.money,
            self.ledger,
            self.tickets,
            self.customers,
            differing=self.differing,
            claimed=self.claimed,
            ended=self.ended,
        )

    # The calendar

    def _rounds(self) -> Iterator[list[Step]]:
        """What happens, in order; together what happens within half an hour to several tickets."""
        steps = [
            Step(moment, ticket, verb) for ticket in self.tickets for moment, verb in ticket.steps
        ]
        some: list[Step] = []
        for step in sorted(steps, key=lambda each: (each.moment, each.ticket.number)):
            if some and (
                step.moment >= some[0].moment + ROUND
                or any(each.ticket is step.ticket for each in some)
            ):
                yield some
                some = []
            some.append(step)
        yield some

    def _record(self, steps: list[Step]) -> None:
        """Sends what happened in a round, has it mined in one block, and books it."""
        moment = max(steps[-1].moment, self.now + SECOND)
        with self.miner.rests():
            deeds = [each for each in (self._do(step, moment) for step in steps) if each]
            if not deeds:
                return
            self._until_waiting([sent for sent, _ in deeds])
            move_clock(self.client.chain, moment)
        for sent, book in deeds:
            book(sent.wait(timeout=PATIENCE))
        self.now = moment

    def _until_waiting(self, sent: list[Submission]) -> None:
        """Until all of them are in the node's pool, or one is refused."""
        chain, until = self.client.chain, monotonic() + PATIENCE
        while int(chain.request("txpool_status")["pending"], 16) < len(sent):
            for each in sent:
                if each.refresh().outcome is not None:
                    each.wait(timeout=PATIENCE)
            if monotonic() > until:
                raise DemoError("the desk's transactions do not reach the chain")
            sleep(0.002)

    def _settle_due(self, moment: datetime) -> None:
        """What anyone may do: the SDK finds it on chain, the ledger by itself."""
        self.now = max(moment, self.now + SECOND)
        move_clock(self.client.chain, self.now)
        expected = self.ledger.due(self.now)
        found = self.client.sla.due(provider=self.ledger.provider)
        named = {each.agreement or self.customers[str(each.customer)]: each.verb for each in found}
        self.differing += len(expected.items() ^ named.items())
        if found:
            self.client.sla.settle_batch(found).finish()
            self._catch_up()
        for which, verb in named.items():
            if verb == "claim":
                self.claimed += self.ledger.claim(which)
            else:
                self.ledger.settle(which, _ENDS[verb])

    def _catch_up(self) -> None:
        """Blocks were mined meanwhile, each a little later than the last."""
        self.now = max(self.now, self.client.chain.block().timestamp)

    # The desk

    def _open_desk(self) -> None:
        """Prints what parcels cost, deposits the bond, publishes the policies."""
        move_clock(self.client.chain, self.now)
        needed: Counter[str] = Counter()
        for ticket in self.tickets:
            if not self.terms[ticket.line.preset].bonded:
                needed[self.signers[ticket.customer].address] += ticket.amount
        provider = self.ledger.provider
        self.ledger.bring(self.money.with_account(provider), provider)
        needed[provider] = _BOND
        self.money.hand_out(list(needed.items()))
        for account, amount in needed.items():
            self.ledger.bring(amount, account)
        sla, token = self.client.sla, self.money.token
        sent = [sla.approve(token, whole(_BOND)), sla.bond_deposit(token, whole(_BOND))]
        self.ledger.deposit(_BOND)
        made = [
            sla.policy_create(token, terms, idempotency_key=f"desk:{preset}")
            for preset, terms in self.terms.items()
        ]
        await_all(self.client, sent)
        for preset, outcome in zip(self.terms, await_all(self.client, made), strict=True):
            self.policies[preset] = outcome.result["policy"]
        self._catch_up()

    def _do(self, step: Step, moment: datetime) -> Deed | None:
        """Sends what happened to a ticket, if it can happen as things stand."""
        ticket = step.ticket
        if step.verb == "open":
            return self._open(ticket, moment)
        promise = self.ledger.made[ticket.agreement]
        if promise.outcome is not None:  # so late that it was reclaimed
            return None
        which, sla = ticket.agreement, self.client.sla
        match step.verb:
            case "respond":
                return sla.respond(which), lambda _: promise.respond(moment)
            case "pause":
                if not promise.on_time(moment):
                    return None
                return sla.pause(which), lambda _: promise.pause(moment)
            case "resume":
                if promise.paused is None:
                    return None
                sent = self._signed(ticket, "resume") if ticket.signs else sla.resume(which)
                return sent, lambda _: promise.resume(moment)
            case "deliver":
                return sla.deliver(which), lambda _: promise.deliver(moment)
            case "dispute":
                return self._signed(ticket, "dispute"), lambda _: promise.dispute(moment)
            case _:
                return self._conclude(step)

    def _open(self, ticket: Ticket, moment: datetime) -> Deed:
        terms, policy = self.terms[ticket.line.preset], self.policies[ticket.line.preset]
        wallet = self.signers[ticket.customer] if ticket.signs else None
        sent = self._parcel(ticket, policy, wallet) if wallet and not terms.bonded else None
        sent = sent or self.client.sla.open(
            policy,
            whole(ticket.amount),
            priority=ticket.priority,
            client=wallet.address if wallet else None,
            customer=ticket.customer,
            idempotency_key=ticket.number,
        )

        def book(outcome: Outcome) -> None:
            ticket.agreement = outcome.result["agreement"]
            promise = Promise(
                terms=terms,
                calendar=ticket.line.clock,
                priority=ticket.priority,
                amount=ticket.amount,
                opened=moment,
                wallet=wallet.address if wallet else None,
                customer=ticket.customer,
            )
            self.ledger.open(ticket.agreement, promise)

        return sent, book

    def _parcel(self, ticket: Ticket, policy: int, wallet: KeySigner) -> Submission:
        """What its buyer signs, relayed: the opening, and that its price may be taken."""
        sla, price = self.client.sla, whole(ticket.amount)
        opening = sla.request(
            policy,
            price,
            wallet.address,
            _FOREVER,
            priority=ticket.priority,
            customer=ticket.customer,
            reference=ticket.number,
        )
        permit = sla.permit_request(self.money.token, wallet.address, price, _FOREVER)
        signature = opening.sign(sla.domain(), wallet)
        return sla.open_by_sig(opening, signature, permit=permit.sign(wallet))

    def _conclude(self, step: Step) -> Deed:
        """The ways in which the parties, or the arbiter, end an agreement."""
        ticket, ledger, sla = step.ticket, self.ledger, self.client.sla
        which, bps = ticket.agreement, ticket.share * 100
        match step.verb:
            case "concede":
                left = ledger.made[which].amount * 4 // 5
                return sla.concede(which, whole(left)), lambda _: ledger.concede(which, left)
            case "accept":
                sent = self._signed(ticket, "accept")
                return sent, lambda _: ledger.settle(which, Settlement.ACCEPTED)
            case "give up":
                return sla.give_up(which), lambda _: ledger.settle(which, Settlement.GIVEN_UP)
            case "propose split":
                return sla.propose_split(which, ticket.share), lambda _: None
            case "accept split":
                sent = self._signed(ticket, "accept split", provider=Decimal(ticket.share))
                return sent, lambda _: ledger.settle(which, Settlement.AGREED, bps)
            case _:  # the arbiter rules
                sent = self.arbiter.sla.resolve(which, ticket.share)
                return sent, lambda _: ledger.settle(which, Settlement.RULED, bps)

    def _signed(
        self, ticket: Ticket, action: str, *, provider: Decimal | None = None
    ) -> Submission:
        """What the customer's wallet signs, relayed."""
        sla = self.client.sla
        intent = sla.instruction(ticket.agreement, action, _FOREVER, provider=provider)
        return sla.instruct(intent, intent.sign(sla.domain(), self.signers[ticket.customer]))


def _terms(preset: str, arbiter: str, rules: bool) -> Terms:
    """A preset; where disputes are ruled, with the arbiter and the fee for it."""
    terms = Terms.preset(preset)
    return replace(terms, arbiter=arbiter, arbiter_fee=_FEE) if rules else terms


def _wallet_of(customer: str) -> KeySigner:
    return KeySigner(keccak(f"desk customer {customer}".encode()))
