"""A token that calls back while it is moved gets into no verb of SLAEscrow that moves money.

The token is the client, the provider, the arbiter and the creditor of what it calls back with, so
that each call would succeed if the contract let it in; that it would is tried first. A verb that
only writes down what a party says counts as if it had come right after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.support import wallets
from tests.contracts.support.evm import Contract
from tests.contracts.support.model.agreements import Opening
from tests.contracts.support.model.policies import ALL, HOUR
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.sla import Action, Instruction
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.sla import CUSTOMER, DAY, NOTHING, Desk
from tests.contracts.support.tokens.stand import GENESIS, NO_PERMIT

CALLS_BACK = Kind("calls back", "CallsBack", purse=100)
FAR = GENESIS + 300 * DAY
# The token's own policies: a fee is held, a bond stands; the last names it the arbiter.
ITS, ITS_BONDED, ITS_RULING = 3, 4, 5
OWNER = wallets.plain("owner")


class Trap(Desk):
    """Agreements of the token's own, in every state, and money that it is owed."""

    def __init__(self) -> None:
        super().__init__(CALLS_BACK)
        self.who |= {"token": self.token.address, "owner": OWNER.address}
        for name in ("token", "owner"):
            self.token.mint(self.who[name], 100 * self.kind.amount, sender=self.who["caller"])
        self.act(self.token, "approve", self.house.address, 2**256 - 1)
        self.token.approve(self.house.address, 2**256 - 1, sender=OWNER.address)
        provides = {"provider": self.token.address}
        self.act(self.house, "createPolicy", *self.its(ITS, **provides))
        self.act(self.house, "createPolicy", *self.its(ITS_BONDED, bonded=True, **provides))
        ruling = {"arbiter": self.token.address}
        self.house.createPolicy(*self.its(ITS_RULING, **ruling), sender=self.provider)
        self.act(self.house, "depositBond", self.token.address, 20 * self.kind.amount)
        self.client = {name: self.opened(n) for n, name in enumerate(STATES)}
        self.served = {name: self.bought(n) for n, name in enumerate(STATES)}
        self.waits = self.bare(70)
        self.act(self.house, "giveUp", self.waits)
        self.linked = self.bare(71)
        self.link()
        for name, keys in (("client", self.client), ("served", self.served)):
            self._bring(name, keys)
        self.evm.warp(FAR)

    def _bring(self, name: str, keys: dict[str, bytes]) -> None:
        """Each of them into its state."""
        for state in ("delivered", "review"):
            self._provide(name, "deliver", keys[state], NOTHING)
        self._provide(name, "awaitCustomer", keys["paused"])
        for state in ("disputed", "ruled"):
            self._buy(name, "dispute", keys[state], NOTHING)
        self._provide(name, "proposeSplit", keys["offered"], ALL // 2)
        if name == "served":
            self._buy(name, "proposeSplit", keys["proposed"], ALL // 2)

    def _provide(self, name: str, verb: str, *args: Any) -> None:
        if name == "served":
            self.act(self.house, verb, *args)
        else:
            getattr(self.house, verb)(*args, sender=self.provider)

    def _buy(self, name: str, verb: str, *args: Any) -> None:
        if name == "client":
            self.act(self.house, verb, *args)
        else:
            getattr(self.house, verb)(*args, sender=OWNER.address)

    def its(self, number: int, **other: Any) -> tuple[bytes, Any]:
        windows: dict[str, Any] = {
            "reviewWindow": 366 * DAY,
            "arbiterWindow": 366 * DAY,
            "maxPause": 366 * DAY,
        }
        windows["resolution"] = (366 * DAY,) * 4
        terms = self.terms(self.token, **windows, **other)
        return number.to_bytes(32, "big"), terms

    def act(self, contract: Contract, verb: str, *arguments: Any) -> None:
        """A call that the token makes; raises `Refused` if that is refused."""
        call = contract.functions[verb].encode(arguments)
        self.token.act(contract.address, call, sender=self.who["caller"])

    def purchase(self, number: int) -> Opening:
        """The token is the client."""
        return self.opening(self.token.address, number, ITS_RULING)._replace(deadline=FAR)

    def sale(self, number: int) -> Opening:
        """The token provides, for a client who signs."""
        return self.opening(OWNER.address, number, ITS)._replace(deadline=FAR)

    def opened(self, number: int) -> bytes:
        self.act(self.house, "open", self.purchase(number))
        return bytes(self.house.idOf(self.token.address, number.to_bytes(32, "big")))

    def bought(self, number: int) -> bytes:
        key: bytes = self.house.open(self.sale(number), sender=OWNER.address)[0]
        return key

    def bare(self, number: int) -> bytes:
        """The token provides, for a customer without a wallet."""
        opening = self.opening(NOBODY, number, ITS_BONDED)._replace(deadline=FAR)
        self.act(self.house, "open", opening)
        return bytes(self.house.idOf(self.token.address, opening.ref))

    def link(self) -> None:
        content = (CUSTOMER, OWNER.address, 0, self.evm.timestamp)
        signed = OWNER.sign(self.registry, "LinkWallet", *content)
        self.registry.linkWallet(*content, signed, sender=self.who["caller"])

    def signed(self, number: int) -> tuple[Any, ...]:
        opening = self.sale(number)
        return opening, OWNER.sign(self.house, "Open", *opening)

    def instruction(self) -> tuple[Any, ...]:
        made = Instruction(Action.ACCEPT, self.served["delivered"], 0, NOTHING, FAR)
        return made, OWNER.sign(self.house, *made.content)


STATES = ("open", "delivered", "review", "paused", "disputed", "ruled", "offered", "proposed")

GUARDED: dict[str, Callable[[Trap], tuple[Any, ...]]] = {
    "depositBond": lambda t: (t.token.address, 1),
    "open": lambda t: (t.purchase(80),),
    "openBySig": lambda t: t.signed(81),
    "accept": lambda t: (t.client["delivered"],),
    "finalize": lambda t: (t.client["review"],),
    "giveUp": lambda t: (t.served["open"],),
    "reclaim": lambda t: (t.client["open"],),
    "concede": lambda t: (t.served["open"], 1),
    "acceptSplit": lambda t: (t.client["offered"], ALL // 2),
    "resolve": lambda t: (t.client["ruled"], ALL // 2),
    "expireDispute": lambda t: (t.client["disputed"],),
    "instruct": lambda t: t.instruction(),
    "claim": lambda t: (t.token.address, CUSTOMER, t.token.address),
    "withdraw": lambda t: (t.token.address, t.who["elsewhere"]),
    "permit": lambda t: NO_PERMIT,
    "multicall": lambda t: ([t.house.functions["permit"].encode(NO_PERMIT)],),
}
SAID: dict[str, Callable[[Trap], tuple[Any, ...]]] = {
    "createPolicy": lambda t: t.its(90, provider=t.token.address),
    "closePolicy": lambda t: (ITS,),
    "linkClient": lambda t: (t.linked,),
    "respond": lambda t: (t.served["open"],),
    "awaitCustomer": lambda t: (t.served["open"],),
    "resume": lambda t: (t.served["paused"],),
    "deliver": lambda t: (t.served["open"], NOTHING),
    "proposeSplit": lambda t: (t.served["open"], ALL // 2),
    "dispute": lambda t: (t.client["delivered"], NOTHING),
    "submitEvidence": lambda t: (t.served["open"], b"\x02" * 32),
}
# Where time must pass first, in seconds since `FAR`.
WAITS = {"finalize": 366 * DAY, "reclaim": 800 * DAY, "expireDispute": 366 * DAY}

# What is under way: every verb that moves money, by others, about other agreements.
UNDER_WAY: dict[str, Callable[[Trap], Callable[[], Any]]] = {
    "open": lambda t: lambda: t.open("payer", 50),
    "depositBond": lambda t: lambda: t.house.depositBond(t.token.address, 5, sender=t.provider),
    "giveUp": lambda t: _ended(t, "giveUp", "merchant"),
    "concede": lambda t: _ended(t, "concede", "merchant", 1),
}


def _ended(trap: Trap, verb: str, by: str, *args: Any) -> Callable[[], Any]:
    key = trap.open("payer", 51)
    return lambda: getattr(trap.house, verb)(key, *args, sender=trap.who[by])


def trap_for(verb: str, arguments: Callable[[Trap], tuple[Any, ...]]) -> tuple[Trap, Any]:
    """A trap, and arguments with which the token's call would succeed now."""
    trap = Trap()
    trap.evm.warp(FAR + WAITS.get(verb, 0) + HOUR * (verb in WAITS))
    return trap, arguments(trap)


def test_every_verb_is_called_back():
    verbs = {name for name, function in Trap().house.functions.items() if not function.view}

    assert verbs == set(GUARDED) | set(SAID)


@pytest.mark.parametrize("under_way", UNDER_WAY)
@pytest.mark.parametrize("verb", GUARDED)
def test_no_verb_that_moves_money_is_reached_while_a_token_is_moved(verb, under_way):
    trap, arguments = trap_for(verb, GUARDED[verb])
    act = UNDER_WAY[under_way](trap)
    mark = trap.evm.snapshot()
    trap.act(trap.house, verb, *arguments)
    trap.evm.revert(mark)
    trap.token.setCallBack(trap.house.functions[verb].encode(arguments), sender=trap.who["caller"])
    trap.token.turn(CALLS_BACK.number, sender=trap.who["caller"])

    act()

    assert trap.token.calledBack() is False
    trap.token.turn(0, sender=trap.who["caller"])
    trap.act(trap.house, verb, *arguments)  # it was not used up


@pytest.mark.parametrize("under_way", UNDER_WAY)
@pytest.mark.parametrize("verb", SAID)
def test_what_a_party_says_meanwhile_is_as_if_it_was_said_right_after(verb, under_way):
    states = []
    for meanwhile in (True, False):
        trap, arguments = trap_for(verb, SAID[verb])
        act = UNDER_WAY[under_way](trap)
        call = trap.house.functions[verb].encode(arguments)
        if meanwhile:
            trap.token.setCallBack(call, sender=trap.who["caller"])
            trap.token.turn(CALLS_BACK.number, sender=trap.who["caller"])
        act()
        if meanwhile:
            assert trap.token.calledBack() is True
        else:
            trap.act(trap.house, verb, *arguments)
        keys = [*trap.client.values(), *trap.served.values(), trap.linked]
        agreements = [trap.house.agreement(key) for key in keys]
        policies = [trap.house.policy(n + 1) for n in range(trap.house.policies())]
        owed = trap.house.owed(trap.token.address, trap.token.address)
        states.append((agreements, policies, owed, trap.token.held(trap.house.address)))

    assert states[0] == states[1]
