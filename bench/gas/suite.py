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
from bench.gas.floor import Floor, Line, calldata, changed, fresh, log, read
from bench.gas.money import PRICE, Money
from bench.gas.reading import Reader
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
NOBODY = bytes(32)  # the customer of a sale that earns nothing
PROGRAMME = "Corner Coffee Club"
GROUP = 0
NOTICE = 1
YEAR = 365  # days that a consent holds
SALE = 6  # the lane of the opt-out purpose
WORDS = (
    "E-mails with news and offers",
    "Text messages with news and offers",
    "Calls with offers",
    "Offers that follow from what I bought",
    "My data passed on to partners",
    "Statistics of how I use the shop",
    "My data sold or shared",
)

GOALS = {
    Operation.REGISTER: 50_000,
    Operation.REGISTER_BATCH: 26_000,
    Operation.SAVE_FIRST: 58_000,
    Operation.SAVE_SIGNED_FIRST: 68_000,
    Operation.WITHDRAW_ALL: 41_000,
    Operation.GRANTED_ASKED: 6_000,
    Operation.ONBOARD_NEW: 150_000,
    Operation.ONBOARD_EXISTING: 150_000,
    Operation.PAY: 75_000,
    Operation.PAYMENT_REFUND: 56_000,
    Operation.SUBSCRIBE: 112_000,
    Operation.CHARGE: 62_000,
    Operation.CHARGE_BATCH: 28_000,
    Operation.CANCEL: 31_000,
    Operation.CHARGE_REFUND: 56_000,
    Operation.SLA_OPEN: 107_000,
    Operation.SLA_SETTLE: 60_000,
    Operation.SLA_DISPUTE: 36_000,
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
    """
    The deployed suite, and one actor for all its roles but the admin's. Sales of the money's
    merchant earn points.
    """

    def __init__(self, chain: Chain, money: Money) -> None:
        self.chain, self.money = chain, money
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
        self.consents = chain.deploy(
            artifacts["ConsentRegistry"], self.admin, self.admin, 0, self.registry.address
        )
        self.onboarding = chain.deploy(
            artifacts["Onboarding"],
            self.admin,
            self.admin,
            0,
            self.registry.address,
            self.consents.address,
            self.points.address,
            PROGRAMME,
        )
        self.payments, self.subscriptions = (
            chain.deploy(artifacts[name], self.admin, self.rules.address)
            for name in ("Payments", "Subscriptions")
        )
        self.sla = chain.deploy(artifacts["SLAEscrow"], self.admin, self.registry.address)
        self.figures: list[Figure] = []
        self._reader = Reader(chain)
        self._customers = 0
        self._settings()
        self._purposes()

    def _settings(self) -> None:
        for contract, roles in (
            (self.registry, ("OPERATOR", "STEWARD", "VERIFIER")),
            (self.points, ("ISSUER",)),
            (self.rules, ("RULES", "RECORDER")),
            (self.consents, ("PUBLISHER", "OPERATOR")),
            (self.onboarding, ("OPERATOR",)),
        ):
            for role in roles:
                self._grant(contract, role, self.staff)
        for contract, role, holder in (
            (self.points, "ISSUER", self.rules),
            (self.points, "ISSUER", self.onboarding),
            (self.registry, "ENROLLER", self.onboarding),
            (self.consents, "ENROLLER", self.onboarding),
            (self.rules, "RECORDER", self.payments),
            (self.rules, "RECORDER", self.subscriptions),
        ):
            self._grant(contract, role, holder.address)
        self._grant(self.rules, "MERCHANT", self.money.merchant)
        for issuer in (self.staff, self.rules.address, self.onboarding.address):
            self.points.send(self.admin, "setIssuerCap", issuer, CAP)
        self.points.send(self.admin, "setTiers", [1_000, 5_000, 20_000])
        for ledger in (self.points, self.consents):
            self.registry.send(self.admin, "attachLedger", ledger.address)
        for asset, window in ((DOLLARS, 0), (EUROS, RETURN_WINDOW)):
            rule = (10, 100, 0, 100_000, 0, FOREVER, window, [10_000] * 8)
            self.rules.send(self.staff, "setPurchaseRule", asset, rule)
        sale = bytes.fromhex(self.money.token.address[2:]).rjust(32, b"\0")
        rule = (POINTS, PRICE, 0, 100_000, 0, FOREVER, 0, [10_000] * 8)
        for asset in (sale, self.rules.call("renewalOf", sale)):
            self.rules.send(self.staff, "setPurchaseRule", asset, rule)

    def _grant(self, contract: Contract, role: str, holder: str) -> None:
        contract.send(self.admin, "grantRole", keccak(text=f"{role}_ROLE"), holder)

    def _purposes(self) -> None:
        """Seven purposes, the last an opt-out, and the notice that speaks of them."""
        for lane in range(len(WORDS)):
            purpose = (GROUP, lane, ref(f"purpose {lane}"), YEAR, lane == SALE)
            self.consents.send(self.staff, "definePurpose", *purpose)
        notice = (GROUP, NOTICE, ref("notice"), WORDS)
        self.consents.send(self.staff, "publishNotice", *notice)

    def earning(self) -> tuple[Line, ...]:
        """What it needs that a sale earns points, for a customer who has some."""
        return (
            read("the recorder's right"),
            read("the merchant's right"),
            read("the rule, first slot"),
            read("the rule, second slot"),
            read("from where tiers begin"),
            read("that the customer is registered"),
            fresh("the sale's entry"),
            changed("the customer's account"),
            changed("the cap and the liability"),
            log(self.rules.abi, "Earned"),
        )

    def unearning(self) -> tuple[Line, ...]:
        """What it needs that a refund takes points back."""
        return (
            read("the recorder's right"),
            changed("the sale's entry"),
            changed("the customer's account"),
            changed("points outstanding in the award's epoch"),
            changed("the cap"),
            log(self.points.abi, "Reversed"),
        )

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

    def ask(
        self,
        operation: Operation,
        lines: tuple[Line, ...],
        question: str,
        contract: Contract,
        *arguments: Any,
    ) -> None:
        """Lets another contract ask, and keeps what the question cost it."""
        gas = self._reader.gas(contract, question, *arguments)
        floor = Floor(0, lines, asked=True)
        call = f"{contract.name}.{question}"
        self.figures.append(Figure(operation, call, gas, floor, GOALS.get(operation)))

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
