"""EIP-712 typed data: structs, the domain they are signed under, and what can be wrong with both.

A struct's members are its fields, in order, under the Solidity names and types that ``types``
gives them. A member may be a list of other structs, which ``nested`` names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from rapport import keys, units
from rapport.errors import InputError
from rapport.keys import Signer

_EXACT_IN_JSON = 2**53  # wallets read JSON as JavaScript does; greater numbers go as text
_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


class OtherDomain(InputError):
    """An intent was signed for another chain or contract, where alone it is good."""


class WrongSigner(InputError):
    """Somebody else than the customer's wallet signed, or the intent was changed after it."""


class MalleableSignature(InputError):
    """A signature with a high s: the twin of a genuine one, which contracts refuse."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an intent is valid: one contract on one chain."""

    chain_id: int
    contract: str
    """The contract's address."""
    name: str = ""
    """Of a contract that is not the suite's own, such as a token."""
    version: str = ""


@dataclass(frozen=True)
class Struct:
    """Base of what is hashed as a struct, by itself or within another one."""

    primary_type: ClassVar[str]
    types: ClassVar[tuple[tuple[str, str], ...]]
    """Names and Solidity types of the members, in their signed order."""
    nested: ClassVar[tuple[type[Struct], ...]] = ()
    """The structs that members are lists of."""

    def message(self) -> dict[str, Any]:
        """The members by their Solidity names, ready for JSON."""
        values = (getattr(self, field.name) for field in fields(self))
        members = zip(self.types, values, strict=True)
        return {name: _member(kind, value, name) for (name, kind), value in members}

    def struct(self) -> dict[str, Any]:
        """The members by their Solidity names, as calls of contracts take them."""
        values = (getattr(self, field.name) for field in fields(self))
        members = zip(self.types, values, strict=True)
        return {name: _argument(kind, value, name) for (name, kind), value in members}

    @classmethod
    def definitions(cls) -> dict[str, list[dict[str, str]]]:
        """The members of this struct and of those within it, as typed data declares them."""
        found = {cls.primary_type: [{"name": name, "type": kind} for name, kind in cls.types]}
        for each in cls.nested:
            found.update(each.definitions())
        return found

    @classmethod
    def from_message(cls, message: Any) -> Self:
        """
        The struct behind a message, the inverse of :meth:`message`.

        Raises:
            InputError: A member is missing, too much, or of another type.
        """
        names = [name for name, _ in cls.types]
        if not isinstance(message, Mapping) or sorted(message) != sorted(names):
            raise InputError(f"a message of {cls.primary_type} has the members {', '.join(names)}")
        inner = {f"{each.primary_type}[]": each for each in cls.nested}
        return cls(*(_value(inner, kind, message[name], name) for name, kind in cls.types))


