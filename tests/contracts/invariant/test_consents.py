"""The corners of ConsentRegistry: seconds, masks, notices, refusals with their exact arguments."""

from __future__ import annotations

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.consent import State, wording
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import AGES, NOTICE, OPT_OUT, WORDS, Scene
from tests.contracts.support.suite import ADMIN_DELAY
from tests.contracts.support.wallets import Wallet

DAY = 86_400
ALL = 127
OTHERS = 63  # all lanes but the opt-out one
LAST_GRANT_DAY = 2**16 - 1 - 3_650


def save(scene: Scene, grant: int, withdraw: int, **other: object) -> None:
    scene.consents.save(scene.decision(grant, withdraw, **other), **scene.by("wallet"))


def granted(scene: Scene, customer: bytes | None = None, group: int = 0) -> int:
    """The mask of what is granted, which every lane's own answer must confirm."""
    customer = customer or scene.linked
    mask = int(scene.consents.grantedIn(customer, group))
    for lane in range(8):
        assert scene.consents.isGranted(customer, group, lane) == bool(mask >> lane & 1)
        assert scene.consents.statusOf(customer, group, lane)[4] == bool(mask >> lane & 1)
    return mask


def today(scene: Scene) -> int:
    return scene.evm.timestamp // DAY


# Construction


def test_constructor_keeps_what_it_was_given() -> None:
    scene = Scene()
    assert scene.consents.REGISTRY() == scene.registry.address
    assert scene.consents.defaultAdminDelay() == ADMIN_DELAY
    assert scene.consents.eip712Domain()[1:3] == ("Rapport ConsentRegistry", "1")
    assert (scene.consents.MAX_GROUPS(), scene.consents.MAX_AGE_DAYS()) == (8, 3_650)


def test_constructor_refuses_a_registry_that_there_is_not() -> None:
    scene = Scene()
    with refused("ZeroAddress"):
        scene.evm.deploy(artifacts.load("ConsentRegistry"), scene.actors["admin"], 0, NOBODY)


# Purposes


def test_a_purpose_is_defined_once_and_never_changes() -> None:
    scene = Scene()
    define, by = scene.consents.definePurpose, scene.by("publisher")
    content = (digest("purpose", 9), 90, True)
    assert define(1, 4, *content, **by) is True
    assert scene.events == [Event("ConsentRegistry", "PurposeDefined", (1, 4, *content))]
    assert scene.consents.purpose(1, 4) == content
    assert scene.consents.groupCount() == 2
    assert define(1, 4, *content, **by) is False
    assert scene.events == []
    for other in (
        (digest("purpose", 8), 90, True),
        (digest("purpose", 9), 91, True),
        (digest("purpose", 9), 90, False),
    ):
        with refused("PurposeFixed", 1, 4):
            define(1, 4, *other, **by)
    assert [scene.consents.purpose(1, lane)[1] for lane in range(8)] == [0, 0, 0, 0, 90, 0, 0, 0]


def test_groups_follow_each_other_up_to_eight_and_lanes_are_seven() -> None:
    scene = Scene()
    define, by = scene.consents.definePurpose, scene.by("publisher")
    for group in range(1, 8):
        with refused("BadLane", group + 1, 0):
            define(group + 1, 0, bytes(32), 1, False, **by)
        assert define(group, 6, bytes(32), 1, False, **by)
    assert scene.consents.groupCount() == 8
    for group, lane in ((8, 0), (255, 0), (7, 7), (0, 255)):
        with refused("BadLane", group, lane):
            define(group, lane, bytes(32), 1, False, **by)


@pytest.mark.parametrize("age", [0, 3_651, 65_535])
def test_no_consent_lasts_for_ever(age: int) -> None:
    scene = Scene()
    with refused("BadMaxAge", age, 3_650):
        scene.consents.definePurpose(1, 0, bytes(32), age, False, **scene.by("publisher"))


# Notices


def test_a_notice_keeps_its_document_and_its_words() -> None:
    scene = Scene()
    assert scene.consents.notice(0, 1) == (NOTICE, wording(WORDS))
    assert scene.consents.currentNotice(0) == (1, ALL)
    words = [f"{text} Again." for text in WORDS]
    args = (0, 2, digest("notice", 2), words)
    assert scene.consents.publishNotice(*args, **scene.by("publisher")) is True
    told = (0, 2, digest("notice", 2), tuple(words))
    assert scene.events == [Event("ConsentRegistry", "NoticePublished", told)]
    assert scene.consents.notice(0, 2) == (digest("notice", 2), wording(words))
    assert scene.consents.notice(0, 1) == (NOTICE, wording(WORDS))
    assert scene.consents.notice(0, 3) == scene.consents.notice(1, 1) == (bytes(32), bytes(32))
    for version, content in ((1, (NOTICE, WORDS)), (2, args[2:])):
        assert scene.consents.publishNotice(0, version, *content, **scene.by("publisher")) is False
        assert scene.events == []
    assert scene.consents.currentNotice(0) == (2, ALL)


