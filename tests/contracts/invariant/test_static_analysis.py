"""What the check with slither makes of code that slither could not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.assurance import results, static

# As slither 0.11.6 says it of two libraries with one name.
SAID = """INFO:Detectors:
\x1b[91mImpossible to generate IR for Payments.capture (contracts/Payments.sol#94-123):
 'NoneType' object has no attribute 'parameters'\x1b[0m
Impossible to generate IR for Payments.capture (contracts/Payments.sol#94-123):
Missing function 'settle'
. analyzed (107 contracts with 76 detectors), 133 result(s) found
"""
SKIPPED = [
    "Impossible to generate IR for Payments.capture (contracts/Payments.sol#94-123)",
    "Missing function 'settle'",
]


def test_what_slither_skips_is_named_once() -> None:
    assert static.unread(SAID) == SKIPPED


def test_what_slither_reports_is_not_taken_for_what_it_skips() -> None:
    assert static.unread("\tMissing function: findings are indented\nReference: https://x\n") == []


@pytest.mark.parametrize(("skipped", "status"), [([], 0), (SKIPPED, 1)])
def test_the_check_fails_for_code_that_was_not_read(
    skipped: list[str], status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reasons = tmp_path / "reasons.json"
    reasons.write_text("{}")
    recorded: dict[str, Any] = {}
    monkeypatch.setattr(static, "REASONS", reasons)
    monkeypatch.setattr(static, "findings", lambda: ([], skipped))
    monkeypatch.setattr(results, "record", lambda tool, figures: recorded.update(figures))

    assert static.main() == status
    assert recorded["could not read"] == skipped
    assert json.dumps(recorded)
