"""What a provider promises, as people write it: a policy's terms, from a file or a preset."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from rapport import units
from rapport.errors import InputError
from rapport.sla.hours import BusinessHours
from rapport.tokens import Token

LONGEST = timedelta(days=366)
_NONE = timedelta(0)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_FULL = Decimal(100)


class Priority(StrEnum):
    """How urgent a matter is; in the contract's order."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def number(self) -> int:
        """As the contract counts priorities: 0 is the most urgent."""
        return list(Priority).index(self)

    @classmethod
    def of(cls, value: Priority | str | int) -> Priority:
        """
        A priority by its word or its number.

        Raises:
            InputError: There is no such priority.
        """
        for each in cls:
            if value in (each.value, each.number, str(each.number)):
                return each
        known = ", ".join(each.value for each in cls)
        raise InputError(f"{value!r} is no priority; the priorities are {known}")


@dataclass(frozen=True, slots=True)
class Target:
    """How soon, in business hours: a first response, if one is promised, and the delivery."""

    response: timedelta | None
    resolution: timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """
    When an agreement's clocks run out, if they are never paused. From the first business second
    after it, it is late.
    """

    response: datetime | None
    resolution: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """
    The terms of a policy. Shares are percent, at most two decimals; ``response``, ``resolution``
    and ``max_pause`` count business hours, ``review`` and ``ruling`` hours of any kind.

    Raises:
        InputError: The contract would refuse them; the line names the field.
    """

    targets: tuple[Target, Target, Target, Target]
    """By priority, the most urgent first."""
    bonded: bool
    """True: the provider's bond stands for the credits. False: the client's fee is held."""
    hours: BusinessHours = field(default_factory=BusinessHours)
    min_amount: Decimal | None = None
    """The least amount of an agreement, in whole units; the token's smallest unit if absent."""
    late_response: Decimal = Decimal(0)
    """Of the amount, credited for a late first response,"""
    late_resolution: Decimal = Decimal(0)
    """for a late delivery,"""
    per_hour: Decimal = Decimal(0)
    """and for each full business hour that the delivery is late,"""
    max_credit: Decimal = _FULL
    """but never more than this."""
    review: timedelta = timedelta(days=3)
    """How long a delivery can be disputed."""
    ruling: timedelta = timedelta(days=14)
    """How long the arbiter has to rule."""
    max_pause: timedelta = _NONE
    """What pauses can take from the clock, in all."""
    arbiter: str | None = None
    """Who rules in disputes. Without one they end by agreement or by the default."""
    arbiter_fee: Decimal = Decimal(0)
    """Of what is at stake, if the arbiter rules."""
    default_provider: Decimal = Decimal(50)
    """Of what is at stake, for the provider, if the arbiter is silent."""
    about: str = ""
    """What the policy is for; not part of what the contract keeps."""

    def __post_init__(self) -> None:
        if len(self.targets) != len(Priority):
            raise InputError(f"a policy has {len(Priority)} targets, one for each priority")
        for priority, target in zip(Priority, self.targets, strict=True):
            name = f"targets.{priority.value}"
            _require(target.resolution, timedelta(seconds=1), LONGEST, f"{name}.resolution")
            if target.response is not None:
                most = target.resolution
                _require(target.response, timedelta(seconds=1), most, f"{name}.response")
        _require(self.review, _HOUR, LONGEST, "review")
        _require(self.ruling, _DAY, LONGEST, "ruling")
        _require(self.max_pause, _NONE, LONGEST, "max_pause")
        if self.min_amount is not None and self.min_amount <= 0:
            raise InputError("min_amount is above 0; leave it out for the token's smallest unit")
        units.bps(self.max_credit, "max_credit", least=1 if self.bonded else 0)
        units.bps(self.default_provider, "default_provider", least=0)
        for name in ("late_response", "late_resolution", "per_hour"):
            share = getattr(self, name)
            units.bps(share, name, least=0)
            if share > self.max_credit:
                raise InputError(
                    f"{name} is {share} percent, more than the {self.max_credit} of max_credit "
                    "that are ever paid"
                )
        if self.arbiter is not None:
            units.address(self.arbiter)
        if units.bps(self.arbiter_fee, "arbiter_fee", least=0) and self.arbiter is None:
            raise InputError("arbiter_fee is a fee for nobody; name an arbiter, or leave it out")

    # In

    @classmethod
    def preset(cls, name: str) -> Terms:
        """
        The terms that come with the package: ``support``, ``delivery``, ``warranty``.

        Raises:
            InputError: There is no such preset.
        """
        known = presets()
        if name not in known:
            raise InputError(f"no preset {name!r}; the presets are {', '.join(known)}")
        return cls.read(known[name])

    @classmethod
    def read(cls, content: str | bytes | Mapping[str, Any]) -> Terms:
        """
        Terms from a TOML text such as a preset's, or from what was read of one.

        Raises:
            InputError: Not TOML, a field is unknown or missing, or as :class:`Terms`.
        """
        record = _toml(content) if isinstance(content, str | bytes) else dict(content)
        targets = record.pop("targets", None)
        if not isinstance(targets, Mapping):
            raise InputError("the terms have no [targets], such as normal.resolution = '16h'")
        given: dict[str, Any] = {"targets": _targets(targets), "bonded": _funding(record)}
        for name, value in record.items():
            reader = _READERS.get(name)
            if reader is None:
                known = ", ".join(sorted(("funding", "targets", *_READERS)))
                raise InputError(f"no field {name!r} in the terms; the fields are {known}")
            given[name] = reader(value, name)
        return cls(**given)

    @classmethod
    def of(cls, record: Mapping[str, Any], token: Token) -> Terms:
        """Terms by the contract's record of a policy."""
        pairs = zip(record["response"], record["resolution"], strict=True)
        a, b, c, d = (Target(_seconds(first) or None, _seconds(last)) for first, last in pairs)
        nobody = record["arbiter"] == units.ZERO_ADDRESS
        return cls(
            targets=(a, b, c, d),
            bonded=record["bonded"],
            hours=BusinessHours(record["hours168"], _seconds(record["utcOffset"])),
            min_amount=token.from_base(record["minAmount"]),
            late_response=units.percent(record["lateResponseBps"]),
            late_resolution=units.percent(record["lateResolutionBps"]),
            per_hour=units.percent(record["perHourBps"]),
            max_credit=units.percent(record["maxCreditBps"]),
            review=_seconds(record["reviewWindow"]),
            ruling=_seconds(record["arbiterWindow"]),
            max_pause=_seconds(record["maxPause"]),
            arbiter=None if nobody else record["arbiter"],
            arbiter_fee=units.percent(record["arbiterFeeBps"]),
            default_provider=units.percent(record["defaultProviderBps"]),
        )

    # Out

    def struct(self, provider: str, token: Token) -> dict[str, Any]:
        """
        The terms as the contract takes them, JSON values only.

        Raises:
            InputError: The amount is finer than the token's smallest unit.
        """
        least = 1 if self.min_amount is None else token.to_base(self.min_amount)
        arbiter = units.ZERO_ADDRESS if self.arbiter is None else units.address(self.arbiter)
        return {
            "provider": provider,
            "minAmount": least,
            "token": token.address,
            "bonded": self.bonded,
            "closed": False,
            "arbiterFeeBps": units.bps(self.arbiter_fee, "arbiter_fee", least=0),
            "defaultProviderBps": units.bps(self.default_provider, "default_provider", least=0),
            "lateResponseBps": units.bps(self.late_response, "late_response", least=0),
            "lateResolutionBps": units.bps(self.late_resolution, "late_resolution", least=0),
            "perHourBps": units.bps(self.per_hour, "per_hour", least=0),
            "arbiter": arbiter,
            "reviewWindow": _number(self.review),
            "arbiterWindow": _number(self.ruling),
            "maxPause": _number(self.max_pause),
            "hours168": self.hours.mask,
            "utcOffset": _number(self.hours.offset),
            "maxCreditBps": units.bps(self.max_credit, "max_credit", least=0),
            "response": [_number(each.response or _NONE) for each in self.targets],
            "resolution": [_number(each.resolution) for each in self.targets],
        }

    def target(self, priority: Priority | str | int) -> Target:
        """What is promised for a priority."""
        return self.targets[Priority.of(priority).number]

    def due(self, priority: Priority | str | int, opened_at: datetime) -> Due:
        """When an agreement that is opened at some moment is due: a preview, without the chain."""
        target = self.target(priority)
        response = target.response
        return Due(
            None if response is None else self.hours.due_at(opened_at, response),
            self.hours.due_at(opened_at, target.resolution),
        )


