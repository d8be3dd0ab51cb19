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

    def build(*changes: tuple[str, str]) -> Settings:
        text = DEFAULT.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} is not one line of the settings"
            text = text.replace(old, new)
        path = tmp_path / "programme.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, resolver(accounts, True, 31337))

    return build


@pytest.fixture
def few() -> Callable[[Settings], Settings]:
    """The same settings with one purpose and one role; a step is like another of its kind."""

    def cut(settings: Settings) -> Settings:
        roles = {role: h if role == "campaign" else () for role, h in settings.roles.items()}
        return replace(settings, roles=roles, purposes=settings.purposes[:1])

    return cut


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
