"""Recording many decisions: a customer's refusal is told, not fatal."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import role_id
from tests.contracts.unit.support.consents import changed, decision


def refused(customer, error):
    told = {"customerId": customer, "group": 0, "reason": keccak(text=error)[:4]}
    return ("RecordRefused", told)


@pytest.fixture
def people(register, link, erase):
    """Ana has a wallet, Bea none, Carl was erased."""
    ana, bea, carl = (register(name) for name in ("Ana", "Bea", "Carl"))
    link(ana)
    erase(carl)
    return ana, bea, carl


def test_record_batch_skips_and_tells_what_cannot_be_recorded(
    stage, consents, consent_operator, people
):
    ana, bea, carl = people
    nobody = b"\x01" * 32
    records = [
        (decision(ana, grant=1), 0),
        (decision(bea, grant=1), 0),
        (decision(bea, grant=2), 7),
        (decision(carl, withdraw=1), 0),
        (decision(nobody, withdraw=1), 0),
        (decision(ana, withdraw=2), 9),
    ]

    assert stage.answer(consents.recordBatch, records, by=consent_operator) == 2
    receipt = consents.recordBatch(records, sender=consent_operator)

    assert stage.events(receipt) == [
        refused(ana, "WalletLinkedAlready(bytes32,address)"),
        changed(records[1][0], consent_operator, seq=1, recorded=True),
        refused(bea, "BadSequence(uint256,uint256)"),
        refused(carl, "CustomerClosed(bytes32)"),
        refused(nobody, "UnknownCustomer(bytes32)"),
        changed(records[5][0], consent_operator, seq=1, recorded=True),
    ]


def test_record_batch_again_changes_nothing(stage, consents, consent_operator, people):
    _, bea, _ = people
    records = [(decision(bea, grant=1), 0), (decision(bea, withdraw=2), 0)]
    stage.send(consents.recordBatch, records[:1], by=consent_operator)

    assert stage.answer(consents.recordBatch, records[:1], by=consent_operator) == 0
    assert stage.events(consents.recordBatch(records[:1], sender=consent_operator)) == []


def test_record_batch_takes_many_decisions_of_one_customer_in_order(
    stage, consents, consent_operator, people
):
    _, bea, _ = people
    records = [
        (decision(bea, grant=1), 0),
        (decision(bea, grant=2), 1),
        (decision(bea, withdraw=1), 0),
    ]

    consents.recordBatch(records, sender=consent_operator)

    assert (consents.grantedIn(bea, 0) & 0b11, consents.sequenceOf(bea, 0)) == (0b10, 3)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"grant": 1, "withdraw": 1}, ("OverlappingMasks", 1, 1)),
        ({"grant": 128}, ("UnknownPurpose", 0, 128)),
        ({"grant": 1, "notice": 2}, ("UnknownNotice", 0, 2)),
        ({}, ("EmptyDecision",)),
    ],
)
def test_record_batch_with_a_wrong_mask_or_notice_reverts_all(
    stage, consents, consent_operator, people, wrong, told
):
    _, bea, _ = people
    records = [(decision(bea, withdraw=1), 0), (decision(bea, **wrong), 1)]

    assert stage.refusal(consents.recordBatch, records, by=consent_operator) == told


def test_record_batch_is_for_operators_of_consents_only(stage, consents, publisher):
    refusal = stage.refusal(consents.recordBatch, [], by=publisher)

    assert refusal == ("AccessControlUnauthorizedAccount", publisher.address, role_id("operator"))
