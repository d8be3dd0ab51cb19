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

from dataclasses import dataclass
from datetime import datetime

from rapport.typed_data import (
    Domain,
    Intent,
    MalleableSignature,
    OtherDomain,
    Struct,
    WrongSigner,
)

__all__ = [
    "INTENTS",
    "Choice",
    "Domain",
    "Erase",
    "Intent",
    "LinkWallet",
    "MalleableSignature",
    "Merge",
    "Onboard",
    "OtherDomain",
    "Redeem",
    "Save",
    "UnlinkWallet",
    "VetoRecovery",
    "WithdrawAll",
    "WrongSigner",
]


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


@dataclass(frozen=True)
class UnlinkWallet(Intent):
    """The customer's wallet leaves; the customer stays, without a wallet."""

    customer_id: bytes
    seq: int
    """The customer record's present sequence."""
    deadline: datetime

    domain_name = "Rapport CustomerRegistry"
    primary_type = "UnlinkWallet"
    types = (("customerId", "bytes32"), ("seq", "uint16"), ("deadline", "uint48"))


@dataclass(frozen=True)
class VetoRecovery(Intent):
    """The current wallet stops the one recovery that it names."""

    customer_id: bytes
    wallet: str
    """The wallet proposed."""
    ready_at: datetime
    deadline: datetime

    domain_name = "Rapport CustomerRegistry"
    primary_type = "VetoRecovery"
    types = (
        ("customerId", "bytes32"),
        ("wallet", "address"),
        ("readyAt", "uint48"),
        ("deadline", "uint48"),
    )


@dataclass(frozen=True)
class Erase(Intent):
    """The customer's wallet erases the customer for ever."""

    customer_id: bytes
    seq: int
    """The customer record's present sequence."""
    deadline: datetime

    domain_name = "Rapport CustomerRegistry"
    primary_type = "Erase"
    types = (("customerId", "bytes32"), ("seq", "uint16"), ("deadline", "uint48"))


@dataclass(frozen=True)
class Save(Intent):
    """A customer decides about purposes of one group. Masks: lane 0 is 1, lane 6 is 64."""

    customer_id: bytes
    group: int
    grant: int
    withdraw: int
    notice: int
    """The notice's version; ignored if nothing is granted."""
    receipt: bytes
    """Keyed digest of the consent receipt, or zero."""
    seq: int
    """The present sequence of the customer in this group."""
    deadline: datetime

    domain_name = "Rapport ConsentRegistry"
    primary_type = "Save"
    types = (
        ("customerId", "bytes32"),
        ("group", "uint8"),
        ("grant", "uint8"),
        ("withdraw", "uint8"),
        ("notice", "uint16"),
        ("receipt", "bytes32"),
        ("seq", "uint32"),
        ("deadline", "uint48"),
    )


@dataclass(frozen=True)
class WithdrawAll(Intent):
    """A customer withdraws every purpose of every group."""

    customer_id: bytes
    receipt: bytes
    seq: int
    """The present sum of the customer's sequences."""
    deadline: datetime

    domain_name = "Rapport ConsentRegistry"
    primary_type = "WithdrawAll"
    types = (
        ("customerId", "bytes32"),
        ("receipt", "bytes32"),
        ("seq", "uint256"),
        ("deadline", "uint48"),
    )


@dataclass(frozen=True)
class Choice(Struct):
    """A purpose in the notice's words, and the customer's answer."""

    purpose: str
    allowed: bool

    primary_type = "Choice"
    types = (("purpose", "string"), ("allowed", "bool"))


@dataclass(frozen=True)
class Onboard(Intent):
    """A wallet joins as a customer: what it allows, in plain words, and the welcome award."""

    programme: str
    customer_id: bytes
    wallet: str
    choices: tuple[Choice, ...]
    """In the order of lanes; purposes that are not decided are left out."""
    group: int
    notice: int
    notice_document: bytes
    welcome_points: int
    receipt: bytes
    seq: int
    """Of the customer's record; 0 for a new customer."""
    deadline: datetime

    domain_name = "Rapport Onboarding"
    primary_type = "Onboard"
    nested = (Choice,)
    types = (
        ("programme", "string"),
        ("customerId", "bytes32"),
        ("wallet", "address"),
        ("choices", "Choice[]"),
        ("group", "uint8"),
        ("notice", "uint16"),
        ("noticeDocument", "bytes32"),
        ("welcomePoints", "uint32"),
        ("receipt", "bytes32"),
        ("seq", "uint16"),
        ("deadline", "uint48"),
    )


INTENTS: tuple[type[Intent], ...] = (
    LinkWallet,
    Merge,
    Redeem,
    UnlinkWallet,
    VetoRecovery,
    Erase,
    Save,
    WithdrawAll,
    Onboard,
)
"""Every intent this version knows."""
