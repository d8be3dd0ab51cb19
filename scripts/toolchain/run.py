"""Runs a command with the tools of one environment: ``run.py ENVIRONMENT COMMAND...``.

Without a command, prints the shell lines that set the same environment up::

    eval "$(python3 scripts/toolchain/run.py ape)"
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.toolchain import paths


def main(arguments: list[str]) -> int:
    """Does not return where the command starts: it takes this process's place."""
    name, command = (arguments or ["ape"])[0], arguments[1:]
    if name not in paths.ENVIRONMENTS:
        print(f"run: no environment {name!r}; one of {', '.join(paths.ENVIRONMENTS)}")
        return 2

    variables = paths.recipe_environment(name)
    if not command:
        for key, value in variables.items():
            print(f"export {key}={shlex.quote(value)}")
        return 0

    # A caller's PYTHONHOME or PYTHONPATH would bring another interpreter's packages in.
    inherited = {k: v for k, v in os.environ.items() if k not in {"PYTHONHOME", "PYTHONPATH"}}
    executable = shutil.which(command[0], path=variables["PATH"])
    if executable is None or not paths.python(name).exists():
        print(f"run: {command[0]} is not set up yet; run `make setup`", file=sys.stderr)
        return 127
    return os.execve(executable, command, inherited | variables)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
