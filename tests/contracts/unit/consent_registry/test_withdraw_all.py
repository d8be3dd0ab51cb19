"""Withdrawing everything, by wallet, by an operator, and by a signed intent."""

from tests.contracts.unit.conftest import COMMITMENT, DEADLINE
from tests.contracts.unit.support.consents import (
    ALL,
    IRIS,
    OPT_OUT,
    RECEIPT,
    WITHDRAWN,
    changed,
    decision,
)
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

ana = linked("Ana")


def signed(consents, customer, seq=0, by=HERS, **options):
    fields = (customer, RECEIPT, seq, DEADLINE)
    return (*fields, by.sign(consents, "WithdrawAll", *fields, **options))


def test_withdraw_all_ends_every_purpose_of_every_group(stage, consents, publisher, ana, hers):
    for group, lane in ((1, 2), (2, 6)):
        stage.send(consents.definePurpose, group, lane, IRIS[lane], 30, False, by=publisher)
    stage.send(consents.save, decision(ana, grant=0b1101), by=hers)

    receipt = consents.withdrawAll(ana, RECEIPT, sender=hers)

    assert stage.events(receipt) == [
        changed(decision(ana, withdraw=ALL), HERS, seq=2),
        changed(decision(ana, withdraw=0b0000100, group=1), HERS, seq=1),
        changed(decision(ana, withdraw=0b1000000, group=2), HERS, seq=1),
    ]
    assert [consents.grantedIn(ana, group) for group in range(3)] == [0, 0, 0]
    # Lanes without a purpose are not touched.
    assert consents.statusOf(ana, 1, 0).state == 0


def test_withdraw_all_ends_an_opt_out_purpose_that_nobody_decided(stage, consents, ana, hers):
    assert consents.isGranted(ana, 0, OPT_OUT) is True

    stage.send(consents.withdrawAll, ana, RECEIPT, by=hers)

    assert consents.isGranted(ana, 0, OPT_OUT) is False


def test_withdraw_all_again_changes_nothing_and_tells_nothing(stage, consents, ana, hers):
    stage.send(consents.withdrawAll, ana, RECEIPT, by=hers)
    day = stage.now // DAY
    stage.next(stage.now + 3 * DAY)

    receipt = consents.withdrawAll(ana, RECEIPT, sender=hers)

    assert stage.events(receipt) == []
    assert consents.statusOf(ana, 0, 4).since == day
    assert consents.sequenceOfAll(ana) == 1


def test_withdraw_all_by_an_operator_is_marked_as_such(
    stage, consents, consent_operator, ana, hers
):
    stage.send(consents.save, decision(ana, grant=ALL), by=hers)

    receipt = consents.withdrawAll(ana, RECEIPT, sender=consent_operator)

    expected = changed(decision(ana, withdraw=ALL), consent_operator, seq=2, recorded=True)
    assert stage.events(receipt) == [expected]


def test_withdraw_all_works_while_paused_and_while_the_customer_is_suspended(
    stage, consents, registry, operator, consent_guardian, stranger, ana, hers
):
    stage.send(consents.save, decision(ana, grant=ALL), by=hers)
    stage.send(consents.pause, by=consent_guardian)
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    stage.answer(consents.withdrawAllBySig, *signed(consents, ana, seq=1), by=stranger)
    consents.withdrawAll(ana, RECEIPT, sender=hers)

    assert consents.grantedIn(ana, 0) == 0


def test_withdraw_all_is_refused_to_anyone_else(stage, consents, publisher, ana):
    for caller in (publisher, wallet("Bo")):
        refusal = stage.refusal(consents.withdrawAll, ana, RECEIPT, by=caller)
        assert refusal == ("NotTheCustomer", ana, caller.address)


def test_withdraw_all_refuses_whoever_is_unknown_or_gone(
    stage, consents, consent_operator, ana, erase
):
    erase(ana)

    found = [
        stage.refusal(consents.withdrawAll, customer, RECEIPT, by=consent_operator)
        for customer in (ana, b"\x01" * 32)
    ]

    assert found == [("CustomerClosed", ana), ("UnknownCustomer", b"\x01" * 32)]


def test_withdraw_all_by_sig_of_every_kind_of_account_ends_everything(
    stage, consents, stranger, register, link, holder
):
    ana = register()
    link(ana, holder=holder)

    receipt = consents.withdrawAllBySig(*signed(consents, ana, by=holder), sender=stranger)

    assert stage.events(receipt) == [changed(decision(ana, withdraw=ALL), holder, seq=1)]
    assert {consents.statusOf(ana, 0, lane).state for lane in range(7)} == {WITHDRAWN}


def test_withdraw_all_by_sig_is_good_once(stage, consents, stranger, ana):
    intent = signed(consents, ana)
    stage.send(consents.withdrawAllBySig, *intent, by=stranger)

    refusal = stage.refusal(consents.withdrawAllBySig, *intent, by=stranger)

    assert refusal == ("BadSequence", 0, 1)


def test_withdraw_all_by_sig_names_the_sum_of_all_sequences(
    stage, consents, publisher, stranger, ana, hers
):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, False, by=publisher)
    for group in (0, 1, 1):
        stage.send(consents.save, decision(ana, withdraw=1, group=group), by=hers)

    refusal = stage.refusal(consents.withdrawAllBySig, *signed(consents, ana, seq=2), by=stranger)
    assert refusal == ("BadSequence", 2, 3)
    stage.send(consents.withdrawAllBySig, *signed(consents, ana, seq=3), by=stranger)

    assert consents.sequenceOfAll(ana) == 4  # group 1 had nothing left to withdraw


def test_withdraw_all_by_sig_refuses_what_the_wallet_did_not_sign(
    stage, consents, stranger, ana, register, link
):
    bea = register("Bea")
    link(bea, "Bea")
    customer, receipt, seq, deadline, signature = signed(consents, ana)
    forged = [
        ((customer, bytes(32), seq, deadline, signature), HERS),
        ((customer, receipt, seq, deadline + 1, signature), HERS),
        ((bea, receipt, seq, deadline, signature), wallet("Bea")),
        ((customer, receipt, seq, deadline, mirrored(signature)), HERS),
        (signed(consents, ana, by=wallet("Mallory")), HERS),
        (signed(consents, ana, chain_id=1), HERS),
    ]

    for attempt, signer in forged:
        refusal = stage.refusal(consents.withdrawAllBySig, *attempt, by=stranger)
        assert refusal == ("BadSignature", signer.address)


def test_withdraw_all_by_sig_is_refused_a_second_after_the_deadline(stage, consents, stranger, ana):
    late = DEADLINE + 1
    intent = signed(consents, ana)

    assert stage.answer(consents.withdrawAllBySig, *intent, by=stranger, at=DEADLINE) == ()
    refusal = stage.refusal(consents.withdrawAllBySig, *intent, by=stranger, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_withdraw_all_by_sig_refuses_a_customer_without_a_wallet(
    stage, consents, stranger, register
):
    bea = register("Bea")

    refusal = stage.refusal(consents.withdrawAllBySig, *signed(consents, bea), by=stranger)

    assert refusal == ("NoWallet", bea)
