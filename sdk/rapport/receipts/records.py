"""A consent receipt as a value: who asked, what was said, what was decided. No JSON, no chain."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rapport import units
from rapport.errors import InputError

LANES = 7
GROUPS = 8
MAX_AGE_DAYS = 3650
MAX_TEXT = 2000  # characters

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


class Answer(StrEnum):
    """What the customer said to one purpose. Refused: asked, not granted, and not before either."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Actor(StrEnum):
    """Who put the answers on record: the customer's own wallet, or an operator on its evidence."""

    CUSTOMER = "customer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Controller:
    """
    Who answers for the data. ``name`` is the legal name, ``contact`` a person or an office.

    All of it is mandatory in both formats, as are the pages: ``privacy_policy`` tells of the
    customer's rights, at ``preferences`` consent is changed and withdrawn.
    """

    name: str
    contact: str
    email: str
    phone: str
    address: str
    privacy_policy: str
    preferences: str

    def __post_init__(self) -> None:
        for name in ("name", "contact", "phone", "address"):
            _text(getattr(self, name), f"the controller's {name}")
        if not _EMAIL.fullmatch(_text(self.email, "the controller's email")):
            raise InputError(f"the controller's email must be name@host; met {self.email!r}")
        _iri(self.privacy_policy, "the controller's privacy_policy")
        _iri(self.preferences, "the controller's preferences")


@dataclass(frozen=True, slots=True)
class Notice:
    """What the customer was shown: a version of a group's notice, by digest (0x, 64 digits)."""

    group: int
    version: int
    digest: str
    url: str

    def __post_init__(self) -> None:
        _within(self.group, 0, GROUPS - 1, "a notice's group")
        _within(self.version, 1, 2**14 - 1, "a notice's version")
        _hex32(self.digest, "a notice's digest")
        _iri(self.url, "a notice's url")


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One purpose and the answer. ``label`` is what the customer was asked, in the notice's words;
    ``purpose`` the IRI of the purpose, best of the W3C Data Privacy Vocabulary.

    ``data`` are IRIs of categories of personal data; ``recipients`` names of third parties.
    ``max_age_days`` is how long a grant holds, its first day included; None unless granted.
    """

    group: int
    lane: int
    label: str
    purpose: str
    answer: Answer
    data: tuple[str, ...]
    max_age_days: int | None = None
    recipients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _within(self.group, 0, GROUPS - 1, "a choice's group")
        _within(self.lane, 0, LANES - 1, "a choice's lane")
        _text(self.label, "a choice's label")
        _iri(self.purpose, "a choice's purpose")
        if not isinstance(self.answer, Answer):
            raise InputError(f"an answer is granted, refused or withdrawn; met {self.answer!r}")
        if not self.data:
            raise InputError(f"{self.label!r} names no personal data; name at least one category")
        for iri in _different(self.data, "categories of data"):
            _iri(iri, "a category of data")
        for name in _different(self.recipients, "recipients"):
            _text(name, "a recipient")
        if self.answer is Answer.GRANTED:
            if self.max_age_days is None:
                raise InputError(f"the grant of {self.label!r} has no max_age_days; give 1 to 3650")
            _within(self.max_age_days, 1, MAX_AGE_DAYS, "max_age_days")
        elif self.max_age_days is not None:
            raise InputError(f"{self.label!r} is {self.answer}; max_age_days is for grants only")


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """
    What a customer gets for a decision on its data, in whole seconds of UTC.

    ``id`` is a random UUID; ``customer_id`` 0x and 64 digits; ``service`` the programme's name as
    the customer knows it. ``jurisdiction`` and ``storage_places`` are ISO 3166 codes (``IE``,
    ``US-CA``) or ``EU``. Data are erased ``retention_days`` after consent ended.
    ``sensitive`` are those of the choices' categories that are special ones (GDPR article 9).
    ``method`` says how the answers were obtained; ``contract`` is the ConsentRegistry.
    """

    id: str
    issued_at: datetime
    controller: Controller
    service: str
    customer_id: str
    notices: tuple[Notice, ...]
    choices: tuple[Choice, ...]
    recorded_by: Actor
    method: str
    language: str
    jurisdiction: str
    storage_places: tuple[str, ...]
    retention_days: int
    chain_id: int
    contract: str
    sensitive: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _uuid(self.id)
        _moment(self.issued_at)
        _text(self.service, "the service")
        _hex32(self.customer_id, "the customer id")
        units.customer_id(self.customer_id)
        _text(self.method, "the method")
        if not isinstance(self.recorded_by, Actor):
            raise InputError(f"recorded_by is customer or operator; met {self.recorded_by!r}")
        _matches(_LANGUAGE, self.language, "the language", "a code such as en or pt-BR")
        _matches(_PLACE, self.jurisdiction, "the jurisdiction", "a code such as IE, US-CA or EU")
        if not self.storage_places:
            raise InputError("no storage place is given; name at least one, such as IE or EU")
        for place in _different(self.storage_places, "storage places"):
            _matches(_PLACE, place, "a storage place", "a code such as IE, US-CA or EU")
        _within(self.retention_days, 0, 100 * 366, "retention_days")
        _within(self.chain_id, 1, 2**53 - 1, "chain_id")
        if units.address(self.contract) != self.contract:
            raise InputError(f"the contract must be a checksummed address; met {self.contract}")
        self._check_choices()

    def _check_choices(self) -> None:
        if not self.choices:
            raise InputError("a receipt without a choice says nothing; give at least one")
        places = [(choice.group, choice.lane) for choice in self.choices]
        if sorted(set(places)) != places:
            raise InputError("choices must be ordered by group and lane, each at most once")
        groups = [notice.group for notice in self.notices]
        if groups != sorted({group for group, _ in places}):
            raise InputError(
                "notices must be ordered, one for each group that the choices are of; "
                f"met groups {groups}"
            )
        known = {iri for choice in self.choices for iri in choice.data}
        unknown = [iri for iri in self.sensitive if iri not in known]
        if unknown:
            raise InputError(f"{unknown[0]} is called sensitive, but no choice is about it")
        if list(self.sensitive) != sorted(set(self.sensitive)):
            raise InputError("sensitive categories must be in alphabetical order, each once")

    def notice(self, group: int) -> Notice:
        """The notice that a group's choices were made under."""
        return next(notice for notice in self.notices if notice.group == group)

    def lanes(self, group: int, answer: Answer) -> int:
        """The lanes of a group with this answer as a mask: lane 0 is 1, lane 6 is 64."""
        return sum(
            1 << choice.lane
            for choice in self.choices
            if choice.group == group and choice.answer is answer
        )


