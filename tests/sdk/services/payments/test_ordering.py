"""``client.payment``: orders, as they are made and as they are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rapport.errors import InputError, NotFound
from rapport.invoices import Line
from rapport.orderbook import Booked
from rapport.payments import Split, splits_hash
from tests.sdk.services.payments.conftest import base_units


def test_an_order_is_what_the_contract_calls_it(client, ordered, affiliate):
    order = ordered(splits=[Split.percent(affiliate, "2.5")], authorize=True)
    assert client.chain.call("Payments", "idOf", order.struct()) == client.payment.id_of(order)
    assert client.chain.call("Payments", "splitsHash", order.shares()) == splits_hash(order.splits)
    assert client.chain.call("Payments", "splitsHash", []) == splits_hash(())


def test_an_order_defaults_to_a_day_a_week_and_half_a_year(client, suite, ordered):
    now = client.chain.block().timestamp
    at_once, later = ordered(), ordered(number="later", authorize=True)
    assert at_once.merchant == suite.backend.address
    assert at_once.capture_by is None
    assert now + timedelta(days=1) <= at_once.pay_by <= now + timedelta(days=1, seconds=60)
    assert at_once.refund_until - at_once.pay_by == timedelta(days=180)
    assert later.capture_by - later.pay_by == timedelta(days=7)
    assert later.refund_until - later.capture_by == timedelta(days=180)


def test_a_number_gives_the_same_order_until_it_has_expired_unpaid(client, suite, ordered):
    first = ordered()
    assert ordered() == first
    with pytest.raises(InputError, match="stands with another amount"):
        ordered(amount=21)
    with pytest.raises(InputError, match="stands with another held"):
        ordered(authorize=True)
    with pytest.raises(InputError, match="stands with another lines"):
        ordered(lines=[Line("Beans", Decimal(20))])
    suite.anvil.ask("evm_increaseTime", 2 * 86_400)
    suite.anvil.mine()
    anew = ordered(amount=21)
    assert (anew.amount, anew.pay_by > first.pay_by) == (base_units(21), True)


def test_an_order_that_another_process_made_meanwhile_is_the_order(
    client, ordered, number, monkeypatch
):
    enter = client.orders.enter

    def late(place, booked, customer, replacing=None):
        theirs = json.loads(json.dumps(booked.content))
        theirs["order"]["orderId"] = "0x" + "33" * 32
        enter(place, Booked(booked.number, b"\x33" * 32, theirs), customer)
        return enter(place, booked, customer, replacing)

    monkeypatch.setattr(client.orders, "enter", late)
    assert ordered().order_id == b"\x33" * 32
    assert client.payment.find(number).order_id == b"\x33" * 32


def test_a_number_that_was_paid_is_never_paid_under_other_terms(client, suite, paid, ordered):
    order = paid()
    suite.anvil.ask("evm_increaseTime", 2 * 86_400)
    suite.anvil.mine()
    assert ordered() == order
    with pytest.raises(InputError, match="another number"):
        ordered(amount=21)


def test_a_customers_order_shows_on_chain_as_a_keyed_digest(client, ordered, customer, number):
    order = ordered(customer=customer)
    person = client.directory.find(customer)
    assert order.order_id == person.ref(f"payment:{number}")
    assert order.customer_id == person.id
    assert any(ordered(number=f"{number}b").order_id)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"amount": "0"}, "above 0"),
        ({"amount": "1.0000001"}, "at most 6 decimals"),
        ({"amount": 1.5}, "float"),
        ({"amount": "-1"}, "zero or more"),
        ({"amount": 10**30}, "too large"),
        ({"payer": "0x12"}, "40 hex digits"),
        ({"payer": "BACKEND"}, "merchant and payer"),
        ({"token": "0x" + "12" * 20}, "no ERC-20 token"),
        ({"token": "RULES"}, "no ERC-20 token"),
        ({"number": " "}, "order number is empty"),
        ({"number": "0x1"}, "starts with 0x"),
        ({"pay_by": datetime(2020, 1, 1, tzinfo=UTC)}, "is over"),
        ({"pay_by": datetime(2030, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ({"capture_by": datetime(2020, 1, 1, tzinfo=UTC)}, "captured between"),
        ({"capture_by": datetime(2200, 1, 1, tzinfo=UTC)}, "365 days"),
        ({"splits": [Split("0x" + "12" * 20, 2_001)] * 5}, "at most 4 splits"),
        ({"splits": [Split("0x" + "12" * 20, 6_000)] * 2}, "100 percent in all; met 120"),
        ({"splits": [Split("PAYER", 1)]}, "cannot have a share"),
        ({"splits": [Split("0x" + "00" * 20, 1)]}, "cannot have a share"),
        ({"lines": [Line("Beans", Decimal(19))]}, "add up to 19"),
    ],
)
def test_an_order_that_could_never_be_paid_is_refused_in_one_line(
    suite, ordered, payer, terms, words
):
    names = {
        "PAYER": payer.address,
        "BACKEND": suite.backend.address,
        "RULES": suite.address("EarnRules"),
    }
    terms = {n: names.get(v, v) if isinstance(v, str) else v for n, v in terms.items()}
    if "splits" in terms:
        terms["splits"] = [
            replace(each, recipient=names.get(each.recipient, each.recipient))
            for each in terms["splits"]
        ]
    with pytest.raises(InputError, match=words) as refusal:
        ordered(**terms)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("share", ["0", "100.01", "0.001", "half"])
def test_a_share_is_a_percentage_of_two_decimals(share, affiliate):
    with pytest.raises(InputError):
        Split.percent(affiliate, share)
    assert Split.percent(affiliate, "2.5").bps == 250


def test_an_unknown_customer_has_no_order(ordered):
    with pytest.raises(NotFound):
        ordered(customer="nobody")
