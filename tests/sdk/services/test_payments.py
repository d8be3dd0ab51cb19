"""``client.payment``: orders that a customer pays once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from eth_utils.crypto import keccak

from rapport import units
from rapport.codec import abi_encode
from rapport.errors import ConfigError, InputError, NotFound
from rapport.invoices import Line, Seller, write_html, write_json
from rapport.keys import KeySigner
from rapport.orderbook import Booked
from rapport.payments import (
    PaymentOrder,
    PaymentState,
    Split,
    approval_uri,
    splits_hash,
)
from rapport.permits import PermitRequest, SignedPermit
from rapport.reverts import (
    BadState,
    NothingOwed,
    NotMerchant,
    NotPayer,
    OverRefund,
    TooEarly,
    TransferFailed,
)
from rapport.services.payment_kinds import Pay
from rapport.typed_data import WrongSigner
from tests.sdk.support.suite import account, creation_code, send

WAIT = 30  # seconds
_numbers = count(1)


@pytest.fixture
def number():
    """An order number that was not used before."""
    return f"A-{next(_numbers)}"


@pytest.fixture
def payer():
    """Somebody with money and gas."""
    return account(6)


@pytest.fixture
def shopper(new_client, payer):
    """The payer's own client."""
    with new_client("shopper.db", signer=payer) as made:
        yield made


@pytest.fixture
def affiliate():
    """Somebody without money."""
    return KeySigner(keccak(text=f"affiliate {next(_numbers)}")).address


@pytest.fixture
def ordered(client, suite, payer, number):
    """Makes an order over 20 for the payer."""

    def make(**terms):
        terms = {"amount": 20, "token": suite.token, "payer": payer.address, **terms}
        return client.payment.order(terms.pop("number", number), **terms)

    return make


@pytest.fixture
def paid(client, shopper, suite, ordered):
    """Makes an order and has it paid."""

    def make(**terms):
        order = ordered(**terms)
        amount = units.from_base(order.amount, 6)
        shopper.payment.approve(suite.token, amount).wait(timeout=WAIT)
        outcome = shopper.payment.pay(order).wait(timeout=WAIT)
        assert outcome.status == "done"
        return order

    return make


@pytest.fixture
def held(client, shopper, suite, ordered):
    """Makes an order to be captured later and has its amount held."""

    def make(**terms):
        order = ordered(**{"authorize": True, **terms})
        shopper.payment.approve(suite.token, units.from_base(order.amount, 6)).wait(timeout=WAIT)
        assert shopper.payment.authorize(order).wait(timeout=WAIT).status == "done"
        return order

    return make


def dollars(amount):
    return int(Decimal(amount) * 10**6)


# Making an order


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
    assert (anew.amount, anew.pay_by > first.pay_by) == (dollars(21), True)


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


# Paying


def test_paying_moves_the_money_once_and_earns_points(client, suite, shopper, customer, paid):
    before = suite.money_of(suite.merchant.address)
    order = paid(customer=customer)
    assert suite.money_of(suite.merchant.address) - before == dollars(20)
    assert client.loyalty.balance(customer).points == 20
    again = shopper.payment.pay(order, idempotency_key=f"again {order.order_id.hex()}")
    assert again.wait(timeout=WAIT).status == "duplicate"
    assert suite.money_of(suite.merchant.address) - before == dollars(20)
    assert client.payment.show(order).state is PaymentState.PAID


def test_the_outcome_tells_of_points_and_of_points_that_failed(
    client, suite, shopper, customer, ordered
):
    shopper.payment.approve(suite.token, 40).wait(timeout=WAIT)
    good = shopper.payment.pay(ordered(customer=customer)).wait(timeout=WAIT)
    assert (good.result["amount"], good.result["points"]) == ("20.000000", 20)
    nobody = replace(ordered(number="nobody"), customer_id=b"\x07" * 32)
    poor = shopper.payment.pay(nobody).wait(timeout=WAIT)
    assert poor.result["points_skipped"] == "UnknownCustomer"
    steps = client.payment.history(nobody)
    assert [(s.what, s.reason) for s in steps] == [
        ("paid", None),
        ("points skipped", "UnknownCustomer"),
    ]


def test_a_payer_who_signs_needs_no_gas_and_no_approval(client, suite, ordered, number):
    wallet = KeySigner(keccak(text=f"gasless {number}"))
    suite.mint(wallet.address, dollars(20))
    order = ordered(payer=wallet.address)
    request = client.payment.request(order)
    assert PaymentOrder.read(json.dumps(request), client.payment.domain()) == order
    asked = client.payment.permit_request(suite.token, wallet.address, 20, order.pay_by)
    outcome = client.payment.pay_by_sig(
        order, order.sign(client.payment.domain(), wallet), permit=asked.sign(wallet)
    ).wait(timeout=WAIT)
    assert outcome.status == "done"
    assert suite.money_of(wallet.address) == 0
    assert client.chain.balance(wallet.address) == 0


