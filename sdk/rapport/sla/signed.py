"""What clients sign about their agreements: EIP-712 typed data that anyone may relay.

Amounts are in the token's smallest unit, as signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.typed_data import Decision, Intent, SignedDecision

DOMAIN_NAME = "Rapport SLAEscrow"
NO_DIGEST = bytes(32)


@dataclass(frozen=True)
class Opening(Intent):
    """A client opens an agreement under a policy, and has its fee held until it is settled."""

    policy_id: int
    priority: int
    """0 is the most urgent, 3 the least."""
    amount: int
    client: str
    customer_id: bytes
    """Zero for nobody's."""
    ref: bytes
    """The client's, single-use: with the client it is the agreement's id."""
    deadline: datetime

    domain_name = DOMAIN_NAME
    primary_type = "Open"
    types = (
        ("policyId", "uint32"),
        ("priority", "uint8"),
        ("amount", "uint96"),
        ("client", "address"),
        ("customerId", "bytes32"),
        ("ref", "bytes32"),
        ("deadline", "uint48"),
    )


class Action(Decision):
    """What a client decides."""

    RESUME = "resume"
    ACCEPT = "accept"
    DISPUTE = "dispute"
    ACCEPT_SPLIT = "accept split"


@dataclass(frozen=True)
class Instruction(SignedDecision):
    """A client decides about an agreement."""

    agreement_id: bytes
    provider_bps: int
    """Of what is at stake, of a split that is accepted."""
    evidence: bytes
    """Digest of what a dispute rests on; zero if nothing."""
    deadline: datetime

    domain_name = DOMAIN_NAME
    decisions = Action
    types = (
        ("action", "string"),
        ("agreementId", "bytes32"),
        ("providerBps", "uint16"),
        ("evidence", "bytes32"),
        ("deadline", "uint48"),
    )
