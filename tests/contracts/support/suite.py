"""The suite as deployed: its contracts on one chain, the roles given out, the model beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from tests.contracts.support import artifacts, wallets
from tests.contracts.support.evm import Contract, Event, Evm, Refused, account
from tests.contracts.support.model import (
    ConsentModel,
    EarnModel,
    Ledger,
    LoyaltyModel,
    OnboardingModel,
    RegistryModel,
)
from tests.contracts.support.model.earn import asset_of, renewal_of
from tests.contracts.support.model.ledger import role
from tests.contracts.support.wallets import Wallet

ADMIN_DELAY = 2 * 86_400
RECOVERY_DELAY = 7 * 86_400
LIMITS = (40, 8)  # links and closings a day
ISSUER_CAP = 3 * 2**32
WELCOME_CAP = 1_000  # points that the onboarding contract may award a day
PROGRAMME = "Acme Rewards"
GENESIS = int(datetime(1997, 1, 1, tzinfo=UTC).timestamp())

ROLES = {
    "CustomerRegistry": ("OPERATOR", "ENROLLER", "STEWARD", "VERIFIER", "RECOVERY"),
    "LoyaltyPoints": ("ISSUER", "CAMPAIGN", "GUARDIAN"),
    "EarnRules": ("RULES", "RECORDER", "MERCHANT"),
    "ConsentRegistry": ("PUBLISHER", "OPERATOR", "ENROLLER", "GUARDIAN"),
    "Onboarding": ("OPERATOR",),
}
_TITLES = dict.fromkeys(name.lower() for names in ROLES.values() for name in names)
ACTORS = ("admin", "stranger", *_TITLES)
MERCHANT = wallets.plain("merchant")  # the one actor with a key: merchants sign coupons
# What contracts hold of each other: (where, title, whose).
BETWEEN = (
    ("LoyaltyPoints", "ISSUER", "EarnRules"),
    ("LoyaltyPoints", "ISSUER", "Onboarding"),
    ("CustomerRegistry", "ENROLLER", "Onboarding"),
    ("ConsentRegistry", "ENROLLER", "Onboarding"),
    ("EarnRules", "RECORDER", "Payments"),
    ("EarnRules", "RECORDER", "Subscriptions"),
)
CAPS = {"issuer": ISSUER_CAP, "EarnRules": ISSUER_CAP, "Onboarding": WELCOME_CAP}

TOKEN = ("Test Dollar", "tUSD", 6)  # the money that sales are paid in
FOREVER = 2**40 - 1
SALE_RULE = (1, 10**6, 0, 2**32 - 1, 0, FOREVER, 0, (10_000,) * 8)  # a point a dollar
RENEWAL_RULE = (2, *SALE_RULE[1:])  # two points a dollar

# How much this process tried; `scripts/assurance/campaign.py` asks for it.
TALLY: Counter[str] = Counter()


class Contracts(NamedTuple):
    """The suite, each contract at the others' addresses."""

    registry: Contract
    loyalty: Contract
    earn: Contract
    consents: Contract
    onboarding: Contract
    payments: Contract
    subscriptions: Contract
    token: Contract
    sla: Contract

    @property
    def rules(self) -> dict[bytes, tuple[Any, ...]]:
        """The earning rules of the suite as it begins, by their keys."""
        sale = asset_of(self.token.address)
        return {sale: SALE_RULE, renewal_of(sale): RENEWAL_RULE}


def actors() -> dict[str, str]:
    """Who acts in the suite and at which address."""
    return {name: account(name) for name in ACTORS} | {"merchant": MERCHANT.address}


def create(
    deploy: Callable[..., Contract], admin: str, months: int, limits: tuple[int, int]
) -> Contracts:
    """
    Puts the suite on a chain.

    Args:
        deploy: Takes a contract's name and its constructor's arguments.
        months: Of an epoch.
        limits: Links and closings a day.
    """
    registry = deploy("CustomerRegistry", admin, ADMIN_DELAY, RECOVERY_DELAY, *limits)
    loyalty = deploy("LoyaltyPoints", admin, ADMIN_DELAY, registry.address, months)
    earn = deploy("EarnRules", admin, ADMIN_DELAY, loyalty.address)
    consents = deploy("ConsentRegistry", admin, ADMIN_DELAY, registry.address)
    parts = (registry.address, consents.address, loyalty.address)
    onboarding = deploy("Onboarding", admin, ADMIN_DELAY, *parts, PROGRAMME)
    sales = (deploy("Payments", earn.address), deploy("Subscriptions", earn.address))
    token = deploy("TestToken", *TOKEN)
    sla = deploy("SLAEscrow", registry.address)
    return Contracts(registry, loyalty, earn, consents, onboarding, *sales, token, sla)


