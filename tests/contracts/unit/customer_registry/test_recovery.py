"""Replacing a lost wallet: proposed by RECOVERY, delayed, and open to a veto."""

import pytest

from tests.contracts.unit.conftest import (
    COMMITMENT,
    DEADLINE,
    GENESIS,
    NOBODY,
    RECOVERY_DELAY,
    role_id,
)
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import wallet

REQUESTED = GENESIS + DAY
READY = REQUESTED + RECOVERY_DELAY
LOST, NEW = wallet("Ana"), wallet("Ana's new phone")


ana = linked("Ana")


@pytest.fixture
def proposed(stage, registry, recovery, ana):
    """Ana, with a recovery under way since `REQUESTED`."""
    stage.next(REQUESTED)
    stage.send(registry.requestRecovery, *signed(registry, ana), by=recovery)
    return ana


def signed(registry, customer, seq=1, holder=NEW):
    fields = (customer, holder.address, seq, DEADLINE)
    return (*fields, holder.sign(registry, "LinkWallet", *fields))


def test_request_recovery_tells_when_it_can_be_completed(stage, registry, recovery, ana):
    stage.next(REQUESTED)

    receipt = registry.requestRecovery(*signed(registry, ana), sender=recovery)

    assert stage.events(receipt) == [
        ("RecoveryRequested", {"customerId": ana, "wallet": NEW.address, "readyAt": READY})
    ]
    assert registry.walletOf(ana) == LOST.address
    assert tuple(registry.recovery(ana)) == (NEW.address, READY)


def test_request_recovery_is_for_recovery_only(stage, registry, operator, ana):
    refusal = stage.refusal(registry.requestRecovery, *signed(registry, ana), by=operator)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        operator.address,
        role_id("recovery"),
    )


def test_request_recovery_refuses_a_customer_without_a_wallet(stage, registry, recovery, register):
    bea = register("Bea")

    refusal = stage.refusal(registry.requestRecovery, *signed(registry, bea, seq=0), by=recovery)

    assert refusal == ("NoWallet", bea)


def test_request_recovery_needs_the_new_wallets_signature(stage, registry, recovery, ana):
    fields = (ana, NEW.address, 1, DEADLINE)
    forged = wallet("Mallory").sign(registry, "LinkWallet", *fields)

    refusal = stage.refusal(registry.requestRecovery, *fields, forged, by=recovery)

    assert refusal == ("BadSignature", NEW.address)


def test_request_recovery_refuses_a_suspended_customer(stage, registry, operator, recovery, ana):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    refusal = stage.refusal(registry.requestRecovery, *signed(registry, ana), by=recovery)

    assert refusal == ("CustomerSuspended", ana)


def test_complete_recovery_is_refused_a_second_before_the_delay_ends(
    stage, registry, stranger, proposed
):
    refusal = stage.refusal(registry.completeRecovery, proposed, by=stranger, at=READY - 1)

    assert refusal == ("RecoveryNotReady", READY - 1, READY)


def test_complete_recovery_by_anyone_moves_the_customer_when_the_delay_ends(
    stage, registry, stranger, proposed
):
    stage.next(READY)

    receipt = registry.completeRecovery(proposed, sender=stranger)

    assert stage.events(receipt) == [
        ("RecoveryEnded", {"customerId": proposed, "wallet": NEW.address}),
        ("WalletLinked", {"customerId": proposed, "wallet": NEW.address, "seq": 2}),
    ]
    assert registry.walletOf(proposed) == NEW.address
    assert registry.idOf(LOST.address) == bytes(32)


def test_complete_recovery_is_refused_twice(stage, registry, stranger, proposed):
    stage.next(READY)
    stage.send(registry.completeRecovery, proposed, by=stranger)

    refusal = stage.refusal(registry.completeRecovery, proposed, by=stranger)

    assert refusal == ("NoRecovery", proposed)


def test_complete_recovery_is_refused_while_the_customer_is_suspended(
    stage, registry, operator, stranger, proposed
):
    stage.send(registry.suspend, proposed, COMMITMENT, by=operator)

    refusal = stage.refusal(registry.completeRecovery, proposed, by=stranger, at=READY)

    assert refusal == ("CustomerSuspended", proposed)


def test_complete_recovery_without_a_proposal_is_refused(stage, registry, stranger, ana):
    assert stage.refusal(registry.completeRecovery, ana, by=stranger) == ("NoRecovery", ana)


def test_veto_by_the_current_wallet_ends_the_recovery(stage, registry, stranger, proposed, account):
    receipt = registry.vetoRecovery(proposed, sender=account(LOST))

    assert stage.events(receipt) == [
        ("RecoveryEnded", {"customerId": proposed, "wallet": NEW.address})
    ]
    refusal = stage.refusal(registry.completeRecovery, proposed, by=stranger, at=READY)
    assert refusal == ("NoRecovery", proposed)


def test_veto_by_recovery_withdraws_what_a_stolen_key_proposed(stage, registry, recovery, proposed):
    receipt = registry.vetoRecovery(proposed, sender=recovery)

    assert [name for name, _ in stage.events(receipt)] == ["RecoveryEnded"]
    assert tuple(registry.recovery(proposed)) == (NOBODY, 0)


def test_veto_is_refused_to_anyone_else(stage, registry, operator, proposed):
    refusal = stage.refusal(registry.vetoRecovery, proposed, by=operator)

    assert refusal == ("NotTheCustomer", proposed, operator.address)


def test_veto_without_a_proposal_is_refused(stage, registry, ana):
    assert stage.refusal(registry.vetoRecovery, ana, by=LOST.address) == ("NoRecovery", ana)


def test_unlinking_the_wallet_ends_the_recovery(stage, registry, stranger, proposed):
    stage.send(registry.unlinkWallet, proposed, by=LOST.address)

    refusal = stage.refusal(registry.completeRecovery, proposed, by=stranger, at=READY)

    assert refusal == ("NoRecovery", proposed)
