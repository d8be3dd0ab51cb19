"""One signature, one transaction: register, link, save consents, award the welcome points."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import (
    CAP,
    COMMITMENT,
    DEADLINE,
    LINKS_PER_DAY,
    NOBODY,
    role_id,
)
from tests.contracts.unit.support.consents import (
    ALL,
    DIGESTS,
    DOCUMENT,
    PROGRAMME,
    RECEIPT,
    WORDS,
    changed,
    decision,
)
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

ANA = keccak(text="customer Ana")
GRANT, REFUSE = 0b0101101, 0b1010010


def intent(
    customer=ANA,
    holder=HERS,
    grant=GRANT,
    withdraw=REFUSE,
    notice=1,
    welcome=0,
    seq=0,
    group=0,
    deadline=DEADLINE,
    receipt=RECEIPT,
):
    """An intent as the contract's struct."""
    address = holder.address
    return (customer, address, group, grant, withdraw, notice, receipt, welcome, seq, deadline)


def signature(onboarding, made, by=HERS, programme=PROGRAMME, document=DOCUMENT, **options):
    """The wallet's signature over what it is shown: names and words, no masks."""
    customer, address, group, grant, withdraw, notice, receipt, welcome, seq, deadline = made
    choices = [
        (WORDS[lane], bool(grant >> lane & 1))
        for lane in range(7)
        if (grant | withdraw) >> lane & 1
    ]
    fields = (programme, customer, address, choices, group, notice, document, welcome, receipt)
    return by.sign(onboarding, "Onboard", *fields, seq, deadline, **options)


def signed(onboarding, made, words=DIGESTS, **options):
    return (made, words, COMMITMENT, signature(onboarding, made, **options))


def test_onboard_of_every_kind_of_account_registers_links_and_saves_at_once(
    stage, registry, consents, onboarding, onboarding_operator, holder
):
    made = intent(holder=holder)

    receipt = onboarding.onboard(*signed(onboarding, made, by=holder), sender=onboarding_operator)

    assert stage.events(receipt) == [
        ("Registered", {"customerId": ANA, "commitment": COMMITMENT}),
        ("WalletLinked", {"customerId": ANA, "wallet": holder.address, "seq": 1}),
        changed(decision(ANA, GRANT, REFUSE), holder, seq=1),
        ("Onboarded", {"customerId": ANA, "wallet": holder.address, "welcomePoints": 0}),
    ]
    assert registry.activeWallet(ANA) == holder.address
    assert registry.idOf(holder.address) == ANA
    assert registry.customer(ANA).registeredDay == stage.now // DAY
    assert consents.grantedIn(ANA, 0) == GRANT


def test_onboard_refuses_a_strangers_signature_for_every_kind_of_account(
    stage, onboarding, onboarding_operator, holder
):
    made = intent(holder=holder)
    forged = signed(onboarding, made, by=wallet("Mallory"))

    refusal = stage.refusal(onboarding.onboard, *forged, by=onboarding_operator)

    assert refusal == ("BadSignature", holder.address)


def test_onboard_of_a_registered_customer_links_and_keeps_the_commitment(
    stage, registry, onboarding, onboarding_operator, register
):
    register()

    receipt = onboarding.onboard(*signed(onboarding, intent()), sender=onboarding_operator)

    assert [name for name, _ in stage.events(receipt)] == [
        "WalletLinked",
        "ConsentChanged",
        "Onboarded",
    ]
    assert registry.walletOf(ANA) == HERS.address


def test_onboard_awards_the_welcome_points_that_were_signed(
    stage, points, onboarding, onboarding_operator, admin
):
    stage.send(onboarding.setWelcome, 250, by=admin)
    made = intent(welcome=250)

    receipt = onboarding.onboard(*signed(onboarding, made), sender=onboarding_operator)

    told = dict(stage.events(receipt))
    assert told["Awarded"]["points"] == 250
    assert told["Awarded"]["ref"] == onboarding.welcomeRef(ANA)
    assert told["Onboarded"]["welcomePoints"] == 250
    assert points.balanceOf(ANA) == 250


def test_onboard_again_awards_no_second_welcome(
    stage, registry, points, onboarding, onboarding_operator, admin
):
    stage.send(onboarding.setWelcome, 250, by=admin)
    stage.send(onboarding.onboard, *signed(onboarding, intent(welcome=250)), by=onboarding_operator)
    stage.send(registry.unlinkWallet, ANA, by=HERS)

    again = signed(onboarding, intent(welcome=250, seq=2))
    receipt = onboarding.onboard(*again, sender=onboarding_operator)

    assert stage.events(receipt)[-1] == (
        "Onboarded",
        {"customerId": ANA, "wallet": HERS.address, "welcomePoints": 0},
    )
    assert points.balanceOf(ANA) == 250


