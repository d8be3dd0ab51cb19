"""A provider with policies, clients with money, an arbiter, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from rapport import Client
from rapport.outbox import Outcome
from rapport.sla import Agreement, BusinessHours, Policy, Target, Terms
from tests.sdk.support.recurring import connected
from tests.sdk.support.suite import Suite, account

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WAIT = 60
CLIENT, ARBITER, KEEPER = 3, 4, 5
PURSE = 10_000 * 10**6
MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
"""When the office opens, and with it every test."""
FIRM = Terms(
    targets=(
        Target(HOUR, 4 * HOUR),
        Target(2 * HOUR, 8 * HOUR),
        *[Target(4 * HOUR, 16 * HOUR)] * 2,
    ),
    bonded=True,
    hours=BusinessHours.parse("Mon-Fri 09:00-17:00 UTC"),
    min_amount=Decimal(1),
    late_response=Decimal(10),
    late_resolution=Decimal(20),
    per_hour=Decimal("2.5"),
    max_credit=Decimal(50),
    review=3 * DAY,
    ruling=14 * DAY,
    max_pause=8 * HOUR,
    arbiter=account(ARBITER).address,
    arbiter_fee=Decimal(5),
    default_provider=Decimal(60),
)
"""The terms of the tests: at most half of the amount, an hour to answer what is urgent."""

PolicyMaker = Callable[..., Policy]
_numbers = count(1)


@pytest.fixture(autouse=True)
def office(suite: Suite, undone: None) -> None:
    """Every test begins when the office opens on a Monday, undone after it."""
    suite.anvil.ask("evm_setNextBlockTimestamp", int(MONDAY.timestamp()))
    suite.anvil.mine()


@pytest.fixture
def provider(suite: Suite, tmp_path: Path) -> Iterator[Client]:
    """The client of the provider, who registers customers and has a bond of 1,000."""
    with connected(suite, tmp_path / "provider.db", suite.backend) as made:
        suite.mint(suite.backend.address, PURSE)
        suite.allow(suite.backend, "SLAEscrow", PURSE)
        made.sla.bond_deposit(suite.token, 1_000).wait(timeout=WAIT)
        yield made


@pytest.fixture
def client(suite: Suite, tmp_path: Path) -> Iterator[Client]:
    """The client of a wallet that lets the contract take its money."""
    with connected(suite, tmp_path / "client.db", account(CLIENT)) as made:
        suite.allow(account(CLIENT), "SLAEscrow", PURSE)
        yield made


@pytest.fixture
def arbiter(suite: Suite, tmp_path: Path) -> Iterator[Client]:
    """The client of the policies' arbiter."""
    with connected(suite, tmp_path / "arbiter.db", account(ARBITER)) as made:
        yield made


@pytest.fixture
def keeper(suite: Suite, tmp_path: Path) -> Iterator[Client]:
    """The client of somebody who is no party to anything."""
    with connected(suite, tmp_path / "keeper.db", account(KEEPER)) as made:
        yield made


@pytest.fixture
def new_policy(provider: Client, suite: Suite) -> PolicyMaker:
    """Makes policies of the provider: those of ``FIRM``, unless said otherwise."""

    def make(**terms: Any) -> Policy:
        done = provider.sla.policy_create(suite.token, replace(FIRM, **terms)).wait(timeout=WAIT)
        return provider.sla.policy(done.result["policy"])

    return make


@pytest.fixture
def bonded(new_policy: PolicyMaker) -> Policy:
    return new_policy()


@pytest.fixture
def escrow(new_policy: PolicyMaker) -> Policy:
    return new_policy(bonded=False)


@pytest.fixture
def ticket(provider: Client, bonded: Policy) -> Agreement:
    """An urgent ticket over 200 of a customer without a wallet."""
    return opened_for(provider, bonded, registered(provider))


@pytest.fixture
def parcel(client: Client, escrow: Policy) -> Agreement:
    """A delivery for which a wallet has paid 200."""
    return opened(client, escrow, 200, priority="urgent")


def registered(provider: Client) -> str:
    """A new customer's number."""
    number = f"S-{next(_numbers)}"
    provider.customer.register(number).wait(timeout=WAIT)
    return number


def opened(by: Client, policy: Policy, amount: int | str | Decimal, **terms: Any) -> Agreement:
    """An agreement, begun."""
    return by.sla.show(done(by.sla.open(policy.id, amount, **terms)).result["agreement"])


def opened_for(provider: Client, policy: Policy, customer: str, **terms: Any) -> Agreement:
    """An urgent ticket over 200 of a customer."""
    given = {"priority": "urgent", **terms}
    return opened(provider, policy, 200, customer=customer, **given)


def done(submission: Any) -> Outcome:
    """What became of a submission, which took effect."""
    outcome: Outcome = submission.wait(timeout=WAIT)
    assert outcome.status == "done", outcome
    return outcome


def at(suite: Suite, moment: datetime) -> None:
    """Turn the chain's clock to a moment; what comes next is in this second or soon after."""
    suite.anvil.ask("evm_setNextBlockTimestamp", int(moment.timestamp()))
    suite.anvil.mine()
