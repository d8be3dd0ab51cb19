"""Where bytecode comes from: our build, the peers' own packages, OpenZeppelin's sources."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scripts.toolchain import paths

BENCH = Path(__file__).resolve().parents[1]
NODE = "node_modules"
PYPI_PEERS = BENCH / "python_modules"
SUITE = (
    *("CustomerRegistry", "LoyaltyPoints", "EarnRules", "ConsentRegistry", "Onboarding"),
    *("Payments", "Subscriptions", "SLAEscrow", "CourtArbiter"),
)


class BenchError(Exception):
    """The bench cannot run: what was met, and what to do about it."""


@dataclass(frozen=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: list[dict[str, Any]]
    creation: str
    """Creation bytecode, hex with 0x."""


def ours() -> dict[str, Artifact]:
    """The suite as Ape compiled it, or as the folder in ``RAPPORT_ARTIFACTS`` holds it."""
    other = os.environ.get("RAPPORT_ARTIFACTS")
    build = Path(other or paths.ROOT / ".build")
    compiled_types = build / "__local__.json"
    try:
        types = json.loads(compiled_types.read_text())["contractTypes"]
    except FileNotFoundError:
        raise BenchError("the contracts are not compiled: run `make compile`") from None
    if other is None:
        _refuse_stale(compiled_types)
    found = {}
    for name in SUITE:
        if name not in types:
            raise BenchError(f"{name} is not in {build.name}/: run `make compile`")
        record = types[name]
        found[name] = Artifact(name, record["abi"], record["deploymentBytecode"]["bytecode"])
    return found


def _refuse_stale(build: Path) -> None:
    """A figure of code that has changed since would be filed under the wrong commit."""
    contracts = paths.ROOT / "contracts"
    for source in sorted(contracts.rglob("*.sol")):
        inside = source.relative_to(contracts)
        if ".cache" in inside.parts:
            continue
        if source.stat().st_mtime > build.stat().st_mtime:
            raise BenchError(f"contracts/{inside} was changed after the build: run `make compile`")


def commit() -> str:
    """The commit that last changed the contracts, where the tree is a Git checkout."""
    try:
        commit = _git("log", "-1", "--format=%h", "--", "contracts")
        changed = _git("status", "--porcelain", "--", "contracts")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "an unknown commit (no Git checkout)"
    return f"commit {commit}" + (" with uncommitted changes" if changed else "")


def _git(*words: str) -> str:
    run = subprocess.run(
        ["git", *words], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def shipped(package: str, file: str, libraries: Mapping[str, str] | None = None) -> Artifact:
    """
    A contract as a peer published it: ``shipped("@thirdweb-dev/contracts", "abi/X.json")``.

    Raises:
        BenchError: It links to a library that is not among ``libraries``, addresses by name.
    """
    record = document(package, file)
    # Hardhat writes the code as a string, Foundry as an object.
    code = record["bytecode"]
    code = code if isinstance(code, str) else code["object"]
    code = code.removeprefix("0x")
    for source in record.get("linkReferences", {}).values():
        for library, places in source.items():
            if library not in (libraries or {}):
                raise BenchError(f"{file} of {package} links to {library}, which is not deployed")
            address = (libraries or {})[library].removeprefix("0x").lower()
            for place in places:
                start = 2 * place["start"]
                code = code[:start] + address + code[start + len(address) :]
    return Artifact(Path(file).stem, record["abi"], "0x" + code)


def document(package: str, file: str) -> dict[str, Any]:
    """A JSON file of a peer's package."""
    version_of(package)
    record: dict[str, Any] = json.loads((_home(package) / NODE / package / file).read_text())
    return record


def manifested(package: str, name: str) -> Artifact:
    """A contract of an Ape manifest that a package on PyPI carries."""
    pypi_version_of(package)
    types = json.loads((PYPI_PEERS / package / "manifest.json").read_text())["contractTypes"]
    return Artifact(name, types[name]["abi"], types[name]["deploymentBytecode"]["bytecode"])


