"""What customers allow, as values: purposes by name, decisions, their state and history. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rapport.errors import InputError

LANES = 7
GROUPS = 8
MAX_AGE_DAYS = 3_650

RECEIPT_FORMATS = ("iso-27560", "kantara-1.1")

DEFAULT_PURPOSES: Mapping[str, str] = {
    "email": "0:0",
    "sms": "0:1",
    "phone": "0:2",
    "profiling": "0:3",
    "third-party": "0:4",
    "analytics": "0:5",
    "sale": "0:6",
}
"""Names of the purposes that are defined on deployment, as group:lane."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_PLACE = re.compile(r"([0-7]):([0-6])")
_EPOCH = date(1970, 1, 1)


class UnknownPurposeName(InputError):
    """No purpose has this name; nothing was sent."""


class OverlappingPurposes(InputError):
    """A purpose was to be granted and withdrawn at once; nothing was sent."""


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """Where a purpose stands on chain."""

    group: int
    lane: int

    @property
    def bit(self) -> int:
        """Its bit in a mask: lane 0 is 1, lane 6 is 64."""
        return 1 << self.lane

    def __str__(self) -> str:
        return f"{self.group}:{self.lane}"


@dataclass(frozen=True, slots=True)
class Masks:
    """What is decided about one group, as the contract takes it."""

    group: int
    grant: int
    withdraw: int


class Purposes:
    """
    The names of a programme's purposes. The default names stand unless they are given another
    place; a purpose without a name is written ``group:lane``.

    Raises:
        InputError: A name or a place cannot be understood, or two names share a place.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        named = dict(names or {})
        for name, place in named.items():
            if not _NAME.fullmatch(name):
                raise InputError(f"{name!r} is no name for a purpose: small letters, digits and -")
            if not _PLACE.fullmatch(place):
                raise InputError(f"purpose {name!r} needs its place as group:lane, met {place!r}")
        taken = set(named.values())
        if len(taken) != len(named):
            raise InputError("two names of purposes stand for the same group:lane")
        rest = {name: at for name, at in DEFAULT_PURPOSES.items() if at not in taken}
        self._places = {name: _lane(at) for name, at in {**rest, **named}.items()}
        self._names = {lane: name for name, lane in self._places.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._places, key=lambda name: self._places[name]))

    def find(self, purpose: str) -> Lane:
        """
        Where a purpose stands, given by name or as ``group:lane``.

        Raises:
            UnknownPurposeName: Neither.
        """
        text = purpose.strip()
        found = self._places.get(text.lower())
        if found is None and _PLACE.fullmatch(text):
            return _lane(text)
        if found is None:
            raise UnknownPurposeName(
                f"there is no purpose {text!r}; known are {', '.join(self)}: "
                "write one of them, or group:lane as in 0:3"
            )
        return found

    def name(self, lane: Lane) -> str:
        """A purpose's name, or its ``group:lane``."""
        return self._names.get(lane, str(lane))

    def names(self, group: int, mask: int) -> tuple[str, ...]:
        """The names of the lanes in a mask, in their order."""
        return tuple(self.name(lane) for lane in lanes(group, mask))

    def masks(self, grant: Iterable[str], withdraw: Iterable[str] = ()) -> Masks:
        """
        One decision about purposes of one group.

        Raises:
            UnknownPurposeName: One is not known.
            OverlappingPurposes: One is in both.
            InputError: None is given, or they are of several groups.
        """
        granted, withdrawn = ({self.find(each) for each in some} for some in (grant, withdraw))
        both = sorted(granted & withdrawn)
        if both:
            named = ", ".join(self.name(lane) for lane in both)
            raise OverlappingPurposes(f"{named} cannot be granted and withdrawn at once; say one")
        groups = sorted({lane.group for lane in granted | withdrawn})
        if not groups:
            raise InputError("nothing is decided: name a purpose to grant or to withdraw")
        if len(groups) > 1:
            raise InputError(
                f"one decision is about one group, met groups {', '.join(map(str, groups))}; "
                "make one for each"
            )
        return Masks(groups[0], mask(granted), mask(withdrawn))


def mask(lanes: Iterable[Lane]) -> int:
    """The mask of lanes of one group."""
    return sum({lane.bit for lane in lanes})


def lanes(group: int, mask: int) -> list[Lane]:
    """The lanes in a mask, in their order."""
    return [Lane(group, lane) for lane in range(LANES) if mask >> lane & 1]


def day(number: int) -> date:
    """The UTC day of a number of days since 1970-01-01."""
    return _EPOCH + timedelta(days=number)


def _lane(place: str) -> Lane:
    group, lane = place.split(":")
    return Lane(int(group), int(lane))


class ConsentState(StrEnum):
    """What stands on record about a purpose."""

    NONE = "none"
    GRANTED = "granted"  # by the customer
    RECORDED = "recorded"  # granted on an operator's evidence
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """
    What a customer decided about a purpose, and whether it is granted now. ``since`` and ``until``
    are UTC days: of the grant or the withdrawal, and the first on which a grant no longer holds.
    """

    purpose: str
    group: int
    lane: int
    state: ConsentState
    granted: bool
    notice: int | None
    since: date | None
    until: date | None
    opt_out: bool


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """What a lane means. ``iri_hash`` is keccak256 of its IRI; a grant holds ``max_age_days``."""

    purpose: str
    group: int
    lane: int
    iri_hash: str
    max_age_days: int
    opt_out: bool
    covered: bool
    """The current notice speaks of it, so it can be granted."""


@dataclass(frozen=True, slots=True)
class PublishedNotice:
    """A notice on chain. ``words`` are what customers are asked, by lane; empty for a lane without
    a purpose. ``document`` is its digest."""

    group: int
    version: int
    document: str
    words: tuple[str, ...]
    current: bool
    block: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Decided:
    """One entry of a customer's history, as the chain's log has it. ``event`` is ``changed``,
    ``merged into``, ``took over`` or ``erased``; ``other`` the other customer of a merge."""

    event: str
    at: datetime
    group: int | None
    granted: tuple[str, ...]
    withdrawn: tuple[str, ...]
    notice: int | None
    sequence: int | None
    recorded: bool
    """By an operator, on its evidence."""
    actor: str | None
    receipt: str | None
    """Keyed digest of the consent receipt."""
    other: str | None
    block: int
    transaction: str
    log_index: int


@dataclass(frozen=True, slots=True)
class NewRecord:
    """
    What a customer decided elsewhere, and on what evidence. ``key`` is the evidence's own number,
    which makes it single-use; ``given_at`` says when, so that it undoes nothing that came later.
    """

    customer: str | bytes
    key: str
    grant: tuple[str, ...] = ()
    withdraw: tuple[str, ...] = ()
    evidence: str = "an operator's record"
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Whether a customer may be asked about a purpose now, and from which day otherwise."""

    purpose: str
    allowed: bool
    starts: date | None
    reason: str


def year_after(start: date) -> date:
    """The same day of the next year; 1 March for 29 February."""
    try:
        return start.replace(year=start.year + 1)
    except ValueError:
        return date(start.year + 1, 3, 1)
