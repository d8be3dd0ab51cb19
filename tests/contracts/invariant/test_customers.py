"""The corners of CustomerRegistry that histories of random calls reach seldom or never."""

from __future__ import annotations

from tests.contracts.support import artifacts
from tests.contracts.support.evm import Event, account
from tests.contracts.support.machine import digest
from tests.contracts.support.model.registry import NOBODY, Status
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import ADMIN_DELAY, LIMITS, RECOVERY_DELAY

DAY = 86_400


def a_ledger(scene: Scene) -> str:
    """Something with code; whether it is a ledger shows only on a merge."""
    return scene.evm.deploy(artifacts.load("SilentDelegate")).address


def test_constructor_keeps_what_it_was_given() -> None:
    scene = Scene()
    assert scene.registry.RECOVERY_DELAY() == RECOVERY_DELAY
    assert scene.registry.defaultAdminDelay() == ADMIN_DELAY
    assert scene.registry.allowances(account("nobody")) == LIMITS
    assert scene.registry.ledgers() == (scene.points.address, scene.consents.address)
    assert scene.registry.eip712Domain()[1:3] == ("Rapport CustomerRegistry", "1")


def test_constructor_refuses_a_suite_without_admin() -> None:
    scene = Scene()
    with refused("AccessControlInvalidDefaultAdmin", NOBODY):
        scene.evm.deploy(artifacts.load("CustomerRegistry"), NOBODY, 0, 0, 1, 1)


def test_attach_ledger_takes_eight_and_refuses_the_ninth() -> None:
    scene = Scene()
    attached = [scene.points.address, scene.consents.address]
    for _ in range(6):
        attached.append(a_ledger(scene))
        scene.registry.attachLedger(attached[-1], **scene.by("admin"))
        assert scene.events == [Event("CustomerRegistry", "LedgerAttached", (attached[-1],))]
    assert scene.registry.ledgers() == tuple(attached)
    assert scene.registry.MAX_LEDGERS() == 8
    with refused("TooManyLedgers", 8):
        scene.registry.attachLedger(a_ledger(scene), **scene.by("admin"))


def test_attach_ledger_refuses_one_twice_and_one_without_code() -> None:
    scene = Scene()
    with refused("LedgerKnown", scene.points.address):
        scene.registry.attachLedger(scene.points.address, **scene.by("admin"))
    with refused("NotAContract", account("nobody")):
        scene.registry.attachLedger(account("nobody"), **scene.by("admin"))


def test_detach_ledger_lets_it_go_and_refuses_one_unknown() -> None:
    scene = Scene()
    scene.registry.detachLedger(scene.points.address, **scene.by("admin"))
    assert scene.events == [Event("CustomerRegistry", "LedgerDetached", (scene.points.address,))]
    assert scene.registry.ledgers() == (scene.consents.address,)
    with refused("LedgerUnknown", scene.points.address):
        scene.registry.detachLedger(scene.points.address, **scene.by("admin"))


def test_erase_reaches_only_attached_ledgers() -> None:
    scene = Scene()
    scene.registry.detachLedger(scene.points.address, **scene.by("admin"))
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    assert [event.name for event in scene.events] == ["WalletLinked", "Erased", "ConsentsErased"]
    assert scene.points.balanceOf(scene.linked) == 1_100


