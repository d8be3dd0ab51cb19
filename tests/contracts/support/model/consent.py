"""ConsentRegistry in plain Python, from the prose of IConsentRegistry.

One entry for each customer, group and lane: what was decided, under which notice, and two calendar
dates. Nothing is packed and nothing ends by being written to: whether a grant still holds follows
from today's date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.codec import selector
from tests.contracts.support.evm import Refused
from tests.contracts.support.model import dates
from tests.contracts.support.model.ledger import Ledger, Pausable, Signed, check_sequence, role
from tests.contracts.support.model.registry import NOBODY, RegistryModel, Status

LANES = 7
MAX_GROUPS = 8
MAX_AGE_DAYS = 3_650
MAX_NOTICES = 16_383
SEQ_LIMIT = 2**32
LAST_GRANT = 2**16 - 1 - MAX_AGE_DAYS  # days since 1970; later ones could end after the last day
NO_WORDS = bytes(32)


class State(IntEnum):
    """As in the interface."""

    NONE = 0
    GRANTED = 1
    RECORDED = 2
    WITHDRAWN = 3


class Purpose(NamedTuple):
    """As the `purpose` view returns it."""

    iri: bytes = bytes(32)
    maxAgeDays: int = 0
    optOut: bool = False


class Notice(NamedTuple):
    """What was published: the document, and the words by lane."""

    document: bytes
    words: tuple[str, ...]


class Choice(NamedTuple):
    """What stands about one purpose. `until` is the first day on which a grant does not hold."""

    state: State
    notice: int
    since: date
    until: date


class Consent(NamedTuple):
    """As the `statusOf` view returns it."""

    state: int = State.NONE
    notice: int = 0
    since: int = 0
    until: int = 0
    granted: bool = False


class Decision(NamedTuple):
    """As in the interface."""

    customerId: bytes
    group: int
    grant: int
    withdraw: int
    notice: int
    receipt: bytes


def lanes(mask: int) -> list[int]:
    """The lanes that a mask names, impossible ones included."""
    return [lane for lane in range(8) if mask >> lane & 1]


def mask_of(named: Iterable[int]) -> int:
    return sum(1 << lane for lane in named)


def digests(words: Sequence[str]) -> list[bytes]:
    """What a notice keeps of its words: a hash a lane, zero for a lane without."""
    padded = [*words, *[""] * (LANES - len(words))]
    return [keccak(text=text) if text else NO_WORDS for text in padded]


def wording(words: Sequence[str]) -> bytes:
    return keccak(encode(["bytes32[7]"], [digests(words)]))


class ConsentModel(Pausable):
    """What customers allow."""

    contract = "ConsentRegistry"

    def __init__(self, chain: Ledger, admin: str, registry: RegistryModel) -> None:
        super().__init__(chain, admin)
        self.registry = registry
        self.purposes: dict[tuple[int, int], Purpose] = chain.table()
        self.notices: dict[int, tuple[Notice, ...]] = chain.table()  # by group, the first first
        self.covered: dict[int, frozenset[int]] = chain.table()  # lanes the current notice names
        self.choices: dict[tuple[bytes, int, int], Choice] = chain.table()
        self.seqs: dict[tuple[bytes, int], int] = chain.table()

    # Reading

    @property
    def today(self) -> date:
        return dates.day_of(self.chain.now)

    @property
    def _days(self) -> int:
        return self.chain.now // dates.DAY

    @property
    def groups(self) -> int:
        return len({group for group, _ in self.purposes})

    def purpose(self, group: int, lane: int) -> Purpose:
        return self.purposes.get((group, lane), Purpose())

    def defined(self, group: int) -> set[int]:
        return {lane for held, lane in self.purposes if held == group}

    def version(self, group: int) -> int:
        return len(self.notices.get(group, ()))

    def notice(self, group: int, version: int) -> tuple[bytes, bytes]:
        published = self.notices.get(group, ())
        if not 0 < version <= len(published):
            return bytes(32), bytes(32)
        notice = published[version - 1]
        return notice.document, wording(notice.words)

    def sequence(self, customer: bytes, group: int) -> int:
        return self.seqs.get((customer, group), 0)

    def sequence_of_all(self, customer: bytes) -> int:
        return sum(seq for (owner, _), seq in self.seqs.items() if owner == customer)

    def is_granted(self, customer: bytes, group: int, lane: int) -> bool:
        choice = self.choices.get((customer, group, lane))
        if choice is None:
            open_ = self.registry.customer(customer).status in (Status.ACTIVE, Status.SUSPENDED)
            told = lane in self.covered.get(group, ())
            return open_ and told and self.purpose(group, lane).optOut
        return choice.state != State.WITHDRAWN and self.today < choice.until

    def granted_in(self, customer: bytes, group: int) -> int:
        return mask_of(lane for lane in range(LANES) if self.is_granted(customer, group, lane))

    def status(self, customer: bytes, group: int, lane: int) -> Consent:
        choice = self.choices.get((customer, group, lane))
        granted = self.is_granted(customer, group, lane)
        if choice is None:
            return Consent(granted=granted)
        since = dates.seconds(choice.since) // dates.DAY
        if choice.state == State.WITHDRAWN:
            return Consent(State.WITHDRAWN, 0, since, 0, False)
        until = dates.seconds(choice.until) // dates.DAY
        return Consent(choice.state, choice.notice, since, until, granted)

    # Purposes and notices

    def definePurpose(
        self, sender: str, group: int, lane: int, iri: bytes, max_age: int, opt_out: bool
    ) -> bool:
        self.check("PUBLISHER", sender)
        if group > self.groups or group >= MAX_GROUPS or lane >= LANES:
            raise Refused("BadLane", group, lane)
        if not 1 <= max_age <= MAX_AGE_DAYS:
            raise Refused("BadMaxAge", max_age, MAX_AGE_DAYS)
        content = Purpose(iri, max_age, opt_out)
        if (group, lane) in self.purposes:
            if self.purposes[group, lane] != content:
                raise Refused("PurposeFixed", group, lane)
            return False
        self.purposes[group, lane] = content
        self.chain.emit(self.contract, "PurposeDefined", group, lane, *content)
        return True

    def publishNotice(
        self, sender: str, group: int, version: int, document: bytes, words: list[str]
    ) -> bool:
        self.check("PUBLISHER", sender)
        if group >= self.groups:
            raise Refused("UnknownGroup", group)
        if len(words) > LANES:
            raise Refused("BadWords", group, LANES)
        for lane, text in enumerate(words):
            if text and text in words[:lane]:
                raise Refused("BadWords", group, lane)
        published = self.notices.get(group, ())
        if 0 < version <= len(published):
            if self.notice(group, version) != (document, wording(words)):
                raise Refused("NoticeFixed", group, version)
            return False
        if version != len(published) + 1 or version > MAX_NOTICES:
            raise Refused("NoticeGap", group, version, len(published) + 1)
        padded = [*words, *[""] * (LANES - len(words))]
        for lane, text in enumerate(padded):
            if bool(text) != (lane in self.defined(group)):
                raise Refused("BadWords", group, lane)
        self.notices[group] = (*published, Notice(document, tuple(padded)))
        self.covered[group] = frozenset(self.defined(group))
        self.chain.emit(self.contract, "NoticePublished", group, version, document, tuple(words))
        return True

    # Decisions of the customer

    def save(self, sender: str, decision: Decision) -> None:
        if self.registry.living(decision.customerId).wallet != sender:
            raise Refused("NotTheCustomer", decision.customerId, sender)
        self._decide(decision, sender)

    def saveBySig(
        self, sender: str, decision: Decision, seq: int, deadline: int, signed: Signed
    ) -> None:
        wallet = self.registry.living_wallet(decision.customerId)
        check_sequence(seq, self.sequence(decision.customerId, decision.group))
        self.chain.check_intent(wallet, ("Save", *decision, seq, deadline), deadline, signed)
        self._decide(decision, wallet)

    def saveFor(self, sender: str, decision: Decision, wallet: str) -> None:
        self.check("ENROLLER", sender)
        if self.registry.living_wallet(decision.customerId) != wallet:
            raise Refused("NotTheCustomer", decision.customerId, wallet)
        self._decide(decision, wallet)

    def withdrawAll(self, sender: str, customer: bytes, receipt: bytes) -> None:
        recorded = self.registry.customer(customer).wallet != sender
        if recorded:
            self.registry.living(customer)
            if not self.has(role("OPERATOR"), sender):
                raise Refused("NotTheCustomer", customer, sender)
        self._withdraw_all(customer, sender, recorded, receipt)

    def withdrawAllBySig(
        self, sender: str, customer: bytes, receipt: bytes, seq: int, deadline: int, signed: Signed
    ) -> None:
        wallet = self.registry.living_wallet(customer)
        check_sequence(seq, self.sequence_of_all(customer))
        self.chain.check_intent(
            wallet, ("WithdrawAll", customer, receipt, seq, deadline), deadline, signed
        )
        self._withdraw_all(customer, wallet, False, receipt)

    def _withdraw_all(self, customer: bytes, actor: str, recorded: bool, receipt: bytes) -> None:
        for group in range(self.groups):
            defined = self.defined(group)
            if self._withdraw(customer, group, defined, self.today):
                decision = Decision(customer, group, 0, mask_of(defined), 0, receipt)
                self._count(decision, actor, recorded)

    # Records of an operator

    def recordFor(self, sender: str, decision: Decision, seq: int) -> bool:
        self.check("OPERATOR", sender)
        return self._record(sender, decision, seq)

    def recordBatch(self, sender: str, records: list[tuple[Decision, int]]) -> int:
        self.check("OPERATOR", sender)
        changed = 0
        for decision, seq in records:
            try:
                changed += self._record(sender, decision, seq)
            except Refused as refusal:
                if refusal.name not in _REASONS:
                    raise
                told = (decision.customerId, decision.group, refusal_reason(refusal.name))
                self.chain.emit(self.contract, "RecordRefused", *told)
        return changed

    def _record(self, sender: str, decision: Decision, seq: int) -> bool:
        customer, group = decision.customerId, decision.group
        record = self.registry.living(customer)
        self._check_masks(decision)
        if decision.grant:
            expected = self.sequence(customer, group)
            if (seq + 1) % SEQ_LIMIT == expected and self._stands(decision):
                return False
            if record.wallet != NOBODY:
                raise Refused("WalletLinkedAlready", customer, record.wallet)
            check_sequence(seq, expected)
            self._check_notice(decision)
        if not self._apply(decision, State.RECORDED):
            return False
        self._count(decision, sender, True)
        return True

    def _stands(self, decision: Decision) -> bool:
        """Whether the decision was recorded already, perhaps on an earlier day."""
        customer, group = decision.customerId, decision.group
        for lane in range(LANES):
            choice = self.choices.get((customer, group, lane))
            if decision.grant >> lane & 1:
                told = choice and (choice.state, choice.notice)
                if told != (State.RECORDED, decision.notice):
                    return False
            elif decision.withdraw >> lane & 1 and (
                choice is None or choice.state != State.WITHDRAWN
            ):
                return False
        return True

    # How a decision takes effect

    def _decide(self, decision: Decision, actor: str) -> None:
        self._check_masks(decision)
        if decision.grant:
            self._check_notice(decision)
        self._apply(decision, State.GRANTED)
        self._count(decision, actor, False)

    def _check_masks(self, decision: Decision) -> None:
        grant, withdraw = decision.grant, decision.withdraw
        if grant & withdraw:
            raise Refused("OverlappingMasks", grant, withdraw)
        if not grant | withdraw:
            raise Refused("EmptyDecision")
        unknown = [n for n in lanes(grant | withdraw) if n not in self.defined(decision.group)]
        if unknown:
            raise Refused("UnknownPurpose", decision.group, mask_of(unknown))

    def _check_notice(self, decision: Decision) -> None:
        self.not_paused()
        group, current = decision.group, self.version(decision.group)
        if not 0 < decision.notice <= current:
            raise Refused("UnknownNotice", group, decision.notice)
        if decision.notice != current:
            raise Refused("StaleNotice", group, decision.notice, current)
        untold = [lane for lane in lanes(decision.grant) if lane not in self.covered[group]]
        if untold:
            raise Refused("PurposeNotInNotice", group, mask_of(untold))
        if self._days > LAST_GRANT:
            raise Refused("CalendarEnds", self._days, LAST_GRANT)

    def _apply(self, decision: Decision, how: State) -> bool:
        """Changes what the decision changes; whether that was anything."""
        changed = False
        for lane in lanes(decision.grant):
            key = (decision.customerId, decision.group, lane)
            age = timedelta(days=self.purpose(decision.group, lane).maxAgeDays)
            choice = Choice(how, decision.notice, self.today, self.today + age)
            changed = changed or self.choices.get(key) != choice
            self.choices[key] = choice
        named = lanes(decision.withdraw)
        less = self._withdraw(decision.customerId, decision.group, named, self.today)
        return changed or less

    def _withdraw(self, customer: bytes, group: int, named: Iterable[int], day: date) -> bool:
        changed = False
        for lane in named:
            choice = self.choices.get((customer, group, lane))
            if choice is None or choice.state != State.WITHDRAWN:
                self.choices[customer, group, lane] = Choice(State.WITHDRAWN, 0, day, day)
                changed = True
        return changed

    def _advance(self, customer: bytes, group: int) -> int:
        seq = (self.sequence(customer, group) + 1) % SEQ_LIMIT
        self.seqs[customer, group] = seq
        return seq

    def _count(self, decision: Decision, actor: str, recorded: bool) -> None:
        self.chain.emit(
            self.contract,
            "ConsentChanged",
            decision.customerId,
            decision.group,
            actor,
            decision.grant,
            decision.withdraw,
            decision.notice if decision.grant else 0,
            self._advance(decision.customerId, decision.group),
            recorded,
            decision.receipt,
        )

    # Closing: called by the registry

    def merged(self, gone: bytes, heir: bytes) -> None:
        for group in range(self.groups):
            changed = False
            for lane in range(LANES):
                choice = self.choices.pop((gone, group, lane), None)
                if choice and choice.state == State.WITHDRAWN:
                    changed |= self._withdraw(heir, group, [lane], choice.since)
            self.seqs.pop((gone, group), None)
            if changed:
                self._advance(heir, group)
        self.chain.emit(self.contract, "ConsentsMerged", gone, heir)

    def forfeited(self, customer: bytes) -> None:
        for table in (self.choices, self.seqs):
            for key in [key for key in table if key[0] == customer]:
                del table[key]
        self.chain.emit(self.contract, "ConsentsErased", customer)


# What `recordBatch` skips, with the errors' arguments; anything else is the batch's own fault.
_REASONS = {
    "UnknownCustomer": ["bytes32"],
    "CustomerClosed": ["bytes32"],
    "WalletLinkedAlready": ["bytes32", "address"],
    "BadSequence": ["uint256", "uint256"],
}


def refusal_reason(name: str) -> bytes:
    """The selector by which a refused record of a batch tells its reason."""
    return selector({"name": name, "inputs": [{"type": kind} for kind in _REASONS[name]]})
