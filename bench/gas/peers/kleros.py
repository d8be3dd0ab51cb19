"""Kleros' escrow of tokens: what is held goes to the receiver in time, unless a court is asked.

The court is Kleros' own, of one judge and free of charge, so that one side alone can ask it: with a
fee, both sides pay it first, in a transaction each.
"""

from __future__ import annotations

from bench.gas import packages
from bench.gas.chain import Contract
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.money import PRICE, Money
from bench.gas.packages import Artifact, BenchError

PACKAGE = "@kleros/kleros-interaction"
_TIMEOUT = 7 * 86_400
_SENDER_WINS = 1
_RESOLVED = 4
_CLOCKS = "clocks, credits for being late, a view of what is due"


def measure(money: Money) -> list[PeerFigure]:
    escrow = _Escrow(money)
    escrow.opened("first client")
    return [*_settled(escrow), *_disputed(escrow)]


class _Escrow:
    """The escrow, its court, and a provider who was paid before."""

    def __init__(self, money: Money) -> None:
        self.peer = f"Kleros escrow {packages.version_of(PACKAGE)}"
        self.money, self.chain = money, money.chain
        self.judge = self.chain.actor("kleros judge")
        self.provider = money.holder("kleros provider")
        self.court = self.chain.deploy(_artifact("CentralizedArbitrator"), self.judge, 0)
        self.contract = self._escrow()
        self.made = 0

    def _escrow(self) -> Contract:
        made = _artifact("MultipleArbitrableTokenTransaction")
        return self.chain.deploy(made, self.judge, self.court.address, b"", 0)

    def opened(self, label: str) -> tuple[str, int, int]:
        """A client, its transaction's number, and the gas."""
        client = self.money.customer(f"kleros {label}", self.contract)
        order = (PRICE, self.money.token.address, _TIMEOUT, self.provider, "")
        with self.money.moving(self.peer, {client: -PRICE, self.contract.address: PRICE}):
            gas = self.contract.send(client, "createTransaction", *order).gas
        self.made += 1
        return client, self.made - 1, gas

    def over(self, number: int) -> None:
        """
        Raises:
            BenchError: The transaction is not resolved.
        """
        if self.contract.values("transactions", number)[9] != _RESOLVED:
            raise BenchError(f"{self.peer}: a transaction was settled and is not")


def _artifact(name: str) -> Artifact:
    return packages.shipped(PACKAGE, f"build/contracts/{name}.json")


def _settled(escrow: _Escrow) -> list[PeerFigure]:
    contract, peer = escrow.contract, escrow.peer
    _, number, opened = escrow.opened("client who is content")
    keeper = escrow.chain.actor("kleros keeper")
    escrow.chain.wait(_TIMEOUT + 1)
    with escrow.money.moving(peer, {escrow.provider: PRICE}):
        settled = contract.send(keeper, "executeTransaction", number).gas
    escrow.over(number)
    contract.refuses(keeper, "executeTransaction", number)
    without = f"{_CLOCKS}, policies that a provider is bound to, terms that cannot be mistaken"
    owed = f"{_CLOCKS}, a payout that fails stops nobody"
    return [
        PeerFigure(Operation.SLA_OPEN, peer, "createTransaction", opened, without, "makes another"),
        PeerFigure(Operation.SLA_SETTLE, peer, "executeTransaction", settled, owed, REFUSED),
    ]


def _disputed(escrow: _Escrow) -> list[PeerFigure]:
    contract, peer = escrow.contract, escrow.peer
    client, number, _ = escrow.opened("client who is not content")
    ask = "payArbitrationFeeBySender"
    asked = contract.send(client, ask, number).gas
    contract.refuses(client, ask, number)
    ruling = (contract.values("transactions", number)[5], _SENDER_WINS)
    with escrow.money.moving(peer, {client: PRICE}):
        ruled = escrow.court.send(escrow.judge, "giveRuling", *ruling).gas
    escrow.over(number)
    escrow.court.refuses(escrow.judge, "giveRuling", *ruling)
    ends = "an end if the court is silent"
    shares = "shares other than all, half or nothing; a fee for the arbiter in the token"
    return [
        PeerFigure(Operation.SLA_DISPUTE, f"{peer}, a free court", ask, asked, ends, REFUSED),
        PeerFigure(Operation.SLA_RESOLVE, peer, "giveRuling", ruled, shares, REFUSED),
    ]
