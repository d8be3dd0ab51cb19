"""Onboarding: one signature in plain words, and all of it or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.contracts.support import artifacts, wallets
from tests.contracts.support.evm import CHAIN_ID, Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.consent import State, digests
from tests.contracts.support.model.onboarding import Onboard
from tests.contracts.support.model.registry import NOBODY, Status
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import NOTICE, WELCOME, WORDS, Scene
from tests.contracts.support.suite import ADMIN_DELAY, LIMITS, PROGRAMME, WELCOME_CAP
from tests.contracts.support.wallets import Wallet

DAY = 86_400
NEW = digest("newcomer", 0)
GRANT, WITHDRAW = 9, 66  # what `Scene.joining` says
COMMITMENT = digest("commitment", 0)
RECEIPT = digest("receipt", 0)


def join(scene: Scene, intent: Onboard, wallet: Wallet) -> None:
    scene.onboarding.onboard(*scene.onboarding_args(intent, wallet), **scene.by("operator"))


def untouched(scene: Scene, customer: bytes, wallet: Wallet) -> bool:
    """Nothing of a customer who was not known before."""
    return bool(
        scene.registry.statusOf(customer) == Status.NONE
        and scene.registry.idOf(wallet.address) == bytes(32)
        and scene.consents.sequenceOfAll(customer) == 0
        and scene.points.balanceOf(customer) == 0
    )


# Construction


def test_constructor_keeps_what_it_was_given() -> None:
    scene = Scene()
    onboarding = scene.onboarding
    assert onboarding.REGISTRY() == scene.registry.address
    assert onboarding.CONSENTS() == scene.consents.address
    assert onboarding.POINTS() == scene.points.address
    assert onboarding.programme() == PROGRAMME
    assert onboarding.defaultAdminDelay() == ADMIN_DELAY
    assert onboarding.eip712Domain()[1:3] == ("Rapport Onboarding", "1")


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_constructor_refuses_a_part_that_there_is_not(missing: int) -> None:
    scene = Scene()
    parts = [scene.registry.address, scene.consents.address, scene.points.address]
    parts[missing] = NOBODY
    with refused("ZeroAddress"):
        scene.evm.deploy(artifacts.load("Onboarding"), scene.actors["admin"], 0, *parts, "A")


# The whole of it


def test_a_stranger_becomes_a_customer_by_one_signature() -> None:
    scene = Scene()
    wallet = scene.spare
    join(scene, scene.joining(NEW, wallet), wallet)
    ref = scene.onboarding.welcomeRef(NEW)

    def told(contract: str, name: str, *args: Any) -> Event:
        return Event(contract, name, args)

    decided = (NEW, 0, wallet.address, GRANT, WITHDRAW, 1, 1, False, RECEIPT)
    assert scene.events == [
        told("CustomerRegistry", "Registered", NEW, COMMITMENT),
        told("CustomerRegistry", "WalletLinked", NEW, wallet.address, 1),
        told("ConsentRegistry", "ConsentChanged", *decided),
        told("LoyaltyPoints", "Awarded", NEW, ref, WELCOME, 0, 0),
        told("Onboarding", "Onboarded", NEW, wallet.address, WELCOME),
    ]
    assert scene.registry.walletOf(NEW) == wallet.address
    assert scene.registry.idOf(wallet.address) == NEW
    assert scene.registry.customer(NEW)[3:] == (Status.ACTIVE, 1, scene.evm.timestamp // DAY)
    states = [scene.consents.statusOf(NEW, 0, lane)[0] for lane in range(7)]
    assert states == [1, 3, 0, 1, 0, 0, 3]
    assert scene.points.balanceOf(NEW) == WELCOME


@pytest.mark.parametrize("kind", [1, 4, 5])
def test_every_kind_of_wallet_joins(kind: int) -> None:
    scene = Scene()
    wallet = scene.chain.wallets[kind]
    join(scene, scene.joining(NEW, wallet), wallet)
    assert scene.registry.walletOf(NEW) == wallet.address
    assert scene.consents.statusOf(NEW, 0, 0)[0] == State.GRANTED


def test_who_is_registered_keeps_the_commitment_and_what_was_earned() -> None:
    scene = Scene()
    before = scene.points.balanceOf(scene.bare)
    join(scene, scene.joining(scene.bare, scene.spare), scene.spare)
    names = [event.name for event in scene.events]
    assert names == ["WalletLinked", "ConsentChanged", "Awarded", "Onboarded"]
    assert scene.points.balanceOf(scene.bare) == before + WELCOME


def test_what_an_operator_recorded_before_yields_to_the_customers_word() -> None:
    scene = Scene()
    record = scene.decision(1, 2, customerId=scene.bare)
    scene.consents.recordFor(record, 0, **scene.by("operator"))
    join(scene, scene.joining(scene.bare, scene.spare, grant=2, withdraw=8), scene.spare)
    states = [scene.consents.statusOf(scene.bare, 0, lane)[0] for lane in range(4)]
    assert states == [State.RECORDED, State.GRANTED, State.NONE, State.WITHDRAWN]
    assert scene.consents.sequenceOf(scene.bare, 0) == 2


def test_joining_without_a_welcome_awards_nothing() -> None:
    scene = Scene()
    join(scene, scene.joining(NEW, scene.spare, welcomePoints=0), scene.spare)
    assert [event.name for event in scene.events][-2:] == ["ConsentChanged", "Onboarded"]
    assert scene.events[-1].args == (NEW, scene.spare.address, 0)
    assert scene.points.balanceOf(NEW) == 0


# The signature


def test_the_digest_is_the_one_that_wallets_compute() -> None:
    """Ours is written for these tests; eth-account's is the one that SDKs and wallets use."""
    scene = Scene()
    intent = scene.joining(NEW, scene.spare)
    content = intent.content(PROGRAMME, NOTICE, WORDS)
    types = {
        "Onboard": _members(wallets.FORMS["Onboard"]),
        "Choice": _members(wallets.FORMS["Choice"]),
    }
    domain = {
        "name": "Rapport Onboarding",
        "version": "1",
        "chainId": CHAIN_ID,
        "verifyingContract": scene.onboarding.address,
    }
    values = dict(zip((m["name"] for m in types["Onboard"]), content[1:], strict=True))
    values["choices"] = [
        {"purpose": words, "allowed": allowed} for words, allowed in values["choices"]
    ]
    signable = encode_typed_data(domain_data=domain, message_types=types, message_data=values)
    ours = wallets.intent_digest(scene.onboarding, "Onboard", content[1:], CHAIN_ID)
    assert keccak(b"\x19" + signable.version + signable.header + signable.body) == ours


