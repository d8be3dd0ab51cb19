"""The second step of handing the admin over: the new admin accepts on every contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Transfer:
    """A transfer that was begun and not accepted. It can be accepted after ``schedule``, Unix s."""

    name: str
    contract: Any
    new_admin: str
    schedule: int

    @property
    def after(self) -> str:
        return f"after {datetime.fromtimestamp(self.schedule, UTC):%Y-%m-%d %H:%M:%S} UTC"

    def ready(self, timestamp: int) -> bool:
        """Whether a block of that second accepts it: the schedule itself has to have passed."""
        return timestamp > self.schedule


def transfers(contracts: Iterable[tuple[str, Any]]) -> Iterator[Transfer]:
    """The transfers under way on contracts given with their names."""
    for name, contract in contracts:
        pending = contract.pendingDefaultAdmin()
        if int(pending.newAdmin, 16):
            yield Transfer(name, contract, str(pending.newAdmin), int(pending.schedule))


def accept(
    contracts: Iterable[tuple[str, Any]], account: Any, timestamp: int
) -> tuple[list[str], list[str]]:
    """
    Accepts every transfer to ``account`` whose time has come.

    ``timestamp`` is the next block's. Returns the contracts accepted and what is still to come.
    """
    accepted: list[str] = []
    waiting: list[str] = []
    for transfer in transfers(contracts):
        if transfer.new_admin != account.address:
            waiting.append(f"{transfer.name} goes to {transfer.new_admin}, who has to accept it")
        elif transfer.ready(timestamp):
            transfer.contract.acceptDefaultAdminTransfer(sender=account)
            accepted.append(transfer.name)
        else:
            waiting.append(f"{transfer.name} can be accepted {transfer.after}")
    return accepted, waiting
