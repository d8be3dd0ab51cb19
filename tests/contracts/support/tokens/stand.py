"""A chain with one odd token, and what is met when it is moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.support import artifacts
from tests.contracts.support.evm import Contract, Evm, Refused, account
from tests.contracts.support.tokens.kinds import Kind

GENESIS = 2_208_988_800  # 1 January 2040
NOBODY = "0x" + "00" * 20
ACTORS = ("payer", "merchant", "affiliate", "elsewhere", "bystander", "caller")
NO_PERMIT = (NOBODY, NOBODY, 0, 0, 27, bytes(32), bytes(32))  # does nothing, if it is let in
GONE = "Gone"


@dataclass(frozen=True)
class Met:
    """
    What became of a path: one word, and the error if it was refused.

    works: everybody has exactly what is theirs. credited: what could not be paid is kept and owed.
    fee: the token itself took a part, from whoever sent or received. more: the token gave more
    than was sent. refused: nothing changed at all. Two more are met only with tokens that were
    good when they came and then changed what everybody holds. short: paid, and too little is left
    for others. twice: paid, and owed as well.
    """

    word: str
    error: str = ""

    def __str__(self) -> str:
        return f"`{self.error}`" if self.word == "refused" else self.word


@dataclass
class Due:
    """What a path moves if the token keeps its word: by account, plus what it gets."""

    moves: dict[str, int]
    blocked: tuple[str, ...] = ()  # recipients, for tokens that block these
    senders: tuple[str, ...] = ()
    creditor: str = ""  # who takes what it is owed, to another address


@dataclass
class Stand:
    """One of the suite's contracts with money of one kind, still as ERC-20 demands."""

    kind: Kind
    contract: str
    evm: Evm = field(init=False)
    token: Contract = field(init=False)
    house: Contract = field(init=False)
    who: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.evm = Evm(GENESIS)
        self.who = {name: account(name) for name in ACTORS}
        self.house = self.evm.deploy(artifacts.load(self.contract), self.rules())
        self.who["house"] = self.house.address
        self.token = self.money(self.kind.decimals)

    def rules(self) -> str:
        """By which its sales earn points: none."""
        return NOBODY

    def money(self, decimals: int = 6) -> Contract:
        """A token of which payer, merchant and bystander have plenty and allow all."""
        token = self.evm.deploy(artifacts.load("OddToken"), decimals)
        for name in ("payer", "merchant", "bystander"):
            # Merchants give back out of what they were paid.
            times = self.kind.purse - (name == "merchant")
            token.mint(self.who[name], times * self.kind.amount, sender=self.who[name])
            token.approve(self.house.address, 2**256 - 1, sender=self.who[name])
        back = self.house.functions["permit"].encode(NO_PERMIT)
        token.setCallBack(back, sender=self.who["caller"])
        return token

    def meet(self, act: Callable[[], Any], due: Due, backed: Callable[[], int]) -> Met:
        """
        Turns the token odd, acts, and looks at everything.

        Args:
            act: The call.
            due: What it has to move.
            backed: What the contract must have at least, apart from what it owes.
        """
        self._turn(due)
        before, owed = self._held(), self._owed()
        code = self.evm.code(self.token.address)
        refusal = None
        if self.kind.oddity == GONE:
            self.evm.set_code(self.token.address, b"")
        try:
            act()
        except Refused as met:
            refusal = met
        if self.kind.oddity == GONE:
            self.evm.set_code(self.token.address, code)
        changes = {name: now - before[name] for name, now in self._held().items()}
        credits = {name: now - owed[name] for name, now in self._owed().items()}
        assert self.token.calledBack() is False, "the contract let itself be called back"
        backing = self._backing(backed())
        if refusal is not None:
            assert not any(changes.values()), f"refused, and moved {changes}"
            assert not any(credits.values()), f"refused, and credited {credits}"
            return Met("refused", _name(refusal))
        return self._verdict(changes, credits, due, backing)

    def _turn(self, due: Due) -> None:
        operator = self.who["caller"]
        blocked = due.senders if self.kind.oddity == "BlocksSender" else due.blocked
        for name in blocked:
            self.token.setBlocked(self.who[name], True, sender=operator)
        if self.kind.oddity != GONE:
            self.token.turn(self.kind.number, sender=operator)

    def _held(self) -> dict[str, int]:
        return {name: self.token.held(address) for name, address in self.who.items()}

    def _owed(self) -> dict[str, int]:
        if "owed" not in self.house.functions:
            return dict.fromkeys(self.who, 0)
        return {n: self.house.owed(a, self.token.address) for n, a in self.who.items()}

    def _backing(self, backed: int) -> int:
        """What the contract has above what it holds for others and owes; below zero it is short."""
        owes = sum(self._owed().values())
        found = int(self.token.held(self.house.address)) - backed - owes
        assert found >= 0 or not self.kind.keeps_word, f"holds {backed}, owes {owes}, lacks {found}"
        return found

    def _verdict(
        self, changes: dict[str, int], credits: dict[str, int], due: Due, backing: int
    ) -> Met:
        """What everybody has or is owed, beside what is due to them."""
        wanted = {name: due.moves.get(name, 0) for name in self.who}
        lacking = {n: wanted[n] - changes[n] - credits[n] for n in self.who if n != "house"}
        if due.creditor:
            # What stays owed is not lost, though it has not arrived.
            lacking[due.blocked[0]] += lacking.pop(due.creditor)
        lost = {name: amount for name, amount in lacking.items() if amount}
        kept = changes["house"] - sum(credits.values()) - wanted["house"]
        credited = any(self._owed().values())
        if not self.kind.keeps_word and backing < 0 and changes["house"] < 0:
            return Met("twice" if credited else "short")
        if not lost and kept == 0:
            return Met("credited" if credited else "works")
        limit = self.kind.loses
        assert limit, f"{lost} is lost, {kept} is kept and owed to nobody"
        assert abs(sum(lost.values())) <= abs(limit), f"{lost} is lost, more than {limit}"
        assert kept == 0 or limit < 0, f"{kept} is kept and owed to nobody"
        return Met("fee" if limit > 0 else "more")


def _name(refusal: Refused) -> str:
    if refusal.name == "Halt":
        return "out of gas" if "OutOfGas" in str(refusal.values) else str(refusal.values)
    return refusal.name or "no reason"
