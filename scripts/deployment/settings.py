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
from scripts.deployment.reading import Table
from scripts.deployment.suite import TEST_MONEY_DECIMALS, TEST_MONEY_SYMBOL

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
    "merchant": Role("EarnRules", "MERCHANT"),
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
    """
    A rule as `EarnRules.setPurchaseRule` takes it: for purchases, or for subscriptions that renew.

    The ``asset`` of the test money is ``None``: its address is known once it stands.
    """

    unit: str
    asset: bytes | None
    renewal: bool
    points: int
    per: int
    minimum: int
    cap: int
    valid_from: int
    valid_to: int
    return_window: int
    multiplier_bps: tuple[int, ...]

    @property
    def name(self) -> str:
        """What it is for: ``USD``, or ``renewals in tUSD``."""
        return f"renewals in {self.unit}" if self.renewal else self.unit

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
class Local:
    """The test money of a local chain: who begins with it, and with how many whole tokens."""

    holders: tuple[str, ...]
    holding: int

    @property
    def base(self) -> int:
        """What each holder begins with, in the token's smallest unit."""
        return self.holding * 10**TEST_MONEY_DECIMALS


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
    local: Local | None = None


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

    def table(name: str) -> Table:
        values = record.pop(name, {})
        if not isinstance(values, dict):
            raise DeploymentError(f"{origin}: {name} must be a table")
        return Table(origin, name, values)

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
    roles = {name: _accounts(roles_table, name, resolve) for name in ROLES}
    roles_table.done()
    local = _local(table("local"), resolve) if "local" in record else None

    chain = Table(origin, "", {k: record.pop(k) for k in ("chain_id",) if k in record})
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
        rules=_rules(origin, rules, local is not None),
        purposes=_purposes(origin, purposes),
        local=local,
    )
    for one in tables:
        one.done()
    return settings


def _accounts(table: Table, key: str, resolve: Callable[[str], str]) -> tuple[str, ...]:
    holders = table.values.pop(key, [])
    if not isinstance(holders, list) or not all(isinstance(h, str) for h in holders):
        raise table.fail(key, f"must be a list of accounts; met {holders!r}")
    return tuple(_account(each, resolve, f"{table.name}.{key}", table.origin) for each in holders)


def _account(text: str, resolve: Callable[[str], str], what: str, origin: str) -> str:
    if re.fullmatch("0x[0-9a-fA-F]{40}", text):
        right = str(to_checksum_address(text.lower()))
        if text not in (right, text.lower()):
            raise DeploymentError(
                f"{origin}: {what} {text} has a wrong checksum; {right} would be right"
            )
    return resolve(text)


def _local(table: Table, resolve: Callable[[str], str]) -> Local:
    # More could not be paid: an amount has 96 bits.
    holding = table.number("holding", 64, least=1)
    local = Local(_accounts(table, "holders", resolve), holding)
    table.done()
    return local


def _rules(origin: str, records: list[Mapping[str, Any]], local: bool) -> tuple[Rule, ...]:
    found: dict[tuple[bytes | None, bool], Rule] = {}
    for i, record in enumerate(records):
        rule = _rule(Table(origin, f"rule {i + 1}", record), local)
        if (rule.asset, rule.renewal) in found:
            raise DeploymentError(f"{origin}: two rules for {rule.name}; keep one")
        found[rule.asset, rule.renewal] = rule
    return tuple(found.values())


def _rule(table: Table, local: bool) -> Rule:
    unit = table.values.pop("asset", None)
    renewal = table.truth("renewal", False)
    asset: bytes | None = None
    if isinstance(unit, str) and is_address(unit):
        asset = bytes.fromhex(unit[2:]).rjust(32, b"\0")
    elif isinstance(unit, str) and len(unit) == 3 and unit.isascii() and unit.isupper():
        asset = unit.encode().ljust(32, b"\0")
        if renewal:
            raise table.fail("renewal", f"needs a token: nothing renews in {unit} on the chain")
    elif unit != TEST_MONEY_SYMBOL:
        raise table.fail("asset", f"must be a currency such as USD, or an address; met {unit!r}")
    elif not local:
        raise table.fail("asset", f"is {unit}, which only a [local] table brings to the chain")
    multipliers = table.numbers("multiplier_bps", 16, [MAX_BPS])
    if not 1 <= len(multipliers) <= TIERS:
        raise table.fail("multiplier_bps", f"must hold 1 to {TIERS} numbers")
    multipliers += [multipliers[-1]] * (TIERS - len(multipliers))
    rule = Rule(
        unit=unit,
        asset=asset,
        renewal=renewal,
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
    found = [_purpose(Table(origin, f"purpose {i + 1}", r)) for i, r in enumerate(records)]
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


def _purpose(table: Table) -> Purpose:
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
