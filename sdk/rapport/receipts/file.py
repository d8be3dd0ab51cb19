"""The file that a customer gets: a receipt, what shows that it is unaltered, and the proof."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from rapport import units
from rapport.errors import InputError
from rapport.receipts.canonical import Document, parse
from rapport.receipts.digest import digest, receipt_key
from rapport.receipts.errors import (
    HeaderInvalid,
    ProofMissing,
    ReceiptAltered,
    ReceiptContradicted,
    ReceiptMalformed,
)
from rapport.receipts.event import ConsentChange, check_agreement, consent_change
from rapport.receipts.formats import Format, parse_document, render
from rapport.receipts.proof import LogProof, verify
from rapport.receipts.reading import Place
from rapport.receipts.records import ConsentReceipt

VERSION = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    Where the chain has the digest. ``transaction`` is where to look it up; everything else is
    checked offline against ``block_hash``.
    """

    chain_id: int
    contract: str
    transaction: str
    block_number: int
    block_hash: str
    proof: LogProof


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """
    A receipt as handed over. ``document`` is in ``format``; ``key`` belongs to this receipt alone;
    ``digest`` is what the chain holds; ``evidence`` comes once a block has it.
    """

    format: Format
    document: Document
    key: bytes
    digest: bytes
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """
    What a file proves, if ``block_hash`` is the hash of a block of the chain ``receipt.chain_id``.
    """

    receipt: ConsentReceipt
    change: ConsentChange
    block_number: int
    block_hash: str
    block_time: datetime


def issue(
    receipt: ConsentReceipt, customer_key: bytes, format: Format = Format.ISO_27560
) -> ReceiptFile:
    """
    The file of a new receipt, without evidence; its digest goes on chain with the decision.

    Raises:
        InputError: The customer's key is not 32 bytes.
    """
    key = receipt_key(customer_key, receipt.id)
    document = render(receipt, format)
    return ReceiptFile(format, document, key, digest(key, document))


def write(file: ReceiptFile) -> str:
    """The file's JSON text."""
    evidence = file.evidence
    content: Document = {
        "version": VERSION,
        "format": file.format.value,
        "receipt": file.document,
        "key": units.hex32(file.key),
        "digest": units.hex32(file.digest),
        "evidence": None if evidence is None else _written(evidence),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read(text: str | bytes) -> ReceiptFile:
    """
    A file from its text. Nothing is checked but how it is written; see :func:`opened`.

    Raises:
        ReceiptMalformed: It is no such file; tells where and what is required.
    """
    try:
        top = Place(parse(text))
    except InputError as error:
        raise ReceiptMalformed("the file", str(error), "a JSON text") from error
    top.only("version", "format", "receipt", "key", "digest", "evidence")
    if top.at("version").number() != VERSION:
        raise top.at("version").wrong(f"{VERSION}")
    if top.at("format").text() not in tuple(Format):
        raise top.at("format").wrong(f"one of {', '.join(Format)}")
    evidence = top.at("evidence")
    return ReceiptFile(
        format=Format(top.at("format").text()),
        document=top.at("receipt").object(),
        key=top.at("key").hexadecimal(32),
        digest=top.at("digest").hexadecimal(32),
        evidence=None if evidence.value is None else _evidence(evidence),
    )


def opened(file: ReceiptFile) -> ConsentReceipt:
    """
    The receipt of a file, if content, key and digest belong together. Says nothing of the chain.

    Raises:
        ReceiptAltered: They do not.
        ReceiptMalformed: The document is not written as its format requires.
    """
    met = digest(file.key, file.document)
    if not hmac.compare_digest(met, file.digest):
        raise ReceiptAltered(units.hex32(met), units.hex32(file.digest))
    return parse_document(file.document, file.format)


def verify_offline(file: ReceiptFile) -> Verified:
    """
    Everything that a file proves without a chain: the receipt is unaltered, and the event with its
    digest is in the block. What is left is to see that the block is one of the chain.

    Raises:
        ReceiptAltered, ReceiptMalformed: As :func:`opened`.
        ProofMissing: The file has no evidence.
        ReceiptContradicted: Evidence or event are of another chain, contract or decision.
        HeaderInvalid, PathInvalid, LogInvalid: The evidence is no proof.
    """
    receipt = opened(file)
    evidence = file.evidence
    if evidence is None:
        raise ProofMissing
    if evidence.chain_id != receipt.chain_id:
        raise ReceiptContradicted("the chain", f"{evidence.chain_id}", f"{receipt.chain_id}")
    if evidence.contract != receipt.contract:
        raise ReceiptContradicted("the contract", evidence.contract, receipt.contract)
    log = verify(evidence.proof, block_hash=evidence.block_hash, contract=evidence.contract)
    if log.block_number != evidence.block_number:
        raise HeaderInvalid(f"block {evidence.block_number}", f"block {log.block_number}")
    change = consent_change(log)
    if not hmac.compare_digest(change.receipt, file.digest):
        met, required = units.hex32(change.receipt), units.hex32(file.digest)
        raise ReceiptContradicted("the digest", met, required)
    check_agreement(receipt, change)
    return Verified(receipt, change, log.block_number, log.block_hash, log.block_time)


def _written(evidence: Evidence) -> Document:
    proof = evidence.proof
    return {
        "chainId": evidence.chain_id,
        "contract": evidence.contract,
        "transaction": evidence.transaction,
        "block": {
            "number": evidence.block_number,
            "hash": evidence.block_hash,
            "header": f"0x{proof.header.hex()}",
        },
        "transactionIndex": proof.transaction,
        "logIndex": proof.log,
        "proof": [f"0x{node.hex()}" for node in proof.nodes],
    }


def _evidence(place: Place) -> Evidence:
    place.only(
        *("chainId", "contract", "transaction", "block", "transactionIndex", "logIndex", "proof")
    )
    block = place.at("block")
    block.only("number", "hash", "header")
    contract = place.at("contract")
    try:
        checksummed = units.address(contract.text()) == contract.text()
    except InputError:
        checksummed = False
    if not checksummed:
        raise contract.wrong("a checksummed address")
    return Evidence(
        chain_id=_natural(place.at("chainId")),
        contract=contract.text(),
        transaction=units.hex32(place.at("transaction").hexadecimal(32)),
        block_number=_natural(block.at("number")),
        block_hash=units.hex32(block.at("hash").hexadecimal(32)),
        proof=LogProof(
            header=block.at("header").hexadecimal(),
            transaction=_natural(place.at("transactionIndex")),
            log=_natural(place.at("logIndex")),
            nodes=tuple(node.hexadecimal() for node in place.at("proof").items()),
        ),
    )


def _natural(place: Place) -> int:
    if place.number() < 0:
        raise place.wrong("zero or more")
    return place.number()
