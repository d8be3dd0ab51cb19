"""``rapport sla``: as a desk and its clients run it."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.cli.conftest import signed
from tests.cli.sla.conftest import month
from tests.sdk.support.recurring import later

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UNKNOWN = "0x" + "07" * 32


def show(rapport, agreement):
    return rapport("sla", "show", agreement, "--json").json


def said(rapport, *words):
    """What a call of the provider's came to; it must have succeeded."""
    done = rapport("sla", *words, "--json")
    assert done.code == 0, done.err
    return done.json["result"]


# Policies and bonds


def test_a_policy_is_published_once_shown_listed_and_closed(rapport, suite, place):
    arbiter = suite.admin.address
    words = ("sla", "policy", "create", "warranty", suite.token, "--arbiter", arbiter)
    numbers = {
        rapport(*words, "--min-amount", 25, "--idempotency-key", "w", "--json").json["result"][
            "policy"
        ]
        for _ in range(2)
    }
    (number,) = numbers
    shown = rapport("sla", "policy", "show", number, "--json").json
    assert (shown["terms"]["arbiter"], Decimal(shown["terms"]["min_amount"])) == (arbiter, 25)
    assert shown["hours"] == "Mon-Fri 09:00-17:00 UTC"
    told = rapport("sla", "policy", "show", number).out
    assert "the provider's bond" in told
    assert "120:00:00" in told  # of business hours, never in days
    listed = rapport("sla", "policy", "list", "--json").json["policies"]
    assert number in [each["id"] for each in listed]

    assert rapport("sla", "policy", "close", number, "--yes").code == 0
    assert rapport("sla", "policy", "show", number, "--json").json["closed"] is True
    refused = rapport("sla", "open", number, 100, "--client", suite.admin.address)
    assert (refused.code, "closed" in refused.line) == (2, True)


def test_a_preset_is_printed_changed_and_published(rapport, suite, place):
    assert set(rapport("sla", "policy", "preset", "--json").json["presets"]) == {
        "delivery",
        "support",
        "warranty",
    }
    text = rapport("sla", "policy", "preset", "support").out
    (place / "mine.toml").write_text(text.replace('per_hour = "2"', 'per_hour = "3.5"'))
    done = rapport("sla", "policy", "create", "mine.toml", suite.token, "--json")
    assert done.code == 0, done.err
    shown = rapport("sla", "policy", "show", done.json["result"]["policy"], "--json").json
    assert Decimal(shown["terms"]["per_hour"]) == Decimal("3.5")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("preset", "gold"), "the presets are delivery, support, warranty"),
        (("create", "gold", "TOKEN"), "the presets are delivery, support, warranty"),
        (("create", "missing.toml", "TOKEN"), "missing.toml cannot be read"),
        (("create", "support", "TOKEN", "--hours", "Mon 9:30-17"), "whole hours"),
        (("create", "support", "TOKEN", "--arbiter-fee", "5"), "a fee for nobody"),
        (("create", "support", "0x12"), "address"),
    ],
)
def test_terms_that_cannot_be_are_one_line(rapport, suite, words, complaint):
    words = [suite.token if each == "TOKEN" else each for each in words]
    refused = rapport("sla", "policy", *words)
    assert (refused.code, complaint in refused.line) == (2, True), refused.err


def test_a_bond_is_reserved_released_and_withdrawn(rapport, suite, ticket):
    agreement = ticket()
    bond = rapport("sla", "bond", "show", suite.token, "--json").json
    assert (Decimal(bond["free"]), Decimal(bond["reserved"])) == (900, 100)
    assert bond["agreements"] == 1
    said(rapport, "give-up", agreement, "--yes")
    assert Decimal(rapport("sla", "bond", "show", suite.token, "--json").json["reserved"]) == 0
    assert "900.00 tUSD" in rapport("sla", "bond", "show", suite.token).out
    before = suite.money_of(suite.backend.address)
    assert rapport("sla", "bond", "withdraw", suite.token).code == 0
    assert suite.money_of(suite.backend.address) - before == 900 * 10**6


def test_what_the_bond_does_not_cover_is_not_opened(rapport, policy, customer):
    refused = rapport("sla", "open", policy, 1_001, "--customer", customer)
    assert (refused.code, len(refused.err.splitlines())) == (4, 1)


def test_a_fee_that_was_not_allowed_is_explained(as_client, held):
    refused = as_client("sla", "open", held, 100)
    assert (refused.code, "rapport sla approve" in refused.line) == (4, True), refused.err


# The life of an agreement


