"""Purposes by name, and files of recorded consents: values, without a chain."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rapport.consents import (
    DEFAULT_PURPOSES,
    Lane,
    OverlappingPurposes,
    Purposes,
    UnknownPurposeName,
    day,
    year_after,
)
from rapport.errors import InputError
from rapport.ingest.consents import ConsentLayout, read_consents
from rapport.ingest.tables import open_table


def test_purposes_are_found_by_name_and_by_place() -> None:
    purposes = Purposes()
    assert [str(purposes.find(name)) for name in purposes] == list(DEFAULT_PURPOSES.values())
    assert purposes.find(" Email ") == purposes.find("0:0") == Lane(0, 0)
    assert purposes.name(Lane(3, 6)) == "3:6"
    assert purposes.names(0, 0b1000001) == ("email", "sale")


def test_a_name_of_one_s_own_takes_the_place_of_the_default_one() -> None:
    purposes = Purposes({"newsletter": "0:0", "sms": "1:1"})
    assert purposes.find("newsletter") == Lane(0, 0)
    assert purposes.find("sms") == Lane(1, 1)
    with pytest.raises(UnknownPurposeName, match="newsletter"):
        purposes.find("email")


@pytest.mark.parametrize(
    "names",
    [{"Mail": "0:0"}, {"mail": "8:0"}, {"mail": "0:7"}, {"mail": ""}, {"a": "0:1", "b": "0:1"}],
)
def test_names_that_cannot_be_are_refused(names: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Purposes(names)


def test_a_decision_becomes_masks_of_one_group() -> None:
    purposes = Purposes()
    masks = purposes.masks(["email", "phone"], ["sale", "sale"])
    assert (masks.group, masks.grant, masks.withdraw) == (0, 0b101, 0b1000000)
    with pytest.raises(OverlappingPurposes, match="sms"):
        purposes.masks(["sms"], ["0:1"])
    with pytest.raises(InputError, match="groups 0, 2"):
        purposes.masks(["email"], ["2:0"])
    with pytest.raises(InputError, match="nothing is decided"):
        purposes.masks([])


def test_days_are_those_of_the_calendar() -> None:
    assert day(0) == date(1970, 1, 1)
    assert day(65_535) == date(2149, 6, 6)
    assert year_after(date(2024, 2, 29)) == date(2025, 3, 1)
    assert year_after(date(2025, 12, 31)) == date(2026, 12, 31)


def read(path: Path, text: str, layout: ConsentLayout | None = None):
    path.write_text(text, "utf-8")
    return list(read_consents(open_table(path), layout or ConsentLayout(), Purposes()))


def test_each_answer_is_a_grant_a_withdrawal_or_nothing(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path / "a.csv",
        "customer,reference,date,evidence,email,sms,phone\nC-1,F-1,2026-03-01,till,Yes,OPT-OUT, \n",
    )
    record = found.record
    assert record is not None
    assert (record.grant, record.withdraw, record.key) == (("email",), ("sms",), "consent:F-1")
    assert (record.evidence, record.given_at) == ("till", datetime(2026, 3, 1, tzinfo=UTC))


def test_rows_without_a_reference_are_told_apart_by_what_they_say(tmp_path: Path) -> None:
    rows = read(
        tmp_path / "a.csv", "customer,email\nC-1,yes\nC-1,yes\nC-1,no\nC-2,yes\n,yes\nC-3,7\n"
    )
    keys = [each.record.key for each in rows if each.record]
    assert len(keys) == len(set(keys)) == 3
    assert [each.reason is not None for each in rows] == [False, False, False, False, True, True]
    assert rows[1].record is rows[1].reason is None  # repeats the row before


def test_nested_json_and_truths_are_read(tmp_path: Path) -> None:
    layout = ConsentLayout(customer="person.number", purposes={"email": "opted.mail"})
    rows = read(
        tmp_path / "a.jsonl",
        '{"person": {"number": 17}, "opted": {"mail": true}}\n'
        '{"person": {"number": 18}, "opted": {"mail": false}, "sale": "no"}\n[]\n',
        layout,
    )
    assert [each.record.grant for each in rows if each.record] == [("email",), ()]
    assert rows[1].record is not None
    assert rows[1].record.withdraw == ("sale", "email")
    assert rows[2].reason == "not a JSON object"
