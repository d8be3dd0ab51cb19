"""A deployment: the contracts first, then the steps that are still needed.

What was done stays done, so a run that was killed anywhere is finished by the next. What stands is
never changed: where the chain differs from the settings, the report says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_utils import to_checksum_address

from scripts.deployment.book import AddressBook, abi_hash
from scripts.deployment.connection import is_local
from scripts.deployment.errors import DeploymentError
from scripts.deployment.settings import Settings
from scripts.deployment.sources import container
from scripts.deployment.steps import Steps
from scripts.deployment.suite import CONTRACTS, TEST_MONEY, arguments
from scripts.deployment.verification import (
    Expected,
    Verdict,
    code_hash,
    same_but_immutables,
    verify,
)

PATIENCE = 120.0  # seconds to wait for a creation that an earlier run left in the mempool

Observer = Callable[[str, str], None]


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

    Raises:
        DeploymentError: The settings bring test money, and this is no local chain.
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
        self._standing: dict[str | None, Any] = {}
        if settings.local and not is_local(provider):
            raise DeploymentError(
                f"{settings.origin}: [local] is money that anyone may print, and chain "
                f"{book.chain_id} is no local one: leave the table out"
            )

    @property
    def contracts(self) -> tuple[str, ...]:
        """What is deployed, each contract after those that it is made with."""
        return (*CONTRACTS, TEST_MONEY) if self.settings.local else CONTRACTS

    def run(self) -> Outcome:
        """
        Deploys what does not stand and finishes what is missing.

        Raises:
            DeploymentError: Something stands in the way; what was done stays done.
        """
        for name in self.contracts:
            self._ensure(name)
        steps = Steps(self)
        for step in steps.all():
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
        self.outcome.differing = list(steps.differences())
        return self.outcome

    def contract(self, name: str) -> Any:
        """A contract that stands; made once, since Ape makes classes of its errors each time."""
        address = self.book.address(name)
        if address not in self._standing:
            self._standing[address] = container(self.project, name).at(
                address, fetch_from_explorer=False, detect_proxy=False
            )
        return self._standing[address]

    # Contracts

    def creation(self, name: str) -> bytes:
        """The creation code that the compiler made, without arguments."""
        kind = container(self.project, name).contract_type
        return bytes.fromhex(kind.deployment_bytecode.bytecode.removeprefix("0x"))

    def runtime(self, name: str) -> bytes:
        """The runtime code that the compiler made, immutables still zero."""
        kind = container(self.project, name).contract_type
        return bytes.fromhex(kind.runtime_bytecode.bytecode.removeprefix("0x"))

    def expected(self, name: str) -> Expected:
        """What the sources compile to, with this suite's constructor arguments."""
        constructor = container(self.project, name).constructor
        given = bytes(constructor.encode_input(*self._arguments(name)))
        return Expected(self.creation(name) + given, self.runtime(name))

    def _arguments(self, name: str) -> tuple[Any, ...]:
        return arguments(name, self.settings, self.book, self.deployer.address)

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
        transaction = container(self.project, name)(*self._arguments(name), nonce=nonce)
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
        first = self._creation_of(name, begun)
        self._enter(name, address, int(first["blockNumber"], 16), int(first["gasUsed"], 16))
        return address

    def _creation_of(self, name: str, begun: dict[str, Any]) -> dict[str, Any]:
        """The receipt of a creation. It was mined soon after it was begun: the search is short."""
        sent = {"from": begun["sender"].lower(), "nonce": hex(begun["nonce"])}
        for number in range(begun["block"], self.provider.get_block("latest").number + 1):
            block = self.provider.make_request("eth_getBlockByNumber", [hex(number), True])
            for each in block["transactions"]:
                if {key: each[key].lower() for key in sent} == sent:
                    asked = "eth_getTransactionReceipt"
                    receipt: dict[str, Any] = self.provider.make_request(asked, [each["hash"]])
                    return receipt
        raise DeploymentError(
            f"{name} stands at {begun['address']}, but no block from {begun['block']} on has its "
            "creation: is the node in sync? Otherwise pass --fresh, to deploy anew"
        )

    def _enter(self, name: str, address: str, block: int, gas: int) -> None:
        kind = container(self.project, name).contract_type
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
                f"{where}, which was made with other fixed settings (epoch_months, recovery_delay, "
                f"programme) than {self.settings.origin} has: they cannot change; correct the "
                "file, or pass --fresh to begin another suite"
            )
        return (
            f"{where}, where other code stands than these sources compile to: check out the "
            "sources that were deployed, or pass --fresh to begin another suite"
        )

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
