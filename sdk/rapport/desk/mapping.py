"""The mapping: which desks there are, what their words mean, and what is promised for a ticket."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from rapport import units
from rapport.desk import chatwoot, webhook, zammad, zendesk
from rapport.desk.delivery import Adapter, Malformed, Update
from rapport.desk.tickets import Meaning, Words
from rapport.errors import ConfigError, InputError
from rapport.ingest.cells import cell
from rapport.records import check_number
from rapport.sla import Priority

ADAPTERS: Mapping[str, Adapter] = {
    each.name: each for each in (zendesk.ADAPTER, zammad.ADAPTER, chatwoot.ADAPTER, webhook.ADAPTER)
}

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FIELDS = (
    *("desk", "secret_env", "secret_file", "policy", "amount", "amount_field", "customer"),
    *("customer_prefix", "register", "agreement", "tolerance", "priority", "states"),
    *("priorities", "rules"),
)
_RULE = ("field", "is", "policy", "amount")
_T = TypeVar("_T", Meaning, Priority)


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised for tickets: a policy, and what the service is worth in whole units."""

    policy: int
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Another promise, for tickets of which a field holds a value, or has it in a list."""

    field: str
    value: str
    promise: Promise

    def fits(self, ticket: Mapping[str, Any]) -> bool:
        """True of such tickets."""
        found = cell(ticket, self.field)
        items = found if isinstance(found, list) else [found]
        return self.value in (str(each) for each in items if each is not None)


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk of a mapping. Fields are reached with dots, from the ticket on."""

    name: str
    adapter: Adapter
    words: Words
    secrets: tuple[str, ...] = field(repr=False)
    """Any of them may have signed, so that they can be changed."""
    promise: Promise | None = None
    """Of tickets that no rule fits; ``None`` makes none."""
    rules: tuple[Rule, ...] = ()
    amount: str | None = None
    """Field that says what the service is worth."""
    customer: str = "customer"
    """Field that says whose the ticket is."""
    prefix: str = ""
    """Put before it, this is the customer's number."""
    register: bool = False
    """Register customers who are not known."""
    agreement: str | None = None
    """Field with the id of an agreement that the client has opened."""
    tolerance: timedelta = timedelta(minutes=5)

    def promised(self, update: Update) -> Promise | None:
        """
        What is promised for a ticket.

        Raises:
            Malformed: It says an amount that is none.
        """
        found = next((each.promise for each in self.rules if each.fits(update.content)), None)
        promise = found or self.promise
        raw = None if self.amount is None else cell(update.content, self.amount)
        if promise is None or raw is None or raw == "":
            return promise
        try:
            return Promise(promise.policy, _amount(raw, f"the ticket's {self.amount}"))
        except InputError as error:
            raise Malformed(str(error)) from error

    def number(self, update: Update) -> str | None:
        """
        The customer's number, as the directory has it.

        Raises:
            Malformed: The field holds none.
        """
        found = cell(update.content, self.customer)
        if found is None or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, int | str):
            raise Malformed(f"the ticket's {self.customer} is no customer number")
        try:
            return check_number(f"{self.prefix}{found}")
        except InputError as error:
            raise Malformed(f"the ticket's {self.customer}: {error}") from error

    def opened(self, update: Update) -> bytes | None:
        """
        The agreement that the client has opened, where tickets name one.

        Raises:
            Malformed: The field holds no id.
        """
        found = None if self.agreement is None else cell(update.content, self.agreement)
        if found is None or found == "":
            return None
        try:
            return units.bytes32(str(found), f"the ticket's {self.agreement}")
        except InputError as error:
            raise Malformed(str(error)) from error


