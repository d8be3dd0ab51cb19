"""``rapport court``: a dispute, from the court's fee to its ruling."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.cli.sla.conftest import published
from tests.sdk.support.court import APPEAL, established


@pytest.fixture
def court(suite):
    return established(suite)


@pytest.fixture
def case(rapport, as_client, suite, court):
    """An agreement of the client's over 100, in dispute."""
    policy = published(rapport, suite, "delivery", "--arbiter", court.arbiter, "--arbiter-fee", 10)
    done = as_client("sla", "open", policy, 100, "--approve", "--json")
    assert done.code == 0, done.err
    agreement = done.json["result"]["agreement"]
    assert as_client("sla", "dispute", agreement).code == 0
    return agreement


def test_a_case_is_brought_argued_appealed_and_ruled_on(
    rapport, as_client, suite, client, court, case
):
    status = ("court", "status", case)
    before = rapport(*status, "--json").json
    assert (before["stage"], Decimal(before["cost"])) == ("not brought", Decimal("0.01"))
    assert before["shares"] == ["50.00", "0.00", "100.00"]
    told = rapport(*status)
    assert (told.code, "0.01" in told.out, court.address in told.out) == (0, True, True)

    brought = as_client("court", "bring", case, "0.01", "--json")
    assert (brought.code, brought.json["result"]["dispute"]) == (0, 0)
    place = "ipfs://bafy/evidence.json"
    argued = as_client("court", "evidence", case, place, "--json")
    assert argued.json["result"]["evidence"] == place
    argued = rapport("court", "evidence", case, "ab" * 32, "--json")
    assert argued.json["result"]["evidence"] == f"nih:sha-256;{'ab' * 32}"
    court.act("giveAppealableRuling", 0, 2, APPEAL, 86_400)
    assert rapport(*status, "--json").json["hearing"] == "can be appealed"
    appealed = as_client("court", "appeal", case, "0.03", "--json")
    assert (appealed.code, appealed.json["result"]["cost"]) == (0, "0.03")
    court.act("giveRuling", 0, 1)

    after = rapport(*status, "--json").json
    assert (after["stage"], after["ruling"]) == ("carried out", 1)
    assert Decimal(after["provider"]) == 0
    assert suite.money_of(client.address) == 1_000 * 10**6
    again = rapport("court", "execute", case, "--json")
    assert (again.code, again.json["status"]) == (0, "duplicate")


def test_nothing_is_sent_in_a_dry_run(as_client, suite, court, case):
    tried = as_client("court", "bring", case, 1, "--dry-run")
    assert (tried.code, "would succeed" in tried.out) == (0, True)
    assert suite.chain.balance(court.address) == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("bring", "0.009"), 2, "asks for 0.01, at most 0.009"),
        (("appeal", "1"), 4, "not at a stage"),
        (("execute",), 4, "not at a stage"),
        (("evidence", "ipfs://x"), 4, "not at a stage"),
        (("collect",), 4, "owed nothing"),
        (("withdraw",), 4, "owed nothing"),
    ],
)
def test_what_cannot_be_is_one_line(as_client, case, words, code, said):
    verb, *rest = words
    done = as_client("court", verb, case, *rest)
    assert (done.code, said in done.line) == (code, True), done.err


def test_other_arbiters_are_no_courts(rapport, as_client, opened):
    agreement = opened()
    done = rapport("court", "status", agreement)
    assert (done.code, "none that brings disputes" in done.line) == (2, True)
    assert rapport("court", "status", "0x" + "07" * 32).code == 7
