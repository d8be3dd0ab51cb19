"""Payments in tokens that misbehave, as the SDK tells of them."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest

from rapport import units
from rapport.errors import InputError
from rapport.payments import PaymentState, Split
from rapport.reverts import NothingOwed, ShortTransfer, TransferFailed
from rapport.services.payment_kinds import Withdraw
from tests.sdk.support.odd import Odd
from tests.sdk.support.suite import account

WAIT = 30  # seconds
_numbers = count(1)


@pytest.fixture
def odd(suite):
    return Odd(suite)


@pytest.fixture
def shopper(new_client):
    """A payer who has some of it, and has approved it."""
    with new_client("shopper.db", signer=account(6)) as made:
        yield made


@pytest.fixture
def order(client, shopper, odd):
    """An order over 20 that the payer has allowed; a fifth goes to account 8."""
    shopper.payment.approve(odd.address, 20).wait(timeout=WAIT)
    return client.payment.order(
        f"odd-{next(_numbers)}",
        20,
        odd.address,
        account(6).address,
        splits=[Split.percent(account(8).address, 20)],
    )


def test_a_token_that_answers_nothing_pays(client, shopper, odd, order):
    odd.turn("NoReturn")
    assert shopper.payment.pay(order).wait(timeout=WAIT).status == "done"
    assert odd.of(client.sender) == 16 * 10**6


@pytest.mark.parametrize("oddity", ["RecipientFee", "Phantom"])
def test_a_token_that_delivers_less_is_refused_by_name(client, shopper, odd, order, oddity):
    odd.turn(oddity)
    with pytest.raises((ShortTransfer, TransferFailed)):
        shopper.payment.pay(order).wait(timeout=WAIT)
    assert client.payment.show(order).state is PaymentState.UNPAID


def test_whoever_cannot_be_paid_is_credited_and_takes_it_elsewhere(
    client, new_client, shopper, odd, order
):
    blocked, elsewhere = account(8), account(9).address
    odd.block(blocked.address)
    odd.turn("BlocksRecipient")
    outcome = shopper.payment.pay(order).wait(timeout=WAIT)
    assert outcome.result["credited"] == [{"account": blocked.address, "amount": "4.000000"}]
    assert client.payment.owed(odd.address, blocked.address) == 4
    with new_client("blocked.db", signer=blocked) as theirs:
        assert theirs.payment.owed(odd.address) == Decimal(4)
        with pytest.raises(TransferFailed):
            theirs.payment.withdraw.dry_run(odd.address)
        kept = theirs.payment.withdraw(odd.address, elsewhere)
        taken = kept.wait(timeout=WAIT)
        assert (taken.result["to"], taken.result["amount"]) == (elsewhere, "4.000000")
        # As after a crash that left it open: sent again, it finds that it was done.
        payload = theirs.tx.show(kept.id).payload
        refusal = Withdraw(theirs).refusal(payload, NothingOwed(blocked.address, odd.address))
        assert (refusal.status, refusal.result["transaction"]) == ("duplicate", taken.tx_hash)
        with pytest.raises(NothingOwed):
            theirs.payment.withdraw(odd.address, elsewhere).wait(timeout=WAIT)
    assert odd.of(elsewhere) == 4 * 10**6
    assert client.payment.owed(odd.address, blocked.address) == 0


def test_what_has_ceased_to_be_a_token_hides_no_other_payment(
    client, new_client, shopper, suite, odd, order
):
    shopper.payment.pay(order).wait(timeout=WAIT)
    sound = client.payment.order("sound", 5, suite.token, account(6).address)
    suite.allow(account(6), "Payments", 5 * 10**6)
    shopper.payment.pay(sound).wait(timeout=WAIT)
    odd.turn("NoMetadata")
    with new_client("fresh.db") as fresh:
        listed = [each.id for each in fresh.payment.list()]
        assert units.hex32(fresh.payment.id_of(sound)) in listed
        assert units.hex32(fresh.payment.id_of(order)) not in listed
        with pytest.raises(InputError, match="no ERC-20 token"):
            fresh.payment.show(fresh.payment.id_of(order))


def test_a_token_without_permits_says_to_approve(client, odd, order):
    with pytest.raises(InputError, match="approve the amount instead"):
        client.payment.permit_request(odd.address, account(6).address, 20, order.pay_by)


def test_a_token_without_a_name_goes_by_its_address(client, odd):
    token = client.payment.token(odd.address)
    assert (token.symbol, token.name) == ("ODD", f"{odd.address[:6]}…{odd.address[-4:]}")


def test_a_token_that_does_not_say_its_decimals_is_refused(client, odd):
    odd.turn("NoMetadata")
    with pytest.raises(InputError, match="does not say its decimals"):
        client.payment.order("no-decimals", 20, odd.address, account(6).address)
