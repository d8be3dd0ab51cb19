"""The suite on a chain of Ape's, deployed once; the actors by role; builders for what tests need.

The chain is anvil on a port of its own, whatever APE_FOUNDRY_HOST a shell has exported: tests never
touch a devnet. Not eth-tester: Ape loses some custom errors there, and a refusal that is not
understood would pass for the right one. Ape takes a snapshot before each test and restores it
after. The clock begins on 1 January 2040, in the first month of a quarter and of a year.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ape import accounts, networks, project
from eth_utils import keccak

from scripts.deployment.sources import compile_if_changed
from scripts.toolchain import ports
from tests.contracts.unit.support.consents import AGES, DOCUMENT, IRIS, OPT_OUT, PROGRAMME, WORDS
from tests.contracts.unit.support.customers import registered
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.stage import DAY, Stage, moment
from tests.contracts.unit.support.wallets import HERS, Wallet, wallet

# Read when Ape connects, which is after the tests are collected.
os.environ["APE_FOUNDRY_HOST"] = f"http://127.0.0.1:{ports.choose()}"

GENESIS = moment(2040)
DEADLINE = GENESIS + 30 * DAY  # of intents
MONTHS = 3  # of an epoch
ADMIN_DELAY = 2 * DAY
RECOVERY_DELAY = 7 * DAY
LINKS_PER_DAY = 5
CLOSINGS_PER_DAY = 3
CAP = 10_000_000  # points a day, of each issuer
FOREVER = 2**40 - 1
USD = b"USD".ljust(32, b"\0")
NOBODY = "0x0000000000000000000000000000000000000000"
COMMITMENT = keccak(text="record of the brand")

ROLES = {
    "operator": "registry",
    "steward": "registry",
    "verifier": "registry",
    "recovery": "registry",
    "issuer": "points",
    "campaign": "points",
    "guardian": "points",
    "rules": "earn",
    "recorder": "earn",
}
# By the fixture of who holds it: (contract, role). Other contracts have roles of the same name.
CONSENT_ROLES = {
    "publisher": ("consents", "publisher"),
    "consent_operator": ("consents", "operator"),
    "consent_guardian": ("consents", "guardian"),
    "enroller": ("consents", "enroller"),
    "onboarding_operator": ("onboarding", "operator"),
}


def role_id(name: str) -> bytes:
    return bytes(keccak(text=f"{name.upper()}_ROLE"))


@pytest.fixture(scope="session")
def stage() -> Stage:
    stage = Stage(networks.provider)
    stage.reach(GENESIS)
    return stage


@pytest.fixture(scope="session")
def actors(account: Callable[[Any], Any]) -> dict[str, Any]:
    names = ["admin", *ROLES]
    found = {name: accounts.test_accounts[i] for i, name in enumerate(names)}
    # Ape funds ten accounts.
    return found | {name: account(wallet(f"the {name}")) for name in CONSENT_ROLES}


def _actor(name: str) -> Any:
    @pytest.fixture(scope="session", name=name)
    def fixture(actors: dict[str, Any]) -> Any:
        return actors[name]

    return fixture


admin, operator, steward, verifier = (
    _actor(n) for n in ("admin", "operator", "steward", "verifier")
)
recovery, issuer, campaign = (_actor(n) for n in ("recovery", "issuer", "campaign"))
guardian, rules, recorder = (_actor(n) for n in ("guardian", "rules", "recorder"))
publisher, consent_operator, consent_guardian = (
    _actor(n) for n in ("publisher", "consent_operator", "consent_guardian")
)
enroller, onboarding_operator = (_actor(n) for n in ("enroller", "onboarding_operator"))


@pytest.fixture(scope="session")
def account(stage: Stage) -> Callable[[Any], Any]:
    """The funded account of a wallet or address, as a sender of Ape's."""
    # Ape derives the keys of all its own accounts anew whenever it looks for one by its address.
    known: dict[str, Any] = {}

    def build(holder: Any) -> Any:
        address = getattr(holder, "address", holder)
        stage.request("anvil_setBalance", address, hex(10**20))
        if address not in known:
            known[address] = accounts.test_accounts[address]
        return known[address]

    return build


@pytest.fixture(scope="session")
def stranger(account: Callable[[Any], Any]) -> Any:
    """Nobody in particular, without a role or a customer."""
    return account(wallet("a stranger"))


