"""Says what is missing or wrong with the tools, and how to mend each: ``make doctor``.

Exits with 1 when something is broken. Nothing is changed.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - what an older Python is told
    sys.exit("doctor: Python 3.11 or newer is needed; name one with `make doctor PYTHON=...`")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.toolchain import checks, paths, python_env
from scripts.toolchain.findings import Finding, answer, broken, note, ok, rpc
from scripts.toolchain.setup import plan

NEEDED_MB = 2_500  # what a fresh set-up, its download caches included, takes
SPARE_MB = 300

_COLOURS = {"ok": "32", "note": "33", "BROKEN": "31"}


def is_set_up() -> bool:
    return all(step.is_current() for step in plan([]))


def check_system() -> Iterator[Finding]:
    if sys.platform not in {"linux", "darwin"}:
        yield broken("system", sys.platform, "use Linux or macOS; on Windows, WSL")
    version = platform.python_version()
    yield ok("python", f"{version} ({sys.executable})")
    if limits := python_env.limits():
        yield note("python", *limits.split("; ", 1))
    for tool in ("git", "make"):
        found = shutil.which(tool)
        yield ok(tool, found) if found else broken(tool, "not on PATH", f"install {tool}")


def check_folder() -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=paths.ROOT):
            yield ok("folder", f"{paths.ROOT} can be written")
    except OSError as error:
        yield broken("folder", f"{paths.ROOT}: {error.strerror}", "make it yours, or clone again")
    free = shutil.disk_usage(paths.ROOT).free // 1_000_000
    wanted = SPARE_MB if is_set_up() else NEEDED_MB
    if free >= wanted:
        yield ok("disk", f"{free:,} MB free")
    else:
        yield broken("disk", f"{free:,} MB free", f"free {wanted:,} MB")


def check_port() -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", 8545)) != 0:
            yield ok("port 8545", "free")
            return
    client = rpc(8545, "web3_clientVersion")
    if client and "anvil" in client.lower():
        yield note("port 8545", f"{client} is running", "fine if it is your devnet; else stop it")
    else:
        yield note("port 8545", "taken by another program", 'make devnet ARGS="--port 9545"')


def check_registries() -> Iterator[Finding]:
    """Only where something is still to be downloaded."""
    if is_set_up():
        return
    remedy = "check the network, the proxy, and pip's and npm's own configuration"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "1"]
    lock = paths.REQUIREMENTS / "uv.txt"
    with tempfile.TemporaryDirectory() as scratch:
        reached = answer(
            *pip, "download", "--no-deps", "--require-hashes", "-r", lock, "-d", scratch
        )
    if reached is None:
        yield broken("Python registry", "pip cannot download from it", remedy)
    else:
        yield ok("Python registry", "reached by pip")
    if paths.NODE.exists():
        reached = answer(
            *paths.NPM, "ping", "--fetch-retries=0", env=os.environ | {"NODE_USE_SYSTEM_CA": "1"}
        )
        if reached is None:
            yield broken("npm registry", "npm cannot reach it", remedy)
        else:
            yield ok("npm registry", "reached")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_system,
    check_folder,
    checks.check_steps,
    checks.check_environments,
    checks.check_npm,
    checks.check_compiler,
    checks.check_foundry,
    checks.check_ape,
    check_port,
    check_registries,
)


def show(finding: Finding) -> None:
    state = f"{finding.state:<6}"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        state = f"\033[{_COLOURS[finding.state]}m{state}\033[0m"
    print(f"  {state}  {finding.subject:<18} {finding.text}", flush=True)
    if finding.remedy:
        print(f"          {'':<18} -> {finding.remedy}", flush=True)


def main() -> int:
    findings = []
    for check in CHECKS:
        for finding in check():
            show(finding)
            findings.append(finding)
    wrong = sum(finding.state == "BROKEN" for finding in findings)
    print(f"doctor: {wrong} to mend" if wrong else "doctor: all is well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
