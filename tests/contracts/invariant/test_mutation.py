"""What the tool that plants faults makes of tests that pass, fail, and do not end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.assurance import mutation
from scripts.assurance.mutants import Mutant
from scripts.assurance.mutation import KILLED, OVERTIME, SURVIVED, TARGETS, Tally, judge

TARGET = TARGETS["EarnRules"]


def ends(status: int) -> Callable[[Path, object], None]:
    return lambda folder, target: os._exit(status)


@pytest.mark.parametrize(
    ("run", "verdict"),
    [(ends(0), SURVIVED), (ends(1), KILLED), (lambda folder, target: time.sleep(60), OVERTIME)],
)
def test_only_tests_that_fail_in_time_have_noticed_a_fault(
    run: Callable[[Path, object], None],
    verdict: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mutation, "_run_tests", run)
    assert judge(tmp_path, TARGET, 2 if verdict == OVERTIME else 30) == verdict


def mutant(kind: str) -> Mutant:
    return Mutant("contracts/EarnRules.sol", 0, 1, "x", "number", 1, "`0` -> `1`", kind, "")


@pytest.mark.parametrize(("kind", "missed"), [("other", False), ("guard", True)])
def test_a_fault_out_of_time_is_no_part_of_the_score_and_unknown_on_a_protected_line(
    kind: str, missed: bool
) -> None:
    tally = Tally()
    for verdict in (KILLED, KILLED, OVERTIME):
        mutation._count(tally, mutant(kind), verdict)
    assert (tally.judged, tally.killed, tally.score) == (2, 2, 100.0)
    assert tally.overtime == [mutant(kind)]
    assert tally.missed == missed
