"""The stage: an anvil whose clock begins in 1995, with the suite deployed by Ape."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eth_account import Account

from rapport import Client
from rapport.chain import Chain
from rapport.keys import dev_signer
from rapport.outbox import Outcome, Policy, Submission
from scripts.toolchain import paths
from scripts.toolchain.anvil import AnvilError, LocalChain

BEGINS = datetime(1995, 7, 1, 12, tzinfo=UTC)
TICK = 0.01  # seconds between looks for transactions that wait
PATIENCE = 60.0  # seconds for anything to be mined
PAST_STATES = 128  # blocks; no more transactions are ever in the air
BACKEND = 1  # the test account that programme.toml makes operator, issuer and recorder


class DemoError(Exception):
    """What was met and what to do, in one line."""


@dataclass(frozen=True)
class Stage:
    """A running chain, and a folder that ends with the demo."""

    url: str
    folder: Path

    @property
    def addresses(self) -> Path:
        return self.folder / "addresses.json"

    @property
    def journal(self) -> Path:
        return self.folder / "rapport.db"

    def client(self, account: int = BACKEND) -> Client:
        """
        The backend's client, or that of another test account, with a journal of its own. The chain
        answers at once, so the sender looks often.
        """
        backend = account == BACKEND
        return Client(
            self.url,
            signer=dev_signer(account),
            addresses=self.addresses,
            journal=self.journal if backend else self.folder / f"account-{account}.db",
            policy=Policy(poll=0.01),
        )

    def environment(self, journal: Path) -> dict[str, str]:
        """What the ``rapport`` command needs, with another journal."""
        keystore, password = self.folder / "backend.json", self.folder / "password"
        if not keystore.exists():
            password.write_text("demo", encoding="utf-8")
            # Everybody knows this key, so it is wrapped lightly: a keystore's usual work takes a
            # second each time it is opened.
            wrapped = Account.encrypt(dev_key(BACKEND), "demo", kdf="pbkdf2", iterations=1_000)
            keystore.write_text(json.dumps(wrapped), encoding="utf-8")
        return os.environ | {
            "RAPPORT_RPC": self.url,
            "RAPPORT_ADDRESSES": str(self.addresses),
            "RAPPORT_JOURNAL": str(journal),
            "RAPPORT_KEYSTORE": str(keystore),
            "RAPPORT_PASSWORD_FILE": str(password),
        }

    def deploy(self) -> None:
        """
        Puts the suite on the chain, as any developer would.

        Raises:
            DemoError: Ape failed; its own lines are in the message.
        """
        command = [sys.executable, str(paths.ROOT / "scripts" / "toolchain" / "run.py"), "ape"]
        command += ["ape", "run", "deploy", "--network", "ethereum:local:foundry"]
        command += ["--settings", str(Path(__file__).with_name("programme.toml"))]
        command += ["--addresses", str(self.addresses)]
        done = subprocess.run(
            command,
            cwd=paths.ROOT,
            env=os.environ | {"APE_FOUNDRY_HOST": self.url},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DemoError(f"the deployment failed:\n{done.stdout}{done.stderr}")


def dev_key(index: int) -> bytes:
    """The key of a published development account."""
    Account.enable_unaudited_hdwallet_features()
    mnemonic = "test test test test test test test test test test test junk"
    account = Account.from_mnemonic(mnemonic, account_path=f"m/44'/60'/0'/0/{index}")
    return bytes(account.key)


def set_clock(chain: Chain, moment: datetime) -> None:
    """The next block is of ``moment``, and time goes on from there."""
    chain.request("evm_setNextBlockTimestamp", int(moment.timestamp()))


def mine(chain: Chain) -> None:
    chain.request("evm_mine")


def move_clock(chain: Chain, moment: datetime) -> None:
    """A block of that moment, with what waits; views see its time."""
    chain.request("evm_mine", int(moment.timestamp()))


def await_all(client: Client, sent: Sequence[Submission]) -> list[Outcome]:
    """
    Waits until all of them are mined.

    Raises:
        Reverted: One was refused.
    """
    client.outbox.await_all(sent, None, PATIENCE)
    return [each.wait(timeout=PATIENCE) for each in sent]


class Miner:
    """
    Mines a block whenever transactions wait, with all of them. By itself anvil gives most of them a
    block of their own, and the work on a block grows with the state.
    """

    def __init__(self, url: str) -> None:
        self._chain = Chain(url)
        self._pick = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-miner", daemon=True)

    def _run(self) -> None:
        while not self._over.wait(TICK):
            with self._pick:
                while int(self._chain.request("txpool_status")["pending"], 16):
                    mine(self._chain)

    @contextmanager
    def rests(self) -> Iterator[None]:
        """Transactions wait in the pool meanwhile."""
        with self._pick:
            yield

    def __enter__(self) -> Miner:
        self._chain.request("evm_setAutomine", False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._chain.close()


@contextmanager
def open_stage() -> Iterator[Stage]:
    """
    Starts anvil on a free port, and ends it whatever happens.

    Raises:
        DemoError: It is not set up, or does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="rapport-demo-") as folder:
        try:
            # Of past states it keeps a few, for the reasons of what reverts; otherwise anvil writes
            # every one of them to disk.
            node = LocalChain(
                "--timestamp", str(int(BEGINS.timestamp())), "--prune-history", str(PAST_STATES)
            )
        except AnvilError as error:
            raise DemoError(str(error)) from None
        with node:
            yield Stage(node.url, Path(folder))
