"""OpenZeppelin's proxy (ERC-1967) as Sablier ships it, for peers that stand behind one."""

from __future__ import annotations

from bench.gas import packages
from bench.gas.chain import Chain, Contract
from bench.gas.packages import Artifact

PACKAGE = "@sablier/evm-utils"


def behind_proxy(
    chain: Chain, admin: str, logic: Artifact, setup: tuple[object, ...], *constructor: object
) -> Contract:
    """A contract behind a new proxy, which is initialised with ``setup`` as it is made."""
    implementation = chain.deploy(logic, admin, *constructor)
    proxy = packages.shipped(PACKAGE, "artifacts/ERC1967Proxy.json")
    call = implementation.calldata("initialize", setup)
    return chain.at(logic, chain.deploy(proxy, admin, implementation.address, call).address)
