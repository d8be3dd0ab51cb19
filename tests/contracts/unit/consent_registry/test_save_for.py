"""Saving what a wallet signed for another contract."""

from tests.contracts.unit.conftest import role_id
from tests.contracts.unit.support.consents import changed, decision
from tests.contracts.unit.support.customers import linked
from tests.contracts.unit.support.wallets import HERS, wallet

ana = linked("Ana")


def test_save_for_decides_in_the_wallets_name(stage, consents, enroller, ana):
    decided = decision(ana, grant=1)

    receipt = consents.saveFor(decided, HERS.address, sender=enroller)

    assert stage.events(receipt) == [changed(decided, HERS, seq=1)]
    assert consents.isGranted(ana, 0, 0) is True


def test_save_for_refuses_a_wallet_that_is_not_the_customers(stage, consents, enroller, ana):
    his = wallet("Bo")

    refusal = stage.refusal(consents.saveFor, decision(ana, grant=1), his.address, by=enroller)

    assert refusal == ("NotTheCustomer", ana, his.address)


def test_save_for_refuses_a_customer_without_a_wallet_and_one_who_is_gone(
    stage, consents, enroller, ana, register, erase
):
    bea = register("Bea")
    erase(ana)

    found = [
        stage.refusal(consents.saveFor, decision(customer, grant=1), HERS.address, by=enroller)
        for customer in (bea, ana, b"\x01" * 32)
    ]

    assert found == [("NoWallet", bea), ("CustomerClosed", ana), ("UnknownCustomer", b"\x01" * 32)]


def test_save_for_is_for_enrollers_only(stage, consents, consent_operator, ana):
    refusal = stage.refusal(
        consents.saveFor, decision(ana, grant=1), HERS.address, by=consent_operator
    )

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        consent_operator.address,
        role_id("enroller"),
    )
