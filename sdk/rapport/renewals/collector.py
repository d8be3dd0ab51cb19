"""The worker: one turn finds what is due, charges it, and notes what is to be told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from rapport import tokens, units
from rapport.artifacts import AddressBook, interface
from rapport.chain import Chain, Read, requests
from rapport.chain.requests import BlockId
from rapport.chain.rpc import Fault
from rapport.errors import InputError, Reverted
from rapport.models import Block
from rapport.outbox import Outbox, Outcome, State, Submission
from rapport.renewals.book import Book, Row
from rapport.renewals.deciding import Standing, Verdict, charge_key, decide, fail
from rapport.renewals.finder import find
from rapport.renewals.schedule import Schedule
from rapport.subscriptions import facts as asking
from rapport.subscriptions.facts import CONTRACT, Facts
from rapport.subscriptions.values import Plan, Status
from rapport.tokens import Token

CHARGE = "subscription.charge"
_TOGETHER = 500  # subscriptions that are asked about together
_TRIED = 40  # charges that are tried out in one call
_FIRST_GAS, _GAS = 1_200_000, 200_000  # of such a call, and for each charge


@dataclass(frozen=True, slots=True)
class Charged:
    """One charge of a turn: what was taken, or why nothing was."""

    subscription: str
    plan: int
    payer: str
    cycle: int
    amount: Decimal
    symbol: str
    status: str
    """``done``, ``duplicate`` (somebody else was quicker), ``refused``, ``open``, or ``would``."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a turn has done."""

    block: int
    looked: int
    """Subscriptions that were asked about."""
    charges: tuple[Charged, ...]
    failing: int
    """Due, and without the money, the allowance or the consent."""
    events: int
    """New ones, to be told."""

    def count(self, status: str) -> int:
        """How many charges ended so."""
        return sum(each.status == status for each in self.charges)

    @property
    def collected(self) -> Mapping[str, Decimal]:
        """What this collector has taken, by the tokens' symbols."""
        sums: dict[str, Decimal] = {}
        for each in self.charges:
            if each.status == "done":
                sums[each.symbol] = sums.get(each.symbol, Decimal(0)) + each.amount
        return sums


@dataclass(slots=True)
class _Part:
    """Some of the subscriptions of a turn."""

    standing: Mapping[bytes, Standing]
    failing: int
    events: int = 0
    sent: list[tuple[Verdict, Submission]] = field(default_factory=list)
    would: list[Charged] = field(default_factory=list)

    @property
    def submissions(self) -> list[Submission]:
        return [submission for _, submission in self.sent]


