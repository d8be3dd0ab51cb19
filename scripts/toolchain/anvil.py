"""A local chain for tests, benches, the demo and the doctor, on a port that anvil picks itself."""

from __future__ import annotations

import ctypes
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Self

from scripts.toolchain import paths

PATIENCE = 20.0  # seconds for anvil to listen
_PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


class AnvilError(Exception):
    """What was met and what to do, in one line."""


def _die_with_parent() -> None:
    """Even a run that is killed leaves no chain behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class LocalChain:
    """A running anvil at ``url``; a context manager. ``options`` go to its command line."""

    def __init__(self, *options: str) -> None:
        """
        Raises:
            AnvilError: It is not set up, or does not come up.
        """
        if not paths.ANVIL.exists():
            raise AnvilError("anvil is not set up: run `make setup`")
        # anvil writes old states to disk and never removes them: hundreds of megabytes a long run.
        self._states = tempfile.TemporaryDirectory("-rapport-chain", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [str(paths.ANVIL), "--port", "0", "--cache-path", self._states.name, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        self._said = "nothing"
        found: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(found,), daemon=True).start()
        try:
            listening = found.get(timeout=PATIENCE)
        except queue.Empty:
            listening = None
        except BaseException:
            self.close()
            raise
        if listening is None:
            self.close()
            raise AnvilError(f"anvil does not start; its last words: {self._said}")
        self.url = f"http://{listening}"

    def _read(self, found: queue.Queue[str | None]) -> None:
        # Read on to the end, so that the pipe never fills.
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Listening on "):
                found.put(line.removeprefix("Listening on ").strip())
            self._said = line.strip() or self._said
        found.put(None)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._states.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
