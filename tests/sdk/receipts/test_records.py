"""A receipt that could not be rendered or checked is never made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from rapport.errors import InputError
from rapport.receipts import Answer, Notice, new_id, now
from tests.sdk.receipts.samples import BY_EMAIL, BY_TEXT, CONTROLLER, PROFILING, RECEIPT, a_receipt

NOTICE = RECEIPT.notices[0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "7"}, "UUID"),
        ({"id": RECEIPT.id.upper()}, "small letters"),
        ({"issued_at": datetime(2026, 1, 1)}, "UTC"),  # noqa: DTZ001
        ({"issued_at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))}, "UTC"),
        ({"issued_at": datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)}, "whole seconds"),
        ({"issued_at": datetime(1969, 12, 31, tzinfo=UTC)}, "before 1970"),
        ({"service": " "}, "the service must be a text"),
        ({"service": "a\nb"}, "do not print"),
        ({"service": "x" * 2001}, "at most 2000"),
        ({"customer_id": "0x" + "C1" * 32}, "small hex digits"),
        ({"customer_id": "0x" + "00" * 32}, "nobody's"),
        ({"recorded_by": "customer"}, "customer or operator"),
        ({"method": ""}, "the method"),
        ({"language": "English"}, "the language"),
        ({"jurisdiction": "Ireland"}, "the jurisdiction"),
        ({"storage_places": ()}, "no storage place"),
        ({"storage_places": ("IE", "IE")}, "one twice"),
        ({"storage_places": ("ie",)}, "a storage place"),
        ({"retention_days": -1}, "retention_days"),
        ({"retention_days": True}, "retention_days"),
        ({"chain_id": 0}, "chain_id"),
        ({"chain_id": 2**53}, "chain_id"),
        ({"contract": RECEIPT.contract.lower()}, "checksummed"),
        ({"choices": ()}, "says nothing"),
        ({"choices": (BY_TEXT, BY_EMAIL)}, "ordered"),
        ({"choices": (BY_EMAIL, BY_EMAIL)}, "at most once"),
        ({"notices": ()}, "one for each group"),
        ({"notices": (NOTICE, replace(NOTICE, group=1))}, "one for each group"),
        ({"sensitive": ("https://w3id.org/dpv/pd#Health",)}, "no choice is about it"),
        ({"sensitive": (PROFILING.data[0], PROFILING.data[0])}, "alphabetical"),
    ],
)
def test_a_receipt_that_is_not_whole_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        a_receipt(**changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"group": 8}, "0 to 7"),
        ({"lane": 7}, "0 to 6"),
        ({"label": ""}, "label"),
        ({"purpose": "marketing"}, "purpose"),
        ({"purpose": "https://a b"}, "purpose"),
        ({"answer": "granted"}, "granted, refused or withdrawn"),
        ({"data": ()}, "no personal data"),
        ({"data": ("email",)}, "category of data"),
        ({"data": BY_EMAIL.data * 2}, "one twice"),
        ({"recipients": ("",)}, "a recipient"),
        ({"max_age_days": None}, "no max_age_days"),
        ({"max_age_days": 0}, "1 to 3650"),
        ({"max_age_days": 3651}, "1 to 3650"),
        ({"answer": Answer.WITHDRAWN}, "for grants only"),
    ],
)
def test_a_choice_that_is_not_whole_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        replace(BY_EMAIL, **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": ""}, "the controller's name"),
        ({"phone": ""}, "the controller's phone"),
        ({"address": ""}, "the controller's address"),
        ({"email": "coffee.example"}, "name@host"),
        ({"privacy_policy": "coffee.example/privacy"}, "privacy_policy"),
        ({"preferences": ""}, "preferences"),
    ],
)
def test_a_controller_who_cannot_be_reached_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        replace(CONTROLLER, **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"group": -1}, "0 to 7"),
        ({"version": 0}, "1 to 16383"),
        ({"version": 2**14}, "1 to 16383"),
        ({"digest": "0x12"}, "64 small hex digits"),
        ({"url": "notice.html"}, "url"),
    ],
)
def test_a_notice_that_cannot_be_found_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        replace(NOTICE, **changes)


def test_lanes_with_an_answer_are_a_mask_of_their_group() -> None:
    elsewhere = replace(BY_EMAIL, group=2, lane=6)
    receipt = a_receipt(
        choices=(*RECEIPT.choices, elsewhere),
        notices=(NOTICE, Notice(2, 1, NOTICE.digest, NOTICE.url)),
    )

    assert receipt.lanes(0, Answer.GRANTED) == 0b0010001
    assert receipt.lanes(0, Answer.REFUSED) == 0b0000010
    assert receipt.lanes(0, Answer.WITHDRAWN) == 0b0001000
    assert receipt.lanes(2, Answer.GRANTED) == 0b1000000
    assert receipt.lanes(1, Answer.GRANTED) == 0
    assert receipt.notice(2).version == 1


def test_a_new_receipt_has_an_id_of_its_own_and_a_whole_second() -> None:
    assert a_receipt(id=new_id(), issued_at=now()).id != new_id()
