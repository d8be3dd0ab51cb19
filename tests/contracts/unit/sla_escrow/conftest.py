"""A provider with policies and a bond, a client with money, and agreements between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ape import project
from eth_utils import keccak

from tests.contracts.unit.support.agreements import HOUR, MONDAY, NOTHING, OFFICE, Opening, Policy
from tests.contracts.unit.support.money import *  # noqa: F403 (fixtures)
from tests.contracts.unit.support.money import MERCHANT, numbered
from tests.contracts.unit.support.stage import DAY, Stage
from tests.contracts.unit.support.wallets import HERS, wallet

FEE = 1_000_000  # of an agreement, in the token's smallest unit
STAKE = FEE // 2  # under the bonded policy: the largest credit
FUNDS = 100 * FEE  # of client and provider
REVIEW, RULING = 3 * DAY, 7 * DAY
DEADLINE = MONDAY + 300 * DAY
ARBITER = wallet("an arbiter")


@pytest.fixture(scope="session")
def sla(stage: Stage, suite: Any, admin: Any) -> Any:
    return stage.knows(admin.deploy(project.SLAEscrow, suite.registry))


@pytest.fixture(scope="session")
def custody(sla: Any) -> Any:
    return sla


@pytest.fixture(scope="session")
def funds() -> int:
    return FUNDS


@pytest.fixture(scope="session")
def provider(merchant: Any) -> Any:
    return merchant


@pytest.fixture(scope="session")
def client(payer: Any) -> Any:
    """Ana, with her wallet."""
    return payer


@pytest.fixture(scope="session")
def arbiter(account: Callable[[Any], Any]) -> Any:
    return account(ARBITER)


@pytest.fixture(scope="session")
def offer(token: Any) -> Policy:
    """
    Office hours in UTC; an hour to respond, four to resolve. A tenth for each breach and a
    twentieth for each hour more, half of the amount at most. The client's fee is held.
    """
    return Policy(
        provider=MERCHANT.address,
        min_amount=1_000,
        token=token.address,
        bonded=False,
        closed=False,
        arbiter_fee_bps=500,
        default_provider_bps=7_500,
        late_response_bps=1_000,
        late_resolution_bps=1_000,
        per_hour_bps=500,
        arbiter=ARBITER.address,
        review_window=REVIEW,
        arbiter_window=RULING,
        max_pause=8 * HOUR,
        hours168=OFFICE,
        utc_offset=0,
        max_credit_bps=5_000,
        response=(HOUR,) * 4,
        resolution=(4 * HOUR,) * 4,
    )


@pytest.fixture(scope="session")
def publish(stage: Stage, sla: Any) -> Callable[[Policy], int]:
    """Publishes a policy as its provider and returns its number."""
    return numbered(stage, sla.policies, sla.createPolicy)


@pytest.fixture
def held(publish: Callable[[Policy], int], offer: Policy) -> int:
    """The policy that is offered, published."""
    return publish(offer)


@pytest.fixture
def bonded(
    stage: Stage,
    sla: Any,
    token: Any,
    provider: Any,
    publish: Callable[[Policy], int],
    offer: Policy,
) -> int:
    """The same with a bond behind it, which is there for two agreements."""
    stage.send(sla.depositBond, token.address, 2 * STAKE, by=provider)
    return publish(offer.but(bonded=True))


@pytest.fixture
def opening(held: int) -> Opening:
    """Ana asks for the service, for a fee."""
    return Opening(
        policy=held,
        priority=1,
        amount=FEE,
        client=HERS.address,
        customer=NOTHING,
        ref=keccak(text="agreement 1"),
        deadline=DEADLINE,
    )


@pytest.fixture
def opened(sla: Any, do: Callable[..., None], opening: Opening, client: Any) -> bytes:
    """Ana's agreement, open since `MONDAY`."""
    do(sla.open, opening.struct, by=client, at=MONDAY)
    return opening.id()


@pytest.fixture
def backed(
    sla: Any,
    do: Callable[..., None],
    bonded: int,
    opening: Opening,
    provider: Any,
) -> bytes:
    """One for Ana that the bond backs, open since `MONDAY`."""
    made = opening.but(policy=bonded)
    do(sla.open, made.struct, by=provider, at=MONDAY)
    return made.id(provider.address)


@pytest.fixture
def delivered(sla: Any, do: Callable[..., None], opened: bytes, provider: Any) -> bytes:
    """Delivered in time, an hour after it was opened."""
    do(sla.deliver, opened, NOTHING, by=provider, at=MONDAY + HOUR)
    return opened


@pytest.fixture
def disputed(sla: Any, do: Callable[..., None], delivered: bytes, client: Any) -> bytes:
    """Disputed by the client, an hour after that."""
    do(sla.dispute, delivered, NOTHING, by=client, at=MONDAY + 2 * HOUR)
    return delivered


@pytest.fixture
def state(sla: Any) -> Callable[[bytes], int]:
    return lambda id: int(sla.agreement(id).state)
