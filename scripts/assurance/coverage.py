"""Which lines, functions and branches of the contracts the laws reach.

    python -m scripts.assurance.coverage

Compiles the contracts with probes into a folder of its own and runs the laws against that. Exit
status 1 below 100 % of lines and functions or 98 % of branches.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from scripts.assurance import probes, results
from scripts.assurance.compiler import CONTRACTS, Compiler, closure, sources
from scripts.assurance.mutation import EVERY, trees
from scripts.toolchain import paths

LAWS = "tests/contracts/invariant"
# Tests of the tools themselves: they reach nothing here, and compile contracts of their own.
OF_TOOLS = ("test_canary.py", "test_mutation.py", "test_static_analysis.py", "test_probes.py")
# Calls with as much gas as the build without probes needs; nothing is reached by these alone.
COUNTED = (
    "test_court.py::test_a_function_serves_whom_it_names_and_refuses_everyone_else[execute]",
)
GOALS = {"line": 100.0, "function": 100.0, "branch": 98.0}


def unmeasured() -> list[str]:
    """Contracts that no law deploys, which stay out of the figures."""
    ours = {path.stem for path in CONTRACTS.glob("*.sol")}
    return sorted(ours - set(EVERY))


def build(folder: Path) -> probes.Plan:
    """The contracts that the laws deploy, with probes, as artifacts in a folder."""
    texts = sources()
    deployed = [path for path in texts if Path(path).stem in EVERY]
    texts = probes.widen(closure(texts, deployed))
    woven, plan = probes.instrument(texts, trees(texts))
    with Compiler(optimize=True, via_ir=False) as compiler:
        compiler.artifacts(woven, EVERY, folder)
    return plan


def reached(folder: Path, arguments: list[str]) -> set[int]:
    """Runs the laws against the build; the numbers of the probes that they reached."""
    seen = folder / "probes"
    seen.mkdir()
    environment = {**os.environ, "RAPPORT_ARTIFACTS": str(folder), "RAPPORT_PROBES": str(seen)}
    command = [sys.executable, "-m", "pytest", LAWS, "-q", "-p", "no:cacheprovider", *arguments]
    command += [f"--ignore={LAWS}/{name}" for name in OF_TOOLS]
    command += [f"--deselect={LAWS}/{name}" for name in COUNTED]
    status = subprocess.run(command, cwd=paths.ROOT, env=environment, check=False).returncode
    if status != 0:
        sys.exit("the laws fail with probes in the contracts; run `make test-laws`")
    touched: set[int] = set()
    for path in seen.glob("*.json"):
        touched |= {int(address, 16) for address in json.loads(path.read_text())}
    return set(probes.hits(touched))


def summary(plan: probes.Plan, hit: set[int]) -> dict[str, Any]:
    """By file and in all: what there is, what was reached, and every place that was not."""
    there: dict[str, dict[str, dict[Any, bool]]] = defaultdict(lambda: defaultdict(dict))
    missed: list[str] = []
    for probe in plan.probes:
        key = probe.line if probe.kind == "line" else probe.number
        places = there[probe.path][probe.kind]
        places[key] = places.get(key, False) or probe.number in hit
        if probe.number not in hit:
            missed.append(f"{probe.path}:{probe.line} {probe.kind} {probe.name}")
    files = {
        path: {kind: [sum(found.values()), len(found)] for kind, found in kinds.items()}
        for path, kinds in sorted(there.items())
    }
    total = {}
    for kind in GOALS:
        covered = sum(counts.get(kind, [0, 0])[0] for counts in files.values())
        possible = sum(counts.get(kind, [0, 0])[1] for counts in files.values())
        percent = round(100 * covered / possible, 2)
        total[kind] = {"reached": covered, "of": possible, "percent": percent}
    return {"files": files, "total": total, "missed": sorted(missed)}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="rapport-coverage-") as scratch:
        folder = Path(scratch)
        plan = build(folder)
        found = summary(plan, reached(folder, sys.argv[1:]))
    found["unmeasured"] = unmeasured()
    results.record("contract coverage", found)
    for name in found["unmeasured"]:
        print(f"no law deploys {name}: not measured")
    for place in found["missed"]:
        print(f"not reached: {place}")
    for kind, goal in GOALS.items():
        told = found["total"][kind]
        print(f"{kind}: {told['reached']} of {told['of']}, {told['percent']} % (goal {goal} %)")
    return int(any(found["total"][kind]["percent"] < goal for kind, goal in GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
