"""``rapport consent`` and ``customer onboard``: as people and programs run them."""

from __future__ import annotations

import csv
import json
import stat
from datetime import timedelta
from itertools import count

import pytest
from eth_utils.crypto import keccak

from rapport.cli import outcomes
from rapport.cli.session import Session
from rapport.keys import HALF_ORDER, KeySigner, sign_typed_data
from rapport.outbox import Outcome
from tests.cli.conftest import ADMIN_KEY, keep
from tests.sdk.support.notices import notice_content

_keys = count(1)


@pytest.fixture
def wallet():
    """A wallet that nobody has seen yet, without gas."""
    return KeySigner(keccak(text=f"cli newcomer {next(_keys)}"))


@pytest.fixture
def number(wallet):
    return f"W-{wallet.address[-6:]}"


@pytest.fixture
def published(rapport, place):
    """A notice published from here. Its version."""
    now = rapport("consent", "notice", "--json").json["version"]
    (place / "notice.json").write_text(json.dumps(notice_content(now + 1)))
    result = rapport("consent", "publish", "notice.json", "--json")
    assert (result.code, result.json["status"]) == (0, "done"), result.err
    return now + 1


@pytest.fixture
def customer(rapport, number):
    """A registered customer without a wallet."""
    assert rapport("customer", "register", number).code == 0
    return number


@pytest.fixture
def joined(rapport, place, number, wallet, published):
    """A customer who joined with a wallet, and allowed e-mail."""
    signed = sign(rapport, place, wallet, "customer", "onboard", number, wallet.address)
    result = rapport("customer", "onboard", "--request", *signed, "--json")
    assert (result.code, result.json["status"]) == (0, "done"), result.err
    return number


def sign(rapport, place, signer, *command):
    """Prints a request, has it signed, and gives what relays it: FILE --signature SIGNATURE."""
    if command[1] == "onboard":
        command = (*command, "--grant", "email", "--refuse", "sale")
    result = rapport(*command)
    assert result.code == 0, result.err
    path = place / f"request-{next(_keys)}.json"
    path.write_text(result.out)
    return str(path), "--signature", "0x" + sign_typed_data(signer, json.loads(result.out)).hex()


def granted(rapport, customer):
    found = rapport("consent", "status", customer, "--json").json["consents"]
    return [each["purpose"] for each in found if each["granted"]]


def test_one_signature_joins_and_consents(rapport, joined, wallet):
    assert granted(rapport, joined) == ["email"]
    assert rapport("customer", "show", wallet.address, "--json").json["number"] == joined
    assert "email" in rapport("consent", "status", joined).out


def test_a_request_shows_the_choices_in_words(rapport, number, wallet, published):
    typed = rapport(
        "customer", "onboard", number, wallet.address, "--grant", "email", "--refuse", "sale"
    ).json
    assert typed["primaryType"] == "Onboard"
    assert typed["message"]["choices"] == [
        {"purpose": "Send me offers by e-mail", "allowed": True},
        {"purpose": "Sell or share my data", "allowed": False},
    ]


def test_a_signed_decision_is_relayed_and_then_a_duplicate(rapport, place, joined, wallet):
    signed = sign(
        *(rapport, place, wallet, "consent", "request", joined, "--grant", "sms"),
        *("--withdraw", "email"),
    )
    result = rapport("consent", "relay", *signed, "--json")
    assert (result.code, result.json["status"]) == (0, "done"), result.err
    assert granted(rapport, joined) == ["sms"]
    again = rapport("consent", "relay", *signed, "--idempotency-key", f"x{joined}", "--json")
    assert (again.code, again.json["status"]) == (0, "duplicate")
    every = sign(rapport, place, wallet, "consent", "request", joined, "--withdraw-all")
    assert rapport("consent", "relay", *every).code == 0
    assert granted(rapport, joined) == []


