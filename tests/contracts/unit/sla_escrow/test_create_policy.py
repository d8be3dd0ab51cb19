"""A provider publishes what it promises."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.support.agreements import HOUR
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS

REF = keccak(text="policy")
NOBODY = "0x0000000000000000000000000000000000000000"
YEAR = 366 * DAY
# By the place of the field: what it may not be, and what it may be just as well.
BOUNDS = [
    (1, {"min_amount": 0}, {"min_amount": 1}),
    (2, {"token": HERS.address}, {}),
    (4, {"closed": True}, {}),
    (5, {"arbiter_fee_bps": 10_001}, {"arbiter_fee_bps": 10_000}),
    (5, {"arbiter": NOBODY, "arbiter_fee_bps": 1}, {"arbiter": NOBODY, "arbiter_fee_bps": 0}),
    (6, {"default_provider_bps": 10_001}, {"default_provider_bps": 10_000}),
    (7, {"late_response_bps": 5_001}, {"late_response_bps": 5_000}),
    (8, {"late_resolution_bps": 5_001}, {"late_resolution_bps": 5_000}),
    (9, {"per_hour_bps": 5_001}, {"per_hour_bps": 5_000}),
    (11, {"review_window": HOUR - 1}, {"review_window": HOUR}),
    (11, {"review_window": YEAR + 1}, {"review_window": YEAR}),
    (12, {"arbiter_window": DAY - 1}, {"arbiter_window": DAY}),
    (12, {"arbiter_window": YEAR + 1}, {"arbiter_window": YEAR}),
    (13, {"max_pause": YEAR + 1}, {"max_pause": YEAR}),
    (14, {"hours168": 0}, {"hours168": 1 << 167}),
    (15, {"utc_offset": 14 * HOUR + 1}, {"utc_offset": 14 * HOUR}),
    (15, {"utc_offset": -14 * HOUR - 1}, {"utc_offset": -14 * HOUR}),
    (16, {"max_credit_bps": 10_001}, {"max_credit_bps": 10_000}),
    (17, {"response": (HOUR, HOUR, HOUR, 4 * HOUR + 1)}, {"response": (0, 1, 2, 4 * HOUR)}),
    (18, {"resolution": (YEAR, YEAR, YEAR, YEAR + 1)}, {"resolution": (YEAR,) * 4}),
    (18, {"resolution": (0,) * 4, "response": (0,) * 4}, {"response": (0,) * 4}),
]
FREE = {"late_response_bps": 0, "late_resolution_bps": 0, "per_hour_bps": 0, "max_credit_bps": 0}


def test_create_policy_publishes_the_terms_under_the_next_number(stage, sla, provider, offer, held):
    receipt = sla.createPolicy(REF, offer.struct, sender=provider)

    number = held + 1
    assert sla.policies() == number
    assert stage.events(receipt) == [
        (
            "PolicyCreated",
            {
                "policyId": number,
                "provider": provider.address,
                "ref": REF,
                "policy": stage.answer(sla.policy, number, by=provider),
            },
        )
    ]
    assert stage.answer(sla.policy, number, by=provider) == offer.struct


def test_create_policy_keeps_every_field_at_its_widest(stage, sla, provider, offer):
    wide = offer.but(
        min_amount=2**96 - 1,
        bonded=True,
        arbiter_fee_bps=10_000,
        default_provider_bps=10_000,
        late_response_bps=10_000,
        late_resolution_bps=9_999,
        per_hour_bps=9_998,
        review_window=YEAR,
        arbiter_window=YEAR - 1,
        max_pause=YEAR - 2,
        hours168=2**168 - 1,
        utc_offset=-14 * HOUR,
        max_credit_bps=10_000,
        response=(1, 2, 3, YEAR),
        resolution=(4, 5, 6, YEAR),
    )

    sla.createPolicy(REF, wide.struct, sender=provider)

    assert stage.answer(sla.policy, sla.policies(), by=provider) == wide.struct


def test_create_policy_again_returns_the_same_policy_and_changes_nothing(
    stage, sla, provider, offer, held
):
    sla.createPolicy(REF, offer.struct, sender=provider)

    again = sla.createPolicy(REF, offer.struct, sender=provider)

    assert again.events == []
    assert stage.answer(sla.createPolicy, REF, offer.struct, by=provider) == (held + 1, False)
    assert sla.policies() == held + 1


def test_create_policy_refuses_other_terms_under_the_same_ref(stage, sla, provider, offer):
    sla.createPolicy(REF, offer.struct, sender=provider)

    other = offer.but(min_amount=offer.min_amount + 1)

    assert stage.refusal(sla.createPolicy, REF, other.struct, by=provider) == ("RefConflict", REF)


def test_two_providers_can_use_the_same_ref(stage, sla, provider, client, offer):
    sla.createPolicy(REF, offer.struct, sender=provider)

    hers = offer.but(provider=client.address)

    number = sla.policies() + 1
    assert stage.answer(sla.createPolicy, REF, hers.struct, by=client) == (number, True)


@pytest.mark.parametrize(("field", "wrong", "right"), BOUNDS)
def test_create_policy_names_the_field_that_cannot_be(
    stage, sla, provider, offer, field, wrong, right
):
    refusal = stage.refusal(sla.createPolicy, REF, offer.but(**wrong).struct, by=provider)
    assert refusal == ("BadPolicy", field)

    assert stage.answer(sla.createPolicy, REF, offer.but(**right).struct, by=provider)[1] is True


def test_a_bond_must_stand_for_something_and_a_fee_need_not(stage, sla, provider, offer):
    free = offer.but(**FREE)

    refusal = stage.refusal(sla.createPolicy, REF, free.but(bonded=True).struct, by=provider)

    assert refusal == ("BadPolicy", 16)
    assert stage.answer(sla.createPolicy, REF, free.struct, by=provider)[1] is True
    least = free.but(bonded=True, max_credit_bps=1)
    assert stage.answer(sla.createPolicy, REF, least.struct, by=provider)[1] is True


def test_a_provider_does_not_rule_over_itself(stage, sla, provider, offer):
    own = offer.but(arbiter=provider.address)

    assert stage.refusal(sla.createPolicy, REF, own.struct, by=provider) == ("BadPolicy", 10)


def test_nobody_promises_for_another(stage, sla, provider, stranger, offer):
    refusal = stage.refusal(sla.createPolicy, REF, offer.struct, by=stranger)

    assert refusal == ("NotProvider", provider.address, stranger.address)
