"""Ten thousand subscriptions of as many payers fall due together, and one collector charges them.

The collector is the package's own (`client.renewals`), which `rapport subscription collect` runs:
it reads the contract's logs, asks what is due, tries every charge out, sends batches through the
outbox and follows each to its end. It finds everything anew, as after the loss of its file. Blocks
come every two seconds and hold 30 million gas. Points are not earned; every charge is counted from
the chain at the end.

    python -m bench.renewals [--json] [--save] [--subscriptions 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.gas import packages  # noqa: E402
from rapport import Client, Policy, cost, units  # noqa: E402
from rapport.artifacts import interface  # noqa: E402
from rapport.chain.rpc import Fault, Request  # noqa: E402
from rapport.codec import keccak  # noqa: E402
from tests.sdk.support.anvil import Anvil  # noqa: E402
from tests.sdk.support.suite import Suite, deploy, money  # noqa: E402

RESULT = ROOT / "bench" / "results" / "renewals.md"
CONTRACT = "Subscriptions"
DAY = 86_400
PERIOD = 30 * DAY
PRICE = 9_990_000  # of a token with six decimals
YEAR = 12 * PRICE  # what a payer holds: a balance that is used up would give gas back
BLOCK_GAS = 30_000_000
BLOCK_TIME = 2  # seconds
TOGETHER = 250  # transactions of the set-up in one block, and requests in one batch
_ENOUGH = 10**18  # wei for a payer's two transactions
_FEE = 10**12  # wei per gas that the set-up offers
_GAS = 400_000
_ANY_AMOUNT = 2**256 - 1


@dataclass(frozen=True)
class Collected:
    """One run. ``seconds`` runs from the collector's first question to its last answer."""

    subscriptions: int
    seconds: Decimal
    blocks: int
    """From the first charge's to the last's, empty ones included."""
    lasting: int
    """Seconds between those two by the chain's clock: anvil is late when it has much to answer."""
    transactions: int
    gas: int
    calldata: tuple[bytes, ...]
    """Of each transaction that was sent."""

    @property
    def gas_each(self) -> int:
        return (2 * self.gas + self.subscriptions) // (2 * self.subscriptions)

    def coin(self, network: cost.Network) -> Decimal:
        """Whole native coins that the run costs on a network, its data included."""
        data = sum(network.data_cost(each) for each in self.calldata)
        return units.from_base(self.gas * network.fee + data, 18)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subscriptions", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--save", action="store_true", help=f"also write {RESULT.relative_to(ROOT)}"
    )
    options = parser.parse_args(arguments)
    with (
        Anvil("--gas-limit", str(TOGETHER * _GAS), "--no-mining") as anvil,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        suite = deploy(anvil)
        task = progress.add_task("subscribing", total=options.subscriptions)
        plan = opened(suite)
        for done in subscribed(suite, plan, options.subscriptions):
            progress.update(task, completed=done)
        progress.update(task, description="collecting", total=None)
        found = collected(suite, options.subscriptions)
        made = f"{anvil.chain.request('web3_clientVersion').rpartition('/v')[2]}"
    text = as_text(found, made)
    if options.save:
        RESULT.write_text(text, encoding="utf-8")
    print(json.dumps(as_object(found)) if options.json else text)
    return 0


def payer(number: int) -> str:
    """An address that nobody has a key of, the same at each run."""
    return units.address("0x" + keccak(f"rapport bench payer {number}".encode())[12:].hex())


def opened(suite: Suite) -> int:
    """The number of the merchant's plan: 9.99 a month, a week of grace, no fee to callers."""
    terms = (suite.merchant.address, PERIOD, 0, 7 * DAY, suite.token, 0, False, PRICE, 0)
    suite.transact(suite.merchant, CONTRACT, "createPlan", keccak(b"plan"), terms)
    return 1


def subscribed(suite: Suite, plan: int, count: int) -> Iterator[int]:
    """Payers with money who have each subscribed and paid a first period; yields how many have."""
    anvil, till = suite.anvil, suite.address(CONTRACT)
    anvil.ask("anvil_autoImpersonateAccount", True)
    deadline = anvil.chain.block().timestamp.timestamp()
    about = (bytes(32), bytes(32), bytes(32), int(deadline) + PERIOD)
    allow = money().encode("approve", till, _ANY_AMOUNT)
    for start in range(0, count, TOGETHER):
        payers = [payer(number) for number in range(start, min(start + TOGETHER, count))]
        exchange(suite, [Request("anvil_setBalance", (each, hex(_ENOUGH)), str) for each in payers])
        minted = [(each, suite.token, money().encode("mint", each, YEAR)) for each in payers]
        send(suite, minted)
        send(suite, [(each, suite.token, allow) for each in payers])
        subscribe = interface(CONTRACT).function("subscribe")
        terms = [(each, plan, PRICE, keccak(each.encode()), *about) for each in payers]
        calls = [(each[0], till, subscribe.encode([each])) for each in terms]
        send(suite, calls)
        yield start + len(payers)
    anvil.ask("anvil_autoImpersonateAccount", False)


def send(suite: Suite, calls: Sequence[tuple[str, str, bytes]]) -> None:
    """
    Mines calls, by sender and recipient, in one block.

    Raises:
        SystemExit: One failed.
    """
    fee = {"gas": hex(_GAS), "maxFeePerGas": hex(_FEE), "maxPriorityFeePerGas": "0x0"}
    suite.anvil.base_fee(10**9)
    sent = exchange(
        suite,
        [
            Request(
                "eth_sendTransaction",
                ({"from": sender, "to": to, "data": f"0x{data.hex()}", **fee},),
                str,
            )
            for sender, to, data in calls
        ],
    )
    suite.anvil.mine()
    receipts = suite.chain.receipts(sent)
    if any(receipt is None or not receipt.ok for receipt in receipts):
        raise SystemExit("a transaction of the set-up failed")


def exchange(suite: Suite, requests: Sequence[Request]) -> list[Any]:
    replies = suite.chain.exchange(requests)
    for reply in replies:
        if isinstance(reply, Fault):
            raise SystemExit(f"the node refuses the set-up: {reply}")
    return list(replies)


def collected(suite: Suite, count: int) -> Collected:
    """
    Charges everything that is due after a period.

    Raises:
        SystemExit: Not every subscription was charged, once.
    """
    anvil, merchant = suite.anvil, suite.merchant.address
    anvil.ask("evm_increaseTime", PERIOD)
    anvil.ask("evm_setBlockGasLimit", hex(BLOCK_GAS))
    anvil.base_fee(10**9)
    anvil.mine()
    start, held = anvil.chain.block().number, suite.money_of(merchant)
    anvil.ask("evm_setIntervalMining", BLOCK_TIME)
    with (
        tempfile.TemporaryDirectory() as folder,
        Client(
            anvil.url,
            signer=suite.merchant,
            addresses=suite.book,
            journal=Path(folder) / "journal.db",
            policy=Policy(poll=0.1),
            send=False,
        ) as client,
    ):
        collector = client.renewals(merchant)
        started = time.perf_counter()
        report = collector.turn()
        seconds = Decimal(str(round(time.perf_counter() - started, 1)))
        collector.close()
    anvil.ask("evm_setIntervalMining", 0)
    events = suite.connect(timeout=120).events(CONTRACT, first=start + 1, names=["Charged"])
    ids = {event.args["subscriptionId"] for event in events}
    if not count == report.count("done") == len(events) == len(ids):
        raise SystemExit(f"{len(events)} charges of {count}, {len(ids)} different: not valid")
    if suite.money_of(merchant) - held != count * PRICE:
        raise SystemExit("the merchant did not get the price of each charge: not valid")
    hashes = list(dict.fromkeys(event.log.tx_hash for event in events))
    gas, calldata = spent(suite, hashes)
    numbers = {event.log.block_number for event in events}
    first, last = (suite.chain.block(number) for number in (min(numbers), max(numbers)))
    blocks = last.number - first.number + 1
    lasting = int((last.timestamp - first.timestamp).total_seconds())
    return Collected(count, seconds, blocks, lasting, len(hashes), gas, calldata)


def spent(suite: Suite, hashes: Sequence[str]) -> tuple[int, tuple[bytes, ...]]:
    """Gas of transactions in all, and the calldata of each."""
    found = exchange(suite, [Request("eth_getTransactionByHash", (each,), dict) for each in hashes])
    receipts = exchange(
        suite, [Request("eth_getTransactionReceipt", (each,), dict) for each in hashes]
    )
    gas = sum(int(each["gasUsed"], 16) for each in receipts)
    return gas, tuple(bytes.fromhex(each["input"][2:]) for each in found)


def as_object(found: Collected) -> dict[str, Any]:
    """One JSON object. Money is decimal text in whole native coins."""
    record = asdict(found)
    del record["calldata"]
    costs = {name: str(found.coin(each)) for name, each in cost.networks().items()}
    return {**record, "seconds": str(found.seconds), "gas_each": found.gas_each, "coin": costs}


def as_text(found: Collected, anvil: str) -> str:
    """Markdown."""
    count = found.subscriptions
    rows = [
        ("subscriptions charged", f"{count:,}"),
        ("time", f"{found.seconds} s"),
        ("a second", f"{count / found.seconds:,.0f}"),
        ("transactions", f"{found.transactions:,}"),
        ("blocks from the first charge to the last", f"{found.blocks:,}"),
        ("seconds between them", f"{found.lasting:,}"),
        ("gas", f"{found.gas:,}"),
        ("gas of each", f"{found.gas_each:,}"),
    ]
    networks = cost.networks().values()
    costs = [
        (
            each.title,
            f"{units.from_base(each.fee, 9).normalize():f}",
            _coin(found.coin(each), each),
            _coin(found.coin(each) / count, each),
        )
        for each in networks
    ]
    made = f"{datetime.now(UTC):%Y-%m-%d} with anvil {anvil}; contracts at {packages.commit()}"
    return "\n".join(
        [
            "# Renewals",
            "",
            f"Made by `make bench-renewals` on {made}. {count:,} payers, each with one subscription"
            " that is due, and one collector that begins with nothing. Blocks of"
            f" {BLOCK_GAS:,} gas, one in {BLOCK_TIME} s where the node keeps up, no points earned;"
            f" anvil on the same {os.cpu_count()} cores, which may do other work. Every charge"
            " was counted from the chain.",
            "",
            "| | |",
            "|---|---:|",
            *(f"| {what} | {value} |" for what, value in rows),
            "",
            "What that costs, at the fees that `rapport cost` plans with"
            " (`sdk/rapport/networks.json`), the data that a rollup puts on Ethereum included:",
            "",
            "| network | gwei per gas | the run | each |",
            "|---|---:|---:|---:|",
            *(f"| {' | '.join(row)} |" for row in costs),
            "",
        ]
    )


def _coin(amount: Decimal, network: cost.Network) -> str:
    """Four digits that count, and the coin."""
    places = max(0, 3 - amount.adjusted())
    return f"{amount:.{places}f} {network.coin}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
