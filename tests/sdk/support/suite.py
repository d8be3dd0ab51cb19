"""The suite deployed from what Ape compiled, without Ape."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from rapport import units
from rapport.artifacts import AddressBook, Deployed, Interface, interface
from rapport.chain import Chain, Contract
from rapport.keys import KeySigner, dev_signer
from rapport.outbox.policy import Price
from rapport.outbox.transactions import sign
from tests.sdk.support.anvil import CHAIN_ID, Anvil

ROOT = Path(__file__).resolve().parents[3]
DAILY_CAP = 2**64 - 1
PROGRAMME = "Corner Coffee Club"


@dataclass(frozen=True)
class Lane:
    """A purpose of group 0 and what the notice asks about it."""

    iri: str
    max_age_days: int
    opt_out: bool
    words: str


_DPV = "https://w3id.org/dpv#"
LANES = (
    Lane(f"{_DPV}DirectMarketing", 730, False, "Send me offers by e-mail"),
    Lane(f"{_DPV}DirectMarketing", 730, False, "Send me offers by text message"),
    Lane(f"{_DPV}DirectMarketing", 730, False, "Call me with offers"),
    Lane(f"{_DPV}Personalisation", 365, False, "Choose offers by what I buy"),
    Lane(f"{_DPV}Marketing", 365, False, "Let partners send me their offers"),
    Lane(f"{_DPV}ServiceUsageAnalytics", 395, False, "Use my visits for statistics"),
    Lane(f"{_DPV}SellDataToThirdParties", 365, True, "Sell or share my data"),
)
"""Group 0 as deployed: what ``deploy.toml`` defines, lane by lane."""
TOKEN = ("Test Dollar", "tUSD", 6)
"""The money that sales are paid in: name, symbol, decimals."""
POINTS_A_DOLLAR = {"sale": 1, "renewal": 2}
PURSE = 1_000_000 * 10 ** TOKEN[2]
"""What each of the people has to begin with."""
PEOPLE = range(2, 10)
NOTICE = 1
NOTICE_DOCUMENT = keccak(text="Corner Coffee Club: what we do with your data, version 1")
_PRICE = Price(100 * 10**9, 10**9)


@cache
def compiled() -> dict[str, Any]:
    """Ape's manifest of the compiled contracts."""
    folder = Path(os.environ.get("RAPPORT_ARTIFACTS") or ROOT / ".build")
    manifest = folder / "__local__.json"
    if not manifest.exists():
        raise FileNotFoundError("the contracts are not compiled: run `make compile`")
    found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["contractTypes"]
    return found


def creation_code(name: str) -> bytes:
    return bytes.fromhex(compiled()[name]["deploymentBytecode"]["bytecode"].removeprefix("0x"))


def until(suite: Suite) -> datetime:
    """A deadline far enough for whatever a test signs."""
    return suite.chain.block().timestamp + timedelta(days=30)


@cache
def account(index: int) -> KeySigner:
    """A funded account: 0 administers, 1 is the brand's backend, the others are people."""
    return dev_signer(index)


