"""Real blocks to prove from: decisions in the consent registry, with company in the block."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rapport import units
from rapport.artifacts import interface
from rapport.models import Log
from rapport.receipts import (
    Actor,
    Choice,
    ConsentReceipt,
    Evidence,
    Notice,
    ReceiptFile,
    issue,
    prove,
)
from rapport.receipts.records import Answer
from tests.sdk.receipts.samples import CUSTOMER_KEY, RECEIPT
from tests.sdk.support.suite import LANES, NOTICE, NOTICE_DOCUMENT, Suite

TOPIC = interface("ConsentRegistry").event("ConsentChanged").topic


@dataclass(frozen=True)
class Mined:
    """A block as the node answers it, the receipts of all its transactions, and its changes."""

    block: dict[str, Any]
    receipts: list[dict[str, Any]]
    changes: list[Log]


def customer(number: int) -> bytes:
    return bytes([0xC0 + number]) * 32


def receipt_for(suite: Suite, number: int) -> ConsentReceipt:
    """A customer's receipt: lanes 0 and 3 granted, lane 1 refused, lane 2 withdrawn."""
    answers = {0: Answer.GRANTED, 1: Answer.REFUSED, 2: Answer.WITHDRAWN, 3: Answer.GRANTED}
    choices = tuple(
        Choice(
            group=0,
            lane=lane,
            label=LANES[lane].words,
            purpose=LANES[lane].iri,
            answer=answer,
            data=("https://w3id.org/dpv/pd#EmailAddress",),
            max_age_days=LANES[lane].max_age_days if answer is Answer.GRANTED else None,
        )
        for lane, answer in answers.items()
    )
    notice = Notice(0, NOTICE, units.hex32(NOTICE_DOCUMENT), "https://coffee.example/notices/1")
    return replace(
        RECEIPT,
        id=f"7f0d7a0e-3c5f-4c39-8f0e-{number:012d}",
        customer_id=units.hex32(customer(number)),
        notices=(notice,),
        choices=choices,
        recorded_by=Actor.OPERATOR,
        contract=suite.address("ConsentRegistry"),
        sensitive=(),
    )


def mine(suite: Suite, files: list[ReceiptFile], transfers: int, first: int = 0) -> Mined:
    """One block: transfers of all types, a failure, and the decisions, in the node's order."""
    anvil, backend = suite.anvil, suite.backend.address
    people = anvil.ask("eth_accounts")[2:]
    price = {"gasPrice": hex(100 * 10**9)}
    kinds: list[dict[str, Any]] = [price, {"accessList": [], **price}, {}]
    anvil.automine(False)
    for number in range(transfers):
        kind = kinds[number % len(kinds)]
        sender, to = people[number % len(people)], people[(number + 1) % len(people)]
        anvil.ask("eth_sendTransaction", {"from": sender, "to": to, "gas": "0x7530", **kind})
    registry = {"to": suite.address("ConsentRegistry"), "gas": hex(500_000), **price}
    anvil.ask("eth_sendTransaction", {"from": people[0], "data": "0x00000000", **registry})
    for number, file in enumerate(files, first):
        decision = (customer(number), 0, 0b0001001, 0b0000100, NOTICE, file.digest)
        data = interface("ConsentRegistry").encode("recordFor", decision, 0)
        anvil.ask("eth_sendTransaction", {"from": backend, "data": f"0x{data.hex()}", **registry})
    anvil.mine()
    anvil.automine(True)
    block = anvil.ask("eth_getBlockByNumber", "latest", False)
    receipts = anvil.ask("eth_getBlockReceipts", block["hash"])
    return Mined(block, receipts, [log for each in receipts for log in _changes(each)])


def with_evidence(suite: Suite, file: ReceiptFile, mined: Mined, log: Log) -> ReceiptFile:
    evidence = Evidence(
        chain_id=31337,
        contract=suite.address("ConsentRegistry"),
        transaction=log.tx_hash,
        block_number=log.block_number,
        block_hash=log.block_hash,
        proof=prove(mined.block, mined.receipts, log),
    )
    return replace(file, evidence=evidence)


def issued(suite: Suite, count: int) -> list[ReceiptFile]:
    return [issue(receipt_for(suite, number), CUSTOMER_KEY) for number in range(count)]


def _changes(receipt: dict[str, Any]) -> list[Log]:
    return [
        Log(
            address=units.address(log["address"]),
            topics=tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
            data=bytes.fromhex(log["data"][2:]),
            block_number=int(log["blockNumber"], 16),
            block_hash=log["blockHash"],
            tx_hash=log["transactionHash"],
            index=int(log["logIndex"], 16),
        )
        for log in receipt["logs"]
        if bytes.fromhex(log["topics"][0][2:]) == TOPIC
    ]