def version_of(package: str) -> str:
    """
    The version of an installed peer.

    Raises:
        BenchError: Not installed, or not the version that its ``package.json`` pins.
    """
    home = _home(package)
    pinned = _npm_pins(home)[package]
    manifest = home / NODE / package / "package.json"
    if not manifest.exists():
        raise BenchError(f"{package} is not installed: run `make bench`")
    met: str = json.loads(manifest.read_text())["version"]
    if met != pinned:
        raise BenchError(f"{package} is {met}, the bench pins {pinned}: run `make bench`")
    return met


def _home(package: str) -> Path:
    """The bench's own folder, or the project's where its tests use the package as well."""
    return BENCH if package in _npm_pins(BENCH) else paths.ROOT


@cache
def _npm_pins(folder: Path) -> dict[str, str]:
    named = json.loads((folder / "package.json").read_text())
    return {**named["dependencies"], **named.get("devDependencies", {})}


def pypi_version_of(package: str) -> str:
    """
    The version of an installed peer that PyPI ships.

    Raises:
        BenchError: Not installed, or not the version that ``requirements/bench.in`` pins.
    """
    pinned = _pypi_pins()[package]
    if not (PYPI_PEERS / f"{package}-{pinned}.dist-info").exists():
        raise BenchError(f"{package} {pinned}, which the bench pins, is missing: run `make bench`")
    return pinned


def _pypi_pins() -> dict[str, str]:
    lines = (paths.REQUIREMENTS / "bench.in").read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def check_installed() -> None:
    """Refuses to begin a run that would end without its peers."""
    for package in _npm_pins(BENCH):
        version_of(package)
    for package in _pypi_pins():
        pypi_version_of(package)
    openzeppelin_version()


def openzeppelin_version() -> str:
    """The version of the OpenZeppelin contracts that we build on and compile for comparison."""
    manifest = paths.NODE_MODULES / "@openzeppelin" / "contracts" / "package.json"
    if not manifest.exists():
        raise BenchError("OpenZeppelin's contracts are not installed: run `make setup`")
    version: str = json.loads(manifest.read_text())["version"]
    return version


def ape_setting(key: str) -> str:
    """A setting of ``ape-config.yaml``, so that the bench compiles and runs as the project does."""
    found = re.search(rf"^ +{key}: (\S+)$", (paths.ROOT / "ape-config.yaml").read_text(), re.M)
    if found is None:
        raise BenchError(f"ape-config.yaml does not say `{key}`, which the bench follows")
    return found[1]


@cache
def compiled(file: str) -> dict[str, Artifact]:
    """The contracts of ``bench/contracts/<file>``, by the project's compiler and settings."""
    source = BENCH / "contracts" / file
    question = {
        "language": "Solidity",
        "sources": {file: {"content": source.read_text()}},
        "settings": {
            "evmVersion": ape_setting("evm_version"),
            "viaIR": ape_setting("via_ir") == "true",
            "optimizer": {"enabled": True, "runs": int(ape_setting("optimization_runs"))},
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
        },
    }
    if not paths.SOLC.exists():
        raise BenchError("the Solidity compiler is not set up: run `make setup`")
    run = subprocess.run(
        [paths.SOLC, "--standard-json", "--base-path", paths.NODE_MODULES],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise BenchError(f"the Solidity compiler failed: {run.stderr.strip()}")
    answer = json.loads(run.stdout)
    faults = [e["formattedMessage"] for e in answer.get("errors", []) if e["severity"] == "error"]
    if faults:
        raise BenchError(f"bench/contracts/{file} does not compile: {faults[0].strip()}")
    return {
        name: Artifact(name, record["abi"], "0x" + record["evm"]["bytecode"]["object"])
        for name, record in answer["contracts"][file].items()
    }
