"""Settings: a flag, then ``RAPPORT_*``, then ``./rapport.toml``, then the user's configuration.

A setting is looked up on its own, so a flag replaces one value and leaves the others standing.
Relative paths are taken from where they were written: the folder of the file, or the working
directory for flags and environment variables.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rapport.consents import RECEIPT_FORMATS, Purposes
from rapport.errors import ConfigError, InputError
from rapport.invoices import Seller

FILE = "rapport.toml"
PREFIX = "RAPPORT_"
JOURNAL = "rapport.db"


@dataclass(frozen=True, slots=True)
class Config:
    """What a client needs to know. ``origin`` says where each setting came from."""

    rpc: str | None = None
    chain_id: int | None = None
    addresses: Path | None = None
    journal: Path = Path(JOURNAL)
    keystore: Path | None = None
    password_file: Path | None = None
    password: str | None = field(default=None, repr=False)
    seal_key: str | None = field(default=None, repr=False)  # master key of the directory
    seal_key_file: Path | None = None  # file with it
    seal: str | None = None  # name of an installed seal that holds it instead
    confirmations: int | None = None  # blocks on top of a transaction's own before it is final
    max_fee_gwei: Decimal | None = None  # gwei per gas, never exceeded
    native_price: Decimal | None = None  # money per whole native coin
    money: str = "USD"  # what `native_price` is counted in
    fee_gwei: Decimal | None = None  # gwei per gas assumed by `rapport cost`
    purposes: Mapping[str, str] = field(default_factory=dict)  # name to group:lane
    receipt_format: str = "iso-27560"  # of consent receipts, or kantara-1.1
    merchant: Seller | None = None  # whom invoices name as the seller
    explorer: str | None = None  # where invoices lead for transactions
    origin: Mapping[str, str] = field(default_factory=dict, compare=False)

    def require(self, name: str) -> Any:
        """
        A setting that the task at hand cannot do without.

        Raises:
            ConfigError: It is not set; the line says in which three places it can be.
        """
        value = getattr(self, name)
        if value is None:
            flag = "--" + name.replace("_", "-")
            raise ConfigError(
                f"no {_WORDS[name]} is set: pass {flag}, export {PREFIX}{name.upper()}, "
                f"or write {name} in {FILE}"
            )
        return value

    def read_password(self) -> str | None:
        """
        The keystore's password as set or as its file has it; ``None`` if neither is set.

        Raises:
            ConfigError: The file cannot be read.
        """
        if self.password is not None or self.password_file is None:
            return self.password
        try:
            return self.password_file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the password file {self.password_file} cannot be read") from error


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's own configuration file, by the XDG base directory convention."""
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "rapport" / "config.toml"


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    file: Path | None = None,
) -> Config:
    """
    Settings as they hold in ``folder``. A flag of ``None`` was not given. ``file`` stands in for
    ``./rapport.toml`` and must exist.

    Raises:
        ConfigError: A file cannot be read, a setting is unknown, or a value cannot be understood.
    """
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    def take(name: str, raw: object, base: Path, source: str) -> None:
        values[name] = _READ[name](raw, base, f"{name} ({source})")
        origin[name] = source

    local = file or folder / FILE
    if file is not None and not file.is_file():
        raise ConfigError(f"the configuration file {file} does not exist")
    for path in (user_file(environ), local):
        for name, raw in _read_file(path).items():
            take(name, raw, path.parent.resolve(), str(path))
    for name in _READ:
        variable = PREFIX + name.upper()
        if environ.get(variable):
            take(name, environ[variable], folder, variable)
    for name, raw in (flags or {}).items():
        if raw is not None:
            take(name, raw, folder, "--" + name.replace("_", "-"))
    if "journal" not in values:
        base = local.parent if local.is_file() else folder
        values["journal"] = base / JOURNAL
        origin["journal"] = "default"
    return Config(**values, origin=origin)


def _read_file(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            table = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    for name in table:
        if name not in _READ:
            close = difflib.get_close_matches(name, _READ, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(_READ))}"
            raise ConfigError(f"{path} sets {name!r}, which is no setting; {hint}")
        if name == "seal_key":
            raise ConfigError(
                f"{path} sets seal_key: a key beside the file that it protects protects nothing; "
                f"export {PREFIX}SEAL_KEY, or name seal_key_file"
            )
    return table


