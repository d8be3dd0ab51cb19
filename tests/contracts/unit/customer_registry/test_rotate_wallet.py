"""Replacing a wallet, with the old and the new one agreeing; and giving one up."""

import pytest

from tests.contracts.unit.conftest import COMMITMENT, DEADLINE, NOBODY
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.wallets import wallet

OLD, NEW = wallet("Ana"), wallet("Ana's new phone")


ana = linked("Ana")


def signed(registry, customer, new=NEW, seq=1, deadline=DEADLINE, first=None, second=None):
    """The arguments of `rotateWallet`: the new wallet signs first, the current one second."""
    fields = (customer, new.address, seq, deadline)
    first = (first or new).sign(registry, "LinkWallet", *fields)
    return (*fields, first, (second or OLD).sign(registry, "LinkWallet", *fields))


def test_rotate_wallet_moves_the_customer_to_the_new_wallet(stage, registry, stranger, ana):
    receipt = registry.rotateWallet(*signed(registry, ana), sender=stranger)

    assert stage.events(receipt) == [
        ("WalletLinked", {"customerId": ana, "wallet": NEW.address, "seq": 2})
    ]
    assert registry.walletOf(ana) == NEW.address
    assert registry.idOf(NEW.address) == ana
    assert registry.idOf(OLD.address) == bytes(32)


@pytest.mark.parametrize(
    ("forgery", "blamed"),
    [({"first": wallet("Mallory")}, NEW), ({"second": wallet("Mallory")}, OLD)],
    ids=["of the new wallet", "of the current wallet"],
)
def test_rotate_wallet_refuses_a_forged_signature(stage, registry, stranger, ana, forgery, blamed):
    refusal = stage.refusal(registry.rotateWallet, *signed(registry, ana, **forgery), by=stranger)

    assert refusal == ("BadSignature", blamed.address)


def test_rotate_wallet_refuses_an_old_intent(stage, registry, stranger, ana):
    refusal = stage.refusal(registry.rotateWallet, *signed(registry, ana, seq=0), by=stranger)

    assert refusal == ("BadSequence", 0, 1)


def test_rotate_wallet_is_refused_a_second_after_the_deadline(stage, registry, stranger, ana):
    late = DEADLINE + 1

    refusal = stage.refusal(registry.rotateWallet, *signed(registry, ana), by=stranger, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_rotate_wallet_refuses_a_customer_without_a_wallet(stage, registry, stranger, register):
    bea = register("Bea")

    refusal = stage.refusal(registry.rotateWallet, *signed(registry, bea, seq=0), by=stranger)

    assert refusal == ("NoWallet", bea)


def test_rotate_wallet_refuses_a_wallet_that_another_customer_has(
    stage, registry, stranger, ana, register, link
):
    bea = register("Bea")
    his = link(bea, "Bea")

    refusal = stage.refusal(registry.rotateWallet, *signed(registry, ana, his), by=stranger)

    assert refusal == ("WalletTaken", his.address, bea)


def test_rotate_wallet_refuses_a_suspended_customer(stage, registry, operator, stranger, ana):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    refusal = stage.refusal(registry.rotateWallet, *signed(registry, ana), by=stranger)

    assert refusal == ("CustomerSuspended", ana)


def test_unlink_wallet_leaves_the_customer_without_a_wallet(stage, registry, ana, account):
    receipt = registry.unlinkWallet(ana, sender=account(OLD))

    assert stage.events(receipt) == [
        ("WalletLinked", {"customerId": ana, "wallet": NOBODY, "seq": 2})
    ]
    assert registry.idOf(OLD.address) == bytes(32)
    assert registry.statusOf(ana) == 1


def test_unlink_wallet_works_while_suspended(stage, registry, operator, ana, account):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    registry.unlinkWallet(ana, sender=account(OLD))

    assert registry.walletOf(ana) == NOBODY


def test_unlink_wallet_is_for_the_wallet_only(stage, registry, operator, ana):
    refusal = stage.refusal(registry.unlinkWallet, ana, by=operator)

    assert refusal == ("NotTheCustomer", ana, operator.address)
