"""A local chain that stays: ``make devnet`` starts it, ``make devnet-stop`` ends it.

The chain's state, the address book, two keystores and the journal live in ``.devnet/``.
The chain survives this command, and its state survives the chain: every ten seconds and on stop it
is saved, and the next start goes on from there. Lines to paste go to stdout, all else to stderr;
``.devnet/env`` holds them too.

Whether the chain lives is asked of a lock on ``.devnet/node.json``: anvil inherits it, nobody else
has it, and the system lets go of it when anvil ends, however it ends.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "sdk")]

from eth_account import Account  # noqa: E402
from eth_utils.crypto import keccak  # noqa: E402

from rapport import artifacts, keys  # noqa: E402
from rapport.errors import ConfigError  # noqa: E402
from scripts.deployment.suite import TEST_MONEY, TEST_MONEY_SYMBOL  # noqa: E402
from scripts.toolchain import paths, ports  # noqa: E402

FOLDER = ROOT / ".devnet"
# The mnemonic that anvil funds by default.
MNEMONIC = "test test test test test test test test test test test junk"
CHAIN_ID = 31337
PORT = 8545
BACKEND = 1  # the development account to which deploy.toml gives the backend's roles
CUSTOMER = 6  # one that has money and no role
NOTICE = "scripts/deployment/notice.json"
ACCOUNTS = 20
SAVE_EVERY = 10  # seconds
PATIENCE = 20.0  # seconds for anvil to answer, or to save and end


class DevnetError(Exception):
    """What was met and what to do, in one line."""


@dataclass(frozen=True)
class Node:
    """The running anvil, as ``.devnet/node.json`` remembers it."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def say(text: str) -> None:
    print(text, file=sys.stderr)


def hold(file: IO[str], kind: int) -> bool:
    """
    Locks an open file unless another process holds it; closing the file's last copy unlocks it.

    Raises:
        DevnetError: The disk knows no locks.
    """
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise DevnetError(
            f"{file.name} cannot be locked ({error.strerror}): "
            "move the project to a disk that has locks, such as a local one"
        ) from None
    return True


