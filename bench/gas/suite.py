"""Our own suite: deployed, its roles given out, one transaction measured at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bench.gas import packages
from bench.gas.chain import GENESIS, Chain, Contract, Receipt
from bench.gas.figures import Figure, Operation
from bench.gas.floor import Floor, Line, calldata
from rapport.intents import Domain, Intent

DAY = 86_400
RETURN_WINDOW = 14 * DAY
DUE = GENESIS + RETURN_WINDOW
DEADLINE = datetime.fromtimestamp(GENESIS + 60 * DAY, UTC)
DEADLINE_SECONDS = int(DEADLINE.timestamp())
FOREVER = 2**40 - 1
CAP = 10**12
POINTS = 500
DOLLARS = b"USD".ljust(32, b"\0")  # available at once
EUROS = b"EUR".ljust(32, b"\0")  # pending for the return window
AMOUNT = 12_345  # cents

GOALS = {
    Operation.REGISTER: 50_000,
    Operation.REGISTER_BATCH: 26_000,
    Operation.AWARD_NEW: 80_000,
    Operation.AWARD_EXISTING: 63_000,
    Operation.AWARD_RETRIED: 28_000,
    Operation.AWARD_BATCH_EXISTING: 34_000,
    Operation.AWARD_BATCH_PENDING: 27_000,
}


def customer_id(number: int) -> bytes:
    return keccak(text=f"rapport bench customer {number}")


def ref(label: str) -> bytes:
    return keccak(text=f"rapport bench ref {label}")


def wallet(number: int) -> LocalAccount:
    account: LocalAccount = Account.from_key(keccak(text=f"rapport bench wallet {number}"))
    return account


class Suite:
    """The deployed suite, and one actor for all its roles but the admin's."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.admin, self.staff = chain.actor("admin"), chain.actor("staff")
        artifacts = packages.ours()
        self.registry = chain.deploy(
            artifacts["CustomerRegistry"], self.admin, self.admin, 0, 7 * DAY, 1_000, 1_000
        )
        months = 3
        self.points = chain.deploy(
            artifacts["LoyaltyPoints"], self.admin, self.admin, 0, self.registry.address, months
        )
        self.rules = chain.deploy(
            artifacts["EarnRules"], self.admin, self.admin, 0, self.points.address
        )
        self.figures: list[Figure] = []
        self._customers = 0
        self._settings()

    def _settings(self) -> None:
        for contract, roles in (
            (self.registry, ("OPERATOR", "STEWARD", "VERIFIER")),
            (self.points, ("ISSUER",)),
            (self.rules, ("RULES", "RECORDER")),
        ):
            for role in roles:
                contract.send(self.admin, "grantRole", keccak(text=f"{role}_ROLE"), self.staff)
        self.points.send(self.admin, "grantRole", keccak(text="ISSUER_ROLE"), self.rules.address)
        for issuer in (self.staff, self.rules.address):
            self.points.send(self.admin, "setIssuerCap", issuer, CAP)
        self.points.send(self.admin, "setTiers", [1_000, 5_000, 20_000])
        self.registry.send(self.admin, "attachLedger", self.points.address)
        for asset, window in ((DOLLARS, 0), (EUROS, RETURN_WINDOW)):
            rule = (10, 100, 0, 100_000, 0, FOREVER, window, [10_000] * 8)
            self.rules.send(self.staff, "setPurchaseRule", asset, rule)

    def new(self, count: int = 1) -> list[bytes]:
        """Registered customers who hold nothing yet."""
        ids = self.unregistered(count)
        self.registry.send(self.staff, "registerBatch", ids, ref("root"))
        return ids

    def existing(self, count: int = 1) -> list[bytes]:
        """Registered customers who hold points."""
        ids = self.new(count)
        first = [(i, ref("first" + i.hex()), POINTS) for i in ids]
        self.points.send(self.staff, "awardBatch", first, 0)
        return ids

    def unregistered(self, count: int = 1) -> list[bytes]:
        start, self._customers = self._customers, self._customers + count
        return [customer_id(n) for n in range(start, start + count)]

    def measure(
        self,
        operation: Operation,
        lines: tuple[Line, ...],
        contract: Contract,
        function: str,
        *arguments: Any,
        sender: str | None = None,
        count: int = 1,
    ) -> Receipt:
        """Sends the call, and keeps what it cost beside the floor of its promise."""
        receipt = contract.send(sender or self.staff, function, *arguments)
        floor = Floor(calldata(receipt.calldata), lines, count)
        call = f"{contract.name}.{function}"
        self.figures.append(Figure(operation, call, receipt.gas, floor, GOALS.get(operation)))
        return receipt

    @property
    def customers(self) -> list[bytes]:
        """Everybody who was ever registered here."""
        return [customer_id(n) for n in range(self._customers)]

    def balance(self, customer: bytes) -> int:
        points: int = self.points.call("balanceOf", customer)
        return points

    def sign(self, account: LocalAccount, contract: Contract, intent: Intent) -> bytes:
        domain = Domain(self.chain.chain_id, contract.address)
        signed = Account.sign_typed_data(account.key, full_message=intent.typed_data(domain))
        return bytes(signed.signature)