def read(path: Path, environ: Mapping[str, str] | None = None) -> dict[str, Desk]:
    """
    The desks of a TOML file, by name: each is a table, as ``docs/help-desks.md`` describes.

    Raises:
        ConfigError: It cannot be read, or sets what makes no sense.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"the mapping {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    if not content:
        raise ConfigError(f"{path} names no desk; write a table such as [support]")
    known = os.environ if environ is None else environ
    found: dict[str, Desk] = {}
    for name, table in content.items():
        try:
            found[name] = _desk(name, table, path.parent, known)
        except InputError as error:
            raise ConfigError(f"{path}, [{name}]: {error}") from error
    return found


def _desk(name: str, table: Any, folder: Path, environ: Mapping[str, str]) -> Desk:
    if not isinstance(table, dict):
        raise InputError(f"{name} stands outside a table; desks are tables such as [support]")
    if not _NAME.fullmatch(name):
        raise InputError("a desk's name is 1 to 32 small letters, digits and hyphens")
    _require_known(table, _FIELDS, "field")
    adapter = ADAPTERS.get(table.get("desk", ""))
    if adapter is None:
        raise InputError(f"desk is one of {', '.join(ADAPTERS)}; met {table.get('desk')!r}")
    tolerance = table.get("tolerance")
    promise = _promise(table, "policy") if "policy" in table else None
    rules = tuple(_rule(each) for each in _tables(table, "rules"))
    if promise is None and not rules:
        raise InputError("no policy: name one, or [[rules]] that do")
    secrets = _secrets(table, folder, environ)
    if adapter is webhook.ADAPTER:
        for each in secrets:
            webhook.key_of(each)
    states, priorities = _table(table, "states"), _table(table, "priorities")
    return Desk(
        name,
        adapter,
        Words(
            {**_words(adapter.states, Meaning), **_words(states, Meaning)},
            {**_words(adapter.priorities, Priority), **_words(priorities, Priority)},
            _one(Priority, table.get("priority", "normal"), "priority"),
        ),
        secrets,
        promise,
        rules,
        _text(table, "amount_field"),
        _text(table, "customer") or adapter.customer,
        _text(table, "customer_prefix") or "",
        _flag(table, "register"),
        _text(table, "agreement"),
        adapter.tolerance if tolerance is None else units.duration(str(tolerance)),
    )


def _secrets(table: dict[str, Any], folder: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets that requests may be signed with: never in the mapping itself."""
    variable, file = _text(table, "secret_env"), _text(table, "secret_file")
    if (variable is None) == (file is None):
        raise InputError("say where the secret is: secret_env or secret_file, one of the two")
    if variable is not None:
        value = environ.get(variable, "").strip()
        if not value:
            raise InputError(f"the secret is to be in {variable}, which is not set")
        return (value,)
    path = folder / Path(str(file)).expanduser()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the secret file {path} cannot be read") from error
    found = tuple(each.strip() for each in lines if each.strip())
    if not found:
        raise InputError(f"the secret file {path} is empty; write a secret to a line")
    return found


def _rule(table: Mapping[str, Any]) -> Rule:
    _require_known(table, _RULE, "field of a rule")
    field_, value = _text(table, "field"), table.get("is")
    if field_ is None or value is None:
        raise InputError("a rule has field, is, policy, and perhaps amount")
    return Rule(field_, str(value), _promise(table, "a rule's policy"))


def _promise(table: Mapping[str, Any], what: str) -> Promise:
    policy = table.get("policy")
    if isinstance(policy, bool) or not isinstance(policy, int) or not 0 < policy < 2**32:
        raise InputError(f"{what} is a policy's number, met {policy!r}")
    raw = table.get("amount")
    return Promise(policy, None if raw is None else _amount(raw, "amount"))


def _amount(raw: Any, what: str) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise InputError(f"{what} is an amount in quotes, such as '199.90'; met {str(raw)[:40]!r}")
    try:
        units.to_base(raw, 36)
        return Decimal(raw)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def _words(table: Mapping[str, Any], kind: type[_T]) -> dict[str, _T]:
    return {word.strip().lower(): _one(kind, value, word) for word, value in table.items()}


def _one(kind: type[_T], value: Any, what: str) -> _T:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise InputError(f"{what!r} is one of {known}; met {value!r}") from None


def _require_known(table: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for name in table:
        if name not in known:
            raise InputError(f"there is no {what} {name!r}; known: {', '.join(known)}")


def _text(table: Mapping[str, Any], name: str) -> str | None:
    found = table.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or not found.strip():
        raise InputError(f"{name} is a text, met {found!r}")
    return found.strip()


def _flag(table: Mapping[str, Any], name: str) -> bool:
    found = table.get(name, False)
    if not isinstance(found, bool):
        raise InputError(f"{name} is true or false, met {found!r}")
    return found


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise InputError(f"{name} is a table of words")
    return found


def _tables(table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InputError(f"{name} are tables: write [[...{name}]]")
    return found
