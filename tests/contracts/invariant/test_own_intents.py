"""What a wallet may do itself it may sign for: unlinking, erasing, stopping a recovery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.registry import NOBODY, Status
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import LIMITS

FORMS = {"UnlinkWallet": "unlinkWalletBySig", "Erase": "eraseBySig"}


def verb_of(scene: Scene, form: str) -> Callable[..., Any]:
    return lambda *args: getattr(scene.registry, FORMS[form])(*args, **scene.by("stranger"))


def test_a_wallet_unlinks_itself_by_its_signature() -> None:
    scene = Scene()
    verb_of(scene, "UnlinkWallet")(*scene.own_intent("UnlinkWallet", scene.linked, scene.wallet))
    assert scene.events == [Event("CustomerRegistry", "WalletLinked", (scene.linked, NOBODY, 2))]
    assert scene.registry.statusOf(scene.linked) == Status.ACTIVE
    assert scene.registry.idOf(scene.wallet.address) == bytes(32)


def test_a_wallet_erases_its_customer_by_its_signature_without_anybodys_allowance() -> None:
    scene = Scene()
    scene.registry.setLimits(LIMITS[0], 0, **scene.by("admin"))
    verb_of(scene, "Erase")(*scene.own_intent("Erase", scene.linked, scene.wallet))
    names = [event.name for event in scene.events]
    assert names == ["WalletLinked", "Erased", "AccountForfeited", "ConsentsErased"]
    assert scene.registry.statusOf(scene.linked) == Status.ERASED
    assert scene.points.balanceOf(scene.linked) == 0


@pytest.mark.parametrize("form", FORMS)
def test_leaving_goes_on_while_suspended(form: str) -> None:
    scene = Scene()
    scene.registry.suspend(scene.linked, bytes(32), **scene.by("operator"))
    verb_of(scene, form)(*scene.own_intent(form, scene.linked, scene.wallet))
    assert scene.registry.walletOf(scene.linked) == NOBODY


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [1, 4, 5])
def test_every_kind_of_wallet_leaves_by_its_signature(form: str, kind: int) -> None:
    scene = Scene()
    wallet = scene.chain.wallets[kind]
    scene.link(scene.bare, wallet)
    verb_of(scene, form)(*scene.own_intent(form, scene.bare, wallet))
    assert scene.registry.walletOf(scene.bare) == NOBODY


@pytest.mark.parametrize("form", FORMS)
def test_an_own_intent_is_good_once_and_until_its_deadline(form: str) -> None:
    scene = Scene()
    args = scene.own_intent(form, scene.linked, scene.wallet)
    mark = scene.evm.snapshot()
    scene.evm.warp(args[2] + 1)
    with refused("Expired", args[2], args[2] + 1):
        verb_of(scene, form)(*args)
    scene.evm.revert(mark)
    verb_of(scene, form)(*args)
    error = "NoWallet" if form == "UnlinkWallet" else "CustomerClosed"
    with refused(error, scene.linked):
        verb_of(scene, form)(*args)
    if form == "UnlinkWallet":
        scene.link(scene.linked, scene.wallet)
        with refused("BadSequence", 1, 3):
            verb_of(scene, form)(*args)


@pytest.mark.parametrize("form", FORMS)
def test_an_own_intent_is_the_wallets_for_this_customer_contract_and_verb(form: str) -> None:
    scene = Scene()
    verb = verb_of(scene, form)
    other = "Erase" if form == "UnlinkWallet" else "UnlinkWallet"
    customer, seq, deadline, signed = scene.own_intent(form, scene.linked, scene.wallet)
    content = (form, customer, seq, deadline)
    for forged in (
        scene.own_intent(other, scene.linked, scene.wallet)[-1],
        scene.own_intent(form, scene.linked, scene.spare)[-1],
        scene.wallet.sign(scene.registry, *content, chain_id=2),
        scene.wallet.sign(scene.points, *content),
        scene.wallet.sign(scene.registry, form, scene.bare, seq, deadline),
        b"",
    ):
        with refused("BadSignature", scene.wallet.address):
            verb(customer, seq, deadline, forged)
    with refused("BadSignature", scene.wallet.address):
        verb(customer, seq, deadline + 1, signed)
    for bad in (0, 2):
        with refused("BadSequence", bad, 1):
            verb(customer, bad, deadline, signed)
    with refused("NoWallet", scene.bare):
        verb(scene.bare, 0, deadline, signed)
    with refused("UnknownCustomer", digest("nobody", 0)):
        verb(digest("nobody", 0), 0, deadline, signed)


def test_a_wallet_stops_a_recovery_by_its_signature() -> None:
    scene = Scene()
    scene.propose_recovery()
    args = scene.veto_intent(scene.linked, scene.wallet)
    scene.registry.vetoRecoveryBySig(*args, **scene.by("stranger"))
    told = (scene.linked, scene.spare.address)
    assert scene.events == [Event("CustomerRegistry", "RecoveryEnded", told)]
    assert scene.registry.recovery(scene.linked) == (NOBODY, 0)
    assert scene.registry.walletOf(scene.linked) == scene.wallet.address
    with refused("NoRecovery", scene.linked):
        scene.registry.vetoRecoveryBySig(*args, **scene.by("stranger"))


def test_a_signed_veto_ends_the_one_recovery_that_it_names() -> None:
    scene = Scene()
    scene.propose_recovery()
    deadline = scene.evm.timestamp + 100
    new, ready = scene.registry.recovery(scene.linked)

    def vetoed(*content: Any, by: Any = scene.wallet, late: int = 0) -> None:
        signed = by.sign(scene.registry, "VetoRecovery", *content)
        args = (scene.linked, content[-1] + late, signed)
        scene.registry.vetoRecoveryBySig(*args, **scene.by("stranger"))

    for content in (
        (scene.linked, scene.wallet.address, ready, deadline),
        (scene.linked, new, ready + 1, deadline),
        (scene.bare, new, ready, deadline),
    ):
        with refused("BadSignature", scene.wallet.address):
            vetoed(*content)
    with refused("BadSignature", scene.wallet.address):
        vetoed(scene.linked, new, ready, deadline, by=scene.spare)
    with refused("BadSignature", scene.wallet.address):
        vetoed(scene.linked, new, ready, deadline, late=1)
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        vetoed(scene.linked, new, ready, deadline)
    scene.propose_recovery()  # a later one, which the earlier veto does not name
    with refused("BadSignature", scene.wallet.address):
        vetoed(scene.linked, new, ready, deadline + 100)