def test_a_published_notice_is_not_published_with_other_content() -> None:
    scene = Scene()
    publish, by = scene.consents.publishNotice, scene.by("publisher")
    with refused("NoticeFixed", 0, 1):
        publish(0, 1, digest("notice", 2), WORDS, **by)
    for lane in range(7):
        words = [*WORDS[:lane], "May we not?", *WORDS[lane + 1 :]]
        with refused("NoticeFixed", 0, 1):
            publish(0, 1, NOTICE, words, **by)


@pytest.mark.parametrize("version", [0, 3, 16_383, 65_535])
def test_versions_follow_each_other_without_a_gap(version: int) -> None:
    scene = Scene()
    with refused("NoticeGap", 0, version, 2):
        scene.consents.publishNotice(0, version, NOTICE, WORDS, **scene.by("publisher"))


@pytest.mark.parametrize("lane", range(7))
def test_a_notice_has_words_for_each_defined_lane_and_no_other(lane: int) -> None:
    scene = Scene()
    publish, by = scene.consents.publishNotice, scene.by("publisher")
    missing = [*WORDS[:lane], "", *WORDS[lane + 1 :]]
    with refused("BadWords", 0, lane):
        publish(0, 2, NOTICE, missing, **by)
    scene.consents.definePurpose(1, lane, bytes(32), 1, False, **by)
    with refused("BadWords", 1, 0 if lane else 1):
        publish(1, 1, NOTICE, WORDS, **by)
    only = [text if n == lane else "" for n, text in enumerate(WORDS)]
    assert publish(1, 1, NOTICE, only, **by)
    assert scene.consents.currentNotice(1) == (1, 1 << lane)
    assert scene.consents.notice(1, 1)[1] == wording(only)


def test_a_notice_may_leave_trailing_lanes_out_and_has_no_eighth() -> None:
    scene = Scene()
    publish, by = scene.consents.publishNotice, scene.by("publisher")
    scene.consents.definePurpose(1, 0, bytes(32), 1, False, **by)
    with refused("BadWords", 1, 0):
        publish(1, 1, NOTICE, [], **by)
    with refused("BadWords", 0, 7):
        publish(0, 2, NOTICE, [*WORDS, ""], **by)
    assert publish(1, 1, NOTICE, WORDS[:1], **by)
    assert publish(1, 1, NOTICE, [*WORDS[:1], "", ""], **by) is False


def test_no_two_lanes_of_a_notice_have_the_same_words() -> None:
    scene = Scene()
    for first, second in ((0, 1), (0, 6), (2, 5)):
        words = list(WORDS)
        words[second] = words[first]
        with refused("BadWords", 0, second):
            scene.consents.publishNotice(0, 2, NOTICE, words, **scene.by("publisher"))


@pytest.mark.parametrize("group", [1, 7, 200])
def test_a_group_without_purposes_has_no_notice(group: int) -> None:
    scene = Scene()
    with refused("UnknownGroup", group):
        scene.consents.publishNotice(group, 1, NOTICE, [], **scene.by("publisher"))


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


# Intents


def test_an_intent_is_good_once_and_until_its_deadline() -> None:
    scene = Scene()
    deadline = scene.evm.timestamp + 10
    args = scene.save_intent(scene.decision(1, 2), scene.wallet, deadline)
    mark = scene.evm.snapshot()
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    scene.evm.revert(mark)
    scene.evm.warp(deadline)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert scene.events[0].args[2] == scene.wallet.address
    with refused("BadSequence", 0, 1):
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert granted(scene) & 3 == 1


def test_an_intent_of_everything_withdrawn_is_good_once_and_until_its_deadline() -> None:
    scene = Scene()
    save(scene, ALL, 0)
    deadline = scene.evm.timestamp + 10
    args = scene.withdrawal_intent(scene.linked, scene.wallet, deadline)
    mark = scene.evm.snapshot()
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        scene.consents.withdrawAllBySig(*args, **scene.by("stranger"))
    scene.evm.revert(mark)
    scene.evm.warp(deadline)
    scene.consents.withdrawAllBySig(*args, **scene.by("stranger"))
    told = (scene.linked, 0, scene.wallet.address, 0, ALL, 0, 2, False, digest("receipt", 0))
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]
    save(scene, 1, 0)
    with refused("BadSequence", 1, 3):
        scene.consents.withdrawAllBySig(*args, **scene.by("stranger"))
    assert granted(scene) == 1


