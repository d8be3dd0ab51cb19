"""The suite on an anvil of its own, where each transaction finds every slot cold.

pyrevm keeps what earlier calls warmed, so its gas is that of one long transaction. Here blocks are
mined one transaction each, at fixed seconds, and any address may send.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from bench.gas import packages
from scripts.toolchain.anvil import LocalChain
from tests.contracts.support import artifacts
from tests.contracts.support.artifacts import Artifact
from tests.contracts.support.codec import Codec
from tests.contracts.support.evm import CHAIN_ID, Contract, account
from tests.contracts.support.model.ledger import role
from tests.contracts.support.suite import (
    BETWEEN,
    GENESIS,
    ISSUER_CAP,
    ROLES,
    actors,
    create,
)

PER_DAY = 1_000  # links and closings
GAS_LIMIT = 25_000_000


class Node(LocalChain):
    """One anvil, which mines when told to."""

    def __init__(self) -> None:
        self.operator = account("deployer")
        self.timestamp = GENESIS
        words = ["--hardfork", "cancun", "--chain-id", str(CHAIN_ID), "--no-mining"]
        words += ["--timestamp", str(GENESIS), "--base-fee", "0", "--gas-price", "0"]
        super().__init__(*words)
        self.ask("anvil_autoImpersonateAccount", True)

    def ask(self, method: str, *parameters: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.load(answer)
        if "error" in found:
            raise AssertionError(f"{method}: {found['error']}")
        return found["result"]

    def warp(self, timestamp: int) -> None:
        """The next transaction happens after this second."""
        self.timestamp = timestamp

    def transact(self, sender: str, to: str | None, data: bytes) -> int:
        """Mines one transaction in a block of its own, a second after the last; returns its gas."""
        self.timestamp += 1
        call = {"from": sender, "data": "0x" + data.hex(), "gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        sent = self.ask("eth_sendTransaction", call if to is None else call | {"to": to})
        self.ask("evm_setNextBlockTimestamp", self.timestamp)
        self.ask("evm_mine")
        self.receipt = self.ask("eth_getTransactionReceipt", sent)
        assert self.receipt["status"] == "0x1", f"{sent} was refused"
        return int(self.receipt["gasUsed"], 16)

    def deploy(self, name: str, *values: object) -> Contract:
        return self.create(artifacts.load(name), *values)

    def create(self, artifact: Artifact, *values: object) -> Contract:
        inputs = next((e["inputs"] for e in artifact.abi if e["type"] == "constructor"), [])
        self.transact(self.operator, None, artifact.creation + Codec(inputs).encode(values))
        # Its interface only: nothing here calls it through the adapter for pyrevm.
        return Contract(self, artifact, self.receipt["contractAddress"])  # type: ignore[arg-type]


class Suite:
    """The suite with its roles given out; `reset` brings back the moment after."""

    def __init__(self, node: Node, months: int) -> None:
        self.evm = node
        self.actors = actors()
        made = create(node.deploy, self.actors["admin"], months, (PER_DAY, PER_DAY))
        self.registry, self.loyalty, self.earn, self.consents, self.onboarding = made[:5]
        self.payments, self.subscriptions, self.token = made[5:8]
        self.contracts = {c.name: c for c in made}
        reader = packages.compiled("Reader.sol")["Reader"]
        creation = bytes.fromhex(reader.creation[2:])
        self.reader = node.create(Artifact(reader.name, reader.abi, creation))
        for name, titles in ROLES.items():
            for title in titles:
                grantee = self.actors[title.lower()]
                self._admin(self.contracts[name], "grantRole", role(title), grantee)
        for name, title, holder in BETWEEN:
            grantee = self.contracts[holder].address
            self._admin(self.contracts[name], "grantRole", role(title), grantee)
        for issuer in (self.actors["issuer"], self.earn.address, self.onboarding.address):
            self._admin(self.loyalty, "setIssuerCap", issuer, ISSUER_CAP)
        for ledger in (self.loyalty, self.consents):
            self._admin(self.registry, "attachLedger", ledger.address)
        for key, rule in made.rules.items():
            data = self.earn.functions["setPurchaseRule"].encode((key, rule))
            node.transact(self.actors["rules"], self.earn.address, data)
        self._settled = node.timestamp
        self._mark = node.ask("evm_snapshot")

    def ask(self, contract: Contract, question: str, *values: object) -> int:
        """Gas of another contract's call, answered with yes; address and slots were cold."""
        verb = self.reader.functions["ask"]
        data = verb.encode((contract.address, contract.functions[question].encode(values)))
        call = {"to": self.reader.address, "data": "0x" + data.hex()}
        answer = bytes.fromhex(self.evm.ask("eth_call", call, "latest")[2:])
        used, granted = verb.decode(answer)
        assert granted, f"{question}: the answer is no"
        return int(used)

    def _admin(self, contract: Contract, verb: str, *values: object) -> None:
        data = contract.functions[verb].encode(values)
        self.evm.transact(self.actors["admin"], contract.address, data)

    def reset(self) -> None:
        """As it was after deployment."""
        assert self.evm.ask("evm_revert", self._mark) is True
        self._mark = self.evm.ask("evm_snapshot")
        self.evm.timestamp = self._settled
