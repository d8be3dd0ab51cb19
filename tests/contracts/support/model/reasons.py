"""The selectors by which an event tells why something was refused."""

from __future__ import annotations

from tests.contracts.support.codec import selector

_ARGUMENTS = {
    "AccessControlUnauthorizedAccount": ["address", "bytes32"],
    "AwardExpired": ["bytes32", "uint256"],
    "CustomerClosed": ["bytes32"],
    "EnforcedPause": [],
    "EpochFull": ["uint256"],
    "IssuerCapExceeded": ["address", "uint256", "uint256"],
    "NoRule": ["bytes32", "uint256"],
    "NotAMerchant": ["address"],
    "NotDue": ["uint256", "uint40"],
    "NotYet": ["uint256", "uint40"],
    "Panic": ["uint256"],
    "PlanIsClosed": ["uint32"],
    "PriceAboveCap": ["uint96", "uint96"],
    "RefConflict": ["bytes32"],
    "ShortTransfer": ["address", "uint256", "uint256"],
    "TransferFailed": ["address", "address", "address", "uint256"],
    "UnknownCustomer": ["bytes32"],
    "UnknownRef": ["bytes32"],
    "UnknownSubscription": ["bytes32"],
    "WrongStatus": ["bytes32", "uint8"],
}


def reason(name: str) -> bytes:
    """The selector of an error of the suite."""
    return selector({"name": name, "inputs": [{"type": kind} for kind in _ARGUMENTS[name]]})
