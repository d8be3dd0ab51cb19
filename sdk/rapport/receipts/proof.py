"""Proof that an event is in a block, which holds without a chain: header, receipt, and the path.

A block's hash is the hash of its header; the header has the root of a trie over the receipts of all
its transactions; a receipt has the events. So whoever trusts a block's hash, from any node or
explorer, needs nothing else to see that a contract emitted an event in it. Nothing here reads a
chain: blocks and receipts come in as JSON-RPC gives them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eth_utils.crypto import keccak

from rapport import units
from rapport.models import Log
from rapport.receipts.errors import HeaderInvalid, LogInvalid, PathInvalid, ReceiptsIncomplete
from rapport.receipts.merkle_patricia import Item, ValueTrie, decode, encode, proved, whole

Rpc = Mapping[str, Any]
"""An object as a node answers it: names to ``0x`` texts and lists."""

_HEADER: tuple[tuple[str, bool], ...] = (  # name as in JSON-RPC, whether it is a number
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
)
_LATER: tuple[tuple[str, bool], ...] = (  # each fork added to those before
    ("baseFeePerGas", True),  # EIP-1559, London
    ("withdrawalsRoot", False),  # EIP-4895, Shanghai
    ("blobGasUsed", True),  # EIP-4844, Cancun
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),  # EIP-4788
    ("requestsHash", False),  # EIP-7685, Prague
)
_RECEIPTS_ROOT, _NUMBER, _TIMESTAMP = 5, 8, 11
_MAX_TYPE = 0x7F  # EIP-2718: the first byte of a typed receipt
_DEPOSIT = 0x7E  # of the OP stack, whose receipts have two fields more since Canyon


@dataclass(frozen=True, slots=True)
class LogProof:
    """
    Leads from a block's hash to one log. ``header`` is the header's RLP, ``transaction`` the index
    in the block, ``log`` the place among this transaction's logs, ``nodes`` the path's RLP.
    """

    header: bytes
    transaction: int
    log: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProvedLog:
    """A log that is in a block for certain, if the block's hash is. ``address`` is checksummed."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_hash: str
    block_number: int
    block_time: datetime


def prove(block: Rpc, receipts: Sequence[Rpc], log: Log) -> LogProof:
    """
    A proof for a log, from its block and the receipts of all the block's transactions in order
    (``eth_getBlockByHash``, ``eth_getBlockReceipts``).

    Raises:
        HeaderInvalid: The block's fields do not give its hash.
        ReceiptsIncomplete: The receipts do not give the block's receipts root.
        LogInvalid: None of the receipts has the log.
    """
    try:
        return _prove(block, receipts, log)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReceiptsIncomplete(
            f"an answer of another shape ({type(error).__name__}: {error})",
            "a block and its receipts as JSON-RPC gives them",
        ) from error


def verify(proof: LogProof, *, block_hash: str, contract: str) -> ProvedLog:
    """
    The log that a proof leads to. Trust it as far as you trust the block's hash.

    Raises:
        HeaderInvalid: The header is not that of the block.
        PathInvalid: The path does not lead from the header's root to a receipt.
        LogInvalid: The receipt has no such log, or another contract emitted it.
    """
    met = f"0x{keccak(proof.header).hex()}"
    if met != block_hash.lower():
        raise HeaderInvalid(f"the hash {met}", f"the block's hash {block_hash}")
    fields = _header_fields(proof.header)
    receipt = proved(fields[_RECEIPTS_ROOT], proof.transaction, proof.nodes)
    logs = _logs(receipt)
    if not 0 <= proof.log < len(logs):
        raise LogInvalid(f"{len(logs)} events of the transaction", f"event {proof.log} of it")
    address, topics, data = logs[proof.log]
    emitter = units.address(f"0x{address.hex()}")
    if emitter != units.address(contract):
        raise LogInvalid(f"an event of {emitter}", f"one of {contract}")
    return ProvedLog(
        address=emitter,
        topics=topics,
        data=data,
        block_hash=met,
        block_number=int.from_bytes(fields[_NUMBER], "big"),
        block_time=units.from_timestamp(int.from_bytes(fields[_TIMESTAMP], "big")),
    )


