"""What a customer signs: EIP-712 typed data that anyone may relay.

Each intent is bound to one chain, one contract and a deadline, and is used up by the sequence of
the record it changes or by its single-use ``ref``::

    intent = LinkWallet(customer_id, wallet, seq=0, deadline=tomorrow)
    request = intent.typed_data(domain)      # for eth_signTypedData_v4
    signature = intent.sign(domain, signer)  # where the key is here
    intent.recover(domain, signature)        # whose it is

The types are those of the interfaces' NatSpec; the contracts hash the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from rapport import keys, units
from rapport.errors import InputError
from rapport.keys import Signer

_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an intent is valid: one contract on one chain."""

    chain_id: int
    contract: str
    """The contract's address."""


@dataclass(frozen=True)
class Intent:
    """Base of the typed intents. ``deadline`` is an aware moment; the last valid second."""

    domain_name: ClassVar[str]
    domain_version: ClassVar[str] = "1"
    primary_type: ClassVar[str]
    types: ClassVar[tuple[tuple[str, str], ...]]
    """Names and Solidity types of the members, in their signed order."""

    def message(self) -> dict[str, Any]:
        """The members by their Solidity names, ready for JSON."""
        values = (getattr(self, field.name) for field in fields(self))
        members = zip(self.types, values, strict=True)
        return {name: _member(kind, value, name) for (name, kind), value in members}

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """The typed data, as ``eth_signTypedData_v4`` takes it and a wallet displays it."""
        return {
            "types": {
                "EIP712Domain": _DOMAIN_TYPE,
                self.primary_type: [{"name": name, "type": kind} for name, kind in self.types],
            },
            "primaryType": self.primary_type,
            "domain": {
                "name": self.domain_name,
                "version": self.domain_version,
                "chainId": domain.chain_id,
                "verifyingContract": units.address(domain.contract),
            },
            "message": self.message(),
        }

    def json(self, domain: Domain) -> str:
        """:meth:`typed_data` as JSON text, for a wallet, a QR code or a portal."""
        return json.dumps(self.typed_data(domain), separators=(",", ":"))

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
            InputError: Not a signature of a key.
        """
        return keys.recover(self.digest(domain), signature)

    @property
    def deadline_seconds(self) -> int:
        """The deadline as the contract takes it, Unix seconds."""
        return int(self.message()["deadline"])


@dataclass(frozen=True)
class LinkWallet(Intent):
    """A wallet agrees to be a customer's; for a rotation the current one signs the same."""

    customer_id: bytes
    wallet: str
    seq: int
    """The customer record's present sequence."""
    deadline: datetime

    domain_name = "Rapport CustomerRegistry"
    primary_type = "LinkWallet"
    types = (
        ("customerId", "bytes32"),
        ("wallet", "address"),
        ("seq", "uint16"),
        ("deadline", "uint48"),
    )


@dataclass(frozen=True)
class Merge(Intent):
    """The wallet of ``source`` agrees that this customer is merged into ``target``."""

    source: bytes
    target: bytes
    seq: int
    """The present sequence of the record that is merged away."""
    deadline: datetime

    domain_name = "Rapport CustomerRegistry"
    primary_type = "Merge"
    types = (("from", "bytes32"), ("to", "bytes32"), ("seq", "uint16"), ("deadline", "uint48"))


@dataclass(frozen=True)
class Redeem(Intent):
    """A customer spends points. ``ref`` is single-use and serves as the nonce."""

    customer_id: bytes
    ref: bytes
    points: int
    deadline: datetime

    domain_name = "Rapport LoyaltyPoints"
    primary_type = "Redeem"
    types = (
        ("customerId", "bytes32"),
        ("ref", "bytes32"),
        ("points", "uint32"),
        ("deadline", "uint48"),
    )


INTENTS: tuple[type[Intent], ...] = (LinkWallet, Merge, Redeem)
"""Every intent this version knows."""


def _member(kind: str, value: Any, name: str) -> Any:
    if kind == "bytes32":
        return units.hex32(units.bytes32(value, name))
    if kind == "address":
        return units.address(value)
    number = units.to_timestamp(value) if isinstance(value, datetime) else value
    if not kind.startswith("uint"):
        raise InputError(f"{name} has type {kind}, which no intent uses")
    return units.unsigned(number, int(kind.removeprefix("uint")), name)
