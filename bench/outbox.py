"""How many durable transactions a second the outbox sends, beside two ways of sending without it.

Everything runs on this machine, anvil included. The work is the same for all: ``award`` of the
deployed ``LoyaltyPoints``, one transaction for each, every one counted from the chain at the end.

- sequential: a plain web3.py loop; build, sign, send, wait for the receipt.
- unjournaled: sign and send in batches, receipts awaited at the end; nothing is kept on disk, so
  a crash loses or doubles. What the node loses is sent again from memory.
- outbox: submitted, committed with full sync before each broadcast, followed to the receipt.

Left to itself anvil mines as soon as something waits, in hundreds of small blocks, each of which
costs it. The last two are therefore measured a second time with blocks on a clock, as chains have
them; the loop, which waits for each receipt, is at its best without.

    python -m bench.outbox [--json] [--transactions 5000] [--sequential 300] [--rounds 1]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from web3 import HTTPProvider, Web3

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rapport.artifacts import interface  # noqa: E402
from rapport.outbox import Outbox, Policy, SqliteJournal  # noqa: E402
from rapport.outbox.policy import Price  # noqa: E402
from rapport.outbox.transactions import sign  # noqa: E402
from tests.sdk.support.anvil import CHAIN_ID, Anvil  # noqa: E402
from tests.sdk.support.kinds import BlindAward, award, customer_id  # noqa: E402
from tests.sdk.support.suite import Suite, account, deploy  # noqa: E402

CUSTOMERS = 200
GAS = 160_000
BATCH = 200
WINDOW = 3 * BATCH  # in flight; anvil orders a pool of a thousand so that most blocks stay empty
MAX_FEE = 1_000 * 10**9  # full blocks drive the base fee up
TIP = 10**9

AT_ONCE: tuple[str, ...] = ()
CLOCK = ("--block-time", "0.1")  # seconds

Report = Callable[[int], None]
Way = Callable[[Suite, int, Report], None]


@dataclass(frozen=True)
class Measured:
    """
    One way of sending. ``seconds`` runs from the first intent to the last receipt, the median of
    all rounds.
    """

    name: str
    transactions: int
    seconds: Decimal
    durable: bool
    blocks: str

    @property
    def rate(self) -> Decimal:
        return Decimal(self.transactions) / self.seconds


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    fast, slow = options.transactions, options.sequential
    ways: list[tuple[str, Way, int, tuple[str, ...]]] = [
        ("sequential web3.py loop", sequential, slow, AT_ONCE),
        ("sign and send, no journal", unjournaled, fast, AT_ONCE),
        ("outbox", durable, fast, AT_ONCE),
        ("sign and send, no journal", unjournaled, fast, CLOCK),
        ("outbox", durable, fast, CLOCK),
    ]
    taken: list[list[Decimal]] = [[] for _ in ways]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for _ in range(options.rounds):  # in turn, so that a busy machine slows all alike
            for seconds, (name, run, count, blocks) in zip(taken, ways, strict=True):
                task = progress.add_task(name, total=count)
                seconds.append(
                    timed(
                        run, count, blocks, lambda n, task=task: progress.update(task, completed=n)
                    )
                )
                progress.remove_task(task)
    results = [
        Measured(
            name,
            count,
            statistics.median(seconds),
            run is durable,
            "every 0.1 s" if blocks else "at once",
        )
        for seconds, (name, run, count, blocks) in zip(taken, ways, strict=True)
    ]
    show(results, as_json=options.json)
    return 0


def timed(run: Way, count: int, blocks: tuple[str, ...], report: Report) -> Decimal:
    """Seconds on a fresh chain, so that none inherits another's history."""
    with Anvil(*blocks) as anvil:
        suite = prepared(anvil)
        started = time.perf_counter()
        run(suite, count, report)
        seconds = Decimal(str(round(time.perf_counter() - started, 4)))
        insist(suite, count)
    return seconds


def parsed(arguments: list[str]) -> Any:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transactions", type=int, default=5_000, help="for the fast ways")
    parser.add_argument("--sequential", type=int, default=300, help="for the sequential loop")
    parser.add_argument("--rounds", type=int, default=1, help="of all ways in turn; the median")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser.parse_args(arguments)


def prepared(anvil: Anvil) -> Suite:
    """The suite with customers, so that every award costs the same."""
    suite = deploy(anvil)
    ids = [customer_id(number) for number in range(CUSTOMERS)]
    suite.transact(suite.backend, "CustomerRegistry", "registerBatch", ids[:50], bytes(32))
    return suite


def insist(suite: Suite, count: int) -> None:
    """Count the effects from the chain itself."""
    events = suite.connect(timeout=120).events("LoyaltyPoints", names=["Awarded"])
    refs = {event.args["ref"] for event in events}
    if len(events) != count or len(refs) != count:
        raise SystemExit(f"{len(events)} effects of {count}, {len(refs)} different: not valid")


