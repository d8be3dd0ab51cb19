"""A merchant, a payer with money, tokens, and orders between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ape import project
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS, role_id
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.orders import NO_CUSTOMER, Order
from tests.contracts.unit.support.stage import DAY, Stage
from tests.contracts.unit.support.wallets import HERS, Wallet, wallet

PRICE = 1_000_000  # of an order, in the token's smallest unit
FUNDS = 10 * PRICE  # of everybody who pays
PAY_BY = GENESIS + 7 * DAY
CAPTURE_BY = GENESIS + 14 * DAY
REFUND_UNTIL = GENESIS + 60 * DAY
UNLIMITED = 2**256 - 1
BLOCKS_RECIPIENT, BLOCKS_SENDER = 10, 11  # oddities of OddToken

MERCHANT = wallet("a merchant")
AFFILIATE, COURIER = wallet("an affiliate").address, wallet("a courier").address


@pytest.fixture(scope="session")
def merchant(account: Callable[[Any], Any]) -> Any:
    return account(MERCHANT)


@pytest.fixture(scope="session")
def payer(account: Callable[[Any], Any]) -> Any:
    """Ana, with her wallet."""
    return account(HERS)


@pytest.fixture(scope="session")
def payments(stage: Stage, suite: Any, admin: Any, merchant: Any) -> Any:
    """Payments whose sales earn, and a merchant whose sales may."""
    contract = stage.knows(admin.deploy(project.Payments, suite.earn))
    stage.send(suite.earn.grantRole, role_id("recorder"), contract, by=admin)
    stage.send(suite.earn.grantRole, role_id("merchant"), merchant, by=admin)
    return contract


@pytest.fixture(scope="session")
def fund(stage: Stage) -> Callable[..., None]:
    """Gives an account money, and lets a contract take it."""

    def build(token: Any, holder: Any, spender: Any, amount: int = FUNDS) -> None:
        address = getattr(holder, "address", holder)
        stage.send(token.mint, address, amount, by=address)
        stage.send(token.approve, spender.address, UNLIMITED, by=address)

    return build


@pytest.fixture(scope="session")
def issue(
    stage: Stage, admin: Any, payer: Any, merchant: Any, fund: Callable[..., None]
) -> Callable[..., Any]:
    """Money that payer and merchant have and let a contract take: ``issue(payments, FUNDS)``."""

    def build(spender: Any, amount: int, odd: bool = False) -> Any:
        terms = ("OddToken", 6) if odd else ("TestToken", "Dollar", "USD", 6)
        contract = stage.knows(admin.deploy(mock(terms[0]), *terms[1:]))
        for holder in (payer, merchant):
            fund(contract, holder, spender, amount)
        return contract

    return build


@pytest.fixture(scope="session")
def token(payments: Any, issue: Callable[..., Any]) -> Any:
    """A dollar of six decimals; payer and merchant have it and allow Payments to take it."""
    return issue(payments, FUNDS)


@pytest.fixture
def blocking(stage: Stage, admin: Any, payments: Any, issue: Callable[..., Any]) -> Any:
    """A token that can block recipients: ``block(blocking, account)``."""
    contract = issue(payments, FUNDS, odd=True)
    stage.send(contract.turn, BLOCKS_RECIPIENT, by=admin)
    return contract


@pytest.fixture
def block(stage: Stage, admin: Any) -> Callable[..., None]:
    def build(token: Any, account: Any, is_: bool = True) -> None:
        stage.send(token.setBlocked, getattr(account, "address", account), is_, by=admin)

    return build


@pytest.fixture
def order(token: Any) -> Order:
    """Ana pays the merchant 1,000,000 at once, without splits, and earns nothing."""
    return Order(
        merchant=MERCHANT.address,
        payer=HERS.address,
        token=token.address,
        amount=PRICE,
        order_id=keccak(text="order 1"),
        pay_by=PAY_BY,
        capture_by=0,
        refund_until=REFUND_UNTIL,
        splits=(),
        customer=NO_CUSTOMER,
    )


@pytest.fixture
def held(stage: Stage, payments: Any, payer: Any, order: Order) -> Order:
    """An order that is authorised, to be captured by `CAPTURE_BY`."""
    made = order.but(capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *made.args, by=payer)
    return made


@pytest.fixture
def paid(stage: Stage, payments: Any, payer: Any, order: Order) -> Order:
    """An order that is paid."""
    stage.send(payments.pay, *order.args, by=payer)
    return order


@pytest.fixture
def balances(token: Any, payments: Any, payer: Any, merchant: Any) -> Callable[..., list[int]]:
    """What payer, merchant and the contract have, then others: ``balances(AFFILIATE)``."""

    def build(*others: str, of: Any = token) -> list[int]:
        return [of.balanceOf(a) for a in (payer, merchant, payments, *others)]

    return build


@pytest.fixture
def buyer(
    stage: Stage, fund: Callable[..., None], token: Any, payments: Any, holder: Wallet
) -> Wallet:
    """Each kind of account that a payer can have, with money."""
    stage.request("anvil_setBalance", holder.address, hex(10**20))
    if token.balanceOf(holder.address) == 0:
        fund(token, holder, payments)
    return holder
