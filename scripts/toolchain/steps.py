"""A set-up step: runs once for each state of its inputs, and can be interrupted at any point."""

from __future__ import annotations

import fcntl
import hashlib
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.toolchain import paths

STAMPS = paths.TOOLS / "stamps"
LOGS = paths.TOOLS / "logs"


class SetupError(Exception):
    """What went wrong in one line, and in a second one what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True)
class Step:
    """Something to install.

    ``inputs`` decide whether it is up to date: files are compared by content, texts as they are.
    ``result`` is what must exist afterwards; a step whose result was deleted runs again.
    """

    name: str
    title: str
    inputs: tuple[Path | str, ...]
    result: Path
    action: Callable[[], None]

    @property
    def stamp(self) -> Path:
        return STAMPS / self.name

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for item in self.inputs:
            content = item.read_bytes() if isinstance(item, Path) else item.encode()
            digest.update(len(content).to_bytes(8) + content)
        return digest.hexdigest()

    def is_current(self) -> bool:
        """Whether it ran to its end with these inputs, and what it made is still there."""
        try:
            return self.result.exists() and self.stamp.read_text() == self.fingerprint()
        except FileNotFoundError:
            return False

    def run(self) -> None:
        # Taken away first: an interrupted run must not look like a finished one.
        self.stamp.unlink(missing_ok=True)
        self.action()
        STAMPS.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.fingerprint())


def run_all(steps: list[Step]) -> int:
    """Runs what is not up to date, a line each. Returns how many steps ran."""
    ran = 0
    for step in steps:
        if step.is_current():
            continue
        print(f"  {step.title:<58}", end="", flush=True)
        started = time.monotonic()
        try:
            step.run()
        except SetupError:
            print("failed", flush=True)
            raise
        print(f"{time.monotonic() - started:6.1f} s", flush=True)
        ran += 1
    return ran


def call(log: str, *command: str | Path, env: dict[str, str] | None = None) -> None:
    """Runs a command with its output in ``.tools/logs``; raises ``CalledProcessError``."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / f"{log}.log").open("w") as output:
        subprocess.run(
            [str(word) for word in command],
            cwd=paths.ROOT,
            env=clean_environment() | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=True,
        )


def reason(log: str) -> str:
    """Why a command failed: the last line of its log that speaks of an error, and where it is."""
    lines = (LOGS / f"{log}.log").read_text(errors="replace").strip().splitlines()
    noise = "complete log of this run"
    telling = [line.strip() for line in lines if "error" in line.lower() and noise not in line]
    return f"{(telling or lines or ['no output'])[-1][:200]} (see .tools/logs/{log}.log)"


def clean_environment() -> dict[str, str]:
    """Without what a surrounding Python would bring in, and with the machine's own certificates.

    Behind a company's proxy only those are right; uv and Node would otherwise use a list of theirs.
    """
    foreign = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    variables = {key: value for key, value in os.environ.items() if key not in foreign}
    variables.setdefault("NODE_USE_SYSTEM_CA", "1")  # Node adds them to its list
    trusted = ssl.get_default_verify_paths()
    if trusted.cafile or trusted.capath:
        variables.setdefault("UV_SYSTEM_CERTS", "1")  # uv uses them instead of its list
    return variables


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Lets two ``make`` runs wait for each other instead of installing over each other."""
    paths.TOOLS.mkdir(exist_ok=True)
    with (paths.TOOLS / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: another set-up is running; waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
