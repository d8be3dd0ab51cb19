"""Invoices as documents: what they add up to, and what a page shows of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from rapport.invoices import Entry, Invoice, Line, Seller, Share, link, number_of, write_html
from rapport.invoices import write_json as as_json

ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HASH = "0x" + "ab" * 32

PLAIN = Invoice(
    number="20261122-01020304",
    issued_at=NOON,
    id="0x" + "01" * 32,
    reference=None,
    seller=None,
    merchant=ACCOUNT,
    payer=ACCOUNT,
    customer=None,
    currency="tUSD",
    token=ACCOUNT,
    chain_id=31337,
    contract=ACCOUNT,
    lines=(Line("Order", Decimal("20.000000")),),
    total=Decimal("20.000000"),
    refunded=Decimal("0.000000"),
    shares=(),
    entries=(Entry("paid", Decimal("20.000000"), NOON, HASH, None),),
)
SELLER = Seller("Corner Coffee", ("1 Mill Lane",), website="coffee.example", note="No VAT: § 19.")


@pytest.mark.parametrize(
    ("refunded", "status", "net"),
    [("0", "paid", "20"), ("5", "partly refunded", "15"), ("20", "refunded", "0")],
)
def test_what_came_back_is_taken_off(refunded: str, status: str, net: str) -> None:
    invoice = replace(PLAIN, refunded=Decimal(refunded))
    assert (invoice.status, invoice.net) == (status, Decimal(net))
    record = json.loads(as_json(invoice))
    assert (record["status"], Decimal(record["net"])) == (status, Decimal(net))


@pytest.mark.parametrize(
    ("rate", "tax"), [("25", "4.00"), ("19", "3.19"), ("0", "0.00"), ("7.7", "1.43")]
)
def test_tax_is_what_the_net_amount_includes_to_the_cent(rate: str, tax: str) -> None:
    invoice = replace(PLAIN, seller=replace(SELLER, tax_rate=Decimal(rate)))
    assert invoice.tax == Decimal(tax)
    assert f"including {rate} % VAT" in write_html(invoice)
    assert replace(PLAIN, seller=SELLER).tax is None


def test_a_number_is_the_day_in_utc_and_the_payment() -> None:
    late = datetime(2026, 11, 23, 1, tzinfo=timezone(timedelta(hours=5)))
    assert number_of(late, bytes.fromhex("9f3a61c2" * 8)) == "20261122-9F3A61C2"


def test_a_transaction_leads_to_the_chain_s_explorer_or_the_one_that_is_set() -> None:
    assert link(8453, HASH) == f"https://basescan.org/tx/{HASH}"
    assert link(31337, HASH) is None
    assert link(8453, HASH, "https://explorer.example/") == f"https://explorer.example/tx/{HASH}"


def test_a_page_without_a_seller_shows_the_account() -> None:
    page = write_html(PLAIN)
    assert f'<p class="seller">Merchant</p><p><code>{ACCOUNT}</code></p>' in page
    assert "Shares paid" not in page
    assert "href=" not in page
    assert "20.00 tUSD" in page


def test_a_page_shows_seller_shares_and_refunds_and_closes_what_it_opens() -> None:
    page = write_html(
        replace(
            PLAIN,
            seller=SELLER,
            refunded=Decimal("0.5"),
            shares=(Share(ACCOUNT, Decimal("2.50"), Decimal("0.5")),),
            entries=(Entry("paid", None, NOON, HASH, f"https://x.example/?a=1&b={HASH}"),),
        )
    )
    for text in ("Corner Coffee", "coffee.example", "No VAT: § 19.", "2.50 %", "−0.50 tUSD"):
        assert text in page
    assert f'href="https://x.example/?a=1&amp;b={HASH}"' in page
    for tag in ("html", "body", "main", "table", "tbody", "tr", "td", "div", "p", "code", "a"):
        opened = len(re.findall(rf"<{tag}[ >]", page))
        assert opened == page.count(f"</{tag}>"), tag


@pytest.mark.parametrize("field", ["number", "reference", "customer", "currency", "payer"])
def test_nothing_from_outside_is_taken_for_markup(field: str) -> None:
    evil = '"><script>alert(1)</script>'
    page = write_html(replace(PLAIN, **{field: evil}))  # type: ignore[arg-type]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