def _members(form: str) -> list[dict[str, str]]:
    pairs = (member.split() for member in form.split(","))
    return [{"type": kind, "name": name} for kind, name in pairs]


@pytest.mark.parametrize(
    "change",
    [
        {"grant": 8},
        {"grant": 1, "withdraw": 74},
        {"withdraw": 2},
        {"withdraw": 70},
        {"grant": 66, "withdraw": 9},
        {"receipt": bytes(32)},
        {"welcomePoints": 0},
        {"deadline": 2**48 - 1},
        {"seq": 1},
        {"customerId": digest("newcomer", 1)},
    ],
    ids=str,
)
def test_nothing_of_what_was_signed_can_be_altered(change: dict[str, Any]) -> None:
    scene = Scene()
    args = scene.onboarding_args(scene.joining(NEW, scene.spare), scene.spare)
    altered = (args[0]._replace(**change), *args[1:])
    with refused("BadSignature", scene.spare.address):
        scene.onboarding.onboard(*altered, **scene.by("operator"))
    assert untouched(scene, NEW, scene.spare)


def test_another_group_or_notice_with_the_same_words_is_not_what_was_signed() -> None:
    scene = Scene()
    by = scene.by("publisher")
    args = scene.onboarding_args(scene.joining(NEW, scene.spare), scene.spare)
    for lane in range(7):
        scene.consents.definePurpose(1, lane, bytes(32), 30, False, **by)
    scene.consents.publishNotice(1, 1, NOTICE, WORDS, **by)
    with refused("BadSignature", scene.spare.address):
        moved = (args[0]._replace(group=1), *args[1:])
        scene.onboarding.onboard(*moved, **scene.by("operator"))
    scene.consents.publishNotice(0, 2, NOTICE, WORDS, **by)
    with refused("BadSignature", scene.spare.address):
        newer = (args[0]._replace(notice=2), *args[1:])
        scene.onboarding.onboard(*newer, **scene.by("operator"))
    with refused("StaleNotice", 0, 1, 2):
        scene.onboarding.onboard(*args, **scene.by("operator"))


