"""The example of the court's page runs, and the court's ruling on it pays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from tests.docs.test_docs import BACKEND_KEY, PASSWORD, ROOT, blocks
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.court import Court, established
from tests.sdk.support.suite import PURSE, account, deploy

PAGE = ROOT / "docs" / "contracts" / "court-arbiter.md"
BUYER = 6
FOR_THE_CLIENT = 1


@pytest.fixture
def court() -> Iterator[Court]:
    with Anvil() as anvil:
        suite = deploy(anvil)
        suite.mint(suite.backend.address, PURSE)
        yield established(suite)


def test_the_example_runs_and_the_court_can_rule_on_it(court: Court, tmp_path: Path) -> None:
    keystore = tmp_path / "backend.json"
    keystore.write_text(
        json.dumps(Account.encrypt(BACKEND_KEY, PASSWORD, kdf="pbkdf2", iterations=100))
    )
    script = tmp_path / "example.py"
    script.write_text("\n".join(blocks(PAGE, "python")), "utf-8")
    environ = {
        **{name: value for name, value in os.environ.items() if name[:8] != "RAPPORT_"},
        "RAPPORT_RPC": court.suite.anvil.url,
        "RAPPORT_ADDRESSES": str(court.suite.write_book(tmp_path / "book.json")),
        "RAPPORT_KEYSTORE": str(keystore),
        "RAPPORT_PASSWORD": PASSWORD,
        "RAPPORT_JOURNAL": str(tmp_path / "rapport.db"),
        "tUSD": court.suite.token,
        "court_arbiter": court.arbiter,
    }

    ended = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environ,
        cwd=tmp_path,
        timeout=240,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.startswith("0.01")
    before = court.suite.money_of(account(BUYER).address)
    court.act("giveRuling", 0, FOR_THE_CLIENT)
    assert court.suite.money_of(account(BUYER).address) > before