def test_a_ticket_in_time_costs_nothing(rapport, suite, ticket):
    agreement = ticket("--priority", "high", "--reference", "ticket 1")
    assert ticket("--priority", "high", "--reference", "ticket 1") == agreement
    later(suite, HOUR)
    said(rapport, "respond", agreement)
    said(rapport, "pause", agreement)
    later(suite, 30 * HOUR)
    said(rapport, "resume", agreement)
    clocks = rapport("sla", "clocks", agreement, "--json").json
    assert 3_600 <= clocks["elapsed"] < 3_700
    assert 30 * 3_600 <= clocks["paused"] < 30 * 3_600 + 100
    assert "1:00:0" in rapport("sla", "clocks", agreement).out
    said(rapport, "deliver", agreement)
    early = rapport("sla", "finalize", agreement)
    assert (early.code, len(early.err.splitlines())) == (4, 1)
    later(suite, 4 * DAY)
    said(rapport, "finalize", agreement)

    shown = show(rapport, agreement)
    assert (shown["state"], Decimal(shown["credit"])) == ("settled", 0)
    steps = [each["what"] for each in shown["steps"]]
    assert steps == ["opened", "responded", "paused", "resumed", "delivered", "settled"]
    assert Decimal(rapport("sla", "bond", "show", suite.token, "--json").json["free"]) == 1_000


def test_a_late_ticket_pays_and_the_credit_waits_for_a_wallet(
    rapport, suite, place, ticket, customer, client
):
    agreement = ticket()
    later(suite, 18 * HOUR + 20 * timedelta(minutes=1))
    quote = rapport("sla", "quote", agreement, "--json").json
    # 10 for the response, 20 for the resolution, 2 for each of two full hours
    assert Decimal(quote["to_client"]) == 34
    assert "34.00 tUSD" in rapport("sla", "quote", agreement).out
    said(rapport, "deliver", agreement)
    later(suite, 4 * DAY)
    said(rapport, "finalize", agreement)
    refused = rapport("sla", "claim", customer, suite.token)
    assert (refused.code, len(refused.err.splitlines())) == (4, 1)

    request = rapport("customer", "link-request", customer, client.address, *month(suite))
    (place / "link.json").write_text(request.out)
    linked = rapport(
        "customer", "link", customer, "link.json", "--signature", signed(client, request)
    )
    assert linked.code == 0, linked.err
    before = suite.money_of(client.address)
    assert Decimal(said(rapport, "claim", customer, suite.token)["amount"]) == 34
    assert suite.money_of(client.address) - before == 34 * 10**6


def test_a_wallet_linked_meanwhile_becomes_the_client_and_accepts(
    rapport, suite, place, ticket, customer, client, as_client
):
    agreement = ticket()
    assert rapport("sla", "link", agreement).code == 4
    request = rapport("customer", "link-request", customer, client.address, *month(suite))
    (place / "link.json").write_text(request.out)
    words = ("customer", "link", customer, "link.json", "--signature", signed(client, request))
    assert rapport(*words).code == 0
    said(rapport, "link", agreement)
    said(rapport, "deliver", agreement)
    assert as_client("sla", "accept", agreement).code == 0
    assert show(rapport, agreement)["state"] == "settled"


def test_a_client_pays_disputes_and_the_arbiter_rules(
    rapport, suite, place, opened, as_client, client
):
    agreement = opened("--priority", "urgent")
    (place / "photo.jpg").write_bytes(b"a broken parcel")
    digest = hashlib.sha256(b"a broken parcel").hexdigest()
    said(rapport, "deliver", agreement, "--evidence", digest)
    done = as_client("sla", "dispute", agreement, "--evidence", "photo.jpg")
    assert done.code == 0, done.err
    said(rapport, "evidence", agreement, "nih:sha-256;" + digest)
    assert rapport("sla", "resolve", agreement, 25).code == 4  # the provider does not rule
    suite.transact(suite.admin, "SLAEscrow", "resolve", bytes.fromhex(agreement[2:]), 2_500)
    shown = show(rapport, agreement)
    notes = [each["note"] for each in shown["steps"] if each["what"] == "evidence"]
    assert notes == [f"nih:sha-256;{digest}"] * 2
    # 10 to the arbiter, a quarter of 90 to the provider
    assert suite.money_of(client.address) == (900 * 10**6) + 67_500_000


def test_a_split_is_proposed_and_accepted(rapport, suite, opened, as_client, client):
    agreement = opened()
    assert as_client("sla", "split", "accept", agreement).code == 2  # nothing is proposed
    said(rapport, "split", "propose", agreement, "62.5")
    assert "62.5" in rapport("sla", "show", agreement).out
    changed = as_client("sla", "split", "accept", agreement, 60)
    assert (changed.code, len(changed.err.splitlines())) == (4, 1)
    assert as_client("sla", "split", "accept", agreement).code == 0
    assert suite.money_of(client.address) == 937_500_000


