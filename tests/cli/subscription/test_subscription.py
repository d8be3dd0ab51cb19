"""``rapport subscription``: as payers, merchants, relayers and cron run it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import signed
from tests.sdk.support.recurring import DAY, MONTH, later


def show(rapport, found):
    return rapport("subscription", "status", found, "--json").json


def test_a_subscription_begins_is_charged_and_ends(rapport, as_payer, plan, subscribed, suite):
    found = subscribed(plan())
    assert show(rapport, found)["status"] == "active"
    early = rapport("subscription", "charge", found)
    assert (early.code, "paid for until" in early.line) == (4, True)
    later(suite, MONTH)
    assert rapport("subscription", "charge", found).code == 0
    assert show(rapport, found)["cycles"] == 2
    assert as_payer("subscription", "cancel", found).code == 0
    assert show(rapport, found)["status"] == "cancelled"


def test_the_status_says_when_how_much_and_why_not(rapport, plan, subscribed):
    out = rapport("subscription", "status", subscribed(plan())).out
    assert "9.99 tUSD" in out
    assert "NotDue" in out
    assert "30 days" in out


def test_a_payer_signs_and_anybody_relays(rapport, payer, as_payer, plan, deadline, place):
    number = plan()
    printed = rapport("subscription", "request", "start", number, payer.address, *deadline)
    (place / "terms.json").write_text(printed.out)
    words = ("subscription", "relay", "terms.json", "--signature")
    assert rapport(*words, "0x" + "01" * 65).code == 2
    done = rapport(*words, signed(payer, printed), "--json")
    assert done.code == 0, done.err
    found = done.json["result"]["subscription"]
    for action, status in (("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")):
        asked = rapport("subscription", "request", "decide", found, action, *deadline)
        (place / f"{action}.json").write_text(asked.out)
        relayed = rapport(
            "subscription", "relay", f"{action}.json", "--signature", signed(payer, asked)
        )
        assert relayed.code == 0, relayed.err
        assert show(rapport, found)["status"] == status


def test_a_permit_is_printed_and_relayed_with_the_terms(rapport, payer, plan, deadline, place):
    number = plan()
    terms = rapport("subscription", "request", "start", number, payer.address, *deadline)
    permit = rapport("subscription", "request", "permit", number, payer.address, 120, *deadline)
    (place / "terms.json").write_text(terms.out)
    (place / "permit.json").write_text(permit.out)
    done = rapport(
        *("subscription", "relay", "terms.json", "--signature", signed(payer, terms)),
        *("--permit", "permit.json", "--permit-signature", signed(payer, permit)),
    )
    assert done.code == 0, done.err


def test_a_payer_starts_with_a_permit_of_its_own(as_payer, plan, suite):
    assert as_payer("subscription", "approve", suite.token, 0).code == 0
    number = plan()
    poor = as_payer("subscription", "start", number)
    assert (poor.code, "allows 0.00 of it to be taken; 9.99 is required" in poor.line) == (4, True)
    assert f"rapport subscription approve {suite.token} 9.99" in poor.line
    assert as_payer("subscription", "start", number, "--approve", 100).code == 0


def test_what_a_charge_an_upgrade_and_a_refund_lack_is_said(
    rapport, as_payer, plan, subscribed, suite
):
    found, large = subscribed(plan("10")), plan("30")
    refund = rapport("subscription", "refund", found, 4)
    assert as_payer("subscription", "approve", suite.token, 1).code == 0
    upgrade = as_payer("subscription", "change", found, large)
    later(suite, MONTH)
    charge = rapport("subscription", "charge", found)
    later(suite, 7 * MONTH)
    revival = as_payer("subscription", "reactivate", found)
    for refused, allowed in ((refund, "0.00"), *((each, "1.00") for each in (upgrade, charge))):
        assert (refused.code, f"allows {allowed} of it" in refused.line) == (4, True), refused.err
    assert (revival.code, "10.00 is required" in revival.line) == (4, True), revival.err


def test_a_coupon_is_signed_used_and_shown(rapport, as_payer, plan, subscribed, deadline):
    number = plan("10")
    made = rapport(
        *("subscription", "coupon", "SPRING", "25", "--charges", 2, "--sign"),
        *("--file", "coupon.json", *deadline, "--json"),
    )
    assert (made.code, made.json["signed"]) == (0, True), made.err
    found = subscribed(number, "--coupon", "coupon.json")
    shown = show(rapport, found)
    assert (shown["last_paid"], shown["discount"]) == ("7.500000", "25.00")
    again = as_payer("subscription", "redeem", found, "coupon.json")
    assert (again.code, "used" in again.line) == (4, True)
    other = rapport("subscription", "coupon", "OTHER", "100", *deadline)
    (Path("unsigned.json")).write_text(other.out)
    unsigned = as_payer("subscription", "redeem", found, "unsigned.json")
    assert (unsigned.code, "not signed" in unsigned.line) == (2, True)


def test_prices_are_accepted_plans_changed_and_time_granted(
    rapport, as_payer, plan, subscribed, suite
):
    small, large = plan("10"), plan("30")
    found = subscribed(small)
    quoted = as_payer("subscription", "quote", found, large, "--json").json
    assert quoted["at_once"] is True
    assert as_payer("subscription", "change", found, large).code == 0
    assert show(rapport, found)["plan"]["id"] == large
    rapport("plan", "price", large, 40)
    assert as_payer("subscription", "accept-price", found).code == 0
    assert show(rapport, found)["price_cap"] == "40.000000"
    until = (suite.chain.block().timestamp + 60 * DAY).isoformat()
    assert rapport("subscription", "grant", found, until).code == 0
    assert as_payer("subscription", "pause", found).code == 0
    assert as_payer("subscription", "resume", found).code == 0


def test_a_refund_is_given_from_the_merchants_balance(rapport, plan, subscribed, suite):
    found = subscribed(plan("10"))
    assert rapport("subscription", "approve", suite.token, 100).code == 0
    done = rapport("subscription", "refund", found, 4, "--json")
    assert (done.code, Decimal(done.json["result"]["amount"])) == (0, 4)
    history = rapport("subscription", "history", found, "--json").json["history"]
    assert [each["what"] for each in history] == ["started", "charged", "refunded"]
    assert "6.00 tUSD kept" in rapport("subscription", "history", found).out


def test_an_invoice_of_a_charge_is_shown_and_printed(rapport, plan, subscribed, suite, place):
    found = subscribed(plan("10"))
    later(suite, MONTH)
    assert rapport("subscription", "charge", found).code == 0
    first = rapport("subscription", "invoice", found, "--charge", 1, "--json").json
    last = rapport("subscription", "invoice", found, "--html", "last.html", "--json").json
    assert (first["total"], last["total"], last["status"]) == ("10.000000", "10.000000", "paid")
    assert first["number"] != last["number"]
    assert "10.00" in (place / "last.html").read_text()
    missing = rapport("subscription", "invoice", found, "--charge", 3)
    assert (missing.code, "there is no charge 3" in missing.line) == (7, True)


def test_what_is_to_come_adds_up(rapport, plan, subscribed):
    weekly, dear = plan("5", period="7d"), plan("30")
    subscribed(weekly)
    subscribed(dear)
    rapport("plan", "price", dear, 31)
    found = rapport("subscription", "upcoming", "--days", 30, "--json").json
    (revenue,) = found["revenue"]
    assert (revenue["charges"], Decimal(revenue["amount"])) == (4, 20)
    assert "agreed to" in found["failing"][0]["reason"]
    out = rapport("subscription", "upcoming").out
    assert "would fail" in out
    assert "20.00" in out


def test_subscriptions_are_listed(rapport, plan, subscribed):
    found = subscribed(plan())
    listed = rapport("subscription", "list", "--status", "active", "--json").json
    assert [each["id"] for each in listed["subscriptions"]] == [found]
    assert rapport("subscription", "list", "--status", "lapsed", "--json").json == {
        "subscriptions": []
    }
    assert found in rapport("subscription", "list").out


# Collecting


def test_collect_charges_once_and_tells_on_stdout(rapport, as_payer, plan, subscribed, suite):
    good = subscribed(plan("10"))
    bad = subscribed(plan("600", "--trial", "30d"))  # more than is allowed
    later(suite, MONTH)
    would = rapport("subscription", "collect", "--dry-run")
    assert (would.code, good in would.out, "1 would be charged" in would.err) == (0, True, True)
    first = rapport("subscription", "collect", "--once")
    assert first.code == 0, first.err
    (event,) = [json.loads(line) for line in first.out.splitlines()]
    assert (event["event"], event["subscription"]) == ("past_due", bad)
    assert "1 charged (10.00 tUSD)" in first.err
    again = rapport("subscription", "collect")
    assert (again.code, again.out) == (0, "")
    assert show(rapport, good)["cycles"] == 2


def test_collect_writes_events_to_a_file_and_one_object_to_stdout(
    rapport, plan, subscribed, suite, place
):
    subscribed(plan("600", "--trial", "30d"))
    later(suite, MONTH)
    done = rapport("subscription", "collect", "--events", "dunning.jsonl", "--json")
    assert (done.code, done.json["failing"]) == (0, 1)
    lines = (place / "dunning.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == done.json["events"]
    unwritable = rapport("subscription", "collect", "--events", "no/such/file")
    assert unwritable.code == 0  # nothing to be told


def test_events_that_cannot_be_written_are_told_the_next_time(
    rapport, plan, subscribed, suite, place
):
    subscribed(plan("600", "--trial", "30d"))
    later(suite, MONTH)
    failed = rapport("subscription", "collect", "--events", "no/such/file")
    assert (failed.code, "cannot be written" in failed.line) == (2, True)
    told = rapport("subscription", "collect", "--json").json["events"]
    assert [each["event"] for each in told] == ["past_due"]


def test_two_commands_at_once_and_one_that_is_killed_charge_once(
    rapport, plan, subscribed, suite, place
):
    number = plan("10")
    ids = [subscribed(number) for _ in range(4)]
    later(suite, MONTH)
    command = [str(Path(sys.executable).parent / "rapport"), "subscription", "collect", "--json"]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)
    ]
    time.sleep(1.0)
    started[0].send_signal(signal.SIGKILL)
    outcomes = [each.communicate(timeout=120) for each in started]
    assert [each.returncode for each in started[1:]] == [0, 0], outcomes
    assert rapport("subscription", "collect").code == 0
    assert [show(rapport, each)["cycles"] for each in ids] == [2, 2, 2, 2]


def test_a_watch_goes_on_until_it_is_stopped(rapport, plan, subscribed, suite, place):
    found = subscribed(plan("10"))
    command = [str(Path(sys.executable).parent / "rapport"), "subscription", "collect"]
    watch = subprocess.Popen(
        [*command, "--watch", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        later(suite, MONTH)
        for _ in range(60):
            if show(rapport, found)["cycles"] == 2:
                break
            time.sleep(0.5)
        assert show(rapport, found)["cycles"] == 2
        assert watch.poll() is None
    finally:
        watch.send_signal(signal.SIGINT)
        _, err = watch.communicate(timeout=60)
    assert watch.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("status", "0x12"), 2, "must be 32 bytes"),
        (("status", "0x" + "ab" * 32), 7, "there is no subscription 0xab"),
        (("charge", "C-17"), 2, "must be 32 bytes"),
        (("start", "99"), 7, "there is no plan 99"),
        (("relay", "nowhere.json", "--signature", "0x01"), 2, "cannot be read"),
        (("relay", "book.json", "--signature", "0x01"), 2, "print one: rapport subscription"),
        (("relay", "book.json", "--signature", "zz"), 2, "not a signature"),
        (("redeem", "0x" + "ab" * 32, "nowhere.json"), 2, "cannot be read"),
        (("coupon", "X", "101"), 2, "at most 100 percent"),
        (("coupon", "X", "10", "--plan", "99"), 7, "there is no plan 99"),
        (("upcoming", "--days", "0"), 2, "--days"),
        (("list", "--status", "gone"), 2, "gone"),
        (("collect", "--retries", "1d,1h"), 2, "each longer than the one before"),
        (("collect", "--notice", "soon"), 2, "write 90m"),
        (("collect", "--once", "--watch", "5"), 2, "exclude each other"),
        (("collect", "--watch", "0"), 2, "--watch"),
        (("collect", "--everybody", "--merchant", "0x" + "11" * 20), 2, "exclude each other"),
        (("request", "decide", "0x" + "ab" * 32, "stop"), 2, "stop"),
        (("request", "start", "99", "0x" + "11" * 20), 7, "there is no plan 99"),
    ],
)
def test_bad_input_gives_one_line(rapport, suite, args, code, said):
    result = rapport("subscription", *args)
    assert (result.code, said in result.line) == (code, True), result.err
