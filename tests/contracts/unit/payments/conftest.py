"""A merchant, a payer with money, tokens, and orders between them."""

from __future__ import annotations

from typing import Any

import pytest
from ape import project
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS, role_id
from tests.contracts.unit.support.money import *  # noqa: F403 (fixtures)
from tests.contracts.unit.support.money import BLOCKS_RECIPIENT, MERCHANT
from tests.contracts.unit.support.orders import NO_CUSTOMER, Order
from tests.contracts.unit.support.stage import DAY, Stage
from tests.contracts.unit.support.wallets import HERS, wallet

PRICE = 1_000_000  # of an order, in the token's smallest unit
FUNDS = 10 * PRICE  # of everybody who pays
PAY_BY = GENESIS + 7 * DAY
CAPTURE_BY = GENESIS + 14 * DAY
REFUND_UNTIL = GENESIS + 60 * DAY
AFFILIATE, COURIER = wallet("an affiliate").address, wallet("a courier").address


@pytest.fixture(scope="session")
def payments(stage: Stage, suite: Any, admin: Any, merchant: Any) -> Any:
    """Payments whose sales earn, and a merchant whose sales may."""
    contract = stage.knows(admin.deploy(project.Payments, suite.earn))
    stage.send(suite.earn.grantRole, role_id("recorder"), contract, by=admin)
    stage.send(suite.earn.grantRole, role_id("merchant"), merchant, by=admin)
    return contract


@pytest.fixture(scope="session")
def custody(payments: Any) -> Any:
    return payments


@pytest.fixture(scope="session")
def funds() -> int:
    return FUNDS


@pytest.fixture
def blocking(stage: Stage, admin: Any, odd: Any) -> Any:
    """A token that can block recipients: ``block(blocking, account)``."""
    stage.send(odd.turn, BLOCKS_RECIPIENT, by=admin)
    return odd


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
