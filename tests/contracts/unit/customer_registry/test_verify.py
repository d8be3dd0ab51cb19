"""Verification levels, which end by themselves."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import COMMITMENT, GENESIS, role_id
from tests.contracts.unit.support.stage import DAY

EVIDENCE = keccak(text="attestation")
UNTIL = GENESIS + 365 * DAY


@pytest.fixture
def verified(stage, registry, verifier, ana):
    stage.send(registry.verify, ana, 2, UNTIL, EVIDENCE, by=verifier)
    return ana


def test_verify_records_the_level_and_its_end(stage, registry, verifier, ana):
    receipt = registry.verify(ana, 2, UNTIL, EVIDENCE, sender=verifier)

    told = {"customerId": ana, "level": 2, "validUntil": UNTIL, "evidence": EVIDENCE}
    assert stage.events(receipt) == [("Verified", told)]
    assert [registry.isVerified(ana, level) for level in (0, 1, 2, 3)] == [
        False,
        True,
        True,
        False,
    ]


def test_verification_holds_until_the_second_before_its_end(stage, registry, verified):
    stage.reach(UNTIL - 1)

    assert registry.isVerified(verified, 2) is True


def test_verification_has_ended_in_the_second_of_its_end(stage, registry, verified):
    stage.reach(UNTIL)

    assert registry.isVerified(verified, 2) is False


def test_verification_does_not_hold_while_suspended(stage, registry, operator, verified):
    stage.send(registry.suspend, verified, COMMITMENT, by=operator)

    assert registry.isVerified(verified, 1) is False


def test_revoke_verification_ends_it_at_once(stage, registry, verifier, verified):
    receipt = registry.revokeVerification(verified, sender=verifier)

    assert stage.events(receipt) == [("VerificationRevoked", {"customerId": verified})]
    assert registry.isVerified(verified, 1) is False


def test_revoke_verification_of_an_unverified_customer_changes_nothing(
    stage, registry, verifier, ana
):
    assert stage.events(registry.revokeVerification(ana, sender=verifier)) == []


def test_verify_refuses_level_zero(stage, registry, verifier, ana):
    refusal = stage.refusal(registry.verify, ana, 0, UNTIL, EVIDENCE, by=verifier)

    assert refusal == ("ZeroLevel",)


def test_verify_refuses_an_end_that_is_now(stage, registry, verifier, ana):
    refusal = stage.refusal(registry.verify, ana, 1, UNTIL, EVIDENCE, by=verifier, at=UNTIL)

    assert refusal == ("ValidityPast", UNTIL, UNTIL)


@pytest.mark.parametrize("verb", ["verify", "revokeVerification"])
def test_verification_of_an_erased_customer_is_refused(stage, registry, verifier, ana, erase, verb):
    erase(ana)
    arguments = (1, UNTIL, EVIDENCE) if verb == "verify" else ()

    refusal = stage.refusal(getattr(registry, verb), ana, *arguments, by=verifier)

    assert refusal == ("CustomerClosed", ana)


@pytest.mark.parametrize("verb", ["verify", "revokeVerification"])
def test_verification_is_for_verifiers_only(stage, registry, operator, ana, verb):
    arguments = (1, UNTIL, EVIDENCE) if verb == "verify" else ()

    refusal = stage.refusal(getattr(registry, verb), ana, *arguments, by=operator)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        operator.address,
        role_id("verifier"),
    )
