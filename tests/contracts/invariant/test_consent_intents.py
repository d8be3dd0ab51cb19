"""ConsentRegistry: what wallets sign, and what must not pass."""

from __future__ import annotations

import pytest

from tests.contracts.support.consents import ALL, granted, save
from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import NOTICE, WORDS, Scene
from tests.contracts.support.wallets import Wallet

# Intents


def test_an_intent_is_good_once_and_until_its_deadline() -> None:
    scene = Scene()
    deadline = scene.evm.timestamp + 10
    args = scene.save_intent(scene.decision(1, 2), scene.wallet, deadline)
    mark = scene.evm.snapshot()
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    scene.evm.revert(mark)
    scene.evm.warp(deadline)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert scene.events[0].args[2] == scene.wallet.address
    with refused("BadSequence", 0, 1):
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert granted(scene) & 3 == 1


def test_an_intent_of_everything_withdrawn_is_good_once_and_until_its_deadline() -> None:
    scene = Scene()
    save(scene, ALL, 0)
    deadline = scene.evm.timestamp + 10
    args = scene.withdrawal_intent(scene.linked, scene.wallet, deadline)
    mark = scene.evm.snapshot()
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        scene.consents.withdrawAllBySig(*args, **scene.by("stranger"))
    scene.evm.revert(mark)
    scene.evm.warp(deadline)
    scene.consents.withdrawAllBySig(*args, **scene.by("stranger"))
    told = (scene.linked, 0, scene.wallet.address, 0, ALL, 0, 2, False, digest("receipt", 0))
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]
    save(scene, 1, 0)
    with refused("BadSequence", 1, 3):
        scene.consents.withdrawAllBySig(*args, **scene.by("stranger"))
    assert granted(scene) == 1


def test_an_intent_says_what_it_says_and_nothing_else() -> None:
    scene = Scene()
    decision = scene.decision(1, 2)
    _, seq, deadline, signed = scene.save_intent(decision, scene.wallet)
    for other in (
        decision._replace(grant=5),
        decision._replace(withdraw=6),
        decision._replace(notice=2),
        decision._replace(receipt=bytes(32)),
    ):
        with refused("BadSignature", scene.wallet.address):
            scene.consents.saveBySig(other, seq, deadline, signed, **scene.by("stranger"))
    with refused("BadSignature", scene.wallet.address):
        args = (decision, seq, deadline + 1, signed)
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    scene.link(scene.other, scene.spare)
    with refused("BadSignature", scene.spare.address):
        stolen = (decision._replace(customerId=scene.other), seq, deadline, signed)
        scene.consents.saveBySig(*stolen, **scene.by("stranger"))
    customer, receipt, total, until, said = scene.withdrawal_intent(scene.linked, scene.wallet)
    with refused("BadSignature", scene.wallet.address):
        scene.consents.withdrawAllBySig(customer, bytes(32), total, until, said)
    with refused("BadSignature", scene.wallet.address):
        scene.consents.withdrawAllBySig(customer, receipt, total, until + 1, said)


def test_an_intent_is_for_one_chain_and_one_contract_and_one_form() -> None:
    scene = Scene()
    decision, seq, deadline, _ = scene.save_intent(scene.decision(1, 0), scene.wallet)
    content = ("Save", *decision, seq, deadline)
    for signed in (
        scene.wallet.sign(scene.consents, *content, chain_id=2),
        scene.wallet.sign(scene.onboarding, *content),
        scene.spare.sign(scene.consents, *content),
        scene.withdrawal_intent(scene.linked, scene.wallet)[-1],
    ):
        with refused("BadSignature", scene.wallet.address):
            args = (decision, seq, deadline, signed)
            scene.consents.saveBySig(*args, **scene.by("stranger"))


@pytest.mark.parametrize("kind", [1, 4, 5])
def test_every_kind_of_wallet_decides_by_its_signature(kind: int) -> None:
    scene = Scene()
    wallet: Wallet = scene.chain.wallets[kind]
    scene.link(scene.bare, wallet)
    args = scene.save_intent(scene.decision(ALL, 0, customerId=scene.bare), wallet)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert granted(scene, scene.bare) == ALL
    all_of_it = scene.withdrawal_intent(scene.bare, wallet)
    scene.consents.withdrawAllBySig(*all_of_it, **scene.by("stranger"))
    assert granted(scene, scene.bare) == 0


def test_nobody_signs_for_who_has_no_wallet_or_is_closed() -> None:
    scene = Scene()
    gone, unknown = scene.other, digest("nobody", 0)
    scene.registry.erase(gone, **scene.by("steward"))
    named = ((scene.bare, "NoWallet"), (gone, "CustomerClosed"), (unknown, "UnknownCustomer"))
    for customer, error in named:
        args = scene.save_intent(scene.decision(0, 1, customerId=customer), scene.wallet)
        with refused(error, customer):
            scene.consents.saveBySig(*args, **scene.by("stranger"))
        with refused(error, customer):
            all_of_it = scene.withdrawal_intent(customer, scene.wallet)
            scene.consents.withdrawAllBySig(*all_of_it, **scene.by("stranger"))
        with refused(error, customer):
            decision = scene.decision(0, 1, customerId=customer)
            scene.consents.saveFor(decision, NOBODY, **scene.by("enroller"))


def test_intents_for_other_groups_and_customers_pass_in_any_order() -> None:
    scene = Scene()
    scene.consents.definePurpose(1, 0, bytes(32), 30, False, **scene.by("publisher"))
    scene.consents.publishNotice(1, 1, NOTICE, WORDS[:1], **scene.by("publisher"))
    scene.link(scene.bare, scene.spare)
    signed = [
        scene.save_intent(scene.decision(1, 0), scene.wallet),
        scene.save_intent(scene.decision(1, 0, group=1), scene.wallet),
        scene.save_intent(scene.decision(1, 0, customerId=scene.bare), scene.spare),
    ]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        mark = scene.evm.snapshot()
        for number in order:
            scene.consents.saveBySig(*signed[number], **scene.by("stranger"))
        assert granted(scene, group=1) == 1
        assert granted(scene) & granted(scene, scene.bare) & 1
        scene.evm.revert(mark)


def test_a_signed_grant_is_void_once_another_notice_is_current() -> None:
    scene = Scene()
    args = scene.save_intent(scene.decision(1, 0), scene.wallet)
    scene.consents.publishNotice(0, 2, digest("notice", 2), WORDS, **scene.by("publisher"))
    with refused("StaleNotice", 0, 1, 2):
        scene.consents.saveBySig(*args, **scene.by("stranger"))


def test_an_enroller_saves_for_the_linked_wallet_only() -> None:
    scene = Scene()
    save_for, by = scene.consents.saveFor, scene.by("enroller")
    with refused("NotTheCustomer", scene.linked, scene.spare.address):
        save_for(scene.decision(1, 0), scene.spare.address, **by)
    save_for(scene.decision(1, 0), scene.wallet.address, **by)
    told = (scene.linked, 0, scene.wallet.address, 1, 0, 1, 1, False, digest("receipt", 0))
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]
