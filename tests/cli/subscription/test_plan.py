"""``rapport plan``: as a merchant runs it."""

from __future__ import annotations

import pytest


def test_a_plan_is_made_shown_priced_and_closed(rapport, plan):
    number = plan("9.99", "--trial", "14d", "--grace", "3d", "--cycles", 12)
    shown = rapport("plan", "show", number, "--json").json
    assert (shown["price"], shown["cycles"]) == ("9.990000", 12)
    assert (shown["period"], shown["trial"], shown["grace"]) == (2_592_000, 1_209_600, 259_200)
    assert rapport("plan", "price", number, "12").code == 0
    assert rapport("plan", "close", number, "--yes").code == 0
    ended = rapport("plan", "show", number, "--json").json
    assert (ended["price"], ended["closed"]) == ("12.000000", True)


def test_a_plan_is_shown_in_words(rapport, plan):
    out = rapport("plan", "show", plan("9.99", "--trial", "14d")).out
    assert "9.99 tUSD for 30 days" in out
    assert "14 days" in out
    assert "until cancelled" in out


def test_the_plans_of_the_merchant_are_listed(rapport, plan):
    numbers = [plan(), plan("20")]
    listed = rapport("plan", "list", "--json").json["plans"]
    assert [each["id"] for each in listed] == numbers
    assert "20.00" in rapport("plan", "list").out


def test_the_same_key_makes_one_plan(rapport, plan):
    key = ("--idempotency-key", "gold")
    assert plan("5", *key) == plan("5", *key)
    assert len(rapport("plan", "list", "--json").json["plans"]) == 1


def test_a_dry_run_makes_no_plan(rapport, suite):
    tried = rapport("plan", "create", suite.token, 5, "--period", "30d", "--dry-run", "--json")
    assert (tried.code, tried.json["dry_run"]) == (0, True)
    assert rapport("plan", "list", "--json").json == {"plans": []}


def test_closing_asks_first(rapport, process, plan):
    number = plan()
    assert process("plan", "close", number).code == 130
    assert rapport("plan", "show", number, "--json").json["closed"] is False


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("create", "TOKEN", "5"), 2, "Missing option '--period'"),
        (("create", "TOKEN", "5", "--period", "soon"), 2, "write 90m, 12h, 30d or 2w"),
        (("create", "TOKEN", "5", "--period", "1h"), 2, "a period is 1 day to 3,660 days"),
        (("create", "TOKEN", "0", "--period", "30d"), 2, "must be above 0"),
        (("create", "TOKEN", "5.0000001", "--period", "30d"), 2, "at most 6 decimals"),
        (("create", "TOKEN", "5", "--period", "30d", "--cycles", "0"), 2, "--cycles"),
        (("create", "0x12", "5", "--period", "30d"), 2, "not an address"),
        (("create", "0x" + "11" * 20, "5", "--period", "30d"), 2, "no ERC-20 token"),
        (("show", "99"), 7, "there is no plan 99"),
        (("show", "gold"), 2, "not a valid integer"),
        (("price", "99", "5"), 7, "there is no plan 99"),
        (("close", "-1", "--yes"), 2, "No such option"),
    ],
)
def test_bad_input_gives_one_line(rapport, suite, args, code, said):
    words = [suite.token if each == "TOKEN" else each for each in args]
    result = rapport("plan", *words)
    assert (result.code, said in result.line) == (code, True), result.err