@pytest.mark.parametrize(("given", "offered"), [(250, 0), (250, 300), (1, 250)])
def test_onboard_refuses_another_welcome_than_the_programme_offers(
    stage, onboarding, onboarding_operator, admin, given, offered
):
    stage.send(onboarding.setWelcome, offered, by=admin)

    refusal = stage.refusal(
        onboarding.onboard, *signed(onboarding, intent(welcome=given)), by=onboarding_operator
    )

    assert refusal == ("WelcomeChanged", given, offered)


def test_onboard_without_a_welcome_works_whatever_is_offered(
    stage, points, onboarding, onboarding_operator, admin
):
    stage.send(onboarding.setWelcome, 250, by=admin)

    stage.send(onboarding.onboard, *signed(onboarding, intent()), by=onboarding_operator)

    assert points.balanceOf(ANA) == 0


def test_onboard_is_all_or_nothing(
    stage, registry, consents, onboarding, onboarding_operator, admin
):
    stage.send(onboarding.setWelcome, CAP + 1, by=admin)
    made = intent(welcome=CAP + 1)

    refusal = stage.refusal(onboarding.onboard, *signed(onboarding, made), by=onboarding_operator)

    assert refusal == ("IssuerCapExceeded", onboarding.address, CAP + 1, CAP)
    assert registry.statusOf(ANA) == 0
    assert consents.sequenceOf(ANA, 0) == 0


def test_onboard_is_good_once(stage, registry, onboarding, onboarding_operator):
    used = signed(onboarding, intent())
    stage.send(onboarding.onboard, *used, by=onboarding_operator)

    assert stage.refusal(onboarding.onboard, *used, by=onboarding_operator) == (
        "WalletLinkedAlready",
        ANA,
        HERS.address,
    )
    stage.send(registry.unlinkWallet, ANA, by=HERS)
    assert stage.refusal(onboarding.onboard, *used, by=onboarding_operator) == (
        "BadSequence",
        0,
        2,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"customer": b"\x01" * 32},
        {"grant": GRANT ^ 1, "withdraw": REFUSE ^ 1},
        {"withdraw": 0},
        {"grant": ALL, "withdraw": 0},
        {"welcome": 250},
        {"receipt": b"\x01" * 32},
        {"deadline": DEADLINE + 1},
        {"seq": 1},
    ],
    ids=lambda change: "+".join(change),
)
def test_onboard_refuses_every_field_that_was_not_signed(
    stage, onboarding, onboarding_operator, admin, change
):
    stage.send(onboarding.setWelcome, 250, by=admin)
    given = signature(onboarding, intent())

    refusal = stage.refusal(
        onboarding.onboard, intent(**change), DIGESTS, COMMITMENT, given, by=onboarding_operator
    )

    assert refusal == ("BadSignature", HERS.address)


def test_onboard_refuses_another_wallet_than_the_one_that_signed(
    stage, onboarding, onboarding_operator
):
    his = wallet("Bo")
    given = signature(onboarding, intent())

    refusal = stage.refusal(
        onboarding.onboard,
        intent(holder=his),
        DIGESTS,
        COMMITMENT,
        given,
        by=onboarding_operator,
    )

    assert refusal == ("BadSignature", his.address)


@pytest.mark.parametrize(
    "other",
    [
        {"programme": "Corner Tea Club"},
        {"document": keccak(text="another notice")},
        {"chain_id": 1},
    ],
    ids=lambda other: next(iter(other)),
)
def test_onboard_refuses_what_was_shown_otherwise(stage, onboarding, onboarding_operator, other):
    forged = signed(onboarding, intent(), **other)

    assert stage.refusal(onboarding.onboard, *forged, by=onboarding_operator) == (
        "BadSignature",
        HERS.address,
    )


def test_onboard_refuses_a_high_s_and_address_zero(stage, onboarding, onboarding_operator):
    made, words, commitment, given = signed(onboarding, intent())
    nobody = (made[0], NOBODY, *made[2:])

    assert stage.refusal(
        onboarding.onboard, made, words, commitment, mirrored(given), by=onboarding_operator
    ) == ("BadSignature", HERS.address)
    assert stage.refusal(
        onboarding.onboard, nobody, words, commitment, bytes(65), by=onboarding_operator
    ) == ("BadSignature", NOBODY)


