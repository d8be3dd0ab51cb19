"""Importing files: bad rows go to the rejects file, good ones are recorded once."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

HEADER = "order,customer,amount,currency,date\n"


@pytest.fixture
def shop(rapport, suite):
    """A rule of one point for each dollar, and two customers. Returns the moment of today."""
    assert rapport("earn", "rule", "set", "USD", "--points", 1).code == 0
    for number in ("C-1", "C-2"):
        assert rapport("customer", "register", number).code == 0
    return f"{suite.chain.block().timestamp:%Y-%m-%d}T23:59:59"


def rejected(path: Path) -> dict[int, str]:
    """Reasons by line."""
    with path.open(newline="", encoding="utf-8") as stream:
        return {
            int(row["rejected_line"]): row["rejected_because"] for row in csv.DictReader(stream)
        }


def balance(rapport, customer):
    return rapport("loyalty", "balance", customer, "--json").json["points"]


def test_every_bad_row_is_refused_with_its_reason_and_stops_nobody(rapport, place, shop):
    rows = [
        ("A-1", "C-1", "10", "USD", shop),
        ("A-2", "C-1", "0", "USD", shop),
        ("A-3", "C-1", "-5", "USD", shop),
        ("A-4", "C-1", "1.999", "USD", shop),
        ("A-5", "C-1", "9" * 30, "USD", shop),
        ("A-6", "C-404", "5", "USD", shop),
        ("A-7", "C-1", "5", "XXX", shop),
        ("A-8", "C-1", "5", "GBP", shop),
        ("A-9", "C-1", "five", "USD", shop),
        ("A-10", "C-1", "5", "USD", ""),
        ("A-11", "C-1", "5", "USD", "31/12/2025"),
        ("A-12", "C-1", "5", "USD", "1997-01-01"),
        ("A-1", "C-1", "10.00", "USD", shop),
        ("A-1", "C-1", "11", "USD", shop),
        ("", "C-1", "5", "USD", shop),
        ("A-13", "", "5", "USD", shop),
        ("A-14", "0xabc", "5", "USD", shop),
        ("A-15", "C-2", "7", "USD", shop),
    ]
    text = HEADER + "".join(",".join(row) + "\n" for row in rows)
    (place / "orders.csv").write_text(text)
    result = rapport("earn", "import", "orders.csv", "--json")
    assert result.code == 0, result.err
    assert result.json["rows"] == 18
    assert (result.json["recorded"], result.json["repeated"], result.json["rejected"]) == (2, 1, 15)
    assert (balance(rapport, "C-1"), balance(rapport, "C-2")) == (10, 7)
    reasons = rejected(place / "orders.rejects.csv")
    expected = {
        3: "zero",
        4: "negative",
        5: "at most 2 decimals",
        6: "too large",
        7: "no customer 'C-404'",
        8: "ISO 4217",
        9: "no rule for GBP",
        10: "cannot be read",
        11: "date is missing",
        12: "cannot be read",
        13: "before the rule for USD",
        15: "stands on line 2 with 10 USD",
        16: "order number is missing",
        17: "customer number is missing",
        18: "32 bytes",
    }
    assert reasons.keys() == expected.keys()
    for line, words in expected.items():
        assert words in reasons[line], (line, reasons[line])


def test_the_corrected_rejects_file_is_imported_itself(rapport, place, shop):
    (place / "orders.csv").write_text(HEADER + f"B-1,C-1,oops,USD,{shop}\nB-2,C-1,5,USD,{shop}\n")
    assert rapport("earn", "import", "orders.csv", "--json").json["recorded"] == 1
    mended = (place / "orders.rejects.csv").read_text().replace("oops", "20")
    (place / "mended.csv").write_text(mended)
    assert rapport("earn", "import", "mended.csv", "--json").json["recorded"] == 1
    assert balance(rapport, "C-1") == 25


def test_the_same_file_again_records_nothing(rapport, place, shop):
    lines = "".join(f"D-{i},C-{1 + i % 2},3,USD,{shop}\n" for i in range(40))
    (place / "orders.csv").write_text(HEADER + lines)
    first = rapport("earn", "import", "orders.csv", "--json").json
    again = rapport("earn", "import", "orders.csv", "--json").json
    assert (first["recorded"], first["known"], first["points"]) == (40, 0, 120)
    assert (again["recorded"], again["known"], again["rejected"]) == (0, 40, 0)
    assert balance(rapport, "C-1") + balance(rapport, "C-2") == 120


def test_an_order_that_changed_since_the_last_import_is_refused(rapport, place, shop):
    (place / "orders.csv").write_text(HEADER + f"E-1,C-1,3,USD,{shop}\n")
    rapport("earn", "import", "orders.csv")
    (place / "orders.csv").write_text(HEADER + f"E-1,C-1,4,USD,{shop}\n")
    result = rapport("earn", "import", "orders.csv", "--json").json
    assert (result["recorded"], result["rejected"]) == (0, 1)
    assert "recorded before with other content" in rejected(place / "orders.rejects.csv")[2]
    assert balance(rapport, "C-1") == 3


def test_a_dry_run_checks_every_row_and_records_nothing(rapport, place, shop):
    (place / "orders.csv").write_text(HEADER + f"F-1,C-1,3,USD,{shop}\nF-2,C-404,3,USD,{shop}\n")
    result = rapport("earn", "import", "orders.csv", "--dry-run", "--json").json
    assert (result["dry_run"], result["recordable"], result["rejected"]) == (True, 1, 1)
    assert balance(rapport, "C-1") == 0


def test_mixed_encodings_spoil_their_own_rows_only(rapport, place, shop):
    good = f"G-1,C-1,3,USD,{shop}\n".encode()
    latin = b"G-\xe9,C-1,3,USD," + shop.encode() + b"\n"
    last = "G-ü,C-2,4,USD,".encode() + shop.encode() + b"\n"
    (place / "orders.csv").write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + good + latin + last)
    result = rapport("earn", "import", "orders.csv", "--json").json
    assert (result["recorded"], result["rejected"]) == (2, 1)
    reason = rejected(place / "orders.rejects.csv")[3]
    assert "0xe9" in reason
    assert "--encoding cp1252" in reason


def test_utf8_within_a_cp1252_file_is_refused_row_by_row(rapport, place, shop):
    latin = "H-é,C-1,3,USD,".encode("cp1252") + shop.encode() + b"\n"
    other = "H-ü,C-1,3,USD,".encode() + shop.encode() + b"\n"
    (place / "orders.csv").write_bytes(HEADER.encode() + latin + other)
    result = rapport("earn", "import", "orders.csv", "--encoding", "cp1252", "--json").json
    assert (result["recorded"], result["rejected"]) == (1, 1)


def test_a_wrong_header_is_one_line_that_says_how_to_map(rapport, place, shop):
    (place / "orders.csv").write_text(f"Order ID,Buyer,Total,When\nJ-1,C-1,5,{shop}\n")
    refused = rapport("earn", "import", "orders.csv")
    assert refused.code == 2
    assert "'order'" in refused.line
    assert "--column order=NAME" in refused.line
    mapped = rapport(
        *("earn", "import", "orders.csv", "--currency", "USD", "--column", "order=Order ID"),
        *("--column", "customer=Buyer", "--column", "amount=Total", "--column", "date=When"),
        "--json",
    )
    assert mapped.json["recorded"] == 1


def test_a_mapping_file_does_the_same(rapport, place, shop):
    (place / "shop.toml").write_text(
        'default_currency = "USD"\ndecimal = ","\ndate_format = "%d.%m.%Y %H:%M"\n'
        'time_zone = "Europe/Berlin"\n'
        '[columns]\norder = "Nr"\ncustomer = "Kunde"\namount = "Summe"\ndate = "Datum"\n'
    )
    day = shop[8:10] + "." + shop[5:7] + "." + shop[:4] + " 23:59"
    (place / "orders.csv").write_text(f"Nr;Kunde;Summe;Datum\nK-1;C-1;5,50;{day}\n")
    result = rapport("earn", "import", "orders.csv", "--mapping", "shop.toml", "--json")
    assert (result.code, result.json["recorded"]) == (0, 1), result.err


def test_jsonl_reads_nested_fields_and_exact_numbers(rapport, place, shop):
    rows = [
        {"id": 1, "buyer": {"id": "C-1"}, "total": 5.5, "currency": "USD", "date": shop},
        {"id": 2, "buyer": {"id": "C-1"}, "total": "6", "currency": "USD", "date": shop},
        {"id": 3, "buyer": {}, "total": True, "currency": "USD", "date": shop},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows) + "{broken\n[]\n"
    (place / "orders.jsonl").write_text(text)
    result = rapport(
        *("earn", "import", "orders.jsonl", "--json", "--column", "order=id"),
        *("--column", "customer=buyer.id", "--column", "amount=total"),
    ).json
    assert (result["recorded"], result["rejected"], result["points"]) == (2, 3, 11)
    lines = (place / "orders.rejects.jsonl").read_text().splitlines()
    assert [json.loads(each)["rejected_line"] for each in lines] == [3, 4, 5]


def test_a_quote_that_never_closes_costs_its_own_row_only(rapport, place, shop):
    text = HEADER + f'"L-1,C-1,5,USD,{shop}\nL-2,C-1,5,USD,{shop}\n"L-\n3",C-1,4,USD,{shop}\n'
    (place / "orders.csv").write_text(text)
    result = rapport("earn", "import", "orders.csv", "--json").json
    assert (result["rows"], result["recorded"], result["rejected"]) == (3, 2, 1)
    assert "quotation mark" in rejected(place / "orders.rejects.csv")[2]


def test_an_import_without_the_role_keeps_nothing_and_works_once_it_is_granted(
    rapport, place, suite, shop
):
    (place / "orders.csv").write_text(HEADER + f"V-1,C-1,5,USD,{shop}\n")
    role = keccak(text="RECORDER_ROLE")
    backend = suite.backend.address
    suite.transact(suite.admin, "EarnRules", "revokeRole", role, backend)
    try:
        refused = rapport("earn", "import", "orders.csv")
        single = rapport("earn", "record", "V-2", "C-1", "3", "USD")
    finally:
        suite.transact(suite.admin, "EarnRules", "grantRole", role, backend)
    assert (refused.code, single.code) == (4, 4)
    assert len(refused.err.splitlines()) == 1
    assert not (place / "orders.rejects.csv").exists()
    (place / "orders.csv").write_text(HEADER + f"V-1,C-1,5,USD,{shop}\nV-2,C-1,3,USD,{shop}\n")
    again = rapport("earn", "import", "orders.csv", "--json")
    assert (again.code, again.json["recorded"]) == (0, 2), again.err
    assert balance(rapport, "C-1") == 8


def test_customers_are_registered_on_the_way_if_asked(rapport, place, shop):
    (place / "orders.csv").write_text(HEADER + f"M-1,C-new,5,USD,{shop}\nM-2,C-new,6,USD,{shop}\n")
    result = rapport("earn", "import", "orders.csv", "--register", "--json").json
    assert (result["registered"], result["recorded"]) == (1, 2)
    assert balance(rapport, "C-new") == 11


def test_an_id_that_nobody_knows_is_registered_for_nobody_and_costs_its_own_row(
    rapport, place, shop
):
    unknown = "0x" + "5a" * 32
    (place / "orders.csv").write_text(
        HEADER + f"U-1,{unknown},5,USD,{shop}\nU-2,C-1,6,USD,{shop}\n"
    )
    (place / "forms.csv").write_text(f"customer,sale\n{unknown},no\nC-1,no\n")
    for noun, name in (("earn", "orders"), ("consent", "forms")):
        arguments = (noun, "import", f"{name}.csv", "--register", "--json")
        dry = rapport(*arguments, "--dry-run")
        assert (dry.code, dry.json["recordable"], dry.json["rejected"]) == (0, 1, 1), dry.err
        result = rapport(*arguments)
        assert (result.code, result.json["recorded"], result.json["registered"]) == (0, 1, 0)
        assert "starts with 0x" in rejected(place / f"{name}.rejects.csv")[2]


def test_a_column_that_is_mapped_to_nothing_is_refused(rapport, place, shop):
    (place / "orders.csv").write_text(HEADER)
    for noun in ("earn", "consent"):
        for wrong in ("customer", "customer=", "customer= ", "=Kunde"):
            result = rapport(noun, "import", "orders.csv", "--dry-run", "--column", wrong)
            assert (result.code, "is not FIELD=NAME" in result.line) == (2, True), result.err


@pytest.mark.parametrize("noun", ["earn", "consent", "customer"])
def test_every_import_reports_what_it_did_in_the_same_words(rapport, place, shop, noun):
    rows = "customer,sale,order,amount,currency,date\n"
    rows += f"C-1,no,W-{noun},5,USD,{shop}\n0x12,no,W-2,5,USD,{shop}\n"
    (place / "rows.csv").write_text(rows)
    dry = rapport(noun, "import", "rows.csv", "--dry-run", "--json").json
    assert (dry["dry_run"], dry["rows"], dry["rejected"]) == (True, 2, 1)
    assert not {"recorded", "registered", "known"} & set(dry)
    made = rapport(noun, "import", "rows.csv", "--json").json
    assert (made["dry_run"], made["rows"], made["repeated"], made["rejected"]) == (False, 2, 0, 1)
    assert {"registered", "known"} < set(made)
    assert made["rejects"] == dry["rejects"] == "rows.rejects.csv"
    shown = rapport(noun, "import", "rows.csv")
    assert shown.line == "rapport: 1 rows were refused; see rows.rejects.csv"


def test_customers_are_imported_once_each(rapport, place):
    (place / "people.csv").write_text("customer\nP-1\nP-2\nP-1\n\n0x12\n")
    result = rapport("customer", "import", "people.csv", "--json")
    assert result.code == 0, result.err
    found = result.json
    assert (found["registered"], found["repeated"], found["rejected"]) == (2, 1, 1)
    again = rapport("customer", "import", "people.csv", "--json").json
    assert (again["registered"], again["known"]) == (0, 2)


def test_a_killed_import_goes_on_where_it_was(rapport, process, place, shop):
    lines = "".join(f"N-{i},C-{1 + i % 2},3,USD,{shop}\n" for i in range(3_000))
    (place / "orders.csv").write_text(HEADER + lines)
    command = Path(sys.executable).parent / "rapport"
    running = subprocess.Popen(
        [str(command), "earn", "import", "orders.csv", "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    try:
        deadline = time.monotonic() + 60
        while not rapport("tx", "list", "--state", "final", "--limit", 10, "--json").json[
            "intents"
        ][5:]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    resumed = rapport("earn", "import", "orders.csv", "--json")
    assert resumed.code == 0, resumed.err
    assert resumed.json["recorded"] + resumed.json["known"] == 3_000
    assert (balance(rapport, "C-1"), balance(rapport, "C-2")) == (4_500, 4_500)