def new_id() -> str:
    """A random UUID (version 4) for a receipt."""
    return str(uuid.uuid4())


def now() -> datetime:
    """This second, UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{what} must be a text that is not empty; met {value!r}")
    if len(value) > MAX_TEXT:
        raise InputError(f"{what} has {len(value)} characters; at most {MAX_TEXT}")
    if not value.isprintable():
        raise InputError(f"{what} holds characters that do not print: {value!r}")
    return value


def _iri(value: object, what: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _IRI.fullmatch(value):
        raise InputError(f"{what} must be an address such as https://...; met {value!r}")
    return _text(value, what)


def _hex32(value: object, what: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-f]{64}", value):
        raise InputError(f"{what} must be 0x and 64 small hex digits; met {value!r}")
    return value


def _matches(pattern: re.Pattern[str], value: object, what: str, required: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InputError(f"{what} must be {required}; met {value!r}")


def _within(value: object, low: int, high: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{what} must be {low} to {high}; met {value!r}")


def _different(values: Iterable[str], what: str) -> tuple[str, ...]:
    found = tuple(values)
    if len(set(found)) != len(found):
        raise InputError(f"the {what} name one twice: {', '.join(found)}")
    return found


def _uuid(value: object) -> None:
    try:
        known = isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        known = False
    if not known:
        raise InputError(f"a receipt's id must be a UUID in small letters; met {value!r}")


def _moment(value: object) -> None:
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0) or value.microsecond:
        raise InputError(f"issued_at must be whole seconds of UTC; met {value!r}")
    if value.year < 1970:
        raise InputError(f"issued_at must not be before 1970; met {value:%Y-%m-%d}")
