"""The settings file: what is deployed, and who may do what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from eth_utils import is_address, keccak, to_checksum_address

from scripts.deployment.errors import DeploymentError

DEFAULT = Path(__file__).with_name("deploy.toml")


class Role(NamedTuple):
    """A role of one contract."""

    contract: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} of {self.contract}"


# What each key of `[roles]` grants, in the order of the table.
ROLES = {
    "operator": Role("CustomerRegistry", "OPERATOR"),
    "steward": Role("CustomerRegistry", "STEWARD"),
    "verifier": Role("CustomerRegistry", "VERIFIER"),
    "recovery": Role("CustomerRegistry", "RECOVERY"),
    "issuer": Role("LoyaltyPoints", "ISSUER"),
    "campaign": Role("LoyaltyPoints", "CAMPAIGN"),
    "guardian": Role("LoyaltyPoints", "GUARDIAN"),
    "rules": Role("EarnRules", "RULES"),
    "recorder": Role("EarnRules", "RECORDER"),
    "publisher": Role("ConsentRegistry", "PUBLISHER"),
    "consent_operator": Role("ConsentRegistry", "OPERATOR"),
    "consent_guardian": Role("ConsentRegistry", "GUARDIAN"),
    "onboarding_operator": Role("Onboarding", "OPERATOR"),
}
TIERS = 8
FOREVER = 2**40 - 1  # a rule without an end
MAX_BPS = 10_000
GROUPS, LANES = 8, 7  # of purposes, as ConsentRegistry has them
MAX_AGE_DAYS = 3_650
PROGRAMME_LENGTH = 64  # characters that a wallet has room for


@dataclass(frozen=True)
class Rule:
    """A purchase rule as `EarnRules.setPurchaseRule` takes it."""

    name: str
    asset: bytes
    points: int
    per: int
    minimum: int
    cap: int
    valid_from: int
    valid_to: int
    return_window: int
    multiplier_bps: tuple[int, ...]

    def as_tuple(self) -> tuple[Any, ...]:
        """The fields in the order of the contract's struct."""
        return (
            self.points,
            self.per,
            self.minimum,
            self.cap,
            self.valid_from,
            self.valid_to,
            self.return_window,
            list(self.multiplier_bps),
        )


@dataclass(frozen=True)
class Purpose:
    """What a lane of the consent registry means. ``title`` is for people, not for the chain."""

    group: int
    lane: int
    iri: str
    max_age_days: int
    opt_out: bool
    title: str

    @property
    def place(self) -> str:
        return f"purpose {self.group}.{self.lane}"

    @property
    def terms(self) -> tuple[bytes, int, bool]:
        """The fields in the order of the contract's struct."""
        return bytes(keccak(text=self.iri)), self.max_age_days, self.opt_out


@dataclass(frozen=True)
class Settings:
    """A settings file, checked. Durations are seconds, caps are points a UTC day."""

    origin: str
    chain_id: int | None
    admin: str | None
    admin_delay: int
    recovery_delay: int
    links_per_day: int
    closings_per_day: int
    open_enrolment: bool
    epoch_months: int
    tiers: tuple[int, ...]
    earn_rules_cap: int
    issuer_cap: int
    onboarding_cap: int
    programme: str
    welcome: int
    roles: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...] = field(default=())
    purposes: tuple[Purpose, ...] = field(default=())


class _Table:
    """One table of the file: every key is asked for once, and none may be left over."""

    def __init__(self, origin: str, name: str, values: Mapping[str, Any]) -> None:
        self.origin = origin
        self.name = name
        self.values = dict(values)

    def fail(self, key: str, what: str) -> DeploymentError:
        where = f"{self.name}.{key}" if self.name else key
        return DeploymentError(f"{self.origin}: {where} {what}")

    def number(self, key: str, bits: int, default: int | None = None, least: int = 0) -> int:
        return self._whole(key, default, least, 2**bits, f"2**{bits} - 1")

    def among(self, key: str, least: int, most: int) -> int:
        return self._whole(key, None, least, most + 1, f"{most:,}")

    def _whole(self, key: str, default: int | None, least: int, end: int, most: str) -> int:
        value = self.values.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < end:
            raise self.fail(key, f"must be a whole number, {least} to {most}; met {value!r}")
        return value

    def text(self, key: str, what: str, most: int = 200) -> str:
        value = self.values.pop(key, None)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.fail(key, f"must be {what}; met {value!r}")
        if len(value) > most:
            raise self.fail(key, f"must have at most {most} characters; met {len(value)}")
        return value

    def numbers(self, key: str, bits: int, default: list[int] | None = None) -> list[int]:
        values = self.values.pop(key, default)
        if not isinstance(values, list):
            raise self.fail(key, f"must be a list of whole numbers; met {values!r}")
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**bits:
                raise self.fail(key, f"holds {value!r}; 1 to 2**{bits} - 1 is needed")
        return values

    def truth(self, key: str, default: bool) -> bool:
        value = self.values.pop(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, f"must be true or false; met {value!r}")
        return value

    def done(self) -> None:
        for key in self.values:
            raise self.fail(key, "is no setting; see scripts/deployment/deploy.toml")