def test_what_is_wrong_with_an_intent_is_said_in_one_line(
    rapport, place, suite, joined, wallet, published
):
    file, option, good = sign(
        rapport, place, wallet, "consent", "request", joined, "--grant", "phone"
    )
    typed = json.loads((place / file).read_text())
    raw = bytes.fromhex(good[2:])
    order = 2 * HALF_ORDER + 1
    twin = (order - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    high = "0x" + (raw[:32] + twin + bytes([55 - raw[64]])).hex()
    stranger = "0x" + sign_typed_data(KeySigner(b"\x07" * 32), typed).hex()
    abroad = {**typed, "domain": {**typed["domain"], "chainId": 1}}
    (place / "abroad.json").write_text(json.dumps(abroad))
    (place / "changed.json").write_text(
        json.dumps({**typed, "message": {**typed["message"], "grant": 127}})
    )
    (place / "broken.json").write_text("{")
    past = suite.chain.block().timestamp - timedelta(hours=1)
    late = sign(
        *(rapport, place, wallet, "consent", "request", joined, "--grant", "phone"),
        *("--deadline", past.isoformat()),
    )
    overtaken = sign(rapport, place, wallet, "consent", "request", joined, "--grant", "phone")
    for arguments, code, said in (
        ((file, option, stranger), 2, "not signed by"),
        ((file, option, high), 2, "high s"),
        (("abroad.json", option, good), 2, "on chain 1; required"),
        (("changed.json", option, good), 2, "not signed by"),
        (("broken.json", option, good), 2, "no request for Save"),
        (("nowhere.json", option, good), 2, "cannot be read"),
        ((file, option, "0x00"), 2, "65 bytes"),
        (late, 4, "deadline"),
    ):
        result = rapport("consent", "relay", *arguments)
        assert result.code == code, (arguments, result.err)
        assert said in result.line
    assert rapport("consent", "withdraw", joined, "email").code == 0
    result = rapport("consent", "relay", *overtaken)
    assert (result.code, "another state of the record" in result.line) == (4, True), result.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("grant", "{c}", "email", "--withdraw", "email"), 2, "at once"),
        (("grant", "{c}", "pigeon"), 2, "known are email"),
        (("withdraw", "{c}", "3:1"), 4, "purpose"),
        (("record", "{c}", "--evidence", "form"), 2, "nothing is decided"),
        (("record", "{c}", "--grant", "email"), 2, "--evidence"),
        (("grant", "{c}", "email"), 4, "neither the customer's wallet"),
        (("status", "nobody"), 7, "no customer"),
        (("receipt", "{c}"), 7, "no decision"),
        (("define", "email", "not-an-iri", "--max-age-days", "9"), 2, "IRI"),
        (("define", "email", "a:b", "--max-age-days", "0"), 2, "1 to 3650"),
        (("define", "email", "a:b", "--max-age-days", "9"), 4, "defined before"),
        (("publish", "nowhere.json"), 2, "cannot be read"),
        (("notice", "--version", "999"), 7, "no notice 999"),
        (("request", "{c}", "--withdraw-all", "--grant", "email"), 2, "stands alone"),
    ],
)
def test_bad_input_is_one_line_and_its_exit_code(rapport, customer, arguments, code, said):
    result = rapport("consent", *(each.format(c=customer) for each in arguments))
    assert result.code == code, result.err
    assert said in result.line


def test_an_erased_customer_is_refused(rapport, joined):
    found = rapport("customer", "show", joined, "--json").json["id"]
    assert rapport("customer", "erase", joined, "--yes").code == 0
    for arguments in (
        ("record", found, "--grant", "email", "--evidence", "form"),
        ("withdraw-all", found),
        ("request", found, "--grant", "email"),
    ):
        result = rapport("consent", *arguments)
        assert (result.code, "erased" in result.line) == (2, True), result.err
    history = rapport("consent", "history", found, "--json").json["history"]
    assert [each["event"] for each in history] == ["changed", "erased"]


