"""The laws of service levels, each a function that looks at chain, model and logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.contracts.support.desk import DeskSuite
from tests.contracts.support.evm import Event
from tests.contracts.support.laws import asked
from tests.contracts.support.model.agreements import Agreement
from tests.contracts.support.model.clocks import State
from tests.contracts.support.model.ledger import Signed
from tests.contracts.support.model.money import Oddity
from tests.contracts.support.model.policies import Policy, credit, part
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.sla import Action, Instruction
from tests.contracts.support.replay_sla import replayed_sla
from tests.contracts.support.wallets import Wallet

NOTHING = bytes(32)


def escrow_holds_what_it_must(suite: DeskSuite) -> None:
    """Open fees, reserved stakes, what waits and what is owed."""
    for money in suite.moneys:
        held = suite.chain.contracts[money.contract].balanceOf(suite.chain.sla.address)
        assert held >= suite.sla.obligations(money.address)


def escrow_moves_what_it_tells(suite: DeskSuite, events: list[Event]) -> None:
    """In every transaction, to the last unit: what left, with what was credited, is what ended."""
    model, custody = suite.sla, suite.chain.sla.address
    names = {money.contract: money.address for money in suite.moneys}
    gone: Counter[str] = Counter()
    due: Counter[str] = Counter()
    for event in events:
        if event.contract in names and event.name == "Transfer" and event.args[0] == custody:
            gone[names[event.contract]] += event.args[2]
        elif event.name == "Credited":
            gone[event.args[1]] += event.args[2]
        elif event.name == "Settled":
            key, _, to_provider, to_client, fee = event.args
            policy = model.policy_of(key)
            due[policy.token] += to_client + fee + (0 if policy.bonded else to_provider)
        elif event.name == "Conceded":
            due[model.policy_of(event.args[0]).token] += event.args[2]
        elif event.name == "CreditWaits":
            due[event.args[2]] -= event.args[3]
        elif event.name == "CreditClaimed":
            due[event.args[2]] += event.args[4]
        elif event.name == "Withdrawn":
            due[event.args[1]] += event.args[3]
    assert +gone == +due


def agreement_equals_the_model(suite: DeskSuite, key: bytes) -> None:
    chain, model = suite.chain.sla, suite.sla
    assert Agreement(*chain.agreement(key)) == model.agreement(key)
    assert chain.customerOf(key) == model.customers.get(key, NOTHING)
    assert chain.proposal(key) == model.proposals.get(key, (NOBODY, 0))
    assert asked(chain.clocks, key) == asked(model.due, key)
    assert asked(chain.quoteSettlement, key) == asked(model.quote, key)


def escrow_equals_the_model_and_the_logs(suite: DeskSuite) -> None:
    chain, model = suite.chain.sla, suite.sla
    logs = replayed_sla(suite.log)
    assert chain.policies() == len(logs.policies) == len(model.terms)
    for number, told in logs.policies.items():
        assert Policy(*chain.policy(number)) == told == model.terms[number]
    assert set(logs.cases) == set(model.cases)
    for key, case in logs.cases.items():
        agreement_equals_the_model(suite, key)
        assert case == model.cases[key]
        assert logs.customers.get(key) == model.customers.get(key)
        assert logs.proposals.get(key) == model.proposals.get(key)
    for (account, token), owed in model.debts.items():
        assert chain.owed(account, token) == owed == logs.owed[account, token]
    for where, amount in model.waits.items():
        assert chain.waiting(*where) == amount == logs.waits[where]


# Whoever is left alone gets an end


def _money_behaves_enough(suite: DeskSuite, policy: Policy) -> None:
    """A token that takes from the sender more than it is told takes it from others: not here."""
    money = suite.tokens[policy.token]
    if money.oddity == Oddity.SENDER_FEE:
        suite.call(money.contract, "turn", int(Oddity.NONE), by=suite.actors["stranger"])


def _reach(suite: DeskSuite, moment: int) -> None:
    suite.warp(max(moment, suite.evm.timestamp))


def by_the_client(suite: DeskSuite, key: bytes, client: Wallet) -> None:
    """It accepts, or disputes and outwaits the arbiter; an account with code signs."""
    stranger = suite.actors["stranger"]
    relayed = bool(suite.evm.code(client.address))

    def decide(action: Action, verb: str, *args: object) -> None:
        if relayed:
            made = Instruction(action, key, 0, NOTHING, suite.evm.timestamp)
            signed = client.sign(suite.chain.sla, *made.content)
            suite.call("SLAEscrow", "instruct", made, signed, by=stranger)
        else:
            suite.call("SLAEscrow", verb, key, *args, by=client.address)

    if suite.sla.cases[key].state == State.DELIVERED:
        decide(Action.ACCEPT, "accept")
    else:
        if suite.sla.cases[key].state == State.OPEN:
            decide(Action.DISPUTE, "dispute", NOTHING)
        outwait_the_arbiter(suite, key, stranger if relayed else client.address)


def by_the_provider(suite: DeskSuite, key: bytes) -> None:
    """It delivers, late as it may be, and outwaits the review; or outwaits the arbiter."""
    provider = suite.sla.policy_of(key).provider
    if suite.sla.cases[key].state == State.OPEN:
        suite.call("SLAEscrow", "deliver", key, NOTHING, by=provider)
    by_whoever_waits(suite, key, provider)


def by_whoever_waits(suite: DeskSuite, key: bytes, who: str) -> None:
    """Nobody else lifts a finger: what is delivered is paid, and what never is goes back."""
    case, policy = suite.sla.cases[key], suite.sla.policy_of(key)
    if case.state == State.DISPUTED:
        outwait_the_arbiter(suite, key, who)
    elif case.state == State.DELIVERED:
        _reach(suite, case.deliveredAt + policy.reviewWindow + 1)
        suite.call("SLAEscrow", "finalize", key, by=who)
    else:
        limit = policy.resolution[case.priority] + policy.maxPause
        _reach(suite, policy.used_up(case.openedAt, limit + 1) + policy.reviewWindow)
        suite.call("SLAEscrow", "reclaim", key, by=who)


def outwait_the_arbiter(suite: DeskSuite, key: bytes, who: str) -> None:
    case, policy = suite.sla.cases[key], suite.sla.policy_of(key)
    _reach(suite, case.disputedAt + policy.arbiterWindow + 1)
    suite.call("SLAEscrow", "expireDispute", key, by=who)


def whoever_is_left_alone_gets_an_end(
    suite: DeskSuite, wallet_of: Callable[[str], Wallet | None]
) -> None:
    """
    Every live agreement, driven to its end by each of its parties alone, and by somebody else.

    Args:
        wallet_of: The wallet at an address, if there is one that can sign.
    """
    stranger = suite.actors["stranger"]
    for key, case in list(suite.sla.cases.items()):
        if case.state == State.SETTLED:
            continue
        _money_behaves_enough(suite, suite.sla.policy_of(key))
        ways: list[Callable[[], None]] = [
            lambda key=key: by_the_provider(suite, key),  # type: ignore[misc]
            lambda key=key: by_whoever_waits(suite, key, stranger),  # type: ignore[misc]
        ]
        client = wallet_of(case.client)
        if client is not None:
            ways.append(lambda key=key, c=client: by_the_client(suite, key, c))  # type: ignore[misc]
        for way in ways:
            _alone(suite, key, way)


def _alone(suite: DeskSuite, key: bytes, way: Callable[[], None]) -> None:
    chain, model, log = suite.evm.snapshot(), suite.ledger.snapshot(), list(suite.log)
    now = suite.evm.timestamp
    least = credit(suite.sla.cases[key].amount, suite.sla.clocks(key).credit_bps)
    stake = suite.sla.stake(key)
    try:
        way()
        assert suite.sla.cases[key].state == State.SETTLED, "nobody got an end"
        settled = next(e for e in suite.evm.logs if e.name == "Settled")
        assert sum(settled.args[2:]) == stake
        assert settled.args[3] >= least, "the client got less than its credit"
        escrow_holds_what_it_must(suite)
    finally:
        suite.evm.revert(chain)
        suite.ledger.restore(model)
        suite.ledger.now = now
        suite.log = log


def an_arbiter_moves_at_most_the_stake(suite: DeskSuite, key: bytes, before: int) -> None:
    """
    After a ruling, whatever it was: all else is backed as before.

    Args:
        before: What the contract had to hold before it, in the policy's token.
    """
    policy, stake = suite.sla.policy_of(key), suite.sla.stake(key)
    _, _, to_provider, to_client, fee = next(e.args for e in suite.evm.logs if e.name == "Settled")
    assert to_provider + to_client + fee == stake
    assert fee == part(stake, policy.arbiterFeeBps)
    assert suite.sla.obligations(policy.token) >= before - stake


def unsigned() -> Signed:
    """No signature at all."""
    return Signed.over(b"", NOBODY, ())
