"""The steps of a deployment, each asked first whether it is still needed.

A step that was done stays done, so a run that was killed anywhere is finished by the next. What
stands is never changed: where the chain differs from the settings, the report says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eth_utils import keccak, to_checksum_address
from hexbytes import HexBytes

from scripts.deployment.book import AddressBook, abi_hash
from scripts.deployment.errors import DeploymentError
from scripts.deployment.settings import ROLES, Settings
from scripts.deployment.verification import (
    Expected,
    Verdict,
    code_hash,
    same_but_immutables,
    verify,
)

CONTRACTS = ("CustomerRegistry", "LoyaltyPoints", "EarnRules")
PATIENCE = 120.0  # seconds to wait for a creation that an earlier run left in the mempool

Observer = Callable[[str, str], None]


def role_id(name: str) -> bytes:
    """The contracts' id of a role: ``role_id("operator")``."""
    return bytes(keccak(text=f"{name.upper()}_ROLE"))


@dataclass(frozen=True)
class Step:
    """One transaction. ``by`` is the account that the contract wants it from."""

    title: str
    contract: str
    needed: Callable[[], bool]
    send: Callable[[], Any]
    by: Callable[[], str]


class Standing(NamedTuple):
    """A purchase rule on the chain and its version."""

    rule: Any
    version: int


@dataclass
class Outcome:
    """What a run did and what it found."""

    deployed: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    gas: int = 0
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)


