"""What a contract owes accounts that it could not pay, and how they take it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import ClassVar

from rapport import units
from rapport.chain import Read, requests
from rapport.errors import Reverted
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Outcome, Payload
from rapport.reverts import NothingOwed
from rapport.services.drafts import Draft
from rapport.services.kinds import ContractKind
from rapport.services.tokens import Monetary
from rapport.services.verbs import M, Steps, read


class Payout(ContractKind):
    """What was kept for somebody, in a token. Again, there is nothing left to be sent."""

    event: ClassVar[str]
    nothing: ClassVar[type[Reverted]]
    """What the contract says where nothing is left."""

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        (event,) = self.events(receipt, self.event)
        amount = units.from_base(event.args["amount"], payload["decimals"])
        return [Outcome.done(token=payload["token"], to=event.args["to"], amount=f"{amount:f}")]

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Paid before, if the same was paid since this was kept."""
        if isinstance(error, self.nothing):
            for event in reversed(self.paid(payload)):
                if event.log.block_number > int(payload["since"]):
                    return Outcome.duplicate(token=payload["token"], transaction=event.log.tx_hash)
        return Outcome.refused(error)

    @abstractmethod
    def paid(self, payload: Payload) -> list[Event]:
        """Every time that the same was paid, the oldest first."""


class Withdrawal(Payout):
    """What the sender is owed in a token."""

    event = "Withdrawn"
    nothing = NothingOwed

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        return self.call("withdraw", payload["token"], payload["to"], count=1)

    def subject(self, payload: Payload) -> Hashable:
        return str(payload["token"])

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("account", "token", "to")}

    def paid(self, payload: Payload) -> list[Event]:
        about = (units.word(payload["account"]), units.word(payload["token"]))
        found = self.logged(self.event, *about)
        return [each for each in found if each.args["to"] == payload["to"]]


class Owing(Monetary[M]):
    """A service of a contract that keeps money for accounts."""

    @read
    def owed(self, token: str, account: str | None = None) -> Steps[Decimal]:
        """
        What an account, the sender without one, is owed because it could not be paid; in whole
        units of the token.
        """
        found = yield from self._token(token)
        base = yield from self._owed(found.address, self._account(account))
        return found.from_base(base)

    def _owed(self, token: str, account: str) -> Steps[int]:
        (base,) = yield [Read(self.contract, "owed", (account, token))]
        return int(base)

    def _withdrawal(
        self, kind: type[Withdrawal], token: str, to: str | None, key: str | None
    ) -> Steps[Draft]:
        """All that the sender is owed in a token, to ``to`` or to the sender itself."""
        found = yield from self._token(token)
        (head,) = yield [requests.block()]
        payload = {
            "account": self._account(None),
            "token": found.address,
            "to": self._account(to),
            "decimals": found.decimals,
            "since": head.number,
        }
        return self._draft(kind, key, payload)
