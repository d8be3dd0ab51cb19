"""Recording what a customer decided elsewhere, on an operator's evidence."""

import pytest

from tests.contracts.unit.conftest import COMMITMENT, role_id
from tests.contracts.unit.support.consents import (
    AGES,
    ALL,
    DOCUMENT,
    GRANTED,
    OPT_OUT,
    RECORDED,
    WITHDRAWN,
    WORDS,
    changed,
    decision,
)
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS


def test_record_for_marks_a_grant_as_the_operators_evidence(stage, consents, consent_operator, ana):
    decided = decision(ana, grant=0b101, withdraw=0b010)

    receipt = consents.recordFor(decided, 0, sender=consent_operator)

    assert stage.events(receipt) == [changed(decided, consent_operator, seq=1, recorded=True)]
    today = stage.now // DAY
    assert tuple(consents.statusOf(ana, 0, 2)) == (RECORDED, 1, today, today + AGES[2], True)
    assert consents.statusOf(ana, 0, 1).state == WITHDRAWN
    assert consents.isGranted(ana, 0, 0) is True


def test_a_recorded_grant_stays_recorded_when_a_wallet_is_linked(
    stage, consents, consent_operator, ana, link
):
    stage.send(consents.recordFor, decision(ana, grant=0b11), 0, by=consent_operator)

    link(ana)

    assert consents.statusOf(ana, 0, 0).state == RECORDED
    # Only the wallet itself makes it the customer's own.
    stage.send(consents.save, decision(ana, grant=0b01), by=HERS)
    assert [consents.statusOf(ana, 0, lane).state for lane in (0, 1)] == [GRANTED, RECORDED]


def test_record_for_refuses_a_grant_once_a_wallet_is_linked(
    stage, consents, consent_operator, ana, link
):
    link(ana)

    refusal = stage.refusal(consents.recordFor, decision(ana, grant=1), 0, by=consent_operator)

    assert refusal == ("WalletLinkedAlready", ana, HERS.address)


@pytest.mark.parametrize("seq", [0, 1, 7, 2**32 - 1])
def test_record_for_always_records_a_withdrawal(stage, consents, consent_operator, ana, link, seq):
    link(ana)
    stage.send(consents.save, decision(ana, grant=ALL), by=HERS)

    assert stage.answer(consents.recordFor, decision(ana, withdraw=ALL), seq, by=consent_operator)
    stage.send(consents.recordFor, decision(ana, withdraw=ALL), seq, by=consent_operator)

    assert consents.grantedIn(ana, 0) == 0


def test_record_for_of_a_browsers_signal_ends_an_opt_out_purpose(
    stage, consents, consent_operator, ana
):
    assert consents.isGranted(ana, 0, OPT_OUT) is True

    stage.send(consents.recordFor, decision(ana, withdraw=1 << OPT_OUT), 0, by=consent_operator)

    assert consents.isGranted(ana, 0, OPT_OUT) is False


def test_record_for_of_what_was_withdrawn_returns_false_and_tells_nothing(
    stage, consents, consent_operator, ana
):
    decided = decision(ana, withdraw=0b11)
    stage.send(consents.recordFor, decided, 0, by=consent_operator)

    assert stage.answer(consents.recordFor, decided, 5, by=consent_operator) is False
    assert stage.events(consents.recordFor(decided, 5, sender=consent_operator)) == []
    assert consents.sequenceOf(ana, 0) == 1


def test_record_for_again_with_the_same_sequence_returns_false(
    stage, consents, consent_operator, publisher, ana, link
):
    decided = decision(ana, grant=0b01, withdraw=0b10)
    stage.send(consents.recordFor, decided, 0, by=consent_operator)

    assert stage.answer(consents.recordFor, decided, 0, by=consent_operator) is False
    # A retry stays harmless when a wallet was linked, or a notice published, meanwhile.
    link(ana)
    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)
    assert stage.events(consents.recordFor(decided, 0, sender=consent_operator)) == []


def test_record_for_never_undoes_a_later_decision(stage, consents, consent_operator, ana):
    late = decision(ana, grant=1)
    stage.send(consents.recordFor, decision(ana, withdraw=1), 0, by=consent_operator)

    refusal = stage.refusal(consents.recordFor, late, 0, by=consent_operator)

    assert refusal == ("BadSequence", 0, 1)
    assert stage.answer(consents.recordFor, late, 1, by=consent_operator) is True


@pytest.mark.parametrize("other", [{"grant": 0b11}, {"grant": 0b10}, {"grant": 1, "withdraw": 2}])
def test_record_for_with_a_used_sequence_and_other_content_is_refused(
    stage, consents, consent_operator, ana, other
):
    stage.send(consents.recordFor, decision(ana, grant=0b1), 0, by=consent_operator)

    refusal = stage.refusal(consents.recordFor, decision(ana, **other), 0, by=consent_operator)

    assert refusal == ("BadSequence", 0, 1)


def test_record_for_refuses_a_stale_notice(stage, consents, publisher, consent_operator, ana):
    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)

    refusal = stage.refusal(consents.recordFor, decision(ana, grant=1), 0, by=consent_operator)

    assert refusal == ("StaleNotice", 0, 1, 2)


@pytest.mark.parametrize(
    ("grant", "withdraw", "told"),
    [
        (1, 1, ("OverlappingMasks", 1, 1)),
        (0, 0, ("EmptyDecision",)),
        (128, 0, ("UnknownPurpose", 0, 128)),
        (1, 128, ("UnknownPurpose", 0, 128)),
    ],
)
def test_record_for_refuses_masks_that_make_no_sense_even_as_a_repetition(
    stage, consents, consent_operator, ana, grant, withdraw, told
):
    stage.send(consents.recordFor, decision(ana, grant=1), 0, by=consent_operator)
    decided = decision(ana, grant, withdraw)

    for seq in (0, 1):
        assert stage.refusal(consents.recordFor, decided, seq, by=consent_operator) == told


def test_record_for_works_for_a_suspended_customer(
    stage, consents, registry, operator, consent_operator, ana
):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    assert stage.answer(consents.recordFor, decision(ana, grant=1), 0, by=consent_operator) is True


def test_record_for_refuses_whoever_is_unknown_or_gone(
    stage, consents, consent_operator, ana, register, merge, erase
):
    bea = register("Bea")
    erase(ana)
    merge(bea, register("Carl"))

    found = [
        stage.refusal(consents.recordFor, decision(customer, withdraw=1), 0, by=consent_operator)
        for customer in (ana, bea, b"\x01" * 32)
    ]

    assert found == [
        ("CustomerClosed", ana),
        ("CustomerClosed", bea),
        ("UnknownCustomer", b"\x01" * 32),
    ]


def test_record_for_is_for_operators_of_consents_only(stage, consents, operator, ana):
    refusal = stage.refusal(consents.recordFor, decision(ana, withdraw=1), 0, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("operator"))