def test_an_intent_says_what_it_says_and_nothing_else() -> None:
    scene = Scene()
    decision = scene.decision(1, 2)
    _, seq, deadline, signed = scene.save_intent(decision, scene.wallet)
    for other in (
        decision._replace(grant=5),
        decision._replace(withdraw=6),
        decision._replace(notice=2),
        decision._replace(receipt=bytes(32)),
    ):
        with refused("BadSignature", scene.wallet.address):
            scene.consents.saveBySig(other, seq, deadline, signed, **scene.by("stranger"))
    with refused("BadSignature", scene.wallet.address):
        args = (decision, seq, deadline + 1, signed)
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    scene.link(scene.other, scene.spare)
    with refused("BadSignature", scene.spare.address):
        stolen = (decision._replace(customerId=scene.other), seq, deadline, signed)
        scene.consents.saveBySig(*stolen, **scene.by("stranger"))
    customer, receipt, total, until, said = scene.withdrawal_intent(scene.linked, scene.wallet)
    with refused("BadSignature", scene.wallet.address):
        scene.consents.withdrawAllBySig(customer, bytes(32), total, until, said)
    with refused("BadSignature", scene.wallet.address):
        scene.consents.withdrawAllBySig(customer, receipt, total, until + 1, said)


def test_an_intent_is_for_one_chain_and_one_contract_and_one_form() -> None:
    scene = Scene()
    decision, seq, deadline, _ = scene.save_intent(scene.decision(1, 0), scene.wallet)
    content = ("Save", *decision, seq, deadline)
    for signed in (
        scene.wallet.sign(scene.consents, *content, chain_id=2),
        scene.wallet.sign(scene.onboarding, *content),
        scene.spare.sign(scene.consents, *content),
        scene.withdrawal_intent(scene.linked, scene.wallet)[-1],
    ):
        with refused("BadSignature", scene.wallet.address):
            args = (decision, seq, deadline, signed)
            scene.consents.saveBySig(*args, **scene.by("stranger"))


@pytest.mark.parametrize("kind", [1, 4, 5])
def test_every_kind_of_wallet_decides_by_its_signature(kind: int) -> None:
    scene = Scene()
    wallet: Wallet = scene.chain.wallets[kind]
    scene.link(scene.bare, wallet)
    args = scene.save_intent(scene.decision(ALL, 0, customerId=scene.bare), wallet)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert granted(scene, scene.bare) == ALL
    all_of_it = scene.withdrawal_intent(scene.bare, wallet)
    scene.consents.withdrawAllBySig(*all_of_it, **scene.by("stranger"))
    assert granted(scene, scene.bare) == 0


def test_nobody_signs_for_who_has_no_wallet_or_is_closed() -> None:
    scene = Scene()
    gone, unknown = scene.other, digest("nobody", 0)
    scene.registry.erase(gone, **scene.by("steward"))
    named = ((scene.bare, "NoWallet"), (gone, "CustomerClosed"), (unknown, "UnknownCustomer"))
    for customer, error in named:
        args = scene.save_intent(scene.decision(0, 1, customerId=customer), scene.wallet)
        with refused(error, customer):
            scene.consents.saveBySig(*args, **scene.by("stranger"))
        with refused(error, customer):
            all_of_it = scene.withdrawal_intent(customer, scene.wallet)
            scene.consents.withdrawAllBySig(*all_of_it, **scene.by("stranger"))
        with refused(error, customer):
            decision = scene.decision(0, 1, customerId=customer)
            scene.consents.saveFor(decision, NOBODY, **scene.by("enroller"))


def test_intents_for_other_groups_and_customers_pass_in_any_order() -> None:
    scene = Scene()
    scene.consents.definePurpose(1, 0, bytes(32), 30, False, **scene.by("publisher"))
    scene.consents.publishNotice(1, 1, NOTICE, WORDS[:1], **scene.by("publisher"))
    scene.link(scene.bare, scene.spare)
    signed = [
        scene.save_intent(scene.decision(1, 0), scene.wallet),
        scene.save_intent(scene.decision(1, 0, group=1), scene.wallet),
        scene.save_intent(scene.decision(1, 0, customerId=scene.bare), scene.spare),
    ]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        mark = scene.evm.snapshot()
        for number in order:
            scene.consents.saveBySig(*signed[number], **scene.by("stranger"))
        assert granted(scene, group=1) == 1
        assert granted(scene) & granted(scene, scene.bare) & 1
        scene.evm.revert(mark)


def test_a_signed_grant_is_void_once_another_notice_is_current() -> None:
    scene = Scene()
    args = scene.save_intent(scene.decision(1, 0), scene.wallet)
    scene.consents.publishNotice(0, 2, digest("notice", 2), WORDS, **scene.by("publisher"))
    with refused("StaleNotice", 0, 1, 2):
        scene.consents.saveBySig(*args, **scene.by("stranger"))


def test_an_enroller_saves_for_the_linked_wallet_only() -> None:
    scene = Scene()
    save_for, by = scene.consents.saveFor, scene.by("enroller")
    with refused("NotTheCustomer", scene.linked, scene.spare.address):
        save_for(scene.decision(1, 0), scene.spare.address, **by)
    save_for(scene.decision(1, 0), scene.wallet.address, **by)
    told = (scene.linked, 0, scene.wallet.address, 1, 0, 1, 1, False, digest("receipt", 0))
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]


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