def test_the_wallet_that_joins_is_the_one_that_signed() -> None:
    scene = Scene()
    args = scene.onboarding_args(scene.joining(NEW, scene.spare), scene.chain.wallets[2])
    with refused("BadSignature", scene.spare.address):
        scene.onboarding.onboard(*args, **scene.by("operator"))
    third = scene.chain.wallets[2].address
    with refused("BadSignature", third):
        swapped = (args[0]._replace(wallet=third), *args[1:])
        scene.onboarding.onboard(*swapped, **scene.by("operator"))
    with refused("BadSignature", NOBODY):
        nobody = (args[0]._replace(wallet=NOBODY), *args[1:3], bytes(65))
        scene.onboarding.onboard(*nobody, **scene.by("operator"))


@pytest.mark.parametrize("shown", ["programme", "document", "words"])
def test_who_was_shown_something_else_has_not_signed_this(shown: str) -> None:
    scene = Scene()
    intent = scene.joining(NEW, scene.spare)
    programme = "Acme Reward" if shown == "programme" else PROGRAMME
    document = digest("notice", 2) if shown == "document" else NOTICE
    words = [*WORDS]
    if shown == "words":
        words[3] = "May we not?"
    signed = scene.spare.sign(scene.onboarding, *intent.content(programme, document, words))
    with refused("BadSignature", scene.spare.address):
        args = (intent, digests(WORDS), COMMITMENT, signed)
        scene.onboarding.onboard(*args, **scene.by("operator"))


@pytest.mark.parametrize("lane", range(7))
def test_words_that_are_not_the_notices_are_refused(lane: int) -> None:
    scene = Scene()
    intent = scene.joining(NEW, scene.spare)
    words = [*WORDS[:lane], "May we not?", *WORDS[lane + 1 :]]
    signed = scene.spare.sign(scene.onboarding, *intent.content(PROGRAMME, NOTICE, words))
    with refused("WrongWords", 0, 1):
        args = (intent, digests(words), COMMITMENT, signed)
        scene.onboarding.onboard(*args, **scene.by("operator"))


@pytest.mark.parametrize(("group", "notice"), [(0, 0), (0, 2), (1, 1), (255, 1)])
def test_an_unknown_notice_has_no_words(group: int, notice: int) -> None:
    scene = Scene()
    intent = scene.joining(NEW, scene.spare, group=group, notice=notice)
    signed = scene.spare.sign(scene.onboarding, *intent.content(PROGRAMME, bytes(32), WORDS))
    for words in (digests(WORDS), digests([])):
        with refused("WrongWords", group, notice):
            args = (intent, words, COMMITMENT, signed)
            scene.onboarding.onboard(*args, **scene.by("operator"))


def test_an_intent_is_for_one_chain_and_one_contract() -> None:
    scene = Scene()
    intent = scene.joining(NEW, scene.spare)
    content = intent.content(PROGRAMME, NOTICE, WORDS)
    for signed in (
        scene.spare.sign(scene.onboarding, *content, chain_id=2),
        scene.spare.sign(scene.consents, *content),
    ):
        with refused("BadSignature", scene.spare.address):
            args = (intent, digests(WORDS), COMMITMENT, signed)
            scene.onboarding.onboard(*args, **scene.by("operator"))


@pytest.mark.parametrize("bend", ["empty", "high s", "long"])
def test_a_bent_signature_is_refused(bend: str) -> None:
    scene = Scene()
    *content, signed = scene.onboarding_args(scene.joining(NEW, scene.spare), scene.spare)
    forms = {"empty": b"", "high s": wallets.mirrored(signed), "long": bytes(signed) + b"\0"}
    with refused("BadSignature", scene.spare.address):
        scene.onboarding.onboard(*content, forms[bend], **scene.by("operator"))


def test_an_intent_serves_until_its_deadline_and_once() -> None:
    scene = Scene()
    deadline = scene.evm.timestamp + 60
    intent = scene.joining(NEW, scene.spare, deadline=deadline)
    mark = scene.evm.snapshot()
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        join(scene, intent, scene.spare)
    scene.evm.revert(mark)
    scene.evm.warp(deadline)
    join(scene, intent, scene.spare)
    with refused("WalletLinkedAlready", NEW, scene.spare.address):
        join(scene, intent, scene.spare)
    unlink = scene.own_intent("UnlinkWallet", NEW, scene.spare)
    scene.registry.unlinkWalletBySig(*unlink, **scene.by("stranger"))
    with refused("BadSequence", 0, 2):
        join(scene, intent, scene.spare)


