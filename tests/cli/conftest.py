"""The command, run against a chain with the suite on it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from rapport.cli.main import run
from rapport.keys import KeySigner, sign_typed_data
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.suite import Suite, deploy

# A job in the background is born deaf to Ctrl-C, and so are its children; these tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PASSWORD = "correct horse"
ADMIN_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
BACKEND_KEY = bytes.fromhex("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")


@dataclass(frozen=True)
class Result:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        return line


Run = Callable[..., Result]


def keep(key: bytes, path: Path) -> Path:
    """Writes a keystore that opens at once; a real one takes most of a second, on purpose."""
    record = Account.encrypt(key, PASSWORD, kdf="pbkdf2", iterations=100)
    path.write_text(json.dumps(record))
    return path


def purse(suite: Suite, key: bytes) -> KeySigner:
    """A wallet with 1,000 dollars and some gas."""
    wallet = KeySigner(key)
    suite.mint(wallet.address, 1_000 * 10**6)
    suite.anvil.set_balance(wallet.address, 10**18)
    return wallet


def as_holder(rapport: Run, place: Path, key: bytes, name: str) -> Run:
    """The command with a keystore and a journal of somebody else's."""
    keystore = keep(key, place / f"{name}-key.json")
    return partial(rapport, "--keystore", keystore, "--journal", f"{name}.db")


def signed(wallet: KeySigner, printed: Result) -> str:
    """What a wallet makes of typed data that the command printed."""
    return "0x" + sign_typed_data(wallet, printed.json).hex()


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    with Anvil() as anvil:
        deployed = deploy(anvil)
        backend = deployed.backend
        assert backend.address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
        guardian = keccak(text="GUARDIAN_ROLE")
        deployed.transact(deployed.admin, "LoyaltyPoints", "grantRole", guardian, backend.address)
        yield deployed


@pytest.fixture(scope="session")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backend's key, as Ape would keep it."""
    return keep(BACKEND_KEY, tmp_path_factory.mktemp("keys") / "backend.json")


@pytest.fixture
def place(suite: Suite, keystore: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose rapport.toml is complete."""
    for name in list(os.environ):
        if name.startswith("RAPPORT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    suite.write_book(tmp_path / "book.json")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    (tmp_path / "rapport.toml").write_text(
        f'rpc = "{suite.anvil.url}"\n'
        "chain_id = 31337\n"
        'addresses = "book.json"\n'
        f'keystore = "{keystore}"\n'
        'password_file = "password"\n'
    )
    return tmp_path


@pytest.fixture
def rapport(place: Path) -> Run:
    """Runs the command in this process, in ``place``."""

    def invoke(*args: object) -> Result:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(each) for each in args])
        return Result(code, out.getvalue(), err.getvalue())

    return invoke


@pytest.fixture
def process(place: Path) -> Run:
    """Runs the installed command in a process of its own."""

    def invoke(*args: object, **environ: str) -> Result:
        command = Path(sys.executable).parent / "rapport"
        ended = subprocess.run(
            [str(command), *(str(each) for each in args)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            env={**os.environ, **environ},
        )
        return Result(ended.returncode, ended.stdout, ended.stderr)

    return invoke