@dataclass(frozen=True)
class Intent(Struct):
    """Base of the typed intents. ``deadline`` is an aware moment; the last valid second."""

    domain_name: ClassVar[str]
    domain_version: ClassVar[str] = "1"

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """The typed data, as ``eth_signTypedData_v4`` takes it and a wallet displays it."""
        return {
            "types": {"EIP712Domain": _DOMAIN_TYPE, **self.definitions()},
            "primaryType": self.primary_type,
            "domain": {
                "name": domain.name or self.domain_name,
                "version": domain.version or self.domain_version,
                "chainId": domain.chain_id,
                "verifyingContract": units.address(domain.contract),
            },
            "message": self.message(),
        }

    def json(self, domain: Domain) -> str:
        """:meth:`typed_data` as JSON text, for a wallet, a QR code or a portal."""
        return json.dumps(self.typed_data(domain), separators=(",", ":"))

    @classmethod
    def read(cls, request: str | bytes | Mapping[str, Any], domain: Domain) -> Self:
        """
        The intent behind typed data that was made by :meth:`json`, for the same domain.

        Raises:
            OtherDomain: It is for another chain or contract.
            InputError: It is no request, or one of another kind.
        """
        made = _request(request)
        try:
            kind, met, types = made["primaryType"], made["domain"], made["types"]
            chain_id, contract = int(met["chainId"]), units.address(met["verifyingContract"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the request has no complete domain and types: {error!r}") from error
        if kind != cls.primary_type:
            raise InputError(f"the request is a {kind}; a {cls.primary_type} is required")
        if (chain_id, contract) != (domain.chain_id, units.address(domain.contract)):
            raise OtherDomain(
                f"the request is for contract {contract} on chain {chain_id}; required is "
                f"{units.address(domain.contract)} on chain {domain.chain_id}: make it anew"
            )
        intent = cls.from_message(made.get("message", {}))
        required = intent.typed_data(domain)
        if types != required["types"]:
            raise InputError(f"the request declares {kind} otherwise than the contract does")
        return intent

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that are signed."""
        return keys.typed_data_digest(self.typed_data(domain))

    def sign(self, domain: Domain, signer: Signer) -> bytes:
        """The signature, 65 bytes, as the contract takes it."""
        return keys.sign_typed_data(signer, self.typed_data(domain))

    def recover(self, domain: Domain, signature: bytes) -> str:
        """
        Whose key signed this very intent. A contract wallet's signature cannot be recovered; ask
        the contract.

        Raises:
            MalleableSignature: It is the twin of a genuine one.
            InputError: Not a signature of a key.
        """
        if len(signature) == 65 and int.from_bytes(signature[32:64], "big") > keys.HALF_ORDER:
            raise MalleableSignature(
                "the signature has a high s, which contracts refuse: have the wallet sign again"
            )
        return keys.recover(self.digest(domain), signature)

    def require_signer(self, domain: Domain, signature: bytes, wallet: str) -> None:
        """
        Insists that a wallet without code has signed this very intent.

        Raises:
            WrongSigner: Another key did, or it signed something else, such as for another chain.
            MalleableSignature: As :meth:`recover`.
        """
        found = self.recover(domain, signature)
        if found != units.address(wallet):
            raise WrongSigner(
                f"the {self.primary_type} is not signed by {units.address(wallet)}: its signature "
                f"gives {found}; have that wallet sign exactly what was printed, on this chain"
            )

    @property
    def deadline_seconds(self) -> int:
        """The deadline as the contract takes it, Unix seconds."""
        return int(self.message()["deadline"])


class Decision(StrEnum):
    """What a signer can decide, in the words that the wallet shows; in the contract's order."""

    @property
    def number(self) -> int:
        """As the contract counts actions."""
        return list(type(self)).index(self)

    @classmethod
    def of(cls, text: str) -> Self:
        """
        An action by its word; a hyphen is as good as a space.

        Raises:
            InputError: There is no such action.
        """
        return cls._spelt(text.replace("-", " "), text)

    @classmethod
    def signed(cls, text: str) -> Self:
        """
        An action by its very word, as the contract hashes it.

        Raises:
            InputError: The contract knows no such action.
        """
        return cls._spelt(text, text)

    @classmethod
    def _spelt(cls, word: str, met: str) -> Self:
        try:
            return cls(word)
        except ValueError:
            known = ", ".join(repr(each.value) for each in cls)
            raise InputError(f"{met!r} is no action; the actions are {known}") from None


@dataclass(frozen=True)
class SignedDecision(Intent):
    """Base of what decides about one thing; what an action does not need is zero."""

    action: str

    primary_type = "Instruction"
    decisions: ClassVar[type[Decision]]

    @property
    def decided(self) -> Decision:
        """
        The action itself.

        Raises:
            InputError: The contract knows no such action.
        """
        return self.decisions.signed(self.action)


def _request(request: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(request, str | bytes):
        try:
            request = json.loads(request)
        except (ValueError, RecursionError) as error:
            raise InputError(f"the request is not JSON: {error}") from error
    if not isinstance(request, Mapping):
        raise InputError("the request is not typed data")
    return request


def _member(kind: str, value: Any, name: str) -> Any:
    if kind.endswith("[]"):
        return [each.message() for each in value]
    if kind == "string":
        if not isinstance(value, str):
            raise InputError(f"{name} must be text, met {value!r}")
        return value
    if kind == "bool":
        if not isinstance(value, bool):
            raise InputError(f"{name} is true or false, met {value!r}")
        return value
    if kind == "bytes32":
        return units.hex32(units.bytes32(value, name))
    if kind == "address":
        return units.address(value)
    number = units.to_timestamp(value) if isinstance(value, datetime) else value
    if not kind.startswith("uint"):
        raise InputError(f"{name} has type {kind}, which no intent uses")
    number = units.unsigned(number, int(kind.removeprefix("uint")), name)
    return number if number < _EXACT_IN_JSON else str(number)


def _argument(kind: str, value: Any, name: str) -> Any:
    if kind.endswith("[]"):
        return [each.struct() for each in value]
    if kind == "bytes32":
        return units.bytes32(value, name)
    found = _member(kind, value, name)
    return int(found) if kind.startswith("uint") else found


def _value(inner: Mapping[str, type[Struct]], kind: str, value: Any, name: str) -> Any:
    """A member's JSON value as the field holds it."""
    if kind in inner:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise InputError(f"{name} must be a list")
        return tuple(inner[kind].from_message(each) for each in value)
    if kind in ("bytes32", "address", "string") and not isinstance(value, str):
        raise InputError(f"{name} must be text, met {value!r}")
    if kind == "bytes32":
        return units.bytes32(value, name)
    if kind == "address":
        return units.address(value)
    if kind.startswith("uint"):
        number = units.unsigned(value, int(kind.removeprefix("uint")), name)
        return units.from_timestamp(number) if kind == "uint48" else number  # seconds everywhere
    _member(kind, value, name)
    return value
