"""``client.court``: disputes before the court of a published package."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError, NotFound
from rapport.reverts import BadState, NothingOwed, NotParty, TooLate, WrongStage
from rapport.sla import Hearing, Stage
from tests.sdk.support.court import APPEAL, COST, ROUND, established
from tests.sdk.support.promised import CLIENT, DAY, HOUR, MONDAY, WAIT, at, done, opened
from tests.sdk.support.suite import account


@pytest.fixture
def court(suite):
    return established(suite)


@pytest.fixture
def case(client, new_policy, court):
    """A delivery over 200, disputed before it came, that the court can be asked about."""
    policy = new_policy(bonded=False, arbiter=court.arbiter)
    agreement = opened(client, policy, 200)
    done(client.sla.dispute(agreement.id))
    return agreement.id


@pytest.fixture
def brought(client, case):
    done(client.court.bring(case, "0.01"))
    return case


def test_a_case_is_brought_for_what_the_court_asks(client, keeper, court, case, suite):
    found = client.court.status(case)
    assert (found.stage, found.cost, found.dispute) == (Stage.NONE, Decimal("0.01"), None)
    assert (found.arbiter, found.court) == (court.arbiter, court.address)
    assert found.until == client.sla.show(case).disputed_until - ROUND

    outcome = done(keeper.court.bring(case, 1))

    assert outcome.result == {
        "agreement": case,
        "arbiter": court.arbiter,
        "court": court.address,
        "dispute": 0,
        "cost": "0.01",
    }
    assert suite.chain.balance(court.address) == COST
    found = client.court.status(case)
    assert (found.stage, found.hearing) == (Stage.BROUGHT, Hearing.WAITING)
    again = client.court.bring(case, 1).wait(timeout=WAIT)
    assert again.status == "duplicate"
    assert suite.chain.balance(court.address) == COST


def test_nobody_pays_more_than_was_said(client, court, case):
    with pytest.raises(InputError, match=r"asks for 0\.01, at most 0\.009 is allowed"):
        client.court.bring(case, "0.009")
    court.act("setArbitrationPrice", 2 * COST)
    with pytest.raises(InputError, match="at most"):
        client.court.bring(case, "0.01")
    done(client.court.bring(case, "0.02"))


def test_a_ruling_pays_whoever_is_right_for_the_court(client, provider, court, brought, suite):
    before = suite.money_of(account(CLIENT).address)

    court.act("giveRuling", 0, 1)

    # All of the 200: the arbiter's tenth of a fee, 5 %, comes back as well.
    assert suite.money_of(account(CLIENT).address) == before + 200 * 10**6
    found = client.court.status(brought)
    assert (found.stage, found.ruling, found.provider) == (Stage.EXECUTED, 1, 0)
    assert (found.cost, found.until) == (None, None)
    again = provider.court.execute(brought).wait(timeout=WAIT)
    assert again.status == "duplicate"


def test_a_ruling_is_appealed(client, provider, keeper, court, brought, suite):
    court.act("giveAppealableRuling", 0, 2, APPEAL, 86_400)
    found = client.court.status(brought)
    assert (found.hearing, found.ruling, found.provider) == (Hearing.APPEALABLE, 2, 100)
    assert (found.cost, found.appeal_until) == (Decimal("0.03"), found.appeal_from + DAY)

    outcome = done(client.court.appeal(brought, "0.03"))

    assert (outcome.result["dispute"], outcome.result["cost"]) == (0, "0.03")
    assert suite.chain.balance(court.address) == COST + APPEAL
    assert client.court.status(brought).hearing is Hearing.WAITING
    with pytest.raises(InputError, match="asks for"):  # there is nothing to appeal
        provider.court.appeal(brought, 1)
    court.act("giveAppealableRuling", 0, 1, APPEAL, 3_600)
    at(suite, suite.chain.block().timestamp + 2 * HOUR)
    court.act("executeRuling", 0)
    assert keeper.court.status(brought).stage is Stage.EXECUTED


def test_a_ruling_that_waits_is_carried_out_by_anyone(client, keeper, court, brought, suite):
    court.act("giveRuling", 0, 0, gas=130_000)
    found = client.court.status(brought)
    assert (found.stage, found.ruling, found.provider) == (Stage.RULED, 0, 50)

    outcome = done(keeper.court.execute(brought))

    fees = {"provider": "50", "fee_to_provider": "5", "fee_to_client": "5"}
    assert {name: Decimal(outcome.result[name]) for name in fees} == {
        name: Decimal(each) for name, each in fees.items()
    }
    assert client.court.status(brought).stage is Stage.EXECUTED


def test_no_round_begins_too_late(client, case, suite):
    last = client.court.status(case).until
    at(suite, last + HOUR)
    with pytest.raises(TooLate) as refusal:
        client.court.bring(case, 1).wait(timeout=WAIT)
    assert refusal.value.until == last


def test_evidence_is_a_file_or_a_place(client, provider, keeper, brought, tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"dented")
    outcome = done(client.court.submit_evidence(brought, file))
    assert outcome.result["evidence"].startswith("nih:sha-256;")
    outcome = done(provider.court.submit_evidence(brought, uri="ipfs://bafy/1.json"))
    assert outcome.result["evidence"] == "ipfs://bafy/1.json"
    with pytest.raises(NotParty):
        keeper.court.submit_evidence(brought, uri="ipfs://bafy/1.json").wait(timeout=WAIT)
    for wrong in ({}, {"evidence": file, "uri": "ipfs://x"}, {"uri": ""}, {"uri": "a\x1b[1m"}):
        with pytest.raises(InputError):
            client.court.submit_evidence(brought, **wrong)


def test_only_courts_are_asked(client, parcel, new_policy):
    done(client.sla.dispute(parcel.id))
    for ask in (client.court.status, lambda id: client.court.bring(id, 1)):
        with pytest.raises(InputError, match="none that brings disputes"):
            ask(parcel.id)
        with pytest.raises(NotFound):
            ask("0x" + "09" * 32)
    alone = opened(client, new_policy(bonded=False, arbiter=None, arbiter_fee=Decimal(0)), 200)
    with pytest.raises(InputError, match="names no arbiter"):
        client.court.status(alone.id)


def test_an_arbiter_that_answers_anything_is_one_line(client, court, case, suite):
    # Each call is answered with one word: the escrow's address.
    code = f"0x73{suite.address('SLAEscrow')[2:].lower()}60005260206000f3"
    suite.anvil.ask("anvil_setCode", court.arbiter, code)
    with pytest.raises(InputError, match="does not answer as an arbiter"):
        client.court.status(case)
    for verb in (client.court.bring, client.court.appeal):
        with pytest.raises(InputError, match="does not say what it asks for"):
            verb(case, 1)


def test_what_is_not_there_is_refused_by_name(client, provider, case):
    for verb in (client.court.execute, lambda id: client.court.appeal(id, 1)):
        with pytest.raises(WrongStage):
            verb(case).wait(timeout=WAIT)
    for verb in (client.court.withdraw, client.court.collect):
        with pytest.raises(NothingOwed):
            verb(case).wait(timeout=WAIT)
    done(provider.sla.give_up(case))
    with pytest.raises(BadState):
        client.court.bring(case, 1).wait(timeout=WAIT)
    assert client.court.status(case).cost is None


def test_a_case_does_not_begin_before_the_dispute(client, court, new_policy):
    agreement = opened(client, new_policy(bonded=False, arbiter=court.arbiter), 200)
    found = client.court.status(agreement.id)
    assert (found.stage, found.cost, found.until) == (Stage.NONE, None, None)
    assert agreement.opened_at >= MONDAY
