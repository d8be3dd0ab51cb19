"""ConsentRegistry: what it is made of, purposes and notices."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.contracts.support import artifacts
from tests.contracts.support.consents import ALL, save
from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.consent import wording
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import NOTICE, WORDS, Scene
from tests.contracts.support.suite import ADMIN_DELAY

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


def test_there_is_no_version_beyond_the_14_bits_of_a_lane() -> None:
    """Sixteen thousand notices are put into storage, since publishing them would take a while."""
    scene = Scene()
    last = 2**14 - 1
    for base in range(32):
        slot = int.from_bytes(keccak(bytes(32) + base.to_bytes(32, "big")), "big")
        word = scene.evm.storage(scene.consents.address, slot)
        if word >> 224 == 1:  # the current notice's version, above the seven lanes
            scene.evm.set_storage(scene.consents.address, slot, word % 2**224 | last << 224)
    assert scene.consents.currentNotice(0) == (last, ALL)
    with refused("NoticeGap", 0, last + 1, last + 1):
        scene.consents.publishNotice(0, last + 1, NOTICE, WORDS, **scene.by("publisher"))
    save(scene, 1, 0)
    assert scene.consents.statusOf(scene.linked, 0, 0)[1] == last
