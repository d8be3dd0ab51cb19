"""Deployments on the chain of the tests, with an address book in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ape import accounts, networks, project

from scripts.deployment.book import AddressBook
from scripts.deployment.connection import genesis_of, resolver
from scripts.deployment.plan import Deployment, Observer, Outcome
from scripts.deployment.settings import DEFAULT, Settings, load
from tests.contracts.unit.support.stage import Stage

FINAL = ('# account = "0x..."', 'account = "test:9"')
"""The line of the settings that names another admin than the deployer."""


@pytest.fixture(scope="session")
def provider(stage: Stage, suite: Any) -> Any:
    """Ape's provider, once the build is known to be of these sources."""
    return networks.provider


@pytest.fixture
def book_path(tmp_path: Path) -> Path:
    return tmp_path / "31337.json"


@pytest.fixture
def settings() -> Settings:
    """The settings that the project ships."""
    return load(DEFAULT, resolver(accounts, True, 31337))


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """The shipped settings with some lines replaced: ``settings_with(("old", "new"))``."""

    return lambda *changes: _changed(tmp_path, *changes)


def _changed(folder: Path, *changes: tuple[str, str]) -> Settings:
    text = DEFAULT.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is not one line of the settings"
        text = text.replace(old, new)
    path = folder / "programme.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, resolver(accounts, True, 31337))


def few(settings: Settings) -> Settings:
    """The same settings with one of each kind; a step is like another of its kind."""
    roles = {role: h if role == "campaign" else () for role, h in settings.roles.items()}
    local = settings.local and replace(settings.local, holders=settings.local.holders[:1])
    return replace(settings, roles=roles, purposes=settings.purposes[:1], local=local)


@pytest.fixture
def deployer(account: Callable[[Any], Any]) -> Any:
    """Ape's first test account, as by default on a local chain."""
    return account(accounts.test_accounts[0])


@pytest.fixture
def deployment(
    provider: Any, deployer: Any, settings: Settings, book_path: Path
) -> Callable[..., Deployment]:
    """A deployment that begins from what the book on the disk says, as a new process would."""

    def build(
        settings: Settings = settings, observe: Observer = lambda moment, title: None
    ) -> Deployment:
        book = AddressBook.read(book_path, 31337, genesis_of(provider))
        return Deployment(project, provider, deployer, settings, book, observe)

    return build


@pytest.fixture(scope="module")
def standing(
    provider: Any, account: Callable[[Any], Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Outcome]:
    """The suite as the shipped settings have it, deployed once: its book's text, its outcome."""
    path = tmp_path_factory.mktemp("standing") / "31337.json"
    shipped = load(DEFAULT, resolver(accounts, True, 31337))
    book = AddressBook.read(path, 31337, genesis_of(provider))
    sender = account(accounts.test_accounts[0])
    outcome = Deployment(project, provider, sender, shipped, book).run()
    return path.read_text(encoding="utf-8"), outcome


@pytest.fixture
def deployed(
    standing: tuple[str, Outcome], book_path: Path, deployment: Callable[..., Deployment]
) -> tuple[Deployment, Outcome]:
    """The suite that stands, with a book of this test's own."""
    text, outcome = standing
    book_path.write_text(text, encoding="utf-8")
    return deployment(), outcome


@pytest.fixture(scope="module")
def promised(
    provider: Any, account: Callable[[Any], Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Settings]:
    """A suite, once, that the deployer has begun to hand over: its book's text, its settings."""
    folder = tmp_path_factory.mktemp("promised")
    settings = few(_changed(folder, FINAL))
    book = AddressBook.read(folder / "31337.json", 31337, genesis_of(provider))
    Deployment(project, provider, account(accounts.test_accounts[0]), settings, book).run()
    return book.path.read_text(encoding="utf-8"), settings


@pytest.fixture
def handing_over(
    promised: tuple[str, Settings], book_path: Path, deployment: Callable[..., Deployment]
) -> Deployment:
    """The suite whose new admin has still to accept, with a book of this test's own."""
    text, settings = promised
    book_path.write_text(text, encoding="utf-8")
    return deployment(settings=settings)
