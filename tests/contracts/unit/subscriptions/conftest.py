"""A merchant with a monthly plan, a payer with money, and subscriptions between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ape import project
from eth_utils import keccak

from tests.contracts.unit.conftest import DEADLINE, GENESIS, role_id
from tests.contracts.unit.support.money import *  # noqa: F403 (fixtures)
from tests.contracts.unit.support.money import MERCHANT, numbered
from tests.contracts.unit.support.stage import DAY, Stage
from tests.contracts.unit.support.subscriptions import NOBODY, NOTHING, Coupon, Plan, Terms
from tests.contracts.unit.support.verbs import sending
from tests.contracts.unit.support.wallets import HERS

PERIOD, GRACE, TRIAL = 30 * DAY, 3 * DAY, 14 * DAY  # seconds
PRICE = 10_000_000  # ten dollars a period, in the token's smallest unit
FUNDS = 1_000 * PRICE  # of payer and merchant
START = GENESIS + 10 * DAY  # when subscriptions begin
SOON = START + DAY  # within the first period
END = START + PERIOD  # of the first period
MAX_PAUSE = 365 * DAY
SPRING = keccak(text="coupon SPRING")


@pytest.fixture(scope="session")
def subscriptions(stage: Stage, suite: Any, admin: Any, merchant: Any) -> Any:
    """Subscriptions whose charges earn, and a merchant whose sales may."""
    contract = stage.knows(admin.deploy(project.Subscriptions, suite.earn))
    stage.send(suite.earn.grantRole, role_id("recorder"), contract, by=admin)
    stage.send(suite.earn.grantRole, role_id("merchant"), merchant, by=admin)
    return contract


@pytest.fixture(scope="session")
def custody(subscriptions: Any) -> Any:
    return subscriptions


@pytest.fixture(scope="session")
def funds() -> int:
    return FUNDS


@pytest.fixture(scope="session")
def offer(token: Any) -> Plan:
    """Ten dollars for thirty days, three days of grace, no trial, nothing for who charges."""
    return Plan(
        merchant=MERCHANT.address,
        period=PERIOD,
        trial=0,
        grace=GRACE,
        token=token.address,
        max_cycles=0,
        closed=False,
        price=PRICE,
        caller_fee=0,
    )


@pytest.fixture(scope="session")
def make_plan(stage: Stage, subscriptions: Any) -> Callable[[Plan], int]:
    """Makes a plan as its merchant and returns its number: ``make_plan(offer.but(trial=1))``."""
    return numbered(stage, subscriptions.plans, subscriptions.createPlan)


@pytest.fixture
def monthly(make_plan: Callable[[Plan], int], offer: Plan) -> int:
    """The plan that is offered, made."""
    return make_plan(offer)


@pytest.fixture
def terms(monthly: int) -> Terms:
    """Ana asks for the monthly plan at its price, and earns nothing."""
    return Terms(
        payer=HERS.address,
        plan=monthly,
        cap=PRICE,
        ref=keccak(text="subscription 1"),
        customer=NOTHING,
        campaign=NOTHING,
        coupon=NOTHING,
        deadline=DEADLINE,
    )


@pytest.fixture
def coupon() -> Coupon:
    """Half the price of three charges, for anybody once and for any plan of the merchant."""
    return Coupon(
        merchant=MERCHANT.address,
        plan=0,
        code=SPRING,
        bps=5_000,
        cycles=3,
        payer=NOBODY,
        max_uses=0,
        deadline=DEADLINE + 365 * DAY,
    )


@pytest.fixture
def start(subscriptions: Any, do: Callable[..., None], terms: Terms) -> Callable[..., bytes]:
    """Subscribes as the payer of the terms and returns the id: ``start(plan=other)``."""

    def build(at: int = START, **changes: Any) -> bytes:
        asked = terms.but(**changes)
        do(subscriptions.subscribe, asked.struct, by=asked.payer, at=at)
        return asked.id

    return build


charge = sending("subscriptions", "charge", "stranger")  # `charge(begun, at=END)`


@pytest.fixture
def begun(start: Callable[..., bytes]) -> bytes:
    """Ana's subscription to the monthly plan, paid from `START` to `END`."""
    return start()


@pytest.fixture
def price(subscriptions: Any, stage: Stage, merchant: Any) -> Callable[..., None]:
    """Sets a plan's price: ``price(monthly, PRICE + 1)``."""
    return lambda plan, amount, fee=0: stage.send(
        subscriptions.setPlanPrice, plan, amount, fee, by=merchant
    )


@pytest.fixture
def status(subscriptions: Any, stage: Stage, stranger: Any) -> Callable[..., int]:
    """The status at a second: ``status(begun, END)``."""
    return lambda id, at: stage.answer(subscriptions.statusOf, id, by=stranger, at=at)


@pytest.fixture
def record(subscriptions: Any) -> Callable[[bytes], Any]:
    return lambda id: subscriptions.subscription(id)
