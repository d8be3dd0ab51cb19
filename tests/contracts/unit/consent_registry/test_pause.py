"""Pausing stops grants, never a withdrawal."""

import pytest

from tests.contracts.unit.conftest import DEADLINE, role_id
from tests.contracts.unit.support.consents import ALL, DOCUMENT, IRIS, WORDS, decision
from tests.contracts.unit.support.wallets import HERS


@pytest.fixture
def ana(register, link):
    customer = register("Ana")
    link(customer)
    return customer


@pytest.fixture
def paused(stage, consents, consent_guardian):
    stage.send(consents.pause, by=consent_guardian)


def signed(consents, decided):
    signature = HERS.sign(consents, "Save", *decided, 0, DEADLINE)
    return (decided, 0, DEADLINE, signature)


def test_pause_stops_every_way_to_grant(
    stage, consents, consent_operator, enroller, stranger, ana, register, paused
):
    granted = decision(ana, grant=1, withdraw=2)
    recorded = decision(register("Bea"), grant=1)

    found = {
        stage.refusal(consents.save, granted, by=HERS),
        stage.refusal(consents.saveBySig, *signed(consents, granted), by=stranger),
        stage.refusal(consents.saveFor, granted, HERS.address, by=enroller),
        stage.refusal(consents.recordFor, recorded, 0, by=consent_operator),
        stage.refusal(consents.recordBatch, [(recorded, 0)], by=consent_operator),
    }

    assert found == {("EnforcedPause",)}


def test_pause_leaves_every_way_to_withdraw(
    stage, consents, consent_operator, enroller, stranger, ana, paused
):
    withdrawn = decision(ana, withdraw=1)

    stage.answer(consents.save, withdrawn, by=HERS)
    stage.answer(consents.saveBySig, *signed(consents, withdrawn), by=stranger)
    stage.answer(consents.saveFor, withdrawn, HERS.address, by=enroller)
    assert stage.answer(consents.recordFor, withdrawn, 0, by=consent_operator) is True
    assert stage.answer(consents.recordBatch, [(withdrawn, 0)], by=consent_operator) == 1


def test_pause_leaves_what_was_granted(stage, consents, consent_guardian, ana):
    stage.send(consents.save, decision(ana, grant=ALL), by=HERS)

    receipt = consents.pause(sender=consent_guardian)

    assert stage.events(receipt) == [("Paused", {"account": consent_guardian.address})]
    assert consents.grantedIn(ana, 0) == ALL


def test_pause_holds_for_a_group_that_begins_meanwhile(stage, consents, publisher, ana, paused):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, False, by=publisher)
    stage.send(consents.publishNotice, 1, 1, DOCUMENT, WORDS[:1], by=publisher)

    refusal = stage.refusal(consents.save, decision(ana, grant=1, group=1), by=HERS)

    assert refusal == ("EnforcedPause",)


def test_unpause_allows_grants_of_every_group_again(stage, consents, admin, publisher, ana, paused):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, False, by=publisher)
    stage.send(consents.publishNotice, 1, 1, DOCUMENT, WORDS[:1], by=publisher)

    consents.unpause(sender=admin)

    for group in (0, 1):
        stage.send(consents.save, decision(ana, grant=1, group=group), by=HERS)
        assert consents.isGranted(ana, group, 0) is True


def test_pause_is_for_guardians_and_unpause_for_the_admin_only(
    stage, consents, guardian, consent_guardian, paused
):
    assert stage.refusal(consents.pause, by=guardian) == (
        "AccessControlUnauthorizedAccount",
        guardian.address,
        role_id("guardian"),
    )
    assert stage.refusal(consents.unpause, by=consent_guardian) == (
        "AccessControlUnauthorizedAccount",
        consent_guardian.address,
        bytes(32),
    )
    assert stage.refusal(consents.pause, by=consent_guardian) == ("EnforcedPause",)