def _text(raw: object, _base: Path, name: str) -> str:
    if isinstance(raw, str) and raw:
        return raw
    raise ConfigError(f"{name} must be text, met {raw!r}")


def _url(raw: object, base: Path, name: str) -> str:
    text = _text(raw, base, name)
    if urlsplit(text).scheme not in ("http", "https"):
        raise ConfigError(f"{name} must be an http or https address, met {text!r}")
    return text


def _path(raw: object, base: Path, name: str) -> Path:
    text = _text(str(raw) if isinstance(raw, Path) else raw, base, name)
    return base / Path(text).expanduser()


def _count(raw: object, _base: Path, name: str) -> int:
    if not isinstance(raw, bool):
        try:
            number = int(raw, 10) if isinstance(raw, str) else raw
        except ValueError:
            number = None
        if isinstance(number, int) and number >= 0:
            return number
    raise ConfigError(f"{name} must be a whole number, 0 or more, met {raw!r}")


def _purposes(raw: object, _base: Path, name: str) -> dict[str, str]:
    """A table of names, or ``name=group:lane`` with commas between."""
    if isinstance(raw, str):
        raw = dict(each.partition("=")[::2] for each in raw.split(",") if each.strip())
    if not isinstance(raw, dict):
        raise ConfigError(f"{name} must be a table of names to group:lane, met {raw!r}")
    try:
        found = {str(key).strip(): str(place).strip() for key, place in raw.items()}
        Purposes(found)
    except InputError as error:
        raise ConfigError(f"{name}: {error}") from error
    return found


def _format(raw: object, base: Path, name: str) -> str:
    text = _text(raw, base, name)
    if text not in RECEIPT_FORMATS:
        raise ConfigError(f"{name} must be {' or '.join(RECEIPT_FORMATS)}, met {text!r}")
    return text


def _merchant(raw: object, base: Path, name: str) -> Seller:
    """The seller's details as a table, or as a text with the name alone."""
    table = raw if isinstance(raw, dict) else {"name": raw}
    known = [each.name for each in fields(Seller)]
    for key in table:
        if key not in known:
            raise ConfigError(f"{name} has no {key!r}; known: {', '.join(known)}")
    if "name" not in table:
        raise ConfigError(f"{name} needs the seller's name")
    others = ("address", "tax_rate")
    texts = {
        key: _text(value, base, f"{name}.{key}")
        for key, value in table.items()
        if key not in others
    }
    lines = table.get("address", [])
    if isinstance(lines, str):
        lines = lines.splitlines()
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ConfigError(f"{name}.address must be a list of lines, met {lines!r}")
    rate = None
    if "tax_rate" in table:
        rate = _amount(table["tax_rate"], base, f"{name}.tax_rate")
    return Seller(**texts, address=tuple(line for line in lines if line.strip()), tax_rate=rate)


def _amount(raw: object, _base: Path, name: str) -> Decimal:
    try:
        if isinstance(raw, str | int | Decimal) and not isinstance(raw, bool):
            number = Decimal(raw)
            if number.is_finite() and number >= 0:
                return number
    except InvalidOperation:
        pass
    hint = "; write it in quotes" if isinstance(raw, float) else ""
    raise ConfigError(f"{name} must be a decimal number, 0 or more, met {raw!r}{hint}")


_READ: dict[str, Callable[[object, Path, str], Any]] = {
    "rpc": _url,
    "chain_id": _count,
    "addresses": _path,
    "journal": _path,
    "keystore": _path,
    "password_file": _path,
    "password": _text,
    "seal_key": _text,
    "seal_key_file": _path,
    "seal": _text,
    "confirmations": _count,
    "max_fee_gwei": _amount,
    "native_price": _amount,
    "money": _text,
    "fee_gwei": _amount,
    "purposes": _purposes,
    "receipt_format": _format,
    "merchant": _merchant,
    "explorer": _url,
}

_WORDS = {
    "rpc": "RPC address",
    "chain_id": "chain id",
    "addresses": "address book",
    "keystore": "keystore",
    "native_price": "price of the native coin",
}
