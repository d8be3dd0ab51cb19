"""A provider takes no more agreements under a policy."""

from tests.contracts.unit.support.agreements import MONDAY, NOTHING, OPEN


def test_close_policy_ends_it_for_new_agreements(stage, sla, provider, client, held, opening):
    receipt = sla.closePolicy(held, sender=provider)

    assert stage.events(receipt) == [("PolicyClosed", {"policyId": held})]
    assert sla.policy(held).closed is True
    assert stage.refusal(sla.open, opening.struct, by=client) == ("PolicyIsClosed", held)
    by_sig = opening.signed(sla)
    assert stage.refusal(sla.openBySig, *by_sig, by=provider) == ("PolicyIsClosed", held)


def test_close_policy_changes_no_other_term(stage, sla, provider, held, offer):
    sla.closePolicy(held, sender=provider)

    terms = stage.answer(sla.policy, held, by=provider)
    assert terms == offer.but(closed=True).struct


def test_an_open_agreement_goes_on_under_a_closed_policy(
    stage, sla, provider, client, held, opened, opening, do, state
):
    sla.closePolicy(held, sender=provider)

    assert stage.answer(sla.open, opening.struct, by=client) == (opened, False)
    assert state(opened) == OPEN
    do(sla.deliver, opened, NOTHING, by=provider, at=MONDAY + 60)
    assert stage.answer(sla.accept, opened, by=client) == ()


def test_close_policy_again_changes_nothing_and_says_so(stage, sla, provider, held):
    sla.closePolicy(held, sender=provider)

    assert stage.answer(sla.closePolicy, held, by=provider) is False
    assert sla.closePolicy(held, sender=provider).events == []


def test_the_same_terms_again_find_the_closed_policy(stage, sla, provider, held, offer):
    sla.closePolicy(held, sender=provider)

    ref = held.to_bytes(32, "big")
    assert stage.answer(sla.createPolicy, ref, offer.struct, by=provider) == (held, False)


def test_close_policy_is_the_providers_alone(stage, sla, provider, client, held):
    refusal = stage.refusal(sla.closePolicy, held, by=client)

    assert refusal == ("NotProvider", provider.address, client.address)


def test_close_policy_refuses_one_that_there_is_not(stage, sla, provider, held):
    for number in (0, held + 1):
        refusal = stage.refusal(sla.closePolicy, number, by=provider)
        assert refusal == ("UnknownPolicy", number)