def load(path: Path, resolve: Callable[[str], str]) -> Settings:
    """
    Reads a settings file. ``resolve`` turns an alias or `test:N` into an address.

    Raises:
        DeploymentError: The file cannot be read, or a setting is missing, unknown or impossible.
    """
    origin = path.name
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeploymentError(f"cannot read the settings {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{path} is not TOML: {error}") from None

    def table(name: str) -> _Table:
        values = record.pop(name, {})
        if not isinstance(values, dict):
            raise DeploymentError(f"{origin}: {name} must be a table")
        return _Table(origin, name, values)

    names = ("admin", "registry", "points", "caps", "onboarding")
    tables = [table(name) for name in names]
    admin, registry, points, caps, onboarding = tables
    named_admin = admin.values.pop("account", None)
    epoch_months = points.number("epoch_months", 8, 3)
    if epoch_months not in (1, 2, 3, 4, 6, 12):
        raise points.fail("epoch_months", f"must be 1, 2, 3, 4, 6 or 12; met {epoch_months}")
    tiers = points.numbers("tiers", 32, [])
    if len(tiers) >= TIERS or sorted(set(tiers)) != tiers:
        raise points.fail("tiers", f"must be at most seven growing numbers; met {tiers}")

    roles_table = table("roles")
    roles = {}
    for name in ROLES:
        holders = roles_table.values.pop(name, [])
        if not isinstance(holders, list) or not all(isinstance(h, str) for h in holders):
            raise roles_table.fail(name, f"must be a list of accounts; met {holders!r}")
        roles[name] = tuple(
            _account(holder, resolve, f"roles.{name}", origin) for holder in holders
        )
    roles_table.done()

    chain = _Table(origin, "", {k: record.pop(k) for k in ("chain_id",) if k in record})
    rules, purposes = record.pop("rule", []), record.pop("purpose", [])
    for name in record:
        raise DeploymentError(f"{origin}: {name} is no setting; see scripts/deployment/deploy.toml")

    settings = Settings(
        origin=origin,
        chain_id=chain.number("chain_id", 64) if chain.values else None,
        admin=None if named_admin is None else _account(named_admin, resolve, "admin", origin),
        admin_delay=admin.number("delay", 48, 172_800),
        recovery_delay=registry.number("recovery_delay", 48, 604_800),
        links_per_day=registry.number("links_per_day", 208, 10_000),
        closings_per_day=registry.number("closings_per_day", 208, 50),
        open_enrolment=registry.truth("open_enrolment", False),
        epoch_months=epoch_months,
        tiers=tuple(tiers),
        earn_rules_cap=caps.number("earn_rules", 64, 10_000_000),
        issuer_cap=caps.number("issuer", 64, 1_000_000),
        onboarding_cap=caps.number("onboarding", 64, 100_000),
        programme=onboarding.text(
            "programme", "the programme's name, as wallets show it", PROGRAMME_LENGTH
        ),
        welcome=onboarding.number("welcome", 32, 0),
        roles=roles,
        rules=tuple(_rule(_Table(origin, f"rule {i + 1}", r)) for i, r in enumerate(rules)),
        purposes=_purposes(origin, purposes),
    )
    for one in tables:
        one.done()
    assets = [rule.asset for rule in settings.rules]
    if len(set(assets)) != len(assets):
        raise DeploymentError(f"{origin}: two rules for one asset; keep one")
    return settings


def _account(text: str, resolve: Callable[[str], str], what: str, origin: str) -> str:
    if re.fullmatch("0x[0-9a-fA-F]{40}", text):
        right = str(to_checksum_address(text.lower()))
        if text not in (right, text.lower()):
            raise DeploymentError(
                f"{origin}: {what} {text} has a wrong checksum; {right} would be right"
            )
    return resolve(text)


def _rule(table: _Table) -> Rule:
    name = table.values.pop("asset", None)
    if isinstance(name, str) and is_address(name):
        asset = bytes.fromhex(name[2:]).rjust(32, b"\0")
    elif isinstance(name, str) and len(name) == 3 and name.isascii() and name.isupper():
        asset = name.encode().ljust(32, b"\0")
    else:
        raise table.fail("asset", f"must be a currency such as USD, or an address; met {name!r}")
    multipliers = table.numbers("multiplier_bps", 16, [MAX_BPS])
    if not 1 <= len(multipliers) <= TIERS:
        raise table.fail("multiplier_bps", f"must hold 1 to {TIERS} numbers")
    multipliers += [multipliers[-1]] * (TIERS - len(multipliers))
    rule = Rule(
        name=name,
        asset=asset,
        points=table.number("points", 32, least=1),
        per=table.number("per", 96, least=1),
        minimum=table.number("minimum", 96, 0),
        cap=table.number("cap", 32, least=1),
        valid_from=table.number("valid_from", 40, 0),
        valid_to=table.number("valid_to", 40, FOREVER),
        return_window=table.number("return_window", 32, 0),
        multiplier_bps=tuple(multipliers),
    )
    table.done()
    return rule


def _purposes(origin: str, records: list[Mapping[str, Any]]) -> tuple[Purpose, ...]:
    found = [_purpose(_Table(origin, f"purpose {i + 1}", r)) for i, r in enumerate(records)]
    places = [(purpose.group, purpose.lane) for purpose in found]
    for place in places:
        if places.count(place) > 1:
            raise DeploymentError(
                f"{origin}: two purposes for group {place[0]}, lane {place[1]}; keep one"
            )
    groups = {group for group, _ in places}
    if groups != set(range(len(groups))):
        raise DeploymentError(
            f"{origin}: purposes stand in groups {sorted(groups)}; number groups from 0, no gap"
        )
    return tuple(sorted(found, key=lambda purpose: (purpose.group, purpose.lane)))


def _purpose(table: _Table) -> Purpose:
    iri = table.text("iri", "the purpose's IRI, best of https://w3id.org/dpv")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", iri):
        raise table.fail("iri", f"must be an absolute IRI; met {iri!r}")
    purpose = Purpose(
        group=table.among("group", 0, GROUPS - 1),
        lane=table.among("lane", 0, LANES - 1),
        iri=iri,
        max_age_days=table.among("max_age_days", 1, MAX_AGE_DAYS),
        opt_out=table.truth("opt_out", False),
        title=table.text("title", "a few words for people"),
    )
    table.done()
    return purpose