@dataclass
class Suite:
    """The contracts on one chain, and who may do what."""

    anvil: Anvil
    book: AddressBook

    @property
    def chain(self) -> Chain:
        return self.anvil.chain

    @property
    def admin(self) -> KeySigner:
        return account(0)

    @property
    def backend(self) -> KeySigner:
        """Holds every role but the administrator's, and the enroller's, which is code's."""
        return account(1)

    @property
    def merchant(self) -> KeySigner:
        """Whose sales earn points: the backend's own."""
        return self.backend

    @property
    def token(self) -> str:
        """Money that anyone may print."""
        return self.address("TestToken")

    def address(self, contract: str) -> str:
        return self.book.contract(contract).address

    def connect(self, url: str | None = None, **options: Any) -> Chain:
        """A connection of one's own, perhaps through a node that lies."""
        return Chain(url or self.anvil.url, chain_id=CHAIN_ID, book=self.book, **options)

    def chain_contract(self, contract: str) -> Contract:
        """A contract's address and interface, without asking the node."""
        entry = self.book.contract(contract)
        return Contract(contract, entry.address, interface(contract), entry.block)

    def transact(self, signer: KeySigner, contract: str, function: str, *args: Any) -> Any:
        """Send one transaction, insist that it succeeds, and return its raw receipt."""
        data = interface(contract).encode(function, *args)
        return send(self.anvil, signer, self.address(contract), data)

    def mint(self, to: str, amount: int) -> None:
        """Print money, in the token's smallest unit."""
        self.transact_token(self.admin, "mint", to, amount)

    def allow(self, payer: KeySigner, contract: str, amount: int) -> None:
        """Let a contract of the suite take so much of the payer's money."""
        self.transact_token(payer, "approve", self.address(contract), amount)

    def new_token(self, symbol: str) -> str:
        """The address of more money, of 6 decimals."""
        terms = constructor(
            "TestToken", {"name": "More money", "symbol": symbol, "decimals_": TOKEN[2]}
        )
        receipt = send(self.anvil, self.admin, None, creation_code("TestToken") + terms)
        return units.address(receipt["contractAddress"])

    def transact_token(self, signer: KeySigner, function: str, *args: Any) -> None:
        """Call the token and insist that it succeeds."""
        send(self.anvil, signer, self.token, money().encode(function, *args))

    def money_of(self, holder: str) -> int:
        """What an account has, in the token's smallest unit."""
        call = {"to": self.token, "data": f"0x{money().encode('balanceOf', holder).hex()}"}
        return int(self.anvil.ask("eth_call", call, "latest"), 16)

    def write_book(self, path: Path) -> Path:
        """The address book as a file."""
        contracts = {
            name: {"address": entry.address, "block": entry.block}
            for name, entry in self.book.entries.items()
        }
        path.write_text(json.dumps({"chainId": self.book.chain_id, "contracts": contracts}))
        return path


@cache
def money() -> Interface:
    """The interface of the token."""
    return Interface("TestToken", compiled()["TestToken"]["abi"])


def deploy(anvil: Anvil) -> Suite:
    """Deploy the suite, wire it, and give the backend its roles. Mines as it goes."""
    admin, backend = account(0), account(1)
    entries: dict[str, Deployed] = {}
    settings: dict[str, Any] = {
        "admin": admin.address,
        "adminDelay": 0,
        "recoveryDelay": 2 * 86_400,
        "linksPerDay": 10_000,
        "closingsPerDay": 10_000,
        "epochMonths": 3,
        "programme_": PROGRAMME,
        **dict(zip(("name", "symbol", "decimals_"), TOKEN, strict=True)),
    }
    for name, setting in (
        ("CustomerRegistry", "registry"),
        ("LoyaltyPoints", "points"),
        ("EarnRules", "rules"),
        ("ConsentRegistry", "consents"),
        ("Onboarding", "onboarding"),
        ("Payments", "payments"),
        ("Subscriptions", "subscriptions"),
        ("SLAEscrow", "sla"),
        ("TestToken", "token"),
    ):
        receipt = send(anvil, admin, None, creation_code(name) + constructor(name, settings))
        address = units.address(receipt["contractAddress"])
        entries[name] = Deployed(name, address, int(receipt["blockNumber"], 16))
        settings[setting] = address

    suite = Suite(anvil, AddressBook(CHAIN_ID, entries, "tests"))
    for contract in entries:
        for role in roles(contract):
            suite.transact(admin, contract, "grantRole", keccak(text=role), backend.address)
    for contract, role, holder in (
        ("LoyaltyPoints", "ISSUER_ROLE", "rules"),
        ("LoyaltyPoints", "ISSUER_ROLE", "onboarding"),
        ("CustomerRegistry", "ENROLLER_ROLE", "onboarding"),
        ("ConsentRegistry", "ENROLLER_ROLE", "onboarding"),
        ("EarnRules", "RECORDER_ROLE", "payments"),
        ("EarnRules", "RECORDER_ROLE", "subscriptions"),
    ):
        suite.transact(admin, contract, "grantRole", keccak(text=role), settings[holder])
    for ledger in ("points", "consents"):
        suite.transact(admin, "CustomerRegistry", "attachLedger", settings[ledger])
    for issuer in (backend.address, settings["rules"], settings["onboarding"]):
        suite.transact(admin, "LoyaltyPoints", "setIssuerCap", issuer, DAILY_CAP)
    _publish(suite)
    _reward(suite)
    for index in PEOPLE:
        suite.mint(account(index).address, PURSE)
    return suite


