"""``rapport sla``: previews, clocks that run down, and what anyone may settle then."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from rapport.cli import output, sla_watch
from rapport.cli.main import run
from rapport.cli.sla_calendar import PRIORITIES
from rapport.cli.sla_requests import ACTIONS
from rapport.cli.sla_views import STATES
from rapport.errors import RpcError
from rapport.sla import Action, Priority, State
from tests.cli.conftest import signed
from tests.cli.sla.conftest import month
from tests.sdk.support.recurring import later

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_what_the_command_offers_is_what_the_package_knows():
    assert tuple(PRIORITIES) == tuple(each.value for each in Priority)
    assert tuple(STATES) == tuple(each.value for each in State if each is not State.NONE)
    assert tuple(each.replace("-", " ") for each in ACTIONS) == tuple(each.value for each in Action)


# A preview


def test_a_ticket_of_friday_evening_is_due_on_monday(rapport, place):
    (place / "rapport.toml").unlink()  # no chain, no settings
    words = ("sla", "preview", "support", "--opened", "2026-01-09T16:30:00+01:00")
    hours = ("--hours", "Mon-Fri 09:00-17:00 UTC+01:00")
    shown = rapport(*words, *hours)
    assert shown.code == 0, shown.err
    assert "opened Friday 2026-01-09 16:30" in shown.out
    assert "Monday 2026-01-12 10:30" in shown.out
    high = rapport(*words, *hours, "--priority", "high", "--json").json
    assert high["due"] == [
        {
            "priority": "high",
            "response": "2026-01-12T09:30:00Z",
            "resolution": "2026-01-12T15:30:00Z",
        }
    ]
    wrong = rapport(*words, "--hours", "sometimes")
    assert (wrong.code, "business hours" in wrong.line) == (2, True)


def test_a_preview_of_a_policy_is_what_its_agreements_get(rapport, policy, ticket):
    agreement = ticket("--priority", "urgent")
    opened_at = rapport("sla", "show", agreement, "--json").json["opened_at"]
    clocks = rapport("sla", "clocks", agreement, "--json").json
    words = ("--opened", opened_at, "--priority", "urgent", "--json")
    (due,) = rapport("sla", "preview", policy, *words).json["due"]
    assert (due["response"], due["resolution"]) == (
        clocks["response_due"],
        clocks["resolution_due"],
    )
    assert rapport("sla", "preview", 999).code == 7


# Watching


def test_clocks_are_shown_the_most_urgent_first_and_warn(rapport, suite, ticket):
    late, near, waiting, running = (ticket("--priority", each) for each in PRIORITIES)
    assert rapport("sla", "pause", waiting).code == 0
    later(suite, 7 * HOUR + 30 * timedelta(minutes=1))
    assert rapport("sla", "respond", running).code == 0
    assert rapport("sla", "respond", near).code == 0

    found = rapport("sla", "watch", "--once", "--json").json["agreements"]
    assert [(each["agreement"], each["alarm"]) for each in found] == [
        (late, "late"),
        (near, "near"),
        (running, "running"),
        (waiting, "waiting"),
    ]
    assert found[0]["resolution_left"] < -3 * 3_600
    assert 0 < found[1]["resolution_left"] <= 1_800
    told = rapport("sla", "watch", "--once")
    assert told.code == 0
    assert running in told.out
    lines = told.err.splitlines()
    assert len(lines) == 2
    assert f"{late} (urgent) is late by" in lines[0]
    assert f"{near} (high) is due within 0:" in lines[1]
    wide = rapport("sla", "watch", "--once", "--warn", "40h", "--json").json["agreements"]
    assert [each["alarm"] for each in wide] == ["late", "near", "near", "waiting"]


def test_nothing_open_is_an_empty_watch(rapport, policy):
    assert rapport("sla", "watch", "--once", "--json").json == {"agreements": []}
    assert rapport("sla", "watch", "--once").code == 0


def test_on_a_terminal_the_clocks_run_down_in_colours_and_ring(place, suite, ticket):
    late = ticket("--priority", "urgent")
    later(suite, 5 * HOUR)
    command = Path(sys.executable).parent / "rapport"
    master, slave = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160", "LINES": "20"}
    with subprocess.Popen(
        [str(command), "sla", "watch"], stdout=slave, stderr=slave, stdin=slave, env=environ
    ) as watching:
        os.close(slave)
        shown = b""
        while b"-1:00:0" not in shown or b"\a" not in shown:
            shown += os.read(master, 4_096)
        first = shown.rindex(b"-1:00:0")
        while not re.search(rb"-1:00:0[1-9]", shown[first + 8 :]):  # a second later
            shown += os.read(master, 4_096)
        watching.send_signal(signal.SIGINT)
        watching.wait(timeout=60)
    os.close(master)
    assert b"1 late" in shown
    assert late[:10].encode() in shown
    assert b"\x1b[1;31m" in shown  # bold red
    assert watching.returncode == 130


class Terminal(io.StringIO):
    """Looks like a terminal to whoever asks."""

    def isatty(self):
        return True


@pytest.fixture
def three_looks(monkeypatch):
    """The chain answers the first look, not the second; at the third the user has seen enough."""
    ask, looks = sla_watch._look, count(1)

    def look(*args):
        match next(looks):
            case 1:
                return ask(*args)
            case 2:
                raise RpcError("no answer")
            case _:
                raise KeyboardInterrupt

    monkeypatch.setattr(sla_watch, "_look", look)


def test_a_watch_outlives_a_node_that_does_not_answer(rapport, ticket, three_looks):
    agreement = ticket()
    ended = rapport("sla", "watch", "--every", "1")
    assert ended.code == 130
    assert ended.out.count(agreement) == 1
    assert "the next look tries again" in ended.err


def test_on_a_terminal_the_clocks_run_on_and_trouble_is_said(
    place, ticket, three_looks, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "160")
    agreement = ticket()
    screen, beside = Terminal(), io.StringIO()
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(beside):
        assert run(["sla", "watch", "--every", "1"]) == 130
    drawn = screen.getvalue()
    assert f"{agreement[:10]}…" in drawn
    assert "1 running" in drawn
    assert "tries again" in drawn
    assert "tries again" not in beside.getvalue()


def test_a_watch_that_is_stopped_says_so(place, ticket):
    ticket()
    command = Path(sys.executable).parent / "rapport"
    words = ("sla", "watch", "--every", "1", "--json")
    with subprocess.Popen(
        [str(command), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        for _ in range(2):
            assert len(json.loads(watching.stdout.readline())["agreements"]) == 1
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=60)
    assert (watching.returncode, "stopped" in said) == (130, True)


# Settling what is due


@pytest.fixture
def ripe(rapport, suite, ticket, opened, as_client):
    """A delivery, a dispute, and something never delivered, all of which have run out."""
    delivered, disputed, forgotten = ticket(), opened(), ticket("--priority", "urgent")
    fresh = ticket()
    assert rapport("sla", "deliver", delivered).code == 0
    assert as_client("sla", "dispute", disputed).code == 0
    later(suite, 15 * DAY)
    assert rapport("sla", "deliver", fresh).code == 0
    return {"finalize": delivered, "expire": disputed, "reclaim": forgotten}


def test_all_that_anyone_may_settle_is_settled_once(rapport, ripe):
    dry = rapport("sla", "settle-due", "--dry-run", "--json").json
    assert dry["dry_run"] is True
    assert {each["verb"]: each["agreement"] for each in dry["settled"]} == ripe
    states = [rapport("sla", "show", each, "--json").json["state"] for each in ripe.values()]
    assert states == ["delivered", "disputed", "open"]

    done = rapport("sla", "settle-due", "--json")
    assert done.code == 0, done.err
    assert {each["verb"]: each["agreement"] for each in done.json["settled"]} == ripe
    assert {each["status"] for each in done.json["settled"]} == {"done"}
    by_verb = {each["verb"]: Decimal(each["to_client"]) for each in done.json["settled"]}
    assert by_verb == {"finalize": 0, "expire": 50, "reclaim": 100}
    # What the urgent one paid waits, since its customer has no wallet.
    again = rapport("sla", "settle-due", "--json")
    assert (again.code, again.json["settled"]) == (0, [])


def test_one_that_fails_stops_no_other(
    rapport, suite, ripe, opened, client, as_client, monkeypatch
):
    """A client accepts between the look and the sending: one is refused, the others settled."""
    contested = opened()
    assert rapport("sla", "deliver", contested).code == 0
    later(suite, 8 * DAY)
    bar = output.bar

    def accepting(*args):
        suite.transact(client, "SLAEscrow", "accept", bytes.fromhex(contested[2:]))
        return bar(*args)

    monkeypatch.setattr(output, "bar", accepting)
    done = rapport("sla", "settle-due", "--json")
    assert done.code == 0, done.err
    ends = {each["agreement"]: each["status"] for each in done.json["settled"]}
    assert ends.pop(contested) == "refused"
    assert set(ripe.values()) <= set(ends)
    assert set(ends.values()) == {"done"}


def test_two_that_run_at_once_and_one_that_is_killed_settle_everything_once(
    rapport, suite, place, policy, customer
):
    agreements = []
    for number in range(6):
        words = ("--customer", customer, "--reference", f"ticket {number}", "--json")
        opened = rapport("sla", "open", policy, 100, *words)
        agreements.append(opened.json["result"]["agreement"])
    for each in agreements:
        assert rapport("sla", "deliver", each).code == 0
    later(suite, 4 * DAY)
    command = [str(Path(sys.executable).parent / "rapport"), "sla", "settle-due", "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        time.sleep(1.5)
        killed.kill()
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for each in both:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
        assert {one["status"] for one in json.loads(out)["settled"]} <= {"done", "duplicate"}
    for each in agreements:
        shown = rapport("sla", "show", each, "--json").json
        assert [step["what"] for step in shown["steps"]][-1] == "settled"
    assert Decimal(rapport("sla", "bond", "show", suite.token, "--json").json["free"]) == 1_000


def test_a_credit_is_claimed_once_its_customer_has_a_wallet(
    rapport, suite, place, ticket, customer, client
):
    assert rapport("sla", "give-up", ticket(), "--yes").code == 0
    assert rapport("sla", "settle-due", "--json").json["settled"] == []
    asked = rapport("customer", "link-request", customer, client.address, *month(suite))
    (place / "link.json").write_text(asked.out)
    words = ("customer", "link", customer, "link.json", "--signature", signed(client, asked))
    assert rapport(*words).code == 0
    before = suite.money_of(client.address)
    (done,) = rapport("sla", "settle-due", "--json").json["settled"]
    assert (done["verb"], done["status"], Decimal(done["to_client"])) == ("claim", "done", 100)
    assert suite.money_of(client.address) - before == 100 * 10**6
    assert rapport("sla", "settle-due").line == "0 settled, 0 settled before, 0 refused"


def test_settling_needs_somebody_to_settle_for(rapport, place):
    text = (place / "rapport.toml").read_text()
    kept = [line for line in text.splitlines() if "keystore" not in line]
    (place / "rapport.toml").write_text("\n".join(kept))
    refused = rapport("sla", "settle-due", "--dry-run")
    assert (refused.code, "--everybody" in refused.line) == (3, True)
    assert rapport("sla", "settle-due", "--dry-run", "--everybody").code == 0
    both = rapport("sla", "settle-due", "--everybody", "--provider", "0x" + "12" * 20)
    assert (both.code, "exclude" in both.line) == (2, True)