@cache
def presets() -> dict[str, str]:
    """The texts of the presets, by name."""
    folder = resources.files("rapport.sla") / "presets"
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    return {
        each.name.removesuffix(".toml"): each.read_text(encoding="utf-8")
        for each in files
        if each.name.endswith(".toml")
    }


def _toml(text: str | bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(text.decode() if isinstance(text, bytes) else text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the terms are not TOML: {error}") from error


def _targets(record: Mapping[str, Any]) -> tuple[Target, ...]:
    """The targets of all priorities. One that is not named has those of the next more urgent."""
    unknown = set(record) - {each.value for each in Priority}
    if unknown:
        known = ", ".join(each.value for each in Priority)
        raise InputError(f"no priority {min(unknown)!r} in [targets]; the priorities are {known}")
    found: list[Target] = []
    for priority in Priority:
        given = record.get(priority.value)
        if given is None and found:
            found.append(found[-1])
            continue
        name = f"targets.{priority.value}"
        if not isinstance(given, Mapping) or set(given) - {"response", "resolution"}:
            raise InputError(f"{name} has the fields response, if one is promised, and resolution")
        if "resolution" not in given:
            raise InputError(f"{name} has no resolution, such as '16h' of business hours")
        response = given.get("response")
        found.append(
            Target(
                None if response is None else _duration(response, f"{name}.response"),
                _duration(given["resolution"], f"{name}.resolution"),
            )
        )
    return tuple(found)


def _funding(record: dict[str, Any]) -> bool:
    met = record.pop("funding", None)
    if met not in ("bond", "escrow"):
        raise InputError(f"funding is 'bond' or 'escrow'; met {met!r}")
    return bool(met == "bond")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name} is a text; met {value!r}")
    return value


def _duration(value: Any, name: str) -> timedelta:
    try:
        return units.duration(_text(value, name))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _decimal(value: Any, name: str) -> Decimal:
    """A text or a whole number: a TOML float would not be exact."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InputError(f"{name} is a number as text, such as '2.5'; met {value!r}")
    units.to_base(value, 18)
    return Decimal(value)


def _hours(value: Any, name: str) -> BusinessHours:
    return BusinessHours.parse(_text(value, name))


_READERS = {
    "about": _text,
    "arbiter": _text,
    "hours": _hours,
    **dict.fromkeys(("review", "ruling", "max_pause"), _duration),
    **dict.fromkeys(
        (
            "min_amount",
            "late_response",
            "late_resolution",
            "per_hour",
            "max_credit",
            "arbiter_fee",
            "default_provider",
        ),
        _decimal,
    ),
}


def _require(met: timedelta, least: timedelta, most: timedelta, name: str) -> None:
    if not least <= met <= most or met % timedelta(seconds=1):
        raise InputError(
            f"{name} is {units.span(least)} to {units.span(most)}, in whole seconds; met "
            f"{units.span(met) if met >= _NONE else met}"
        )


def _seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def _number(duration: timedelta) -> int:
    return duration // timedelta(seconds=1)
