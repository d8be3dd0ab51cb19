"""Customers: registered, linked to a wallet, suspended, merged, erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eth_utils.crypto import keccak

from rapport import units
from rapport.chain import Read
from rapport.directory import Person
from rapport.errors import InputError, NotFound
from rapport.intents import LinkWallet, Merge
from rapport.merkle import root_of
from rapport.models import Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.privacy import Subject
from rapport.records import Customer, CustomerStatus
from rapport.services import customer_signed
from rapport.services.customer_signed import SignedCustomerVerbs
from rapport.services.drafts import Draft, rehearsing
from rapport.services.kinds import ContractKind, Single, raw
from rapport.services.privacy import PrivacyVerbs
from rapport.services.verbs import M, Steps, bulk, read, write

CONTRACT = "CustomerRegistry"
DAY = 86_400  # seconds
_STATUS = tuple(CustomerStatus)


class Register(ContractKind):
    """New customers, many to a transaction."""

    name = "customer.register"
    contract = CONTRACT
    max_batch = 300
    simulate = False

    def encode(self, payloads: Sequence[Payload]) -> Call:
        ids = [raw(each["customer"]) for each in payloads]
        commitments = [raw(each["commitment"]) for each in payloads]
        if len(ids) == 1:
            return self.call("register", ids[0], commitments[0], count=1)
        return self.call("registerBatch", ids, root_of(commitments), count=len(ids))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        added = {event.args["customerId"] for event in self.events(receipt, "Registered")}
        return [
            Outcome.done() if raw(each["customer"]) in added else Outcome.duplicate()
            for each in payloads
        ]

    def gas_of(self, count: int) -> int | None:
        return 80_000 + 32_000 * count

    def identity(self, payload: Payload) -> Payload:
        return {"customer": payload["customer"]}


class Link(Single):
    name = "customer.link"
    contract = CONTRACT
    function = "linkWallet"
    arguments = ("customer", "wallet", "seq", "deadline", "signature")
    event = "WalletLinked"


class Rotate(Single):
    name = "customer.rotate"
    contract = CONTRACT
    function = "rotateWallet"
    arguments = ("customer", "wallet", "seq", "deadline", "signature", "current_signature")
    event = "WalletLinked"


class Unlink(Single):
    name = "customer.unlink"
    contract = CONTRACT
    function = "unlinkWallet"
    arguments = ("customer",)
    event = "WalletLinked"


class RequestRecovery(Single):
    name = "customer.request_recovery"
    contract = CONTRACT
    function = "requestRecovery"
    arguments = ("customer", "wallet", "seq", "deadline", "signature")
    event = "RecoveryRequested"


class VetoRecovery(Single):
    name = "customer.veto_recovery"
    contract = CONTRACT
    function = "vetoRecovery"
    arguments = ("customer",)
    event = "RecoveryEnded"


class CompleteRecovery(Single):
    name = "customer.complete_recovery"
    contract = CONTRACT
    function = "completeRecovery"
    arguments = ("customer",)
    event = "WalletLinked"


class Verify(Single):
    name = "customer.verify"
    contract = CONTRACT
    function = "verify"
    arguments = ("customer", "level", "valid_until", "evidence")
    event = "Verified"


class RevokeVerification(Single):
    name = "customer.revoke_verification"
    contract = CONTRACT
    function = "revokeVerification"
    arguments = ("customer",)
    event = "VerificationRevoked"


class Suspend(Single):
    name = "customer.suspend"
    contract = CONTRACT
    function = "suspend"
    arguments = ("customer", "reason")
    event = "Suspended"


class Reinstate(Single):
    name = "customer.reinstate"
    contract = CONTRACT
    function = "reinstate"
    arguments = ("customer",)
    event = "Reinstated"


class MergeCustomers(Single):
    name = "customer.merge"
    contract = CONTRACT
    function = "merge"
    arguments = ("customer", "into", "deadline", "signature")
    event = "Merged"

    def identity(self, payload: Payload) -> Payload:
        return {"customer": payload["customer"], "into": payload["into"]}


class Erase(Single):
    name = "customer.erase"
    contract = CONTRACT
    function = "erase"
    arguments = ("customer",)
    event = "Erased"


KINDS: tuple[type[Kind], ...] = (
    Register,
    Link,
    Rotate,
    Unlink,
    RequestRecovery,
    VetoRecovery,
    CompleteRecovery,
    Verify,
    RevokeVerification,
    Suspend,
    Reinstate,
    MergeCustomers,
    Erase,
    *customer_signed.KINDS,
)


class CustomerRegistryService(PrivacyVerbs[M], SignedCustomerVerbs[M]):
    """Who the customers are. A customer is given by the brand's number, or by ``0x`` id."""

    @write
    def register(self, number: str, *, idempotency_key: str | None = None) -> Draft:
        """
        Register the customer that the brand knows as ``number``, under a new random id.

        The number stays in the directory and never reaches the chain. Again: the same customer,
        no second effect.

        Raises:
            InputError: The number is empty, too long or looks like an id.
        """
        directory = self._context.directory
        person = directory.candidate(number) if rehearsing.get() else directory.add([number])[0]
        return self._registration(person, idempotency_key)

    @bulk
    def register_batch(self, number: str) -> Draft:
        """
        Register any number of customers, as an iterable of the brand's numbers for them. What
        comes back is iterated for what became of each.
        """
        (person,) = self._context.directory.add([number])
        return self._registration(person)

    @register_batch.prepare
    def _enter(self, numbers: list[str]) -> None:
        # One commit for a chunk instead of one for each.
        self._context.directory.add(numbers)

    @read
    def show(self, customer: str | bytes) -> Steps[Customer]:
        """
        A customer as the chain has it.

        Raises:
            NotFound: Nobody is known under this number or id.
        """
        customer_id, number = self._identify(customer)
        (record,) = yield [Read(CONTRACT, "customer", (customer_id,))]
        found = _customer(customer_id, number, record)
        if found.status is CustomerStatus.NONE and number is None:
            raise NotFound(f"no customer {found.id} on this chain")
        return found

    @read
    def of_wallet(self, wallet: str) -> Steps[Customer]:
        """
        The customer that a wallet belongs to.

        Raises:
            NotFound: It is linked to nobody.
        """
        wallet = units.address(wallet)
        (customer_id,) = yield [Read(CONTRACT, "idOf", (wallet,))]
        if not any(customer_id):
            raise NotFound(f"wallet {wallet} is linked to no customer")
        (record,) = yield [Read(CONTRACT, "customer", (customer_id,))]
        return _customer(customer_id, self._number_of(customer_id), record)

    @read
    def link_request(
        self, customer: str | bytes, wallet: str, deadline: datetime
    ) -> Steps[LinkWallet]:
        """
        What the new wallet signs, and for a rotation the current one too.

        Raises:
            NotFound: No such customer.
            InputError: The address or the deadline makes no sense.
        """
        customer_id, _ = self._identify(customer)
        units.to_timestamp(deadline)
        (record,) = yield [Read(CONTRACT, "customer", (customer_id,))]
        return LinkWallet(customer_id, units.address(wallet), int(record["seq"]), deadline)

    @read
    def merge_request(
        self, source: str | bytes, target: str | bytes, deadline: datetime
    ) -> Steps[Merge]:
        """What the wallet of ``source`` signs before it is merged into ``target``."""
        source_id, _ = self._identify(source)
        target_id, _ = self._identify(target)
        (record,) = yield [Read(CONTRACT, "customer", (source_id,))]
        return Merge(source_id, target_id, int(record["seq"]), deadline)

    @write
    def link(
        self, intent: LinkWallet, signature: bytes, *, idempotency_key: str | None = None
    ) -> Draft:
        """
        Link a customer's first wallet, which has signed ``intent``.

        Raises:
            InputError: The signature is empty.
        """
        return self._wallet(Link, intent, idempotency_key, signature=_signed(signature))

    @write
    def rotate(
        self,
        intent: LinkWallet,
        signature: bytes,
        current_signature: bytes,
        *,
        idempotency_key: str | None = None,
    ) -> Draft:
        """Replace a customer's wallet; the new and the current one have signed ``intent``."""
        return self._wallet(
            Rotate,
            intent,
            idempotency_key,
            signature=_signed(signature),
            current_signature=_signed(current_signature),
        )

    @write
    def request_recovery(
        self, intent: LinkWallet, signature: bytes, *, idempotency_key: str | None = None
    ) -> Draft:
        """Propose a new wallet for a customer who lost theirs; it takes effect after a delay."""
        return self._wallet(RequestRecovery, intent, idempotency_key, signature=_signed(signature))

    @write
    def veto_recovery(self, customer: str | bytes, *, idempotency_key: str | None = None) -> Draft:
        """Stop a recovery, as the current wallet."""
        return self._plain(VetoRecovery, customer, idempotency_key)

    @write
    def complete_recovery(
        self, customer: str | bytes, *, idempotency_key: str | None = None
    ) -> Draft:
        """Complete a recovery after its delay."""
        return self._plain(CompleteRecovery, customer, idempotency_key)

    @write
    def unlink(self, customer: str | bytes, *, idempotency_key: str | None = None) -> Draft:
        """Unlink the customer's wallet, as that wallet. The customer stays, without a wallet."""
        return self._plain(Unlink, customer, idempotency_key)

    @write
    def verify(
        self,
        customer: str | bytes,
        level: int,
        valid_until: datetime,
        evidence: bytes = bytes(32),
        *,
        idempotency_key: str | None = None,
    ) -> Draft:
        """Record that the customer was verified to ``level``, 1 to 65,535, until then."""
        level = units.unsigned(level, 16, "level")
        if level == 0:
            raise InputError("level 0 means not verified; revoke the verification instead")
        return self._plain(
            Verify,
            customer,
            idempotency_key,
            level=level,
            valid_until=units.to_timestamp(valid_until),
            evidence=units.hex32(units.bytes32(evidence, "evidence")),
        )

    @write
    def revoke_verification(
        self, customer: str | bytes, *, idempotency_key: str | None = None
    ) -> Draft:
        """End a customer's verification at once."""
        return self._plain(RevokeVerification, customer, idempotency_key)

    @write
    def suspend(
        self, customer: str | bytes, reason: str = "", *, idempotency_key: str | None = None
    ) -> Draft:
        """
        Stop a customer from spending and linking; earning goes on. Of ``reason`` the chain gets a
        digest under the customer's key.
        """
        person = self._person(customer)
        digest = person.ref(f"suspend:{reason}") if reason else bytes(32)
        return self._plain(Suspend, customer, idempotency_key, reason=units.hex32(digest))

    @write
    def reinstate(self, customer: str | bytes, *, idempotency_key: str | None = None) -> Draft:
        """End a suspension."""
        return self._plain(Reinstate, customer, idempotency_key)

    @write
    def merge(
        self,
        source: str | bytes,
        target: str | bytes,
        deadline: datetime | None = None,
        signature: bytes = b"",
        *,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Merge ``source`` into ``target`` for ever. While ``source`` has a wallet, that wallet must
        have signed :meth:`merge_request`.

        Raises:
            InputError: Both are the same customer.
        """
        merged, heir = self._person(source), self._person(target)
        if merged.id == heir.id:
            raise InputError(f"customer {merged.hex} cannot be merged into itself")
        return self._merging(merged, heir, deadline, signature, idempotency_key)

    def _merging(
        self,
        merged: Person,
        heir: Person,
        deadline: datetime | None,
        signature: bytes,
        key: str | None,
    ) -> Draft:
        return Draft(
            MergeCustomers,
            key or f"merge:{merged.hex}:{heir.hex}{_mark(signature)}",
            {
                "customer": merged.hex,
                "into": heir.hex,
                "deadline": 0 if deadline is None else units.to_timestamp(deadline),
                "signature": "0x" + signature.hex(),
            },
        )

    @write
    def erase(self, customer: str | bytes, *, idempotency_key: str | None = None) -> Draft:
        """
        Erase a customer for ever: points are forfeited, the wallet is free, and once the chain has
        it, number and key are destroyed here.
        """
        customer_id, _ = self._identify(customer)
        customer_hex = units.hex32(customer_id)
        return Draft(Erase, idempotency_key or f"erase:{customer_hex}", {"customer": customer_hex})

    @read
    def renewal_request(self, customer: str | bytes, deadline: datetime) -> Steps[Merge]:
        """
        What the customer's wallet signs before the customer moves to a fresh id; the same id every
        time. Without a wallet nothing needs to be signed.

        Raises:
            InputError: The customer was merged or erased, or has no number here.
        """
        person = self._person(customer)
        fresh = self._context.directory.renew(person.id)
        (record,) = yield [Read(CONTRACT, "customer", (person.id,))]
        return Merge(person.id, fresh.id, int(record["seq"]), deadline)

    @write
    def begin_renewal(self, customer: str | bytes, *, idempotency_key: str | None = None) -> Draft:
        """
        Register the fresh id that is about to replace the customer's. Again: the same id. Wait for
        it to be mined, then :meth:`complete_renewal`.

        Raises:
            InputError: The customer was merged or erased, or has no number here.
        """
        person = self._person(customer)
        if rehearsing.get():
            fresh = self._context.directory.candidate(f"{person.number} renewed")
        else:
            fresh = self._context.directory.renew(person.id)
        commitment = fresh.ref(f"customer:{person.number}")
        return Draft(
            Register,
            idempotency_key or f"register:{fresh.hex}",
            {"customer": fresh.hex, "commitment": units.hex32(commitment)},
        )

    @write
    def complete_renewal(
        self,
        customer: str | bytes,
        deadline: datetime | None = None,
        signature: bytes = b"",
        *,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Merge the customer into the fresh id that :meth:`begin_renewal` registered. Points, debt and
        tier credit move; wallet, verification and grants of consent do not. Once it is final the
        number stands for the fresh id. While the customer has a wallet, that wallet must have
        signed :meth:`renewal_request`.
        """
        person = self._person(customer)
        fresh = self._context.directory.renew(person.id)
        return self._merging(person, fresh, deadline, signature, idempotency_key)

    def _registration(self, person: Person, key: str | None = None) -> Draft:
        return Draft(
            Register,
            key or f"register:{person.hex}",
            {"customer": person.hex, "commitment": units.hex32(person.commitment())},
        )

    def _wallet(
        self, kind: type[Kind], intent: LinkWallet, key: str | None, **signatures: str
    ) -> Draft:
        customer_hex = units.hex32(intent.customer_id)
        wallet = units.address(intent.wallet)
        return Draft(
            kind,
            key or f"{kind.name}:{customer_hex}:{wallet}:{intent.seq}",
            {
                "customer": customer_hex,
                "wallet": wallet,
                "seq": intent.seq,
                "deadline": intent.deadline_seconds,
                **signatures,
            },
        )

    def _plain(
        self, kind: type[Kind], customer: str | bytes, key: str | None, **more: Any
    ) -> Draft:
        customer_id, _ = self._identify(customer)
        return self._draft(kind, key, {"customer": units.hex32(customer_id), **more})


def _customer(customer_id: bytes, number: str | None, record: Mapping[str, Any]) -> Customer:
    wallet = str(record["wallet"])
    until, day = int(record["validUntil"]), int(record["registeredDay"])
    return Customer(
        id=units.hex32(customer_id),
        number=number,
        status=_STATUS[record["status"]],
        wallet=None if int(wallet, 16) == 0 else wallet,
        sequence=int(record["seq"]),
        level=int(record["level"]),
        verified_until=units.from_timestamp(until) if until else None,
        registered_on=units.from_timestamp(day * DAY) if day else None,
    )


def section(subject: Subject) -> list[dict[str, Any]]:
    """What the registry holds on a customer, and on each that was merged into it, for an export."""
    told = []
    for customer_id in subject.ids:
        record, recovery = subject.chain.batch(
            [Read(CONTRACT, name, (customer_id,)) for name in ("customer", "recovery")]
        )
        number = subject.person.number if customer_id == subject.person.id else None
        pending = int(recovery["readyAt"])
        told.append(
            {
                "record": _customer(customer_id, number, record),
                "recovery": None
                if not pending
                else {"wallet": recovery["wallet"], "ready_at": units.from_timestamp(pending)},
            }
        )
    return told


def _mark(signature: bytes) -> str:
    """Tells signatures apart, so that a good one is tried after a bad one was refused."""
    return f":{keccak(signature)[:8].hex()}" if signature else ""


def _signed(signature: bytes) -> str:
    if not signature:
        raise InputError("the signature is empty; the wallet must sign the request first")
    return "0x" + signature.hex()