def test_a_part_is_conceded_and_nothing_delivered_is_reclaimed(
    rapport, suite, opened, client, as_client
):
    agreement = opened("--priority", "urgent")
    for _ in range(2):  # what is left is named, so twice gives nothing more
        said(rapport, "concede", agreement, 60)
    assert suite.money_of(client.address) == 940 * 10**6
    more = rapport("sla", "concede", agreement, 70)
    assert (more.code, len(more.err.splitlines())) == (4, 1)
    early = rapport("sla", "reclaim", agreement)
    assert (early.code, len(early.err.splitlines())) == (4, 1)
    later(suite, 24 * HOUR + 72 * HOUR + 7 * DAY + HOUR)
    assert as_client("sla", "reclaim", agreement).code == 0
    assert suite.money_of(client.address) == 1_000 * 10**6


def test_a_silent_arbiter_ends_in_the_default(rapport, suite, opened, as_client, client):
    agreement = opened()
    assert as_client("sla", "dispute", agreement).code == 0
    early = rapport("sla", "expire", agreement)
    assert (early.code, len(early.err.splitlines())) == (4, 1)
    later(suite, 15 * DAY)
    said(rapport, "expire", agreement)
    assert suite.money_of(client.address) == 950 * 10**6


# What clients sign


def test_a_client_without_gas_signs_and_anybody_relays(rapport, suite, place, held, client):
    suite.anvil.set_balance(client.address, 0)
    opening = rapport("sla", "request", "open", held, client.address, 100, *month(suite))
    permit = rapport("sla", "request", "permit", held, client.address, 100, *month(suite))
    (place / "open.json").write_text(opening.out)
    (place / "permit.json").write_text(permit.out)
    relay = ("sla", "relay", "open.json", "--signature")
    assert rapport(*relay, "0x" + "01" * 65).code == 2
    half = rapport(*relay, signed(client, opening), "--permit", "permit.json")
    assert (half.code, "go together" in half.line) == (2, True)
    done = rapport(
        *(*relay, signed(client, opening), "--permit", "permit.json"),
        *("--permit-signature", signed(client, permit), "--json"),
    )
    assert done.code == 0, done.err
    agreement = done.json["result"]["agreement"]
    said(rapport, "pause", agreement)
    decide(rapport, suite, place, client, agreement, "resume")
    assert show(rapport, agreement)["paused_since"] is None
    said(rapport, "deliver", agreement)
    decide(rapport, suite, place, client, agreement, "accept")
    assert show(rapport, agreement)["state"] == "settled"
    again = rapport("sla", "relay", "accept.json", "--signature", "0x01")
    assert again.code == 2


def test_a_request_for_another_contract_is_refused(rapport, suite, place, held, client):
    printed = rapport("sla", "request", "open", held, client.address, 100, *month(suite)).json
    printed["domain"]["chainId"] = 1
    (place / "open.json").write_text(json.dumps(printed))
    refused = rapport("sla", "relay", "open.json", "--signature", "0x01")
    assert (refused.code, "on chain 1;" in refused.line) == (2, True)


@pytest.mark.parametrize("verb", ["show", "clocks", "quote", "respond", "pause", "accept"])
def test_an_agreement_that_nobody_knows_is_not_found(rapport, verb):
    result = rapport("sla", verb, UNKNOWN)
    assert (result.code, "no agreement" in result.line) == (7, True)
    assert rapport("sla", verb, "0x12").code == 2


def test_agreements_are_listed_by_state(rapport, ticket, opened):
    first, second = ticket(), opened()
    said(rapport, "deliver", second)
    listed = rapport("sla", "list", "--json").json["agreements"]
    assert [(each["id"], each["state"]) for each in listed] == [
        (first, "open"),
        (second, "delivered"),
    ]
    only = rapport("sla", "list", "--state", "open", "--json").json["agreements"]
    assert [each["id"] for each in only] == [first]
    assert second in rapport("sla", "list", "--state", "delivered").out


def test_a_dry_run_sends_nothing(rapport, ticket):
    agreement = ticket()
    done = rapport("sla", "respond", agreement, "--dry-run", "--json")
    assert (done.code, done.json["dry_run"]) == (0, True)
    assert show(rapport, agreement)["responded_at"] is None


def decide(rapport, suite, place, client, agreement, action):
    asked = rapport("sla", "request", "decide", agreement, action, *month(suite))
    assert asked.code == 0, asked.err
    (place / f"{action}.json").write_text(asked.out)
    done = rapport("sla", "relay", f"{action}.json", "--signature", signed(client, asked))
    assert done.code == 0, done.err
