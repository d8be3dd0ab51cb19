"""How things stand: the chain, the contracts, the sender's roles, the outbox, the liability."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from rapport import units
from rapport.artifacts import AddressBook, abi_hash, interface, suite
from rapport.chain import Chain, Read
from rapport.errors import NotDeployed, RapportError
from rapport.outbox import Outbox, Status

ROLES = {
    "CustomerRegistry": (
        *("DEFAULT_ADMIN", "OPERATOR", "ENROLLER", "STEWARD", "VERIFIER", "RECOVERY"),
    ),
    "LoyaltyPoints": ("DEFAULT_ADMIN", "ISSUER", "CAMPAIGN", "GUARDIAN"),
    "EarnRules": ("DEFAULT_ADMIN", "RULES", "RECORDER", "MERCHANT"),
    "ConsentRegistry": ("DEFAULT_ADMIN", "PUBLISHER", "OPERATOR", "ENROLLER", "GUARDIAN"),
    "Onboarding": ("DEFAULT_ADMIN", "OPERATOR"),
    "Payments": (),
    "Subscriptions": (),
    "SLAEscrow": (),
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract: where it stands, and which roles the sender has in it; some have none."""

    name: str
    address: str | None
    deployed: bool
    matches: bool | None
    """Whether its code is that of this version; ``None`` without code."""
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """
    How things stand. ``liability`` and whether points are ``paused`` are absent while the ledger is
    not deployed, ``consents_paused`` while the registry of consents is not.
    """

    chain_id: int
    block: int
    time: datetime
    fee_gwei: Decimal
    sender: str | None
    funds: Decimal | None  # whole native coins of the sender
    contracts: tuple[Contract, ...]
    outbox: Status | None
    liability: int | None
    paused: bool | None
    consents_paused: bool | None

    @property
    def sound(self) -> bool:
        """True if every contract stands and none has other code than expected."""
        return all(each.deployed and each.matches is not False for each in self.contracts)


def survey(chain: Chain, book: AddressBook, outbox: Outbox, sender: str | None) -> Survey:
    """
    Asks the chain how things stand. Changes nothing.

    Raises:
        RpcError, Timeout: The node does not answer.
        WrongChain: It serves another chain.
    """
    head = chain.block()
    found = tuple(_contract(chain, book, name, sender) for name in suite())
    liability, paused = _told(chain, found, "LoyaltyPoints", "liability", "paused")
    (consents_paused,) = _told(chain, found, "ConsentRegistry", "paused")
    return Survey(
        chain_id=chain.chain_id,
        block=head.number,
        time=head.timestamp,
        fee_gwei=units.gwei(head.base_fee),
        sender=sender,
        funds=None if sender is None else units.ether(chain.balance(sender)),
        contracts=found,
        outbox=None if sender is None else outbox.status(),
        liability=liability,
        paused=paused,
        consents_paused=consents_paused,
    )


def _contract(chain: Chain, book: AddressBook, name: str, sender: str | None) -> Contract:
    try:
        address = book.contract(name).address
    except NotDeployed:
        return Contract(name, None, False, None, ())
    code = chain.code(address)
    if not code:
        return Contract(name, address, False, None, ())
    roles: tuple[str, ...] = ()
    if sender is not None:
        reads = [Read(name, "hasRole", (_role(role), sender)) for role in ROLES.get(name, ())]
        try:
            answers = chain.batch(reads)
        except RapportError:
            return Contract(name, address, True, False, ())
        roles = tuple(role for role, held in zip(ROLES.get(name, ()), answers, strict=True) if held)
    return Contract(name, address, True, _matches(book, name, code), roles)


def _told(chain: Chain, found: Sequence[Contract], name: str, *functions: str) -> Sequence[Any]:
    """What views of a contract answer; ``None`` for each while it is not deployed."""
    if not any(each.name == name and each.deployed for each in found):
        return [None] * len(functions)
    return chain.batch([Read(name, function) for function in functions])


def _role(name: str) -> bytes:
    return bytes(32) if name == "DEFAULT_ADMIN" else keccak(text=f"{name}_ROLE")


def _matches(book: AddressBook, name: str, code: bytes) -> bool:
    """
    Whether code is what the deployment verified against the sources, byte for byte, under the ABI
    of this version. A book without digests (immutable values differ by deployment, so the package
    holds none) leaves the second-best proof: the code dispatches every function of this version.
    """
    declared = interface(name)
    record = _recorded(book, name)
    if "codeHash" in record and "abiHash" in record:
        same = record["codeHash"] == f"0x{keccak(code).hex()}"
        return bool(same and record["abiHash"] == abi_hash(declared.abi))
    names = (item["name"] for item in declared.abi if item["type"] == "function")
    # The dispatcher pushes each selector, without its leading zeros.
    return all(declared.function(each).selector.lstrip(b"\0") in code for each in names)


def _recorded(book: AddressBook, name: str) -> dict[str, Any]:
    """What the book's file holds of a contract beyond its address."""
    try:
        found: dict[str, Any] = json.loads(Path(book.origin).read_text("utf-8"))["contracts"][name]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found
