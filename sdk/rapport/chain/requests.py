"""The JSON-RPC methods that this package uses, and how their answers become values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rapport import units
from rapport.chain.rpc import Fault, Request
from rapport.codec import checksum_address
from rapport.models import Block, Log, Receipt, SendReply

BlockId = int | str
"""A block number, a block's hash, or ``latest``, ``pending``, ``safe``, ``finalized``."""


def chain_id() -> Request:
    return Request("eth_chainId", (), number)


def block(which: BlockId = "latest") -> Request:
    """A block's header, or ``None`` if the node has no such block."""
    if isinstance(which, str) and which.startswith("0x") and len(which) == 66:
        return Request("eth_getBlockByHash", (which, False), parse_block)
    return Request("eth_getBlockByNumber", (tag(which), False), parse_block)


def nonce(address: str, which: BlockId = "latest") -> Request:
    return Request("eth_getTransactionCount", (address, tag(which)), number)


def balance(address: str, which: BlockId = "latest") -> Request:
    return Request("eth_getBalance", (address, tag(which)), number)


def code(address: str) -> Request:
    return Request("eth_getCode", (address, "latest"), unhex)


def priority_fee() -> Request:
    return Request("eth_maxPriorityFeePerGas", (), number)


def receipt(tx_hash: str) -> Request:
    """A receipt, or ``None`` while the transaction is not mined."""
    return Request("eth_getTransactionReceipt", (tx_hash,), parse_receipt)


def send_raw(raw: bytes) -> Request:
    return Request("eth_sendRawTransaction", (f"0x{raw.hex()}",), str)


def call(
    to: str,
    data: bytes,
    *,
    sender: str | None = None,
    gas: int | None = None,
    value: int = 0,
    which: BlockId = "latest",
) -> Request:
    return Request("eth_call", (message(to, data, sender, gas, value), tag(which)), unhex)


def estimate(to: str, data: bytes, *, sender: str, value: int = 0) -> Request:
    return Request("eth_estimateGas", (message(to, data, sender, None, value),), number)


def logs(
    addresses: Sequence[str],
    topics: Sequence[Any],
    first: BlockId,
    last: BlockId,
) -> Request:
    query = {
        "address": list(addresses),
        "topics": list(topics),
        "fromBlock": tag(first),
        "toBlock": tag(last),
    }
    return Request("eth_getLogs", (query,), lambda result: [parse_log(item) for item in result])


def message(
    to: str, data: bytes, sender: str | None, gas: int | None, value: int
) -> dict[str, str]:
    fields = {"to": to, "data": f"0x{data.hex()}"}
    if sender is not None:
        fields["from"] = sender
    if gas is not None:
        fields["gas"] = hex(gas)
    if value:
        fields["value"] = hex(value)
    return fields


def tag(which: BlockId) -> str:
    return hex(which) if isinstance(which, int) else which


def number(result: Any) -> int:
    return int(result, 16)


def unhex(result: Any) -> bytes:
    return bytes.fromhex(result.removeprefix("0x"))


def parse_block(result: Any) -> Block | None:
    if result is None:
        return None
    return Block(
        number(result["number"]),
        result["hash"],
        result["parentHash"],
        units.from_timestamp(number(result["timestamp"])),
        number(result.get("baseFeePerGas") or "0x0"),
        number(result["gasLimit"]),
    )


def parse_log(item: Mapping[str, Any]) -> Log:
    return Log(
        _checksummed(item["address"]),
        tuple(unhex(topic) for topic in item["topics"]),
        unhex(item["data"]),
        number(item["blockNumber"]),
        item["blockHash"],
        item["transactionHash"],
        number(item["logIndex"]),
    )


@lru_cache(maxsize=1024)
def _checksummed(address: str) -> str:
    return checksum_address(address)


def parse_receipt(result: Any) -> Receipt | None:
    if result is None or result.get("blockHash") is None:
        return None
    return Receipt(
        result["transactionHash"],
        number(result["blockNumber"]),
        result["blockHash"],
        number(result["status"]) == 1,
        number(result["gasUsed"]),
        number(result.get("effectiveGasPrice") or "0x0"),
        tuple(parse_log(item) for item in result["logs"]),
    )


# How nodes word it (geth, anvil, reth, nethermind, besu, erigon); matched in lower case.
_VERDICTS = (
    ("accepted", ("already known", "already imported", "known transaction", "alreadyknown")),
    ("nonce_too_low", ("nonce too low", "nonce is too low", "oldnonce", "nonce_too_low")),
    (
        "underpriced",
        (
            "underpriced",
            "fee too low",
            "max fee per gas less than block base fee",
            "feetoolow",
            "gas price below",
            "fee cap less than",
        ),
    ),
    ("insufficient_funds", ("insufficient funds", "insufficientfunds", "upfront cost exceeds")),
    (
        "refused",
        (
            "exceeds block gas limit",
            "intrinsic gas too low",
            "invalid sender",
            "invalid chain id",
            "chain id",
            "oversized data",
            "max initcode",
            "exceeds the configured cap",
        ),
    ),
)


def send_reply(tx_hash: str, reply: Any) -> SendReply:
    """What a node's answer to a raw transaction means for it."""
    if not isinstance(reply, Fault):
        return SendReply(tx_hash, "accepted")
    words = reply.message.lower()
    for verdict, phrases in _VERDICTS:
        if any(phrase in words for phrase in phrases):
            return SendReply(tx_hash, verdict, reply.message)
    return SendReply(tx_hash, "unknown", reply.message)
