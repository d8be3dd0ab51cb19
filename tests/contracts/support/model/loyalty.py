"""LoyaltyPoints in plain Python, from the prose of ILoyaltyPoints.

Points lie in lots, one for each customer and epoch of origin. A lot is never moved on: whether it
still counts follows from today's date and the date on which it is lost.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Refused
from tests.contracts.support.model import dates
from tests.contracts.support.model.issuance import IssuanceModel
from tests.contracts.support.model.ledger import Ledger, Signed
from tests.contracts.support.model.reasons import reason
from tests.contracts.support.model.registry import CLOSED, NOBODY, RegistryModel

LOT_LIMIT = 2**32 - 1  # an epoch of an account, and a year's tier counter, hold no more
MAX_TIERS = 7


class State(IntEnum):
    """As in the interface."""

    NONE = 0
    PENDING = 1
    AWARDED = 2
    REDEEMED = 3


class Entry(NamedTuple):
    """As the `entry` view returns it."""

    customer: bytes = bytes(12)
    points: int = 0
    undone: int = 0
    availableAt: int = 0
    epoch: int = 0
    terms: int = 0
    state: int = State.NONE


def mark(customer: bytes) -> bytes:
    """By which an entry knows its customer: the head of the id's digest."""
    return keccak(customer)[:12]


