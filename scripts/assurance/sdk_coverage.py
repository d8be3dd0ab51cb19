"""Which lines and branches of the SDK and the command its own tests reach.

    python -m scripts.assurance.sdk_coverage -n 2

Exit status 1 below 95 % of lines, or if a test fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.assurance import results
from scripts.toolchain import paths

GOAL = 95.0
TESTS = [f"tests/{name}" for name in ("sdk", "cli") if (paths.ROOT / "tests" / name).exists()]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="rapport-coverage-") as scratch:
        told = Path(scratch) / "coverage.json"
        command = [sys.executable, "-m", "pytest", *TESTS, "-q", "-p", "no:cacheprovider"]
        command += ["--cov=rapport", f"--cov-report=json:{told}", *sys.argv[1:]]
        status = subprocess.run(command, cwd=paths.ROOT, check=False).returncode
        if not told.exists():
            sys.exit("the tests ended without coverage; see above")
        found: dict[str, Any] = json.loads(told.read_text())
    total = found["totals"]
    lines = round(100 * total["covered_lines"] / total["num_statements"], 2)
    branches = round(100 * total["covered_branches"] / max(1, total["num_branches"]), 2)
    files = {
        path.removeprefix("sdk/"): round(file["summary"]["percent_covered"], 1)
        for path, file in sorted(found["files"].items())
    }
    below = {path: percent for path, percent in files.items() if percent < GOAL}
    figures = {"lines": lines, "branches": branches, "files below the goal": below}
    results.record("sdk coverage", {**figures, "tests passed": status == 0})
    print(f"SDK: {lines} % of lines (goal {GOAL} %), {branches} % of branches")
    return int(status != 0 or lines < GOAL)


if __name__ == "__main__":
    sys.exit(main())