def test_a_permit_that_somebody_used_before_still_pays(client, suite, shopper, payer, ordered):
    order = ordered()
    asked = shopper.payment.permit_request(suite.token, payer.address, 20, order.pay_by)
    permit = asked.sign(payer)
    call = permit.call
    suite.transact(
        account(9),
        "Payments",
        "permit",
        call["token"],
        call["owner"],
        call["value"],
        call["deadline"],
        call["v"],
        units.bytes32(call["r"]),
        units.bytes32(call["s"]),
    )
    assert shopper.payment.pay(order, permit=permit).wait(timeout=WAIT).status == "done"


def test_a_permit_for_something_else_is_refused_before_it_is_sent(
    client, suite, shopper, payer, ordered
):
    order = ordered()
    ask = client.payment.permit_request
    good = ask(suite.token, payer.address, 20, order.pay_by)
    stranger = account(7)
    short = ask(suite.token, payer.address, 19, order.pay_by).sign(payer)
    other = ask(suite.token, stranger.address, 20, order.pay_by).sign(stranger)
    spender = PermitRequest(replace(good.permit, spender=stranger.address), good.domain).sign(payer)
    token = PermitRequest(good.permit, replace(good.domain, contract=stranger.address)).sign(payer)
    for permit, words in (
        (short, "allows 19000000"),
        (other, "owner"),
        (spender, "spender"),
        (token, "token"),
        (SignedPermit(good, b"\x01" * 66), "65 bytes"),
    ):
        with pytest.raises(InputError, match=words):
            shopper.payment.pay(order, permit=permit)
    with pytest.raises(WrongSigner):
        shopper.payment.pay(order, permit=good.sign(stranger))


def test_a_signature_of_somebody_else_is_refused_before_it_is_sent(client, ordered):
    order = ordered()
    with pytest.raises(WrongSigner):
        client.payment.pay_by_sig(order, order.sign(client.payment.domain(), account(9)))
    abroad = replace(client.payment.domain(), chain_id=1)
    with pytest.raises(WrongSigner):
        client.payment.pay_by_sig(order, order.sign(abroad, account(6)))


def test_an_order_is_paid_or_authorised_as_it_says(client, shopper, ordered):
    with pytest.raises(InputError, match="paid at once"):
        shopper.payment.authorize(ordered())
    with pytest.raises(InputError, match="captured later"):
        shopper.payment.pay(ordered(number="held", authorize=True))


def test_only_the_payer_pays_unsigned(client, ordered):
    with pytest.raises(NotPayer):
        client.payment.pay.dry_run(ordered())


def test_what_failed_for_want_of_money_is_tried_again(suite, shopper, ordered):
    order = ordered()
    shopper.payment.approve(suite.token, 0).wait(timeout=WAIT)
    with pytest.raises(TransferFailed):
        shopper.payment.pay(order).wait(timeout=WAIT)
    shopper.payment.approve(suite.token, 20).wait(timeout=WAIT)
    first = shopper.payment.pay(order)
    assert first.wait(timeout=WAIT).status == "done"
    assert shopper.payment.pay(order).id == first.id


def test_splits_go_out_with_the_payment(client, suite, paid, affiliate):
    before = suite.money_of(suite.merchant.address)
    order = paid(splits=[Split.percent(affiliate, "2.5")])
    assert suite.money_of(affiliate) == dollars("0.5")
    assert suite.money_of(suite.merchant.address) - before == dollars("19.5")
    (share,) = client.payment.show(order).shares
    assert (share.recipient, share.percent, share.amount) == (
        affiliate,
        Decimal("2.50"),
        Decimal("0.500000"),
    )


def test_a_dry_run_keeps_and_sends_nothing(suite, shopper, ordered):
    shopper.payment.approve(suite.token, 20).wait(timeout=WAIT)
    order = ordered()
    simulation = shopper.payment.pay.dry_run(order)
    assert (simulation.kind, simulation.gas > 21_000) == (Pay.name, True)
    assert shopper.payment.show(order).state is PaymentState.UNPAID


# Held money


def test_a_capture_pays_a_part_and_returns_the_rest(client, suite, payer, held, customer, number):
    before = suite.money_of(payer.address)
    order = held(customer=customer)
    assert client.payment.show(order).state is PaymentState.AUTHORIZED
    outcome = client.payment.capture(number, "12.5").wait(timeout=WAIT)
    assert (outcome.result["amount"], outcome.result["returned"]) == ("12.500000", "7.500000")
    assert before - suite.money_of(payer.address) == dollars("12.5")
    assert client.loyalty.balance(customer).points == 12
    again = client.payment.capture(order, "12.5", idempotency_key=f"again {number}")
    assert again.wait(timeout=WAIT).status == "duplicate"
    with pytest.raises(BadState):
        client.payment.capture.dry_run(order, 20)
    assert [(s.what, s.amount) for s in client.payment.history(number)] == [
        ("authorized", 20),
        ("captured", Decimal("12.5")),
    ]


