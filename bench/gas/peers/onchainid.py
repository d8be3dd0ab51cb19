"""ONCHAINID: one identity contract for each customer, made by its authors' factory."""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bench.gas import packages
from bench.gas.chain import Chain, Contract, address_of
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.packages import Artifact, BenchError

PACKAGE = "@onchain-id/solidity"
TOPIC = 1
_ECDSA = 1  # ERC-735: the claim is an ECDSA signature


def _artifact(folder: str, name: str) -> Artifact:
    return packages.shipped(PACKAGE, f"artifacts/contracts/{folder}{name}.sol/{name}.json")


@dataclass(frozen=True)
class Claimed:
    """An identity with a claim, for whoever registers it elsewhere."""

    identity: Contract
    issuer: Contract


def measure(chain: Chain) -> tuple[list[PeerFigure], Claimed]:
    """The figures, and one identity whose claim an issuer signed."""
    peer = f"ONCHAINID {packages.version_of(PACKAGE)}"
    admin, wallet = chain.actor("onchainid admin"), chain.actor("identified wallet")
    logic = chain.deploy(_artifact("", "Identity"), admin, admin, True)
    authority = chain.deploy(_artifact("proxy/", "ImplementationAuthority"), admin, logic.address)
    factory = chain.deploy(_artifact("factory/", "IdFactory"), admin, authority.address)

    factory.send(admin, "createIdentity", address_of("first identified wallet"), "customer-0")
    created = factory.send(admin, "createIdentity", wallet, "customer-1").gas
    identity = chain.at(_artifact("", "Identity"), factory.call("getIdentity", wallet))
    second = address_of("second wallet")
    linked = factory.send(wallet, "linkWallet", second).gas
    if factory.call("getIdentity", second) != identity.address.lower():
        raise BenchError(f"{peer}: the wallet was not linked")

    if factory.attempt(admin, "createIdentity", wallet, "customer-1").succeeded:
        raise BenchError(f"{peer}: createIdentity can be repeated; the table says it cannot")
    if factory.attempt(wallet, "linkWallet", second).succeeded:
        raise BenchError(f"{peer}: linkWallet can be repeated; the table says it cannot")

    added, issuer = _claimed(chain, identity, wallet)
    figures = [
        PeerFigure(
            Operation.REGISTER,
            peer,
            "createIdentity",
            created,
            "customers without a wallet, merge, erasure",
            REFUSED,
        ),
        PeerFigure(
            Operation.LINK,
            peer,
            "linkWallet",
            linked,
            "the new wallet's consent: a customer may claim any free one",
            "reverts, as ours does",
        ),
        PeerFigure(
            Operation.VERIFY,
            peer,
            "addClaim",
            added,
            "end date, one read to check it; it keeps the issuer's signature, which ours does not",
            "writes it again, as ours does",
        ),
    ]
    return figures, Claimed(identity, issuer)


def _claimed(chain: Chain, identity: Contract, wallet: str) -> tuple[int, Contract]:
    """The customer's wallet adds a claim that an issuer signed: 32 bytes of data, no link."""
    signer: LocalAccount = Account.from_key(keccak(text="rapport bench claim signer"))
    issuer = chain.deploy(_artifact("", "ClaimIssuer"), chain.fund(signer.address), signer.address)
    data = keccak(text="rapport bench claim")
    digest = keccak(encode(["address", "uint256", "bytes"], [identity.address, TOPIC, data]))
    signature = bytes(Account.sign_message(encode_defunct(digest), signer.key).signature)
    claim = (TOPIC, _ECDSA, issuer.address, signature, data, "")
    added = identity.send(wallet, "addClaim", *claim).gas
    identity.send(wallet, "addClaim", *claim)
    return added, issuer
