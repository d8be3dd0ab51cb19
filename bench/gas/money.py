"""The money that customers pay with: one token for ours and for the peers, on the same terms.

An ERC-20 of OpenZeppelin with 18 decimals, so that no stream has to scale. Customers hold plenty
of it and allow each contract to take any amount, and the merchant holds some before: no figure is
of an account that is used for the first time, or of an allowance that is counted down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from eth_typing import ChecksumAddress

from bench.gas import packages
from bench.gas.chain import Chain, Contract
from bench.gas.packages import BenchError

PERIOD = 30 * 86_400  # seconds
RATE = 10**13  # a second: a stream moves a period's price in a period
PRICE = RATE * PERIOD
ANY_AMOUNT = 2**256 - 1
_PLENTY = 1_000 * PRICE


def bare_erc20(chain: Chain, sender: str) -> Contract:
    """The least that OpenZeppelin's ERC-20 can be (``bench/contracts/Bare.sol``)."""
    return chain.deploy(packages.compiled("Bare.sol")["BareERC20"], sender)


class Money:
    """One token, and a merchant who is paid in it."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.token = bare_erc20(chain, chain.actor("bank"))
        self.merchant = self.holder("merchant")

    def holder(self, label: str) -> ChecksumAddress:
        """Somebody who holds plenty of the token."""
        address = self.chain.actor(label)
        self.token.send(address, "mint", address, _PLENTY)
        return address

    def customer(self, label: str, *takers: Contract) -> ChecksumAddress:
        """A holder whom these contracts may take any amount from."""
        address = self.holder(label)
        for taker in takers:
            self.allow(address, taker.address)
        return address

    def allow(self, holder: str, taker: str) -> int:
        """Gas of an allowance of any amount."""
        gas = self.token.send(holder, "approve", taker, ANY_AMOUNT).gas
        if self.token.call("allowance", holder, taker) != ANY_AMOUNT:
            raise BenchError("an allowance that was given does not stand")
        return gas

    def balance(self, holder: str) -> int:
        held: int = self.token.call("balanceOf", holder)
        return held

    @contextmanager
    def moving(self, what: str, by: Mapping[str, int]) -> Iterator[None]:
        """
        Checks that what is done inside moves exactly so much of the token, for each holder.

        Raises:
            BenchError: Another amount moved.
        """
        before = {holder: self.balance(holder) for holder in by}
        yield
        for holder, expected in by.items():
            moved = self.balance(holder) - before[holder]
            if moved != expected:
                raise BenchError(f"{what}: {holder} got {moved} instead of {expected}")
