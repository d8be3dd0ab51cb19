"""Installs what this repository works with: ``setup.py [analysis] [bench]``.

Everything lands inside the tree (.venv, node_modules, .tools). Runs again only what changed; an
interrupted run goes on where it stopped.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - what an older Python is told
    sys.exit("setup: Python 3.11 or newer is needed; name one with `make setup PYTHON=...`")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.toolchain import node, paths, python_env
from scripts.toolchain.steps import SetupError, Step, one_at_a_time, run_all


def plan(extras: list[str]) -> list[Step]:
    """The steps in order: npm's part needs the Node of the first environment."""
    steps = [
        python_env.uv_step(),
        python_env.environment_step("ape", "contracts environment: Ape, pytest, Node (.venv/ape)"),
        node.packages_step(),
        node.compiler_step(),
        python_env.environment_step("sdk", "SDK environment: web3, pytest, ruff (.venv/sdk)"),
        python_env.package_step(),
    ]
    if "analysis" in extras:
        title = "analysis environment: slither, halmos (.venv/analysis)"
        steps.append(python_env.environment_step("analysis", title))
    if "bench" in extras:
        bench = paths.ROOT / "bench"
        steps += [node.packages_step(bench), python_env.files_step(bench)]
    return steps


def main(arguments: list[str]) -> int:
    quiet = "--quiet" in arguments
    started = time.monotonic()
    try:
        steps = plan(arguments)
        if all(step.is_current() for step in steps):
            if not quiet:
                print("setup: everything is in place")
            return 0
        print(f"setup: Python {sys.version.split()[0]}, into {paths.ROOT}", flush=True)
        with one_at_a_time():
            run_all(steps)
    except SetupError as error:
        print(f"setup: {error.problem}\n  to mend it: {error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: stopped; the next `make setup` goes on from here", file=sys.stderr)
        return 130
    print(f"setup: done in {time.monotonic() - started:.0f} s", flush=True)
    if limits := python_env.limits():
        print(f"setup: note: {limits}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
