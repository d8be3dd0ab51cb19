"""``rapport payment``: as merchants, payers and relayers run it."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from itertools import count

import pytest
from eth_utils.crypto import keccak

from rapport import units
from rapport.keys import KeySigner, sign_typed_data
from tests.cli.conftest import keep

_numbers = count(1)
AFFILIATE = "0x" + "12" * 20


@pytest.fixture
def number():
    """An order number that was not used before."""
    return f"S-{next(_numbers)}"


@pytest.fixture
def key(number):
    return keccak(text=f"cli payer {number}")


@pytest.fixture
def payer(suite, key):
    """Somebody with money and no gas."""
    wallet = KeySigner(key)
    suite.mint(wallet.address, 100 * 10**6)
    return wallet


@pytest.fixture
def as_payer(rapport, suite, payer, key, place):
    """Runs the command with the payer's keystore, journal and gas."""
    suite.anvil.set_balance(payer.address, 10**18)
    keystore = keep(key, place / "payer-key.json")

    def invoke(*args):
        return rapport("--keystore", keystore, "--journal", "payer.db", *args)

    return invoke


@pytest.fixture
def create(rapport, suite, payer, number):
    """Makes the order over 20 for the payer, and gives what was printed."""

    def make(*options, amount="20", token=None, account=None, order=number):
        token, account = token or suite.token, account or payer.address
        return rapport("payment", "create", order, amount, token, account, *options)

    return make


@pytest.fixture
def order(create):
    """The file of an order over 20."""
    result = create("--json")
    assert result.code == 0, result.err
    return result.json["file"]


def signature(place, signer, file):
    request = json.loads((place / file).read_text())
    return "0x" + sign_typed_data(signer, request).hex()


def relay(rapport, place, payer, order, *options):
    """Has the payer sign order and permit, and relays both."""
    permit = rapport("payment", "permit", order)
    assert permit.code == 0, permit.err
    (place / "permit.json").write_text(permit.out)
    return rapport(
        "payment",
        "relay",
        order,
        "--signature",
        signature(place, payer, order),
        "--permit",
        "permit.json",
        "--permit-signature",
        signature(place, payer, "permit.json"),
        *options,
    )


def state(rapport, which):
    result = rapport("payment", "show", which, "--json")
    assert result.code == 0, result.err
    return result.json["state"]


# Making an order


def test_create_writes_the_request_and_prints_what_a_wallet_can_do_with_it(
    rapport, suite, place, create, number, payer
):
    result = create("--customer", "C-77", "--json")
    assert (result.code, "C-77" in result.line) == (7, True)
    made = create("--json").json
    assert json.loads((place / made["file"]).read_text()) == made["request"]
    assert (made["file"], made["amount"]) == (f"payment-{number}.json", "20.000000")
    assert made["request"]["message"]["payer"] == payer.address
    assert made["request"]["message"]["merchant"] == suite.backend.address
    assert made["approve_uri"] == (
        f"ethereum:{suite.token}@31337/approve?address={suite.address('Payments')}&uint256=20000000"
    )
    assert rapport("payment", "request", number).json == made["request"]


def test_create_again_gives_the_same_order_and_other_terms_none(create, place):
    first = create("--json").json
    assert create("--json").json == first
    other = create("--json", amount="21")
    assert (other.code, "another amount" in other.line) == (2, True)


def test_a_file_of_something_else_is_not_overwritten(create, place):
    (place / "taken.json").write_text("mine")
    result = create("--file", "taken.json")
    assert (result.code, "not overwritten" in result.line) == (2, True)
    assert (place / "taken.json").read_text() == "mine"


def test_create_draws_the_link_and_says_what_it_can_do(create):
    result = create("--qr")
    assert result.code == 0
    assert "▀" in result.out
    assert "a plain transfer pays no order" in result.line


def test_without_the_library_a_code_that_was_asked_for_is_refused(create, monkeypatch):
    monkeypatch.setitem(sys.modules, "segno", None)
    result = create("--qr")
    assert (result.code, "rapport[qr]" in result.err) == (2, True)
    assert create().code == 0


@pytest.mark.parametrize(
    ("options", "amount", "words"),
    [
        ((), "0", "above 0"),
        ((), "1.0000001", "at most 6 decimals"),
        ((), "lots", "not an amount"),
        (("--split", AFFILIATE), "20", "ADDRESS=PERCENT"),
        (("--split", f"{AFFILIATE}=0.001"), "20", "finer"),
        (("--split", "0x12=5"), "20", "40 hex digits"),
        (("--split", f"{AFFILIATE}=60", "--split", f"{AFFILIATE}=60"), "20", "100 percent"),
        (("--line", "Beans"), "20", "TEXT=AMOUNT"),
        (("--line", "Beans=nineteen"), "20", "not an amount"),
        (("--line", "Beans=19"), "20", "add up to 19"),
        (("--pay-by", "2020-01-01"), "20", "is over"),
        (("--capture-by", "2200-01-01"), "20", "365 days"),
        (("--pay-by", "soon"), "20", "not a moment"),
        (("--merchant", "0x12"), "20", "40 hex digits"),
    ],
)
def test_an_order_that_cannot_be_is_a_usage_error(create, place, options, amount, words):
    result = create(*options, amount=amount)
    assert (result.code, words in result.line) == (2, True), result.err
    assert not list(place.glob("payment-*.json"))


