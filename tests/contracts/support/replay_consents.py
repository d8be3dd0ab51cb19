"""What customers allow, rebuilt from logs alone; see `replay.py`."""

from __future__ import annotations

from tests.contracts.support.model.consent import Consent, Purpose, State, lanes
from tests.contracts.support.model.dates import DAY

Lane = tuple[bytes, int, int]


class ConsentReplay:
    """Purposes, notices, and each customer's decisions, by whole days since 1970."""

    def __init__(self) -> None:
        self.purposes: dict[tuple[int, int], Purpose] = {}
        self.notices: dict[int, list[tuple[bytes, tuple[str, ...]]]] = {}
        self.decided: dict[Lane, Consent] = {}
        self.seqs: dict[tuple[bytes, int], int] = {}
        self.paused = False

    def PurposeDefined(
        self, _now: int, group: int, lane: int, iri: bytes, max_age: int, opt_out: bool
    ) -> None:
        self.purposes[group, lane] = Purpose(iri, max_age, opt_out)

    def NoticePublished(
        self, _now: int, group: int, version: int, document: bytes, words: tuple[str, ...]
    ) -> None:
        published = self.notices.setdefault(group, [])
        published.append((document, tuple(words)))
        assert version == len(published), "a version was left out"

    def ConsentChanged(
        self,
        now: int,
        customer: bytes,
        group: int,
        _actor: str,
        granted: int,
        withdrawn: int,
        notice: int,
        seq: int,
        recorded: bool,
        _receipt: bytes,
    ) -> None:
        today = now // DAY
        for lane in lanes(granted):
            until = today + self.purposes[group, lane].maxAgeDays
            how = State.RECORDED if recorded else State.GRANTED
            self.decided[customer, group, lane] = Consent(how, notice, today, until)
        self._withdraw(customer, group, lanes(withdrawn), today)
        before = self.seqs.get((customer, group), 0)
        assert seq == before + 1, f"sequence {seq} after {before}"
        self.seqs[customer, group] = seq

    def _withdraw(self, customer: bytes, group: int, named: list[int], day: int) -> bool:
        """A lane that was withdrawn before keeps its day."""
        changed = False
        for lane in named:
            known = self.decided.get((customer, group, lane))
            if known is None or known.state != State.WITHDRAWN:
                self.decided[customer, group, lane] = Consent(State.WITHDRAWN, 0, day)
                changed = True
        return changed

    def RecordRefused(self, _now: int, _customer: bytes, _group: int, _reason: bytes) -> None:
        pass

    def ConsentsMerged(self, _now: int, gone: bytes, heir: bytes) -> None:
        changed = set()
        for key in [key for key in self.decided if key[0] == gone]:
            _, group, lane = key
            consent = self.decided.pop(key)
            withdrawn = consent.state == State.WITHDRAWN
            if withdrawn and self._withdraw(heir, group, [lane], consent.since):
                changed.add(group)
        for group in changed:
            self.seqs[heir, group] = self.seqs.get((heir, group), 0) + 1
        self._forget_sequences(gone)

    def ConsentsErased(self, _now: int, customer: bytes) -> None:
        for key in [key for key in self.decided if key[0] == customer]:
            del self.decided[key]
        self._forget_sequences(customer)

    def _forget_sequences(self, customer: bytes) -> None:
        for key in [key for key in self.seqs if key[0] == customer]:
            del self.seqs[key]

    def Paused(self, _now: int, _by: str) -> None:
        self.paused = True

    def Unpaused(self, _now: int, _by: str) -> None:
        self.paused = False

    # Reading

    def status(self, customer: bytes, group: int, lane: int, now: int, is_open: bool) -> Consent:
        """As `statusOf` tells it; `is_open` says that the customer is registered and not closed."""
        known = self.decided.get((customer, group, lane))
        if known is not None:
            return known._replace(granted=now // DAY < known.until)
        told = self.notices.get(group)
        covered = told is not None and lane < len(told[-1][1]) and bool(told[-1][1][lane])
        opt_out = self.purposes.get((group, lane), Purpose()).optOut
        return Consent(granted=is_open and covered and opt_out)


class OnboardingReplay:
    """The welcome award, and who joined."""

    def __init__(self) -> None:
        self.welcome = 0
        self.joined: list[tuple[bytes, str, int]] = []

    def WelcomeSet(self, _now: int, points: int) -> None:
        self.welcome = points

    def Onboarded(self, _now: int, customer: bytes, wallet: str, points: int) -> None:
        self.joined.append((customer, wallet, points))
