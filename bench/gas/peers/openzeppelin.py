"""OpenZeppelin's ERC-20 and ERC-6909: the least that a point on chain can be.

Both are abstract, so each is compiled from the package's sources through a subclass of a few lines
(``bench/contracts/Bare.sol``) with this project's compiler and settings. Anyone may mint.
"""

from __future__ import annotations

from bench.gas import packages
from bench.gas.chain import Chain, Contract, address_of
from bench.gas.figures import Operation, PeerFigure
from bench.gas.money import bare_erc20
from bench.gas.packages import BenchError

POINTS = 500
_ID = 1
_WITHOUT = "issuer, cap, reference, pending, expiry, liability by date, customers without a wallet"
_AGAIN = "pays again"


def measure(chain: Chain) -> list[PeerFigure]:
    version = packages.openzeppelin_version()
    multi = chain.deploy(packages.compiled("Bare.sol")["BareERC6909"], chain.actor("admin"))
    return [
        *_minted(bare_erc20(chain, chain.actor("admin")), f"OpenZeppelin {version} ERC-20", ()),
        *_minted(multi, f"OpenZeppelin {version} ERC-6909", (_ID,)),
    ]


def _minted(token: Contract, peer: str, key: tuple[int, ...]) -> list[PeerFigure]:
    minter, holder = token.chain.actor("minter"), address_of("holder")
    token.send(minter, "mint", address_of("first holder"), *key, POINTS)
    new = token.send(minter, "mint", holder, *key, POINTS).gas
    existing = token.send(minter, "mint", holder, *key, POINTS).gas
    if token.call("balanceOf", holder, *key) != 2 * POINTS:
        raise BenchError(f"{peer}: a repeated mint did not pay again, as the table says")
    figures = {
        Operation.AWARD_NEW: new,
        Operation.AWARD_EXISTING: existing,
        Operation.AWARD_RETRIED: existing,
    }
    return [
        PeerFigure(which, peer, "mint", gas, _WITHOUT, _AGAIN) for which, gas in figures.items()
    ]
