"""A log is proved from its block alone; whatever is altered, missing or beyond breaks the proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from rapport.receipts import (
    HeaderInvalid,
    LogInvalid,
    LogProof,
    PathInvalid,
    ReceiptsIncomplete,
    prove,
    verify,
)
from rapport.receipts.merkle_patricia import ValueTrie, decode, encode
from rapport.receipts.proof import header_rlp, receipt_rlp
from tests.sdk.receipts.conftest import Proved
from tests.sdk.receipts.documents import replaced, without
from tests.sdk.receipts.samples import CONTRACT, unhurried
from tests.sdk.support.anvil import Anvil

ELSEWHERE = "0x" + "e1" * 20


@pytest.fixture
def proof(proved: Proved) -> LogProof:
    """Of the last decision in the large block."""
    return prove(proved.large.block, proved.large.receipts, proved.large.changes[-1])


@pytest.fixture
def check(proved: Proved) -> Callable[[LogProof], Any]:
    """Verifies against the large block and the consent registry."""
    registry, block = proved.suite.address("ConsentRegistry"), proved.large.block["hash"]
    return lambda proof: verify(proof, block_hash=block, contract=registry)


@pytest.mark.parametrize("name", ["small", "large"])
def test_every_change_in_a_block_is_proved_as_the_node_tells_it(proved: Proved, name: str) -> None:
    mined = getattr(proved, name)

    assert {receipt["type"] for receipt in mined.receipts} == {"0x0", "0x1", "0x2"}
    assert {receipt["status"] for receipt in mined.receipts} == {"0x0", "0x1"}
    assert len(mined.changes) == 2
    for log in mined.changes:
        made = prove(mined.block, mined.receipts, log)
        found = verify(made, block_hash=log.block_hash, contract=log.address)
        assert (found.address, found.topics, found.data) == (log.address, log.topics, log.data)
        assert (found.block_hash, found.block_number) == (log.block_hash, log.block_number)
        assert int(found.block_time.timestamp()) == int(mined.block["timestamp"], 16)


def test_a_block_of_one_transaction_is_proved_by_one_node(proved: Proved) -> None:
    suite = proved.suite
    sent = suite.transact(suite.backend, "CustomerRegistry", "register", b"\x77" * 32, bytes(32))
    # By its hash: on a busy machine an empty block follows.
    block = suite.anvil.ask("eth_getBlockByHash", sent["blockHash"], False)
    receipts = suite.anvil.ask("eth_getBlockReceipts", block["hash"])
    registry = suite.address("CustomerRegistry")
    (log,) = suite.chain.receipts([receipts[0]["transactionHash"]])[0].logs

    made = prove(block, receipts, log)

    assert len(made.nodes) == 1
    assert verify(made, block_hash=block["hash"], contract=registry).topics == log.topics


@pytest.mark.parametrize("fork", ["london", "shanghai", "cancun", "prague"])
def test_the_hash_of_a_header_follows_from_its_fields_under_every_fork(fork: str) -> None:
    with Anvil("--hardfork", fork) as anvil:
        anvil.mine()
        block = anvil.ask("eth_getBlockByNumber", "latest", False)

    header = header_rlp(block)

    assert f"0x{keccak(header).hex()}" == block["hash"]
    assert len(decode(header)) == {"london": 16, "shanghai": 17, "cancun": 20, "prague": 21}[fork]


def test_receipts_of_deposits_on_the_op_stack_give_the_root() -> None:
    deposit = {"type": "0x7e", "sourceHash": f"0x{'11' * 32}", "mint": "0x0", "isSystemTx": False}
    with Anvil("--optimism") as anvil:
        people = anvil.ask("eth_accounts")
        transfer = {"from": people[0], "to": people[1], "gas": "0x186a0"}
        anvil.automine(False)
        anvil.ask("eth_sendTransaction", {**transfer, **deposit})
        anvil.mine()  # answers once the block stands
        block = anvil.ask("eth_getBlockByNumber", "latest", False)
        receipts = anvil.ask("eth_getBlockReceipts", block["hash"])

    assert receipts[0]["depositReceiptVersion"] == "0x1"
    root = ValueTrie([receipt_rlp(receipt) for receipt in receipts]).root
    assert f"0x{root.hex()}" == block["receiptsRoot"]


def test_a_header_with_any_byte_altered_is_refused(proof: LogProof, check) -> None:
    for at in range(len(proof.header)):
        with pytest.raises(HeaderInvalid, match="met the hash"):
            check(replace(proof, header=altered(proof.header, at)))


def test_a_path_with_any_byte_altered_is_refused(proof: LogProof, check) -> None:
    assert len(proof.nodes) > 2
    for place, node in enumerate(proof.nodes):
        for at in range(len(node)):
            nodes = list(proof.nodes)
            nodes[place] = altered(node, at)
            with pytest.raises(PathInvalid):
                check(replace(proof, nodes=tuple(nodes)))


def test_a_path_with_a_node_missing_repeated_swapped_or_added_is_refused(proof, check) -> None:
    nodes = proof.nodes
    others = [
        (),
        nodes[1:],
        nodes[:-1],
        (*nodes, nodes[-1]),
        tuple(reversed(nodes)),
        (*nodes, encode([b"", b""])),
    ]
    for other in others:
        with pytest.raises(PathInvalid):
            check(replace(proof, nodes=other))


def test_a_path_to_another_transaction_is_refused(proof: LogProof, check) -> None:
    for transaction in {0, 1, 127, 128, proof.transaction - 1, 10_000, 2**70}:
        with pytest.raises(PathInvalid):
            check(replace(proof, transaction=transaction))


def test_an_event_that_the_receipt_does_not_hold_is_refused(proof: LogProof, check) -> None:
    assert proof.log == 0
    for log in (1, 7, -1):
        with pytest.raises(LogInvalid, match="events of the transaction"):
            check(replace(proof, log=log))


def test_an_event_of_another_contract_is_refused(proof: LogProof, proved: Proved) -> None:
    with pytest.raises(LogInvalid, match=f"required one of {ELSEWHERE}"):
        verify(proof, block_hash=proved.large.block["hash"], contract=ELSEWHERE)


def test_a_proof_for_another_block_is_refused(proof: LogProof, proved: Proved) -> None:
    registry = proved.suite.address("ConsentRegistry")
    with pytest.raises(HeaderInvalid, match="required the block's hash"):
        verify(proof, block_hash=proved.small.block["hash"], contract=registry)


@pytest.mark.parametrize(
    "change",
    [
        lambda receipts: receipts[:-1],
        lambda receipts: receipts[1:],
        lambda receipts: [receipts[1], receipts[0], *receipts[2:]],
        lambda receipts: replaced(receipts, (0, "cumulativeGasUsed"), "0x1"),
        lambda receipts: replaced(receipts, (0, "logsBloom"), "0x" + "01" * 256),
        lambda receipts: replaced(receipts, (0, "status"), "0x0"),
        lambda receipts: replaced(receipts, (0, "type"), "0x3"),
        lambda receipts: replaced(receipts, (-1, "logs", 0, "address"), ELSEWHERE),
        lambda receipts: replaced(receipts, (-1, "logs", 0, "data"), "0x"),
        lambda receipts: replaced(receipts, (-1, "logs", 0, "topics"), []),
    ],
)
def test_receipts_that_are_not_the_blocks_prove_nothing(proved: Proved, change) -> None:
    mined = proved.small
    with pytest.raises(ReceiptsIncomplete, match="read all receipts"):
        prove(mined.block, change(mined.receipts), mined.changes[0])


def test_a_block_with_a_field_altered_or_missing_proves_nothing(proved: Proved) -> None:
    block = proved.small.block
    kept = {name: value for name, value in block.items() if name not in NOT_IN_THE_HEADER}
    assert len(kept) == 22  # the 21 fields of the header, and the hash
    for name, value in kept.items():
        other = "0x01" if value == "0x" else f"0x{'1' if value[2] != '1' else '2'}{value[3:]}"
        for changed in (replaced(block, (name,), other), replaced(block, (name,), None)):
            with pytest.raises(HeaderInvalid):
                prove(changed, proved.small.receipts, proved.small.changes[0])
    with pytest.raises(HeaderInvalid, match="a block without receiptsRoot"):
        header_rlp(without(block, ("receiptsRoot",)))


@pytest.mark.parametrize(
    "change",
    [
        lambda receipts: [None],
        lambda receipts: [{}],
        lambda receipts: replaced(receipts, (0, "cumulativeGasUsed"), "many"),
        lambda receipts: replaced(receipts, (0, "logs"), None),
        lambda receipts: replaced(receipts, (0, "type"), 2),
    ],
)
def test_answers_that_are_no_receipts_prove_nothing(proved: Proved, change) -> None:
    mined = proved.small
    with pytest.raises(ReceiptsIncomplete, match="an answer of another shape"):
        prove(mined.block, change(mined.receipts), mined.changes[0])


def test_a_log_that_is_not_among_the_receipts_has_no_proof(proved: Proved) -> None:
    mined = proved.small
    for log in (proved.large.changes[0], replace(mined.changes[0], index=999)):
        with pytest.raises(LogInvalid, match="receipts without it"):
            prove(mined.block, mined.receipts, log)


items = st.recursive(st.binary(max_size=40), lambda inner: st.lists(inner, max_size=17))


@unhurried
@given(node=items, index=st.integers(0, 300))
def test_a_forged_block_with_any_node_is_refused_and_never_breaks(node: Any, index: int) -> None:
    forged = encode(node)
    header = encode([*[b""] * 5, keccak(forged), *[b""] * 9])
    proof = LogProof(header, index, 0, (forged,))
    with pytest.raises(PathInvalid):
        verify(proof, block_hash=f"0x{keccak(header).hex()}", contract=CONTRACT)


@unhurried
@given(receipt=items | st.binary(min_size=1, max_size=60))
def test_a_forged_block_with_any_receipt_is_refused_and_never_breaks(receipt: Any) -> None:
    trie = ValueTrie([b"\x02" + encode(receipt) + bytes(40)])
    whole = ValueTrie([b"\x02" + encode([b"\1", b"\1", b"", [[b"", [], receipt]]])])
    for each in (trie, whole):
        header = encode([*[b""] * 5, each.root, *[b""] * 9])
        proof = LogProof(header, 0, 0, each.prove(0))
        with pytest.raises(PathInvalid):
            verify(proof, block_hash=f"0x{keccak(header).hex()}", contract=CONTRACT)


@pytest.mark.parametrize(
    "header",
    [b"", b"\x01", encode([]), encode([b""] * 14), encode([b""] * 15), encode([[b""]] * 15)],
)
def test_a_header_of_another_shape_is_refused(header: bytes) -> None:
    proof = LogProof(header, 0, 0, ())
    with pytest.raises(HeaderInvalid, match="a block's header"):
        verify(proof, block_hash=f"0x{keccak(header).hex()}", contract=CONTRACT)


NOT_IN_THE_HEADER = {"size", "totalDifficulty", "transactions", "uncles", "withdrawals"}


def altered(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
