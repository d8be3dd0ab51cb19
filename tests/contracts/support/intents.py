"""Signed intents with one flaw, each of which must be refused."""

from __future__ import annotations

from typing import Any

from tests.contracts.support import wallets
from tests.contracts.support.evm import Contract
from tests.contracts.support.model.ledger import Signed
from tests.contracts.support.wallets import Wallet


def bent(
    wallet: Wallet,
    contract: Contract,
    content: tuple[Any, ...],
    flaw: str,
    elsewhere: Contract | None = None,
) -> Signed:
    """
    The intent as `wallet` signs it, bent if `flaw` says so: for another chain, for the contract
    `elsewhere`, mirrored into a high s, or empty. Other flaws lie in the content.
    """
    if flaw == "chain":
        signed = wallet.sign(contract, *content, chain_id=2)
        return Signed.over(signed, "another chain", content)
    if elsewhere is not None:
        return Signed.over(wallet.sign(elsewhere, *content), "another contract", content)
    signed = wallet.sign(contract, *content)
    if flaw == "mirrored":
        return Signed.over(wallets.mirrored(signed), "nobody", content)
    if flaw == "empty":
        return Signed.over(b"", "nobody", content)
    return signed