def running() -> Node | None:
    """The chain of this folder, if it lives; a process that only has its id does not count."""
    try:
        with (FOLDER / "node.json").open(encoding="utf-8") as file:
            # Shared: two commands that ask at once do not take each other for the chain.
            return None if hold(file, fcntl.LOCK_SH) else Node(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None


def ask(url: str, method: str, *parameters: object) -> Any:
    """One JSON-RPC question; ``None`` if nobody answers."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        # Our own node.
        with urllib.request.urlopen(request, timeout=5) as answer:  # nosec B310
            return json.load(answer).get("result")
    except (OSError, ValueError):
        return None


def launch(port: int) -> Node:
    """
    Starts anvil, detached from this command.

    Raises:
        DevnetError: The port is taken, anvil is not set up, another command starts it just now, or
            it does not come up.
    """
    if not paths.ANVIL.exists():
        raise DevnetError("anvil is not set up yet: run `make setup`")
    command = [str(paths.ANVIL), "--port", str(port), "--host", "127.0.0.1"]
    command += ["--chain-id", str(CHAIN_ID), "--accounts", str(ACCOUNTS), "--silent"]
    command += ["--state", str(FOLDER / "state.json"), "--state-interval", str(SAVE_EVERY)]
    command += ["--cache-path", str(FOLDER / "blocks")]
    # Closed here, both stay open in anvil; with it the lock.
    with (
        (FOLDER / "anvil.log").open("ab") as log,
        (FOLDER / "node.json").open("a", encoding="utf-8") as file,
    ):
        if not hold(file, fcntl.LOCK_EX):
            raise DevnetError("another command starts the chain just now; run `make devnet` again")
        if not ports.is_free(port):
            raise DevnetError(
                f"port {port} is taken by another program: end it, or choose a port with "
                f'`make devnet ARGS="--port {port + 1000}"`'
            )
        file.truncate(0)
        # What an earlier run of anvil kept of old blocks; anvil itself never removes it.
        shutil.rmtree(FOLDER / "blocks", ignore_errors=True)
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C here leaves the chain alone
            pass_fds=[file.fileno()],
        )
        node = Node(process.pid, port)
        json.dump(asdict(node), file)
    try:
        await_answer(node)
    except BaseException:
        process.kill()
        raise
    return node


def await_answer(node: Node) -> None:
    """
    Raises:
        DevnetError: The node ended, or does not answer.
    """
    until = time.monotonic() + PATIENCE
    while ask(node.url, "eth_chainId") != hex(CHAIN_ID):
        if running() != node or time.monotonic() > until:
            raise DevnetError(
                "anvil did not come up; .devnet/anvil.log says why. To begin with an empty chain: "
                '`make devnet ARGS="--reset"`'
            )
        time.sleep(0.1)


def deploy(node: Node, arguments: list[str]) -> None:
    """
    Deploys the suite with Ape, or finishes a deployment that was interrupted.

    Raises:
        DevnetError: Ape failed; its own line stands above.
    """
    environment = dict(os.environ) | {"APE_FOUNDRY_HOST": node.url}
    command = [sys.executable, str(paths.ROOT / "scripts" / "toolchain" / "run.py"), "ape"]
    command += ["ape", "run", "deploy", "--network", "ethereum:local:foundry"]
    command += ["--addresses", str(FOLDER / "addresses.json"), *arguments]
    # Ape's tables are for people: stdout is kept for the lines to paste.
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise DevnetError("the deployment did not finish; mend it and run `make devnet` again")


def deployed(node: Node) -> bool:
    """Whether the last deployment finished and its contracts still stand on this chain."""
    try:
        book = json.loads((FOLDER / "addresses.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not (FOLDER / "deployed").exists():
        return False
    places = [entry["address"] for entry in book["contracts"].values()]
    return all(
        ask(node.url, "eth_getCode", place, "latest") not in (None, "0x") for place in places
    )


def addresses() -> dict[str, dict[str, Any]]:
    """The contracts of the address book: where each stands, and what it was made from."""
    book = json.loads((FOLDER / "addresses.json").read_text(encoding="utf-8"))
    contracts: dict[str, dict[str, Any]] = book["contracts"]
    return contracts


def outdated() -> list[str]:
    """Contracts of the suite that do not stand here as the sources have them now."""
    standing = addresses()
    found = []
    for name in artifacts.suite():
        packaged = ROOT / "sdk" / "rapport" / "abi" / f"{name}.json"
        compiled = json.loads(packaged.read_text(encoding="utf-8"))
        if compiled["creationCodeHash"] != standing.get(name, {}).get("creationCodeHash"):
            found.append(name)
    return found


def noticed(node: Node) -> bool:
    """Whether a notice of the first group is current, without which nothing can be granted."""
    data = "0x" + (keccak(text="currentNotice(uint8)")[:4] + bytes(32)).hex()
    call = {"to": addresses()["ConsentRegistry"]["address"], "data": data}
    return int((ask(node.url, "eth_call", call, "latest") or "0x0")[:66], 16) > 0


def password_file() -> Path:
    """The file with the password of both keystores; made once, and they with it."""
    path = FOLDER / "password"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(16) + "\n")
        for store in FOLDER.glob("*.keystore.json"):
            store.unlink()
    return path


def keystore(holder: str, index: int) -> Path:
    """The V3 keystore of a development account; made once."""
    password = password_file().read_text(encoding="utf-8").strip()
    store = FOLDER / f"{holder}.keystore.json"
    if not store.exists():
        Account.enable_unaudited_hdwallet_features()
        account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        keys.write_keystore(store, bytes(account.key), password)
    return store


def exports(node: Node) -> dict[str, str]:
    """What the `rapport` command and Ape need in order to find this chain, and its money."""
    money = addresses().get(TEST_MONEY)
    return {
        "RAPPORT_RPC": node.url,
        "RAPPORT_CHAIN_ID": str(CHAIN_ID),
        "RAPPORT_ADDRESSES": str(FOLDER / "addresses.json"),
        "RAPPORT_KEYSTORE": str(keystore("backend", BACKEND)),
        "RAPPORT_PASSWORD_FILE": str(password_file()),
        "RAPPORT_JOURNAL": str(FOLDER / "rapport.db"),
        "APE_FOUNDRY_HOST": node.url,
        **({} if money is None else {TEST_MONEY_SYMBOL: money["address"]}),
    }


def start(port: int, fresh: bool, reset: bool) -> None:
    """Starts the chain unless it runs, deploys unless the suite stands, and prints the exports."""
    node = running()
    if reset:
        if node:
            stop()
        shutil.rmtree(FOLDER, ignore_errors=True)
        node = None
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    if node:
        await_answer(node)  # another command may have started it just now
        say(f"The chain runs already: {node.url}, process {node.pid}.")
        if port not in (PORT, node.port):
            say(f"To move it to port {port}: `make devnet-stop`, then start it again.")
    else:
        node = launch(port)
        say(f"The chain runs: {node.url}, process {node.pid}, chain {CHAIN_ID}.")
    if fresh or not deployed(node):
        marker = FOLDER / "deployed"
        marker.unlink(missing_ok=True)
        deploy(node, ["--fresh"] if fresh else [])
        marker.touch()
    if changed := outdated():
        say(
            f"The sources of {', '.join(changed)} have changed since: "
            '`make devnet ARGS="--fresh"` deploys them.'
        )
    if not noticed(node):
        say(
            "No notice is published yet, so nothing can be granted: "
            f"`rapport consent publish {NOTICE}` publishes an example."
        )
    say(
        f"{ACCOUNTS} accounts with 10,000 test coins each; account {BACKEND} "
        f"({keys.dev_signer(BACKEND).address}) is the backend. Stop with `make devnet-stop`.\n"
        f"Accounts 1 to 9 have {TEST_MONEY_SYMBOL} to pay with; account {CUSTOMER} "
        f"({keys.dev_signer(CUSTOMER).address}) pays with\n"
        f"`rapport --keystore {keystore('customer', CUSTOMER)}`.\n"
        "Paste this into your shell, or `source .devnet/env`:\n"
    )
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports(node).items()]
    (FOLDER / "env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def stop() -> None:
    """
    Ends the chain, which saves its state.

    Raises:
        DevnetError: It does not end.
    """
    node = running()
    if node is None:
        say("No chain of `make devnet` is running.")
        return
    os.kill(node.pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while running() == node:
        if time.monotonic() > until:
            raise DevnetError(f"process {node.pid} does not end; kill it yourself")
        time.sleep(0.1)
    say("The chain has stopped; `make devnet` goes on where it was.")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="devnet", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"of the chain; {PORT} by default")
    parser.add_argument("--fresh", action="store_true", help="deploy another suite")
    parser.add_argument("--reset", action="store_true", help="forget the chain and begin anew")
    parser.add_argument("--stop", action="store_true", help="end the chain and keep its state")
    options = parser.parse_args(arguments)
    try:
        if options.stop:
            stop()
        else:
            start(options.port, options.fresh, options.reset)
    except (DevnetError, ConfigError) as error:
        say(f"devnet: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
