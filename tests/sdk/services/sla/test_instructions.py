"""``client.sla``: what a client without gas signs, relayed by somebody else."""

from __future__ import annotations

import pytest

from rapport.errors import InputError
from rapport.intents import WrongSigner
from rapport.reverts import Expired
from rapport.sla import Action, Instruction, State
from tests.sdk.support.promised import CLIENT, HOUR, MONDAY, WAIT, at, done, opened
from tests.sdk.support.suite import account, until

WALLET = account(CLIENT)


@pytest.fixture
def relay(keeper, suite):
    """Has the client sign, and relays it twice."""

    def send(agreement, action, **terms):
        domain = keeper.sla.domain()
        intent = keeper.sla.instruction(agreement, action, until(suite), **terms)
        assert Instruction.read(intent.json(domain), domain) == intent
        signature = intent.sign(domain, WALLET)
        first = done(keeper.sla.instruct(intent, signature))
        again = keeper.sla.instruct(intent, signature, idempotency_key=f"again: {action}")
        assert again.wait(timeout=WAIT).status == "duplicate"
        return first

    return send


def test_every_decision_can_be_signed_and_relayed_once(provider, client, escrow, relay):
    ids = [opened(client, escrow, 100).id for _ in range(3)]
    done(provider.sla.pause(ids[0]))
    assert "paused" in relay(ids[0], "resume").result
    done(provider.sla.deliver(ids[0]))
    assert relay(ids[0], "accept").result["outcome"] == "accepted"
    assert relay(ids[1], Action.DISPUTE, evidence=b"\x07" * 32).result["evidence"].endswith("07")
    done(provider.sla.propose_split(ids[2], 25))
    assert relay(ids[2], "accept-split").result["outcome"] == "agreed"
    states = [client.sla.show(each).state for each in ids]
    assert states == [State.SETTLED, State.DISPUTED, State.SETTLED]


def test_an_instruction_of_somebody_else_or_of_yesterday_is_refused(keeper, parcel, suite):
    domain = keeper.sla.domain()
    intent = keeper.sla.instruction(parcel.id, "dispute", MONDAY + HOUR)
    with pytest.raises(WrongSigner):
        keeper.sla.instruct(intent, intent.sign(domain, account(6)))
    at(suite, MONDAY + 2 * HOUR)
    with pytest.raises(Expired):
        keeper.sla.instruct(intent, intent.sign(domain, WALLET)).wait(timeout=WAIT)


def test_where_there_is_no_client_nobody_can_have_signed(keeper, ticket, suite):
    intent = keeper.sla.instruction(ticket.id, "dispute", until(suite))
    with pytest.raises(InputError, match="has no client yet: link the customer's wallet"):
        keeper.sla.instruct(intent, intent.sign(keeper.sla.domain(), WALLET))


@pytest.mark.parametrize(
    ("action", "terms", "said"),
    [
        ("pay", {}, "'pay' is no action; the actions are 'resume', 'accept'"),
        ("accept", {"evidence": bytes(32)}, "'accept' takes no evidence"),
        ("dispute", {"provider": 5}, "'dispute' takes no share"),
        ("accept split", {}, "no split is proposed"),
        ("accept split", {"provider": 101}, "0 to 100 percent"),
    ],
)
def test_an_instruction_that_makes_no_sense_is_refused(keeper, parcel, suite, action, terms, said):
    with pytest.raises(InputError, match=said):
        keeper.sla.instruction(parcel.id, action, until(suite), **terms)
