"""ConsentRegistry: decisions to the second, masks, refusals with their exact arguments."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.contracts.support.consents import ALL, DAY, granted, save, today
from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.consent import State
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import AGES, NOTICE, OPT_OUT, WORDS, Scene

LAST_GRANT_DAY = 2**16 - 1 - 3_650


# Decisions


def test_a_preference_centre_is_saved_at_once_and_told_in_one_event() -> None:
    scene = Scene()
    save(scene, 0b0001101, 0b1010010)
    receipt = digest("receipt", 0)
    told = (scene.linked, 0, scene.wallet.address, 0b0001101, 0b1010010, 1, 1, False, receipt)
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]
    assert granted(scene) == 0b0001101
    now = today(scene)
    for lane in range(7):
        met = scene.consents.statusOf(scene.linked, 0, lane)
        if 0b0001101 >> lane & 1:
            assert met == (State.GRANTED, 1, now, now + AGES[lane], True)
        elif 0b1010010 >> lane & 1:
            assert met == (State.WITHDRAWN, 0, now, 0, False)
        else:
            assert met == (State.NONE, 0, 0, 0, False)
    assert scene.consents.sequenceOf(scene.linked, 0) == 1
    assert scene.consents.statusOf(scene.linked, 0, 7) == (State.NONE, 0, 0, 0, False)


@pytest.mark.parametrize("lane", range(7))
def test_a_lane_changes_alone(lane: int) -> None:
    scene = Scene()
    bit = 1 << lane
    save(scene, ALL, 0)
    save(scene, 0, bit)
    assert granted(scene) == ALL - bit
    scene.evm.warp(scene.evm.timestamp + DAY)
    save(scene, bit, ALL - bit)
    assert granted(scene) == bit
    since = today(scene)
    assert scene.consents.statusOf(scene.linked, 0, lane)[2:4] == (since, since + AGES[lane])


@pytest.mark.parametrize("lane", range(7))
def test_a_grant_holds_to_the_last_second_of_its_last_day(lane: int) -> None:
    """Its first day counts, so one of one day ends with the day on which it was given."""
    scene = Scene()
    midnight = scene.evm.timestamp // DAY * DAY + DAY
    scene.evm.warp(midnight - 1)  # the last second of a day, which is the whole first day
    save(scene, 1 << lane, 0)
    end = midnight + (AGES[lane] - 1) * DAY
    scene.evm.warp(end - 1)
    assert granted(scene) & 1 << lane
    scene.evm.warp(end)
    assert granted(scene) & 1 << lane == 0
    # What was granted stays on record, but nobody decides for the customer what is next.
    status = scene.consents.statusOf(scene.linked, 0, lane)
    assert status == (State.GRANTED, 1, midnight // DAY - 1, end // DAY, False)


def test_a_withdrawal_counts_from_its_second_and_keeps_its_first_day() -> None:
    scene = Scene()
    save(scene, 1, 0)
    assert granted(scene) & 1
    save(scene, 0, 1)
    assert granted(scene) & 1 == 0
    first = today(scene)
    scene.evm.warp(scene.evm.timestamp + 40 * DAY)
    save(scene, 0, 3)
    assert scene.consents.statusOf(scene.linked, 0, 0)[2] == first
    assert scene.consents.statusOf(scene.linked, 0, 1)[2] == first + 40


def test_what_was_withdrawn_and_granted_again_holds_anew_under_the_notice_of_then() -> None:
    scene = Scene()
    save(scene, 0, 4)
    scene.consents.publishNotice(0, 2, NOTICE, WORDS, **scene.by("publisher"))
    scene.evm.warp(scene.evm.timestamp + DAY)
    save(scene, 4, 0)
    now = today(scene)
    assert scene.consents.statusOf(scene.linked, 0, 2) == (State.GRANTED, 2, now, now + 30, True)


def test_every_decision_of_the_customer_counts_though_it_changes_nothing() -> None:
    scene = Scene()
    for seq in (1, 2, 3):
        save(scene, 0, 1)
        assert scene.consents.sequenceOf(scene.linked, 0) == seq
        assert scene.events[0].args[6] == seq


def test_masks_that_contradict_themselves_or_name_no_purpose_are_refused() -> None:
    scene = Scene()
    scene.consents.definePurpose(1, 2, bytes(32), 1, False, **scene.by("publisher"))
    with refused("OverlappingMasks", 3, 6):
        save(scene, 3, 6)
    with refused("EmptyDecision"):
        save(scene, 0, 0)
    for grant, withdraw, unknown in ((128, 0, 128), (0, 128, 128), (1, 128, 128), (255, 0, 128)):
        with refused("UnknownPurpose", 0, unknown):
            save(scene, grant, withdraw)
    for group, unknown in ((1, 1), (2, 5), (255, 5)):
        with refused("UnknownPurpose", group, unknown):
            save(scene, 0, 5, group=group)
        assert scene.consents.grantedIn(scene.linked, group) == 0
        assert scene.consents.isGranted(scene.linked, group, 0) is False


def test_a_grant_cites_the_current_notice_and_no_other() -> None:
    scene = Scene()
    with refused("UnknownNotice", 0, 0):
        save(scene, 1, 0, notice=0)
    with refused("UnknownNotice", 0, 2):
        save(scene, 1, 0, notice=2)
    scene.consents.publishNotice(0, 2, NOTICE, WORDS, **scene.by("publisher"))
    with refused("StaleNotice", 0, 1, 2):
        save(scene, 1, 0, notice=1)
    with refused("UnknownNotice", 0, 65_535):
        save(scene, 1, 0, notice=65_535)
    save(scene, 1, 0, notice=2)
    assert scene.consents.statusOf(scene.linked, 0, 0)[1] == 2


def test_a_purpose_is_granted_only_once_a_notice_names_it() -> None:
    scene = Scene()
    by = scene.by("publisher")
    scene.consents.definePurpose(1, 0, bytes(32), 30, False, **by)
    with refused("UnknownNotice", 1, 0):
        save(scene, 1, 0, group=1)
    scene.consents.publishNotice(1, 1, NOTICE, WORDS[:1], **by)
    scene.consents.definePurpose(1, 3, bytes(32), 30, False, **by)
    scene.consents.definePurpose(1, 5, bytes(32), 30, False, **by)
    with refused("PurposeNotInNotice", 1, 0b101000):
        save(scene, 0b101001, 0, group=1)
    save(scene, 1, 0b101000, group=1)  # what is not named can be withdrawn
    words = [text if lane in (0, 3, 5) else "" for lane, text in enumerate(WORDS)]
    scene.consents.publishNotice(1, 2, NOTICE, words, **by)
    save(scene, 0b101001, 0, group=1)
    assert granted(scene, group=1) == 0b101001


def test_grants_stand_when_a_notice_follows() -> None:
    scene = Scene()
    save(scene, ALL, 0)
    scene.consents.publishNotice(0, 2, digest("notice", 2), WORDS, **scene.by("publisher"))
    assert granted(scene) == ALL
    assert scene.consents.statusOf(scene.linked, 0, 0)[1] == 1


def test_pausing_stops_grants_and_never_a_withdrawal() -> None:
    scene = Scene()
    save(scene, ALL, 0)
    scene.consents.pause(**scene.by("guardian"))
    with refused("EnforcedPause"):
        save(scene, 1, 0)
    with refused("EnforcedPause"):
        save(scene, 1, 2)
    with refused("EnforcedPause"):
        scene.consents.recordFor(
            scene.decision(1, 0, customerId=scene.bare), 0, **scene.by("operator")
        )
    save(scene, 0, 1, notice=0)
    args = scene.save_intent(scene.decision(0, 2, notice=9), scene.wallet)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    scene.consents.recordFor(scene.decision(0, 4), 99, **scene.by("operator"))
    assert granted(scene) == ALL - 7
    scene.consents.withdrawAll(scene.linked, bytes(32), **scene.by("wallet"))
    assert granted(scene) == 0
    scene.consents.unpause(**scene.by("admin"))
    save(scene, 1, 0)
    assert granted(scene) == 1


def test_a_group_that_is_defined_while_paused_begins_paused() -> None:
    scene = Scene()
    by = scene.by("publisher")
    scene.consents.definePurpose(1, 0, bytes(32), 30, False, **by)
    scene.consents.pause(**scene.by("guardian"))
    scene.consents.definePurpose(2, 0, bytes(32), 30, False, **by)
    for group in (1, 2):
        scene.consents.publishNotice(group, 1, NOTICE, WORDS[:1], **by)
        with refused("EnforcedPause"):
            save(scene, 1, 0, group=group)
    scene.consents.unpause(**scene.by("admin"))
    for group in (1, 2):
        save(scene, 1, 0, group=group)
        assert granted(scene, group=group) == 1


def test_a_suspended_customer_withdraws_and_grants() -> None:
    scene = Scene()
    scene.registry.suspend(scene.linked, bytes(32), **scene.by("operator"))
    save(scene, 1, 2)
    assert granted(scene) & 3 == 1
    scene.consents.withdrawAll(scene.linked, bytes(32), **scene.by("wallet"))
    assert granted(scene) == 0


def test_who_is_not_the_customer_decides_nothing() -> None:
    scene = Scene()
    for caller in ("stranger", "operator", "admin", "enroller"):
        with refused("NotTheCustomer", scene.linked, scene.actors[caller]):
            scene.consents.save(scene.decision(1, 0), **scene.by(caller))
    with refused("NotTheCustomer", scene.bare, scene.wallet.address):
        save(scene, 1, 0, customerId=scene.bare)
    unknown = digest("nobody", 0)
    with refused("UnknownCustomer", unknown):
        save(scene, 1, 0, customerId=unknown)
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    with refused("CustomerClosed", scene.linked):
        save(scene, 1, 0)
    with refused("CustomerClosed", scene.linked):
        scene.consents.withdrawAll(scene.linked, bytes(32), **scene.by("operator"))
    with refused("UnknownCustomer", unknown):
        scene.consents.withdrawAll(unknown, bytes(32), **scene.by("operator"))


# What nobody decided


def test_an_opt_out_purpose_is_granted_until_the_customer_says_no() -> None:
    scene = Scene()
    bit = 1 << OPT_OUT
    assert granted(scene) == bit
    assert scene.consents.statusOf(scene.linked, 0, OPT_OUT) == (State.NONE, 0, 0, 0, True)
    save(scene, 0, bit)
    assert granted(scene) == 0
    scene.evm.warp(scene.evm.timestamp + 4_000 * DAY)
    assert granted(scene) == 0
    assert granted(scene, scene.bare) == bit


def test_an_opt_out_purpose_that_was_granted_ends_like_any_other() -> None:
    scene = Scene()
    save(scene, 1 << OPT_OUT, 0)
    scene.evm.warp((today(scene) + AGES[OPT_OUT]) * DAY)
    assert granted(scene) == 0


def test_the_default_is_for_customers_and_for_what_a_notice_names() -> None:
    scene = Scene()
    bit = 1 << OPT_OUT
    assert granted(scene, digest("nobody", 0)) == 0
    scene.registry.suspend(scene.other, bytes(32), **scene.by("operator"))
    assert granted(scene, scene.other) == bit
    scene.registry.reinstate(scene.other, **scene.by("operator"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    assert granted(scene, scene.other) == 0
    scene.registry.erase(scene.bare, **scene.by("steward"))
    assert granted(scene, scene.bare) == 0

    by = scene.by("publisher")
    scene.consents.definePurpose(1, 0, bytes(32), 30, True, **by)
    scene.consents.definePurpose(1, 1, bytes(32), 30, False, **by)
    assert granted(scene, group=1) == 0
    scene.consents.publishNotice(1, 1, NOTICE, WORDS[:2], **by)
    assert granted(scene, group=1) == 1
    scene.consents.definePurpose(1, 2, bytes(32), 30, True, **by)
    assert granted(scene, group=1) == 1


# Withdrawing everything


def test_withdrawing_everything_reaches_every_group_and_tells_only_what_changed() -> None:
    scene = Scene()
    by = scene.by("publisher")
    for group in range(1, 8):
        scene.consents.definePurpose(group, group - 1, bytes(32), 30, group == 7, **by)
    save(scene, 1, 0)
    save(scene, 0, 4, group=3)
    scene.consents.withdrawAll(scene.linked, digest("receipt", 5), **scene.by("wallet"))
    wallet, receipt = scene.wallet.address, digest("receipt", 5)
    expected = [(0, ALL, 2)] + [(g, 1 << g - 1, 1) for g in range(1, 8) if g != 3]
    assert scene.events == [
        Event(
            "ConsentRegistry",
            "ConsentChanged",
            (scene.linked, group, wallet, 0, mask, 0, seq, False, receipt),
        )
        for group, mask, seq in expected
    ]
    for group in range(8):
        assert granted(scene, group=group) == 0
        status = [scene.consents.statusOf(scene.linked, group, lane)[0] for lane in range(7)]
        defined = range(7) if group == 0 else [group - 1]
        assert status == [State.WITHDRAWN if lane in defined else State.NONE for lane in range(7)]
    assert scene.consents.sequenceOfAll(scene.linked) == 9
    scene.consents.withdrawAll(scene.linked, receipt, **scene.by("wallet"))
    assert scene.events == []
    assert scene.consents.sequenceOfAll(scene.linked) == 9


def test_an_operator_withdraws_everything_and_is_named() -> None:
    scene = Scene()
    save(scene, ALL, 0)
    scene.consents.withdrawAll(scene.linked, bytes(32), **scene.by("operator"))
    told = (scene.linked, 0, scene.actors["operator"], 0, ALL, 0, 2, True, bytes(32))
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]
    assert granted(scene) == 0


# Sequences at the end of their 32 bits, where no test gets by deciding


def with_sequence(scene: Scene, customer: bytes, seq: int) -> None:
    """The customer has decided about group 0 so often."""
    for base in range(32):
        outer = keccak(customer + base.to_bytes(32, "big"))
        slot = int.from_bytes(keccak(bytes(32) + outer), "big")
        word = scene.evm.storage(scene.consents.address, slot)
        if word:
            kept = word % 2**224
            scene.evm.set_storage(scene.consents.address, slot, seq << 224 | kept)
            assert scene.consents.sequenceOf(customer, 0) == seq
            return
    raise AssertionError("no mapping keeps the customer's decisions")


def test_the_sequence_wraps_so_that_nobody_is_kept_from_deciding() -> None:
    scene = Scene()
    save(scene, ALL, 0)
    with_sequence(scene, scene.linked, 2**32 - 1)
    args = scene.save_intent(scene.decision(0, 1), scene.wallet)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert scene.consents.sequenceOf(scene.linked, 0) == 0
    assert granted(scene) == ALL - 1
    scene.consents.withdrawAll(scene.linked, bytes(32), **scene.by("wallet"))
    assert granted(scene) == 0


def test_a_record_at_the_wrap_is_repeated_like_any_other() -> None:
    scene = Scene()
    record = scene.consents.recordFor
    record(scene.decision(2, 0, customerId=scene.bare), 0, **scene.by("operator"))
    with_sequence(scene, scene.bare, 2**32 - 1)
    args = (scene.decision(1, 0, customerId=scene.bare), 2**32 - 1)
    assert record(*args, **scene.by("operator")) is True
    assert record(*args, **scene.by("operator")) is False
    assert scene.consents.sequenceOf(scene.bare, 0) == 0


@pytest.mark.parametrize("state", [1, 2, 3])
def test_no_sequence_is_ever_read_as_an_eighth_lane(state: int) -> None:
    """It stands where an eighth lane would, and this one would be granted until 2149."""
    scene = Scene()
    save(scene, 1, 0)
    with_sequence(scene, scene.linked, 0xFFFF << 16 | state)
    assert granted(scene) == 1 | 1 << OPT_OUT
    assert scene.consents.isGranted(scene.linked, 0, 7) is False
    assert scene.consents.statusOf(scene.linked, 0, 7) == (State.NONE, 0, 0, 0, False)


# The end of the calendar


def test_grants_end_with_the_calendar_and_withdrawals_never() -> None:
    """A day has 16 bits, until 2149; no grant may reach beyond."""
    scene = Scene()
    scene.evm.warp((LAST_GRANT_DAY + 1) * DAY - 1)
    save(scene, ALL, 0)
    assert granted(scene) == ALL
    assert scene.consents.statusOf(scene.linked, 0, 5)[3] == 2**16 - 1
    scene.evm.warp((LAST_GRANT_DAY + 1) * DAY)
    with refused("CalendarEnds", LAST_GRANT_DAY + 1, LAST_GRANT_DAY):
        save(scene, 1, 0)
    save(scene, 0, 1)
    assert scene.consents.statusOf(scene.linked, 0, 0)[2] == LAST_GRANT_DAY + 1
    scene.evm.warp(2**17 * DAY)
    save(scene, 0, 2)
    assert scene.consents.statusOf(scene.linked, 0, 1)[:3] == (State.WITHDRAWN, 0, 2**16 - 1)
    assert [scene.consents.statusOf(scene.linked, 0, lane)[0] for lane in range(2, 7)] == [1] * 5
    assert granted(scene) == 0
