"""Customers' wallets and the typed intents they sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_keys.datatypes import PrivateKey, Signature
from eth_utils import keccak

FORMS = {
    "LinkWallet": "bytes32 customerId,address wallet,uint16 seq,uint48 deadline",
    "Merge": "bytes32 from,bytes32 to,uint16 seq,uint48 deadline",
    "Redeem": "bytes32 customerId,bytes32 ref,uint32 points,uint48 deadline",
    "UnlinkWallet": "bytes32 customerId,uint16 seq,uint48 deadline",
    "VetoRecovery": "bytes32 customerId,address wallet,uint48 readyAt,uint48 deadline",
    "Erase": "bytes32 customerId,uint16 seq,uint48 deadline",
    "Save": (
        "bytes32 customerId,uint8 group,uint8 grant,uint8 withdraw,uint16 notice,bytes32 receipt,"
        "uint32 seq,uint48 deadline"
    ),
    "WithdrawAll": "bytes32 customerId,bytes32 receipt,uint256 seq,uint48 deadline",
    "Choice": "string purpose,bool allowed",
    "Onboard": (
        "string programme,bytes32 customerId,address wallet,Choice[] choices,uint8 group,"
        "uint16 notice,bytes32 noticeDocument,uint32 welcomePoints,bytes32 receipt,uint16 seq,"
        "uint48 deadline"
    ),
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
    "Split": "address recipient,uint16 bps",
    "Order": (
        "address merchant,address payer,address token,uint96 amount,bytes32 orderId,uint48 payBy,"
        "uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId"
    ),
    "Subscribe": (
        "address payer,uint32 planId,uint96 priceCap,bytes32 ref,bytes32 customerId,"
        "bytes32 campaign,bytes32 coupon,uint48 deadline"
    ),
    "Coupon": (
        "address merchant,uint32 planId,bytes32 code,uint16 bps,uint16 cycles,address payer,"
        "uint32 maxUses,uint48 deadline"
    ),
    "Instruction": (
        "string action,bytes32 subscriptionId,uint32 planId,uint96 priceCap,uint96 maxPay,"
        "uint16 seq,uint48 deadline"
    ),
    "Open": (
        "uint32 policyId,uint8 priority,uint96 amount,address client,bytes32 customerId,"
        "bytes32 ref,uint48 deadline"
    ),
    # Two contracts have a form of this name; the prefix is not hashed.
    "SLAEscrow.Instruction": (
        "string action,bytes32 agreementId,uint16 providerBps,bytes32 evidence,uint48 deadline"
    ),
}
DOMAIN = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True)
class Wallet:
    """An account and the key that speaks for it; a contract account has its owner's key."""

    address: str
    key: PrivateKey

    def sign(self, contract: Any, form: str, *fields: Any, **domain: Any) -> bytes:
        """The 65-byte signature over a typed intent under the contract's domain, see `digest`."""
        signature = self.key.sign_msg_hash(digest(contract, form, fields, **domain))
        return _bytes_of(signature)


def wallet(name: str) -> Wallet:
    """An externally owned account."""
    key = PrivateKey(keccak(text=f"wallet of {name}"))
    return Wallet(key.public_key.to_checksum_address(), key)


HERS = wallet("Ana")


def digest(
    contract: Any, form: str, fields: tuple[Any, ...], chain_id: int = 31337, name: str = ""
) -> bytes:
    """
    The EIP-712 digest of an intent, written out here so that the contract's is checked by it.

    ``name`` is that of the domain, for contracts that are not the suite's.
    """
    name = name or f"Rapport {contract.contract_type.name}"
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [DOMAIN, keccak(text=name), keccak(text="1"), chain_id, contract.address],
        )
    )
    own = f"{contract.contract_type.name}.{form}"
    return bytes(keccak(b"\x19\x01" + domain + _struct(own if own in FORMS else form, fields)))


def _struct(form: str, fields: tuple[Any, ...]) -> bytes:
    """The hash of a form: texts by their digest, a list of another form by the digest of theirs."""
    types = [part.split()[0] for part in FORMS[form].split(",")]
    text = f"{form.split('.')[-1]}({FORMS[form]})"
    plain = ["bytes32"]
    words: list[Any] = [None]
    for kind, value in zip(types, fields, strict=True):
        if kind == "string":
            words.append(keccak(text=value))
        elif kind.endswith("[]"):
            inner = kind.removesuffix("[]")
            text += f"{inner}({FORMS[inner]})"
            words.append(keccak(b"".join(_struct(inner, item) for item in value)))
        else:
            words.append(value)
        plain.append("bytes32" if kind == "string" or kind.endswith("[]") else kind)
    words[0] = keccak(text=text)
    return bytes(keccak(encode(plain, words)))


def mirrored(signature: bytes) -> bytes:
    """The other solution of the same signature, with a high s, which must be refused."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])


def _bytes_of(signature: Signature) -> bytes:
    raw = signature.to_bytes()
    return raw[:64] + bytes([27 + raw[64]])
