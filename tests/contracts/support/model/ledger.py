"""The model's chain: time, events, roles, and undoing what a refused call began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak

from tests.contracts.support.evm import Event, Refused

ADMIN = bytes(32)


def role(name: str) -> bytes:
    """A role's identifier; the default admin's is zero."""
    return ADMIN if name == "DEFAULT_ADMIN" else keccak(text=f"{name}_ROLE")


class Signed(bytes):
    """A signature that remembers whose it is and what it says, so that a model can judge it."""

    signer: str
    content: tuple[Any, ...]

    @classmethod
    def over(cls, raw: bytes, signer: str, content: tuple[Any, ...]) -> Signed:
        signed = cls(raw)
        signed.signer = signer
        signed.content = content
        return signed


class Ledger:
    """Time and events of the model, and all state that a refusal must restore.

    Every value in a registered table is immutable, so a shallow copy is a snapshot.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self.events: list[Event] = []
        self._tables: list[dict[Any, Any]] = []

    def table(self) -> dict[Any, Any]:
        """A new dictionary whose content a refusal restores."""
        fresh: dict[Any, Any] = {}
        self._tables.append(fresh)
        return fresh

    def emit(self, contract: str, name: str, *args: Any) -> None:
        self.events.append(Event(contract, name, args))

    def check_intent(
        self, wallet: str, content: tuple[object, ...], deadline: int, signed: Signed
    ) -> None:
        """A typed intent counts up to its deadline, and only if the wallet signed just that."""
        if self.now > deadline:
            raise Refused("Expired", deadline, self.now)
        if signed.signer != wallet or signed.content != content:
            raise Refused("BadSignature", wallet)

    def attempt(self, verb: Callable[..., Any], sender: str, *args: Any) -> Any:
        """Runs one call; raises `Refused` with everything as it was."""
        self.events = []
        return self.within(verb, sender, *args)

    def within(self, verb: Callable[..., Any], sender: str, *args: Any) -> Any:
        """As `attempt`, for a call that another makes: only what this one did is undone."""
        told = len(self.events)
        before = self.snapshot()
        try:
            return verb(sender, *args)
        except Refused:
            del self.events[told:]
            self.restore(before)
            raise

    def snapshot(self) -> list[dict[Any, Any]]:
        """All state of the model, as it is now."""
        return [dict(table) for table in self._tables]

    def restore(self, state: list[dict[Any, Any]]) -> None:
        """Back to a snapshot; time is not part of it."""
        for table, content in zip(self._tables, state, strict=True):
            table.clear()
            table.update(content)


def check_sequence(seq: int, expected: int) -> None:
    """What refers to another state of affairs than today's is refused."""
    if seq != expected:
        raise Refused("BadSequence", seq, expected)


class Roles:
    """OpenZeppelin's AccessControl with two-step admin, as far as the suite uses it."""

    contract: str

    def __init__(self, chain: Ledger, admin: str) -> None:
        self.chain = chain
        self.admin = admin
        self.members: dict[tuple[bytes, str], bool] = chain.table()
        self.members[ADMIN, admin] = True

    def has(self, name: bytes, account: str) -> bool:
        return (name, account) in self.members

    def check(self, name: str, account: str) -> None:
        if not self.has(role(name), account):
            raise Refused("AccessControlUnauthorizedAccount", account, role(name))

    def grantRole(self, sender: str, name: bytes, account: str) -> None:
        if name == ADMIN:
            raise Refused("AccessControlEnforcedDefaultAdminRules")
        self.check("DEFAULT_ADMIN", sender)
        if not self.has(name, account):
            self.members[name, account] = True
            self.chain.emit(self.contract, "RoleGranted", name, account, sender)
            self.granted(name, account)

    def revokeRole(self, sender: str, name: bytes, account: str) -> None:
        if name == ADMIN:
            raise Refused("AccessControlEnforcedDefaultAdminRules")
        self.check("DEFAULT_ADMIN", sender)
        self._take(sender, name, account)

    def renounceRole(self, sender: str, name: bytes, account: str) -> None:
        if account != sender:
            raise Refused("AccessControlBadConfirmation")
        self._take(sender, name, account)

    def _take(self, sender: str, name: bytes, account: str) -> None:
        if self.members.pop((name, account), None):
            self.chain.emit(self.contract, "RoleRevoked", name, account, sender)
            self.revoked(name, account)

    def granted(self, name: bytes, account: str) -> None:
        """What else a grant brings; nothing unless a contract says so."""

    def revoked(self, name: bytes, account: str) -> None:
        """What else a revocation takes away."""


class Pausable(Roles):
    """A contract that the guardian stops and the administrator sets going again."""

    def __init__(self, chain: Ledger, admin: str) -> None:
        super().__init__(chain, admin)
        self.switches: dict[str, bool] = chain.table()
        self.switches["paused"] = False

    def not_paused(self) -> None:
        if self.switches["paused"]:
            raise Refused("EnforcedPause")

    def pause(self, sender: str) -> None:
        self.check("GUARDIAN", sender)
        self.not_paused()
        self.switches["paused"] = True
        self.chain.emit(self.contract, "Paused", sender)

    def unpause(self, sender: str) -> None:
        self.check("DEFAULT_ADMIN", sender)
        if not self.switches["paused"]:
            raise Refused("ExpectedPause")
        self.switches["paused"] = False
        self.chain.emit(self.contract, "Unpaused", sender)
