"""Documentation does what it says: the command's page is current, and every snippet runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import pytest
from eth_account import Account

from rapport import Client, PurchaseRule
from rapport.cli.main import rapport
from scripts import cli_docs
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.suite import PURSE, Suite, deploy

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BACKEND_KEY = bytes.fromhex("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
PASSWORD = "for the docs"

_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"^\s*(make|git|cd|pip|eval) ")


def blocks(page: Path, language: str) -> list[str]:
    """The page's snippets in a language, in order."""
    return [text for name, text in _BLOCK.findall(page.read_text("utf-8")) if name == language]


def shell(page: Path) -> str:
    """The page's shell snippets, without what sets the project up."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return "\n".join(line for line in lines if not _MAKE.match(line))


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def every_command() -> list[tuple[str, click.Command]]:
    root = click.Context(rapport, None, "rapport")
    return [(context.command_path, each) for each, context in cli_docs.commands(rapport, root)]


@pytest.mark.parametrize(
    ("path", "command"), every_command(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_command_has_help_and_stands_on_its_page(path, command):
    assert command.help
    assert command.help.strip().endswith((".", ")"))
    assert f"## {path}\n" in (ROOT / "docs" / "cli.md").read_text("utf-8")


def test_the_page_of_the_command_is_current():
    ended = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "cli_docs.py"), "--check"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The suite as `make devnet` has it: roles given, a dollar earns a point, money printed."""
    with Anvil() as anvil:
        deployed = deploy(anvil)
        deployed.mint(deployed.backend.address, PURSE)
        with Client(
            anvil.url,
            signer=deployed.backend,
            addresses=deployed.book,
            journal=tmp_path_factory.mktemp("devnet") / "rapport.db",
        ) as client:
            client.earn.set_rule(PurchaseRule("USD", 1, Decimal(1))).wait(timeout=60)
        yield deployed


@pytest.fixture
def devnet(suite: Suite, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A working directory, and the environment that `make devnet` tells to export."""
    (tmp_path / "backend.json").write_text(
        json.dumps(Account.encrypt(BACKEND_KEY, PASSWORD, kdf="pbkdf2", iterations=100))
    )
    book = suite.write_book(tmp_path / "book.json")
    environ = {
        **{name: value for name, value in os.environ.items() if name[:8] != "RAPPORT_"},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path / "user"),
        "RAPPORT_RPC": suite.anvil.url,
        "RAPPORT_CHAIN_ID": "31337",
        "RAPPORT_ADDRESSES": str(book),
        "RAPPORT_KEYSTORE": str(tmp_path / "backend.json"),
        "RAPPORT_PASSWORD": PASSWORD,
        "RAPPORT_JOURNAL": str(tmp_path / "rapport.db"),
        "tUSD": suite.token,
    }
    return tmp_path, environ


@pytest.mark.parametrize("page", [p for p in PAGES if "rapport " in shell(p)], ids=named)
def test_shell_snippets_run(devnet, page):
    folder, environ = devnet
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shell(page)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environ,
        cwd=folder,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=named)
def test_python_snippets_run(devnet, page):
    folder, environ = devnet
    script = folder / "snippets.py"
    script.write_text("\n".join(blocks(page, "python")), "utf-8")
    ended = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", str(script)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environ,
        cwd=folder,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
