"""Receipts in the archive: unreadable without their key, one for each key, gone when destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.archive import Archive
from rapport.errors import ConfigError, NotFound

WHO, OTHER = b"\x01" * 32, b"\x02" * 32
KEY = b"\x42" * 32


def test_a_receipt_opens_with_its_own_key_only(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.db")
    archive.keep("r-1", WHO, b"\x0a" * 32, KEY, "what was said", "form:1")
    (kept,) = archive.receipts([WHO])
    assert kept.open(KEY) == "what was said"
    with pytest.raises(NotFound, match="cannot be opened"):
        kept.open(b"\x43" * 32)
    archive.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    assert b"what was said" not in stored


def test_the_same_key_keeps_the_first_receipt(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.db")
    first = archive.keep("r-1", WHO, b"\x0a" * 32, KEY, "first", "form:1")
    again = archive.keep("r-2", WHO, b"\x0b" * 32, KEY, "second", "form:1")
    assert again == first == archive.made_for("form:1")
    assert archive.made_for("form:2") is None
    for number in (3, 4):  # those of requests have no key, and are all kept
        archive.keep(f"r-{number}", WHO, bytes([number]) * 32, KEY, "a request")
    assert len(archive.receipts([WHO])) == 3


def test_destroying_a_customer_s_receipts_leaves_the_others(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.db")
    archive.keep("r-1", WHO, b"\x0a" * 32, KEY, "mine", "form:1")
    archive.keep("r-2", OTHER, b"\x0b" * 32, KEY, "yours", "form:2")
    content = archive.receipts([WHO])[0].content
    assert content in archive.traces([WHO])
    archive.destroy([WHO])
    archive.destroy([WHO])
    assert archive.receipts([WHO]) == archive.traces([WHO]) == []
    assert [each.id for each in archive.receipts([WHO, OTHER])] == ["r-2"]


def test_notices_and_evidence_are_found_again_after_a_restart(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.db")
    archive.keep_notice(b"\x07" * 32, {"text": "é"})
    archive.keep_notice(b"\x07" * 32, {"text": "é"})
    archive.keep("r-1", WHO, b"\x0a" * 32, KEY, "mine")
    archive.keep_evidence(b"\x0a" * 32, "{}")
    archive.close()
    again = Archive(tmp_path / "a.db")
    assert again.notice(b"\x07" * 32) == '{"text": "é"}'
    assert again.notice(b"\x08" * 32) is None
    assert again.receipts([WHO])[0].evidence == "{}"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 20)
    with pytest.raises(ConfigError, match="cannot be used"):
        Archive(path)
