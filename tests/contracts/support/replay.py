"""State rebuilt from logs alone, as an indexer or an auditor would rebuild it.

Knows neither the calls nor the model: only the events, the time of each, and how long points live.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.contracts.support.evm import Event
from tests.contracts.support.model import dates
from tests.contracts.support.model.earn import NO_RULE, PurchaseRule
from tests.contracts.support.model.loyalty import LOT_LIMIT, Entry, State, mark
from tests.contracts.support.model.registry import NOBODY, Customer, Status
from tests.contracts.support.replay_consents import ConsentReplay, OnboardingReplay


class RegistryReplay:
    """Customers, wallets, roles, settings."""

    def __init__(self) -> None:
        self.customers: dict[bytes, Customer] = {}
        self.owners: dict[str, bytes] = {}
        self.recoveries: dict[bytes, tuple[str, int]] = {}
        self.enrolment = False

    def _change(self, customer: bytes, **parts: Any) -> None:
        self.customers[customer] = self.customers[customer]._replace(**parts)

    def Registered(self, now: int, customer: bytes, _commitment: bytes) -> None:
        self.customers[customer] = Customer(status=Status.ACTIVE, registeredDay=now // dates.DAY)

    def WalletLinked(self, _now: int, customer: bytes, wallet: str, seq: int) -> None:
        self.owners.pop(self.customers[customer].wallet, None)
        if wallet != NOBODY:
            self.owners[wallet] = customer
        self._change(customer, wallet=wallet, seq=seq)

    def RecoveryRequested(self, _now: int, customer: bytes, wallet: str, ready: int) -> None:
        self.recoveries[customer] = (wallet, ready)

    def RecoveryEnded(self, _now: int, customer: bytes, _wallet: str) -> None:
        del self.recoveries[customer]

    def Verified(self, _now: int, customer: bytes, level: int, until: int, _: bytes) -> None:
        self._change(customer, level=level, validUntil=until)

    def VerificationRevoked(self, _now: int, customer: bytes) -> None:
        self._change(customer, level=0, validUntil=0)

    def Suspended(self, _now: int, customer: bytes, _reason: bytes) -> None:
        self._change(customer, status=Status.SUSPENDED)

    def Reinstated(self, _now: int, customer: bytes) -> None:
        self._change(customer, status=Status.ACTIVE)

    def Merged(self, _now: int, gone: bytes, _heir: bytes) -> None:
        self._change(gone, status=Status.MERGED, level=0, validUntil=0)

    def Erased(self, _now: int, customer: bytes) -> None:
        self._change(customer, status=Status.ERASED, level=0, validUntil=0)

    def EnrolmentSet(self, _now: int, is_open: bool) -> None:
        self.enrolment = is_open

    def LimitsSet(self, _now: int, links: int, closings: int) -> None:
        self.limits = (links, closings)

    def LedgerAttached(self, _now: int, ledger: str) -> None:
        pass

    def recovery(self, customer: bytes) -> tuple[str, int]:
        return self.recoveries.get(customer, (NOBODY, 0))


class LoyaltyReplay:
    """Points, debts, entries, tiers."""

    def __init__(self, months: int) -> None:
        self.months = months
        self.lots: dict[tuple[bytes, date], int] = {}
        self.owed: dict[bytes, int] = {}  # as it follows from the other events
        self.told: dict[bytes, int] = {}  # as DebtChanged says
        self.years: dict[tuple[bytes, int], int] = {}
        self.entries: dict[bytes, Entry] = {}
        self.births: dict[bytes, date] = {}
        self.thresholds: tuple[int, ...] = ()
        self.caps: dict[str, int] = {}
        self.paused = False

    def _first(self, now: int) -> date:
        return dates.start_of_epoch(dates.day_of(now), self.months)

    def alive(self, customer: bytes, now: int) -> dict[date, int]:
        return {
            first: points
            for (owner, first), points in sorted(self.lots.items())
            if owner == customer and points and now < dates.lost_at(first, self.months)
        }

    def _add(self, now: int, customer: bytes, points: int, counts: bool = True) -> None:
        if counts:
            year = (customer, dates.day_of(now).year)
            self.years[year] = min(LOT_LIMIT, self.years.get(year, 0) + points)
        paid = min(points, self.owed.get(customer, 0))
        self.owed[customer] = self.owed.get(customer, 0) - paid
        lot = (customer, self._first(now))
        self.lots[lot] = self.lots.get(lot, 0) + points - paid

    def _spend(self, now: int, customer: bytes, points: int) -> int:
        for first, there in self.alive(customer, now).items():
            taken = min(there, points)
            self.lots[customer, first] -= taken
            points -= taken
        return points

    def _awarded(self, now: int, ref: bytes) -> None:
        self.births[ref] = self._first(now)
        epoch = dates.number(self.births[ref], self.months)
        self.entries[ref] = self.entries[ref]._replace(state=State.AWARDED, epoch=epoch)

    def Awarded(
        self, now: int, customer: bytes, ref: bytes, points: int, available: int, terms: int
    ) -> None:
        self.entries[ref] = Entry(mark(customer), points, 0, available, 0, terms, State.PENDING)
        if available <= now:
            self._awarded(now, ref)
            self._add(now, customer, points)

    def Settled(self, now: int, _customer: bytes, ref: bytes, holder: bytes, points: int) -> None:
        self._awarded(now, ref)
        self._add(now, holder, points)

    def Reversed(
        self, now: int, _customer: bytes, ref: bytes, holder: bytes, total: int, shortfall: int
    ) -> None:
        entry = self.entries[ref]
        points = total - entry.undone
        self.entries[ref] = entry._replace(undone=total)
        if entry.state == State.AWARDED:
            born = self.births[ref]
            year = (holder, born.year)
            self.years[year] = max(0, self.years.get(year, 0) - points)
            own = min(points, self.lots.get((holder, born), 0))
            self.lots[holder, born] = self.lots.get((holder, born), 0) - own
            missing = self._spend(now, holder, points - own)
            assert missing == shortfall, f"Reversed tells {shortfall}, the log adds to {missing}"
            self.owed[holder] = self.owed.get(holder, 0) + missing

    def Redeemed(self, now: int, customer: bytes, ref: bytes, points: int) -> None:
        assert self._spend(now, customer, points) == 0, "more redeemed than the log gave"
        epoch = dates.number(self._first(now), self.months)
        self.entries[ref] = Entry(mark(customer), points, 0, 0, epoch, 0, State.REDEEMED)

    def Refunded(self, now: int, _customer: bytes, ref: bytes, holder: bytes, total: int) -> None:
        entry = self.entries[ref]
        self.entries[ref] = entry._replace(undone=total)
        self._add(now, holder, total - entry.undone, counts=False)

    def Credited(self, now: int, customer: bytes, _ref: bytes, _by: str, points: int) -> None:
        self._add(now, customer, points, counts=False)

    def DebtChanged(self, _now: int, customer: bytes, debt: int) -> None:
        self.told[customer] = debt

    def AccountMerged(self, now: int, gone: bytes, heir: bytes) -> None:
        for table in (self.lots, self.years):
            for owner, when in [key for key in table if key[0] == gone]:
                kept = table.get((heir, when), 0) + table.pop((owner, when))
                table[heir, when] = min(LOT_LIMIT, kept) if table is self.years else kept
        owed = self.owed.pop(gone, 0) + self.owed.pop(heir, 0)
        self.told.pop(gone, None)
        self.owed[heir] = self._spend(now, heir, owed)

    def AccountForfeited(self, now: int, customer: bytes, points: int, debt: int) -> None:
        assert sum(self.alive(customer, now).values()) == points, "forfeited another sum"
        assert self.owed.get(customer, 0) == debt, "wrote off another debt"
        for table in (self.lots, self.years):
            for key in [key for key in table if key[0] == customer]:
                del table[key]
        self.owed.pop(customer, None)
        self.told.pop(customer, None)

    def AwardRefused(self, _now: int, _customer: bytes, _ref: bytes, _reason: bytes) -> None:
        pass

    def SettleRefused(self, _now: int, _customer: bytes, _ref: bytes, _reason: bytes) -> None:
        pass

    def TiersSet(self, _now: int, thresholds: tuple[int, ...]) -> None:
        self.thresholds = thresholds

    def IssuerCapSet(self, _now: int, issuer: str, per_day: int) -> None:
        self.caps[issuer] = per_day

    def Paused(self, _now: int, _by: str) -> None:
        self.paused = True

    def Unpaused(self, _now: int, _by: str) -> None:
        self.paused = False

    def tier(self, customer: bytes, now: int) -> int:
        year = dates.day_of(now).year
        earned = max(self.years.get((customer, y), 0) for y in (year, year - 1))
        return sum(1 for threshold in self.thresholds if earned >= threshold)


class EarnReplay:
    """The timeline of rules."""

    def __init__(self) -> None:
        self.timelines: dict[bytes, list[tuple[PurchaseRule, int]]] = {}

    def _drop_coming(self, asset: bytes, now: int) -> list[tuple[PurchaseRule, int]]:
        begun = [r for r in self.timelines.get(asset, []) if r[0].validFrom <= now]
        self.timelines[asset] = begun
        return begun

    def PurchaseRuleSet(self, now: int, asset: bytes, version: int, rule: Any) -> None:
        self._drop_coming(asset, now).append((PurchaseRule(*rule), version))

    def PurchaseRuleEnded(self, _now: int, asset: bytes, _version: int, _valid_to: int) -> None:
        self.timelines[asset] = []

    def Earned(self, *_: Any) -> None:
        pass

    def EarnRefused(self, *_: Any) -> None:
        pass

    def rules(self, asset: bytes, now: int) -> tuple[Any, tuple[PurchaseRule, int]]:
        """The rule in force, or None, and the one to follow."""
        line = self.timelines.get(asset, [])
        coming = next((r for r in line if r[0].validFrom > now), (NO_RULE, 0))
        begun = [r for r in line if r[0].validFrom <= now]
        if not begun or now >= begun[-1][0].validTo:
            return None, coming
        rule, version = begun[-1]
        if coming[1]:
            rule = rule._replace(validTo=min(rule.validTo, coming[0].validFrom))
        return (rule, version), coming


class Replay:
    """The whole suite from its logs."""

    def __init__(self, months: int, log: Iterable[tuple[int, Event]]) -> None:
        self.registry = RegistryReplay()
        self.loyalty = LoyaltyReplay(months)
        self.earn = EarnReplay()
        self.consents = ConsentReplay()
        self.onboarding = OnboardingReplay()
        self.members: set[tuple[str, bytes, str]] = set()
        readers: dict[str, Any] = {
            "CustomerRegistry": self.registry,
            "LoyaltyPoints": self.loyalty,
            "EarnRules": self.earn,
            "ConsentRegistry": self.consents,
            "Onboarding": self.onboarding,
        }
        for now, event in log:
            if event.name in ("RoleGranted", "RoleRevoked"):
                self._role(event)
            else:
                getattr(readers[event.contract], event.name)(now, *event.args)

    def _role(self, event: Event) -> None:
        member = (event.contract, event.args[0], event.args[1])
        if event.name == "RoleGranted":
            self.members.add(member)
            return
        self.members.discard(member)
        if event.contract == "LoyaltyPoints":
            self.loyalty.caps.pop(event.args[1], None)
