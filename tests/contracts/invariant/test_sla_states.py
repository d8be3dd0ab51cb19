"""Every decision in every state of an agreement, by everybody: what the model says, happens.

And each field of a policy and of an opening at its bounds, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.support import artifacts, laws_sla
from tests.contracts.support.desk import ARBITER, DAY, PROVIDERS, DeskSuite, policy
from tests.contracts.support.evm import CHAIN_ID, Refused
from tests.contracts.support.intents import bent
from tests.contracts.support.machine import digest, linking
from tests.contracts.support.model.agreements import Opening, id_of
from tests.contracts.support.model.policies import ALL, ALL_HOURS, HOUR, MAX_OFFSET, MAX_TERM
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.sla import Action, Instruction
from tests.contracts.support.refusals import refused

SLA = "SLAEscrow"
NOTHING = bytes(32)
AMOUNT = 10_001
CUSTOMER = digest("customer", 0)
PROVIDER = PROVIDERS[0].address
SHARE = 3_333


class Case:
    """One agreement under policy 1 (a fee), 2 (a bond) or 2 for a customer without a wallet."""

    def __init__(self, funding: str) -> None:
        self.suite = DeskSuite()
        self.client = self.suite.chain.payers[0]
        self.call("CustomerRegistry", "register", CUSTOMER, NOTHING, by="operator")
        token = self.suite.moneys[0].address
        self.do("depositBond", token, 10 * AMOUNT, by=PROVIDER)
        for number in (1, 2):
            terms = policy(token, bonded=number == 2, hours168=ALL_HOURS)
            self.do("createPolicy", digest("policy", number), terms, by=PROVIDER)
        client = NOBODY if funding == "bare" else self.client.address
        opener = self.client.address if funding == "fee" else PROVIDER
        number = 1 if funding == "fee" else 2
        self.opening = Opening(number, 1, AMOUNT, client, CUSTOMER, digest("ref", 0), self.now)
        self.do("open", self.opening, by=opener)
        self.id = id_of(opener, self.opening.ref)
        self.terms = self.suite.sla.terms[number]

    @property
    def now(self) -> int:
        return self.suite.evm.timestamp

    def call(self, contract: str, verb: str, *args: Any, by: str) -> Any:
        return self.suite.call(contract, verb, *args, by=self.suite.actors.get(by, by))

    def do(self, verb: str, *args: Any, by: str) -> Any:
        met = self.call(SLA, verb, *args, by=by)
        laws_sla.escrow_moves_what_it_tells(self.suite, self.suite.evm.logs)
        return met

    def wait(self, seconds: int) -> None:
        self.suite.wait(seconds)

    # States

    def paused(self) -> None:
        self.wait(60)
        self.do("awaitCustomer", self.id, by=PROVIDER)
        self.wait(60)

    def exhausted(self) -> None:
        self.paused()
        self.wait(self.terms.maxPause + 60)

    def breached(self) -> None:
        self.wait(5 * HOUR + 17)

    def abandoned(self) -> None:
        self.wait(30 * DAY)

    def delivered(self) -> None:
        self.wait(HOUR + 1)
        self.do("deliver", self.id, NOTHING, by=PROVIDER)

    def reviewed(self) -> None:
        self.delivered()
        self.wait(self.terms.reviewWindow + 1)

    def disputed(self) -> None:
        self.delivered()
        self.do("dispute", self.id, NOTHING, by=PROVIDER)

    def disputed_at_once(self) -> None:
        self.breached()
        self.do("dispute", self.id, NOTHING, by=self.client.address)

    def unruled(self) -> None:
        self.disputed()
        self.wait(self.terms.arbiterWindow + 1)

    def offered(self) -> None:
        self.do("proposeSplit", self.id, SHARE, by=PROVIDER)

    def settled(self) -> None:
        self.offered()
        self.do("giveUp", self.id, by=PROVIDER)

    def linked(self) -> None:
        args = linking(self.suite, CUSTOMER, self.client)
        self.call("CustomerRegistry", "linkWallet", *args, by="operator")

    def suspended(self) -> None:
        self.linked()
        self.do("linkClient", self.id, by=ARBITER)
        self.call("CustomerRegistry", "suspend", CUSTOMER, NOTHING, by="operator")

    def erased(self) -> None:
        self.call("CustomerRegistry", "erase", CUSTOMER, by="steward")

    def owed_to_a_customer(self) -> None:
        self.settled()
        self.linked()

    def owed_to_nobody(self) -> None:
        self.settled()
        self.erased()


STATES: dict[str, Callable[[Case], None]] = {
    "open": lambda case: None,
    **{
        state.__name__: state
        for state in (
            Case.paused,
            Case.exhausted,
            Case.breached,
            Case.abandoned,
            Case.delivered,
            Case.reviewed,
            Case.disputed,
            Case.disputed_at_once,
            Case.unruled,
            Case.offered,
            Case.settled,
            Case.linked,
            Case.suspended,
            Case.erased,
            Case.owed_to_a_customer,
            Case.owed_to_nobody,
        )
    },
}
VERBS: list[tuple[str, tuple[Any, ...]]] = [
    ("linkClient", ()),
    ("respond", ()),
    ("awaitCustomer", ()),
    ("resume", ()),
    ("deliver", (NOTHING,)),
    ("accept", ()),
    ("finalize", ()),
    ("giveUp", ()),
    ("reclaim", ()),
    *(("concede", (left,)) for left in (0, 1, AMOUNT - 1, AMOUNT, AMOUNT + 1)),
    *(("proposeSplit", (bps,)) for bps in (0, ALL, ALL + 1)),
    *(("acceptSplit", (bps,)) for bps in (0, SHARE)),
    ("dispute", (digest("evidence", 0),)),
    ("submitEvidence", (digest("evidence", 1),)),
    *(("resolve", (bps,)) for bps in (0, SHARE, ALL, ALL + 1)),
    ("expireDispute", ()),
]


@pytest.mark.parametrize("funding", ["fee", "bond", "bare"])
@pytest.mark.parametrize("state", STATES)
def test_every_decision_in_every_state_does_what_the_model_says(state: str, funding: str) -> None:
    case = Case(funding)
    STATES[state](case)
    suite = case.suite
    callers = (case.client.address, PROVIDER, ARBITER, "stranger")
    tried = [(verb, (case.id, *args), by) for verb, args in VERBS for by in callers]
    where = (PROVIDER, CUSTOMER, suite.moneys[0].address)
    tried += [("claim", where, "stranger"), ("respond", (digest("no", 0),), PROVIDER)]
    tried += [("open", (case.opening,), by) for by in callers]
    for action in Action:
        made = Instruction(action, case.id, SHARE, NOTHING, case.now)
        signed = case.client.sign(suite.chain.sla, *made.content)
        tried.append(("instruct", (made, signed), "stranger"))
    for verb, args, by in tried:
        chain, model, log = suite.evm.snapshot(), suite.ledger.snapshot(), list(suite.log)
        case.do(verb, *args, by=by)
        laws_sla.agreement_equals_the_model(suite, case.id)
        laws_sla.escrow_holds_what_it_must(suite)
        suite.evm.revert(chain)
        suite.ledger.restore(model)
        suite.log = log


# Each field at its bounds: what is refused, and what is just not

BOUNDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"minAmount": 0}, {"minAmount": 1}),
    ({"token": PROVIDER}, {}),
    ({"closed": True}, {}),
    ({"arbiterFeeBps": ALL + 1}, {"arbiterFeeBps": ALL}),
    ({"arbiter": NOBODY, "arbiterFeeBps": 1}, {"arbiter": NOBODY, "arbiterFeeBps": 0}),
    ({"arbiter": PROVIDER}, {"arbiter": PROVIDERS[1].address}),
    ({"provider": PROVIDERS[1].address}, {}),
    ({"defaultProviderBps": ALL + 1}, {"defaultProviderBps": ALL}),
    ({"lateResponseBps": 5_001}, {"lateResponseBps": 5_000}),
    ({"lateResolutionBps": 5_001}, {"lateResolutionBps": 5_000}),
    ({"perHourBps": 5_001}, {"perHourBps": 5_000}),
    ({"reviewWindow": HOUR - 1}, {"reviewWindow": HOUR}),
    ({"reviewWindow": MAX_TERM + 1}, {"reviewWindow": MAX_TERM}),
    ({"arbiterWindow": DAY - 1}, {"arbiterWindow": DAY}),
    ({"arbiterWindow": MAX_TERM + 1}, {"arbiterWindow": MAX_TERM}),
    ({"maxPause": MAX_TERM + 1}, {"maxPause": MAX_TERM}),
    ({"hours168": 0}, {"hours168": 1 << 167}),
    ({"utcOffset": MAX_OFFSET + 1}, {"utcOffset": MAX_OFFSET}),
    ({"utcOffset": -MAX_OFFSET - 1}, {"utcOffset": -MAX_OFFSET}),
    ({"maxCreditBps": ALL + 1}, {"maxCreditBps": ALL}),
    *(
        (
            {"resolution": _with((4 * HOUR,) * 4, at, wrong), "response": (0,) * 4},
            {"resolution": _with((4 * HOUR,) * 4, at, right), "response": (0,) * 4},
        )
        for _with in [lambda row, at, value: (*row[:at], value, *row[at + 1 :])]
        for at in range(4)
        for wrong, right in ((0, 1), (MAX_TERM + 1, MAX_TERM))
    ),
    *(
        (
            {"response": (*[0] * at, 4 * HOUR + 1, *[0] * (3 - at))},
            {"response": (*[0] * at, 4 * HOUR, *[0] * (3 - at))},
        )
        for at in range(4)
    ),
]
NO_CREDIT = {"lateResponseBps": 0, "lateResolutionBps": 0, "perHourBps": 0, "maxCreditBps": 0}


@pytest.mark.parametrize(("wrong", "right"), BOUNDS, ids=str)
def test_each_term_is_held_to_its_bounds(wrong: dict[str, Any], right: dict[str, Any]) -> None:
    suite = DeskSuite()
    terms, ref = policy(suite.moneys[0].address), digest("policy", 0)
    met = suite.call(SLA, "createPolicy", ref, terms._replace(**wrong), by=PROVIDER)
    assert isinstance(met, Refused)
    met = suite.call(SLA, "createPolicy", ref, terms._replace(**right), by=PROVIDER)
    assert met == (1, True)
    laws_sla.escrow_equals_the_model_and_the_logs(suite)


@pytest.mark.parametrize("bonded", [True, False])
def test_only_a_bond_must_stand_for_a_credit(bonded: bool) -> None:
    suite = DeskSuite()
    terms = policy(suite.moneys[0].address, bonded=bonded, **NO_CREDIT)
    met = suite.call(SLA, "createPolicy", digest("policy", 0), terms, by=PROVIDER)
    assert isinstance(met, Refused) == bonded


@pytest.mark.parametrize("funding", ["fee", "bond", "bare"])
@pytest.mark.parametrize(
    "change",
    [
        {"policyId": 0},
        {"policyId": 1},
        {"policyId": 2},
        {"policyId": 3},
        {"priority": 3},
        {"priority": 4},
        {"amount": 0},
        {"amount": 1},
        {"amount": 100 * AMOUNT},
        {"client": PROVIDER},
        {"client": NOBODY, "customerId": digest("nobody", 0)},
    ],
    ids=str,
)
def test_each_field_of_an_opening_is_looked_at(change: dict[str, Any], funding: str) -> None:
    case = Case(funding)
    for ref in (digest("ref", 0), digest("ref", 1)):  # again, and anew
        for by in (case.client.address, PROVIDER):
            mark = case.suite.evm.snapshot(), case.suite.ledger.snapshot(), list(case.suite.log)
            case.do("open", case.opening._replace(**change, ref=ref), by=by)
            case.suite.evm.revert(mark[0])
            case.suite.ledger.restore(mark[1])
            case.suite.log = mark[2]
    case.do("closePolicy", case.opening.policyId, by=PROVIDER)
    assert case.do("closePolicy", case.opening.policyId, by=PROVIDER) is False
    case.do("open", case.opening._replace(ref=digest("ref", 2)), by=case.client.address)
    case.do("open", case.opening._replace(ref=digest("ref", 2)), by=PROVIDER)


@pytest.mark.parametrize("flaw", ["", "chain", "mirrored", "empty", "elsewhere", "late"])
def test_a_signature_counts_as_it_was_given(flaw: str) -> None:
    case = Case("fee")
    sla, registry = case.suite.chain.sla, case.suite.chain.registry
    twin = case.suite.evm.deploy(artifacts.load(SLA), registry.address)
    other = twin if flaw == "elsewhere" else None
    until = case.now - (flaw == "late")
    opening = case.opening._replace(ref=digest("ref", 1), deadline=until)
    signed = bent(case.client, sla, ("Open", *opening), flaw, other)
    met = case.do("openBySig", opening, signed, by="stranger")
    assert isinstance(met, Refused) == (flaw != "")
    made = Instruction(Action.DISPUTE, case.id, 0, NOTHING, until)
    signed = bent(case.client, sla, made.content, flaw, other)
    met = case.do("instruct", made, signed, by="stranger")
    assert isinstance(met, Refused) == (flaw != "")


def test_nobody_becomes_the_client_of_their_own_promise() -> None:
    case = Case("bare")
    args = linking(case.suite, CUSTOMER, PROVIDERS[0])
    case.call("CustomerRegistry", "linkWallet", *args, by="operator")
    assert case.do("linkClient", case.id, by=ARBITER) == Refused("NoClient", CUSTOMER)


def test_it_needs_a_registry_and_tells_its_domain() -> None:
    chain = DeskSuite().chain
    with refused("ZeroAddress"):
        chain.evm.deploy(artifacts.load(SLA), NOBODY)
    assert chain.sla.REGISTRY() == chain.registry.address
    domain = chain.sla.eip712Domain()
    assert domain[:5] == (b"\x0f", "Rapport SLAEscrow", "1", CHAIN_ID, chain.sla.address)
    assert domain[5:] == (NOTHING, ())
