"""The purposes of group 0 and its notice, and decisions about them."""

from __future__ import annotations

from typing import Any

from eth_utils import keccak

PROGRAMME = "Corner Coffee Club"
IRIS = [keccak(text=f"https://w3id.org/dpv#Purpose{lane}") for lane in range(7)]
AGES = (730, 365, 90, 30, 1, 395, 3_650)  # days, by lane: no two alike
OPT_OUT = 6  # the lane that is granted until withdrawn
WORDS = [f"May we use lane {lane}?" for lane in range(7)]
DIGESTS = [keccak(text=words) for words in WORDS]
DOCUMENT = keccak(text="What we do with your data, version 1")
RECEIPT = keccak(text="receipt 1")
ALL = 0b1111111
NONE, GRANTED, RECORDED, WITHDRAWN = range(4)


def decision(
    customer: bytes,
    grant: int = 0,
    withdraw: int = 0,
    notice: int = 1,
    group: int = 0,
    receipt: bytes = RECEIPT,
) -> tuple[Any, ...]:
    """A decision as the contract's struct."""
    return (customer, group, grant, withdraw, notice, receipt)


def changed(
    decided: tuple[Any, ...], actor: Any, seq: int, recorded: bool = False
) -> tuple[str, dict[str, Any]]:
    """The event that tells of a decision."""
    customer, group, grant, withdraw, notice, receipt = decided
    return (
        "ConsentChanged",
        {
            "customerId": customer,
            "group": group,
            "actor": getattr(actor, "address", actor),
            "granted": grant,
            "withdrawn": withdraw,
            "notice": notice if grant else 0,
            "seq": seq,
            "recorded": recorded,
            "receipt": receipt,
        },
    )
