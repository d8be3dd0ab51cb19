"""ERC-3643 as its authors publish it (T-REX): the registry of identities.

Measured twice: behind proxies, as its factory deploys it, and bare, which its code also allows and
which costs a quarter less.
"""

from __future__ import annotations

from bench.gas import packages
from bench.gas.chain import Chain, Contract, address_of
from bench.gas.figures import BATCH, REFUSED, Operation, PeerFigure
from bench.gas.packages import Artifact, BenchError
from bench.gas.peers.onchainid import TOPIC, Claimed
from bench.gas.reading import Reader

PACKAGE = "@tokenysolutions/t-rex"
COUNTRY = 56
_NOBODY = "0x" + 40 * "0"
_REGISTRY = "registry/implementation"
# In the order of the struct `TREXContracts`.
_LOGIC = (
    ("token", "Token"),
    (_REGISTRY, "ClaimTopicsRegistry"),
    (_REGISTRY, "IdentityRegistry"),
    (_REGISTRY, "IdentityRegistryStorage"),
    (_REGISTRY, "TrustedIssuersRegistry"),
    ("compliance/modular", "ModularCompliance"),
)


def measure(chain: Chain, claimed: Claimed, reader: Reader) -> list[PeerFigure]:
    peer = f"ERC-3643 T-REX {packages.version_of(PACKAGE)}"
    admin = chain.actor("trex admin")
    proxied, bare = _proxied(chain, admin, claimed), _bare(chain, admin, claimed)
    return [
        *_registered(proxied, f"{peer} by its proxies", admin, claimed, reader),
        *_registered(bare, f"{peer} bare", admin, claimed, reader),
    ]


def _artifact(folder: str, name: str) -> Artifact:
    return packages.shipped(PACKAGE, f"artifacts/contracts/{folder}/{name}.sol/{name}.json")


def _proxied(chain: Chain, admin: str, claimed: Claimed) -> Contract:
    """The identity registry with its storage, topics and issuers, each behind its proxy."""
    logic = [chain.deploy(_artifact(*place), admin).address for place in _LOGIC]
    authority = chain.deploy(
        _artifact("proxy/authority", "TREXImplementationAuthority"), admin, True, _NOBODY, _NOBODY
    )
    authority.send(admin, "addAndUseTREXVersion", (4, 1, 6), tuple(logic))

    def proxy(name: str, *arguments: str) -> Contract:
        artifact = _artifact("proxy", f"{name}Proxy")
        made = chain.deploy(artifact, admin, authority.address, *arguments)
        return chain.at(_artifact(_REGISTRY, name), made.address)

    topics, issuers = proxy("ClaimTopicsRegistry"), proxy("TrustedIssuersRegistry")
    _trusting(topics, issuers, admin, claimed)
    storage = proxy("IdentityRegistryStorage")
    registry = proxy("IdentityRegistry", issuers.address, topics.address, storage.address)
    return _bound(registry, storage, admin)


def _bare(chain: Chain, admin: str, claimed: Claimed) -> Contract:
    """The same contracts called directly, without a proxy between them."""
    topics, issuers, storage, registry = (
        chain.deploy(_artifact(_REGISTRY, name), admin)
        for name in (
            "ClaimTopicsRegistry",
            "TrustedIssuersRegistry",
            "IdentityRegistryStorage",
            "IdentityRegistry",
        )
    )
    for contract in (topics, issuers, storage):
        contract.send(admin, "init")
    _trusting(topics, issuers, admin, claimed)
    registry.send(admin, "init", issuers.address, topics.address, storage.address)
    return _bound(registry, storage, admin)


def _trusting(topics: Contract, issuers: Contract, admin: str, claimed: Claimed) -> None:
    """One claim is asked for, and one issuer of it trusted: the least that verifies anything."""
    topics.send(admin, "addClaimTopic", TOPIC)
    issuers.send(admin, "addTrustedIssuer", claimed.issuer.address, [TOPIC])


def _bound(registry: Contract, storage: Contract, admin: str) -> Contract:
    storage.send(admin, "bindIdentityRegistry", registry.address)
    registry.send(admin, "addAgent", admin)
    return registry


def _registered(
    registry: Contract, peer: str, admin: str, claimed: Claimed, reader: Reader
) -> list[PeerFigure]:
    holder, identity = address_of("investor"), claimed.identity
    registered = registry.send(admin, "registerIdentity", holder, identity.address, COUNTRY).gas
    if registry.call("identity", holder) != identity.address.lower():
        raise BenchError(f"{peer}: the identity is not registered")
    if registry.attempt(admin, "registerIdentity", holder, identity.address, COUNTRY).succeeded:
        raise BenchError(f"{peer}: registerIdentity can be repeated; the table says it cannot")

    asked = reader.gas(registry, "isVerified", holder)

    # Identity contracts that were deployed before: their own cost is ONCHAINID's figure.
    holders = [address_of(f"investor {n}") for n in range(BATCH)]
    identities = [address_of(f"identity {n}") for n in range(BATCH)]
    arguments = (holders, identities, [COUNTRY] * BATCH)
    batch = registry.send(admin, "batchRegisterIdentity", *arguments).gas
    deleted = registry.send(admin, "deleteIdentity", holder).gas
    if registry.call("contains", holder):
        raise BenchError(f"{peer}: a deleted identity is still there")

    if registry.attempt(admin, "deleteIdentity", holder).succeeded:
        raise BenchError(f"{peer}: deleteIdentity can be repeated; the table says it cannot")

    without = "the identity itself (ONCHAINID's figure comes on top), customers without a wallet"
    call = "batchRegisterIdentity"
    return [
        PeerFigure(Operation.REGISTER, peer, "registerIdentity", registered, without, REFUSED),
        PeerFigure(Operation.REGISTER_BATCH, peer, call, batch, without, REFUSED, BATCH),
        PeerFigure(
            Operation.VERIFIED_ASKED,
            peer,
            "isVerified",
            asked,
            "end date, one read: it recovers the issuer's signature at each question",
            "",
        ),
        PeerFigure(
            Operation.ERASE,
            peer,
            "deleteIdentity",
            deleted,
            "an id that never returns, points forfeited in the same call, daily allowance",
            "reverts, as ours does",
        ),
    ]