def test_a_record_has_a_receipt_that_verifies_and_breaks_by_one_byte(
    rapport, place, customer, published
):
    result = rapport(
        *("consent", "record", customer, "--grant", "email", "--withdraw", "sale"),
        *("--evidence", "form 17", "--idempotency-key", f"form:{customer}", "--json"),
    )
    assert (result.code, result.json["status"]) == (0, "done"), result.err
    assert rapport("consent", "receipt", customer, "--output", "r.json").code == 0
    text = (place / "r.json").read_text()
    assert json.loads(text) == rapport("consent", "receipt", customer, "--json").json
    for offline in ((), ("--offline",)):
        checked = rapport("consent", "verify", "r.json", *offline, "--json")
        assert checked.code == 0, checked.err
        assert (checked.json["granted"], checked.json["recorded"]) == (["email"], True)
    assert rapport("consent", "verify", "r.json").code == 0
    (place / "altered.json").write_text(text.replace("form 17", "form 18"))
    for offline in ((), ("--offline",)):
        altered = rapport("consent", "verify", "altered.json", *offline)
        assert (altered.code, "was altered" in altered.line) == (1, True), altered.err
    (place / "cut.json").write_text(text[:-2])
    assert rapport("consent", "verify", "cut.json").code == 2
    assert stat.S_IMODE((place / "r.json").stat().st_mode) == 0o600
    for verb in ("receipt", "export"):
        again = rapport("consent", verb, customer, "--output", "r.json")
        assert (again.code, "not overwritten" in again.line) == (2, True)
    assert (place / "r.json").read_text() == text
    kantara = rapport("consent", "receipt", customer, "--document", "kantara-1.1", "--json").json
    assert kantara["version"].startswith("KI-CR")


def test_a_receipt_is_verified_without_any_settings(rapport, process, place, customer, published):
    rapport("consent", "record", customer, "--grant", "email", "--evidence", "call")
    assert rapport("consent", "receipt", customer, "--output", "r.json").code == 0
    (place / "rapport.toml").unlink()
    result = process("consent", "verify", "r.json", "--offline", "--json")
    assert (result.code, result.json["proved_offline"]) == (0, True), result.err


def test_history_and_export_tell_all(rapport, place, customer, published):
    rapport("consent", "record", customer, "--grant", "email", "--evidence", "a call")
    rapport("consent", "withdraw", customer, "email")
    shown = rapport("consent", "history", customer)
    assert "operator" in shown.out
    told = rapport("consent", "export", customer, "--json").json
    assert [each["withdrawn"] for each in told["history"]] == [[], ["email"]]
    assert len(told["receipts"]) == 2
    assert rapport("consent", "export", customer, "--output", "all.json").code == 0
    assert json.loads((place / "all.json").read_text())["customer"] == told["customer"]


def test_global_privacy_control_and_the_year_after(rapport, customer):
    assert rapport("consent", "gpc", customer).code == 0
    assert granted(rapport, customer) == []
    asked = rapport("consent", "status", customer, "sale", "--json").json
    assert (asked["granted"], asked["may_ask_again"]) == (False, False)
    assert "12 months" in rapport("consent", "status", customer, "sale").out


def test_a_decision_is_told_with_the_names_of_purposes(rapport, place, customer, published):
    record = ("consent", "record", customer, "--evidence", "a form", "--json")
    made = rapport(*record, "--grant", "email", "--grant", "phone", "--withdraw", "sale").json
    assert made["result"]["granted"] == ["email", "phone"]
    assert made["result"]["withdrawn"] == ["sale"]
    assert rapport("tx", "show", made["id"], "--json").json["result"] == made["result"]
    listed = rapport("tx", "list", "--json").json["intents"]
    assert listed[-1]["result"] == made["result"]
    shown = rapport("consent", "withdraw", customer, "email").out
    assert [line.split() for line in shown.splitlines() if "withdrawn" in line] == [
        ["withdrawn", "email"]
    ]
    with (place / "rapport.toml").open("a") as settings:
        settings.write('\n[purposes]\ncalls = "0:2"\n')
    assert rapport("tx", "show", made["id"], "--json").json["result"]["granted"] == [
        "email",
        "calls",
    ]
    every = rapport("consent", "withdraw-all", customer, "--json").json["result"]
    assert (every["granted"], every["withdrawn"][:3]) == ([], ["email", "sms", "calls"])


def test_a_decision_about_several_groups_is_told_with_the_names_of_each(place):
    groups = [
        {"group": 0, "granted": 0, "withdrawn": 65, "notice": 0},
        {"group": 3, "granted": 0, "withdrawn": 2, "notice": 0},
    ]
    told = outcomes.result(Session(), Outcome.done(groups=groups))
    assert [each["withdrawn"] for each in told["groups"]] == [("email", "sale"), ("3:1",)]
    assert [each["group"] for each in told["groups"]] == [0, 3]


