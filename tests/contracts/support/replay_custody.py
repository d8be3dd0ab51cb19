"""What a contract owes, from its logs alone."""

from __future__ import annotations

from collections import Counter


class CustodyReplay:
    """Credits that were given, and taken."""

    def __init__(self) -> None:
        self.owed: Counter[tuple[str, str]] = Counter()

    def Credited(self, _now: int, account: str, token: str, amount: int) -> None:
        self.owed[account, token] += amount

    def Withdrawn(self, _now: int, account: str, token: str, _to: str, amount: int) -> None:
        self.owed[account, token] -= amount
        assert self.owed[account, token] >= 0
