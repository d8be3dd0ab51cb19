"""Linking a customer's first wallet."""

from tests.contracts.unit.conftest import COMMITMENT, DEADLINE, LINKS_PER_DAY, role_id
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS, wallet


def signed(registry, customer, holder=HERS, seq=0, deadline=DEADLINE, by=None):
    """The arguments of `linkWallet`, signed by the wallet unless told otherwise."""
    fields = (customer, holder.address, seq, deadline)
    return (*fields, (by or holder).sign(registry, "LinkWallet", *fields))


def test_link_wallet_gives_the_customer_the_wallet_that_signed(stage, registry, operator, ana):
    receipt = registry.linkWallet(*signed(registry, ana), sender=operator)

    assert stage.events(receipt) == [
        ("WalletLinked", {"customerId": ana, "wallet": HERS.address, "seq": 1})
    ]
    assert registry.walletOf(ana) == HERS.address
    assert registry.activeWallet(ana) == HERS.address
    assert registry.idOf(HERS.address) == ana


def test_link_wallet_refuses_a_second_wallet(stage, registry, operator, ana, link):
    link(ana)
    his = wallet("Bo")

    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana, his, seq=1), by=operator)

    assert refusal == ("WalletLinkedAlready", ana, HERS.address)


def test_link_wallet_refuses_a_wallet_that_another_customer_has(
    stage, registry, operator, ana, register, link
):
    bea = register("Bea")
    link(bea, "Ana")

    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana), by=operator)

    assert refusal == ("WalletTaken", HERS.address, bea)


def test_link_wallet_refuses_a_signature_of_somebody_else(stage, registry, operator, ana):
    forged = signed(registry, ana, by=wallet("Mallory"))

    assert stage.refusal(registry.linkWallet, *forged, by=operator) == (
        "BadSignature",
        HERS.address,
    )


def test_link_wallet_refuses_a_signature_over_another_customer(
    stage, registry, operator, ana, register
):
    bea = register("Bea")
    *_, signature = signed(registry, ana)

    refusal = stage.refusal(
        registry.linkWallet, bea, HERS.address, 0, DEADLINE, signature, by=operator
    )

    assert refusal == ("BadSignature", HERS.address)


def test_link_wallet_refuses_a_signature_for_another_chain(stage, registry, operator, ana):
    fields = (ana, HERS.address, 0, DEADLINE)
    signature = HERS.sign(registry, "LinkWallet", *fields, chain_id=1)

    refusal = stage.refusal(registry.linkWallet, *fields, signature, by=operator)

    assert refusal == ("BadSignature", HERS.address)


def test_link_wallet_refuses_another_sequence_than_the_record_has(stage, registry, operator, ana):
    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana, seq=1), by=operator)

    assert refusal == ("BadSequence", 1, 0)


def test_link_wallet_refuses_an_intent_that_was_used_before(stage, registry, operator, ana, link):
    link(ana)
    hers = signed(registry, ana, seq=0)
    stage.send(registry.unlinkWallet, ana, by=HERS.address)

    assert stage.refusal(registry.linkWallet, *hers, by=operator) == ("BadSequence", 0, 2)


def test_link_wallet_works_in_the_second_of_the_deadline(stage, registry, operator, ana):
    stage.next(DEADLINE)

    registry.linkWallet(*signed(registry, ana), sender=operator)

    assert registry.walletOf(ana) == HERS.address


def test_link_wallet_is_refused_a_second_after_the_deadline(stage, registry, operator, ana):
    late = DEADLINE + 1

    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana), by=operator, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_link_wallet_refuses_a_suspended_customer(stage, registry, operator, ana):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana), by=operator)

    assert refusal == ("CustomerSuspended", ana)


def test_link_wallet_refuses_an_unknown_customer(stage, registry, operator):
    nobody = b"\x01" * 32

    refusal = stage.refusal(registry.linkWallet, *signed(registry, nobody), by=operator)

    assert refusal == ("UnknownCustomer", nobody)


def test_link_wallet_refuses_an_erased_customer(stage, registry, operator, ana, erase):
    erase(ana)

    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana), by=operator)

    assert refusal == ("CustomerClosed", ana)


def test_link_wallet_is_for_operators_only(stage, registry, stranger, ana):
    refusal = stage.refusal(registry.linkWallet, *signed(registry, ana), by=stranger)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        stranger.address,
        role_id("operator"),
    )


def test_link_wallet_stops_at_the_operators_allowance(stage, registry, operator, register, link):
    for i in range(LINKS_PER_DAY):
        link(register(f"customer {i}"), f"wallet {i}")
    late = register("one too many")
    arguments = signed(registry, late, wallet("one too many"))
    links, closings = registry.allowances(operator)

    assert links == 0
    assert closings > 0
    assert stage.refusal(registry.linkWallet, *arguments, by=operator) == ("RateLimitExceeded",)
    # A day later the allowance is whole again.
    stage.next(stage.now + DAY)
    registry.linkWallet(*arguments, sender=operator)
    assert registry.walletOf(late) == wallet("one too many").address