@pytest.fixture(scope="session")
def suite(stage: Stage, actors: dict[str, Any]) -> SimpleNamespace:
    """The contracts, every role with an account of its own, and a notice of seven purposes."""
    compile_if_changed(project)
    admin = actors["admin"]
    registry = admin.deploy(
        project.CustomerRegistry,
        admin,
        ADMIN_DELAY,
        RECOVERY_DELAY,
        LINKS_PER_DAY,
        CLOSINGS_PER_DAY,
    )
    points = admin.deploy(project.LoyaltyPoints, admin, ADMIN_DELAY, registry, MONTHS)
    earn = admin.deploy(project.EarnRules, admin, ADMIN_DELAY, points)
    consents = admin.deploy(project.ConsentRegistry, admin, ADMIN_DELAY, registry)
    onboarding = admin.deploy(
        project.Onboarding, admin, ADMIN_DELAY, registry, consents, points, PROGRAMME
    )
    suite = SimpleNamespace(
        registry=registry, points=points, earn=earn, consents=consents, onboarding=onboarding
    )
    for contract in vars(suite).values():
        stage.knows(contract)
    for role, name in ROLES.items():
        stage.send(getattr(suite, name).grantRole, role_id(role), actors[role], by=admin)
    for actor, (name, role) in CONSENT_ROLES.items():
        stage.send(getattr(suite, name).grantRole, role_id(role), actors[actor], by=admin)
    for contract in (registry, consents):
        stage.send(contract.grantRole, role_id("enroller"), onboarding, by=admin)
    for contract in (earn, onboarding):
        stage.send(points.grantRole, role_id("issuer"), contract, by=admin)
    for account in (actors["issuer"].address, earn.address, onboarding.address):
        stage.send(points.setIssuerCap, account, CAP, by=admin)
    for ledger in (points, consents):
        stage.send(registry.attachLedger, ledger, by=admin)
    _publish(stage, consents, actors["publisher"])
    return suite


def _publish(stage: Stage, consents: Any, publisher: Any) -> None:
    """The seven purposes of group 0, and its first notice."""
    for lane, iri in enumerate(IRIS):
        terms = (iri, AGES[lane], lane == OPT_OUT)
        stage.send(consents.definePurpose, 0, lane, *terms, by=publisher)
    stage.send(consents.publishNotice, 0, 1, DOCUMENT, WORDS, by=publisher)


@pytest.fixture(scope="session")
def do(stage: Stage) -> Callable[..., None]:
    """A transaction at a second: ``do(subscriptions.charge, id, by=stranger, at=END)``."""

    def build(method: Any, *args: Any, by: Any, at: int) -> None:
        stage.next(at)
        stage.send(method, *args, by=by)

    return build


@pytest.fixture(scope="session")
def told(stage: Stage) -> Callable[..., list[tuple[str, dict[str, Any]]]]:
    """As `do`, and what it told but for the token's own events."""

    def build(method: Any, *args: Any, by: Any, at: int) -> list[tuple[str, dict[str, Any]]]:
        stage.next(at)
        events = stage.events(method(*args, sender=by))
        return [event for event in events if event[0] not in ("Transfer", "Approval")]

    return build


@pytest.fixture(scope="session")
def registry(suite: SimpleNamespace) -> Any:
    return suite.registry


@pytest.fixture(scope="session")
def points(suite: SimpleNamespace) -> Any:
    return suite.points


@pytest.fixture(scope="session")
def earn(suite: SimpleNamespace) -> Any:
    return suite.earn


@pytest.fixture(scope="session")
def consents(suite: SimpleNamespace) -> Any:
    return suite.consents


@pytest.fixture(scope="session")
def onboarding(suite: SimpleNamespace) -> Any:
    return suite.onboarding


@pytest.fixture(scope="session")
def register(stage: Stage, registry: Any, operator: Any) -> Callable[..., bytes]:
    """Registers a customer by name and returns the id: ``ana = register("Ana")``."""

    def build(name: str = "Ana") -> bytes:
        customer = bytes(keccak(text=f"customer {name}"))
        stage.send(registry.register, customer, COMMITMENT, by=operator)
        return customer

    return build


