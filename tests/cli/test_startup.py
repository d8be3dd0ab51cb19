"""What a command loads: each only what it needs, since loading is most of what a user waits for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import pytest

from rapport.cli.cost import NETWORKS
from rapport.cli.main import rapport as command
from rapport.cli.nouns import NOUNS
from rapport.cli.payment_views import STATES
from rapport.cli.subscription_requests import ACTIONS
from rapport.cli.subscription_views import STATUSES
from rapport.cost import networks
from rapport.payments import PaymentState
from rapport.subscriptions import Action, Status
from tests.sdk.support.suite import Suite

KEYS = ("eth_account", "eth_keys", "py_ecc")
ENCODING = ("eth_abi", "eth_utils", "pydantic")
NETWORK = ("requests", "aiohttp", "urllib3")
DRAWING = ("rich",)


def loaded(*arguments: str) -> set[str]:
    """The packages that a run of the command has loaded by its end. It has to succeed."""
    program = (
        "import sys; from rapport.cli.main import run; code = run(sys.argv[1:]);"
        "sys.stderr.write('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}));"
        "sys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=dict(os.environ),
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_loads_no_library_but_the_parser(arguments: tuple[str, ...]) -> None:
    found = loaded(*arguments)

    assert "click" in found
    assert not found & {*KEYS, *ENCODING, *NETWORK, *DRAWING}


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_help_of_a_noun_loads_no_keys_and_no_network(noun: str) -> None:
    assert not loaded(noun, "--help") & {"eth_account", "py_ecc", "aiohttp"}


@pytest.mark.parametrize(
    "arguments", [("tx", "list", "--json"), ("tx", "retry", "--of", "0x" + "12" * 20, "--json")]
)
def test_a_look_at_the_outbox_loads_neither_keys_nor_encoding(
    arguments: tuple[str, ...], place: Path, suite: Suite
) -> None:
    found = loaded(*arguments)

    assert "requests" in found
    assert not found & {*KEYS, *ENCODING, *DRAWING, "aiohttp"}


def test_what_the_front_says_of_a_noun_is_what_its_help_says() -> None:
    context = click.Context(command)
    for noun, summary in NOUNS.items():
        found = command.get_command(context, noun)
        assert found is not None
        assert found.name == noun
        assert found.get_short_help_str(limit=200) == summary


def test_every_module_of_a_noun_is_on_the_list() -> None:
    folder = Path(sys.modules["rapport.cli"].__file__ or "").parent
    top = {
        path.stem for path in folder.glob("*.py") if f"\n{path.stem} = noun(" in path.read_text()
    }
    assert top <= set(NOUNS)


@pytest.mark.parametrize(
    ("offered", "kinds"),
    [
        (STATES, PaymentState),
        (STATUSES, [each for each in Status if each is not Status.NONE]),
        (ACTIONS, Action),
        (NETWORKS, networks()),
    ],
)
def test_what_a_command_offers_without_loading_the_package_is_what_the_package_knows(
    offered: Sequence[str], kinds: Iterable[str]
) -> None:
    assert list(offered) == [each.replace(" ", "-") for each in kinds]
