"""What whoever joins is awarded, and what the programme is called."""

from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.support.consents import PROGRAMME


def test_set_welcome_offers_the_award_from_now_on(stage, onboarding, admin):
    assert onboarding.welcome() == 0

    receipt = onboarding.setWelcome(250, sender=admin)

    assert stage.events(receipt) == [("WelcomeSet", {"points": 250})]
    assert onboarding.welcome() == 250


def test_set_welcome_is_for_the_admin_only(stage, onboarding, onboarding_operator):
    refusal = stage.refusal(onboarding.setWelcome, 250, by=onboarding_operator)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        onboarding_operator.address,
        bytes(32),
    )


def test_each_customer_has_one_welcome_ref(onboarding):
    ana, bea = keccak(text="Ana"), keccak(text="Bea")

    assert onboarding.welcomeRef(ana) == keccak(
        encode(["string", "bytes32"], ["rapport welcome", ana])
    )
    assert onboarding.welcomeRef(ana) != onboarding.welcomeRef(bea)


def test_the_programme_has_the_name_that_wallets_show(onboarding):
    assert onboarding.programme() == PROGRAMME
