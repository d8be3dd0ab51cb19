"""Merchants, payers and their money, for whichever contract of the sales takes it.

A folder of tests imports these fixtures and says what they stand on: ``custody``, its contract, and
``funds``, what everybody who pays has of a token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.stage import Stage
from tests.contracts.unit.support.wallets import HERS, Wallet, wallet

__all__ = [
    "balances",
    "block",
    "buyer",
    "fund",
    "issue",
    "merchant",
    "odd",
    "payer",
    "token",
]

UNLIMITED = 2**256 - 1
BLOCKS_RECIPIENT, BLOCKS_SENDER = 10, 11  # oddities of OddToken
MERCHANT = wallet("a merchant")


@pytest.fixture(scope="session")
def merchant(account: Callable[[Any], Any]) -> Any:
    return account(MERCHANT)


@pytest.fixture(scope="session")
def payer(account: Callable[[Any], Any]) -> Any:
    """Ana, with her wallet."""
    return account(HERS)


@pytest.fixture(scope="session")
def fund(stage: Stage, funds: int) -> Callable[..., None]:
    """Gives an account money, and lets a contract take it."""

    def build(token: Any, holder: Any, spender: Any, amount: int = funds) -> None:
        address = getattr(holder, "address", holder)
        stage.send(token.mint, address, amount, by=address)
        stage.send(token.approve, spender.address, UNLIMITED, by=address)

    return build


@pytest.fixture(scope="session")
def issue(
    stage: Stage,
    admin: Any,
    custody: Any,
    payer: Any,
    merchant: Any,
    fund: Callable[..., None],
) -> Callable[..., Any]:
    """Money that payer and merchant have and let the contract take: ``issue("OddToken", 6)``."""

    def build(name: str, *terms: Any) -> Any:
        contract = stage.knows(admin.deploy(mock(name), *terms))
        for holder in (payer, merchant):
            fund(contract, holder, custody)
        return contract

    return build


@pytest.fixture(scope="session")
def token(issue: Callable[..., Any]) -> Any:
    """A dollar of six decimals; payer and merchant have it and let the contract take it."""
    return issue("TestToken", "Dollar", "USD", 6)


@pytest.fixture
def odd(issue: Callable[..., Any]) -> Any:
    """A token that can be turned odd; payer and merchant have it as well."""
    return issue("OddToken", 6)


@pytest.fixture
def block(stage: Stage, admin: Any) -> Callable[..., None]:
    def build(token: Any, account: Any, is_: bool = True) -> None:
        stage.send(token.setBlocked, getattr(account, "address", account), is_, by=admin)

    return build


@pytest.fixture
def balances(token: Any, custody: Any, payer: Any, merchant: Any) -> Callable[..., list[int]]:
    """What payer, merchant and the contract have, then others: ``balances(stranger)``."""

    def build(*others: Any, of: Any = token) -> list[int]:
        return [of.balanceOf(a) for a in (payer, merchant, custody, *others)]

    return build


@pytest.fixture
def buyer(
    stage: Stage, fund: Callable[..., None], token: Any, custody: Any, holder: Wallet
) -> Wallet:
    """Each kind of account that a payer can have, with money."""
    stage.request("anvil_setBalance", holder.address, hex(10**20))
    if token.balanceOf(holder.address) == 0:
        fund(token, holder, custody)
    return holder


def numbered(stage: Stage, count: Any, make: Any) -> Callable[[Any], int]:
    """
    Makes what the first field of its struct offers, under a ref of its own, and gives its number.

    Args:
        count: The contract's method that says how many there are.
        make: The one that makes another.
    """

    def build(made: Any) -> int:
        by = made.struct[0]
        number: int = stage.answer(count, by=by) + 1
        stage.send(make, number.to_bytes(32, "big"), made.struct, by=by)
        return number

    return build