def calldata(suite: Suite, number: int) -> bytes:
    _, payload = award(number % CUSTOMERS, f"order:{number}")
    customer, ref = (bytes.fromhex(payload[name][2:]) for name in ("customer", "ref"))
    return suite.chain_contract("LoyaltyPoints").encode(
        "award", customer, ref, payload["points"], 0
    )


def sequential(suite: Suite, count: int, report: Report) -> None:
    """What a first version of a backend does."""
    w3 = Web3(HTTPProvider(suite.anvil.url))
    # The dev key of account 1; only this peer needs it as such.
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    phrase = "test test test test test test test test test test test junk"
    sender = Account.from_mnemonic(phrase, account_path="m/44'/60'/0'/0/1")
    contract = w3.eth.contract(
        address=Web3.to_checksum_address(suite.address("LoyaltyPoints")),
        abi=interface("LoyaltyPoints").abi,
    )
    for number in range(count):
        _, payload = award(number % CUSTOMERS, f"order:{number}")
        call = contract.functions.award(payload["customer"], payload["ref"], payload["points"], 0)
        transaction = call.build_transaction(
            {"from": sender.address, "nonce": w3.eth.get_transaction_count(sender.address)}
        )
        signed = sender.sign_transaction(transaction)
        tx_hash = w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = w3.eth.wait_for_transaction_receipt(tx_hash, poll_latency=0.001)
        if receipt["status"] != 1:
            raise SystemExit("a transaction of the sequential loop failed")
        report(number + 1)


def unjournaled(suite: Suite, count: int, report: Report) -> None:
    """The same signing and batching as the outbox, and nothing kept."""
    chain, signer = suite.connect(batch_limit=BATCH), account(1)
    to, nonce = suite.address("LoyaltyPoints"), suite.chain.nonce(account(1).address)
    raws: dict[str, bytes] = {}
    for start in range(0, count, BATCH):
        attempts = [
            sign(
                signer,
                chain_id=CHAIN_ID,
                nonce=nonce + number,
                to=to,
                data=calldata(suite, number),
                value=0,
                gas=GAS,
                price=Price(MAX_FEE, TIP),
            )
            for number in range(start, min(start + BATCH, count))
        ]
        batch = {attempt.hash: attempt.raw for attempt in attempts}
        chain.send_raw(list(batch.items()))
        raws |= batch
        report(len(raws))
        while nonce + len(raws) - chain.nonce(signer.address) > WINDOW:
            time.sleep(0.005)
    missing, sent = list(raws), time.monotonic()
    while missing:
        receipts = chain.receipts(missing[:BATCH])
        found = {receipt.tx_hash for receipt in receipts if receipt is not None}
        missing = [tx_hash for tx_hash in missing if tx_hash not in found]
        if missing and time.monotonic() - sent > 1:
            # Now and then the node loses one, and all after it wait.
            chain.send_raw([(tx_hash, raws[tx_hash]) for tx_hash in missing])
            sent = time.monotonic()


def durable(suite: Suite, count: int, report: Report) -> None:
    """Submitted, journaled, sent, followed to the end."""
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(
            suite.connect(batch_limit=BATCH),
            SqliteJournal(Path(folder) / "journal.db"),
            account(1),
            [BlindAward(suite)],
            Policy(max_in_flight=WINDOW, poll=0.02),
        )
        awards = (award(number % CUSTOMERS, f"order:{number}") for number in range(count))
        submissions = outbox.submit_many("test.blind", awards)
        status = outbox.drain(timeout=120, progress=lambda s: report(count - s.open))
        if status.counts.get("final") != len(submissions):
            raise SystemExit(f"not everything became final: {status}")


def show(results: list[Measured], *, as_json: bool) -> None:
    slow, plain, ours, plain_on_clock, ours_on_clock = results
    if as_json:
        record = {
            "transactions_per_second": rates((slow, plain, ours)),
            "outbox_to_sequential": ratio(ours, slow),
            "outbox_to_unjournaled": ratio(ours, plain),
            "with_blocks_every_100_ms": {
                "transactions_per_second": rates((plain_on_clock, ours_on_clock)),
                "outbox_to_unjournaled": ratio(ours_on_clock, plain_on_clock),
            },
        }
        print(json.dumps(record))
        return
    table = Table(title="Durable transactions, with anvil on the same machine")
    for column in (
        "way",
        "blocks",
        "transactions",
        "seconds",
        "a second",
        "ratio",
        "survives kill -9",
    ):
        left = column in ("way", "blocks")
        table.add_column(column, justify="left" if left else "right")
    for result in results:
        table.add_row(
            result.name,
            result.blocks,
            f"{result.transactions:,}",
            f"{result.seconds:.2f}",
            f"{result.rate:,.0f}",
            f"{result.rate / slow.rate:.2f}x",
            "yes" if result.durable else "no",
        )
    Console(width=None if sys.stdout.isatty() else 110).print(table)


def rates(results: Sequence[Measured]) -> dict[str, float]:
    return {result.name: float(round(result.rate, 1)) for result in results}


def ratio(one: Measured, other: Measured) -> float:
    return float(round(one.rate / other.rate, 2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
