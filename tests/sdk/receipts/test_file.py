"""The customer's file is read back whole, proves its receipt offline, shows any alteration."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from rapport.receipts import (
    Format,
    HeaderInvalid,
    LogInvalid,
    PathInvalid,
    ProofMissing,
    ReceiptAltered,
    ReceiptContradicted,
    ReceiptError,
    ReceiptFile,
    ReceiptMalformed,
    issue,
    opened,
    read,
    render,
    verify_offline,
    write,
)
from rapport.receipts import errors as kinds
from tests.sdk.conftest import deep
from tests.sdk.receipts import chain
from tests.sdk.receipts.conftest import CUSTOMERS, Proved
from tests.sdk.receipts.documents import at, replaced, without
from tests.sdk.receipts.samples import CUSTOMER_KEY, RECEIPT, a_receipt

EVIDENCE = ("chainId", "contract", "transaction", "block", "transactionIndex", "logIndex", "proof")
MEMBERS = [
    *((name,) for name in ("version", "format", "receipt", "key", "digest", "evidence")),
    *(("evidence", name) for name in EVIDENCE),
    *(("evidence", "block", name) for name in ("number", "hash", "header")),
]


@pytest.fixture
def file(proved: Proved) -> ReceiptFile:
    return proved.files[0]


@pytest.mark.parametrize("number", range(CUSTOMERS))
def test_a_file_proves_offline_what_its_customer_decided(proved: Proved, number: int) -> None:
    file = read(write(proved.files[number]))

    found = verify_offline(file)

    assert file == proved.files[number]
    assert found.receipt == chain.receipt_for(proved.suite, number)
    assert found.change.customer_id == f"0x{chain.customer(number).hex()}"
    assert (found.change.granted, found.change.withdrawn) == (0b0001001, 0b0000100)
    assert found.change.receipt == file.digest
    assert found.block_hash == proved.suite.chain.block(found.block_number).hash
    assert found.block_time == proved.suite.chain.block(found.block_number).timestamp


@pytest.mark.parametrize("format", Format)
def test_a_file_without_evidence_shows_its_receipt_but_proves_nothing(format: Format) -> None:
    file = read(write(issue(RECEIPT, CUSTOMER_KEY, format)))

    assert opened(file) == RECEIPT
    with pytest.raises(ProofMissing, match="no evidence"):
        verify_offline(file)


@pytest.mark.timeout(900)  # the deep profile leaves out no place
def test_an_altered_byte_anywhere_in_a_file_is_found(proved: Proved, file: ReceiptFile) -> None:
    text = write(file)
    assert file.evidence is not None
    pointer = text.index(file.evidence.transaction)
    told = range(pointer, pointer + len(file.evidence.transaction))  # not proved offline
    steps = range(0, len(text), 1 if deep() else 23)
    for place in (place for place in steps if place not in told and not text[place].isspace()):
        other = text[:place] + another(text[place]) + text[place + 1 :]
        try:
            verify_offline(read(other))
        except ReceiptError as error:
            assert_one_line(error)
        else:
            pytest.fail(f"{text[place - 30 : place + 10]!r} was altered at {place} and passed")


def test_an_altered_receipt_key_or_digest_is_told_from_the_digest_required(file) -> None:
    document = json.loads(json.dumps(file.document).replace('"P30D"', '"P31D"'))
    for other in (
        replace(file, document=document),
        replace(file, key=bytes([file.key[0] ^ 1]) + file.key[1:]),
        replace(file, digest=bytes([file.digest[0] ^ 1]) + file.digest[1:]),
    ):
        with pytest.raises(ReceiptAltered, match=r"required 0x[0-9a-f]{64}; ask for the file"):
            opened(other)


def test_a_receipt_made_up_with_a_key_of_its_own_is_not_on_chain(file: ReceiptFile) -> None:
    """Whoever holds a file can make a consistent receipt, but no event that carries its digest."""
    forged = issue(replace(opened(file), retention_days=31), b"\x66" * 32)

    with pytest.raises(ReceiptContradicted, match="on the digest"):
        verify_offline(replace(forged, evidence=file.evidence))


def test_the_evidence_of_another_customer_is_refused(proved: Proved, file: ReceiptFile) -> None:
    with pytest.raises(ReceiptContradicted, match="on the digest"):
        verify_offline(replace(file, evidence=proved.files[1].evidence))


def test_evidence_that_was_altered_is_refused_by_what_is_wrong(proved: Proved, file) -> None:
    evidence, other = file.evidence, proved.files[1].evidence
    proof = evidence.proof
    away = proved.suite.address("CustomerRegistry")
    for changes, kind, why in [
        ({"chain_id": 1}, ReceiptContradicted, "on the chain: the event has 1"),
        ({"contract": away}, ReceiptContradicted, "on the contract"),
        ({"block_number": evidence.block_number + 1}, HeaderInvalid, "required block"),
        ({"block_hash": f"0x{'00' * 32}"}, HeaderInvalid, "required the block's hash"),
        ({"proof": replace(proof, header=b"\xc0")}, HeaderInvalid, "met the hash"),
        ({"proof": replace(proof, transaction=0)}, PathInvalid, "nodes to transaction 0"),
        ({"proof": replace(proof, nodes=other.proof.nodes)}, PathInvalid, "break off"),
        ({"proof": replace(proof, log=1)}, LogInvalid, "events of the transaction"),
    ]:
        with pytest.raises(kind, match=why) as met:
            verify_offline(replace(file, evidence=replace(evidence, **changes)))
        assert_one_line(met.value)


@pytest.mark.parametrize("path", MEMBERS, ids="/".join)
def test_a_file_without_a_member_or_with_another_kind_is_refused_by_its_place(file, path) -> None:
    content = json.loads(write(file))
    where = ".".join(path).replace(".", r"\.")
    for value in (None, 1.5, True, "", [[]], {}):
        if path == ("evidence",) and value is None:
            continue
        if path == ("receipt",) and value == {}:
            continue
        with pytest.raises(ReceiptMalformed, match=f"malformed at {where}"):
            read(json.dumps(replaced(content, path, value)))
    with pytest.raises(ReceiptMalformed, match=f"malformed at {where}: met nothing"):
        read(json.dumps(without(content, path)))


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("version",), 2, "met 2, required 1"),
        (("format",), "pdf", "required one of iso-27560, kantara-1.1"),
        (("key",), "0x" + "AB" * 32, "required 0x and 64 hex digits"),
        (("digest",), "ab" * 32, "required 0x and 64 hex digits"),
        (("evidence", "contract"), RECEIPT.contract.lower(), "a checksummed address"),
        (("evidence", "contract"), "the registry", "a checksummed address"),
        (("evidence", "chainId"), -1, "zero or more"),
        (("evidence", "logIndex"), -1, "zero or more"),
        (("evidence", "proof", 0), "0xabc", r"at evidence.proof\[0\]: met '0xabc'"),
        (("evidence", "note"), "x", "no such member"),
        (("note",), "x", "at note"),
    ],
)
def test_a_file_that_is_written_otherwise_is_refused(file, path, value, why) -> None:
    content = json.loads(write(file))
    if path[:-1]:
        assert at(content, path[:-1])
    with pytest.raises(ReceiptMalformed, match=why):
        read(json.dumps(replaced(content, path, value)))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", b"\xff", '{"version": 1, "version": 1}'])
def test_what_is_no_file_is_refused(text: str | bytes) -> None:
    with pytest.raises(ReceiptMalformed):
        read(text)


def test_a_document_of_another_format_than_the_file_says_is_refused() -> None:
    file = issue(RECEIPT, CUSTOMER_KEY, Format.KANTARA)
    with pytest.raises(ReceiptMalformed):
        opened(replace(file, format=Format.ISO_27560))


def test_the_two_formats_of_a_receipt_share_the_key_and_not_the_digest() -> None:
    one, other = (issue(RECEIPT, CUSTOMER_KEY, format) for format in Format)

    assert one.key == other.key
    assert one.digest != other.digest
    assert opened(one) == opened(other)
    assert one.document == render(RECEIPT)


def test_every_error_of_a_receipt_takes_one_line_and_tells_what_to_do() -> None:
    samples: list[ReceiptError] = [
        ReceiptMalformed("evidence.proof", "7", "a list"),
        ReceiptAltered("0xaa", "0xbb"),
        ReceiptContradicted("the notice", "version 1", "version 2"),
        ProofMissing(),
        *(kind("this", "that") for kind in kinds.ProofInvalid.__subclasses__()),
    ]

    assert len(samples) == 8
    for error in samples:
        assert_one_line(error)
    assert {error.exit_code for error in samples[1:]} == {1}
    assert samples[0].exit_code == 2


def test_importing_rapport_loads_nothing_that_receipts_need() -> None:
    script = (
        "import sys, rapport; "
        "print({'rfc8785', 'trie', 'rapport.receipts'} & set(sys.modules) or 'none')"
    )
    assert run(script).stdout == "none\n"


def test_without_the_extra_the_error_says_what_to_install() -> None:
    script = "import sys; sys.modules['trie'] = None; import rapport.receipts"
    ended = run(script)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "rapport.errors.ConfigError: consent receipts need trie, which is not installed; "
        "run: pip install 'rapport[receipts]'"
    )


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def another(character: str) -> str:
    """Another character of the same kind: a hex digit stays one."""
    digits = "0123456789abcdef"
    if character in digits:
        return digits[(digits.index(character) + 1) % 16]
    return chr(ord(character) ^ 1)


def assert_one_line(error: Any) -> None:
    text = str(error)
    assert "\n" not in text
    assert "met" in text or "the event has" in text
    assert "required" in text or "the receipt" in text
    assert ";" in text


def test_a_receipt_of_a_withdrawal_alone_is_issued_in_both_formats() -> None:
    receipt = a_receipt(choices=RECEIPT.choices[2:3])
    for format in Format:
        assert opened(issue(receipt, CUSTOMER_KEY, format)) == receipt
