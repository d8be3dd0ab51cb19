"""`make devnet`: a chain that stays, with the suite on it, until it is stopped; and then again."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rapport import keys
from rapport.artifacts import suite
from scripts import devnet
from scripts.toolchain import ports

ROOT = Path(__file__).resolve().parents[2]
RAPPORT = Path(sys.executable).with_name("rapport")
ANA = "0x00000000000000000000000000000000000000Aa"

Command = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, never the developer's."""
    found = tmp_path / "devnet"
    monkeypatch.setattr(devnet, "FOLDER", found)
    return found


@pytest.fixture
def port() -> int:
    return ports.choose()


@pytest.fixture
def command(folder: Path, port: int) -> Iterator[Command]:
    """The command on the test's port; whatever runs in the end is stopped."""
    yield lambda *arguments: devnet.main(["--port", str(port), *arguments])
    devnet.main(["--stop"])


def test_devnet_keeps_chain_and_suite_over_a_stop(
    command: Command, folder: Path, port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command() == 0
    exports, said = capfd.readouterr()

    url = f"http://127.0.0.1:{port}"
    assert f"export RAPPORT_RPC={url}\n" in exports
    assert (folder / "env").read_text() == exports
    book = json.loads((folder / "addresses.json").read_text())
    assert set(book["contracts"]) == {*suite(), "TestToken"}
    backend = keys.load_keystore(
        folder / "backend.keystore.json", (folder / "password").read_text().strip()
    )
    assert backend.address == keys.dev_signer(devnet.BACKEND).address
    # There is money to pay with, and a customer of whom the shell holds the key.
    money = book["contracts"]["TestToken"]["address"]
    assert f"export tUSD={money}\n" in exports
    customer = keys.load_keystore(
        folder / "customer.keystore.json", (folder / "password").read_text().strip()
    )
    assert f"--keystore {folder / 'customer.keystore.json'}" in said
    call = {"to": money, "data": f"0x70a08231{customer.address[2:].lower().rjust(64, '0')}"}
    assert int(devnet.ask(url, "eth_call", call, "latest"), 16) == 100_000 * 10**6
    # The notice that it proposes is one of the purposes that it deployed.
    assert f"`rapport consent publish {devnet.NOTICE}`" in said
    script = f'. "{folder}/env" && "{RAPPORT}" consent publish {devnet.NOTICE}'
    subprocess.run(["bash", "-euc", script], cwd=ROOT, check=True, timeout=60)

    # The chain goes on, and so it does after a stop: nothing is deployed twice.
    devnet.ask(url, "anvil_setBalance", ANA, "0x7b")
    devnet.ask(url, "anvil_mine", "0x1")
    height = devnet.ask(url, "eth_blockNumber")
    assert command() == 0
    said = capfd.readouterr().err
    assert "The chain runs already" in said
    assert "No notice" not in said
    assert devnet.main(["--stop"]) == 0
    assert devnet.running() is None
    assert devnet.ask(url, "eth_chainId") is None
    assert command() == 0
    assert devnet.ask(url, "eth_blockNumber") == height
    assert devnet.ask(url, "eth_getBalance", ANA, "latest") == "0x7b"
    for entry in book["contracts"].values():
        assert devnet.ask(url, "eth_getCode", entry["address"], "latest") not in (None, "0x")


def test_devnet_names_the_contracts_that_it_lacks_or_has_in_another_version(folder: Path) -> None:
    packaged = devnet.ROOT / "sdk" / "rapport" / "abi"
    standing = {
        name: {
            "creationCodeHash": json.loads((packaged / f"{name}.json").read_text())[
                "creationCodeHash"
            ]
        }
        for name in suite()
        if name != "Payments"
    }
    standing["EarnRules"] = {"creationCodeHash": "0x00"}
    folder.mkdir()
    book = {"contracts": {**standing, "TestToken": {"creationCodeHash": "0x00"}}}
    (folder / "addresses.json").write_text(json.dumps(book))

    assert devnet.outdated() == ["EarnRules", "Payments"]


def test_devnet_makes_new_keystores_when_their_password_is_lost(folder: Path) -> None:
    folder.mkdir()
    devnet.keystore("backend", devnet.BACKEND)
    (folder / "password").unlink()

    devnet.keystore("customer", devnet.CUSTOMER)
    store = devnet.keystore("backend", devnet.BACKEND)

    signer = keys.load_keystore(store, (folder / "password").read_text().strip())
    assert signer.address == keys.dev_signer(devnet.BACKEND).address


def test_devnet_says_in_one_line_that_its_port_is_taken(
    command: Command, port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        assert command() == 1

    said = capfd.readouterr().err
    assert said.startswith(f"devnet: port {port} is taken by another program")
    assert said.count("\n") == 1


def test_devnet_stop_without_a_chain_says_so(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert devnet.main(["--stop"]) == 0
    assert capfd.readouterr().err == "No chain of `make devnet` is running.\n"


def test_devnet_knows_its_chain_without_any_other_program(
    command: Command, folder: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    monkeypatch.setenv("PATH", "")

    node = devnet.launch(port)

    assert devnet.running() == node
    assert node.port == port
    with pytest.raises(devnet.DevnetError, match="another command starts the chain just now"):
        devnet.launch(ports.choose())
    assert devnet.running() == node
    assert devnet.main(["--stop"]) == 0
    assert devnet.running() is None


def test_devnet_starts_again_after_its_chain_was_killed(
    command: Command, folder: Path, port: int
) -> None:
    folder.mkdir()
    killed = devnet.launch(port)
    os.kill(killed.pid, signal.SIGKILL)
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # its id stays, as a zombie's

    assert devnet.running() is None

    again = devnet.launch(port)
    assert devnet.running() == again != killed


def test_devnet_takes_no_other_process_for_its_chain(
    folder: Path, port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir()
    remembered = json.dumps({"pid": os.getpid(), "port": port})
    (folder / "node.json").write_text(remembered)

    assert devnet.running() is None
    assert devnet.main(["--stop"]) == 0
    assert capfd.readouterr().err == "No chain of `make devnet` is running.\n"


def test_devnet_starts_no_chain_on_a_disk_without_locks(
    command: Command,
    folder: Path,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def refuse(file: object, kind: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", refuse)
        assert command() == 1

    said = capfd.readouterr().err
    assert said.startswith(f"devnet: {folder / 'node.json'} cannot be locked (")
    assert said.count("\n") == 1
    assert devnet.ask(f"http://127.0.0.1:{port}", "eth_chainId") is None
