"""Tests that cannot fail prove nothing: a contract with a planted fault must fail them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.assurance import mutants
from scripts.assurance.compiler import Compiler, sources
from scripts.assurance.mutation import EVERY, trees
from tests.contracts.support.artifacts import ROOT

FAULTS = {
    "contracts/LoyaltyPoints.sol": "InsufficientPoints",
    "contracts/ConsentRegistry.sol": "StaleNotice",
}
LAWS = Path(__file__).parent


def laws_hold(artifacts: Path, tests: str) -> bool:
    """Whether the tests of a file pass against these artifacts; in a process of their own."""
    environment = {**os.environ, "RAPPORT_ARTIFACTS": str(artifacts), "RAPPORT_PROFILE": "mutant"}
    environment.pop("RAPPORT_PROBES", None)
    environment.pop("RAPPORT_TALLY", None)
    flags = ["-x", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", str(LAWS / tests), *flags]
    status = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False
    ).returncode
    assert status in (0, 1), f"pytest ended with {status}, which is neither passed nor failed"
    return status == 0


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts, with one guard of each left out."""
    texts = sources()
    syntax, changed = trees(texts), dict(texts)
    for path, error in FAULTS.items():
        faults = mutants.plant(path, texts[path], syntax[path])
        fault = next(m for m in faults if m.operator == "guard" and error in m.context)
        changed[path] = fault.apply(texts[path])
    folder = tmp_path_factory.mktemp("planted")
    with Compiler(optimize=False, via_ir=False) as compiler:
        compiler.artifacts(changed, EVERY, folder)
    return folder


@pytest.mark.parametrize("tests", ["test_points_spending.py", "test_consents.py"])
def test_the_directed_tests_notice_a_planted_fault(planted: Path, tests: str) -> None:
    assert not laws_hold(planted, tests)


@pytest.mark.parametrize("tests", ["test_loyalty_machine.py", "test_consent_machine.py"])
def test_the_machines_notice_a_planted_fault(planted: Path, tests: str) -> None:
    assert not laws_hold(planted, tests)


def test_the_sources_on_disk_have_no_fault() -> None:
    for path, error in FAULTS.items():
        assert f"revert {error}(" in (ROOT / path).read_text()
