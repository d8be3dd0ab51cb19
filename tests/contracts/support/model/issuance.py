"""Who may issue points and how many a day, in plain Python, from the prose of ILoyaltyPoints."""

from __future__ import annotations

from tests.contracts.support.evm import Refused
from tests.contracts.support.model.dates import DAY
from tests.contracts.support.model.ledger import Ledger, Pausable, role

MAX_ISSUERS = 16
ISSUER = role("ISSUER")


class IssuanceModel(Pausable):
    """Issuers and their caps."""

    contract = "LoyaltyPoints"

    def __init__(self, chain: Ledger, admin: str) -> None:
        super().__init__(chain, admin)
        self.caps: dict[str, int] = chain.table()
        self.used: dict[tuple[str, int], int] = chain.table()  # by issuer and UTC day

    def granted(self, name: bytes, account: str) -> None:
        if name == ISSUER:
            if len(self.caps) == MAX_ISSUERS:
                raise Refused("TooManyIssuers", MAX_ISSUERS)
            self.caps[account] = 0

    def revoked(self, name: bytes, account: str) -> None:
        if name == ISSUER:
            del self.caps[account]
            self.used.pop((account, self._today), None)

    @property
    def _today(self) -> int:
        return self.chain.now // DAY

    def left(self, issuer: str) -> int:
        """Points that an issuer may still move today."""
        return max(0, self.caps.get(issuer, 0) - self.used.get((issuer, self._today), 0))

    def may_issue(self, sender: str) -> None:
        if sender not in self.caps:
            raise Refused("AccessControlUnauthorizedAccount", sender, ISSUER)
        self.not_paused()

    def meter(self, issuer: str, points: int) -> None:
        left = self.left(issuer)
        if points > left:
            raise Refused("IssuerCapExceeded", issuer, points, left)
        today = (issuer, self._today)
        self.used[today] = self.used.get(today, 0) + points

    def setIssuerCap(self, sender: str, issuer: str, per_day: int) -> None:
        self.check("DEFAULT_ADMIN", sender)
        if issuer not in self.caps:
            raise Refused("AccessControlUnauthorizedAccount", issuer, ISSUER)
        self.caps[issuer] = per_day
        self.chain.emit(self.contract, "IssuerCapSet", issuer, per_day)
