"""``kill -9`` at every statement, commit and exchange of a sender, and what comes after it."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from rapport.outbox import Payload
from tests.sdk.conftest import OutboxMaker, deep
from tests.sdk.support import sender
from tests.sdk.support.killed import run_to
from tests.sdk.support.kinds import award
from tests.sdk.support.ledger import assert_exactly_once
from tests.sdk.support.suite import Suite

AWARDS: dict[str, Payload] = dict(
    award(n, f"{kind}:{n}") for kind in ("test.award", "test.awards") for n in range(3)
)


def run_sender(
    suite: Suite, journal: Path, book: Path, kill_at: int | None
) -> tuple[int | None, int | None]:
    """A sender in a forked process: its exit code, and how many steps it took if it lived."""
    settings = {
        "url": suite.anvil.url,
        "book": str(suite.write_book(book)),
        "journal": str(journal),
    }
    return run_to(kill_at, partial(sender.run, settings))


@pytest.fixture(scope="module")
def steps(deployed: Suite, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many steps a sender takes that nobody kills."""
    folder = tmp_path_factory.mktemp("sender")
    snapshot = deployed.anvil.ask("evm_snapshot")
    code, taken = run_sender(deployed, folder / "journal.db", folder / "book.json", None)
    assert code == 0
    assert deployed.anvil.ask("evm_revert", snapshot)
    assert taken is not None
    return taken


# Fractions of a run, so that the list is known before the run is: a few always, all in deep.
PLACES = range(240) if deep() else range(0, 240, 4)
SURE = 160  # every run is longer than two thirds of the one that was measured


@pytest.mark.parametrize("place", PLACES)
def test_a_sender_killed_at_any_step_is_finished_by_the_next(
    place: int, steps: int, suite: Suite, tmp_path: Path, make_outbox: OutboxMaker
) -> None:
    # Given a sender that dies at this step
    journal = tmp_path / "journal.db"
    kill_at = 1 + place * steps // 240
    code, _ = run_sender(suite, journal, tmp_path / "book.json", kill_at)
    # A quicker run takes fewer looks at the chain, so the last places may lie behind its end.
    assert code == -signal.SIGKILL or (code == 0 and place >= SURE)

    # When another takes over, and the shop hands everything in again
    outbox = make_outbox()
    for kind in ("test.award", "test.awards"):
        outbox.submit_many(kind, [award(n, f"{kind}:{n}") for n in range(3)])
    outbox.drain(timeout=30)

    # Then
    assert_exactly_once(suite, outbox, AWARDS)


def test_a_sender_killed_again_and_again_makes_progress(
    steps: int, suite: Suite, tmp_path: Path, make_outbox: OutboxMaker
) -> None:
    journal = tmp_path / "journal.db"
    for part in (5, 3, 2):
        code, _ = run_sender(suite, journal, tmp_path / "book.json", steps // part)
        assert code in (-signal.SIGKILL, 0)
    outbox = make_outbox()
    outbox.drain(timeout=30)
    assert_exactly_once(suite, outbox, AWARDS)
