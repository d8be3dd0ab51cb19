"""Allowances by signature (ERC-2612): what a wallet signs so that no approval need come before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport import units
from rapport.codec import abi_encode, keccak
from rapport.errors import InputError
from rapport.keys import Signer
from rapport.typed_data import Domain, Intent

PERMIT_TYPE = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
PERMIT_TYPEHASH = keccak(PERMIT_TYPE.encode())
_DOMAIN_TYPEHASH = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@dataclass(frozen=True)
class Permit(Intent):
    """The owner of a token lets ``spender`` take up to ``value`` of its smallest unit."""

    owner: str
    spender: str
    value: int
    nonce: int
    """The owner's present number at the token; every permit uses one up."""
    deadline: datetime

    domain_name = ""
    primary_type = "Permit"
    types = (
        ("owner", "address"),
        ("spender", "address"),
        ("value", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    )

    @classmethod
    def from_message(cls, message: Any) -> Permit:
        permit = super().from_message(message)
        seconds = units.unsigned(message["deadline"], 48, "deadline")
        return cls(
            permit.owner,
            permit.spender,
            permit.value,
            permit.nonce,
            units.from_timestamp(seconds),
        )


@dataclass(frozen=True)
class PermitRequest:
    """A permit and the token's own domain, under which it is signed."""

    permit: Permit
    domain: Domain

    def typed_data(self) -> dict[str, Any]:
        """As ``eth_signTypedData_v4`` takes it."""
        return self.permit.typed_data(self.domain)

    def sign(self, signer: Signer) -> SignedPermit:
        """The permit with its signature, where the key is here."""
        return SignedPermit(self, self.permit.sign(self.domain, signer))


@dataclass(frozen=True)
class SignedPermit:
    """A permit as its owner has signed it."""

    request: PermitRequest
    signature: bytes

    @property
    def call(self) -> dict[str, Any]:
        """
        The arguments of ``permit`` at the contract that may spend, as JSON values.

        Raises:
            WrongSigner, MalleableSignature: The owner's key has not signed this.
            InputError: The signature is not 65 bytes: a contract account approves instead.
        """
        permit, domain = self.request.permit, self.request.domain
        if len(self.signature) != 65:
            raise InputError(
                f"a permit is signed by a key, with 65 bytes; met {len(self.signature)}: "
                "a contract account approves the token instead"
            )
        permit.require_signer(domain, self.signature, permit.owner)
        parity = self.signature[64]
        return {
            "token": units.address(domain.contract),
            "owner": units.address(permit.owner),
            "value": permit.value,
            "deadline": units.to_timestamp(permit.deadline),
            "v": parity if parity >= 27 else parity + 27,
            "r": units.hex32(self.signature[:32]),
            "s": units.hex32(self.signature[32:64]),
        }


def separator(domain: Domain) -> bytes:
    """The EIP-712 domain separator of a token that signs under name, version, chain and address."""
    return keccak(
        abi_encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                _DOMAIN_TYPEHASH,
                keccak(domain.name.encode()),
                keccak(domain.version.encode()),
                domain.chain_id,
                domain.contract,
            ],
        )
    )


def domain_of(
    chain_id: int, token: str, names: Sequence[tuple[str, str]], wanted: bytes
) -> Domain | None:
    """The token's domain, of several names and versions; ``None`` if none gives its separator."""
    for name, version in names:
        domain = Domain(chain_id, token, name, version)
        if separator(domain) == wanted:
            return domain
    return None
