"""A local chain on a free port that dies with whoever started it."""

from __future__ import annotations

import ctypes
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rapport.chain import Chain
from scripts.toolchain import paths

CHAIN_ID = 31337

_PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


def _die_with_parent() -> None:
    """Even a test run that is killed leaves no chain behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Anvil:
    """A running anvil; a context manager. ``options`` go to its command line."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [str(paths.ANVIL), "--port", "0", "--chain-id", str(CHAIN_ID), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        found: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(found,), daemon=True).start()
        try:
            self.url = f"http://{found.get(timeout=20)}"
        except queue.Empty:
            self.close()
            raise RuntimeError("anvil does not answer; run `make doctor`") from None
        self.chain = Chain(self.url, timeout=30)

    def _read(self, found: queue.Queue[str]) -> None:
        # Read on to the end, so that the pipe never fills.
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Listening on "):
                found.put(line.removeprefix("Listening on ").strip())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Anvil:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, method: str, *params: Any) -> Any:
        """Any method of the node."""
        return self.chain.request(method, *params)

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def automine(self, on: bool) -> None:
        self.ask("evm_setAutomine", on)

    def reorg(self, depth: int) -> None:
        """Replace the last blocks by empty ones; their transactions are gone."""
        self.ask("anvil_reorg", depth, [])

    def base_fee(self, wei: int) -> None:
        """The base fee of the next block."""
        self.ask("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def drop(self, tx_hash: str) -> None:
        """Forget a pending transaction."""
        self.ask("anvil_dropTransaction", tx_hash)

    def drop_all(self) -> None:
        """Forget all pending transactions."""
        self.ask("anvil_dropAllTransactions")

    def pending(self) -> dict[str, int]:
        """How many transactions wait, ``pending`` and ``queued``."""
        return {name: int(count, 16) for name, count in self.ask("txpool_status").items()}

    def set_balance(self, address: str, wei: int) -> None:
        self.ask("anvil_setBalance", address, hex(wei))


def run_anvil(options: Sequence[str] = ()) -> Anvil:
    """Start a chain; close it when done."""
    return Anvil(*options)
