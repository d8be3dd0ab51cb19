"""``rapport sla desk``: what help desks post becomes agreements, on a chain."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sdk.desk.posting import KINDS, Happening, desks, posted

STORY = (
    Happening(0, "running"),
    Happening(1, "running", replied=True),
    Happening(2, "waiting"),
    Happening(3, "running"),
    Happening(4, "delivered"),
)
PATIENCE = 60.0  # seconds for what takes one


@pytest.fixture
def mapped(rapport, place, policy, undone):
    """A desk of each kind under the policy, and the customer whose tickets they have."""
    desks(place, policy=policy)
    assert rapport("customer", "register", "C-8").code == 0
    return place


def record(path, *deliveries):
    """A file of recorded deliveries, given as (desk, delivery)."""
    lines = [
        {"desk": name, "headers": dict(each.headers), "body": each.body.decode()}
        for name, each in deliveries
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def told(kind, *story):
    return [(kind, posted(kind, each)) for each in story]


def tickets(rapport):
    return {
        each["ticket"]: each for each in rapport("sla", "desk", "status", "--json").json["tickets"]
    }


def state(rapport, agreement):
    return rapport("sla", "show", agreement, "--json").json["state"]


def test_recorded_deliveries_are_opened_and_delivered_once(rapport, mapped):
    story = told("zendesk", *STORY)
    file = record(mapped / "told.jsonl", *reversed(story), story[0])
    tried = rapport("sla", "desk", "import", file, "--dry-run", "--json")
    assert tried.json["sound"] == 6
    assert tickets(rapport) == {}
    done = rapport("sla", "desk", "import", file, "--json")
    assert done.code == 0, done.err
    assert {
        k: done.json[k] for k in ("deliveries", "accepted", "repeated", "sent", "rejected")
    } == {
        "deliveries": 6,
        "accepted": 5,
        "repeated": 1,
        "sent": 2,
        "rejected": 0,
    }
    (ticket,) = tickets(rapport).values()
    assert ticket["sent"] == ["open", "deliver"]
    assert state(rapport, ticket["agreement"]) == "delivered"
    again = rapport("sla", "desk", "import", file, "--json").json
    assert (again["repeated"], again["sent"]) == (6, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_ticket_is_followed_on_chain_as_it_happens(rapport, mapped, kind):
    seen = []
    for number, each in enumerate(STORY):
        file = record(mapped / f"{number}.jsonl", *told(kind, each))
        done = rapport("sla", "desk", "import", file, "--json")
        assert done.code == 0, done.err
        (ticket,) = tickets(rapport).values()
        shown = rapport("sla", "show", ticket["agreement"], "--json").json
        seen.append((shown["responded_at"] is not None, shown["paused_since"] is not None))
    assert seen[:4] == [(False, False), (True, False), (True, True), (True, False)]
    assert ticket["sent"] == ["open", "respond", "pause", "resume", "deliver"]
    assert shown["state"] == "delivered"
    assert (shown["priority"], shown["amount"]) == ("high", "200.000000")


def test_a_ticket_reopened_after_its_delivery_ends_with_exit_code_1(rapport, mapped):
    rapport("sla", "desk", "import", record(mapped / "a.jsonl", *told("zammad", *STORY)))
    later = record(mapped / "b.jsonl", *told("zammad", Happening(9, "running")))
    done = rapport("sla", "desk", "import", later)
    assert done.code == 1
    assert "zammad 4711: reopened after its delivery; an agreement cannot be" in done.err
    shown = rapport("sla", "desk", "status", "4711", "--json")
    assert shown.code == 1
    assert "the client may dispute it" in shown.json["tickets"][0]["concern"]
    closed = record(mapped / "c.jsonl", *told("zammad", Happening(10, "delivered")))
    assert rapport("sla", "desk", "import", closed).code == 0
    assert rapport("sla", "desk", "status").code == 0


def test_refused_lines_go_to_a_file_of_their_own_with_the_reason(rapport, mapped):
    sound = posted("zammad", STORY[0])
    forged = {"desk": "zammad", "headers": dict(sound.headers), "body": "{}"}
    file = record(mapped / "told.jsonl", ("zammad", sound), ("nobody", sound))
    with file.open("a") as stream:
        stream.write(json.dumps(forged) + "\nno json\n" + '{"desk": 1}\n')
    done = rapport("sla", "desk", "import", file, "--json")
    assert done.code == 0, done.err
    assert (done.json["deliveries"], done.json["accepted"], done.json["rejected"]) == (5, 1, 4)
    reasons = [
        json.loads(line)["rejected_because"]
        for line in (mapped / "told.rejects.jsonl").read_text().splitlines()
    ]
    assert [each.split(";")[0].split(":")[0] for each in reasons] == [
        "the mapping has no desk of this name",
        "the signature is not that of this request under the secret configured",
        "not a JSON object",
        "a line has a text desk, a text body, and headers",
    ]
    counted = {
        (each["desk"], each["requests"]): each["count"]
        for each in rapport("sla", "desk", "status", "--json").json["requests"]
    }
    assert counted == {
        ("zammad", "accepted"): 1,
        ("zammad", "unsigned"): 1,
        (None, "unknown desk"): 1,
    }


def test_a_bond_that_is_used_up_is_said_and_goes_on_after_a_retry(rapport, mapped, suite):
    (mapped / "desks.toml").write_text(
        (mapped / "desks.toml").read_text().replace('"200"', '"2000"')
    )
    file = record(mapped / "told.jsonl", *told("webhook", *STORY))
    done = rapport("sla", "desk", "import", file)
    assert done.code == 1
    assert "webhook 4711: open was refused: Less of the bond is free than is needed" in done.err
    key = done.err.splitlines()[-1].rpartition("rapport tx retry ")[2]
    suite.mint(suite.backend.address, 1_000 * 10**6)
    assert rapport("sla", "bond", "deposit", suite.token, 1_000, "--approve").code == 0
    assert rapport("tx", "retry", key).code == 0
    assert rapport("sla", "desk", "import", file).code == 0
    (ticket,) = tickets(rapport).values()
    assert state(rapport, ticket["agreement"]) == "delivered"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (("status", "1"), 7, "no desk has told of a ticket '1'"),
        (("import", "no.jsonl"), 2, "no.jsonl cannot be read"),
        (("import", "x.jsonl", "--mapping", "no.toml"), 3, "the mapping no.toml cannot be read"),
        (("receive", "--listen", "8090"), 2, "'8090' is not HOST:PORT"),
    ],
)
def test_what_cannot_be_done_is_one_line(rapport, mapped, words, code, line):
    done = rapport("sla", "desk", *words)
    assert done.code == code
    assert line in done.line


def test_an_export_tells_the_tickets_and_an_erasure_leaves_none(rapport, mapped):
    rapport("sla", "desk", "import", record(mapped / "a.jsonl", *told("zendesk", *STORY)))
    (ticket,) = tickets(rapport).values()
    done = rapport("customer", "export", "C-8", "--output", "export.json")
    assert done.code == 0, done.err
    (held,) = json.loads((mapped / "export.json").read_text())["sections"]["desk"]
    assert (held["ticket"], held["agreement"]) == ("4711", ticket["agreement"])
    assert [each["state"] for each in held["told"]] == ["open", "open", "pending", "open", "solved"]
    assert held["sent"] == ["open", "deliver"]
    erased = rapport("customer", "erase", "C-8", "--yes")
    assert erased.code == 0, erased.err
    assert tickets(rapport) == {}


# Listening


@contextmanager
def receiver(place, name="receiver"):
    """A receiver in a process of its own, and where it listens."""
    told = place / f"{name}.log"
    command = [str(Path(sys.executable).parent / "rapport"), "sla", "desk", "receive"]
    with told.open("w") as log:
        process = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0"], stderr=log, stdin=subprocess.DEVNULL, cwd=place
        )
        try:
            yield process, _where(process, told)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _where(process, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if "listening at " in line:
                return line.split("listening at ")[1].split()[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def post(where, name, delivery):
    request = urllib.request.Request(
        f"{where}/{name}", data=delivery.body, headers=dict(delivery.headers), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def now(kind, happening):
    return posted(kind, happening, sent=datetime.now(UTC))


def until_delivered(rapport):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = tickets(rapport)
        if found and all(each["sent"][-1:] == ["deliver"] for each in found.values()):
            return found
        time.sleep(0.5)
    raise AssertionError(found)


def test_a_receiver_killed_and_started_again_sends_everything_once(rapport, mapped):
    with receiver(mapped) as (process, where):
        assert post(where, "zendesk", now("zendesk", STORY[0])) == (200, {"status": "accepted"})
        status, answer = post(where, "zendesk", posted("zendesk", STORY[0]))
        assert (status, answer["error"][:16]) == (401, "it was signed at")
        os.kill(process.pid, signal.SIGKILL)
    with receiver(mapped) as (process, where):
        assert post(where, "zendesk", now("zendesk", STORY[0])) == (200, {"status": "repeated"})
        for each in (STORY[4], STORY[2], STORY[1]):
            assert post(where, "zendesk", now("zendesk", each))[0] == 200
        (ticket,) = until_delivered(rapport).values()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert ticket["sent"].count("open") == ticket["sent"].count("deliver") == 1
    shown = rapport("sla", "show", ticket["agreement"], "--json").json
    history = [each["what"] for each in shown["steps"]]
    assert history.count("opened") == history.count("delivered") == 1


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_receiver_that_is_asked_to_stop_keeps_what_came_and_ends_well(rapport, mapped, asked):
    with receiver(mapped) as (process, where):
        assert post(where, "zendesk", now("zendesk", STORY[0]))[0] == 200
        process.send_signal(asked)
        assert process.wait(PATIENCE) == 0
    assert len(tickets(rapport)) == 1


def test_two_receivers_on_one_file_share_the_work(rapport, mapped):
    with receiver(mapped, "one") as (_, first), receiver(mapped, "two") as (_, second):
        for number, kind in enumerate(KINDS):
            for where, each in ((first, STORY[4]), (second, STORY[0])):
                at_desk = replace(each, ticket=str(number + 1))
                assert post(where, kind, now(kind, at_desk))[0] == 200
        found = until_delivered(rapport)
    assert sorted(found) == ["1", "2", "3", "4"]
    for ticket in found.values():
        assert state(rapport, ticket["agreement"]) == "delivered"
        assert ticket["sent"] == sorted(set(ticket["sent"]), key=ticket["sent"].index)
