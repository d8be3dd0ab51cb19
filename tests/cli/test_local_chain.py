"""A chain of one's own comes up on a free port, ends when told, and says why it does not start."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from scripts import devnet
from scripts.toolchain import paths
from scripts.toolchain.anvil import AnvilError, LocalChain


def test_two_chains_live_side_by_side_until_each_is_closed() -> None:
    with LocalChain() as first, LocalChain("--chain-id", "7") as second:
        assert devnet.ask(first.url, "eth_chainId") == "0x7a69"
        assert devnet.ask(second.url, "eth_chainId") == "0x7"

    assert devnet.ask(first.url, "eth_chainId") is None
    assert devnet.ask(second.url, "eth_chainId") is None


def test_a_chain_leaves_nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with LocalChain() as chain:
        devnet.ask(chain.url, "anvil_mine", hex(1_500))
        assert list(tmp_path.glob("*/anvil-state-*/*"))

    assert not list(tmp_path.iterdir())


def test_a_chain_that_does_not_start_tells_its_last_words() -> None:
    with pytest.raises(AnvilError, match=r"anvil does not start; its last words: .*--help"):
        LocalChain("--no-such-option")


def test_a_chain_without_anvil_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ANVIL", tmp_path / "anvil")

    with pytest.raises(AnvilError, match="run `make setup`"):
        LocalChain()
