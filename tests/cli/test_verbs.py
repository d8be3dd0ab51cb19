"""Every noun and verb, as people and programs run it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from rapport.intents import Domain, LinkWallet
from tests.sdk.support.suite import account


@pytest.fixture
def customer(rapport):
    """A registered customer."""
    result = rapport("customer", "register", "C-1", "--json")
    assert result.code == 0, result.err
    return "C-1"


@pytest.fixture
def dollars(rapport):
    """A rule of one point for each dollar."""
    assert rapport("earn", "rule", "set", "USD", "--points", 1).code == 0


def balance(rapport, customer):
    return rapport("loyalty", "balance", customer, "--json").json["points"]


def test_register_shows_where_the_customer_stands(rapport):
    result = rapport("customer", "register", "C-9", "--json")
    assert (result.code, result.json["status"], result.json["state"]) == (0, "done", "final")
    shown = rapport("customer", "show", "C-9", "--json").json
    assert shown["status"] == "active"
    assert shown["number"] == "C-9"
    assert rapport("customer", "show", shown["id"], "--json").json == shown


def test_registering_twice_registers_once(rapport, customer):
    first = rapport("customer", "show", customer, "--json").json["id"]
    assert rapport("customer", "register", customer).code == 0
    assert rapport("customer", "show", customer, "--json").json["id"] == first


def test_dry_run_of_register_keeps_nothing(rapport, place):
    result = rapport("customer", "register", "C-2", "--dry-run", "--json")
    assert result.code == 0, result.err
    assert result.json["dry_run"] is True
    assert result.json["gas"] > 21_000
    assert rapport("customer", "show", "C-2").code == 7
    assert rapport("tx", "list", "--json").json == {"intents": []}


def test_award_with_a_key_pays_once(rapport, customer):
    for _ in range(2):
        result = rapport(
            "loyalty", "award", customer, 500, "--idempotency-key", "order:1", "--json"
        )
        assert (result.code, result.json["result"]["points"]) == (0, 500)
    assert balance(rapport, customer) == 500


def test_award_without_a_key_pays_each_time(rapport, customer):
    assert rapport("loyalty", "award", customer, 5).code == 0
    assert rapport("loyalty", "award", customer, 5).code == 0
    assert balance(rapport, customer) == 10


def test_dry_run_of_an_award_pays_nothing(rapport, customer):
    result = rapport("loyalty", "award", customer, 5, "--dry-run")
    assert result.code == 0
    assert "would succeed" in result.out
    assert balance(rapport, customer) == 0


def test_no_wait_keeps_and_drain_sends(rapport, customer):
    kept = rapport("loyalty", "award", customer, 7, "--no-wait", "--json")
    assert (kept.code, kept.json["state"]) == (0, "queued")
    assert balance(rapport, customer) == 0
    drained = rapport("tx", "drain", "--json")
    assert (drained.code, drained.json["open"]) == (0, 0)
    assert balance(rapport, customer) == 7
    shown = rapport("tx", "show", kept.json["id"], "--json").json
    assert (shown["state"], shown["outcome"]) == ("final", "done")


def test_cancel_ends_what_waits_and_retry_revives_it(rapport, customer):
    rapport("loyalty", "award", customer, 7, "--no-wait", "--idempotency-key", "a")
    assert rapport("tx", "cancel", "a", "--json").json["state"] == "cancelled"
    assert rapport("tx", "drain").code == 0
    assert balance(rapport, customer) == 0
    assert rapport("tx", "retry", "a", "--json").json["state"] == "queued"
    assert rapport("tx", "drain").code == 0
    assert balance(rapport, customer) == 7


def test_redeem_and_refund_move_the_balance(rapport, customer):
    rapport("loyalty", "award", customer, 100)
    assert rapport("loyalty", "redeem", customer, 60, "--idempotency-key", "gift").code == 0
    assert balance(rapport, customer) == 40
    assert rapport("loyalty", "refund", customer, "gift", 25).code == 0
    assert balance(rapport, customer) == 65
    entry = rapport("loyalty", "entry", customer, "gift", "--json").json
    assert (entry["state"], entry["points"], entry["undone"]) == ("redeemed", 60, 25)


def test_redeeming_more_than_there_is_is_refused_by_the_contract(rapport, customer):
    result = rapport("loyalty", "redeem", customer, 1, "--json")
    assert result.code == 4
    assert "fewer points" in result.line
    assert result.json["error"]["type"] == "InsufficientPoints"


def test_reverse_takes_points_back(rapport, customer):
    rapport("loyalty", "award", customer, 100, "--idempotency-key", "a")
    assert rapport("loyalty", "reverse", customer, "a", 30).code == 0
    assert balance(rapport, customer) == 70


def test_a_pending_award_settles_when_it_is_due(rapport, suite, customer):
    now = suite.chain.block().timestamp
    due = (now + timedelta(hours=1)).isoformat()
    award = ("loyalty", "award", customer, 100, "--idempotency-key", "a", "--available-at", due)
    assert rapport(*award).code == 0
    assert balance(rapport, customer) == 0
    early = rapport("loyalty", "settle", customer, "a", "--dry-run")
    assert early.code == 4
    assert "still pending" in early.line
    suite.anvil.ask("evm_increaseTime", 3601)
    suite.anvil.mine()
    assert rapport("loyalty", "settle", customer, "a").code == 0
    assert balance(rapport, customer) == 100


def test_pause_stops_awards_and_unpause_needs_the_admin(rapport, suite, customer):
    assert rapport("loyalty", "pause").code == 0
    refused = rapport("loyalty", "award", customer, 5, "--dry-run")
    assert (refused.code, len(refused.err.splitlines())) == (4, 1)
    assert rapport("loyalty", "unpause", "--dry-run").code == 4
    suite.transact(suite.admin, "LoyaltyPoints", "unpause")
    assert rapport("loyalty", "award", customer, 5).code == 0


def test_tier_expiring_and_liability_are_shown(rapport, customer):
    rapport("loyalty", "award", customer, 100)
    assert rapport("loyalty", "tier", customer, "--json").json["this_year"] == 100
    (lane,) = rapport("loyalty", "expiring", customer, "--json").json["expiring"]
    assert lane["points"] == 100
    assert rapport("loyalty", "liability", "--json").json["points"] >= 100


def test_a_rule_is_set_shown_and_ended(rapport):
    result = rapport(
        *("earn", "rule", "set", "EUR", "--points", 3, "--per", "2", "--minimum", "10"),
        *("--multiplier", "1", "--multiplier", "1.5", "--return-days", "14"),
    )
    assert result.code == 0, result.err
    rule = rapport("earn", "rule", "show", "EUR", "--json").json["rule"]
    assert (rule["points"], rule["per"], rule["minimum"]) == (3, "2.00", "10.00")
    assert rule["multipliers"][:3] == ["1.0000", "1.5000", "1.5000"]
    assert rule["return_days"] == "14"
    assert rapport("earn", "rule", "end", "EUR").code == 0
    assert rapport("earn", "rule", "show", "EUR").code == 4


def test_a_token_has_a_rule_for_renewals_of_its_own(rapport, suite):
    token = suite.new_token("vUSD")
    for points, *renewal in ((1,), (3, "--renewal")):
        done = rapport("earn", "rule", "set", token, "--points", points, *renewal)
        assert done.code == 0, done.err
    shown = rapport("earn", "rule", "show", "vUSD", "--renewal", "--json").json["rule"]
    assert (shown["points"], shown["renewal"], shown["asset"]) == (3, True, f"{token}:6")
    told = rapport("earn", "rule", "show", "vUSD", "--renewal").out
    assert "renewals in vUSD" in told
    assert "1.000000 vUSD" in told
    assert rapport("earn", "rule", "show", token, "--json").json["rule"]["points"] == 1
    assert rapport("earn", "rule", "end", "vUSD", "--renewal").code == 0
    assert rapport("earn", "rule", "show", "vUSD", "--renewal").code == 4
    assert rapport("earn", "rule", "show", "vUSD").code == 0


@pytest.mark.parametrize(
    ("asset", "words"), [("EUR", "nothing renews in EUR"), ("nUSD", "neither a currency")]
)
def test_a_rule_for_what_nothing_renews_in_is_a_usage_error(rapport, asset, words):
    refused = rapport("earn", "rule", "set", asset, "--points", 1, "--renewal")
    assert (refused.code, words in refused.line) == (2, True)


def test_an_order_earns_what_was_quoted_and_its_return_takes_it_back(rapport, customer, dollars):
    quoted = rapport("earn", "quote", customer, "19.99", "USD", "--json").json["points"]
    assert quoted == 19
    assert rapport("earn", "record", "A-1", customer, "19.99", "USD").code == 0
    assert balance(rapport, customer) == 19
    assert rapport("earn", "reverse", "A-1", customer, "19.99", "USD", "19.99").code == 0
    assert balance(rapport, customer) == 0


def test_suspend_and_reinstate(rapport, customer):
    assert rapport("customer", "suspend", customer, "--reason", "card stolen").code == 0
    assert rapport("customer", "show", customer, "--json").json["status"] == "suspended"
    assert rapport("customer", "reinstate", customer).code == 0
    assert rapport("customer", "show", customer, "--json").json["status"] == "active"


def test_a_wallet_is_linked_by_its_signature(rapport, place, suite, customer):
    wallet = account(7)
    printed = rapport("customer", "link-request", customer, wallet.address)
    request = printed.json
    (place / "request.json").write_text(json.dumps(request))
    message = request["message"]
    intent = LinkWallet(
        bytes.fromhex(message["customerId"][2:]),
        wallet.address,
        int(message["seq"]),
        datetime.fromtimestamp(int(message["deadline"]), UTC),
    )
    domain = Domain(31337, suite.address("CustomerRegistry"))
    signature = intent.sign(domain, wallet).hex()
    linked = rapport("customer", "link", customer, "request.json", "--signature", signature)
    assert linked.code == 0, linked.err
    assert rapport("customer", "show", wallet.address, "--json").json["number"] == customer
    refused = rapport("loyalty", "redeem", customer, 1, "--dry-run")
    assert refused.code == 4  # only the wallet spends from now on


@pytest.mark.parametrize(
    ("command", "more"),
    [("link", ()), ("rotate", ("--current-signature", "0x01")), (("recover", "request"), ())],
)
def test_only_a_request_of_this_customer_on_this_chain_is_followed(
    rapport, place, customer, command, more
):
    assert rapport("customer", "register", "C-2").code == 0
    wallet = account(8).address
    request = rapport("customer", "link-request", customer, wallet).json
    domain, message = request["domain"], request["message"]
    written = {
        "other": rapport("customer", "link-request", "C-2", wallet).json,
        "abroad": {**request, "domain": {**domain, "chainId": 1}},
        "elsewhere": {**request, "domain": {**domain, "verifyingContract": wallet}},
        "merge": rapport("customer", "merge-request", "C-2", customer).json,
        "list": [request],
        "untyped": {"message": message, "domain": domain},
        "cut": {**request, "message": {"wallet": wallet}},
        "negative": {**request, "message": {**message, "seq": -1}},
        "retyped": {**request, "types": {}},
    }
    for name, content in written.items():
        (place / name).write_text(json.dumps(content))
    (place / "broken").write_text("{")
    (place / "bytes").write_bytes(b"\xff\xfe")
    no_request = "is no request for LinkWallet; print one: rapport customer link-request"
    for name, said in {
        "other": "other is a request for another customer than 'C-1'",
        "abroad": "on chain 1; required",
        "elsewhere": f"for contract {wallet}",
        "merge": f"merge {no_request}",
        "list": f"list {no_request}",
        "untyped": f"untyped {no_request}",
        "cut": "has the members",
        "negative": "seq",
        "retyped": "otherwise than the contract",
        "broken": f"broken {no_request}",
        "bytes": "bytes cannot be read: it is not UTF-8",
        "nowhere": "nowhere cannot be read: No such file",
    }.items():
        verb = (command,) if isinstance(command, str) else command
        result = rapport("customer", *verb, customer, name, "--signature", "0x01", *more)
        assert (result.code, said in result.line) == (2, True), (name, result.err)
    assert rapport("tx", "list", "--state", "failed", "--json").json["intents"] == []


def test_a_merged_customer_stands_for_its_heir(rapport, customer):
    rapport("customer", "register", "C-old")
    rapport("loyalty", "award", "C-old", 30)
    assert rapport("customer", "merge", "C-old", customer, "--yes").code == 0
    assert balance(rapport, customer) == 30
    refused = rapport("loyalty", "award", "C-old", 5)
    assert (refused.code, "was merged" in refused.line) == (2, True)


def test_an_erased_customer_is_forgotten_here_and_closed_on_chain(rapport, customer):
    found = rapport("customer", "show", customer, "--json").json["id"]
    assert rapport("customer", "erase", customer, "--yes").code == 0
    assert rapport("customer", "show", customer).code == 7
    assert rapport("customer", "show", found, "--json").json["status"] == "erased"
    assert rapport("loyalty", "award", found, 5).code == 2


def test_status_names_roles_contracts_and_liability(rapport, customer):
    result = rapport("status", "--json")
    assert result.code == 0, result.err
    found = result.json
    assert found["chain_id"] == 31337
    roles = {each["name"]: each["roles"] for each in found["contracts"]}
    assert "ISSUER" in roles["LoyaltyPoints"]
    assert {"RECORDER", "MERCHANT"} <= set(roles["EarnRules"])
    assert roles["Payments"] == roles["Subscriptions"] == roles["SLAEscrow"] == []
    assert all(each["deployed"] and each["matches"] for each in found["contracts"])
    assert found["outbox"]["open"] == 0
    assert rapport("status").code == 0


def test_cost_adds_up(rapport):
    result = rapport(
        *("cost", "--customers", 1000, "--orders", 5000, "--redemptions", 10),
        *("--fee-gwei", "0.01", "--native-price", "3000", "--json"),
    )
    assert result.code == 0, result.err
    found = result.json
    total = sum(float(line["money_a_month"]) for line in found["monthly"])
    assert total == pytest.approx(float(found["money_a_month"]))
    assert float(found["money_an_order"]) == pytest.approx(total / 5000)
    assert found["fee_source"] == "given"


def test_cost_takes_the_fee_of_the_node(rapport, suite):
    found = rapport("cost", "--network", "mainnet", "--live", "--json").json
    fees = suite.chain.fees()
    assert float(found["fee_gwei"]) == pytest.approx(
        (fees.base_fee + fees.priority_fee) / 1e9, rel=0.3
    )


def test_a_redeploy_or_typo_in_the_verb_is_a_usage_error(rapport):
    result = rapport("loyalty", "awrd", "C-1", 5)
    assert result.code == 2
    assert "No such command" in result.line


def test_the_installed_command_writes_one_object_on_stdout(process):
    registered = process("--json", "customer", "register", "C-77")
    assert (registered.code, registered.err) == (0, "")
    assert registered.json["status"] == "done"
    shown = process("customer", "show", "C-77")
    assert shown.code == 0
    assert "active" in shown.out


def test_the_installed_command_takes_its_password_from_the_environment(process, place):
    (place / "password").unlink()
    path = place / "rapport.toml"
    path.write_text(path.read_text().replace('password_file = "password"\n', ""))
    refused = process("customer", "register", "C-78")
    assert refused.code == 3
    assert "RAPPORT_PASSWORD" in refused.line
    assert process("customer", "register", "C-78", RAPPORT_PASSWORD="correct horse").code == 0
