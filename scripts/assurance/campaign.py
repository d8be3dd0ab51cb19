"""Runs the laws in a profile and records how much was tried.

    python -m scripts.assurance.campaign short
    python -m scripts.assurance.campaign deep -n 2
    RAPPORT_RUNS=1000 python -m scripts.assurance.campaign money -n 2

`money` is as deep, of the machines of payments, subscriptions and service levels alone.
Exit status that of the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from scripts.assurance import results
from scripts.toolchain import paths

LAWS = "tests/contracts/invariant"
MONEY = [f"{LAWS}/test_{name}_machine.py" for name in ("payment", "subscription", "sla")]
# What each is called by hypothesis, and the tests that it runs.
PROFILES = {"short": ("short", [LAWS]), "deep": ("deep", [LAWS]), "money": ("deep", MONEY)}


def main() -> int:
    profile, *arguments = sys.argv[1:] or ["short"]
    if profile not in PROFILES:
        sys.exit(f"no profile {profile}; there are {', '.join(PROFILES)}")
    depth, laws = PROFILES[profile]
    with tempfile.TemporaryDirectory(prefix="rapport-laws-") as scratch:
        environment = {**os.environ, "RAPPORT_PROFILE": depth, "RAPPORT_TALLY": scratch}
        begun = time.monotonic()
        command = [sys.executable, "-m", "pytest", *laws, "-q", "-p", "no:cacheprovider"]
        command += arguments
        status = subprocess.run(command, cwd=paths.ROOT, env=environment, check=False).returncode
        seconds = round(time.monotonic() - begun)
        tally: Counter[str] = Counter()
        for path in Path(scratch).glob("*.json"):
            tally.update(json.loads(path.read_text()))
    figures = {**tally, "seconds": seconds, "passed": status == 0}
    results.record(f"laws, {profile}", figures)
    print(f"{profile}: {figures}")
    return status


if __name__ == "__main__":
    sys.exit(main())
