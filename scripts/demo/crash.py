"""The whole file again, from a backup of the first day, with the sender killed on the way."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapport.chain import Chain
from rapport.keys import dev_signer
from scripts.demo.stage import BACKEND, DemoError, Miner, Stage, mine
from scripts.toolchain import paths

PATIENCE = 120.0  # seconds
KILL_AFTER = 8  # transactions of the second import


@dataclass(frozen=True)
class Crash:
    """The journal as the kill left it, and how the resumed import ended."""

    in_the_air: int  # transactions broadcast and not mined
    waiting: int  # orders not sent yet
    report: dict[str, Any]


def back_up(journal: Path, copy: Path) -> None:
    """A copy of the journal with its directory, as a nightly backup makes one."""
    source, target = sqlite3.connect(journal), sqlite3.connect(copy)
    with source, target:
        source.backup(target)
    source.close()
    target.close()


def import_again(stage: Stage, miner: Miner, backup: Path, orders: Path) -> Crash:
    """
    Imports all orders from a journal that never heard of them; SIGKILLs the sender in the middle
    of a batch, and runs the same command again.

    Raises:
        DemoError: The import did not get to where it is killed, or did not end well.
    """
    command = [str(paths.python("sdk").with_name("rapport")), "--json", "earn", "import"]
    command += ["--free-orders", str(orders)]
    environment = stage.environment(backup)
    with Chain(stage.url) as chain:
        backend = dev_signer(BACKEND).address
        begins = chain.nonce(backend)
        with miner.rests():
            sender = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _until(lambda: chain.nonce(backend, "pending") >= begins + KILL_AFTER, sender)
            mine(chain)
            _until(lambda: chain.nonce(backend, "pending") > chain.nonce(backend), sender)
            sender.send_signal(signal.SIGKILL)
            sender.wait()
            in_the_air = chain.nonce(backend, "pending") - chain.nonce(backend)
        waiting = _waiting(backup)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode != 0:
        raise DemoError(f"the resumed import ended with {done.returncode}: {done.stderr.strip()}")
    return Crash(in_the_air, waiting, json.loads(done.stdout))


def _until(reached: Any, sender: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while not reached():
        if sender.poll() is not None:
            raise DemoError(f"the import ended before the kill, with {sender.returncode}")
        if time.monotonic() > until:
            raise DemoError("the import did not get on; is another program using all of the CPU?")
        time.sleep(0.005)


def _waiting(journal: Path) -> int:
    with sqlite3.connect(journal) as database:
        (count,) = database.execute("SELECT count(*) FROM intent WHERE state = 'queued'").fetchone()
    return int(count)
