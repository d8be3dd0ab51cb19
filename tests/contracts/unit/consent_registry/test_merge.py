"""What merges and erasures leave of consents: withdrawals travel to the heir, grants never do."""

import pytest

from tests.contracts.unit.support.consents import (
    ALL,
    GRANTED,
    IRIS,
    NONE,
    OPT_OUT,
    RECEIPT,
    WITHDRAWN,
    decision,
)
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS


def test_merge_withdraws_for_the_heir_what_the_merged_had_withdrawn(
    stage, consents, registry, steward, consent_operator, ana, bea
):
    stage.send(consents.recordFor, decision(ana, withdraw=0b0011), 0, by=consent_operator)
    day = stage.now // DAY
    stage.next(stage.now + 9 * DAY)
    stage.send(consents.recordFor, decision(bea, grant=0b0110), 0, by=consent_operator)

    receipt = registry.merge(ana, bea, 0, b"", sender=steward)

    assert stage.events(receipt)[-1] == ("ConsentsMerged", {"from": ana, "to": bea})
    # Lane 0 was withdrawn, lane 1 too though the heir had granted it; lane 2 stands.
    assert [consents.statusOf(bea, 0, lane).state for lane in range(4)] == [3, 3, 2, NONE]
    assert consents.statusOf(bea, 0, 0).since == day
    assert consents.sequenceOf(bea, 0) == 2


def test_merge_brings_the_heir_no_grant(stage, consents, consent_operator, ana, bea, merge):
    stage.send(consents.recordFor, decision(ana, grant=ALL), 0, by=consent_operator)

    merge(ana, bea)

    assert consents.grantedIn(bea, 0) == 1 << OPT_OUT  # which nobody decided
    assert consents.grantedIn(ana, 0) == 0
    assert consents.sequenceOf(bea, 0) == 0


def test_merge_leaves_the_heir_an_earlier_withdrawal(
    stage, consents, consent_operator, ana, bea, merge
):
    stage.send(consents.recordFor, decision(bea, withdraw=1), 0, by=consent_operator)
    day = stage.now // DAY
    stage.next(stage.now + 2 * DAY)
    stage.send(consents.recordFor, decision(ana, withdraw=1), 0, by=consent_operator)

    merge(ana, bea)

    assert consents.statusOf(bea, 0, 0).since == day
    assert consents.sequenceOf(bea, 0) == 1


def test_merge_voids_what_the_heir_had_signed_before(
    stage, consents, consent_operator, stranger, ana, bea, link, merge
):
    link(bea)
    deadline = stage.now + DAY
    decided = decision(bea, grant=1)
    signature = HERS.sign(consents, "Save", *decided, 0, deadline)
    stage.send(consents.recordFor, decision(ana, withdraw=1), 0, by=consent_operator)

    merge(ana, bea)

    # The withdrawal is newer than the intent, and is final until granted again.
    refusal = stage.refusal(consents.saveBySig, decided, 0, deadline, signature, by=stranger)
    assert refusal == ("BadSequence", 0, 1)


def test_merge_covers_every_group(stage, consents, publisher, consent_operator, ana, bea, merge):
    stage.send(consents.definePurpose, 1, 4, IRIS[4], 30, False, by=publisher)
    stage.send(consents.withdrawAll, ana, RECEIPT, by=consent_operator)

    merge(ana, bea)

    assert consents.statusOf(bea, 1, 4).state == WITHDRAWN
    assert {consents.statusOf(bea, 0, lane).state for lane in range(7)} == {WITHDRAWN}


def test_erase_leaves_nothing(stage, consents, registry, publisher, steward, ana, link):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, False, by=publisher)
    link(ana)
    stage.send(consents.save, decision(ana, grant=ALL), by=HERS)
    stage.send(consents.save, decision(ana, withdraw=1, group=1), by=HERS)

    receipt = registry.erase(ana, sender=steward)

    assert stage.events(receipt)[-1] == ("ConsentsErased", {"customerId": ana})
    assert [consents.grantedIn(ana, group) for group in (0, 1)] == [0, 0]
    assert tuple(consents.statusOf(ana, 0, 0)) == (NONE, 0, 0, 0, False)
    assert consents.statusOf(ana, 1, 0).state == NONE
    assert consents.sequenceOfAll(ana) == 0


def test_opt_out_purposes_of_whoever_is_gone_are_not_granted(
    consents, ana, bea, register, merge, erase
):
    erase(ana)
    merge(bea, register("Carl"))

    assert consents.isGranted(ana, 0, OPT_OUT) is False
    assert consents.isGranted(bea, 0, OPT_OUT) is False


@pytest.mark.parametrize("verb", ["merge", "forfeit"])
def test_merge_and_forfeit_are_for_the_registry_only(stage, consents, admin, ana, bea, verb):
    arguments = (ana, bea) if verb == "merge" else (ana,)

    refusal = stage.refusal(getattr(consents, verb), *arguments, by=admin)

    assert refusal == ("NotTheRegistry", admin.address)


def test_a_wallet_keeps_its_grants_when_another_customer_merges_into_it(
    stage, consents, ana, bea, link, merge
):
    link(bea)
    stage.send(consents.save, decision(bea, grant=0b11), by=HERS)

    merge(ana, bea)

    assert [consents.statusOf(bea, 0, lane).state for lane in (0, 1)] == [GRANTED, GRANTED]