def header_rlp(block: Rpc) -> bytes:
    """
    The RLP of a block's header, whose hash is the block's.

    Raises:
        HeaderInvalid: It is not; the chain has headers of another kind, or a field is missing.
    """
    missing = [name for name, _ in _HEADER if block.get(name) is None]
    if missing:
        raise HeaderInvalid(f"a block without {missing[0]}", "the whole block from the node")
    later = [(name, number) for name, number in _LATER if block.get(name) is not None]
    header = encode([_field(block[name], number) for name, number in (*_HEADER, *later)])
    met = f"0x{keccak(header).hex()}"
    if met != str(block["hash"]).lower():
        raise HeaderInvalid(f"fields with the hash {met}", f"the block's hash {block['hash']}")
    return header


def receipt_rlp(receipt: Rpc) -> bytes:
    """A transaction's receipt as the block's trie holds it (EIP-2718)."""
    kind = int(receipt.get("type") or "0x0", 16)
    outcome = receipt.get("status")
    payload: list[Item] = [
        _field(outcome, True) if outcome is not None else _bytes(receipt["root"]),
        _field(receipt["cumulativeGasUsed"], True),
        _bytes(receipt["logsBloom"]),
        [
            [_bytes(log["address"]), [_bytes(each) for each in log["topics"]], _bytes(log["data"])]
            for log in receipt["logs"]
        ],
    ]
    if kind == _DEPOSIT and receipt.get("depositReceiptVersion") is not None:
        payload.append(_field(receipt["depositNonce"], True))
        payload.append(_field(receipt["depositReceiptVersion"], True))
    return (bytes([kind]) if kind else b"") + encode(payload)


def _prove(block: Rpc, receipts: Sequence[Rpc], log: Log) -> LogProof:
    header = header_rlp(block)
    trie = ValueTrie([receipt_rlp(receipt) for receipt in receipts])
    if trie.root != _bytes(block["receiptsRoot"]):
        raise ReceiptsIncomplete(
            f"{len(receipts)} receipts with root 0x{trie.root.hex()}",
            f"the receipts with root {block['receiptsRoot']}",
        )
    for transaction, receipt in enumerate(receipts):
        if str(receipt["transactionHash"]).lower() != log.tx_hash.lower():
            continue
        for place, entry in enumerate(receipt["logs"]):
            if int(entry["logIndex"], 16) == log.index:
                return LogProof(header, transaction, place, trie.prove(transaction))
    raise LogInvalid(
        f"{len(receipts)} receipts without it", f"log {log.index} of transaction {log.tx_hash}"
    )


def _header_fields(header: bytes) -> list[bytes]:
    try:
        fields = decode(header)
    except ValueError as error:
        raise HeaderInvalid("bytes that are no RLP", "the RLP of a block's header") from error
    flat = isinstance(fields, list) and all(isinstance(each, bytes) for each in fields)
    if not flat or len(fields) < len(_HEADER) or len(fields[_RECEIPTS_ROOT]) != 32:
        raise HeaderInvalid("a list of another shape", "the fields of a block's header")
    return list(fields)


def _logs(receipt: bytes) -> list[tuple[bytes, tuple[bytes, ...], bytes]]:
    """The logs of a receipt: address, topics, data."""
    payload = receipt[1:] if receipt[0] <= _MAX_TYPE else receipt
    try:
        return [_log(*entry) for entry in decode(payload)[3]]
    except (ValueError, TypeError, IndexError) as error:
        raise PathInvalid("a value that is no receipt", "a transaction's receipt") from error


def _log(address: Any, topics: Any, data: Any) -> tuple[bytes, tuple[bytes, ...], bytes]:
    sized = [*((each, 32) for each in topics), (address, 20)]
    fits = all(isinstance(each, bytes) and len(each) == size for each, size in sized)
    if not fits or not isinstance(data, bytes):
        raise ValueError("no log")
    return address, tuple(topics), data


def _field(value: Any, number: bool) -> bytes:
    return whole(int(value, 16)) if number else _bytes(value)


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(str(value).removeprefix("0x"))
