"""Decisions that the client signs and anyone relays."""

import pytest

from tests.contracts.unit.sla_escrow.conftest import DEADLINE, FEE, RULING
from tests.contracts.unit.support.agreements import (
    ACCEPT,
    ACCEPT_SPLIT,
    ACCEPTED,
    AGREED,
    DISPUTE,
    HOUR,
    MONDAY,
    NOTHING,
    RESUME,
    WORDS,
    Instruction,
    settled,
)
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

MALLORY = wallet("Mallory")
NOON = MONDAY + 3 * HOUR
DIGEST = b"\x06" * 32


def decide(action, id, bps=0, evidence=NOTHING, deadline=DEADLINE):
    return Instruction(action, id, bps, evidence, deadline)


def test_a_relayed_resumption_lets_the_clock_run(sla, provider, stranger, opened, do, told):
    do(sla.awaitCustomer, opened, by=provider, at=MONDAY + 60)

    signed = decide(RESUME, opened).signed(sla)
    events = told(sla.instruct, *signed, by=stranger, at=MONDAY + 90)

    assert events == [("ClockResumed", {"id": opened, "pausedTotal": 30})]
    assert sla.agreement(opened).pausedAt == 0


def test_a_relayed_acceptance_settles(sla, stranger, delivered, told):
    signed = decide(ACCEPT, delivered).signed(sla)

    events = told(sla.instruct, *signed, by=stranger, at=NOON)

    assert events == [settled(delivered, ACCEPTED, FEE, 0)]


@pytest.mark.parametrize("how", ["opened", "delivered"])
def test_a_relayed_dispute_asks_the_arbiter_in_the_clients_name(sla, stranger, how, told, request):
    id = request.getfixturevalue(how)
    signed = decide(DISPUTE, id, evidence=DIGEST).signed(sla)

    events = dict(told(sla.instruct, *signed, by=stranger, at=NOON))

    assert events["Disputed"] == {"id": id, "by": HERS.address, "until": NOON + RULING}
    assert events["Evidence"]["party"] == HERS.address
    assert events["Evidence"]["evidence"] == "nih:sha-256;" + DIGEST.hex()


def test_a_relayed_split_settles_as_the_provider_proposed(
    stage, sla, provider, stranger, opened, told
):
    stage.send(sla.proposeSplit, opened, 4_000, by=provider)
    signed = decide(ACCEPT_SPLIT, opened, bps=4_000).signed(sla)

    events = told(sla.instruct, *signed, by=stranger, at=NOON)

    assert events == [settled(opened, AGREED, 400_000, 600_000)]


def test_every_kind_of_account_signs(stage, sla, stranger, provider, opening, buyer, do, told):
    made = opening.but(client=buyer.address)
    do(sla.openBySig, *made.signed(sla, by=buyer), by=stranger, at=MONDAY)
    do(sla.deliver, made.id(), NOTHING, by=provider, at=MONDAY + 1)

    signed = decide(ACCEPT, made.id()).signed(sla, by=buyer)
    events = told(sla.instruct, *signed, by=stranger, at=NOON)

    assert events == [settled(made.id(), ACCEPTED, FEE, 0)]


def test_an_instruction_counts_up_to_its_deadline(stage, sla, stranger, delivered):
    signed = decide(ACCEPT, delivered, deadline=NOON).signed(sla)

    assert stage.answer(sla.instruct, *signed, by=stranger, at=NOON) == ()
    late = stage.refusal(sla.instruct, *signed, by=stranger, at=NOON + 1)
    assert late == ("Expired", NOON, NOON + 1)


@pytest.mark.parametrize("signed_for", range(len(WORDS)))
def test_a_signature_counts_for_its_own_action_alone(stage, sla, stranger, delivered, signed_for):
    _, signature = decide(signed_for, delivered).signed(sla)

    for action in range(len(WORDS)):
        if action != signed_for:
            other = decide(action, delivered).struct
            refusal = stage.refusal(sla.instruct, other, signature, by=stranger)
            assert refusal == ("BadSignature", HERS.address)


def test_instruct_refuses_what_the_client_has_not_signed(stage, sla, stranger, delivered):
    made = decide(DISPUTE, delivered)
    _, signature = made.signed(sla)
    other = [
        made.but(**c) for c in ({"provider_bps": 1}, {"evidence": DIGEST}, {"deadline": 2**47})
    ]
    wrong = [
        made.signed(sla, by=MALLORY)[1],
        made.signed(sla, chain_id=1)[1],
        made.signed(sla, name="Rapport Subscriptions")[1],
        mirrored(signature),
        b"",
    ]

    refusals = [stage.refusal(sla.instruct, each.struct, signature, by=stranger) for each in other]
    refusals += [stage.refusal(sla.instruct, made.struct, each, by=stranger) for each in wrong]

    assert refusals == [("BadSignature", HERS.address)] * 8


def test_the_provider_signs_nothing_for_the_client(stage, sla, stranger, provider, delivered):
    merchant = wallet("a merchant")
    assert merchant.address == provider.address

    signed = decide(ACCEPT, delivered).signed(sla, by=merchant)

    refusal = stage.refusal(sla.instruct, *signed, by=provider)
    assert refusal == ("BadSignature", HERS.address)


def test_an_instruction_meets_what_its_verb_would(stage, sla, stranger, opened):
    for action, told in (
        (ACCEPT, ("BadState", opened, 1)),
        (ACCEPT_SPLIT, ("BadSplit", 0)),
    ):
        refusal = stage.refusal(sla.instruct, *decide(action, opened).signed(sla), by=stranger)
        assert refusal == told


def test_a_relayed_acceptance_is_carried_out_once(stage, sla, stranger, delivered):
    signed = decide(ACCEPT, delivered).signed(sla)
    stage.send(sla.instruct, *signed, by=stranger)

    assert stage.refusal(sla.instruct, *signed, by=stranger) == ("BadState", delivered, 4)


def test_instruct_refuses_an_agreement_that_there_is_not(stage, sla, stranger):
    unknown = b"\x09" * 32

    refusal = stage.refusal(sla.instruct, *decide(ACCEPT, unknown).signed(sla), by=stranger)

    assert refusal == ("UnknownAgreement", unknown)
