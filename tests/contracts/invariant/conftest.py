"""How long the machines run: ``short`` in `make test`, ``deep`` with ``RAPPORT_PROFILE=deep``.

``RAPPORT_RUNS`` overrides the number of runs of each machine; the mutation tool uses it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

from tests.contracts.support.evm import OPENED
from tests.contracts.support.suite import TALLY

_ALWAYS = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
    "report_multiple_bugs": False,
}
# Seven machines of 100 runs x 30 steps; the same seed every time, so that a build is reproducible.
settings.register_profile(
    "short", max_examples=100, stateful_step_count=30, derandomize=True, database=None, **_ALWAYS
)
# Each of five seeds, given by pytest's --hypothesis-seed.
settings.register_profile(
    "deep", max_examples=5_000, stateful_step_count=50, database=None, **_ALWAYS
)
# For mutants: only whether it fails matters, not the smallest way.
settings.register_profile(
    "mutant",
    max_examples=60,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    **_ALWAYS,
)
_profile = os.environ.get("RAPPORT_PROFILE") or "short"
settings.load_profile(_profile)
if os.environ.get("RAPPORT_RUNS"):
    settings.register_profile(
        "given", settings.get_profile(_profile), max_examples=int(os.environ["RAPPORT_RUNS"])
    )
    settings.load_profile("given")


def pytest_sessionfinish() -> None:
    """Leaves behind what `scripts/assurance` asks for: addresses looked at, how much was tried."""
    folder = os.environ.get("RAPPORT_PROBES")
    if folder:
        touched = sorted(address for evm in OPENED for address in evm.touched())
        (Path(folder) / f"{os.getpid()}.json").write_text(json.dumps(touched))
    folder = os.environ.get("RAPPORT_TALLY")
    if folder:
        (Path(folder) / f"{os.getpid()}.json").write_text(json.dumps(TALLY))
