"""The customer decides, by wallet."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import COMMITMENT
from tests.contracts.unit.support.consents import (
    AGES,
    ALL,
    DOCUMENT,
    GRANTED,
    IRIS,
    NONE,
    WITHDRAWN,
    WORDS,
    changed,
    decision,
)
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS, wallet

ana = linked("Ana")


def test_save_decides_a_whole_preference_centre_at_once(stage, consents, ana, hers):
    decided = decision(ana, grant=0b0101010, withdraw=0b1010101)

    receipt = consents.save(decided, sender=hers)

    assert stage.events(receipt) == [changed(decided, HERS, seq=1)]
    assert consents.grantedIn(ana, 0) == 0b0101010
    today = stage.now // DAY
    for lane, age in enumerate(AGES):
        status = tuple(consents.statusOf(ana, 0, lane))
        if lane % 2:
            assert status == (GRANTED, 1, today, today + age, True)
        else:
            assert status == (WITHDRAWN, 0, today, 0, False)


def test_save_leaves_the_lanes_that_it_does_not_name(stage, consents, ana, hers):
    stage.send(consents.save, decision(ana, grant=0b0011), by=hers)

    receipt = consents.save(decision(ana, withdraw=0b0010), sender=hers)

    assert stage.events(receipt) == [changed(decision(ana, withdraw=0b0010), HERS, seq=2)]
    states = [consents.statusOf(ana, 0, lane).state for lane in range(4)]
    assert states == [GRANTED, WITHDRAWN, NONE, NONE]


def test_a_grant_holds_on_its_last_day_and_ends_by_itself(stage, consents, ana, hers, stranger):
    stage.send(consents.save, decision(ana, grant=ALL), by=hers)
    today = stage.now // DAY

    for lane, age in enumerate(AGES):
        last = (today + age) * DAY - 1
        asked = (consents.isGranted, ana, 0, lane)
        assert stage.answer(*asked, by=stranger, at=last) is True, lane
        # An opt-out purpose that was granted in words ends as the others do.
        assert stage.answer(*asked, by=stranger, at=last + 1) is False, lane
        state, *_, granted = stage.answer(consents.statusOf, *asked[1:], by=stranger, at=last + 1)
        assert (state, granted) == (GRANTED, False)


def test_a_grant_again_begins_its_age_anew(stage, consents, ana, hers):
    stage.send(consents.save, decision(ana, grant=0b1000), by=hers)
    began = stage.now // DAY
    stage.next(stage.now + 20 * DAY)

    consents.save(decision(ana, grant=0b1000), sender=hers)

    status = consents.statusOf(ana, 0, 3)
    assert (status.since, status.until) == (began + 20, began + 20 + AGES[3])
    assert consents.sequenceOf(ana, 0) == 2


def test_a_withdrawal_again_keeps_its_day_and_is_final_until_granted(stage, consents, ana, hers):
    stage.send(consents.save, decision(ana, withdraw=0b1), by=hers)
    day = stage.now // DAY
    stage.next(stage.now + 5 * DAY)

    stage.send(consents.save, decision(ana, withdraw=0b1), by=hers)

    assert consents.statusOf(ana, 0, 0).since == day
    stage.send(consents.save, decision(ana, grant=0b1), by=hers)
    assert consents.isGranted(ana, 0, 0) is True


def test_save_refuses_a_stale_notice_and_an_unknown_one(stage, consents, publisher, ana, hers):
    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)

    found = [
        stage.refusal(consents.save, decision(ana, grant=1, notice=version), by=hers)
        for version in (0, 1, 3)
    ]

    assert found == [
        ("UnknownNotice", 0, 0),
        ("StaleNotice", 0, 1, 2),
        ("UnknownNotice", 0, 3),
    ]


def test_a_grant_stands_under_the_notice_that_it_cited(stage, consents, publisher, ana, hers):
    stage.send(consents.save, decision(ana, grant=1), by=hers)

    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)

    status = consents.statusOf(ana, 0, 0)
    assert (status.notice, status.granted) == (1, True)


@pytest.mark.parametrize("notice", [0, 1, 9])
def test_a_withdrawal_needs_no_notice(stage, consents, publisher, ana, hers, notice):
    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)

    receipt = consents.save(decision(ana, withdraw=1, notice=notice), sender=hers)

    ((_, told),) = stage.events(receipt)
    assert told["notice"] == 0
    assert consents.statusOf(ana, 0, 0).state == WITHDRAWN


def test_save_refuses_a_purpose_of_which_the_notice_says_nothing(
    stage, consents, publisher, ana, hers
):
    for lane in (0, 1, 2):
        stage.send(consents.definePurpose, 1, lane, IRIS[lane], 30, False, by=publisher)
        if lane == 0:
            stage.send(consents.publishNotice, 1, 1, DOCUMENT, ["One?"], by=publisher)

    refusal = stage.refusal(consents.save, decision(ana, grant=0b111, group=1), by=hers)

    assert refusal == ("PurposeNotInNotice", 1, 0b110)
    # Whoever never granted it can still say no to it.
    stage.send(consents.save, decision(ana, withdraw=0b110, group=1), by=hers)


@pytest.mark.parametrize(
    ("grant", "withdraw", "told"),
    [
        (0b11, 0b10, ("OverlappingMasks", 0b11, 0b10)),
        (0, 0, ("EmptyDecision",)),
        (128, 0, ("UnknownPurpose", 0, 128)),
        (0, 255, ("UnknownPurpose", 0, 128)),
    ],
)
def test_save_refuses_masks_that_make_no_sense(stage, consents, ana, hers, grant, withdraw, told):
    refusal = stage.refusal(consents.save, decision(ana, grant, withdraw), by=hers)

    assert refusal == told


def test_save_refuses_lanes_and_groups_without_a_purpose(stage, consents, publisher, ana, hers):
    stage.send(consents.definePurpose, 1, 1, IRIS[1], 30, False, by=publisher)

    assert stage.refusal(consents.save, decision(ana, withdraw=0b111, group=1), by=hers) == (
        "UnknownPurpose",
        1,
        0b101,
    )
    assert stage.refusal(consents.save, decision(ana, withdraw=1, group=2), by=hers) == (
        "UnknownPurpose",
        2,
        1,
    )


def test_save_is_for_the_customers_wallet_only(stage, consents, consent_operator, ana, register):
    unknown = keccak(text="nobody")

    for caller in (consent_operator, wallet("Bo")):
        refusal = stage.refusal(consents.save, decision(ana, withdraw=1), by=caller)
        assert refusal == ("NotTheCustomer", ana, caller.address)
    bea = register("Bea")
    assert stage.refusal(consents.save, decision(bea, withdraw=1), by=HERS) == (
        "NotTheCustomer",
        bea,
        HERS.address,
    )
    assert stage.refusal(consents.save, decision(unknown, withdraw=1), by=HERS) == (
        "UnknownCustomer",
        unknown,
    )


def test_save_of_an_erased_customer_is_refused(stage, consents, ana, hers, erase):
    erase(ana)

    assert stage.refusal(consents.save, decision(ana, withdraw=1), by=hers) == (
        "CustomerClosed",
        ana,
    )


def test_save_works_while_the_customer_is_suspended(stage, consents, registry, operator, ana, hers):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    consents.save(decision(ana, withdraw=ALL), sender=hers)

    assert consents.grantedIn(ana, 0) == 0


def test_groups_and_customers_have_sequences_of_their_own(
    stage, consents, publisher, ana, hers, register
):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, False, by=publisher)

    stage.send(consents.save, decision(ana, withdraw=1), by=hers)
    stage.send(consents.save, decision(ana, withdraw=1), by=hers)
    stage.send(consents.save, decision(ana, withdraw=1, group=1), by=hers)

    assert [consents.sequenceOf(ana, group) for group in (0, 1)] == [2, 1]
    assert consents.sequenceOfAll(ana) == 3
    assert consents.sequenceOfAll(register("Bea")) == 0


def test_no_grant_of_the_last_years_of_the_calendar_reaches_another_lane(
    stage, consents, ana, hers
):
    last = (65_535 - 3_650) * DAY
    stage.reach(last)
    stage.send(consents.save, decision(ana, grant=ALL), by=hers)
    assert consents.statusOf(ana, 0, 6).until == 65_535
    assert [consents.statusOf(ana, 0, lane).state for lane in range(7)] == [GRANTED] * 7

    refusal = stage.refusal(consents.save, decision(ana, grant=1), by=hers, at=last + DAY)

    assert refusal == ("CalendarEnds", 65_535 - 3_650 + 1, 65_535 - 3_650)
    # A withdrawal works for ever.
    stage.next(70_000 * DAY)
    stage.send(consents.save, decision(ana, withdraw=ALL), by=hers)
    assert [consents.statusOf(ana, 0, lane).since for lane in range(7)] == [65_535] * 7
    assert consents.sequenceOf(ana, 0) == 2