class LoyaltyModel(IssuanceModel):
    """Whose points are whose."""

    def __init__(self, chain: Ledger, admin: str, registry: RegistryModel, months: int) -> None:
        super().__init__(chain, admin)
        self.registry = registry
        self.months = months
        self.lots: dict[tuple[bytes, date], int] = chain.table()
        self.debts: dict[bytes, int] = chain.table()
        self.years: dict[tuple[bytes, int], int] = chain.table()  # earned, for the tier
        self.entries: dict[bytes, Entry] = chain.table()
        self.births: dict[bytes, date] = chain.table()  # of an entry: first day of its epoch
        self.totals: dict[tuple[bytes, str], int] = chain.table()
        self.thresholds: dict[str, tuple[int, ...]] = chain.table()
        self.thresholds["now"] = ()

    # Time

    @property
    def epoch(self) -> date:
        return dates.start_of_epoch(dates.day_of(self.chain.now), self.months)

    def _alive(self, first: date) -> bool:
        return self.chain.now < dates.lost_at(first, self.months)

    # Reading

    def spendable(self, customer: bytes) -> dict[date, int]:
        """What a customer can spend, by epoch of origin, the oldest first."""
        return {
            first: points
            for (owner, first), points in sorted(self.lots.items())
            if owner == customer and points and self._alive(first)
        }

    def balance(self, customer: bytes) -> int:
        return sum(
            points
            for (owner, first), points in self.lots.items()
            if owner == customer and self._alive(first)
        )

    def expired(self, customer: bytes) -> int:
        return sum(
            points
            for (owner, first), points in self.lots.items()
            if owner == customer and not self._alive(first)
        )

    def liability(self) -> int:
        return sum(points for (_, first), points in self.lots.items() if self._alive(first))

    def outstanding(self, first: date) -> int:
        """Points that are lost when the last epoch of those born in `first` ends."""
        return sum(points for (_, born), points in self.lots.items() if born == first)

    def qualifying(self, customer: bytes) -> tuple[int, int]:
        year = dates.day_of(self.chain.now).year
        return self.years.get((customer, year), 0), self.years.get((customer, year - 1), 0)

    def tier(self, customer: bytes) -> int:
        earned = max(self.qualifying(customer))
        return sum(1 for threshold in self.thresholds["now"] if earned >= threshold)

    def total(self, customer: bytes, kind: str) -> int:
        return self.totals.get((customer, kind), 0)

    def entry(self, ref: bytes) -> Entry:
        return self.entries.get(ref, Entry())

    @staticmethod
    def customerRef(customer: bytes, ref: bytes) -> bytes:
        return keccak(encode(["bytes32", "bytes32"], [customer, ref]))

    # Awarding

    def award(self, sender: str, customer: bytes, ref: bytes, points: int, available: int) -> bool:
        if points == 0:
            raise Refused("ZeroAmount")
        return self.awardUnder(sender, customer, ref, points, available, 0)

    def awardUnder(
        self, sender: str, customer: bytes, ref: bytes, points: int, available: int, terms: int
    ) -> bool:
        self.may_issue(sender)
        added = self._award(customer, ref, points, available, terms)
        if added:
            self.meter(sender, points)
        return added

    def awardBatch(
        self, sender: str, awards: list[tuple[bytes, bytes, int]], available: int
    ) -> int:
        self.may_issue(sender)
        added = count = 0
        for customer, ref, points in awards:
            if points == 0:
                raise Refused("ZeroAmount")
            try:
                if self._award(customer, ref, points, available, 0):
                    added += points
                    count += 1
            except Refused as refusal:
                if refusal.name not in ("RefConflict", "CustomerClosed"):
                    raise
                self.chain.emit(self.contract, "AwardRefused", customer, ref, reason(refusal.name))
        self.meter(sender, added)
        return count

    def _award(self, customer: bytes, ref: bytes, points: int, available: int, terms: int) -> bool:
        entry = self.entry(ref)
        if entry.state != State.NONE:
            told = (entry.customer, entry.points, entry.terms)
            if entry.state == State.REDEEMED or told != (mark(customer), points, terms):
                raise Refused("RefConflict", ref)
            return False
        entry = Entry(mark(customer), points, 0, available, 0, terms, State.PENDING)
        if available <= self.chain.now:
            # The issuer vouches for the id, so it need not be registered, only not closed.
            if self.registry.customer(customer).status in CLOSED:
                raise Refused("CustomerClosed", customer)
            entry = self._available(entry, ref)
            if points:
                self._earn(customer, points)
        self.entries[ref] = entry
        self.chain.emit(self.contract, "Awarded", customer, ref, points, available, terms)
        return True

    def _available(self, entry: Entry, ref: bytes) -> Entry:
        self.births[ref] = self.epoch
        return entry._replace(state=State.AWARDED, epoch=dates.number(self.epoch, self.months))

    def _earn(self, customer: bytes, points: int) -> None:
        """Points that also count toward the tier."""
        self._gain(customer, points, "earned")
        year = (customer, dates.day_of(self.chain.now).year)
        self.years[year] = min(LOT_LIMIT, self.years.get(year, 0) + points)

    def _gain(self, customer: bytes, points: int, kind: str) -> None:
        """Debt first, the rest into the current epoch."""
        self._note(customer, kind, points)
        if customer in self.debts:
            debt = self.debts[customer]
            paid = min(debt, points)
            self._set_debt(customer, debt - paid)
            points -= paid
        lot = (customer, self.epoch)
        full = self.lots.get(lot, 0) + points
        if full > LOT_LIMIT:
            raise Refused("EpochFull", full)
        self.lots[lot] = full

    def _note(self, customer: bytes, kind: str, points: int) -> None:
        self.totals[customer, kind] = self.total(customer, kind) + points

    def _set_debt(self, customer: bytes, debt: int) -> None:
        if debt:
            self.debts[customer] = debt
        else:
            self.debts.pop(customer, None)
        self.chain.emit(self.contract, "DebtChanged", customer, debt)

    def settle(self, sender: str, customer: bytes, ref: bytes) -> None:
        entry = self._entry_of(customer, ref)
        if entry.state == State.AWARDED:
            raise Refused("AlreadySettled", ref)
        if entry.state != State.PENDING:
            raise Refused("UnknownRef", ref)
        if self.chain.now < entry.availableAt:
            raise Refused("NotYet", self.chain.now, entry.availableAt)
        holder = self._holder(customer)
        self.entries[ref] = self._available(entry, ref)
        points = entry.points - entry.undone
        self._earn(holder, points)
        self.chain.emit(self.contract, "Settled", customer, ref, holder, points)

    def settleBatch(self, sender: str, customers: list[bytes], refs: list[bytes]) -> int:
        if len(customers) != len(refs):
            raise Refused("LengthMismatch", len(customers), len(refs))
        settled = 0
        for customer, ref in zip(customers, refs, strict=True):
            try:
                self.settle(sender, customer, ref)
                settled += 1
            except Refused as refusal:
                if refusal.name == "EpochFull":
                    raise
                if refusal.name != "AlreadySettled":
                    why = reason(refusal.name)
                    self.chain.emit(self.contract, "SettleRefused", customer, ref, why)
        return settled

    def _holder(self, customer: bytes) -> bytes:
        """Whom a customer's entry concerns today: the customer, or whom they were merged into."""
        closed = self.registry.customer(customer).status in CLOSED
        return self.registry.resolve(customer) if closed else customer

    def _entry_of(self, customer: bytes, ref: bytes) -> Entry:
        entry = self.entry(ref)
        if entry.customer != mark(customer):
            raise Refused("UnknownRef", ref)
        return entry

    # Taking back and giving back

    def reverse(self, sender: str, customer: bytes, ref: bytes, total: int) -> bool:
        self.may_issue(sender)
        entry = self._entry_of(customer, ref)
        if entry.state not in (State.PENDING, State.AWARDED):
            raise Refused("UnknownRef", ref)
        points = self._step(ref, entry, total)
        if points == 0:
            return False
        self.meter(sender, points)
        self.entries[ref] = entry._replace(undone=total)
        holder, shortfall = customer, 0
        if entry.state == State.AWARDED:
            holder = self._holder(customer)
            shortfall = self._take_back(holder, ref, points)
        self.chain.emit(self.contract, "Reversed", customer, ref, holder, total, shortfall)
        return True

    def refund(self, sender: str, customer: bytes, ref: bytes, total: int) -> bool:
        self.may_issue(sender)
        entry = self._entry_of(customer, ref)
        if entry.state != State.REDEEMED:
            raise Refused("UnknownRef", ref)
        points = self._step(ref, entry, total)
        if points == 0:
            return False
        self.meter(sender, points)
        self.entries[ref] = entry._replace(undone=total)
        holder = self._holder(customer)
        self._gain(holder, points, "refunded")
        self.chain.emit(self.contract, "Refunded", customer, ref, holder, total)
        return True

    @staticmethod
    def _step(ref: bytes, entry: Entry, total: int) -> int:
        if total > entry.points:
            raise Refused("ExceedsEntry", ref, total, entry.points)
        return max(0, total - entry.undone)

    def _take_back(self, holder: bytes, ref: bytes, points: int) -> int:
        """From the award's own lot, then the oldest; the rest is owed."""
        born = self.births[ref]
        if not self._alive(born):
            raise Refused("AwardExpired", ref, dates.lost_at(born, self.months))
        if (holder, born.year) in self.years:
            self.years[holder, born.year] = max(0, self.years[holder, born.year] - points)
        self._note(holder, "reversed", points)
        left = self._draw(holder, born, points)
        for first in self.spendable(holder):
            left = self._draw(holder, first, left)
        if left:
            self._set_debt(holder, self.debts.get(holder, 0) + left)
        return left

    def _draw(self, customer: bytes, first: date, want: int) -> int:
        """Takes from one lot; returns what is still wanted."""
        lot = (customer, first)
        taken = min(want, self.lots.get(lot, 0))
        self.lots[lot] = self.lots.get(lot, 0) - taken
        return want - taken

    # Spending

    def redeem(self, sender: str, customer: bytes, ref: bytes, points: int) -> bool:
        if self._redeemed(customer, ref, points):
            return False
        wallet = self.registry.activeWallet(customer)
        if sender == wallet:
            return self._redeem(customer, self.customerRef(customer, ref), points)
        if wallet != NOBODY:
            raise Refused("NotTheCustomer", customer, sender)
        self.may_issue(sender)
        added = self._redeem(customer, ref, points)
        if added:
            self.meter(sender, points)
        return added

    def redeemBySig(
        self,
        sender: str,
        customer: bytes,
        ref: bytes,
        points: int,
        deadline: int,
        signed: Signed,
    ) -> bool:
        wallet = self.registry.activeWallet(customer)
        content = ("Redeem", customer, ref, points, deadline)
        self.chain.check_intent(wallet, content, deadline, signed)
        return self._redeem(customer, self.customerRef(customer, ref), points)

    def _redeem(self, customer: bytes, ref: bytes, points: int) -> bool:
        if points == 0:
            raise Refused("ZeroAmount")
        if self._redeemed(customer, ref, points):
            return False
        if self.entry(ref).state != State.NONE:
            raise Refused("RefConflict", ref)
        have = self.balance(customer)
        if have < points:
            raise Refused("InsufficientPoints", customer, have, points)
        left = points
        for first in self.spendable(customer):
            left = self._draw(customer, first, left)
        self._note(customer, "redeemed", points)
        epoch = dates.number(self.epoch, self.months)
        self.entries[ref] = Entry(mark(customer), points, 0, 0, epoch, 0, State.REDEEMED)
        self.chain.emit(self.contract, "Redeemed", customer, ref, points)
        return True

    def _redeemed(self, customer: bytes, ref: bytes, points: int) -> bool:
        """Whether this very redemption stands already."""
        entry = self.entry(ref)
        told = (entry.state, entry.customer, entry.points)
        return told == (State.REDEEMED, mark(customer), points)

    # Campaigns

    def credit(self, sender: str, customer: bytes, ref: bytes, points: int) -> None:
        self.check("CAMPAIGN", sender)
        self.not_paused()
        if points == 0:
            raise Refused("ZeroAmount")
        self.registry.living(customer)
        self._gain(customer, points, "credited")
        self.chain.emit(self.contract, "Credited", customer, ref, sender, points)

    # Closing: called by the registry

    def merged(self, gone: bytes, heir: bytes) -> None:
        for (owner, first), points in list(self.lots.items()):
            if owner == gone:
                joined = self.lots.get((heir, first), 0) + points
                if joined > LOT_LIMIT and self._alive(first):
                    raise Refused("EpochFull", joined)
                self.lots[heir, first] = joined
                del self.lots[owner, first]
        for (owner, year), points in list(self.years.items()):
            if owner == gone:
                self.years[heir, year] = min(LOT_LIMIT, self.years.get((heir, year), 0) + points)
                del self.years[owner, year]
        for (owner, kind), points in list(self.totals.items()):
            if owner == gone:
                self._note(heir, kind, points)
                del self.totals[owner, kind]
        debt = self.debts.pop(gone, 0) + self.debts.get(heir, 0)
        if debt:
            for first in self.spendable(heir):
                debt = self._draw(heir, first, debt)
            self._set_debt(heir, debt)
        self.chain.emit(self.contract, "AccountMerged", gone, heir)

    def forfeited(self, customer: bytes) -> None:
        points = self.balance(customer)
        for first, lot in self.spendable(customer).items():
            self._draw(customer, first, lot)
        # A debt is written off: what was forfeited is the balance less what was owed.
        debt = self.debts.pop(customer, 0)
        self._note(customer, "forfeited", points - debt)
        for owner, year in [key for key in self.years if key[0] == customer]:
            del self.years[owner, year]
        self.chain.emit(self.contract, "AccountForfeited", customer, points, debt)

    # Settings

    def setTiers(self, sender: str, thresholds: list[int]) -> None:
        self.check("DEFAULT_ADMIN", sender)
        growing = all(a < b for a, b in zip([0, *thresholds], thresholds, strict=False))
        if len(thresholds) > MAX_TIERS or not growing:
            raise Refused("BadTiers")
        self.thresholds["now"] = tuple(thresholds)
        self.chain.emit(self.contract, "TiersSet", tuple(thresholds))
