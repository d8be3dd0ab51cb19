"""What is set on the contracts once they stand, each step asked first whether it is still needed.

What stands is never changed: :meth:`Steps.differences` tells where the chain says something else
than the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from eth_utils import keccak
from hexbytes import HexBytes

from scripts.deployment.settings import ROLES, Local, Purpose, Role, Rule
from scripts.deployment.suite import ADMINISTERED, TEST_MONEY, TEST_MONEY_SYMBOL

if TYPE_CHECKING:
    from scripts.deployment.plan import Deployment

ENROLLER = "ENROLLER"


def role_id(name: str) -> bytes:
    """The contracts' id of a role: ``role_id("OPERATOR")``."""
    return bytes(keccak(text=f"{name}_ROLE"))


@dataclass(frozen=True)
class Step:
    """One transaction. ``by`` is the account that the contract wants it from."""

    title: str
    contract: str
    needed: Callable[[], bool]
    send: Callable[[], Any]
    by: Callable[[], str]


class Grant(NamedTuple):
    """A role that an account, or one of the suite's contracts, is to hold."""

    role: Role
    holder: str
    spoken: str


class Standing(NamedTuple):
    """A purchase rule on the chain and its version."""

    rule: Any
    version: int


class Steps:
    """The steps of one deployment, in their order."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.deployer = deployment.deployer
        self.settings = deployment.settings
        self.book = deployment.book
        self.registry = deployment.contract("CustomerRegistry")
        self.points = deployment.contract("LoyaltyPoints")
        self.earn = deployment.contract("EarnRules")
        self.consents = deployment.contract("ConsentRegistry")
        self.onboarding = deployment.contract("Onboarding")

    def all(self) -> Iterator[Step]:
        """Every step, needed or not; lazily, since some depend on what the ones before left."""
        for ledger in ("LoyaltyPoints", "ConsentRegistry"):
            yield self._attach(ledger)
        if self.settings.open_enrolment:
            yield self._by_admin(
                "open enrolment",
                "CustomerRegistry",
                lambda: not self.registry.enrolmentOpen(),
                lambda: self.registry.setEnrolment(True, sender=self.deployer),
            )
        if self.settings.tiers:
            yield self._by_admin(
                "set tiers",
                "LoyaltyPoints",
                lambda: not self.points.tiers(),
                lambda: self.points.setTiers(list(self.settings.tiers), sender=self.deployer),
            )
        caps = self._caps()
        for grant in self.grants():
            yield self._grant(grant)
            if grant.role == ROLES["issuer"]:
                yield self._cap(grant, caps[grant.holder])
        yield from self._rules()
        yield from self._purposes()
        if self.settings.welcome:
            yield self._welcome()
        if self.settings.local:
            yield from self._purses(self.settings.local)
        if self.settings.admin and self.settings.admin != self.deployer.address:
            for name in ADMINISTERED:
                yield self._transfer(name, self.settings.admin)

    def grants(self) -> Iterator[Grant]:
        """Every role that the settings give, those of the suite's own contracts first."""
        earn, onboarding = self.earn.address, self.onboarding.address
        yield Grant(ROLES["issuer"], earn, "EarnRules")
        yield Grant(ROLES["issuer"], onboarding, "Onboarding")
        for registry in ("CustomerRegistry", "ConsentRegistry"):
            yield Grant(Role(registry, ENROLLER), onboarding, "Onboarding")
        for name in ("Payments", "Subscriptions"):
            yield Grant(ROLES["recorder"], self.deployment.contract(name).address, name)
        for name, holders in self.settings.roles.items():
            for holder in holders:
                yield Grant(ROLES[name], holder, holder)

    def differences(self) -> Iterator[str]:
        """Where the chain says something else than the settings; left as it is."""
        s = self.settings
        if list(self.points.tiers()) != list(s.tiers):
            yield f"tiers are {list(self.points.tiers())}, the settings say {list(s.tiers)}"
        for issuer, cap in self._caps().items():
            met = self.points.issuerCap(issuer).pointsPerDay
            if met != cap:
                yield f"the cap of issuer {issuer} is {met:,}, the settings say {cap:,}"
        if self.registry.enrolmentOpen() != s.open_enrolment:
            state = "open" if self.registry.enrolmentOpen() else "closed"
            yield f"enrolment is {state}, the settings say otherwise"
        if self.onboarding.welcome() != s.welcome:
            met = self.onboarding.welcome()
            yield f"the welcome award is {met:,} points, the settings say {s.welcome:,}"
        yield from self._other_rules()
        for purpose in s.purposes:
            met = self.consents.purpose(purpose.group, purpose.lane)
            if met.maxAgeDays and tuple(met) != purpose.terms:
                yield (
                    f"{purpose.place} means something else on the chain, for good; "
                    f"define {purpose.title!r} on another lane"
                )

    # Settings of the admin

    def _by_admin(
        self, title: str, name: str, needed: Callable[[], bool], send: Callable[[], Any]
    ) -> Step:
        admin = self.deployment.contract(name).defaultAdmin
        return Step(title, name, needed, send, lambda: str(admin()))

    def _attach(self, name: str) -> Step:
        ledger = self.deployment.contract(name)
        return self._by_admin(
            f"attach {name} to CustomerRegistry",
            "CustomerRegistry",
            lambda: ledger.address not in self.registry.ledgers(),
            lambda: self.registry.attachLedger(ledger, sender=self.deployer),
        )

    def _grant(self, grant: Grant) -> Step:
        contract = self.deployment.contract(grant.role.contract)
        role = role_id(grant.role.name)
        return self._by_admin(
            f"grant {grant.role} to {grant.spoken}",
            grant.role.contract,
            lambda: not contract.hasRole(role, grant.holder),
            lambda: contract.grantRole(role, grant.holder, sender=self.deployer),
        )

    def _caps(self) -> dict[str, int]:
        """Points a day, by issuer."""
        s = self.settings
        return {
            self.earn.address: s.earn_rules_cap,
            self.onboarding.address: s.onboarding_cap,
        } | dict.fromkeys(s.roles["issuer"], s.issuer_cap)

    def _cap(self, grant: Grant, cap: int) -> Step:
        return self._by_admin(
            f"cap issuer {grant.spoken} at {cap:,} points a day",
            "LoyaltyPoints",
            lambda: cap != 0 and self.points.issuerCap(grant.holder).pointsPerDay == 0,
            lambda: self.points.setIssuerCap(grant.holder, cap, sender=self.deployer),
        )

    def _welcome(self) -> Step:
        welcome = self.settings.welcome

        def needed() -> bool:
            if self.onboarding.welcome():
                self.book.note_welcome()
            return not self.book.welcome

        def send() -> Any:
            receipt = self.onboarding.setWelcome(welcome, sender=self.deployer)
            self.deployment.observe("sent", "welcome")
            self.book.note_welcome()
            return receipt

        title = f"set the welcome award to {welcome:,} points"
        return self._by_admin(title, "Onboarding", needed, send)

    def _transfer(self, name: str, admin: str) -> Step:
        contract = self.deployment.contract(name)
        return Step(
            f"begin the transfer of {name} to {admin}",
            name,
            lambda: (
                contract.defaultAdmin() == self.deployer.address
                and contract.pendingDefaultAdmin().newAdmin != admin
            ),
            lambda: contract.beginDefaultAdminTransfer(admin, sender=self.deployer),
            lambda: str(self.deployer.address),
        )

    # Money to try payments with

    def _purses(self, local: Local) -> Iterator[Step]:
        """Print money for whoever has none; anyone may."""
        token = self.deployment.contract(TEST_MONEY)
        for holder in local.holders:
            yield Step(
                f"print {local.holding:,} {TEST_MONEY_SYMBOL} for {holder}",
                TEST_MONEY,
                lambda holder=holder: token.balanceOf(holder) == 0,  # type: ignore[misc]
                lambda holder=holder: token.mint(  # type: ignore[misc]
                    holder, local.base, sender=self.deployer
                ),
                lambda: str(self.deployer.address),
            )

    # What a role sets, which the deployer takes for the moment

    def _borrowed(
        self, setting: str, what: str, sends: list[tuple[str, Callable[[], Any]]]
    ) -> Iterator[Step]:
        """Transactions of a role. ``sends`` are their titles and what sends them."""
        role = ROLES[setting]
        contract = self.deployment.contract(role.contract)
        key, deployer = role_id(role.name), self.deployer
        if sends:
            yield self._by_admin(
                f"grant {role} to the deployer, for {what} only",
                role.contract,
                lambda: not contract.hasRole(key, deployer),
                lambda: contract.grantRole(key, deployer, sender=deployer),
            )
        for title, send in sends:
            by = deployer.address if contract.hasRole(key, deployer) else f"a {role.name} account"
            yield Step(title, role.contract, lambda: True, send, lambda by=by: by)  # type: ignore[misc]
        if deployer.address not in self.settings.roles[setting]:
            yield Step(
                f"renounce the deployer's {role}",
                role.contract,
                lambda: contract.hasRole(key, deployer),
                lambda: contract.renounceRole(key, deployer, sender=deployer),
                lambda: str(deployer.address),
            )

    def _purposes(self) -> Iterator[Step]:
        def define(purpose: Purpose) -> Any:
            place = (purpose.group, purpose.lane)
            return self.consents.definePurpose(*place, *purpose.terms, sender=self.deployer)

        missing = [
            purpose
            for purpose in self.settings.purposes
            if not self.consents.purpose(purpose.group, purpose.lane).maxAgeDays
        ]
        sends = [
            (f"define {p.place}: {p.title}", lambda p=p: define(p))  # type: ignore[misc]
            for p in missing
        ]
        yield from self._borrowed("publisher", "the first purposes", sends)

    def _rules(self) -> Iterator[Step]:
        missing = [rule for rule in self.settings.rules if not self._rule_known(rule)]
        sends = [
            (f"set the rule for {r.name}", lambda r=r: self._set_rule(r))  # type: ignore[misc]
            for r in missing
        ]
        yield from self._borrowed("rules", "the first rules", sends)

    def _key(self, rule: Rule) -> bytes:
        """Under which key the chain keeps a rule."""
        asset = rule.asset
        if asset is None:
            asset = bytes.fromhex(self.book.contracts[TEST_MONEY]["address"][2:]).rjust(32, b"\0")
        return bytes(self.earn.renewalOf(asset)) if rule.renewal else asset

    def _set_rule(self, rule: Rule) -> Any:
        receipt = self.earn.setPurchaseRule(self._key(rule), rule.as_tuple(), sender=self.deployer)
        self.deployment.observe("sent", rule.name)
        self.book.note_rule(rule.name)
        return receipt

    def _rule_known(self, rule: Rule) -> bool:
        """Set by an earlier run, or by anyone: in force now, or to come."""
        if rule.name in self.book.rules:
            return True
        key = self._key(rule)
        if self.earn.nextPurchaseRule(key).version == 0 and not self._in_force(key):
            return False
        self.book.note_rule(rule.name)
        return True

    def _in_force(self, key: bytes) -> Any:
        """The rule in force as (rule, version), or ``None``."""
        earn, provider = self.earn, self.deployment.provider
        call = {"to": earn.address, "data": "0x" + earn.purchaseRule.encode_input(key).hex()}
        try:
            # Straight to the node: Ape would trace the refusal, which is the expected answer here.
            answer = provider.make_request("eth_call", [call, "latest"])
        except Exception as error:  # each node has its own words around "revert"
            if "revert" in str(error).lower():
                return None
            raise
        decode = provider.network.ecosystem.decode_returndata
        # Ape wraps several outputs in a tuple of one.
        (outputs,) = decode(earn.purchaseRule.abis[0], HexBytes(answer))
        return Standing(*outputs)

    def _other_rules(self) -> Iterator[str]:
        for rule in self.settings.rules:
            key = self._key(rule)
            found = self._in_force(key)
            if found is None:
                if self.earn.nextPurchaseRule(key).version == 0:
                    yield f"no rule for {rule.name} is in force; its last one was ended"
                continue
            # The times are left out: a rule set for "now" begins at its block.
            points, per, minimum, cap, _, _, window, multipliers = found.rule
            terms = (points, per, minimum, cap, window, tuple(multipliers))
            wanted = (rule.points, rule.per, rule.minimum, rule.cap, rule.return_window)
            if terms != (*wanted, rule.multiplier_bps):
                yield f"the rule for {rule.name} (version {found.version}) is not the settings' one"
