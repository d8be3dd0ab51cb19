"""Defining what a lane means, for good."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import role_id
from tests.contracts.unit.support.consents import ALL, IRIS

IRI = keccak(text="https://w3id.org/dpv#Marketing")
LAST_GROUP = 7


def test_define_purpose_begins_a_group(stage, consents, publisher):
    assert consents.groupCount() == 1

    receipt = consents.definePurpose(1, 3, IRI, 30, False, sender=publisher)

    told = {"group": 1, "lane": 3, "iri": IRI, "maxAgeDays": 30, "optOut": False}
    assert stage.events(receipt) == [("PurposeDefined", told)]
    assert tuple(consents.purpose(1, 3)) == (IRI, 30, False)
    assert consents.groupCount() == 2


def test_define_purpose_leaves_the_other_lanes_as_they_were(stage, consents, publisher):
    for lane, age in ((6, 3_650), (0, 1), (5, 2_047)):
        stage.send(consents.definePurpose, 1, lane, IRI, age, lane == 5, by=publisher)

    found = [tuple(consents.purpose(1, lane)) for lane in range(7)]

    nothing = (bytes(32), 0, False)
    assert found == [
        (IRI, 1, False),
        *[nothing] * 4,
        (IRI, 2_047, True),
        (IRI, 3_650, False),
    ]
    # Group 0 has not noticed either.
    assert consents.purpose(0, 5).maxAgeDays == 395


def test_define_purpose_again_with_the_same_content_returns_false(stage, consents, publisher):
    known = (0, 0, IRIS[0], 730, False)

    assert stage.answer(consents.definePurpose, *known, by=publisher) is False
    assert stage.events(consents.definePurpose(*known, sender=publisher)) == []


@pytest.mark.parametrize("other", [(IRI, 730, False), (IRIS[0], 731, False), (IRIS[0], 730, True)])
def test_define_purpose_refuses_to_change_what_a_lane_means(stage, consents, publisher, other):
    refusal = stage.refusal(consents.definePurpose, 0, 0, *other, by=publisher)

    assert refusal == ("PurposeFixed", 0, 0)


@pytest.mark.parametrize("place", [(0, 7), (2, 0), (255, 0)])
def test_define_purpose_refuses_a_lane_past_the_seventh_and_a_gap(
    stage, consents, publisher, place
):
    refusal = stage.refusal(consents.definePurpose, *place, IRI, 30, False, by=publisher)

    assert refusal == ("BadLane", *place)


def test_define_purpose_refuses_a_ninth_group(stage, consents, publisher):
    for group in range(1, LAST_GROUP + 1):
        stage.send(consents.definePurpose, group, 0, IRI, 30, False, by=publisher)

    refusal = stage.refusal(consents.definePurpose, 8, 0, IRI, 30, False, by=publisher)

    assert refusal == ("BadLane", 8, 0)
    assert consents.groupCount() == 8


@pytest.mark.parametrize("age", [0, 3_651, 65_535])
def test_define_purpose_refuses_a_consent_for_ever_or_for_no_time(stage, consents, publisher, age):
    refusal = stage.refusal(consents.definePurpose, 1, 0, IRI, age, False, by=publisher)

    assert refusal == ("BadMaxAge", age, 3_650)


def test_a_purpose_defined_after_the_notice_is_not_covered_by_it(stage, consents, publisher):
    stage.send(consents.definePurpose, 1, 0, IRI, 30, False, by=publisher)
    stage.send(consents.publishNotice, 1, 1, IRI, ["One?"], by=publisher)
    stage.send(consents.definePurpose, 1, 2, IRI, 30, False, by=publisher)

    assert tuple(consents.currentNotice(1)) == (1, 0b001)
    stage.send(consents.publishNotice, 1, 2, IRI, ["One?", "", "Three?"], by=publisher)
    assert tuple(consents.currentNotice(1)) == (2, 0b101)
    assert tuple(consents.currentNotice(0)) == (1, ALL)


def test_define_purpose_is_for_publishers_only(stage, consents, consent_operator):
    refusal = stage.refusal(consents.definePurpose, 1, 0, IRI, 30, False, by=consent_operator)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        consent_operator.address,
        role_id("publisher"),
    )
