"""CustomerRegistry in plain Python, from the prose of ICustomerRegistry."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, Protocol

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import CHAIN_ID, Refused
from tests.contracts.support.model.dates import DAY
from tests.contracts.support.model.ledger import Ledger, Roles, Signed, check_sequence, role

NOBODY = "0x" + "00" * 20
SEQ_LIMIT = 2**16


class Status(IntEnum):
    """As in the interface."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    MERGED = 3
    ERASED = 4


CLOSED = (Status.MERGED, Status.ERASED)


class Customer(NamedTuple):
    """As the `customer` view returns it."""

    wallet: str = NOBODY
    validUntil: int = 0
    level: int = 0
    status: int = Status.NONE
    seq: int = 0
    registeredDay: int = 0


class Recovery(NamedTuple):
    """As the `recovery` view returns it."""

    wallet: str = NOBODY
    readyAt: int = 0


class Follower(Protocol):
    """What an attached ledger does on a merge and an erasure."""

    def merged(self, gone: bytes, heir: bytes) -> None: ...

    def forfeited(self, customer: bytes) -> None: ...


class RegistryModel(Roles):
    """Who the customers are."""

    contract = "CustomerRegistry"

    def __init__(
        self, chain: Ledger, admin: str, address: str, recovery_delay: int, limits: tuple[int, int]
    ) -> None:
        super().__init__(chain, admin)
        self.address = address
        self.recovery_delay = recovery_delay
        self.customers: dict[bytes, Customer] = chain.table()
        self.owners: dict[str, bytes] = chain.table()
        self.recoveries: dict[bytes, Recovery] = chain.table()
        self.heirs: dict[bytes, bytes] = chain.table()
        # What an account has used of an allowance, and when: (name, account) -> (used, at).
        self.spent: dict[tuple[str, str], tuple[int, int]] = chain.table()
        self.settings: dict[str, int] = chain.table()
        self.settings.update(open=0, links=limits[0], closings=limits[1])
        self.followers: list[Follower] = []

    # Reading

    def customer(self, customer: bytes) -> Customer:
        return self.customers.get(customer, Customer())

    def recovery(self, customer: bytes) -> Recovery:
        return self.recoveries.get(customer, Recovery())

    def living(self, customer: bytes) -> Customer:
        record = self.customer(customer)
        if record.status == Status.NONE:
            raise Refused("UnknownCustomer", customer)
        if record.status in CLOSED:
            raise Refused("CustomerClosed", customer)
        return record

    def living_wallet(self, customer: bytes) -> str:
        wallet = self.living(customer).wallet
        if wallet == NOBODY:
            raise Refused("NoWallet", customer)
        return wallet

    def activeWallet(self, customer: bytes) -> str:
        record = self.living(customer)
        if record.status == Status.SUSPENDED:
            raise Refused("CustomerSuspended", customer)
        return record.wallet

    def resolve(self, customer: bytes) -> bytes:
        while customer in self.heirs:
            customer = self.heirs[customer]
        self.living(customer)
        return customer

    def is_verified(self, customer: bytes, level: int) -> bool:
        record = self.customer(customer)
        return (
            record.status == Status.ACTIVE
            and 0 < level <= record.level
            and self.chain.now < record.validUntil
        )

    def allowance(self, name: str, account: str) -> int:
        """What is left of an allowance: a bucket that refills evenly over a day."""
        return max(0, self.settings[name] - self._used(name, account))

    def _used(self, name: str, account: str) -> int:
        used, at = self.spent.get((name, account), (0, 0))
        return max(0, used - (self.chain.now - at) * self.settings[name] // DAY)

    def _count(self, name: str, account: str) -> None:
        if self.allowance(name, account) == 0:
            raise Refused("RateLimitExceeded")
        self.spent[name, account] = (self._used(name, account) + 1, self.chain.now)

    # Registration

    def register(self, sender: str, customer: bytes, commitment: bytes) -> bool:
        self.check("OPERATOR", sender)
        status = self.customer(customer).status
        if status in CLOSED:
            raise Refused("CustomerClosed", customer)
        if status != Status.NONE:
            return False
        self._register(customer, commitment)
        return True

    def registerBatch(self, sender: str, customers: list[bytes], root: bytes) -> int:
        self.check("OPERATOR", sender)
        added = 0
        for customer in customers:
            if self.customer(customer).status == Status.NONE:
                self._register(customer, root)
                added += 1
        return added

    def joined_id(self, wallet: str, salt: bytes) -> bytes:
        return keccak(
            encode(
                ["uint256", "address", "address", "bytes32"],
                [CHAIN_ID, self.address, wallet, salt],
            )
        )

    def join(self, sender: str, salt: bytes) -> bytes:
        if not self.settings["open"]:
            raise Refused("EnrolmentClosed")
        customer = self.joined_id(sender, salt)
        status = self.customer(customer).status
        if status in CLOSED:
            raise Refused("CustomerClosed", customer)
        if status != Status.NONE:
            raise Refused("CustomerExists", customer)
        self._register(customer, bytes(32))
        self._set_wallet(customer, sender)
        return customer

    def _register(self, customer: bytes, commitment: bytes) -> None:
        if customer == bytes(32):
            raise Refused("ZeroId")
        self.customers[customer] = Customer(
            status=Status.ACTIVE, registeredDay=self.chain.now // DAY
        )
        self.chain.emit(self.contract, "Registered", customer, commitment)

    # Wallets

    def linkWallet(
        self, sender: str, customer: bytes, wallet: str, seq: int, deadline: int, signed: Signed
    ) -> None:
        self.check("OPERATOR", sender)
        current = self.activeWallet(customer)
        if current != NOBODY:
            raise Refused("WalletLinkedAlready", customer, current)
        self._in_sequence(customer, seq)
        self.chain.check_intent(
            wallet, ("LinkWallet", customer, wallet, seq, deadline), deadline, signed
        )
        self._count("links", sender)
        self._set_wallet(customer, wallet)

    def rotateWallet(
        self,
        sender: str,
        customer: bytes,
        wallet: str,
        seq: int,
        deadline: int,
        signed: Signed,
        signed_by_current: Signed,
    ) -> None:
        current = self._linked(customer)
        self._in_sequence(customer, seq)
        content = ("LinkWallet", customer, wallet, seq, deadline)
        self.chain.check_intent(wallet, content, deadline, signed)
        self.chain.check_intent(current, content, deadline, signed_by_current)
        self._set_wallet(customer, wallet)

    def unlinkWallet(self, sender: str, customer: bytes) -> None:
        self._own(sender, customer)
        self._set_wallet(customer, NOBODY)

    def unlinkWalletBySig(
        self, sender: str, customer: bytes, seq: int, deadline: int, signed: Signed
    ) -> None:
        self._own_intent("UnlinkWallet", customer, seq, deadline, signed)
        self._set_wallet(customer, NOBODY)

    def enrol(self, sender: str, customer: bytes, commitment: bytes, wallet: str, seq: int) -> None:
        self.check("ENROLLER", sender)
        if wallet == NOBODY:
            raise Refused("ZeroAddress")
        if self.customer(customer).status == Status.NONE:
            self._register(customer, commitment)
        current = self.activeWallet(customer)
        if current != NOBODY:
            raise Refused("WalletLinkedAlready", customer, current)
        self._in_sequence(customer, seq)
        self._count("links", sender)
        self._set_wallet(customer, wallet)

    def requestRecovery(
        self, sender: str, customer: bytes, wallet: str, seq: int, deadline: int, signed: Signed
    ) -> None:
        self.check("RECOVERY", sender)
        self._linked(customer)
        self._in_sequence(customer, seq)
        self.chain.check_intent(
            wallet, ("LinkWallet", customer, wallet, seq, deadline), deadline, signed
        )
        ready = self.chain.now + self.recovery_delay
        self.recoveries[customer] = Recovery(wallet, ready)
        self.chain.emit(self.contract, "RecoveryRequested", customer, wallet, ready)

    def vetoRecovery(self, sender: str, customer: bytes) -> None:
        if not self.has(role("RECOVERY"), sender):
            self._own(sender, customer)
        self._under_way(customer)
        self._end_recovery(customer)

    def vetoRecoveryBySig(
        self, sender: str, customer: bytes, deadline: int, signed: Signed
    ) -> None:
        proposal = self._under_way(customer)
        content = ("VetoRecovery", customer, proposal.wallet, proposal.readyAt, deadline)
        self.chain.check_intent(self.customer(customer).wallet, content, deadline, signed)
        self._end_recovery(customer)

    def completeRecovery(self, sender: str, customer: bytes) -> None:
        proposal = self._under_way(customer)
        if self.chain.now < proposal.readyAt:
            raise Refused("RecoveryNotReady", self.chain.now, proposal.readyAt)
        self._linked(customer)
        self._set_wallet(customer, proposal.wallet)

    def _end_recovery(self, customer: bytes) -> None:
        proposal = self.recoveries.pop(customer, None)
        if proposal:
            self.chain.emit(self.contract, "RecoveryEnded", customer, proposal.wallet)

    def _own(self, sender: str, customer: bytes) -> None:
        if self.customer(customer).wallet != sender:
            raise Refused("NotTheCustomer", customer, sender)

    def _own_intent(
        self, form: str, customer: bytes, seq: int, deadline: int, signed: Signed
    ) -> None:
        """What the wallet may do itself, it may sign for."""
        wallet = self.living_wallet(customer)
        self._in_sequence(customer, seq)
        self.chain.check_intent(wallet, (form, customer, seq, deadline), deadline, signed)

    def _linked(self, customer: bytes) -> str:
        wallet = self.activeWallet(customer)
        if wallet == NOBODY:
            raise Refused("NoWallet", customer)
        return wallet

    def _under_way(self, customer: bytes) -> Recovery:
        proposal = self.recovery(customer)
        if not proposal.readyAt:
            raise Refused("NoRecovery", customer)
        return proposal

    def _in_sequence(self, customer: bytes, seq: int) -> None:
        check_sequence(seq, self.customer(customer).seq)

    def _set_wallet(self, customer: bytes, wallet: str) -> None:
        record = self.customer(customer)
        if record.wallet != NOBODY:
            del self.owners[record.wallet]
            self._end_recovery(customer)
        if wallet != NOBODY:
            if wallet in self.owners:
                raise Refused("WalletTaken", wallet, self.owners[wallet])
            self.owners[wallet] = customer
        record = record._replace(wallet=wallet, seq=(record.seq + 1) % SEQ_LIMIT)
        self.customers[customer] = record
        self.chain.emit(self.contract, "WalletLinked", customer, wallet, record.seq)

    # Verification and standing

    def verify(
        self, sender: str, customer: bytes, level: int, valid_until: int, evidence: bytes
    ) -> None:
        self.check("VERIFIER", sender)
        record = self.living(customer)
        if level == 0:
            raise Refused("ZeroLevel")
        if valid_until <= self.chain.now:
            raise Refused("ValidityPast", valid_until, self.chain.now)
        self.customers[customer] = record._replace(level=level, validUntil=valid_until)
        self.chain.emit(self.contract, "Verified", customer, level, valid_until, evidence)

    def revokeVerification(self, sender: str, customer: bytes) -> None:
        self.check("VERIFIER", sender)
        record = self.living(customer)
        if record.level:
            self.customers[customer] = record._replace(level=0, validUntil=0)
            self.chain.emit(self.contract, "VerificationRevoked", customer)

    def suspend(self, sender: str, customer: bytes, reason: bytes) -> None:
        self.check("OPERATOR", sender)
        record = self.living(customer)
        if record.status != Status.SUSPENDED:
            self.customers[customer] = record._replace(status=Status.SUSPENDED)
            self.chain.emit(self.contract, "Suspended", customer, reason)

    def reinstate(self, sender: str, customer: bytes) -> None:
        self.check("OPERATOR", sender)
        record = self.living(customer)
        if record.status != Status.SUSPENDED:
            raise Refused("NotSuspended", customer)
        self.customers[customer] = record._replace(status=Status.ACTIVE)
        self.chain.emit(self.contract, "Reinstated", customer)

    # Closing

    def merge(self, sender: str, gone: bytes, heir: bytes, deadline: int, signed: Signed) -> None:
        self.check("STEWARD", sender)
        if gone == heir:
            raise Refused("SameCustomer", gone)
        self.activeWallet(gone)
        self.activeWallet(heir)
        record = self.customer(gone)
        if record.wallet != NOBODY:
            content = ("Merge", gone, heir, record.seq, deadline)
            self.chain.check_intent(record.wallet, content, deadline, signed)
        self._count("closings", sender)
        self._close(gone, Status.MERGED)
        self.heirs[gone] = heir
        self.chain.emit(self.contract, "Merged", gone, heir)
        for follower in self.followers:
            follower.merged(gone, heir)

    def erase(self, sender: str, customer: bytes) -> None:
        if self.living(customer).wallet != sender:
            self.check("STEWARD", sender)
            self._count("closings", sender)
        self._erase(customer)

    def eraseBySig(
        self, sender: str, customer: bytes, seq: int, deadline: int, signed: Signed
    ) -> None:
        self._own_intent("Erase", customer, seq, deadline, signed)
        self._erase(customer)

    def _erase(self, customer: bytes) -> None:
        self._close(customer, Status.ERASED)
        self.chain.emit(self.contract, "Erased", customer)
        for follower in self.followers:
            follower.forfeited(customer)

    def _close(self, customer: bytes, status: Status) -> None:
        if self.customer(customer).wallet != NOBODY:
            self._set_wallet(customer, NOBODY)
        self.customers[customer] = self.customer(customer)._replace(
            level=0, validUntil=0, status=status
        )

    # Settings

    def setEnrolment(self, sender: str, is_open: bool) -> None:
        self.check("DEFAULT_ADMIN", sender)
        self.settings["open"] = int(is_open)
        self.chain.emit(self.contract, "EnrolmentSet", is_open)

    def setLimits(self, sender: str, links: int, closings: int) -> None:
        self.check("DEFAULT_ADMIN", sender)
        self.settings["links"] = links
        self.settings["closings"] = closings
        self.chain.emit(self.contract, "LimitsSet", links, closings)
