"""What comes from npm: contract libraries, the compiler, Foundry's native binaries, solhint."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from scripts.toolchain import paths
from scripts.toolchain.steps import SetupError, Step, call, reason

INTEGRITY = paths.REQUIREMENTS / "npm.txt"


def packages_step(folder: Path = paths.ROOT) -> Step:
    """Installs the ``package.json`` of a folder: the root's, or the one the benches need."""
    name = "npm" if folder == paths.ROOT else f"npm-{folder.name}"
    title = "contract libraries, compiler and node (npm)"
    if folder != paths.ROOT:
        title = f"packages of {folder.name}/ (npm)"
    manifest = folder / "package.json"
    hidden = folder / "node_modules" / ".package-lock.json"
    return Step(name, title, (manifest, INTEGRITY), hidden, lambda: _install(folder, name))


def compiler_step() -> Step:
    """The executable that Ape, forge and slither take for the native compiler."""
    script = Path(__file__).with_name("solc.js")
    manifest = paths.ROOT / "package.json"
    return Step("solc", "solc executable", (script, manifest), paths.SOLC, _write_solc)


def _install(folder: Path, log: str) -> None:
    options = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"]
    # Its own waits add up to minutes when there is no network.
    quick = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    try:
        # No lock file: one written against a registry that lists only this platform's binaries
        # fails elsewhere. Exact versions here, and hashes in requirements/npm.txt, do its work.
        call(
            log,
            *paths.NPM,
            "install",
            *options,
            *quick,
            "--loglevel=error",
            "--prefix",
            folder,
            env=paths.compiler_environment(),
        )
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise SetupError(
            f"npm install failed: {reason(log)}",
            "check the network, then run `make setup` again: it goes on where it stopped",
        ) from error
    verify(folder)


def verify(folder: Path) -> None:
    """Compares what npm downloaded with the recorded hashes.

    npm checks each archive against the hash its registry names and writes that down; here that
    hash is checked against ours, so a registry cannot hand out something else. Every package named
    in ``package.json`` must be on record. Others may be unknown (a binary for another platform, a
    newer package that the linter pulls in), but never different under a recorded version.
    """
    known = recorded()
    manifest = json.loads((folder / "package.json").read_text())
    named = manifest.get("dependencies", {}) | manifest.get("devDependencies", {})
    for package, version, integrity in installed(folder):
        expected = known.get(f"{package}@{version}")
        if expected is None and package not in named:
            continue
        if expected != integrity:
            raise SetupError(
                f"{package} {version} is not the archive recorded in requirements/npm.txt",
                "delete node_modules and run `make setup` again; if it stays, trust neither",
            )


def installed(folder: Path) -> list[tuple[str, str, str]]:
    """Name, version and archive hash of every package in a folder's ``node_modules``."""
    tree = json.loads((folder / "node_modules" / ".package-lock.json").read_text())["packages"]
    return sorted(
        (
            # An alias is recorded under the name of the package that stands in its place.
            entry.get("name", place.rpartition("node_modules/")[2]),
            entry["version"],
            entry.get("integrity", ""),
        )
        for place, entry in tree.items()
    )


def recorded() -> dict[str, str]:
    """``{"solc@0.8.37": "sha512-..."}`` from ``requirements/npm.txt``."""
    lines = INTEGRITY.read_text().splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def _write_solc() -> None:
    script = Path(__file__).with_name("solc.js")
    try:
        banner = subprocess.run(
            [paths.NODE, script, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError("the compiler does not start", "run `make doctor`") from error
    if f"Version: {paths.SOLC_VERSION}+" not in banner:
        raise SetupError(
            f"npm's solc is not {paths.SOLC_VERSION}",
            "name the same version in package.json, ape-config.yaml and scripts/toolchain/paths.py",
        )
    # Ape asks for the version several times a command, and loading the compiler takes 0.7 s, so
    # the answer is kept. Found from its own place, the tree may be moved.
    node, script = (p.relative_to(paths.ROOT) for p in (paths.NODE, script))
    paths.SOLC_FOLDER.mkdir(parents=True, exist_ok=True)
    paths.SOLC.write_text(
        "#!/bin/sh\n"
        'if [ "$*" = "--version" ]; then\n'
        f'  cat <<"END"\n{banner}END\n'
        "  exit 0\n"
        "fi\n"
        'root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)\n'
        f'exec "$root/{node}" "$root/{script}" "$@"\n'
    )
    paths.SOLC.chmod(0o755)
