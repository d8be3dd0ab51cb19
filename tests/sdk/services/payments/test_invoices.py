"""``client.payment``: an invoice is made of what the chain says."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.invoices import Line, Seller, write_html, write_json
from rapport.payments import Split
from tests.sdk.services.payments.conftest import WAIT


def test_an_invoice_comes_from_events_and_the_sellers_details(
    client, suite, paid, affiliate, number, customer
):
    order = paid(
        splits=[Split.percent(affiliate, 10)],
        lines=[Line("Beans <b>", Decimal(15)), Line("Cup", Decimal(5))],
        customer=customer,
    )
    client.payment.approve(suite.token, 5).wait(timeout=WAIT)
    client.payment.refund(order, 5).wait(timeout=WAIT)
    client.seller = Seller(
        "Corner <Coffee>", ("1 High Street", "Dublin"), "IE123", tax_rate=Decimal(25)
    )
    client.explorer = "https://explorer.example"
    invoice = client.payment.invoice(number)
    paid_at = invoice.entries[0].at
    digits = client.payment.id_of(order).hex()[:8].upper()
    assert invoice.number == f"{paid_at:%Y%m%d}-{digits}"
    assert (invoice.total, invoice.refunded, invoice.net) == (20, 5, 15)
    assert (invoice.status, invoice.tax) == ("partly refunded", Decimal("3.00"))
    assert [entry.what for entry in invoice.entries] == ["paid", "refunded"]
    record = json.loads(write_json(invoice))
    assert (record["number"], record["net"], record["reference"]) == (
        invoice.number,
        "15.000000",
        number,
    )
    assert record["seller"]["name"] == "Corner <Coffee>"
    page = write_html(invoice)
    assert "Corner &lt;Coffee&gt;" in page
    assert "Beans &lt;b&gt;" in page
    assert "<b>" not in page
    assert f'href="https://explorer.example/tx/{invoice.entries[0].transaction}"' in page
    for outside in ("<script", "<link", "<img", "url(", "@import"):
        assert outside not in page


def test_an_invoice_about_a_partial_capture_adds_up(client, held, number):
    held(lines=[Line("Room", Decimal(20))])
    with pytest.raises(InputError, match="is authorized; an invoice"):
        client.payment.invoice(number)
    client.payment.capture(number, 15).wait(timeout=WAIT)
    invoice = client.payment.invoice(number)
    assert sum(line.amount for line in invoice.lines) == invoice.total == 15
    assert invoice.entries[0].link is None