@pytest.fixture(scope="session")
def link(stage: Stage, registry: Any, operator: Any) -> Callable[..., Wallet]:
    """Links a customer's first wallet, which signs for it."""

    def build(customer: bytes, name: str = "Ana", holder: Wallet | None = None) -> Wallet:
        holder = holder or wallet(name)
        deadline = stage.now + DAY
        seq = stage.answer(registry.customer, customer, by=operator)[4]
        signature = holder.sign(registry, "LinkWallet", customer, holder.address, seq, deadline)
        stage.send(
            registry.linkWallet, customer, holder.address, seq, deadline, signature, by=operator
        )
        return holder

    return build


# Without wallets; a file whose customers have them says so: ``ana = linked("Ana")``.
ana, bea = registered("Ana"), registered("Bea")


@pytest.fixture
def hers(account: Callable[[Any], Any]) -> Any:
    """Ana's wallet, as a sender."""
    return account(HERS)


@pytest.fixture
def contract_account(admin: Any) -> Wallet:
    """An ERC-1271 account, with the key of its owner."""
    owner = wallet("owner of a contract account")
    return Wallet(admin.deploy(mock("SmartWallet"), owner.address).address, owner.key)


@pytest.fixture
def delegate(stage: Stage) -> Callable[[Wallet, Any], Wallet]:
    """Makes an account an EIP-7702 one: it keeps its key and gets the code of a contract."""

    def build(holder: Wallet, target: Any) -> Wallet:
        stage.request("anvil_setCode", holder.address, "0xef0100" + target.address[2:])
        return holder

    return build


@pytest.fixture
def silent(admin: Any, delegate: Callable[[Wallet, Any], Wallet]) -> Wallet:
    """An EIP-7702 account whose delegate knows no ERC-1271."""
    return delegate(wallet("silent"), admin.deploy(mock("SilentDelegate")))


@pytest.fixture(params=["plain", "contract", "EIP-7702"])
def holder(request: pytest.FixtureRequest) -> Wallet:
    """Each kind of account that a customer can have."""
    if request.param == "plain":
        return HERS
    name = "contract_account" if request.param == "contract" else "silent"
    found: Wallet = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session")
def award(stage: Stage, points: Any, issuer: Any) -> Callable[..., bytes]:
    """Awards points and returns the ref: ``ref = award(ana, 500)``."""

    def build(customer: bytes, amount: int, name: str = "order 1", available_at: int = 0) -> bytes:
        ref = bytes(keccak(text=name))
        stage.send(points.award, customer, ref, amount, available_at, by=issuer)
        return ref

    return build


@pytest.fixture(scope="session")
def redeem(stage: Stage, points: Any, issuer: Any) -> Callable[..., bytes]:
    """Redeems points of a customer without a wallet and returns the ref."""

    def build(customer: bytes, amount: int, name: str = "reward 1") -> bytes:
        ref = bytes(keccak(text=name))
        stage.send(points.redeem, customer, ref, amount, by=issuer)
        return ref

    return build


@pytest.fixture(scope="session")
def erase(stage: Stage, registry: Any, steward: Any) -> Callable[[bytes], None]:
    return lambda customer: stage.send(registry.erase, customer, by=steward)


@pytest.fixture(scope="session")
def merge(stage: Stage, registry: Any, steward: Any) -> Callable[[bytes, bytes], None]:
    """Merges a customer without a wallet into another."""
    return lambda source, target: stage.send(registry.merge, source, target, 0, b"", by=steward)


@pytest.fixture(scope="session")
def set_rule(stage: Stage, earn: Any, rules: Any) -> Callable[..., tuple[Any, ...]]:
    """Sets a purchase rule, one point a dollar unless told otherwise, and returns it as a tuple."""

    def build(asset: bytes = USD, **changes: Any) -> tuple[Any, ...]:
        rule = purchase_rule(**changes)
        stage.send(earn.setPurchaseRule, asset, rule, by=rules)
        return rule

    return build


def purchase_rule(
    points: int = 1,
    per: int = 100,
    minimum: int = 0,
    cap: int = 100_000,
    valid_from: int = 0,
    valid_to: int = FOREVER,
    window: int = 0,
    multipliers: tuple[int, ...] = (10_000,) * 8,
) -> tuple[Any, ...]:
    """A rule as the contract's struct; one point for each dollar by default."""
    return (points, per, minimum, cap, valid_from, valid_to, window, list(multipliers))
