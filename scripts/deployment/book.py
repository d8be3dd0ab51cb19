"""The address book: where the suite stands on one chain, kept crash-safe.

``deployments/<chainId>.json``, as the SDK reads it::

    {"chainId": 31337, "genesis": "0x...", "contracts": {"CustomerRegistry":
        {"address": "0x...", "block": 1, "abiHash": "0x...", ...}}, "rules": ["USD"],
     "welcome": false, "begun": null}

``begun`` is written before a creation is sent and names the address that its sender and nonce lead
to, so a contract whose deployer was killed is found again and not deployed twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_utils import is_address, keccak

from scripts.deployment.errors import DeploymentError

FOLDER = Path("deployments")


def abi_hash(abi: list[Mapping[str, Any]]) -> str:
    """A digest of an ABI that depends on neither order nor spacing; the SDK computes the same."""
    entries = sorted(json.dumps(item, sort_keys=True, separators=(",", ":")) for item in abi)
    return f"0x{keccak(text='[' + ','.join(entries) + ']').hex()}"


def default_path(chain_id: int) -> Path:
    """``RAPPORT_ADDRESSES``, which the SDK reads as well, or the working directory's book."""
    chosen = os.environ.get("RAPPORT_ADDRESSES")
    return Path(chosen) if chosen else FOLDER / f"{chain_id}.json"


@dataclass
class AddressBook:
    """One chain's book. Every change is on disk before the method returns."""

    path: Path
    chain_id: int
    genesis: str
    contracts: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    welcome: bool = False
    begun: dict[str, Any] | None = None

    @classmethod
    def read(cls, path: Path, chain_id: int, genesis: str) -> AddressBook:
        """
        The book at ``path``, or an empty one. ``genesis`` is the connected chain's first block.

        Raises:
            DeploymentError: Unreadable, or of another chain.
        """
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path, chain_id, genesis)
        except (OSError, ValueError) as error:
            raise DeploymentError(f"cannot read the address book {path}: {error}") from None
        try:
            book = cls(
                path,
                int(record["chainId"]),
                str(record.get("genesis") or genesis),
                dict(record["contracts"]),
                list(record.get("rules", [])),
                bool(record.get("welcome")),
                record.get("begun"),
            )
            broken = [n for n, c in book.contracts.items() if not is_address(c["address"])]
        except (KeyError, TypeError, ValueError):
            broken = ["it"]
        if broken:
            raise DeploymentError(f"{path} is not an address book; move it away and run again")
        if book.chain_id != chain_id:
            raise DeploymentError(
                f"{path} is the address book of chain {book.chain_id}, connected is chain "
                f"{chain_id}: choose the right --network, or another --addresses"
            )
        return book

    def address(self, name: str) -> str | None:
        entry = self.contracts.get(name)
        return str(entry["address"]) if entry else None

    def begin(self, name: str, address: str, sender: str, nonce: int, block: int) -> None:
        """Notes a creation that is about to be sent; ``block`` is the newest before it."""
        self.begun = {
            "contract": name,
            "address": address,
            "sender": sender,
            "nonce": nonce,
            "block": block,
        }
        self.write()

    def abandon(self) -> None:
        """Forgets a creation that was never mined."""
        self.begun = None
        self.write()

    def enter(self, name: str, entry: dict[str, Any]) -> None:
        """Notes a contract that stands."""
        self.contracts[name] = entry
        self.begun = None
        self.write()

    def note_rule(self, asset: str) -> None:
        """Notes that an asset was given its first rule, so that an ended rule is not set again."""
        if asset not in self.rules:
            self.rules.append(asset)
            self.write()

    def note_welcome(self) -> None:
        """Notes that a welcome award was set, so that one that was ended is not set again."""
        if not self.welcome:
            self.welcome = True
            self.write()

    def reset_on(self, provider: Any, genesis: str, local: bool) -> bool:
        """
        Whether a local chain was restarted since this book was written.

        Raises:
            DeploymentError: A live chain has another first block than the book's.
        """
        if genesis != self.genesis:
            if not local:
                raise DeploymentError(
                    f"{self.path} was written on a chain whose first block is {self.genesis}, "
                    f"this one's is {genesis}: choose the right --network, or another --addresses"
                )
            return True
        # A chain with a fixed first timestamp begins with the same block every time.
        places = [c["address"] for c in self.contracts.values()]
        return local and any(not bytes(provider.get_code(place)) for place in places)

    def start_anew(self, genesis: str) -> None:
        """Empties the book; what stood in it is kept beside it as ``<name>.old.json``."""
        if self.path.exists():
            self.path.replace(self.path.with_suffix(".old.json"))
        self.genesis, self.contracts, self.begun = genesis, {}, None
        self.rules, self.welcome = [], False

    def write(self) -> None:
        """Replaces the file at once and durably: never half a book."""
        record = {
            "chainId": self.chain_id,
            "genesis": self.genesis,
            "contracts": self.contracts,
            "rules": self.rules,
            "welcome": self.welcome,
            "begun": self.begun,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".tmp")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