def test_steward_closes_as_many_as_the_limit_and_again_as_they_refill() -> None:
    scene = Scene()
    people = [digest("crowd", i) for i in range(LIMITS[1] + 3)]
    scene.registry.registerBatch(people, bytes(32), **scene.by("operator"))
    for customer in people[: LIMITS[1]]:
        scene.registry.erase(customer, **scene.by("steward"))
    assert scene.registry.allowances(scene.actors["steward"]) == (LIMITS[0], 0)
    with refused("RateLimitExceeded"):
        scene.registry.erase(people[-1], **scene.by("steward"))

    scene.evm.warp(scene.evm.timestamp + DAY // LIMITS[1] - 1)
    with refused("RateLimitExceeded"):
        scene.registry.merge(people[-1], people[-2], 0, b"", **scene.by("steward"))
    scene.evm.warp(scene.evm.timestamp + 1)
    scene.registry.merge(people[-1], people[-2], 0, b"", **scene.by("steward"))
    with refused("RateLimitExceeded"):
        scene.registry.erase(people[-2], **scene.by("steward"))


def test_wallet_erases_itself_whatever_the_steward_has_used() -> None:
    scene = Scene()
    scene.registry.setLimits(0, 0, **scene.by("admin"))
    with refused("RateLimitExceeded"):
        scene.registry.erase(scene.linked, **scene.by("steward"))
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    assert scene.registry.statusOf(scene.linked) == Status.ERASED


def test_operator_links_as_many_first_wallets_as_the_limit() -> None:
    scene = Scene()
    scene.registry.setLimits(1, 1, **scene.by("admin"))
    scene.evm.warp(scene.evm.timestamp + DAY)
    scene.link(scene.bare, scene.chain.wallets[2])
    with refused("RateLimitExceeded"):
        scene.link(scene.other, scene.chain.wallets[3])
    scene.evm.warp(scene.evm.timestamp + DAY)
    scene.link(scene.other, scene.chain.wallets[3])


def test_sequence_wraps_so_that_nobody_is_kept_from_leaving() -> None:
    scene = Scene()
    slot = _record_slot(scene)
    word = scene.evm.storage(scene.registry.address, slot)
    scene.evm.set_storage(scene.registry.address, slot, _with_sequence(word, 2**16 - 1))
    assert scene.registry.customer(scene.linked)[4] == 2**16 - 1

    scene.registry.unlinkWallet(scene.linked, **scene.by("wallet"))
    assert scene.registry.customer(scene.linked)[4] == 0
    scene.registry.erase(scene.linked, **scene.by("steward"))
    assert scene.registry.statusOf(scene.linked) == Status.ERASED


def _record_slot(scene: Scene) -> int:
    """Where the record of `linked` is kept: the mapping slot whose word holds its wallet."""
    from eth_utils.crypto import keccak

    wallet = int(scene.wallet.address, 16)
    for base in range(32):
        slot = int.from_bytes(keccak(scene.linked + base.to_bytes(32, "big")), "big")
        if scene.evm.storage(scene.registry.address, slot) & (2**160 - 1) == wallet:
            return slot
    raise AssertionError("no mapping keeps the customer's wallet in its lowest bits")


def _with_sequence(word: int, seq: int) -> int:
    """The record with another sequence: after wallet 160, validUntil 40, level 16, status 8."""
    offset = 160 + 40 + 16 + 8
    return word & ~(0xFFFF << offset) | seq << offset


def test_join_makes_an_id_that_nobody_chose_and_links_the_wallet() -> None:
    scene = Scene()
    scene.registry.setEnrolment(True, **scene.by("admin"))
    scene.registry.unlinkWallet(scene.linked, **scene.by("wallet"))
    customer = scene.registry.join(bytes(32), **scene.by("wallet"))
    assert scene.registry.walletOf(customer) == scene.wallet.address
    with refused("CustomerExists", customer):
        scene.registry.join(bytes(32), **scene.by("wallet"))
    with refused("WalletTaken", scene.wallet.address, customer):
        scene.registry.join(b"\1" * 32, **scene.by("wallet"))
    scene.registry.erase(customer, **scene.by("wallet"))
    with refused("CustomerClosed", customer):
        scene.registry.join(bytes(32), **scene.by("wallet"))


def test_resolve_follows_merges_to_the_one_who_is_left() -> None:
    scene = Scene()
    merge = scene.registry.merge
    merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    merge(scene.bare, scene.linked, 0, b"", **scene.by("steward"))
    assert scene.registry.resolve(scene.other) == scene.linked
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    with refused("CustomerClosed", scene.linked):
        scene.registry.resolve(scene.other)


def test_verification_ends_at_its_second() -> None:
    scene = Scene()
    until = scene.evm.timestamp + DAY
    scene.registry.verify(scene.linked, 2, until, bytes(32), **scene.by("verifier"))
    scene.evm.warp(until - 1)
    assert scene.registry.isVerified(scene.linked, 2)
    assert not scene.registry.isVerified(scene.linked, 3)
    assert not scene.registry.isVerified(scene.linked, 0)
    scene.evm.warp(until)
    assert not scene.registry.isVerified(scene.linked, 2)


def test_whoever_is_closed_keeps_no_verification() -> None:
    scene = Scene()
    until = scene.evm.timestamp + DAY
    for customer in (scene.other, scene.bare):
        scene.registry.verify(customer, 2, until, bytes(32), **scene.by("verifier"))
    scene.registry.merge(scene.other, scene.linked, 0, b"", **scene.by("steward"))
    scene.registry.erase(scene.bare, **scene.by("steward"))
    for customer, status in ((scene.other, Status.MERGED), (scene.bare, Status.ERASED)):
        assert scene.registry.customer(customer)[:4] == (NOBODY, 0, 0, status)


def test_revoking_a_verification_ends_it_at_once_and_again_changes_nothing() -> None:
    scene = Scene()
    until = scene.evm.timestamp + DAY
    scene.registry.verify(scene.linked, 2, until, bytes(32), **scene.by("verifier"))
    scene.registry.revokeVerification(scene.linked, **scene.by("verifier"))
    assert scene.events == [Event("CustomerRegistry", "VerificationRevoked", (scene.linked,))]
    assert scene.registry.customer(scene.linked)[1:3] == (0, 0)
    scene.registry.revokeVerification(scene.linked, **scene.by("verifier"))
    assert scene.events == []
