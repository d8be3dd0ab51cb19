"""What a wallet may do by itself, it may also sign: unlinking, erasing, vetoing a recovery."""

import pytest

from tests.contracts.unit.conftest import COMMITMENT, DEADLINE, NOBODY
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

NEW = wallet("Ana's new phone")
VERBS = {"unlinkWalletBySig": "UnlinkWallet", "eraseBySig": "Erase"}


ana = linked("Ana")


@pytest.fixture(params=VERBS)
def verb(request):
    return request.param


def signed(registry, verb, customer, seq=1, by=HERS, **options):
    fields = (customer, seq, DEADLINE)
    return (*fields, by.sign(registry, VERBS[verb], *fields, **options))


def test_unlink_wallet_by_sig_of_every_kind_of_account_frees_it(
    stage, registry, stranger, register, link, holder
):
    ana = register()
    link(ana, holder=holder)

    receipt = registry.unlinkWalletBySig(
        *signed(registry, "unlinkWalletBySig", ana, by=holder), sender=stranger
    )

    told = {"customerId": ana, "wallet": NOBODY, "seq": 2}
    assert stage.events(receipt) == [("WalletLinked", told)]
    assert (registry.walletOf(ana), registry.idOf(holder.address)) == (NOBODY, bytes(32))
    assert registry.statusOf(ana) == 1


def test_erase_by_sig_of_every_kind_of_account_erases_for_ever(
    stage, registry, stranger, register, link, holder
):
    ana = register()
    link(ana, holder=holder)

    receipt = registry.eraseBySig(*signed(registry, "eraseBySig", ana, by=holder), sender=stranger)

    assert [name for name, _ in stage.events(receipt)] == [
        "WalletLinked",
        "Erased",
        "AccountForfeited",
        "ConsentsErased",
    ]
    assert registry.statusOf(ana) == 4
    assert registry.idOf(holder.address) == bytes(32)


def test_erase_by_sig_uses_up_nobodys_allowance(stage, registry, steward, ana):
    before = registry.allowances(steward).closings

    stage.send(registry.eraseBySig, *signed(registry, "eraseBySig", ana), by=steward)

    assert registry.allowances(steward).closings == before


def test_own_intents_are_good_once(stage, registry, stranger, ana, link):
    used = signed(registry, "unlinkWalletBySig", ana)
    stage.send(registry.unlinkWalletBySig, *used, by=stranger)

    assert stage.refusal(registry.unlinkWalletBySig, *used, by=stranger) == ("NoWallet", ana)
    link(ana)
    assert stage.refusal(registry.unlinkWalletBySig, *used, by=stranger) == ("BadSequence", 1, 3)


def test_own_intents_do_not_stand_for_each_other(stage, registry, stranger, ana):
    *unlink, signature = signed(registry, "unlinkWalletBySig", ana)

    refusal = stage.refusal(registry.eraseBySig, *unlink, signature, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_own_intents_refuse_what_the_wallet_did_not_sign(stage, registry, stranger, ana, verb):
    customer, seq, deadline, signature = signed(registry, verb, ana)
    forged = [
        (customer, seq, deadline + 1, signature),
        (customer, seq, deadline, mirrored(signature)),
        signed(registry, verb, ana, by=wallet("Mallory")),
        signed(registry, verb, ana, chain_id=1),
    ]

    for attempt in forged:
        refusal = stage.refusal(getattr(registry, verb), *attempt, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


def test_own_intents_work_in_the_second_of_the_deadline_and_not_after_it(
    stage, registry, stranger, ana, verb
):
    intent = signed(registry, verb, ana)
    late = DEADLINE + 1

    assert stage.answer(getattr(registry, verb), *intent, by=stranger, at=DEADLINE) == ()
    refusal = stage.refusal(getattr(registry, verb), *intent, by=stranger, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_own_intents_work_while_the_customer_is_suspended(
    stage, registry, operator, stranger, ana, verb
):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    stage.send(getattr(registry, verb), *signed(registry, verb, ana), by=stranger)

    assert registry.idOf(HERS.address) == bytes(32)


def test_own_intents_refuse_whoever_has_no_wallet_is_unknown_or_gone(
    stage, registry, stranger, register, ana, erase, verb
):
    bea = register("Bea")
    erase(ana)

    found = [
        stage.refusal(getattr(registry, verb), *signed(registry, verb, customer), by=stranger)
        for customer in (bea, b"\x01" * 32, ana)
    ]

    assert found == [("NoWallet", bea), ("UnknownCustomer", b"\x01" * 32), ("CustomerClosed", ana)]


@pytest.fixture
def propose(stage, registry, recovery):
    """Proposes a new wallet and tells from when it can take effect."""

    def build(customer, new=NEW):
        fields = (customer, new.address, 1, DEADLINE)
        signature = new.sign(registry, "LinkWallet", *fields)
        stage.send(registry.requestRecovery, *fields, signature, by=recovery)
        return stage.answer(registry.recovery, customer, by=recovery)[1]

    return build


def veto(registry, customer, ready, new=NEW, by=HERS, **options):
    fields = (customer, new.address, ready, DEADLINE)
    return (customer, DEADLINE, by.sign(registry, "VetoRecovery", *fields, **options))


def test_veto_recovery_by_sig_of_every_kind_of_account_ends_the_recovery(
    stage, registry, stranger, register, link, holder, propose
):
    ana = register()
    link(ana, holder=holder)
    ready = propose(ana)

    receipt = registry.vetoRecoveryBySig(*veto(registry, ana, ready, by=holder), sender=stranger)

    told = {"customerId": ana, "wallet": NEW.address}
    assert stage.events(receipt) == [("RecoveryEnded", told)]
    refusal = stage.refusal(registry.completeRecovery, ana, by=stranger, at=ready)
    assert refusal == ("NoRecovery", ana)


def test_veto_recovery_by_sig_ends_only_the_recovery_that_it_names(
    stage, registry, stranger, ana, propose
):
    first = propose(ana)
    used = veto(registry, ana, first)
    stage.send(registry.vetoRecoveryBySig, *used, by=stranger)
    assert stage.refusal(registry.vetoRecoveryBySig, *used, by=stranger) == ("NoRecovery", ana)
    stage.next(stage.now + 60)
    propose(ana)

    refusal = stage.refusal(registry.vetoRecoveryBySig, *used, by=stranger)

    assert refusal == ("BadSignature", HERS.address)


def test_veto_recovery_by_sig_refuses_what_the_wallet_did_not_sign(
    stage, registry, stranger, ana, propose
):
    ready = propose(ana)
    customer, deadline, signature = veto(registry, ana, ready)
    forged = [
        (customer, deadline + 1, signature),
        (customer, deadline, mirrored(signature)),
        veto(registry, ana, ready, by=wallet("Mallory")),
        veto(registry, ana, ready, by=NEW),
        veto(registry, ana, ready, new=wallet("another phone")),
        veto(registry, ana, ready, chain_id=1),
    ]

    for attempt in forged:
        refusal = stage.refusal(registry.vetoRecoveryBySig, *attempt, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


def test_veto_recovery_by_sig_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, registry, stranger, ana, propose
):
    intent = veto(registry, ana, propose(ana))
    late = DEADLINE + 1

    assert stage.answer(registry.vetoRecoveryBySig, *intent, by=stranger, at=DEADLINE) == ()
    refusal = stage.refusal(registry.vetoRecoveryBySig, *intent, by=stranger, at=late)

    assert refusal == ("Expired", DEADLINE, late)
