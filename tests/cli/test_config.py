"""Settings: a flag, then the environment, then ./rapport.toml, then the user's configuration."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport import config
from rapport.errors import ConfigError


@pytest.fixture
def places(tmp_path):
    """A user's configuration, a working directory, and an environment that knows the first."""
    user = tmp_path / "user" / "rapport"
    user.mkdir(parents=True)
    here = tmp_path / "here"
    here.mkdir()
    return user / "config.toml", here, {"XDG_CONFIG_HOME": str(tmp_path / "user")}


def test_the_nearest_setting_wins_and_leaves_the_others_standing(places):
    user, here, environ = places
    user.write_text('rpc = "http://user"\nchain_id = 1\nmoney = "EUR"\nconfirmations = 5\n')
    (here / "rapport.toml").write_text('rpc = "http://file"\nchain_id = 2\nconfirmations = 6\n')
    environ |= {"RAPPORT_RPC": "http://environment", "RAPPORT_CHAIN_ID": "3"}
    found = config.load({"rpc": "http://flag", "chain_id": None}, environ=environ, folder=here)
    assert (found.rpc, found.chain_id) == ("http://flag", 3)
    assert (found.confirmations, found.money) == (6, "EUR")
    assert found.origin["chain_id"] == "RAPPORT_CHAIN_ID"


def test_paths_are_taken_from_where_they_were_written(places):
    user, here, environ = places
    user.write_text('keystore = "key.json"\n')
    (here / "rapport.toml").write_text('addresses = "book.json"\n')
    found = config.load({"journal": "j.db"}, environ=environ, folder=here)
    assert found.keystore == user.parent / "key.json"
    assert found.addresses == here / "book.json"
    assert found.journal == here / "j.db"


def test_the_journal_lies_beside_the_configuration(places, tmp_path):
    _, here, environ = places
    (tmp_path / "other.toml").write_text("")
    found = config.load(environ=environ, folder=here, file=tmp_path / "other.toml")
    assert found.journal == tmp_path / "rapport.db"


def test_money_is_exact(places):
    _, here, environ = places
    environ["RAPPORT_NATIVE_PRICE"] = "3141.59"
    assert config.load(environ=environ, folder=here).native_price == Decimal("3141.59")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('rpc = "ws://node"', "http or https"),
        ("chain_id = -1", "0 or more"),
        ("chain_id = true", "whole number"),
        ("max_fee_gwei = 1.5", "in quotes"),
        ('native_price = "cheap"', "decimal number"),
        ("keystore = 5", "must be text"),
        ('key_store = "x"', "did you mean keystore?"),
        ('x = "y"', "known:"),
    ],
)
def test_a_bad_setting_is_named_with_its_place(places, text, words):
    _, here, environ = places
    (here / "rapport.toml").write_text(text + "\n")
    with pytest.raises(ConfigError, match=r"rapport\.toml") as refused:
        config.load(environ=environ, folder=here)
    assert words in str(refused.value)


def test_a_named_file_must_exist(places, tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        config.load(environ={}, folder=tmp_path, file=tmp_path / "none.toml")


def test_a_missing_setting_says_where_it_can_be_set(places):
    _, here, environ = places
    with pytest.raises(ConfigError, match="--rpc, export RAPPORT_RPC, or write rpc"):
        config.load(environ=environ, folder=here).require("rpc")


def test_the_password_never_shows(places):
    _, here, environ = places
    environ["RAPPORT_PASSWORD"] = "open sesame"
    assert "sesame" not in repr(config.load(environ=environ, folder=here))


def test_the_master_key_comes_from_the_environment_and_never_shows(places):
    _, here, environ = places
    environ["RAPPORT_SEAL_KEY"] = "ab" * 32
    (here / "rapport.toml").write_text('rpc = "http://node"\n')
    found = config.load(environ=environ, folder=here)
    assert found.seal_key == "ab" * 32
    assert "abab" not in repr(found)


def test_a_master_key_beside_the_file_that_it_protects_is_refused(places):
    _, here, environ = places
    (here / "rapport.toml").write_text(f'seal_key = "{"ab" * 32}"\n')
    with pytest.raises(ConfigError, match="RAPPORT_SEAL_KEY, or name seal_key_file") as refused:
        config.load(environ=environ, folder=here)
    assert "abab" not in str(refused.value)
    (here / "rapport.toml").write_text('seal_key_file = "seal.key"\n')
    assert config.load(environ=environ, folder=here).seal_key_file == here / "seal.key"
