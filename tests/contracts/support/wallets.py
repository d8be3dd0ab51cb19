"""Customers' wallets, of the three kinds that the suite must understand, and what they sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey
from eth_utils.crypto import keccak

from tests.contracts.support.codec import Codec
from tests.contracts.support.evm import CHAIN_ID, Contract
from tests.contracts.support.model.ledger import Signed

_DOMAIN = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
FORMS = {
    "LinkWallet": "bytes32 customerId,address wallet,uint16 seq,uint48 deadline",
    "Merge": "bytes32 from,bytes32 to,uint16 seq,uint48 deadline",
    "Redeem": "bytes32 customerId,bytes32 ref,uint32 points,uint48 deadline",
    "UnlinkWallet": "bytes32 customerId,uint16 seq,uint48 deadline",
    "VetoRecovery": "bytes32 customerId,address wallet,uint48 readyAt,uint48 deadline",
    "Erase": "bytes32 customerId,uint16 seq,uint48 deadline",
    "Save": "bytes32 customerId,uint8 group,uint8 grant,uint8 withdraw,uint16 notice,"
    "bytes32 receipt,uint32 seq,uint48 deadline",
    "WithdrawAll": "bytes32 customerId,bytes32 receipt,uint256 seq,uint48 deadline",
    "Choice": "string purpose,bool allowed",
    "Onboard": "string programme,bytes32 customerId,address wallet,Choice[] choices,uint8 group,"
    "uint16 notice,bytes32 noticeDocument,uint32 welcomePoints,bytes32 receipt,uint16 seq,"
    "uint48 deadline",
    "Split": "address recipient,uint16 bps",
    "Order": "address merchant,address payer,address token,uint96 amount,bytes32 orderId,"
    "uint48 payBy,uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId",
    "Subscribe": "address payer,uint32 planId,uint96 priceCap,bytes32 ref,bytes32 customerId,"
    "bytes32 campaign,bytes32 coupon,uint48 deadline",
    "Instruction": "string action,bytes32 subscriptionId,uint32 planId,uint96 priceCap,"
    "uint96 maxPay,uint16 seq,uint48 deadline",
    "Coupon": "address merchant,uint32 planId,bytes32 code,uint16 bps,uint16 cycles,address payer,"
    "uint32 maxUses,uint48 deadline",
    "Open": "uint32 policyId,uint8 priority,uint96 amount,address client,bytes32 customerId,"
    "bytes32 ref,uint48 deadline",
    # Two contracts have a form of this name; the prefix is not hashed.
    "SLAEscrow.Instruction": "string action,bytes32 agreementId,uint16 providerBps,"
    "bytes32 evidence,uint48 deadline",
}
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True)
class Wallet:
    """An account that a customer holds: its address, and the key that speaks for it."""

    address: str
    key: PrivateKey

    def sign(self, contract: Contract, *content: Any, chain_id: int = CHAIN_ID) -> Signed:
        """The typed intent ``content[0]`` with the other parts as fields, signed for `contract`."""
        digest = intent_digest(contract, content[0], content[1:], chain_id)
        return Signed.over(_signature(self.key, digest), self.address, content)


def key(label: str) -> PrivateKey:
    return PrivateKey(keccak(text=f"rapport key {label}"))


def address_of(secret: PrivateKey) -> str:
    point = secret.public_key.format(compressed=False)[1:]
    return "0x" + keccak(point)[12:].hex()


def plain(label: str) -> Wallet:
    """An externally owned account."""
    secret = key(label)
    return Wallet(address_of(secret), secret)


def delegated_code(delegate: str) -> bytes:
    """What an EIP-7702 account has for code."""
    return bytes.fromhex("ef0100" + delegate[2:])


def intent_digest(
    contract: Contract, name: str, values: Sequence[Any], chain_id: int = CHAIN_ID
) -> bytes:
    """The EIP-712 digest of an intent under the domain of one of the suite's contracts."""
    domain = keccak(
        _DOMAIN
        + keccak(text=f"Rapport {contract.name}")
        + keccak(text="1")
        + Codec([{"type": "uint256"}, {"type": "address"}]).encode([chain_id, contract.address])
    )
    own = f"{contract.name}.{name}"
    return keccak(b"\x19\x01" + domain + struct_digest(own if own in FORMS else name, values))


def struct_digest(name: str, values: Sequence[Any]) -> bytes:
    """EIP-712's hashStruct. A field may be a text, or an array of another form or its digest."""
    kinds = [part.split()[0] for part in FORMS[name].split(",")]
    words = [_word(kind, value) for kind, value in zip(kinds, values, strict=True)]
    return keccak(keccak(text=_spelled(name, kinds)) + b"".join(words))


def _spelled(name: str, kinds: Sequence[str]) -> str:
    """A form's type as it is hashed: itself, then the forms that it names."""
    named = sorted({kind.removesuffix("[]") for kind in kinds} & set(FORMS))
    return "".join(f"{form.split('.')[-1]}({FORMS[form]})" for form in (name, *named))


def _word(kind: str, value: Any) -> bytes:
    if kind == "string":
        return keccak(text=value)
    if kind.endswith("[]"):
        if isinstance(value, bytes):
            return value
        return keccak(b"".join(struct_digest(kind.removesuffix("[]"), item) for item in value))
    return Codec([{"type": kind}]).encode([value])


def _signature(secret: PrivateKey, digest: bytes) -> bytes:
    raw = secret.sign_recoverable(digest, hasher=None)
    return raw[:64] + bytes([27 + raw[64]])


def mirrored(signed: bytes) -> bytes:
    """The other valid form of an ECDSA signature, with a high s, that must be refused."""
    s = _ORDER - int.from_bytes(signed[32:64], "big")
    return signed[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signed[64]])