class Deployment:
    """One deployed suite. `reset` brings back the moment after deployment."""

    def __init__(self, months: int) -> None:
        self.months = months
        self.evm = Evm(GENESIS)
        self.actors = actors()
        admin = self.actors["admin"]
        self.evm.operator = account("deployer")
        made = create(self._deploy, admin, months, LIMITS)
        self.registry, self.loyalty, self.earn, self.consents, self.onboarding = made[:5]
        self.payments, self.subscriptions, self.token, self.sla = made[5:]
        self.rules = made.rules
        self.contracts: dict[str, Contract] = {c.name: c for c in made}
        self.wallets = self._wallets()
        self.setup: list[Event] = []
        self._grant()
        self._mark = self.evm.snapshot()

    def _deploy(self, name: str, *values: Any) -> Contract:
        return self.evm.deploy(artifacts.load(name), *values)

    def _wallets(self) -> list[Wallet]:
        """Four plain accounts, a contract account and an EIP-7702 account."""
        kept = [wallets.plain(f"wallet {i}") for i in range(4)]
        owner = wallets.key("smart wallet owner")
        smart = self._deploy("SmartWallet", wallets.address_of(owner))
        kept.append(Wallet(smart.address, owner))
        delegate = self._deploy("SilentDelegate")
        upgraded = wallets.plain("upgraded wallet")
        self.evm.set_code(upgraded.address, wallets.delegated_code(delegate.address))
        return [*kept, upgraded]

    def _grant(self) -> None:
        admin = self.actors["admin"]
        for name, names in ROLES.items():
            contract = self.contracts[name]
            for title in names:
                contract.grantRole(role(title), self.actors[title.lower()], sender=admin)
                self.setup += self.evm.logs
        for name, title, holder in BETWEEN:
            contract = self.contracts[name]
            contract.grantRole(role(title), self.contracts[holder].address, sender=admin)
            self.setup += self.evm.logs
        for issuer, cap in CAPS.items():
            self.loyalty.setIssuerCap(self.account(issuer), cap, sender=admin)
            self.setup += self.evm.logs
        for ledger in (self.loyalty, self.consents):
            self.registry.attachLedger(ledger.address, sender=admin)
        for key, rule in self.rules.items():
            self.earn.setPurchaseRule(key, rule, sender=self.actors["rules"])
            self.setup += self.evm.logs

    def account(self, name: str) -> str:
        """The address of an actor, or of one of the suite's contracts."""
        return self.actors.get(name) or self.contracts[name].address

    def reset(self) -> None:
        """As it was after deployment, whatever happened since."""
        self.evm.revert(self._mark)
        self._mark = self.evm.snapshot()


@cache
def deployment(months: int) -> Deployment:
    """The suite with epochs of so many months; deployed once a process."""
    return Deployment(months)


class Suite:
    """A deployed suite and its model, moved by the same calls."""

    def __init__(self, months: int = 1, chain: Deployment | None = None) -> None:
        self.chain = chain or deployment(months)
        self.chain.reset()
        self.evm = self.chain.evm
        self.actors = self.chain.actors
        self.ledger = Ledger(self.evm.timestamp)
        admin = self.actors["admin"]
        self.registry = RegistryModel(
            self.ledger, admin, self.chain.registry.address, RECOVERY_DELAY, LIMITS
        )
        self.loyalty = LoyaltyModel(self.ledger, admin, self.registry, self.chain.months)
        self.earn = EarnModel(self.ledger, admin, self.chain.earn.address, self.loyalty)
        self.consents = ConsentModel(self.ledger, admin, self.registry)
        parts = (self.registry, self.consents, self.loyalty)
        onboarding = self.chain.onboarding.address
        self.onboarding = OnboardingModel(self.ledger, admin, onboarding, parts, PROGRAMME)
        self.registry.followers += [self.loyalty, self.consents]
        self.models: dict[str, Any] = {
            m.contract: m
            for m in (self.registry, self.loyalty, self.earn, self.consents, self.onboarding)
        }
        self._grant()
        self.agreed = True
        self.log: list[tuple[int, Event]] = [(self.evm.timestamp, e) for e in self.chain.setup]

    def _grant(self) -> None:
        admin = self.actors["admin"]
        for name, names in ROLES.items():
            for title in names:
                self.models[name].grantRole(admin, role(title), self.actors[title.lower()])
        for name, title, holder in BETWEEN:
            self.models[name].grantRole(admin, role(title), self.chain.account(holder))
        for issuer, cap in CAPS.items():
            self.loyalty.setIssuerCap(admin, self.chain.account(issuer), cap)
        for key, rule in self.chain.rules.items():
            self.earn.setPurchaseRule(self.actors["rules"], key, rule)

    def warp(self, timestamp: int) -> None:
        self.evm.warp(timestamp)
        self.ledger.now = timestamp

    def wait(self, seconds: int) -> None:
        self.warp(self.evm.timestamp + seconds)

    def call(self, contract: str, verb: str, *args: Any, by: str) -> Any:
        """
        The same call to the contract and to the model, which must agree in everything that can
        be seen: the value or the exact error, and the events in order.

        Returns:
            What the contract returned, or the refusal (not raised).
        """
        model = self.models[contract]
        expected: Any
        met: Any
        try:
            expected = self.ledger.attempt(getattr(model, verb), by, *args)
        except Refused as refusal:
            expected = refusal
        try:
            met = getattr(self.chain.contracts[contract], verb)(*args, sender=by)
        except Refused as refusal:
            met = refusal
        told = f"{contract}.{verb}{args} by {by}"
        # Until the end of this call; a disagreement makes all later comparisons noise.
        self.agreed = False
        assert met == expected, f"{told}: contract {met!r}, model {expected!r}"
        assert self.evm.logs == self.ledger.events, (
            f"{told}: events\n{self.evm.logs}\nmodel\n{self.ledger.events}"
        )
        self.agreed = True
        TALLY["calls compared"] += 1
        TALLY["of them refused"] += isinstance(met, Refused)
        now = self.evm.timestamp
        self.log += [(now, event) for event in self.evm.logs]
        return met
