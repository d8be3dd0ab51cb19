"""A published court, an arbiter that brings disputes to it, and an agreement that is disputed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ape import project
from ape.contracts import ContractContainer
from eth_utils import keccak
from ethpm_types import ContractType

from tests.contracts.support.published import kleros
from tests.contracts.unit.sla_escrow.conftest import *  # noqa: F403 (fixtures)
from tests.contracts.unit.sla_escrow.conftest import FEE, RULING
from tests.contracts.unit.support.agreements import HOUR, MONDAY, NOTHING, Opening, Policy
from tests.contracts.unit.support.stage import DAY, Stage
from tests.contracts.unit.support.wallets import HERS, wallet

COST, APPEAL = 10**16, 3 * 10**16  # what the court asks for, in wei
EXTRA = b"general court, three jurors"
META = "ipfs://bafy/meta.json"
SHARES = [5_000, 0, 10_000]  # refused, for the client, for the provider
REFUSED, CLIENT, PROVIDER = range(3)
ROUND = 2 * DAY
ARBITER_FEE = FEE // 20
REST = FEE - ARBITER_FEE
DISPUTED_AT = MONDAY + 2 * HOUR
UNTIL = DISPUTED_AT + RULING  # the arbiter's window
LAST = UNTIL - ROUND  # for a round to begin
SOON = DISPUTED_AT + HOUR
# Stages, in the order of the contract's.
NONE, BROUGHT, RULED_, EXECUTED = range(4)


@pytest.fixture(scope="session")
def judge(account: Callable[[Any], Any]) -> Any:
    return account(wallet("a judge"))


@pytest.fixture(scope="session")
def court(stage: Stage, judge: Any) -> Any:
    """The court of a published package: its owner rules, at once or so that one can appeal."""
    published = kleros("AutoAppealableArbitrator")
    made = ContractType(
        contractName=published.name,
        abi=published.abi,
        deploymentBytecode={"bytecode": "0x" + published.creation.hex()},
    )
    return stage.knows(judge.deploy(ContractContainer(made), COST))


@pytest.fixture(scope="session")
def deploy_arbiter(stage: Stage, admin: Any, sla: Any) -> Callable[..., Any]:
    def build(court: Any, shares: list[int] = SHARES, round: int = ROUND) -> Any:
        arguments = (sla, court, EXTRA, META, shares, round)
        return stage.knows(admin.deploy(project.CourtArbiter, *arguments))

    return build


@pytest.fixture(scope="session")
def court_arbiter(deploy_arbiter: Callable[..., Any], court: Any) -> Any:
    return deploy_arbiter(court)


@pytest.fixture
def dispute(
    stage: Stage,
    sla: Any,
    client: Any,
    provider: Any,
    publish: Callable[[Policy], int],
    offer: Policy,
) -> Callable[..., bytes]:
    """
    Ana's agreement under an arbiter, delivered and disputed at `DISPUTED_AT`: `dispute(arbiter)`.
    Its number tells it from others; ``terms`` are the policy's own.
    """

    def build(arbiter: Any, number: int = 1, **terms: Any) -> bytes:
        policy = publish(offer.but(arbiter=arbiter.address, **terms))
        ref = keccak(text=f"case {number}")
        opening = Opening(policy, 1, FEE, HERS.address, NOTHING, ref, MONDAY + 300 * DAY)
        if stage.now < MONDAY:
            stage.next(MONDAY)
        stage.send(sla.open, opening.struct, by=client)
        stage.send(sla.deliver, opening.id(), NOTHING, by=provider)
        if stage.now < DISPUTED_AT:
            stage.next(DISPUTED_AT)
        stage.send(sla.dispute, opening.id(), NOTHING, by=client)
        return opening.id()

    return build


@pytest.fixture
def case(dispute: Callable[..., bytes], court_arbiter: Any) -> bytes:
    """An agreement that can be brought to the court."""
    return dispute(court_arbiter)


@pytest.fixture
def brought(stage: Stage, court_arbiter: Any, client: Any, case: bytes) -> bytes:
    """One that the client has brought. It is the court's dispute 0."""
    stage.next(SOON)
    stage.send(court_arbiter.bring, case, by=client, value=COST)
    return case


@pytest.fixture
def paying(stage: Stage) -> Callable[..., list[tuple[str, dict[str, Any]]]]:
    """A transaction at a second that brings money, and what it told but for the token's events."""

    def build(
        method: Any, *args: Any, by: Any, at: int, value: int
    ) -> list[tuple[str, dict[str, Any]]]:
        stage.next(at)
        events = stage.events(method(*args, sender=by, value=value))
        return [event for event in events if event[0] not in ("Transfer", "Approval")]

    return build


@pytest.fixture
def wei(stage: Stage) -> Callable[[Any], int]:
    """What an account has of the chain's own money."""
    return lambda who: int(stage.request("eth_getBalance", who.address, "latest"), 16)


def ruled(court: Any, number: int, ruling: int) -> tuple[str, dict[str, Any]]:
    return ("Ruling", {"_arbitrator": court.address, "_disputeID": number, "_ruling": ruling})


def executed(
    id: bytes, token: Any, share: int, provider: int, client: int
) -> tuple[str, dict[str, Any]]:
    parts = {"toProvider": provider, "toClient": client}
    return ("Executed", {"id": id, "providerBps": share, "token": token.address, **parts})


def waits(id: bytes, number: int) -> tuple[str, dict[str, Any]]:
    return ("RulingWaits", {"id": id, "disputeID": number})
