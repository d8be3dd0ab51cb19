"""Publishing what customers are told: versions in a row, words for each lane."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.conftest import role_id
from tests.contracts.unit.support.consents import ALL, DIGESTS, DOCUMENT, WORDS

SECOND = keccak(text="What we do with your data, version 2")


def test_publish_notice_makes_the_next_version_the_current_one(stage, consents, publisher):
    receipt = consents.publishNotice(0, 2, SECOND, WORDS, sender=publisher)

    told = {"group": 0, "version": 2, "document": SECOND, "words": tuple(WORDS)}
    assert stage.events(receipt) == [("NoticePublished", told)]
    assert tuple(consents.currentNotice(0)) == (2, ALL)
    wording = keccak(encode(["bytes32[7]"], [DIGESTS]))
    assert tuple(consents.notice(0, 2)) == (SECOND, wording)
    # The first stays on record, for those who granted under it.
    assert tuple(consents.notice(0, 1)) == (DOCUMENT, wording)


def test_publish_notice_again_with_the_same_content_returns_false(stage, consents, publisher):
    stage.send(consents.publishNotice, 0, 2, SECOND, WORDS, by=publisher)

    for version, document in ((1, DOCUMENT), (2, SECOND)):
        known = (0, version, document, WORDS)
        assert stage.answer(consents.publishNotice, *known, by=publisher) is False
    assert stage.events(consents.publishNotice(0, 1, DOCUMENT, WORDS, sender=publisher)) == []
    assert tuple(consents.currentNotice(0)) == (2, ALL)


@pytest.mark.parametrize(
    ("document", "words"), [(SECOND, WORDS), (DOCUMENT, [*WORDS[:6], "Something else?"])]
)
def test_publish_notice_refuses_to_change_a_version(stage, consents, publisher, document, words):
    refusal = stage.refusal(consents.publishNotice, 0, 1, document, words, by=publisher)

    assert refusal == ("NoticeFixed", 0, 1)


@pytest.mark.parametrize("version", [0, 3, 65_535])
def test_publish_notice_refuses_a_gap(stage, consents, publisher, version):
    refusal = stage.refusal(consents.publishNotice, 0, version, SECOND, WORDS, by=publisher)

    assert refusal == ("NoticeGap", 0, version, 2)


@pytest.mark.parametrize(
    ("words", "lane"),
    [
        (WORDS[:6], 6),
        ([*WORDS[:2], "", *WORDS[3:]], 2),
        ([*WORDS, "An eighth?"], 7),
        ([], 0),
        ([*WORDS[:6], WORDS[2]], 6),
    ],
    ids=["six lanes", "one without words", "eight lanes", "none", "the same for two lanes"],
)
def test_publish_notice_refuses_words_that_do_not_tell_each_lane_apart(
    stage, consents, publisher, words, lane
):
    refusal = stage.refusal(consents.publishNotice, 0, 2, SECOND, words, by=publisher)

    assert refusal == ("BadWords", 0, lane)


def test_publish_notice_refuses_words_for_a_lane_without_a_purpose(stage, consents, publisher):
    stage.send(consents.definePurpose, 1, 1, SECOND, 30, False, by=publisher)

    refusal = stage.refusal(consents.publishNotice, 1, 1, SECOND, ["One?", "Two?"], by=publisher)

    assert refusal == ("BadWords", 1, 0)


def test_publish_notice_refuses_a_group_without_a_purpose(stage, consents, publisher):
    assert stage.refusal(consents.publishNotice, 1, 1, SECOND, [], by=publisher) == (
        "UnknownGroup",
        1,
    )


def test_an_unknown_notice_is_all_zero(consents):
    assert tuple(consents.notice(0, 2)) == (bytes(32), bytes(32))
    assert tuple(consents.currentNotice(1)) == (0, 0)


def test_publish_notice_is_for_publishers_only(stage, consents, admin):
    refusal = stage.refusal(consents.publishNotice, 0, 2, SECOND, WORDS, by=admin)

    assert refusal == ("AccessControlUnauthorizedAccount", admin.address, role_id("publisher"))