def test_a_signed_decision_is_told_with_the_names_of_purposes(rapport, place, joined, wallet):
    request = ("consent", "request", joined, "--grant", "sms", "--withdraw", "email")
    signed = sign(rapport, place, wallet, *request)
    told = rapport("consent", "relay", *signed, "--json").json["result"]
    assert (told["granted"], told["withdrawn"]) == (["sms"], ["email"])


def test_pause_stops_grants_but_no_withdrawal_and_unpause_needs_the_admin(
    rapport, place, customer, published
):
    granting = ("consent", "record", customer, "--evidence", "a form", "--grant")
    assert rapport(*granting, "email").code == 0
    assert rapport("status", "--json").json["consents_paused"] is False
    trial = rapport("consent", "pause", "--dry-run", "--json")
    assert (trial.code, trial.json["dry_run"]) == (0, True), trial.err
    assert rapport(*granting, "sms", "--dry-run").code == 0  # nothing is paused by a trial
    paused = rapport("consent", "pause", "--json")
    assert (paused.code, paused.json["status"]) == (0, "done"), paused.err
    try:
        refused = rapport(*granting, "sms", "--dry-run")
        assert (refused.code, len(refused.err.splitlines())) == (4, 1)
        assert rapport("consent", "withdraw", customer, "email").code == 0
        assert "email" not in granted(rapport, customer)
        denied = rapport("consent", "unpause", "--dry-run")
        assert (denied.code, len(denied.err.splitlines())) == (4, 1)
        assert rapport("loyalty", "award", customer, 5, "--dry-run").code == 0
        told = rapport("status", "--json").json
        assert (told["consents_paused"], told["paused"]) == (True, False)
    finally:
        admin = keep(ADMIN_KEY, place / "admin.json")
        lifted = rapport("--keystore", admin, "consent", "unpause", "--json")
    assert (lifted.code, lifted.json["status"]) == (0, "done"), lifted.err
    assert rapport(*granting, "sms").code == 0


def test_only_the_guardian_of_consents_pauses_them(rapport, suite):
    backend, role = suite.backend.address, keccak(text="GUARDIAN_ROLE")
    suite.transact(suite.admin, "ConsentRegistry", "revokeRole", role, backend)
    try:
        refused = rapport("consent", "pause", "--dry-run")
    finally:
        suite.transact(suite.admin, "ConsentRegistry", "grantRole", role, backend)
    assert (refused.code, "GUARDIAN" in refused.line) == (4, True), refused.err


def test_dry_run_sends_and_keeps_nothing(rapport, customer, published):
    result = rapport(
        *("consent", "record", customer, "--grant", "email", "--evidence", "x", "--dry-run"),
        "--json",
    )
    assert (result.code, result.json["dry_run"]) == (0, True), result.err
    assert granted(rapport, customer) == ["sale"]
    assert rapport("consent", "export", customer, "--json").json["receipts"] == []


def test_purposes_have_names_of_one_s_own(rapport, place, customer):
    settings = (place / "rapport.toml").read_text()
    (place / "rapport.toml").write_text(settings + '\n[purposes]\nnewsletter = "0:0"\n')
    found = rapport("consent", "purposes", "--json").json["purposes"]
    assert [each["purpose"] for each in found][:2] == ["newsletter", "sms"]
    for wrong in ('email = "9:9"', '"No Name" = "0:0"'):
        (place / "rapport.toml").write_text(settings + f"\n[purposes]\n{wrong}\n")
        assert rapport("consent", "purposes").code == 3


def test_a_wallet_vetoes_unlinks_and_erases_by_signature(rapport, place, joined, wallet):
    result = rapport("customer", "request", "veto", joined)
    assert (result.code, "under way" in result.line) == (2, True)
    thief = KeySigner(keccak(text="thief"))
    stolen = sign(rapport, place, thief, "customer", "link-request", joined, thief.address)
    assert rapport("customer", "recover", "request", joined, *stolen).code == 0
    veto = sign(rapport, place, wallet, "customer", "request", "veto", joined)
    assert rapport("customer", "relay", *veto).code == 0
    leave = sign(rapport, place, wallet, "customer", "request", "unlink", joined)
    assert rapport("customer", "relay", *leave).code == 0
    assert rapport("customer", "show", joined, "--json").json["wallet"] is None
    back = sign(rapport, place, wallet, "customer", "onboard", joined, wallet.address)
    assert rapport("customer", "onboard", joined, "--request", *back).code == 0
    erase = sign(rapport, place, wallet, "customer", "request", "erase", joined)
    assert rapport("customer", "relay", *erase).code == 0
    assert rapport("customer", "show", joined).code == 7