def test_onboard_refuses_words_that_are_not_the_notices(stage, onboarding, onboarding_operator):
    swapped = [DIGESTS[1], DIGESTS[0], *DIGESTS[2:]]

    found = [
        stage.refusal(
            onboarding.onboard, *signed(onboarding, intent(), words=words), by=onboarding_operator
        )
        for words in (swapped, [bytes(32)] * 7)
    ]

    assert found == [("WrongWords", 0, 1)] * 2


@pytest.mark.parametrize(("group", "notice"), [(0, 2), (1, 1)])
def test_onboard_refuses_an_unknown_notice(stage, onboarding, onboarding_operator, group, notice):
    made = intent(group=group, notice=notice)

    refusal = stage.refusal(onboarding.onboard, *signed(onboarding, made), by=onboarding_operator)

    assert refusal == ("WrongWords", group, notice)


def test_onboard_refuses_a_stale_notice(
    stage, consents, publisher, onboarding, onboarding_operator
):
    stage.send(consents.publishNotice, 0, 2, DOCUMENT, WORDS, by=publisher)

    refusal = stage.refusal(
        onboarding.onboard, *signed(onboarding, intent()), by=onboarding_operator
    )

    assert refusal == ("StaleNotice", 0, 1, 2)


def test_onboard_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, onboarding, onboarding_operator
):
    made = signed(onboarding, intent())
    late = DEADLINE + 1

    assert stage.answer(onboarding.onboard, *made, by=onboarding_operator, at=DEADLINE) == ()
    refusal = stage.refusal(onboarding.onboard, *made, by=onboarding_operator, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_onboard_refuses_a_decision_about_nothing(stage, onboarding, onboarding_operator):
    made = intent(grant=0, withdraw=0)

    refusal = stage.refusal(onboarding.onboard, *signed(onboarding, made), by=onboarding_operator)

    assert refusal == ("EmptyDecision",)


def test_onboard_refuses_a_wallet_that_another_customer_has(
    stage, onboarding, onboarding_operator, register, link
):
    bea = register("Bea")
    link(bea, "Ana")

    refusal = stage.refusal(
        onboarding.onboard, *signed(onboarding, intent()), by=onboarding_operator
    )

    assert refusal == ("WalletTaken", HERS.address, bea)


def test_onboard_refuses_a_customer_who_is_suspended_or_gone(
    stage, registry, operator, onboarding, onboarding_operator, register, erase
):
    register()
    stage.send(registry.suspend, ANA, COMMITMENT, by=operator)
    made = signed(onboarding, intent())
    assert stage.refusal(onboarding.onboard, *made, by=onboarding_operator) == (
        "CustomerSuspended",
        ANA,
    )

    erase(ANA)

    assert stage.refusal(onboarding.onboard, *made, by=onboarding_operator) == (
        "CustomerClosed",
        ANA,
    )


def test_onboard_with_a_grant_stops_while_consents_are_paused(
    stage, consents, consent_guardian, onboarding, onboarding_operator
):
    stage.send(consents.pause, by=consent_guardian)

    assert stage.refusal(
        onboarding.onboard, *signed(onboarding, intent()), by=onboarding_operator
    ) == ("EnforcedPause",)
    # Whoever joins with a no to everything can.
    no = signed(onboarding, intent(grant=0, withdraw=ALL))
    stage.send(onboarding.onboard, *no, by=onboarding_operator)
    assert consents.grantedIn(ANA, 0) == 0


def test_onboard_stops_at_the_allowance_of_links(stage, registry, onboarding, onboarding_operator):
    for i in range(LINKS_PER_DAY):
        guest = wallet(f"guest {i}")
        made = intent(customer=keccak(text=f"guest {i}"), holder=guest)
        stage.send(onboarding.onboard, *signed(onboarding, made, by=guest), by=onboarding_operator)
    assert registry.allowances(onboarding).links == 0

    refusal = stage.refusal(
        onboarding.onboard, *signed(onboarding, intent()), by=onboarding_operator
    )

    assert refusal == ("RateLimitExceeded",)


def test_onboard_is_for_operators_of_onboarding_only(stage, onboarding, operator):
    refusal = stage.refusal(onboarding.onboard, *signed(onboarding, intent()), by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("operator"))