def _publish(suite: Suite) -> None:
    """Define the seven purposes of group 0 and publish the first notice."""
    for number, lane in enumerate(LANES):
        terms = (keccak(text=lane.iri), lane.max_age_days, lane.opt_out)
        suite.transact(suite.backend, "ConsentRegistry", "definePurpose", 0, number, *terms)
    words = [lane.words for lane in LANES]
    suite.transact(
        suite.backend, "ConsentRegistry", "publishNotice", 0, NOTICE, NOTICE_DOCUMENT, words
    )


def _reward(suite: Suite) -> None:
    """Let what is paid with the token earn points, and twice as many when it renews."""
    sale = units.token_asset(suite.token)
    keys = {"sale": sale, "renewal": suite.connect().call("EarnRules", "renewalOf", sale)}
    for name, points in POINTS_A_DOLLAR.items():
        rule = (points, 10 ** TOKEN[2], 0, 2**32 - 1, 0, 2**40 - 1, 0, [10_000] * 8)
        suite.transact(suite.backend, "EarnRules", "setPurchaseRule", keys[name], rule)


def constructor(name: str, settings: dict[str, Any]) -> bytes:
    """The constructor's arguments, by the names that the source gives them."""
    abi = compiled()[name]["abi"]
    inputs = next(item["inputs"] for item in abi if item["type"] == "constructor")
    return encode([i["type"] for i in inputs], [settings[i["name"]] for i in inputs])


def roles(name: str) -> list[str]:
    """A contract's roles that people hold: neither the administrator's, nor the enroller's."""
    names = (item.get("name", "") for item in compiled()[name]["abi"])
    apart = ("DEFAULT_ADMIN_ROLE", "ENROLLER_ROLE")
    return [n for n in names if n.endswith("_ROLE") and n not in apart]


def send(anvil: Anvil, signer: KeySigner, to: str | None, data: bytes, **options: Any) -> Any:
    """Sign, send, mine if nobody does, and return the raw receipt of a success."""
    chain = anvil.chain
    nonce = options.get("nonce", chain.nonce(signer.address))
    if to is None:
        request = {
            "from": signer.address,
            "data": f"0x{data.hex()}",
            "gas": hex(10_000_000),
            "nonce": hex(nonce),
        }
        # A creation has no recipient; the node's own key signs it.
        tx_hash = anvil.ask("eth_sendTransaction", request)
    else:
        attempt = sign(
            signer,
            chain_id=CHAIN_ID,
            nonce=nonce,
            to=to,
            data=data,
            value=0,
            gas=options.get("gas", 2_000_000),
            price=options.get("price", _PRICE),
        )
        tx_hash = anvil.ask("eth_sendRawTransaction", f"0x{attempt.raw.hex()}")
    receipt = anvil.ask("eth_getTransactionReceipt", tx_hash)
    if receipt is None:
        anvil.mine()
        receipt = anvil.ask("eth_getTransactionReceipt", tx_hash)
    if receipt is None or int(receipt["status"], 16) != 1:
        raise RuntimeError(f"a transaction of the set-up failed: {receipt}")
    return receipt


def foreign_transaction(suite: Suite, nonce: int) -> None:
    """The backend's key used behind the outbox's back."""
    attempt = sign(
        suite.backend,
        chain_id=CHAIN_ID,
        nonce=nonce,
        to=suite.backend.address,
        data=b"",
        value=0,
        gas=21_000,
        price=Price(1_000 * 10**9, 100 * 10**9),
    )
    (reply,) = suite.chain.send_raw([(attempt.hash, attempt.raw)])
    assert reply.verdict == "accepted", reply
