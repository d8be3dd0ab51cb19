"""``rapport status`` and ``rapport tx retry``, where another process or another key is involved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from rapport.outbox import SqliteJournal
from rapport.outbox.journal import Lease
from tests.cli.conftest import Run, keep
from tests.sdk.support.anvil import CHAIN_ID
from tests.sdk.support.suite import DAILY_CAP, Suite

SUCCESSOR_KEY = b"\x51" * 32


@pytest.fixture
def sender_elsewhere(rapport: Run, suite: Suite, place: Path) -> Iterator[Lease]:
    """Another process that sends for the backend, and has no funds."""
    rapport("tx", "list")  # makes the journal
    journal = SqliteJournal(place / "rapport.db")
    lease = journal.acquire(CHAIN_ID, suite.backend.address, "elsewhere:1:x", 60)
    journal.renew(lease, 60, 7, "InsufficientFunds: fund it")
    yield lease
    journal.release(lease)


@pytest.fixture
def successor(rapport: Run, suite: Suite, place: Path) -> str:
    """Another keystore with the backend's right to award, named in rapport.toml from now on."""
    account = Account.from_key(SUCCESSOR_KEY)
    keep(SUCCESSOR_KEY, place / "successor.json")
    suite.anvil.set_balance(account.address, 10**20)
    role = keccak(text="ISSUER_ROLE")
    suite.transact(suite.admin, "LoyaltyPoints", "grantRole", role, account.address)
    suite.transact(suite.admin, "LoyaltyPoints", "setIssuerCap", account.address, DAILY_CAP)
    return "successor.json"


def test_status_tells_who_sends_and_what_keeps_it(rapport: Run, sender_elsewhere: Lease) -> None:
    found = rapport("status", "--json").json["outbox"]

    assert found["worker"] == "elsewhere:1:x"
    assert found["trouble"] == "InsufficientFunds: fund it"
    assert found["open"] == 0


def test_what_a_lost_key_left_is_sent_with_another(
    rapport: Run, suite: Suite, successor: str
) -> None:
    # Given two awards that wait for a key that is lost
    assert rapport("customer", "register", "lost-key").code == 0
    for key in ("a", "b"):
        rapport("loyalty", "award", "lost-key", 7, "--no-wait", "--idempotency-key", key)

    # When one is tried again by its key, and the rest by the former sender's address
    one = rapport("--keystore", successor, "tx", "retry", "a", "--json")
    rest = rapport("--keystore", successor, "tx", "retry", "--of", suite.backend.address, "--json")

    # Then the other key sends both
    assert one.json["state"] == "queued"
    assert (rest.json["moved"], rest.json["left"]) == (["b"], [])
    assert rapport("--keystore", successor, "tx", "drain").code == 0
    assert rapport("loyalty", "balance", "lost-key", "--json").json["points"] == 14


def test_retry_wants_one_submission_or_a_former_sender(rapport: Run, suite: Suite) -> None:
    for arguments in ((), ("a", "--of", suite.backend.address)):
        result = rapport("tx", "retry", *arguments)
        assert result.code == 2
        assert "name one submission, or a former sender with --of" in result.line


def test_nothing_is_taken_over_from_the_sender_of_today(rapport: Run, suite: Suite) -> None:
    result = rapport("tx", "retry", "--of", suite.backend.address)

    assert result.code == 2
    assert "name the account that signed before" in result.line


def test_without_a_keystore_nothing_changes_hands(rapport: Run, suite: Suite, place: Path) -> None:
    # Given a cancelled award, and settings that name no keystore any more
    assert rapport("customer", "register", "no-key").code == 0
    rapport("loyalty", "award", "no-key", 7, "--no-wait", "--idempotency-key", "kept")
    rapport("tx", "cancel", "kept")
    settings = (place / "rapport.toml").read_text()
    without = "\n".join(x for x in settings.splitlines() if not x.startswith("keystore"))
    (place / "rapport.toml").write_text(without)

    # When it is tried again, and all is to be taken over
    assert rapport("tx", "retry", "kept", "--json").json["state"] == "queued"
    refused = rapport("tx", "retry", "--of", suite.backend.address)

    # Then it still is the backend's
    assert refused.code == 3
    assert "name its keystore" in refused.line
    (place / "rapport.toml").write_text(settings)
    assert rapport("tx", "drain").code == 0
    assert rapport("loyalty", "balance", "no-key", "--json").json["points"] == 7