def test_what_is_no_token_is_a_usage_error(create, suite):
    for token in (suite.address("EarnRules"), AFFILIATE):
        result = create(token=token)
        assert (result.code, "no ERC-20 token" in result.line) == (2, True)


# Paying


def test_a_signed_order_is_relayed_and_paid_once(rapport, suite, place, payer, order, number):
    before = suite.money_of(suite.backend.address)
    first = relay(rapport, place, payer, order, "--json")
    assert (first.code, first.json["status"]) == (0, "done"), first.err
    assert suite.money_of(suite.backend.address) - before == 20 * 10**6
    again = rapport(
        "payment", "relay", order, "--signature", signature(place, payer, order), "--json"
    )
    assert again.code == 0
    assert suite.money_of(suite.backend.address) - before == 20 * 10**6
    assert state(rapport, number) == "paid"


def test_a_payer_pays_and_allows_at_once(rapport, suite, as_payer, order, number):
    result = as_payer("payment", "pay", order, "--approve", "--json")
    assert (result.code, result.json["result"]["amount"]) == (0, "20.000000"), result.err
    assert state(rapport, number) == "paid"


def test_a_payer_approves_then_pays(rapport, suite, as_payer, order, number):
    poor = as_payer("payment", "pay", order)
    assert poor.code == 4
    assert "has 100.00 tUSD and allows 0.00 of it to be taken; 20.00 is required" in poor.line
    assert f"rapport payment approve {suite.token} 20" in poor.line
    assert as_payer("payment", "approve", suite.token, "20").code == 0
    trial = as_payer("payment", "pay", order, "--dry-run", "--json")
    assert (trial.code, trial.json["dry_run"]) == (0, True)
    assert state(rapport, number) == "unpaid"
    assert as_payer("payment", "pay", order).code == 0
    assert state(rapport, number) == "paid"


def test_points_are_earned_with_the_payment(rapport, place, payer, create, number):
    assert rapport("customer", "register", number).code == 0
    order = create("--customer", number, "--json").json["file"]
    paid = relay(rapport, place, payer, order, "--json")
    assert paid.json["result"]["points"] == 20
    assert rapport("loyalty", "balance", number, "--json").json["points"] == 20
    assert rapport("payment", "show", number, "--json").json["customer"] == number


def test_somebody_elses_signature_is_a_usage_error(rapport, suite, place, order):
    wrong = signature(place, suite.admin, order)
    result = rapport("payment", "relay", order, "--signature", wrong)
    assert (result.code, "not signed by" in result.line) == (2, True)


def test_half_a_permit_is_a_usage_error(rapport, place, payer, order):
    signed = signature(place, payer, order)
    result = rapport("payment", "relay", order, "--signature", signed, "--permit", "permit.json")
    assert (result.code, "go together" in result.line) == (2, True)


def test_an_altered_order_is_refused(rapport, place, payer, order):
    signed = signature(place, payer, order)
    path = place / order
    path.write_text(path.read_text().replace("20000000", "10000000"))
    result = rapport("payment", "relay", order, "--signature", signed)
    assert (result.code, "not signed by" in result.line) == (2, True)
    path.write_text(path.read_text().replace("31337", "1"))
    result = rapport("payment", "pay", order)
    assert (result.code, "on chain 1;" in result.line) == (2, True)
    path.write_text("[]")
    result = rapport("payment", "pay", order)
    assert (result.code, "print one: rapport payment create" in result.line) == (2, True)


def test_only_the_payer_pays_unsigned(rapport, order):
    result = rapport("payment", "pay", order)
    assert result.code == 4
    assert len(result.err.splitlines()) == 1


def test_an_order_to_be_held_is_not_paid_at_once(rapport, create):
    order = create("--authorize", "--json").json["file"]
    result = rapport("payment", "pay", order)
    assert (result.code, "captured later" in result.line) == (2, True)


# Held, captured, given back


def test_held_money_is_captured_in_part(rapport, suite, as_payer, payer, create, number):
    order = create("--authorize", "--json").json["file"]
    assert as_payer("payment", "authorize", order, "--approve").code == 0
    assert state(rapport, number) == "authorized"
    done = rapport("payment", "capture", number, "12.5", "--json")
    assert (done.code, done.json["result"]["returned"]) == (0, "7.500000"), done.err
    assert suite.money_of(payer.address) == int(Decimal("87.5") * 10**6)
    over = rapport("payment", "capture", number, "20")
    assert (over.code, len(over.err.splitlines())) == (4, 1)