# All or nothing


def test_if_the_points_are_paused_nothing_happened() -> None:
    scene = Scene()
    scene.points.pause(**scene.by("guardian"))
    with refused("EnforcedPause"):
        join(scene, scene.joining(NEW, scene.spare), scene.spare)
    assert untouched(scene, NEW, scene.spare)
    join(scene, scene.joining(NEW, scene.spare, welcomePoints=0), scene.spare)


def test_if_the_consents_are_paused_nothing_happened_unless_all_is_refused() -> None:
    scene = Scene()
    scene.consents.pause(**scene.by("guardian"))
    with refused("EnforcedPause"):
        join(scene, scene.joining(NEW, scene.spare), scene.spare)
    assert untouched(scene, NEW, scene.spare)
    join(scene, scene.joining(NEW, scene.spare, grant=0), scene.spare)
    assert scene.consents.statusOf(NEW, 0, 1)[0] == State.WITHDRAWN


@pytest.mark.parametrize(
    ("grant", "withdraw", "error"),
    [
        (3, 6, ("OverlappingMasks", 3, 6)),
        (0, 0, ("EmptyDecision",)),
        (129, 2, ("UnknownPurpose", 0, 128)),
    ],
)
def test_if_the_choices_are_wrong_nothing_happened(
    grant: int, withdraw: int, error: tuple[Any, ...]
) -> None:
    scene = Scene()
    with refused(*error):
        join(scene, scene.joining(NEW, scene.spare, grant=grant, withdraw=withdraw), scene.spare)
    assert untouched(scene, NEW, scene.spare)


def test_if_the_wallet_is_taken_nothing_happened() -> None:
    scene = Scene()
    with refused("WalletTaken", scene.wallet.address, scene.linked):
        join(scene, scene.joining(NEW, scene.wallet), scene.wallet)
    assert scene.registry.statusOf(NEW) == Status.NONE
    assert scene.consents.sequenceOfAll(NEW) == 0


def test_who_has_a_wallet_or_is_suspended_or_closed_does_not_join_again() -> None:
    scene = Scene()
    with refused("WalletLinkedAlready", scene.linked, scene.wallet.address):
        join(scene, scene.joining(scene.linked, scene.spare), scene.spare)
    scene.registry.suspend(scene.bare, bytes(32), **scene.by("operator"))
    with refused("CustomerSuspended", scene.bare):
        join(scene, scene.joining(scene.bare, scene.spare), scene.spare)
    scene.registry.erase(scene.other, **scene.by("steward"))
    with refused("CustomerClosed", scene.other):
        join(scene, scene.joining(scene.other, scene.spare), scene.spare)
    with refused("ZeroId"):
        join(scene, scene.joining(bytes(32), scene.spare), scene.spare)
    with refused("BadSequence", 1, 0):
        join(scene, scene.joining(NEW, scene.spare, seq=1), scene.spare)
    assert untouched(scene, NEW, scene.spare)


# The welcome and the allowances


def test_an_intent_that_promises_another_welcome_is_void() -> None:
    scene = Scene()
    for promised in (WELCOME - 1, WELCOME + 1, 2**32 - 1):
        with refused("WelcomeChanged", promised, WELCOME):
            intent = scene.joining(NEW, scene.spare, welcomePoints=promised)
            join(scene, intent, scene.spare)
    scene.onboarding.setWelcome(0, **scene.by("admin"))
    assert scene.events == [Event("Onboarding", "WelcomeSet", (0,))]
    with refused("WelcomeChanged", WELCOME, 0):
        join(scene, scene.joining(NEW, scene.spare), scene.spare)
    scene.onboarding.setWelcome(7, **scene.by("admin"))
    join(scene, scene.joining(NEW, scene.spare, welcomePoints=7), scene.spare)
    assert scene.points.balanceOf(NEW) == 7
    assert scene.onboarding.welcome() == 7


