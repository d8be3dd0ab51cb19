"""Intents that must not pass: somebody else's, altered, late, replayed, bent; those that must."""

from __future__ import annotations

import pytest

from tests.contracts.support import wallets
from tests.contracts.support.evm import account
from tests.contracts.support.machine import digest
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.wallets import Wallet

KINDS = {"plain": 1, "contract (ERC-1271)": 4, "upgraded (EIP-7702)": 5}
REF = digest("new", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_wallet_is_linked_rotated_and_redeems_by_its_signature(kind: str) -> None:
    scene = Scene()
    wallet = scene.chain.wallets[KINDS[kind]]
    scene.link(scene.bare, wallet)
    assert scene.registry.walletOf(scene.bare) == wallet.address
    args = scene.redeem_intent(scene.bare, REF, 10, wallet)
    assert scene.points.redeemBySig(*args, **scene.by("stranger"))
    new = scene.chain.wallets[2]
    change = scene.intent(new, scene.bare, new)
    agreed = scene.intent(wallet, scene.bare, new)[-1]
    scene.registry.rotateWallet(*change, agreed, **scene.by("stranger"))
    assert scene.registry.idOf(wallet.address) == bytes(32)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_wallet_accepts_the_key_of_another(kind: str) -> None:
    scene = Scene()
    wallet = scene.chain.wallets[KINDS[kind]]
    thief = Wallet(wallet.address, wallets.key("a thief"))
    with refused("BadSignature", wallet.address):
        scene.link(scene.bare, thief)
    scene.link(scene.bare, wallet)
    with refused("BadSignature", wallet.address):
        args = scene.redeem_intent(scene.bare, REF, 10, thief)
        scene.points.redeemBySig(*args, **scene.by("stranger"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bent", ["empty", "short", "long", "high s", "zero", "v 29"])
def test_a_bent_signature_is_refused(kind: str, bent: str) -> None:
    scene = Scene()
    wallet = scene.chain.wallets[KINDS[kind]]
    *content, signed = scene.intent(wallet, scene.bare, wallet)
    raw = bytes(signed)
    forms = {
        "empty": b"",
        "short": raw[:-1],
        "long": raw + b"\0",
        "high s": wallets.mirrored(raw),
        "zero": bytes(65),
        "v 29": raw[:64] + b"\x1d",
    }
    with refused("BadSignature", wallet.address):
        scene.registry.linkWallet(*content, forms[bent], **scene.by("operator"))


def test_an_account_with_foreign_code_and_no_erc1271_is_refused() -> None:
    scene = Scene()
    silent = scene.points.address
    content = (scene.bare, silent, 0, scene.evm.timestamp)
    with refused("BadSignature", silent):
        scene.registry.linkWallet(*content, b"\1" * 65, **scene.by("operator"))


def test_nobody_signs_for_the_zero_address() -> None:
    scene = Scene()
    content = (scene.bare, NOBODY, 0, scene.evm.timestamp)
    for raw in (b"", bytes(65), bytes(64) + b"\x1b", b"\1" * 65):
        with refused("BadSignature", NOBODY):
            scene.registry.linkWallet(*content, raw, **scene.by("operator"))
        args = (scene.bare, REF, 10, scene.evm.timestamp)
        with refused("BadSignature", NOBODY):
            scene.points.redeemBySig(*args, raw, **scene.by("stranger"))


def test_an_intent_serves_until_its_deadline_and_not_after() -> None:
    scene = Scene()
    deadline = scene.evm.timestamp + 10
    content = (scene.linked, REF, 10, deadline)
    signed = scene.wallet.sign(scene.points, "Redeem", *content)
    mark = scene.evm.snapshot()
    scene.evm.warp(deadline)
    assert scene.points.redeemBySig(*content, signed, **scene.by("stranger"))
    scene.evm.revert(mark)
    scene.evm.warp(deadline + 1)
    with refused("Expired", deadline, deadline + 1):
        scene.points.redeemBySig(*content, signed, **scene.by("stranger"))


def test_an_intent_for_another_chain_or_contract_is_refused() -> None:
    scene = Scene()
    content = (scene.linked, REF, 10, scene.evm.timestamp)
    for signed in (
        scene.wallet.sign(scene.points, "Redeem", *content, chain_id=2),
        scene.wallet.sign(scene.registry, "Redeem", *content),
    ):
        with refused("BadSignature", scene.wallet.address):
            scene.points.redeemBySig(*content, signed, **scene.by("stranger"))


def test_a_redemption_intent_works_once_and_its_repetition_changes_nothing() -> None:
    scene = Scene()
    args = scene.redeem_intent(scene.linked, REF, 10, scene.wallet)
    before = scene.points.balanceOf(scene.linked)
    assert scene.points.redeemBySig(*args, **scene.by("stranger")) is True
    assert scene.points.redeemBySig(*args, **scene.by("stranger")) is False
    assert scene.points.balanceOf(scene.linked) == before - 10


def test_a_change_of_wallet_uses_up_every_earlier_intent() -> None:
    scene = Scene()
    change = scene.intent(scene.spare, scene.linked, scene.spare)
    agreed = scene.intent(scene.wallet, scene.linked, scene.spare)[-1]
    scene.registry.rotateWallet(*change, agreed, **scene.by("stranger"))
    with refused("BadSequence", 1, 2):
        scene.registry.rotateWallet(*change, agreed, **scene.by("stranger"))


def test_rotation_needs_both_signatures() -> None:
    scene = Scene()
    change = scene.intent(scene.spare, scene.linked, scene.spare)
    agreed = scene.intent(scene.wallet, scene.linked, scene.spare)[-1]
    with refused("BadSignature", scene.wallet.address):
        scene.registry.rotateWallet(*change, change[-1], **scene.by("stranger"))
    with refused("BadSignature", scene.spare.address):
        scene.registry.rotateWallet(*change[:-1], agreed, agreed, **scene.by("stranger"))


def test_merging_a_linked_customer_needs_its_wallet() -> None:
    scene = Scene()
    args = scene.merge_intent(scene.linked, scene.bare, scene.wallet)
    forged = scene.merge_intent(scene.linked, scene.bare, scene.spare)
    with refused("BadSignature", scene.wallet.address):
        scene.registry.merge(*forged, **scene.by("steward"))
    other_way = scene.merge_intent(scene.linked, scene.other, scene.wallet)
    with refused("BadSignature", scene.wallet.address):
        scene.registry.merge(scene.linked, scene.bare, *other_way[2:], **scene.by("steward"))
    scene.evm.warp(scene.evm.timestamp + 1)
    with refused("Expired", args[2], args[2] + 1):
        scene.registry.merge(*args, **scene.by("steward"))


def test_recovery_needs_the_new_wallet_to_sign_and_ends_with_a_veto() -> None:
    scene = Scene()
    forged = scene.intent(scene.wallet, scene.linked, scene.spare)
    with refused("BadSignature", scene.spare.address):
        scene.registry.requestRecovery(*forged, **scene.by("recovery"))
    scene.propose_recovery()
    proposal = scene.registry.recovery(scene.linked)
    scene.evm.warp(proposal[1] - 1)
    with refused("RecoveryNotReady", proposal[1] - 1, proposal[1]):
        scene.registry.completeRecovery(scene.linked, **scene.by("stranger"))
    scene.registry.vetoRecovery(scene.linked, **scene.by("wallet"))
    scene.evm.warp(proposal[1])
    with refused("NoRecovery", scene.linked):
        scene.registry.completeRecovery(scene.linked, **scene.by("stranger"))
    with refused("NoRecovery", scene.linked):
        scene.registry.vetoRecovery(scene.linked, **scene.by("wallet"))


def test_a_stranger_settles_nothing_to_an_id_that_resembles_the_customers() -> None:
    """Entries know their customer by a digest; the same head of an id is not enough."""
    scene = Scene()
    alike = scene.linked[:12] + b"\xee" * 20
    with refused("UnknownRef", scene.due):
        scene.points.settle(alike, scene.due, **scene.by("stranger"))
    assert scene.points.settleBatch([alike], [scene.due], **scene.by("stranger")) == 0
    with refused("UnknownRef", scene.awarded):
        scene.points.reverse(alike, scene.awarded, 10, **scene.by("issuer"))
    with refused("UnknownRef", scene.redeemed):
        wrong = scene.bare[:12] + b"\xee" * 20
        scene.points.refund(wrong, scene.redeemed, 10, **scene.by("issuer"))


def test_nobody_without_a_wallet_redeems_by_a_signature() -> None:
    scene = Scene()
    stray = Wallet(account("stray"), wallets.key("stray"))
    args = scene.redeem_intent(scene.bare, REF, 10, stray)
    with refused("BadSignature", NOBODY):
        scene.points.redeemBySig(*args, **scene.by("stranger"))