def test_held_money_is_given_up(rapport, suite, place, payer, create, number):
    order = create("--authorize", "--json").json["file"]
    assert relay(rapport, place, payer, order).code == 0
    early = rapport("payment", "reclaim", number)
    assert early.code == 4
    assert rapport("payment", "void", number).code == 0
    assert suite.money_of(payer.address) == 100 * 10**6
    assert state(rapport, number) == "released"
    assert rapport("payment", "invoice", number).code == 2


def test_a_refund_names_the_total_and_the_invoice_shows_it(
    rapport, suite, place, payer, create, number
):
    order = create("--split", f"{AFFILIATE}=10", "--line", "Beans=20", "--json").json["file"]
    assert relay(rapport, place, payer, order).code == 0
    short = rapport("payment", "refund", number, "5")
    assert (short.code, "allows 0.00 of it" in short.line) == (4, True), short.err
    assert rapport("payment", "approve", suite.token, "5").code == 0
    for _ in range(2):
        assert rapport("payment", "refund", number, "5").code == 0
    assert suite.money_of(payer.address) == 85 * 10**6
    too_much = rapport("payment", "refund", number, "21")
    assert (too_much.code, len(too_much.err.splitlines())) == (4, 1)
    assert rapport("payment", "refund", number, "0").code == 2

    with (place / "rapport.toml").open("a") as file:
        file.write(
            'explorer = "https://explorer.example"\n'
            '[merchant]\nname = "Corner Coffee"\naddress = ["1 High Street"]\ntax_id = "IE1"\n'
        )
    invoice = rapport("payment", "invoice", number, "--html", "invoice.html", "--json").json
    assert (invoice["net"], invoice["status"]) == ("15.000000", "partly refunded")
    assert invoice["seller"]["tax_id"] == "IE1"
    assert invoice["lines"] == [{"text": "Beans", "amount": "20.000000"}]
    page = (place / "invoice.html").read_text()
    assert "Corner Coffee" in page
    assert invoice["number"] in page
    shown = rapport("payment", "invoice", number)
    assert (shown.code, invoice["number"] in shown.out) == (0, True)
    told = rapport("payment", "show", number)
    assert "refunded" in told.out
    assert " 5.00 " in told.out
    assert "5.000000" not in told.out
    assert AFFILIATE.lower() in told.out.lower()


def test_an_invoice_without_a_seller_says_where_to_name_one(rapport, place, payer, order, number):
    assert relay(rapport, place, payer, order).code == 0
    result = rapport("payment", "invoice", number)
    assert (result.code, "[merchant]" in result.line) == (0, True)


def test_nothing_owed_is_said_so(rapport, suite):
    owed = rapport("payment", "owed", suite.token, "--json").json
    assert (owed["account"], Decimal(owed["owed"])) == (suite.backend.address, 0)
    result = rapport("payment", "withdraw", suite.token)
    assert (result.code, len(result.err.splitlines())) == (4, 1)


# Looking


def test_payments_are_listed_with_those_that_wait(rapport, place, payer, order, number, create):
    assert relay(rapport, place, payer, order).code == 0
    assert create(order=f"{number}-open").code == 0
    listed = rapport("payment", "list", "--json").json["payments"]
    by_number = {each["number"]: each["state"] for each in listed}
    assert (by_number[number], by_number[f"{number}-open"]) == ("paid", "unpaid")
    mine = rapport("payment", "list", "--payer", payer.address, "--state", "paid", "--json").json
    assert [each["number"] for each in mine["payments"]] == [number]
    assert number in rapport("payment", "list").out


def test_what_nobody_knows_is_not_found(rapport, place):
    assert rapport("payment", "show", "no-such-order").code == 7
    unknown = rapport("payment", "show", units.hex32(b"\x07" * 32))
    assert (unknown.code, "no order 0x" in unknown.line) == (7, True)
    short = rapport("payment", "show", "0x12")
    assert (short.code, "32 bytes" in short.line) == (2, True)
    missing = rapport("payment", "show", "missing.json")
    assert (missing.code, "cannot be read" in missing.line) == (2, True)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('[merchant]\naddress = ["x"]\n', "needs the seller's name"),
        ('[merchant]\nname = "x"\nfax = "1"\n', "has no 'fax'"),
        ('[merchant]\nname = "x"\naddress = 5\n', "list of lines"),
        ('[merchant]\nname = "x"\ntax_rate = 19.5\n', "in quotes"),
        ('explorer = "etherscan.io"\n', "http or https"),
    ],
)
def test_a_seller_that_cannot_be_read_is_a_configuration_error(rapport, place, setting, words):
    with (place / "rapport.toml").open("a") as file:
        file.write(setting)
    result = rapport("payment", "list")
    assert (result.code, words in result.line) == (3, True), result.err
