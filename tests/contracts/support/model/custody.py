"""Money that waits for an account that could not be paid, from the prose of ICustody."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.ledger import Ledger
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.registry import NOBODY


class Mover:
    """A contract that moves money."""

    contract: str
    made: dict[tuple[str, bytes], tuple[int, Any]]
    """What somebody made under a ref: its number, and the terms that were asked for."""

    def __init__(self, chain: Ledger, at: Contract, tokens: dict[str, TokenModel]) -> None:
        self.chain = chain
        self.at = at
        self.tokens = tokens

    @property
    def address(self) -> str:
        return self.at.address

    def emit(self, name: str, *args: Any) -> None:
        self.chain.emit(self.contract, name, *args)

    def made_before(self, by: str, ref: bytes, terms: Any) -> int:
        """The number of what was made under this ref; 0 if nothing was."""
        number, asked = self.made.get((by, ref), (0, terms))
        if asked != terms:
            raise Refused("RefConflict", ref)
        return number


class Custody(Mover):
    """One that holds some."""

    debts: dict[tuple[str, str], int]  # by account and token

    def keeps_debts(self) -> None:
        self.debts = self.chain.table()

    def owed(self, account: str, token: str) -> int:
        return self.debts.get((account, token), 0)

    def owed_in(self, token: str) -> int:
        return sum(owed for (_, kind), owed in self.debts.items() if kind == token)

    def withdraw(self, sender: str, token: str, to: str) -> int:
        amount = self.owed(sender, token)
        if amount == 0:
            raise Refused("NothingOwed", sender, token)
        if to in (NOBODY, self.address):
            raise Refused("BadRecipient", to)
        moved = self.tokens[token].push(self.address, to, amount)
        if moved == 0:
            raise Refused("TransferFailed", token, self.address, to, amount)
        self.debts[sender, token] = amount - moved
        self.emit("Withdrawn", sender, token, to, moved)
        return moved

    def give(self, token: str, to: str, amount: int) -> None:
        """Out of custody; what does not leave is credited."""
        moved = self.tokens[token].push(self.address, to, amount) if amount else 0
        if moved < amount:
            self.credit(token, to, amount - moved)

    def credit(self, token: str, account: str, amount: int) -> None:
        self.debts[account, token] = self.owed(account, token) + amount
        self.emit("Credited", account, token, amount)