def test_a_capture_without_an_amount_is_of_all(client, held, number):
    held()
    assert client.payment.capture(number).wait(timeout=WAIT).result["returned"] == "0.000000"


def test_a_void_gives_all_back(client, suite, payer, held):
    before = suite.money_of(payer.address)
    order = held()
    assert client.payment.void(order).wait(timeout=WAIT).status == "done"
    assert suite.money_of(payer.address) == before
    assert client.payment.show(order).state is PaymentState.RELEASED
    with pytest.raises(InputError, match="released; an invoice"):
        client.payment.invoice(order)


def test_anyone_reclaims_what_was_not_captured_in_time(client, suite, new_client, payer, held):
    before = suite.money_of(payer.address)
    order = held()
    with new_client("stranger.db", signer=account(9)) as stranger:
        with pytest.raises(TooEarly):
            stranger.payment.reclaim.dry_run(order)
        suite.anvil.ask("evm_increaseTime", 9 * 86_400)
        suite.anvil.mine()
        assert stranger.payment.reclaim(order).wait(timeout=WAIT).status == "done"
    assert suite.money_of(payer.address) == before


def test_the_payer_signs_for_money_to_be_held(client, suite, payer, ordered, number):
    order = ordered(authorize=True)
    asked = client.payment.permit_request(suite.token, payer.address, 20, order.pay_by)
    signature = order.sign(client.payment.domain(), payer)
    outcome = client.payment.authorize_by_sig(number, signature, permit=asked.sign(payer))
    assert outcome.wait(timeout=WAIT).status == "done"
    assert client.payment.show(number).state is PaymentState.AUTHORIZED


# Giving back


def test_a_refund_says_how_much_in_all_and_takes_its_points_back(
    client, suite, payer, paid, customer, number
):
    order = paid(customer=customer)
    before = suite.money_of(payer.address)
    client.payment.approve(suite.token, 20).wait(timeout=WAIT)
    for total, key in (("5", "first"), ("5", "again"), ("15", "more")):
        client.payment.refund(order, total, idempotency_key=f"{number} {key}").wait(timeout=WAIT)
    assert suite.money_of(payer.address) - before == dollars(15)
    assert client.loyalty.balance(customer).points == 5
    assert [s.amount for s in client.payment.history(order) if s.what == "refunded"] == [5, 10]
    with pytest.raises(OverRefund):
        client.payment.refund.dry_run(order, 21)
    with pytest.raises(InputError, match="above 0"):
        client.payment.refund(order, 0)


def test_only_the_merchant_gives_back(client, shopper, paid):
    with pytest.raises(NotMerchant):
        shopper.payment.refund.dry_run(paid(), 5)


def test_nothing_owed_is_refused_by_name(client, suite):
    assert client.payment.owed(suite.token) == 0
    with pytest.raises(NothingOwed):
        client.payment.withdraw.dry_run(suite.token)


# Looking


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


def test_the_link_to_allow_an_amount_is_one_that_wallets_know(client, suite, ordered):
    order = ordered(amount="19.99")
    assert approval_uri(order, client.payment.domain()) == (
        f"ethereum:{suite.token}@31337/approve?address={suite.address('Payments')}&uint256=19990000"
    )


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


# Tokens


def test_a_token_is_asked_once_what_it_is(client, suite):
    token = client.payment.token(suite.token.lower())
    assert (token.address, token.decimals, token.to_base("1.5")) == (suite.token, 6, 1_500_000)
    assert client.payment.token(suite.token) is token


@pytest.mark.parametrize("decimals", [0, 18, 24])
def test_amounts_are_exact_whatever_the_decimals(client, suite, payer, decimals):
    code = creation_code("TestToken") + abi_encode(
        ["string", "string", "uint8"], ["Odd \x1b[31m", "ODD", decimals]
    )
    receipt = send(suite.anvil, account(0), None, code)
    token = client.payment.token(receipt["contractAddress"])
    assert (token.name, token.decimals) == ("Odd [31m", decimals)
    order = client.payment.order(f"odd {decimals}", 7, token.address, payer.address)
    assert order.amount == 7 * 10**decimals
    assert client.payment.balance(token.address) == 0
    asked = client.payment.permit_request(token.address, payer.address, 1, order.pay_by)
    assert asked.domain.name == "Odd \x1b[31m"  # signed as the token has it, shown as it prints


def test_balance_and_allowance_are_whole_units(client, suite, shopper, payer):
    shopper.payment.approve(suite.token, "12.5").wait(timeout=WAIT)
    assert shopper.payment.allowance(suite.token) == Decimal("12.5")
    assert client.payment.allowance(suite.token, payer.address) == Decimal("12.5")
    assert client.payment.balance(suite.token, payer.address) == units.from_base(
        suite.money_of(payer.address), 6
    )


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