class Collector:
    """
    Collects for one account. Any number may run at once, on one file or on several.

    Args:
        chain: Where the contract stands.
        addresses: Its address book.
        outbox: What sends the charges.
        book: What is remembered between turns.
        merchant: Whose plans; everybody's without one, for the callers' fees.
        schedule: When a charge that failed is tried again.
        tokens: The tokens that were asked what they are.
        name_of: The number of a customer, for events.
    """

    def __init__(
        self,
        chain: Chain,
        addresses: AddressBook,
        outbox: Outbox,
        book: Book,
        *,
        merchant: str | None = None,
        schedule: Schedule | None = None,
        tokens: MutableMapping[str, Token] | None = None,
        name_of: Callable[[bytes], str | None] | None = None,
    ) -> None:
        self._chain = chain
        self._addresses = addresses
        self._outbox = outbox
        self._book = book
        self._merchant = None if merchant is None else units.address(merchant)
        self._schedule = schedule or Schedule()
        self._tokens: MutableMapping[str, Token] = {} if tokens is None else tokens
        self._name_of = name_of

    def close(self) -> None:
        """Closes the file."""
        self._book.close()

    def turn(self, *, dry_run: bool = False, timeout: float | None = None) -> Report:
        """
        Charges what is due now, and returns once every charge has come to its end.

        Args:
            dry_run: Say what would be charged; send nothing and note no event.
            timeout: Seconds for the charges; what is open then goes on in the outbox.

        Raises:
            RpcError, Timeout: The node does not answer, or serves no logs.
            Pending: Not every charge has ended in time.
            InsufficientFunds, ConfigError, SenderStuck: What keeps charges from being sent.
        """
        head = self._chain.block()
        find(self._chain, self._addresses, self._book, head)
        now = units.to_timestamp(head.timestamp)
        rows = self._book.waiting(now, self._merchant)
        parts = [
            self._part(rows[start : start + _TOGETHER], head, dry_run)
            for start in range(0, len(rows), _TOGETHER)
        ]
        charges = [each for part in parts for each in part.would]
        events = sum(part.events for part in parts)
        if any(not each.state.ended for part in parts for each in part.submissions):
            self._outbox.drain(timeout=timeout)
        for part in parts:
            ended, new = self._ended(part)
            charges += ended
            events += new
        failing = sum(part.failing for part in parts)
        return Report(head.number, len(rows), tuple(charges), failing, events)

    def tell(self, write: Callable[[Sequence[str]], None]) -> int:
        """
        Hands the events that nobody was told of yet to ``write``, as lines of JSON. Customers are
        named by their numbers only here: what is kept names them by their ids.
        """
        return self._book.tell(lambda bodies: write([self._named(each) for each in bodies]))

    # One part

    def _part(self, rows: Sequence[Row], head: Block, dry_run: bool) -> _Part:
        """Decides about some subscriptions, and hands their charges to the outbox."""
        # As of the block that the logs were read to: what happens later is in later logs.
        standing = self._standing([row.id for row in rows], head.number)
        now = units.to_timestamp(head.timestamp)
        known = [row for row in rows if row.id in standing]
        verdicts = {row.id: decide(row, standing[row.id], now, self._schedule) for row in known}
        wanted = [row for row in known if verdicts[row.id].charge]
        refused = self._tried([row.id for row in wanted], head.number)
        for row in wanted:
            if row.id in refused:
                verdict = verdicts[row.id]
                failed = fail(verdict.row, standing[row.id], now, self._schedule, refused[row.id])
                verdicts[row.id] = replace(failed, events=(*verdict.events, *failed.events))
        ready = [verdicts[row.id] for row in wanted if row.id not in refused]
        part = _Part(
            standing,
            failing=sum(
                standing[row.id].facts.status is Status.PAST_DUE and not verdicts[row.id].charge
                for row in known
            ),
        )
        if dry_run:
            part.would = [_charged(standing[each.row.id], "would") for each in ready]
            return part
        part.events = self._keep([(row, verdicts[row.id]) for row in known])
        part.sent = list(zip(ready, self._submitted(ready, standing), strict=True))
        return part

    def _submitted(
        self, ready: Sequence[Verdict], standing: Mapping[bytes, Standing]
    ) -> list[Submission]:
        items = []
        for verdict in ready:
            found = standing[verdict.row.id]
            cycle, decimals = found.facts.cycles + 1, found.plan.token.decimals
            payload = {**found.facts.named, "cycle": cycle, "decimals": decimals}
            items.append((charge_key(verdict.row, found), payload))
        return self._outbox.submit_many(CHARGE, items)

    def _ended(self, part: _Part) -> tuple[list[Charged], int]:
        """What became of charges, and where their subscriptions stand now."""
        if not part.sent:
            return [], 0
        before = part.standing
        head = self._chain.block()
        now = units.to_timestamp(head.timestamp)
        standing = self._standing([verdict.row.id for verdict, _ in part.sent], head.number)
        decided: list[tuple[Row, Verdict]] = []
        charges: list[Charged] = []
        for verdict, submission in part.sent:
            row, outcome = verdict.row, submission.refresh().outcome
            if submission.state is State.CANCELLED and row.id in standing:
                # Somebody has taken it out of the outbox: it counts as a try.
                charges.append(_charged(before[row.id], "refused", "Cancelled"))
                tried = replace(row, tries=row.tries + 1)
                decided.append(
                    (row, fail(tried, standing[row.id], now, self._schedule, "Cancelled"))
                )
                continue
            if not submission.state.ended or outcome is None:
                charges.append(_charged(before[row.id], "open"))
                continue
            found = standing.get(row.id)
            if outcome.ok and found is not None and found.facts.paid_through == row.anchor:
                # It was done, and a reorganisation has taken it away: again, under another key.
                charges.append(_charged(before[row.id], "open", "Reorganised"))
                decided.append((row, Verdict(replace(row, tries=row.tries + 1))))
                continue
            charges.append(_charged(before[row.id], outcome.status, _reason(outcome)))
            if found is None:
                continue
            if outcome.ok or found.facts.status is not Status.PAST_DUE:
                # Looked at once more with the logs of this block, in case it does not last.
                verdict = decide(row, found, now, self._schedule)
                again = replace(verdict.row, look_at=row.look_at)
                decided.append((row, replace(verdict, row=again)))
            else:
                tried = replace(row, tries=row.tries + 1)
                decided.append((row, fail(tried, found, now, self._schedule, _reason(outcome))))
        return charges, self._keep(decided)

    def _keep(self, decided: Sequence[tuple[Row, Verdict]]) -> int:
        events = [event for _, verdict in decided for event in verdict.events]
        return self._book.settle([(row, verdict.row) for row, verdict in decided], events)

    def _named(self, body: str) -> str:
        event = json.loads(body)
        if self._name_of is None or event["customer"] is None:
            return body
        number = self._name_of(bytes.fromhex(event["customer"][2:]))
        return json.dumps({**event, "customer": number or event["customer"]}, ensure_ascii=False)

    # Asking

    def _standing(self, ids: Sequence[bytes], block: BlockId) -> dict[bytes, Standing]:
        """
        How subscriptions stood at a block. Left out are those that a reorganisation took away, and
        those in what has ceased to be a token: what amounts of it mean, nobody knows.
        """
        answers = self._chain.batch(asking.questions(ids), block=block)
        begun = [each for each in asking.read(ids, answers) if each.status is not Status.NONE]
        plans = self._plans(begun, block)
        facts = [each for each in begun if each.next_plan_id in plans]
        answers = self._chain.batch(asking.due_questions(facts), block=block)
        dues = asking.read_due(facts, plans, answers)
        return {
            each.id: Standing(each, due, plans[each.next_plan_id])
            for each, due in zip(facts, dues, strict=True)
        }

    def _plans(self, facts: Iterable[Facts], block: BlockId) -> dict[int, Plan]:
        numbers = sorted({each.next_plan_id for each in facts})
        reads = [Read(CONTRACT, "plan", (number,)) for number in numbers]
        found: dict[int, Plan] = {}
        for number, terms in zip(numbers, self._chain.batch(reads, block=block), strict=True):
            with suppress(InputError):  # it does not say its decimals
                found[number] = Plan.of(number, terms, self._token(terms["token"]))
        return found

    def _token(self, address: str) -> Token:
        if address not in self._tokens:
            answers = self._chain.batch(tokens.questions(address))
            self._tokens[address] = tokens.token_of(address, *answers)
        return self._tokens[address]

    def _tried(self, ids: Sequence[bytes], block: BlockId) -> dict[bytes, str | None]:
        """
        Those that a charge would not succeed for, with the reason: the contract is asked for the
        whole batch, one after another, so that a payer's money counts once. At the block of what is
        known of them: what another collector has charged since does not look like a failure.
        """
        address, sender = self._addresses.contract(CONTRACT).address, self._outbox.signer.address
        refused: list[bytes] = []
        for start in range(0, len(ids), _TRIED):
            refused += self._refused(address, sender, list(ids[start : start + _TRIED]), block)
        return {each: self._why(address, sender, each, block) for each in refused}

    def _refused(self, address: str, sender: str, ids: list[bytes], block: BlockId) -> list[bytes]:
        """Those of a batch that fail. Where some eat the gas of all, by halves."""
        function, gas = interface(CONTRACT).function("chargeBatch"), _FIRST_GAS + _GAS * len(ids)
        try:
            data = function.encode([ids])
            answer = self._chain.simulate(address, data, sender=sender, gas=gas, block=block)
        except Reverted:
            if len(ids) == 1:
                raise
            half = len(ids) // 2
            parts = ids[:half], ids[half:]
            return [each for part in parts for each in self._refused(address, sender, part, block)]
        return [each for each, ok in zip(ids, function.decode(answer), strict=True) if not ok]

    def _why(self, address: str, sender: str, number: bytes, block: BlockId) -> str:
        data = interface(CONTRACT).encode("charge", number)
        (reply,) = self._chain.exchange([requests.call(address, data, sender=sender, which=block)])
        error = reply.exception("eth_call") if isinstance(reply, Fault) else None
        # By itself it would succeed: what it needs went to another charge of the same payer.
        return type(error).__name__ if isinstance(error, Reverted) else "TransferFailed"


def _charged(found: Standing, status: str, reason: str | None = None) -> Charged:
    facts = found.facts
    return Charged(
        units.hex32(facts.id),
        found.plan.id,
        facts.payer,
        facts.cycles + 1,
        found.amount,
        found.plan.token.symbol,
        status,
        reason,
    )


def _reason(outcome: Outcome) -> str | None:
    if outcome.error is None:
        return None
    kind = getattr(outcome.error, "reason", None)
    return kind.__name__ if isinstance(kind, type) else type(outcome.error).__name__
