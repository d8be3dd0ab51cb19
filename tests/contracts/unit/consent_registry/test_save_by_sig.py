"""Decisions that the wallet signs and anyone relays."""

import pytest

from tests.contracts.unit.conftest import COMMITMENT, DEADLINE
from tests.contracts.unit.support.consents import (
    ALL,
    DOCUMENT,
    GRANTED,
    IRIS,
    WITHDRAWN,
    WORDS,
    changed,
    decision,
)
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

ana = linked("Ana")


def signed(consents, decided, seq=0, by=HERS, **options):
    fields = (*decided, seq, DEADLINE)
    return (decided, seq, DEADLINE, by.sign(consents, "Save", *fields, **options))


def test_save_by_sig_of_every_kind_of_account_decides_in_its_name(
    stage, consents, stranger, register, link, holder
):
    ana = register()
    link(ana, holder=holder)
    decided = decision(ana, grant=0b0111111, withdraw=0b1000000)

    receipt = consents.saveBySig(*signed(consents, decided, by=holder), sender=stranger)

    assert stage.events(receipt) == [changed(decided, holder, seq=1)]
    assert consents.grantedIn(ana, 0) == 0b0111111
    assert consents.statusOf(ana, 0, 0).state == GRANTED


def test_save_by_sig_refuses_a_strangers_signature_for_every_kind_of_account(
    stage, consents, stranger, register, link, holder
):
    ana = register()
    link(ana, holder=holder)
    forged = signed(consents, decision(ana, withdraw=1), by=wallet("Mallory"))

    refusal = stage.refusal(consents.saveBySig, *forged, by=stranger)

    assert refusal == ("BadSignature", holder.address)


def test_save_by_sig_is_good_once(stage, consents, stranger, ana):
    intent = signed(consents, decision(ana, grant=1))
    stage.send(consents.saveBySig, *intent, by=stranger)

    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("BadSequence", 0, 1)


def test_save_by_sig_that_changes_nothing_is_used_up_as_well(stage, consents, stranger, ana):
    stage.send(consents.save, decision(ana, withdraw=1), by=HERS)
    intent = signed(consents, decision(ana, withdraw=1), seq=1)

    stage.send(consents.saveBySig, *intent, by=stranger)

    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("BadSequence", 1, 2)


def test_save_by_sig_of_another_group_is_not_in_the_way(stage, consents, publisher, stranger, ana):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, False, by=publisher)
    first = signed(consents, decision(ana, grant=1))
    second = signed(consents, decision(ana, withdraw=1, group=1))

    stage.send(consents.saveBySig, *second, by=stranger)
    stage.send(consents.saveBySig, *first, by=stranger)

    assert consents.sequenceOfAll(ana) == 2


def test_save_by_sig_refuses_what_is_ahead_of_the_record(stage, consents, stranger, ana):
    early = signed(consents, decision(ana, grant=1), seq=1)

    assert stage.refusal(consents.saveBySig, *early, by=stranger) == ("BadSequence", 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"grant": 0b11},
        {"withdraw": 0b100},
        {"notice": 2},
        {"group": 1},
        {"receipt": b"\x01" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_save_by_sig_refuses_every_field_that_was_not_signed(
    stage, consents, stranger, ana, change
):
    _, seq, deadline, signature = signed(consents, decision(ana, grant=0b1))
    other = decision(ana, **({"grant": 0b1} | change))

    refusal = stage.refusal(consents.saveBySig, other, seq, deadline, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_save_by_sig_refuses_a_longer_deadline_than_was_signed(stage, consents, stranger, ana):
    decided, seq, deadline, signature = signed(consents, decision(ana, grant=1))

    refusal = stage.refusal(consents.saveBySig, decided, seq, deadline + 1, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_save_by_sig_refuses_another_chain_another_contract_and_a_high_s(
    stage, consents, points, stranger, ana
):
    decided = decision(ana, grant=1)
    foreign = signed(consents, decided, chain_id=1)
    misled = signed(points, decided)
    *intent, signature = signed(consents, decided)

    for attempt in (foreign, misled, (*intent, mirrored(signature))):
        refusal = stage.refusal(consents.saveBySig, *attempt, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


def test_save_by_sig_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, consents, stranger, ana
):
    intent = signed(consents, decision(ana, grant=1))
    late = DEADLINE + 1

    refusal = stage.refusal(consents.saveBySig, *intent, by=stranger, at=late)
    assert refusal == ("Expired", DEADLINE, late)
    stage.next(DEADLINE)
    consents.saveBySig(*intent, sender=stranger)

    assert consents.isGranted(ana, 0, 0) is True


def test_a_signed_grant_is_void_once_another_notice_is_current(
    stage, consents, publisher, stranger, ana
):
    intent = signed(consents, decision(ana, grant=1, withdraw=2))
    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)

    # Taken whole or refused whole.
    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("StaleNotice", 0, 1, 2)
    assert consents.statusOf(ana, 0, 1).state != WITHDRAWN


def test_save_by_sig_is_refused_once_the_wallet_was_unlinked(
    stage, consents, registry, stranger, ana
):
    intent = signed(consents, decision(ana, grant=1))
    stage.send(registry.unlinkWallet, ana, by=HERS)

    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("NoWallet", ana)


def test_save_by_sig_of_the_wallet_before_is_refused(
    stage, consents, registry, stranger, ana, link
):
    intent = signed(consents, decision(ana, grant=1))
    stage.send(registry.unlinkWallet, ana, by=HERS)
    new = link(ana, "Ana's new phone")

    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("BadSignature", new.address)


def test_save_by_sig_refuses_whoever_is_unknown_or_gone(stage, consents, stranger, ana, erase):
    unknown = b"\x01" * 32
    intent = signed(consents, decision(unknown, grant=1))
    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("UnknownCustomer", unknown)

    intent = signed(consents, decision(ana, grant=1))
    erase(ana)

    assert stage.refusal(consents.saveBySig, *intent, by=stranger) == ("CustomerClosed", ana)


def test_save_by_sig_works_while_the_customer_is_suspended(
    stage, consents, registry, operator, stranger, ana
):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    stage.send(consents.saveBySig, *signed(consents, decision(ana, withdraw=ALL)), by=stranger)

    assert consents.grantedIn(ana, 0) == 0
