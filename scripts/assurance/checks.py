"""Runs every check of `make check` and records what each said, with the version of its tool.

    python -m scripts.assurance.checks

Exit status 1 if one fails.
"""

from __future__ import annotations

import subprocess
import sys

from scripts.assurance import results
from scripts.toolchain import paths

CHECKS = {
    "format": "ruff format: one layout for all Python",
    "lint": "ruff: likely bugs, time zones, names, imports",
    "types": "mypy --strict over the SDK",
    "bandit": "bandit over the SDK and the scripts",
    "solhint": "solhint with NatSpec rules, no warnings allowed",
    "forge": "forge lint, warnings denied",
    "slither": "slither, a written reason for every finding",
}


def main() -> int:
    figures: dict[str, str] = {}
    for name, what in CHECKS.items():
        command = ["make", "--no-print-directory", f"check-{name}"]
        run = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
        figures[what] = "nothing found" if run.returncode == 0 else "fails"
        print(f"{figures[what]:14} {what}")
        if run.returncode != 0:
            print((run.stdout + run.stderr)[-1500:], file=sys.stderr)
    results.record("checks", {"checks": figures})
    return int("fails" in figures.values())


if __name__ == "__main__":
    sys.exit(main())
