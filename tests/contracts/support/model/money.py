"""Tokens in plain Python: who has how much, who may take it, and in what way they misbehave."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from tests.contracts.support.evm import Refused
from tests.contracts.support.model.ledger import Ledger

FULL = 2**256 - 1


class Oddity(IntEnum):
    """As in contracts/mocks/OddToken.sol; those that a history turns to."""

    NONE = 0
    NO_RETURN = 1
    FALSE_ON_FAILURE = 2
    FALSE_ON_SUCCESS = 3
    ODD_ANSWER = 4
    LONG_RETURN = 5
    PHANTOM = 6
    RECIPIENT_FEE = 7
    SENDER_FEE = 8
    BONUS = 9
    BLOCKS_RECIPIENT = 10
    BLOCKS_SENDER = 11
    PAUSED = 12
    REVERT_ON_ZERO = 13
    ROUNDS_DOWN = 16
    REVERT_AT_LENGTH = 20
    BURNS_GAS = 21
    MOVES_HALF = 26


_STOPPED = (Oddity.PAUSED, Oddity.REVERT_AT_LENGTH, Oddity.BURNS_GAS)
_UNHEARD = (Oddity.FALSE_ON_SUCCESS, Oddity.ODD_ANSWER)


class TokenModel:
    """One token."""

    def __init__(self, chain: Ledger, name: str, address: str, odd: bool) -> None:
        self.chain = chain
        self.contract = name
        self.address = address
        self.odd = odd
        self.balances: dict[str, int] = chain.table()
        self.allowances: dict[tuple[str, str], int] = chain.table()
        self.blocked: dict[str, bool] = chain.table()
        self.oddities: dict[str, Oddity] = chain.table()
        self.oddities["now"] = Oddity.NONE

    def balance(self, account: str) -> int:
        return self.balances.get(account, 0)

    def allowance(self, owner: str, spender: str) -> int:
        return self.allowances.get((owner, spender), 0)

    @property
    def oddity(self) -> Oddity:
        return self.oddities["now"]

    # Its own verbs

    def mint(self, _sender: str, to: str, amount: int) -> None:
        self.balances[to] = self.balance(to) + amount
        if not self.odd:
            self.chain.emit(self.contract, "Transfer", "0x" + "00" * 20, to, amount)

    def approve(self, sender: str, spender: str, amount: int) -> Any:
        self.allowances[sender, spender] = amount
        if self.odd:
            return None
        self.chain.emit(self.contract, "Approval", sender, spender, amount)
        return True

    def transfer(self, sender: str, to: str, amount: int) -> Any:
        """By a holder, while the token behaves."""
        if not self._moves(sender, to, amount):
            raise Refused("ERC20InsufficientBalance", sender, self.balance(sender), amount)
        return None if self.odd else True

    def turn(self, _sender: str, oddity: int) -> None:
        self.oddities["now"] = Oddity(oddity)

    def setBlocked(self, _sender: str, account: str, is_: bool) -> None:
        self.blocked[account] = is_

    # What the suite's contracts ask of it

    def send_from(self, spender: str, owner: str, to: str, amount: int) -> bool:
        """Out of an allowance; what can be heard of it."""
        allowed = self.allowance(owner, spender)
        if allowed < amount or not self._moves(owner, to, amount):
            return False
        if self.odd or allowed != FULL:
            self.allowances[owner, spender] = allowed - amount
        return self.oddity not in _UNHEARD

    def try_pull(self, spender: str, owner: str, to: str, amount: int) -> bool:
        """As `send_from`; the recipient must have received all, or nothing where it refuses."""
        before = self.balance(to)
        if not self.send_from(spender, owner, to, amount):
            if self.balance(to) != before:
                raise Refused("TransferFailed", self.address, owner, to, amount)
            return False
        received = max(0, self.balance(to) - before)
        if received < amount:
            raise Refused("ShortTransfer", self.address, received, amount)
        return True

    def pull(self, spender: str, owner: str, to: str, amount: int) -> None:
        if not self.try_pull(spender, owner, to, amount):
            raise Refused("TransferFailed", self.address, owner, to, amount)

    def push(self, holder: str, to: str, amount: int) -> int:
        """Out of the holder's own balance, believed as far as it has left."""
        before = self.balance(holder)
        self._moves(holder, to, amount)
        moved = max(0, before - self.balance(holder))
        if moved > amount:
            raise Refused("TransferFailed", self.address, holder, to, amount)
        return moved

    def _moves(self, owner: str, to: str, amount: int) -> bool:
        """False, and nothing moved, where the token refuses."""
        odd = self.oddity
        if odd in _STOPPED or (odd == Oddity.REVERT_ON_ZERO and amount == 0):
            return False
        if odd == Oddity.PHANTOM:
            return True
        if odd == Oddity.BLOCKS_RECIPIENT and self.blocked.get(to):
            return False
        if odd == Oddity.BLOCKS_SENDER and self.blocked.get(owner):
            return False
        amount //= 2 if odd == Oddity.MOVES_HALF else 1
        taken = given = amount
        hundredth = amount // 100
        given += {Oddity.RECIPIENT_FEE: -hundredth, Oddity.BONUS: hundredth}.get(odd, 0)
        given -= odd == Oddity.ROUNDS_DOWN and amount != 0
        taken += hundredth if odd == Oddity.SENDER_FEE else 0
        if self.balance(owner) < taken:
            return False
        self.balances[owner] = self.balance(owner) - taken
        self.balances[to] = self.balance(to) + given
        self.chain.emit(self.contract, "Transfer", owner, to, amount)
        return True