def test_a_customer_is_welcomed_once_ever() -> None:
    scene = Scene()
    join(scene, scene.joining(NEW, scene.spare), scene.spare)
    unlink = scene.own_intent("UnlinkWallet", NEW, scene.spare)
    scene.registry.unlinkWalletBySig(*unlink, **scene.by("stranger"))
    join(scene, scene.joining(NEW, scene.spare), scene.spare)
    assert scene.events[-1].args == (NEW, scene.spare.address, 0)
    assert scene.points.balanceOf(NEW) == WELCOME
    assert scene.onboarding.welcomeRef(NEW) != scene.onboarding.welcomeRef(scene.bare)

    unlink = scene.own_intent("UnlinkWallet", NEW, scene.spare)
    scene.registry.unlinkWalletBySig(*unlink, **scene.by("stranger"))
    scene.onboarding.setWelcome(WELCOME + 1, **scene.by("admin"))
    with refused("RefConflict", scene.onboarding.welcomeRef(NEW)):
        intent = scene.joining(NEW, scene.spare, welcomePoints=WELCOME + 1)
        join(scene, intent, scene.spare)
    join(scene, scene.joining(NEW, scene.spare, welcomePoints=0), scene.spare)


def test_welcomes_end_with_the_days_allowance_and_nothing_happened_then() -> None:
    scene = Scene()
    scene.onboarding.setWelcome(WELCOME_CAP, **scene.by("admin"))
    join(scene, scene.joining(NEW, scene.spare, welcomePoints=WELCOME_CAP), scene.spare)
    late, wallet = digest("newcomer", 1), scene.chain.wallets[2]
    with refused("IssuerCapExceeded", scene.onboarding.address, WELCOME_CAP, 0):
        join(scene, scene.joining(late, wallet, welcomePoints=WELCOME_CAP), wallet)
    assert untouched(scene, late, wallet)
    scene.evm.warp(scene.evm.timestamp + DAY)
    join(scene, scene.joining(late, wallet, welcomePoints=WELCOME_CAP), wallet)


def test_links_end_with_the_contracts_own_allowance() -> None:
    scene = Scene()
    scene.registry.setLimits(1, 1, **scene.by("admin"))
    scene.evm.warp(scene.evm.timestamp + DAY)
    join(scene, scene.joining(NEW, scene.spare), scene.spare)
    late, wallet = digest("newcomer", 1), scene.chain.wallets[2]
    with refused("RateLimitExceeded"):
        join(scene, scene.joining(late, wallet), wallet)
    assert untouched(scene, late, wallet)
    scene.link(scene.other, wallet)  # an operator's own allowance is another one


# Enrolling, as the registry does it for whoever holds the role


def test_enrol_registers_and_links_and_uses_the_enrollers_allowance() -> None:
    scene = Scene()
    enrol, by = scene.registry.enrol, scene.by("enroller")
    enrol(NEW, COMMITMENT, scene.spare.address, 0, **by)
    assert scene.events == [
        Event("CustomerRegistry", "Registered", (NEW, COMMITMENT)),
        Event("CustomerRegistry", "WalletLinked", (NEW, scene.spare.address, 1)),
    ]
    today = scene.evm.timestamp // DAY
    assert scene.registry.customer(NEW) == (scene.spare.address, 0, 0, Status.ACTIVE, 1, today)
    assert scene.registry.allowances(scene.actors["enroller"])[0] == LIMITS[0] - 1
    assert scene.registry.allowances(scene.actors["operator"])[0] == LIMITS[0]
    third = scene.chain.wallets[2].address
    enrol(scene.bare, COMMITMENT, third, 0, **by)
    assert scene.events == [
        Event("CustomerRegistry", "WalletLinked", (scene.bare, third, 1)),
    ]


def test_enrol_keeps_the_verification_and_the_day_of_registration() -> None:
    scene = Scene()
    until = scene.evm.timestamp + DAY
    scene.registry.verify(scene.bare, 2, until, bytes(32), **scene.by("verifier"))
    day = scene.registry.customer(scene.bare)[5]
    scene.evm.warp(until - 1)
    scene.registry.enrol(scene.bare, COMMITMENT, scene.spare.address, 0, **scene.by("enroller"))
    met = (scene.spare.address, until, 2, Status.ACTIVE, 1, day)
    assert scene.registry.customer(scene.bare) == met
    assert scene.registry.isVerified(scene.bare, 2)


def test_enrol_refuses_no_wallet() -> None:
    scene = Scene()
    with refused("ZeroAddress"):
        scene.registry.enrol(NEW, COMMITMENT, NOBODY, 0, **scene.by("enroller"))
