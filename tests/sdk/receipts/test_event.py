"""What the event says is read as the contract declares it, and compared with the receipt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rapport.artifacts import interface
from rapport.receipts import (
    Actor,
    ConsentChange,
    LogInvalid,
    Notice,
    ProvedLog,
    ReceiptContradicted,
    check_agreement,
    consent_change,
    prove,
    verify,
)
from tests.sdk.receipts.chain import TOPIC
from tests.sdk.receipts.conftest import Proved
from tests.sdk.receipts.samples import BY_EMAIL, CONTRACT, RECEIPT, a_receipt

CHANGE = ConsentChange(
    customer_id=RECEIPT.customer_id,
    group=0,
    actor=CONTRACT,
    granted=0b0010001,
    withdrawn=0b0001000,
    notice=3,
    sequence=1,
    recorded=False,
    receipt=bytes(32),
)


@pytest.fixture
def log(proved: Proved) -> ProvedLog:
    change = proved.small.changes[0]
    made = prove(proved.small.block, proved.small.receipts, change)
    return verify(made, block_hash=change.block_hash, contract=change.address)


def test_the_event_is_read_as_its_interface_reads_it(proved: Proved, log: ProvedLog) -> None:
    args = interface("ConsentRegistry").event("ConsentChanged").decode(proved.small.changes[0])
    change = consent_change(log)

    assert change.customer_id == f"0x{args['customerId'].hex()}"
    assert (change.group, change.actor) == (args["group"], proved.suite.backend.address)
    assert (change.granted, change.withdrawn) == (args["granted"], args["withdrawn"])
    assert (change.notice, change.sequence) == (args["notice"], args["seq"])
    assert (change.recorded, change.receipt) == (True, proved.files[0].digest)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"topics": ()}, "without a name"),
        ({"topics": (b"\x01" * 32,)}, "required ConsentChanged"),
        ({"topics": (TOPIC, bytes(32))}, "number of arguments"),
        ({"data": b""}, "number of arguments"),
        ({"data": bytes(32 * 7)}, "number of arguments"),
        ({"data": b"\xff" * 32 * 6}, "too large"),
        ({"topics": (TOPIC, bytes(32), b"\xff" * 32, bytes(32))}, "too large"),
        ({"topics": (TOPIC, bytes(32), bytes(32), b"\xff" * 32)}, "too large"),
    ],
)
def test_another_event_is_refused(log: ProvedLog, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(LogInvalid, match=why):
        consent_change(replace(log, **changes))


def test_a_receipt_agrees_with_its_event() -> None:
    check_agreement(RECEIPT, CHANGE)


def test_a_receipt_may_tell_a_withdrawal_that_the_event_leaves_out() -> None:
    check_agreement(RECEIPT, replace(CHANGE, withdrawn=0))


def test_a_receipt_that_grants_nothing_need_not_cite_the_events_notice() -> None:
    withdrawn = a_receipt(choices=RECEIPT.choices[1:3])

    check_agreement(withdrawn, replace(CHANGE, granted=0, notice=0))


def test_a_receipt_over_two_groups_agrees_with_the_event_of_either() -> None:
    receipt = a_receipt(
        choices=(*RECEIPT.choices, replace(BY_EMAIL, group=1, lane=6)),
        notices=(*RECEIPT.notices, Notice(1, 9, RECEIPT.notices[0].digest, "https://a.example/9")),
    )

    check_agreement(receipt, CHANGE)
    check_agreement(receipt, replace(CHANGE, group=1, granted=64, withdrawn=0, notice=9))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"customer_id": f"0x{'c2' * 32}"}, f"on the customer: the event has 0x{'c2' * 32}"),
        ({"group": 1}, "on the group: the event has 1, the receipt 0"),
        ({"granted": 0b0000001}, "what is granted: the event has lanes 0, the receipt lanes 0, 4"),
        ({"granted": 0b0010011}, "the event has lanes 0, 1, 4, the receipt lanes 0, 4"),
        ({"granted": 0}, "the event has no lane, the receipt lanes 0, 4"),
        (
            {"withdrawn": 0b0001010},
            "what is withdrawn: the event has lanes 1, 3, the receipt lanes 3",
        ),
        ({"notice": 2}, "on the notice: the event has version 2, the receipt version 3"),
        ({"recorded": True}, "on record: the event has the operator, the receipt the customer"),
    ],
)
def test_an_event_that_says_otherwise_contradicts_the_receipt(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ReceiptContradicted) as met:
        check_agreement(RECEIPT, replace(CHANGE, **changes))

    assert sentence in str(met.value)


def test_an_operators_receipt_needs_an_operators_record() -> None:
    receipt = a_receipt(recorded_by=Actor.OPERATOR)

    check_agreement(receipt, replace(CHANGE, recorded=True))
    with pytest.raises(ReceiptContradicted, match="the receipt the operator"):
        check_agreement(receipt, CHANGE)