class Deployment:
    """
    The suite of one address book.

    ``observe(moment, title)`` is told when a creation is ``begun`` and ``sent``, and when any step
    is ``done``; what it raises ends the run there.
    """

    def __init__(
        self,
        project: Any,
        provider: Any,
        deployer: Any,
        settings: Settings,
        book: AddressBook,
        observe: Observer = lambda moment, title: None,
    ) -> None:
        self.project = project
        self.provider = provider
        self.deployer = deployer
        self.settings = settings
        self.book = book
        self.observe = observe
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """
        Deploys what does not stand and finishes what is missing.

        Raises:
            DeploymentError: Something stands in the way; what was done stays done.
        """
        for name in CONTRACTS:
            self._ensure(name)
        for step in self._steps():
            if not step.needed():
                continue
            owner = step.by()
            if owner != self.deployer.address:
                self.outcome.remaining.append(f"{step.title}, by {owner} on {step.contract}")
                continue
            receipt = self._attempt(step.title, step.send)
            self.outcome.steps.append(step.title)
            self.outcome.gas += receipt.gas_used
            self.observe("done", step.title)
        self.outcome.differing = list(self._differences())
        return self.outcome

    def contract(self, name: str) -> Any:
        """A contract that stands."""
        return getattr(self.project, name).at(
            self.book.address(name), fetch_from_explorer=False, detect_proxy=False
        )

    # Contracts

    def creation(self, name: str) -> bytes:
        """The creation code that the compiler made, without arguments."""
        kind = getattr(self.project, name).contract_type
        return bytes.fromhex(kind.deployment_bytecode.bytecode.removeprefix("0x"))

    def runtime(self, name: str) -> bytes:
        """The runtime code that the compiler made, immutables still zero."""
        kind = getattr(self.project, name).contract_type
        return bytes.fromhex(kind.runtime_bytecode.bytecode.removeprefix("0x"))

    def expected(self, name: str) -> Expected:
        """What the sources compile to, with this suite's constructor arguments."""
        constructor = getattr(self.project, name).constructor
        arguments = bytes(constructor.encode_input(*self._arguments(name)))
        return Expected(self.creation(name) + arguments, self.runtime(name))

    def _arguments(self, name: str) -> tuple[Any, ...]:
        admin, s = self.deployer.address, self.settings
        return {
            "CustomerRegistry": (
                admin,
                s.admin_delay,
                s.recovery_delay,
                s.links_per_day,
                s.closings_per_day,
            ),
            "LoyaltyPoints": (
                admin,
                s.admin_delay,
                self.book.address("CustomerRegistry"),
                s.epoch_months,
            ),
            "EarnRules": (admin, s.admin_delay, self.book.address("LoyaltyPoints")),
        }[name]

    def _ensure(self, name: str) -> None:
        address = self.book.address(name)
        begun = self.book.begun
        if address is None and begun is not None and begun["contract"] == name:
            address = self._adopt(name, begun)
        if address is None:
            address = self._create(name)
        verdict = verify(self.provider, address, self.expected(name))
        self.outcome.verdicts[name] = verdict
        if not verdict.ours:
            raise DeploymentError(self._complaint(name, address, verdict))

    def _create(self, name: str) -> str:
        nonce = self.provider.get_nonce(self.deployer.address)
        pending = self.provider.get_nonce(self.deployer.address, block_id="pending")
        if pending > nonce:
            raise DeploymentError(
                f"{self.deployer.address} has a transaction pending at nonce {nonce}: "
                "wait until it is mined, or replace it, then run again"
            )
        ecosystem = self.provider.network.ecosystem
        predicted = str(ecosystem.get_deployment_address(self.deployer.address, nonce))
        head = self.provider.get_block("latest").number
        self.book.begin(name, predicted, self.deployer.address, nonce, head)
        self.observe("begun", name)
        container = getattr(self.project, name)
        transaction = container(*self._arguments(name), nonce=nonce)
        transaction.sender = self.deployer.address  # a live network estimates its gas for somebody
        receipt = self._attempt(f"deploy {name}", lambda: self.deployer.call(transaction))
        self.observe("sent", name)
        if receipt.contract_address != predicted:
            raise DeploymentError(f"{name} went to {receipt.contract_address}, not to {predicted}")
        self._enter(name, predicted, receipt.block_number, receipt.gas_used)
        self.outcome.deployed.append(name)
        self.outcome.gas += receipt.gas_used
        self.observe("done", name)
        return predicted

    def _adopt(self, name: str, begun: dict[str, Any]) -> str | None:
        """The address of a creation that an earlier run sent and did not live to note."""
        address, sender, nonce = begun["address"], begun["sender"], begun["nonce"]
        until = time.monotonic() + PATIENCE
        expected = self.expected(name)
        while not verify(self.provider, address, expected).ours:
            in_flight = (
                self.provider.get_nonce(sender) <= nonce
                and self.provider.get_nonce(sender, block_id="pending") > nonce
            )
            if not in_flight:
                self.book.abandon()
                return None
            if time.monotonic() > until:
                raise DeploymentError(
                    f"the creation of {name} by {sender} at nonce {nonce} is still pending: "
                    "wait until it is mined, or replace it, then run again"
                )
            time.sleep(1)
        logs = self.provider.make_request(
            "eth_getLogs",
            [{"address": address, "fromBlock": hex(begun["block"]), "toBlock": "latest"}],
        )
        # A constructor grants the admin role, so its log is the first of the contract.
        first = self.provider.make_request(
            "eth_getTransactionReceipt", [logs[0]["transactionHash"]]
        )
        self._enter(name, address, int(first["blockNumber"], 16), int(first["gasUsed"], 16))
        return address

    def _enter(self, name: str, address: str, block: int, gas: int) -> None:
        kind = getattr(self.project, name).contract_type
        abi = kind.model_dump(mode="json", by_alias=True, exclude_none=True)["abi"]
        code = bytes(self.provider.get_code(address))
        self.book.enter(
            name,
            {
                "address": to_checksum_address(address),
                "block": block,
                "abiHash": abi_hash(abi),
                "codeHash": code_hash(code),
                "creationCodeHash": code_hash(self.creation(name)),
                "gas": gas,
            },
        )

    def _complaint(self, name: str, address: str, verdict: Verdict) -> str:
        where = f"{self.book.path} names {name} at {address}"
        if verdict is Verdict.NO_CODE:
            return (
                f"{where}, where no code stands on chain {self.book.chain_id}: is the node in "
                "sync? Otherwise move the book away, or pass --fresh, to deploy anew"
            )
        deployed = bytes(self.provider.get_code(address))
        if same_but_immutables(deployed, self.runtime(name)):
            return (
                f"{where}, which was made with other fixed settings (epoch_months, recovery_delay) "
                f"than {self.settings.origin} has: they cannot change; correct the file, or pass "
                "--fresh to begin another suite"
            )
        return (
            f"{where}, where other code stands than these sources compile to: check out the "
            "sources that were deployed, or pass --fresh to begin another suite"
        )

    # Steps

    def _steps(self) -> Iterator[Step]:
        registry, points, earn = (self.contract(name) for name in CONTRACTS)
        s, deployer = self.settings, self.deployer

        yield self._by_admin(
            "attach LoyaltyPoints to CustomerRegistry",
            "CustomerRegistry",
            lambda: points.address not in registry.ledgers(),
            lambda: registry.attachLedger(points, sender=deployer),
        )
        if s.open_enrolment:
            yield self._by_admin(
                "open enrolment",
                "CustomerRegistry",
                lambda: not registry.enrolmentOpen(),
                lambda: registry.setEnrolment(True, sender=deployer),
            )
        if s.tiers:
            yield self._by_admin(
                "set tiers",
                "LoyaltyPoints",
                lambda: not points.tiers(),
                lambda: points.setTiers(list(s.tiers), sender=deployer),
            )
        yield self._grant("issuer", earn.address, "EarnRules")
        yield self._cap(earn.address, s.earn_rules_cap)
        for role, holders in s.roles.items():
            for holder in holders:
                yield self._grant(role, holder, holder)
                if role == "issuer":
                    yield self._cap(holder, s.issuer_cap)
        yield from self._rule_steps(earn)
        if s.admin and s.admin != deployer.address:
            for name in CONTRACTS:
                yield self._transfer(name, s.admin)

    def _by_admin(
        self, title: str, name: str, needed: Callable[[], bool], send: Callable[[], Any]
    ) -> Step:
        return Step(title, name, needed, send, lambda: str(self.contract(name).defaultAdmin()))

    def _grant(self, role: str, holder: str, spoken: str) -> Step:
        name = ROLES[role]
        contract = self.contract(name)
        return self._by_admin(
            f"grant {role.upper()} to {spoken}",
            name,
            lambda: not contract.hasRole(role_id(role), holder),
            lambda: contract.grantRole(role_id(role), holder, sender=self.deployer),
        )

    def _cap(self, issuer: str, cap: int) -> Step:
        points = self.contract("LoyaltyPoints")
        return self._by_admin(
            f"cap issuer {issuer} at {cap:,} points a day",
            "LoyaltyPoints",
            lambda: cap != 0 and points.issuerCap(issuer).pointsPerDay == 0,
            lambda: points.setIssuerCap(issuer, cap, sender=self.deployer),
        )

    def _rule_steps(self, earn: Any) -> Iterator[Step]:
        """Rules are set by RULES; the deployer takes that role for the moment, if it must."""
        deployer, role = self.deployer, role_id("rules")
        missing = [rule for rule in self.settings.rules if not self._rule_known(earn, rule)]
        if missing:
            yield self._by_admin(
                "grant RULES to the deployer, for the first rules only",
                "EarnRules",
                lambda: not earn.hasRole(role, deployer),
                lambda: earn.grantRole(role, deployer, sender=deployer),
            )
        for rule in missing:
            holder = earn.hasRole(role, deployer)
            yield Step(
                f"set the purchase rule for {rule.name}",
                "EarnRules",
                lambda: True,
                lambda rule=rule: self._set_rule(earn, rule),  # type: ignore[misc]
                lambda holder=holder: deployer.address if holder else "a RULES account",  # type: ignore[misc]
            )
        if deployer.address not in self.settings.roles["rules"]:
            yield Step(
                "renounce the deployer's RULES",
                "EarnRules",
                lambda: earn.hasRole(role, deployer),
                lambda: earn.renounceRole(role, deployer, sender=deployer),
                lambda: str(deployer.address),
            )

    def _set_rule(self, earn: Any, rule: Any) -> Any:
        receipt = earn.setPurchaseRule(rule.asset, rule.as_tuple(), sender=self.deployer)
        self.observe("sent", rule.name)
        self.book.note_rule(rule.name)
        return receipt

    def _rule_known(self, earn: Any, rule: Any) -> bool:
        """Set by an earlier run, or by anyone: in force now, or to come."""
        if rule.name in self.book.rules:
            return True
        if earn.nextPurchaseRule(rule.asset).version == 0 and not self._in_force(earn, rule.asset):
            return False
        self.book.note_rule(rule.name)
        return True

    def _in_force(self, earn: Any, asset: bytes) -> Any:
        """The rule in force as (rule, version), or ``None``."""
        call = {"to": earn.address, "data": "0x" + earn.purchaseRule.encode_input(asset).hex()}
        try:
            # Straight to the node: Ape would trace the refusal, which is the expected answer here.
            answer = self.provider.make_request("eth_call", [call, "latest"])
        except Exception as error:  # each node has its own words around "revert"
            if "revert" in str(error).lower():
                return None
            raise
        decode = self.provider.network.ecosystem.decode_returndata
        # Ape wraps several outputs in a tuple of one.
        (outputs,) = decode(earn.purchaseRule.abis[0], HexBytes(answer))
        return Standing(*outputs)

    def _transfer(self, name: str, admin: str) -> Step:
        contract = self.contract(name)
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

    def _differences(self) -> Iterator[str]:
        """Where the chain says something else than the settings; left as it is."""
        registry, points, earn = (self.contract(name) for name in CONTRACTS)
        s = self.settings
        if list(points.tiers()) != list(s.tiers):
            yield f"tiers are {list(points.tiers())}, the settings say {list(s.tiers)}"
        caps = {earn.address: s.earn_rules_cap} | dict.fromkeys(s.roles["issuer"], s.issuer_cap)
        for issuer, cap in caps.items():
            met = points.issuerCap(issuer).pointsPerDay
            if met != cap:
                yield f"the cap of issuer {issuer} is {met:,}, the settings say {cap:,}"
        if registry.enrolmentOpen() != s.open_enrolment:
            state = "open" if registry.enrolmentOpen() else "closed"
            yield f"enrolment is {state}, the settings say otherwise"
        for rule in s.rules:
            found = self._in_force(earn, rule.asset)
            if found is None:
                if earn.nextPurchaseRule(rule.asset).version == 0:
                    yield f"no rule for {rule.name} is in force; its last one was ended"
                continue
            # The times are left out: a rule set for "now" begins at its block.
            points, per, minimum, cap, _, _, window, multipliers = found.rule
            terms = (points, per, minimum, cap, window, tuple(multipliers))
            wanted = (rule.points, rule.per, rule.minimum, rule.cap, rule.return_window)
            if terms != (*wanted, rule.multiplier_bps):
                yield f"the rule for {rule.name} (version {found.version}) is not the settings' one"

    # Sending

    def _attempt(self, title: str, send: Callable[[], Any]) -> Any:
        try:
            return send()
        except DeploymentError:
            raise
        except Exception as error:  # Ape's and the provider's, each with a message of one line
            text = str(error).strip().splitlines()
            reason = text[0] if text else type(error).__name__
            raise DeploymentError(
                f"could not {title}: {reason}; what was done stays done, so run again when mended"
            ) from error
