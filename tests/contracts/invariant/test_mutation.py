"""What the tool that plants faults makes of tests that pass, fail, and do not end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.assurance import mutation
from scripts.assurance.compiler import sources
from scripts.assurance.mutants import Mutant
from scripts.assurance.mutation import (
    KILLED,
    OVERTIME,
    REFUSED,
    SAME,
    SURVIVED,
    TARGETS,
    Journal,
    Tally,
    judge,
)

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


VERDICTS = (KILLED, SURVIVED, OVERTIME, REFUSED, SAME)


def kept(folder: Path, faults: dict[str, Mutant], texts: dict[str, str]) -> dict[str, str]:
    """What a journal that is opened anew says of each."""
    journal = Journal("EarnRules", texts, folder)
    return {verdict: journal.verdict(fault) for verdict, fault in faults.items()}


def test_a_campaign_that_is_taken_up_again_judges_only_what_is_left(tmp_path: Path) -> None:
    texts = sources()
    faults = {verdict: replace(mutant("other"), text=verdict) for verdict in VERDICTS}
    journal = Journal("EarnRules", texts, tmp_path)
    for verdict, fault in faults.items():
        journal.keep(fault, verdict)

    # A fault that ran out of time is judged again.
    assert kept(tmp_path, faults, texts) == {v: "" if v == OVERTIME else v for v in VERDICTS}


def test_a_fault_that_was_not_noticed_is_judged_again_under_other_laws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = sources()
    faults = {verdict: replace(mutant("other"), text=verdict) for verdict in VERDICTS}
    with monkeypatch.context() as other:
        other.setattr(mutation, "LAWS", tmp_path / "laws" / "invariant")
        journal = Journal("EarnRules", texts, tmp_path)
        for verdict, fault in faults.items():
            journal.keep(fault, verdict)

    told = kept(tmp_path, faults, texts)
    assert told == {v: v if v in (KILLED, REFUSED, SAME) else "" for v in VERDICTS}


def test_nothing_stands_once_the_contract_or_what_it_imports_has_changed(tmp_path: Path) -> None:
    texts = sources()
    faults = {KILLED: mutant("other")}
    Journal("EarnRules", texts, tmp_path).keep(faults[KILLED], KILLED)
    other = dict(texts)
    other["contracts/interfaces/IEarnRules.sol"] += "// changed"
    elsewhere = dict(texts)
    elsewhere["contracts/Payments.sol"] += "// changed"

    assert kept(tmp_path, faults, other) == {KILLED: ""}
    assert kept(tmp_path, faults, elsewhere) == {KILLED: KILLED}
