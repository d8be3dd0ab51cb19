"""A merchant with plans, payers with money, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rapport import Client, Policy
from rapport.subscriptions import Plan, SignedCoupon
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.suite import Suite, account, deploy, until

DAY = timedelta(days=1)
MONTH = 30 * DAY
PRICE = Decimal("9.99")
WAIT = 60
QUICK = Policy(poll=0.02)

PlanMaker = Callable[..., Plan]


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    """A chain apart from the other tests': its clock is turned far ahead."""
    with Anvil() as anvil:
        yield deploy(anvil)


@pytest.fixture(autouse=True)
def undone(suite: Suite) -> Iterator[None]:
    """What a test does to the chain is undone after it."""
    snapshot = suite.anvil.ask("evm_snapshot")
    yield
    assert suite.anvil.ask("evm_revert", snapshot)
    suite.anvil.base_fee(suite.chain.block().base_fee)


@pytest.fixture
def merchant(suite: Suite, tmp_path: Path) -> Iterator[Client]:
    """The client of the merchant, whose sales earn points."""
    with connected(suite, tmp_path / "merchant.db", suite.merchant) as made:
        yield made


@pytest.fixture
def payer(suite: Suite, tmp_path: Path) -> Iterator[Client]:
    """The client of a wallet that lets the contract take 1,000 dollars."""
    signer = account(3)
    with connected(suite, tmp_path / "payer.db", signer) as made:
        suite.allow(signer, "Subscriptions", 1_000 * 10**6)
        yield made


@pytest.fixture
def new_plan(merchant: Client, suite: Suite) -> PlanMaker:
    """Makes plans of the merchant: 9.99 dollars for 30 days, unless said otherwise."""

    def make(price: Decimal | str = PRICE, period: timedelta = MONTH, **terms: Any) -> Plan:
        done = merchant.plan.create(suite.token, price, period, **terms).wait(timeout=WAIT)
        return merchant.plan.show(done.result["plan"])

    return make


def connected(suite: Suite, journal: Path, signer: Any, **settings: Any) -> Client:
    """A client of the suite for one account."""
    return Client(
        suite.anvil.url,
        signer=signer,
        addresses=suite.book,
        journal=journal,
        **{"policy": QUICK, **settings},
    )


def later(suite: Suite, duration: timedelta) -> None:
    """Turn the chain's clock on."""
    suite.anvil.ask("evm_increaseTime", int(duration.total_seconds()))
    suite.anvil.mine()


def started(payer: Client, plan: Plan, **terms: Any) -> str:
    """A subscription of the payer's, begun."""
    done = payer.subscription.start(plan.id, **terms).wait(timeout=WAIT)
    return str(done.result["subscription"])


def signed_coupon(
    merchant: Client,
    suite: Suite,
    code: str = "SPRING",
    percent: Decimal | str | int = 50,
    cycles: int = 2,
    **terms: Any,
) -> SignedCoupon:
    """A coupon of the merchant's, good for 30 days."""
    made = merchant.subscription.coupon(code, percent, cycles, until(suite), **terms)
    signature = made.sign(merchant.subscription.domain(), suite.merchant)
    return merchant.subscription.signed_coupon(made, signature)


def amount(outcome: Any) -> Decimal:
    """What an outcome says that was taken or given."""
    return Decimal(outcome.result["amount"])