def test_onboard_needs_a_request_with_its_signature(rapport, place, joined, customer, wallet):
    assert rapport("customer", "onboard", customer).code == 2
    assert rapport("customer", "onboard", "--signature", "0x00").code == 2
    result = rapport("customer", "onboard", customer, wallet.address, "--grant", "email")
    assert (result.code, "rotate instead" in result.line) == (2, True)


def test_import_records_what_it_can_and_says_why_not(rapport, place, joined, published):
    for index in range(5):
        assert rapport("customer", "register", f"{joined}-{index}").code == 0
    rows = [
        ("customer", "reference", "date", "mail", "sms", "sale"),
        (f"{joined}-0", "F-0", "2026-01-05", "yes", "no", ""),
        (f"{joined}-1", "F-1", "2026-01-05", "Y", "", "opt-out"),
        (f"{joined}-0", "F-0", "2026-01-05", "yes", "no", ""),
        (f"{joined}-2", "F-0", "2026-01-05", "yes", "no", ""),
        (f"{joined}-2", "F-3", "2026-01-05", "perhaps", "", ""),
        (f"{joined}-2", "F-4", "05.01.2026", "yes", "", ""),
        (f"{joined}-2", "F-5", "2015-01-05", "yes", "", ""),
        (f"{joined}-2", "F-6", "", "", "", ""),
        ("stranger", "F-7", "", "yes", "", ""),
        (joined, "F-8", "", "", "yes", "no"),
        (f"{joined}-3", "F-9", "", "", "", "no"),
    ]
    rows = [rows[0], *((a, f"{b}-{joined}", *rest) for a, b, *rest in rows[1:])]
    with (place / "forms.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    arguments = ("consent", "import", "forms.csv", "--column", "email=mail", "--json")
    dry = rapport(*arguments, "--dry-run")
    assert (dry.code, dry.json["recordable"]) == (0, 5), dry.err
    result = rapport(*arguments)
    assert result.code == 0, result.err
    counts = result.json
    assert (counts["recorded"], counts["repeated"], counts["rejected"]) == (3, 1, 7)
    assert counts["withdrawn_apart"] == 1
    with (place / "forms.rejects.csv").open(newline="") as stream:
        reasons = {
            int(row["rejected_line"]): row["rejected_because"] for row in csv.DictReader(stream)
        }
    for line, said in {
        5: "stands on line 2",
        6: "cannot be read; write yes or no",
        7: "2026-01-31",
        8: "ended on",
        9: "no purpose",
        10: "no customer 'stranger'",
        11: "wallet",
    }.items():
        assert said in reasons[line], (line, reasons)
    assert granted(rapport, f"{joined}-0") == ["email", "sale"]
    assert granted(rapport, f"{joined}-1") == ["email"]
    again = rapport(*arguments).json
    assert (again["recorded"], again["known"]) == (0, 3)


def test_import_of_jsonl_registers_whom_it_does_not_know(rapport, place, number, published):
    lines = [
        {"customer": f"{number}-a", "email": True, "evidence": "shop till"},
        {"customer": f"{number}-b", "sale": "withdrawn", "date": "2026-02-01T10:00:00Z"},
    ]
    (place / "forms.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    result = rapport("consent", "import", "forms.jsonl", "--register", "--json")
    assert (result.code, result.json["recorded"], result.json["registered"]) == (0, 2, 2)
    assert granted(rapport, f"{number}-a") == ["email", "sale"]
    assert granted(rapport, f"{number}-b") == []


@pytest.mark.parametrize(
    ("header", "arguments", "said"),
    [
        ("who,email", (), "no column 'customer'"),
        ("customer,color", (), "no column of a purpose"),
        ("customer,email", ("--column", "sms=text"), "no column 'text'"),
        ("customer,email", ("--column", "pigeon=email"), "no purpose 'pigeon'"),
        ("customer,email", ("--column", "email"), "FIELD=NAME"),
        ("customer,email", ("--time-zone", "Mars"), "no time zone"),
    ],
)
def test_a_file_that_cannot_be_imported_is_said_in_one_line(
    rapport, place, header, arguments, said
):
    (place / "bad.csv").write_text(header + "\nx,yes\n")
    result = rapport("consent", "import", "bad.csv", "--dry-run", *arguments)
    assert (result.code, said in result.line) == (2, True), result.err


def test_a_notice_without_a_version_is_published_once(rapport, place, published):
    content = notice_content(1, text="numbered by the command")
    del content["version"]
    (place / "draft.json").write_text(json.dumps(content))
    first = rapport("consent", "publish", "draft.json", "--output", "made.json", "--json")
    assert (first.code, first.json["result"]["version"]) == (0, published + 1), first.err
    again = rapport("consent", "publish", "draft.json", "--json")
    assert (again.code, again.json["id"]) == (0, first.json["id"])
    assert json.loads((place / "made.json").read_text())["version"] == published + 1
    nowhere = rapport("consent", "publish", "draft.json", "--output", "no/made.json")
    assert (nowhere.code, "cannot be written: No such file" in nowhere.line) == (2, True)
    (place / "draft.json").write_text("[]")
    assert rapport("consent", "publish", "draft.json").code == 2
    (place / "draft.json").write_text(json.dumps({**content, "purposes": []}))
    result = rapport("consent", "publish", "draft.json")
    assert (result.code, "order of lanes" in result.line) == (2, True)


def test_what_people_see_is_readable(rapport, place, customer, published):
    shown = rapport("consent", "notice")
    assert (shown.code, "Sell or share my data" in shown.out) == (0, True)
    assert "opt-out" in rapport("consent", "purposes").out
    rapport("consent", "record", customer, "--grant", "email", "--evidence", "a form")
    assert '"receipt"' in rapport("consent", "receipt", customer).out
    made = rapport("consent", "receipt", customer, "--output", "r.json", "--json").json
    assert (made["proved"], len(made["digest"])) == (True, 66)
    assert "holds" in rapport("consent", "verify", "r.json").out
    assert "if the block is one" in rapport("consent", "verify", "r.json", "--offline").out
    told = rapport("consent", "export", customer, "--output", "e.json", "--json").json
    assert (told["decisions"], told["receipts"]) == (1, 1)
    assert "exported" in rapport("consent", "export", customer, "--output", "f.json").out
    for command in (("verify", "no.json"), ("receipt", customer, "--output", "no/r.json")):
        assert rapport("consent", *command).code == 2


def test_a_request_of_another_customer_is_not_relayed_for_this_one(
    rapport, place, customer, wallet, published
):
    other = f"{customer}-2"
    assert rapport("customer", "register", other).code == 0
    signed = sign(rapport, place, wallet, "customer", "onboard", other, wallet.address)
    result = rapport("customer", "onboard", customer, "--request", *signed)
    assert (result.code, "another customer" in result.line) == (2, True)


def test_a_wallet_enrols_itself_where_the_programme_is_open(rapport, suite):
    closed = rapport("customer", "join")
    assert (closed.code, len(closed.err.splitlines())) == (4, 1)
    suite.transact(suite.admin, "CustomerRegistry", "setEnrolment", True)
    try:
        joined = rapport("customer", "join", "--json")
        assert joined.code == 0, joined.err
        found = rapport("customer", "show", suite.backend.address, "--json").json
        assert found["id"] == joined.json["result"]["customer_id"]
        assert rapport("consent", "grant", found["id"], "analytics").code == 0
        assert granted(rapport, found["id"]) == ["analytics", "sale"]
        assert rapport("customer", "unlink", found["id"]).code == 0
    finally:
        suite.transact(suite.admin, "CustomerRegistry", "setEnrolment", False)


def test_a_sender_without_the_role_imports_nothing(rapport, place, suite, customer):
    (place / "forms.csv").write_text(f"customer,email\n{customer},yes\n")
    role = keccak(text="OPERATOR_ROLE")
    suite.transact(suite.admin, "ConsentRegistry", "revokeRole", role, suite.backend.address)
    try:
        result = rapport("consent", "import", "forms.csv")
        assert (result.code, len(result.err.splitlines())) == (4, 1)
        (only,) = rapport("tx", "list", "--json").json["intents"]
        assert only["key"].startswith("register:")
    finally:
        suite.transact(suite.admin, "ConsentRegistry", "grantRole", role, suite.backend.address)
