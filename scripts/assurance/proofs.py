"""Proves the `check_` properties of tests/contracts/halmos, and that the canary is refuted.

    python -m scripts.assurance.proofs        # in the analysis environment

Exit status 1 if a property fails or cannot be decided, or if the canary passes.
"""

from __future__ import annotations

import re
import subprocess
import sys

from scripts.assurance import results
from scripts.toolchain import paths

CANARY = "check_canary"
_VERDICT = re.compile(r"\[(PASS|FAIL|TIMEOUT|ERROR)\]\S* (check_\w+)\(")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def verdicts() -> dict[str, str]:
    """What halmos says of every property."""
    out = paths.TOOLS / "forge" / "out"
    build = [str(paths.FORGE), "build", "--ast", "--force"]
    subprocess.run(build, cwd=paths.ROOT, check=True, capture_output=True)
    folder = str(out.relative_to(paths.ROOT))
    command = ["halmos", "--root", str(paths.ROOT), "--forge-build-out", folder]
    command += ["--function", "check_", "--solver-timeout-assertion", "60s", "--loop", "8"]
    run = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    told = _COLOUR.sub("", run.stdout + run.stderr)
    found = {name: verdict for verdict, name in _VERDICT.findall(told)}
    if not found:
        sys.exit(f"halmos said nothing of any property:\n{told[-2000:]}")
    return found


def main() -> int:
    found = verdicts()
    canary = {name: verdict for name, verdict in found.items() if name.startswith(CANARY)}
    proofs = {name: verdict for name, verdict in found.items() if name not in canary}
    for name, verdict in sorted(proofs.items()):
        print(f"{verdict:8} {name.removeprefix('check_').replace('_', ' ')}")
    refuted = list(canary.values()) == ["FAIL"]
    print(f"the canary is {'refuted, as it must be' if refuted else 'NOT refuted'}")
    results.record(
        "proofs",
        {"properties": proofs, "canary refuted": refuted},
    )
    return int(not refuted or set(proofs.values()) != {"PASS"})


if __name__ == "__main__":
    sys.exit(main())
