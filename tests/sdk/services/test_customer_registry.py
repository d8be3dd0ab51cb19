"""``client.customer``: who the customers are, here and on chain."""

from __future__ import annotations

import pytest

from rapport.errors import InputError, NotFound
from rapport.reverts import BadSignature, CustomerSuspended
from tests.sdk.support.suite import account, until


def test_register_gives_a_random_id_that_tells_nothing(client):
    client.customer.register("ann@example.org").wait(timeout=30)
    client.customer.register("bob@example.org").wait(timeout=30)
    ann, bob = (client.customer.show(f"{name}@example.org") for name in ("ann", "bob"))
    assert ann.id != bob.id
    assert ann.status == "active"
    detail = client.tx.show(f"register:{ann.id}")
    assert b"ann".hex() not in detail.tx.data.hex()


@pytest.mark.parametrize("number", ["", "  ", "0x12", "a\nb", "x" * 201])
def test_an_impossible_number_is_refused(client, number):
    with pytest.raises(InputError):
        client.customer.register(number)


def test_register_batch_registers_each_once(client):
    stream = client.customer.register_batch(["R-1", "R-2", "R-1", "0x3", "R-3"])
    assert [each.ok for each in stream] == [True, True, True, False, True]
    assert client.customer.show("R-3").status == "active"


def test_dry_run_of_register_keeps_nobody(client):
    assert client.customer.register.dry_run("R-never").gas > 21_000
    with pytest.raises(NotFound):
        client.customer.show("R-never")


def test_link_rotate_and_find_by_wallet(client, suite, customer):
    first, second = account(5), account(6)
    domain = client.customer.domain()
    asked = client.customer.link_request(customer, first.address, until(suite))
    client.customer.link(asked, asked.sign(domain, first)).wait(timeout=30)
    assert client.customer.of_wallet(first.address).number == customer
    asked = client.customer.link_request(customer, second.address, until(suite))
    with pytest.raises(BadSignature):
        client.customer.rotate.dry_run(asked, asked.sign(domain, second), b"\1" * 65)
    client.customer.rotate(asked, asked.sign(domain, second), asked.sign(domain, first)).wait(
        timeout=30
    )
    assert client.customer.show(customer).wallet == second.address
    with pytest.raises(NotFound):
        client.customer.of_wallet(first.address)


def test_an_empty_signature_is_refused_before_it_is_sent(client, suite, customer):
    asked = client.customer.link_request(customer, account(9).address, until(suite))
    with pytest.raises(InputError, match="sign"):
        client.customer.link(asked, b"")


def test_a_suspended_customer_cannot_spend_until_reinstated(client, customer):
    client.loyalty.award(customer, 10).wait(timeout=30)
    client.customer.suspend(customer, "stolen card").wait(timeout=30)
    with pytest.raises(CustomerSuspended):
        client.loyalty.redeem.dry_run(customer, 5)
    client.customer.reinstate(customer).wait(timeout=30)
    client.loyalty.redeem(customer, 5).wait(timeout=30)
    assert client.loyalty.balance(customer).points == 5


def test_verify_and_revoke(client, suite, customer):
    client.customer.verify(customer, 2, until(suite)).wait(timeout=30)
    assert client.customer.show(customer).level == 2
    client.customer.revoke_verification(customer).wait(timeout=30)
    assert client.customer.show(customer).level == 0
    with pytest.raises(InputError, match="level 0"):
        client.customer.verify(customer, 0, until(suite))


def test_recovery_is_requested_and_called_off(client, suite, customer):
    wallet, other = account(3), account(4)
    domain = client.customer.domain()
    asked = client.customer.link_request(customer, wallet.address, until(suite))
    client.customer.link(asked, asked.sign(domain, wallet)).wait(timeout=30)
    asked = client.customer.link_request(customer, other.address, until(suite))
    client.customer.request_recovery(asked, asked.sign(domain, other)).wait(timeout=30)
    client.customer.veto_recovery(customer).wait(timeout=30)
    assert client.customer.show(customer).wallet == wallet.address


def test_merge_moves_points_and_the_number_follows(client, customer):
    client.customer.register("old").wait(timeout=30)
    client.loyalty.award("old", 30).wait(timeout=30)
    client.customer.merge("old", customer).wait(timeout=30)
    client.follow_up()
    assert client.loyalty.balance(customer).points == 30
    with pytest.raises(InputError, match="was merged"):
        client.loyalty.award("old", 5)
    with pytest.raises(InputError, match="itself"):
        client.customer.merge(customer, customer)


def test_erase_destroys_number_and_key(client, suite, customer, tmp_path):
    found = client.customer.show(customer)
    key = client.directory.find(customer).key
    client.customer.erase(customer).wait(timeout=30)
    client.follow_up()
    with pytest.raises(NotFound):
        client.customer.show(customer)
    assert client.customer.show(found.id).status == "erased"
    with pytest.raises(InputError, match="erased"):
        client.loyalty.award(found.id, 5)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("rapport.db*"))
    assert key not in stored


def test_erasure_is_followed_even_if_the_client_died_before(client, new_client, customer):
    client.customer.erase(customer).wait(timeout=30)
    client.tx.stop()
    # As after a crash: nobody followed up. The next client to close does.
    with new_client("rapport.db"):
        pass
    with pytest.raises(NotFound):
        client.customer.show(customer)
