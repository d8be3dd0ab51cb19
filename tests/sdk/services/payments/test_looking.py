"""``client.payment``: what is told of orders, to people, files and whoever asks for their data."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport import units
from rapport.errors import ConfigError, InputError, NotFound
from rapport.invoices import Line
from rapport.payments import PaymentState, Split, approval_uri
from tests.sdk.services.payments.conftest import WAIT
from tests.sdk.support.suite import account


def test_the_log_alone_rebuilds_a_payment(new_client, client, paid, affiliate, number):
    order = paid(splits=[Split.percent(affiliate, 10)])
    payment_id = client.payment.id_of(order)
    with new_client("auditor.db", signer=None) as auditor:
        assert auditor.payment.find(payment_id) == order
        shown = auditor.payment.show(units.hex32(payment_id))
        assert (shown.number, shown.amount, shown.state) == (None, 20, PaymentState.PAID)
        assert shown.steps == client.payment.show(number).steps
        with pytest.raises(NotFound, match="no order 0x"):
            auditor.payment.show(b"\x09" * 32)
        with pytest.raises(NotFound, match="no order 0x"):
            auditor.payment.find(b"\x09" * 32)
        with pytest.raises(NotFound, match="was made here"):
            auditor.payment.show(number)
        with pytest.raises(InputError, match="32 bytes"):
            auditor.payment.show("0x12")
        with pytest.raises(ConfigError):
            auditor.payment.list()


def test_payments_are_listed_the_unpaid_first(client, suite, payer, paid, ordered, number):
    paid()
    ordered(number=f"{number}-open")
    listed = client.payment.list()
    open_ = [each.number for each in listed if each.state is PaymentState.UNPAID]
    assert [each.number for each in listed][: len(open_)] == open_
    assert f"{number}-open" in open_
    assert listed[-1].number == number
    assert client.payment.list(payer=payer.address, state=PaymentState.PAID)[-1].number == number
    assert client.payment.list(merchant=account(9).address) == ()


def test_a_list_asks_the_order_book_once_for_all(client, paid, ordered, number, monkeypatch):
    paid()
    ordered(number=f"{number}-open")
    asked = []
    every = client.orders.all
    monkeypatch.setattr(client.orders, "all", lambda place: asked.append(place) or every(place))
    monkeypatch.setattr(client.orders, "identified", lambda *_: pytest.fail("asked for one"))
    numbers = [each.number for each in client.payment.list()]
    assert {number, f"{number}-open"} <= set(numbers)
    assert len(asked) == 1


def test_the_link_to_allow_an_amount_is_one_that_wallets_know(client, suite, ordered):
    order = ordered(amount="19.99")
    assert approval_uri(order, client.payment.domain()) == (
        f"ethereum:{suite.token}@31337/approve?address={suite.address('Payments')}&uint256=19990000"
    )


def test_an_export_tells_a_customer_s_orders_and_erasing_destroys_them(
    client, suite, payer, ordered, customer, number
):
    order = ordered(customer=customer, lines=[Line("Beans", Decimal(20))])
    ordered(number=f"{number}-open", customer=customer)
    asked = client.payment.permit_request(suite.token, payer.address, 20, order.pay_by)
    client.payment.pay_by_sig(
        order, order.sign(client.payment.domain(), payer), permit=asked.sign(payer)
    ).wait(timeout=WAIT)
    told = client.customer.export(customer).sections["payment"]
    assert [(each["number"], each["state"]) for each in told] == [
        (number, "paid"),
        (f"{number}-open", "unpaid"),
    ]
    assert told[0]["lines"] == [["Beans", "20.000000"]]

    before = client.customer.evidence(customer)
    client.customer.erase(customer).wait(timeout=WAIT)
    client.follow_up()
    assert client.customer.prove(before).clean
    with pytest.raises(NotFound):
        client.payment.show(number)
    # The chain keeps what it has published, and whoever has the id still finds it.
    assert client.payment.show(client.payment.id_of(order)).number is None


def test_an_export_tells_of_payments_that_were_made_elsewhere(
    client, new_client, suite, payer, ordered, customer
):
    with new_client("elsewhere.db") as elsewhere:
        theirs = elsewhere.payment.order(
            "theirs", 20, suite.token, payer.address, customer=client.directory.find(customer).hex
        )
        asked = elsewhere.payment.permit_request(suite.token, payer.address, 20, theirs.pay_by)
        elsewhere.payment.pay_by_sig(
            theirs, theirs.sign(client.payment.domain(), payer), permit=asked.sign(payer)
        ).wait(timeout=WAIT)
    (told,) = client.customer.export(customer).sections["payment"]
    assert (told["state"], told["number"], told["captured"]) == ("paid", None, 20 * 10**6)


async def test_the_same_verbs_are_awaited(async_client, suite, payer):
    order = await async_client.payment.order("awaited", 20, suite.token, payer.address)
    domain = async_client.payment.domain()
    asked = await async_client.payment.permit_request(suite.token, payer.address, 20, order.pay_by)
    submission = await async_client.payment.pay_by_sig(
        order, order.sign(domain, payer), permit=asked.sign(payer)
    )
    assert (await submission.wait(timeout=WAIT)).status == "done"
    shown = await async_client.payment.show("awaited")
    assert shown.state is PaymentState.PAID
    assert (await async_client.payment.invoice("awaited")).total == 20
