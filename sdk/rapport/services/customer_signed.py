"""What a customer's wallet does by itself, or by a signature that somebody else relays."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rapport import units
from rapport.chain import Read
from rapport.errors import InputError, Reverted
from rapport.intents import Domain, Erase, Intent, UnlinkWallet, VetoRecovery
from rapport.models import Receipt
from rapport.outbox.kinds import Kind, Outcome, Payload
from rapport.records import CustomerStatus
from rapport.reverts import BadSequence, CustomerClosed, CustomerExists, NoRecovery, NoWallet
from rapport.services.deciding import check_signature, signed
from rapport.services.drafts import Draft
from rapport.services.kinds import Single, raw, readable
from rapport.services.verbs import M, Service, Steps, read, write

CONTRACT = "CustomerRegistry"
_STATUS = tuple(CustomerStatus)


class JoinByWallet(Single):
    """A wallet enrols itself; the registry derives the id from wallet and salt."""

    name = "customer.join"
    contract = CONTRACT
    function = "join"
    arguments = ("salt",)
    event = "Registered"

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        if isinstance(error, CustomerExists):
            return Outcome.duplicate(customer_id=units.hex32(error.customer_id))
        return Outcome.refused(error)


class _Signed(Single):
    """Good once, by the wallet's signature."""

    contract = CONTRACT

    def identity(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name != "signature"}


class UnlinkBySig(_Signed):
    name = "customer.unlink_by_sig"
    function = "unlinkWalletBySig"
    arguments = ("customer", "seq", "deadline", "signature")
    event = "WalletLinked"

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        if not isinstance(error, BadSequence | NoWallet):
            return Outcome.refused(error)
        following = (int(payload["seq"]) + 1) % 2**16
        for each in self.logged("WalletLinked", raw(payload["customer"]), 0):
            if each.args["seq"] == following:
                return Outcome.duplicate(transaction=each.log.tx_hash)
        return Outcome.refused(error)


class VetoBySig(_Signed):
    name = "customer.veto_recovery_by_sig"
    function = "vetoRecoveryBySig"
    arguments = ("customer", "deadline", "signature")
    event = "RecoveryEnded"

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Ended before, unless by being completed."""
        about = (raw(payload["customer"]), units.word(payload["wallet"]))
        if not isinstance(error, NoRecovery):
            return Outcome.refused(error)
        asked = [
            each.log.block_number
            for each in self.logged("RecoveryRequested", *about)
            if each.args["readyAt"] == payload["ready_at"]
        ]
        completed = {each.log.tx_hash for each in self.logged("WalletLinked", *about)}
        for each in self.logged("RecoveryEnded", *about):
            if asked and each.log.block_number >= asked[-1]:
                if each.log.tx_hash in completed:
                    return Outcome.refused(error)
                return Outcome.duplicate(transaction=each.log.tx_hash)
        return Outcome.refused(error)


class EraseBySig(_Signed):
    name = "customer.erase_by_sig"
    function = "eraseBySig"
    arguments = ("customer", "seq", "deadline", "signature")
    event = "Erased"

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        erased = isinstance(error, CustomerClosed) and self.logged(
            "Erased", raw(payload["customer"])
        )
        if not erased:
            return Outcome.refused(error)
        return Outcome.duplicate(transaction=erased[0].log.tx_hash)

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        events = self.events(receipt, self.event)
        return [Outcome.done(**readable(events[0].args)) if events else Outcome.duplicate()]


KINDS: tuple[type[Kind], ...] = (JoinByWallet, UnlinkBySig, VetoBySig, EraseBySig)


class SignedCustomerVerbs(Service[M]):
    """The verbs of wallets."""

    @write
    def join(self, salt: bytes | None = None, *, idempotency_key: str | None = None) -> Draft:
        """
        Enrol the sender's own wallet as a new customer, where the programme is open. The outcome
        tells the id, which follows from wallet and ``salt``: 32 bytes, random without one.
        """
        value = secrets.token_bytes(32) if salt is None else units.bytes32(salt, "salt")
        key = idempotency_key or f"join:{value.hex()}"
        return Draft(JoinByWallet, key, {"salt": units.hex32(value)})

    @read
    def unlink_request(self, customer: str | bytes, deadline: datetime) -> Steps[UnlinkWallet]:
        """What the customer's wallet signs to be unlinked."""
        customer_id, record = yield from self._record_of(customer)
        units.to_timestamp(deadline)
        return UnlinkWallet(customer_id, int(record["seq"]), deadline)

    @write
    def unlink_by_sig(
        self, intent: UnlinkWallet, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Unlink the customer's wallet, which has signed it. The customer stays."""
        draft: Draft = yield from self._relayed(
            UnlinkBySig, intent, signature, idempotency_key, seq=intent.seq
        )
        return draft

    @read
    def veto_request(self, customer: str | bytes, deadline: datetime) -> Steps[VetoRecovery]:
        """
        What the current wallet signs to stop the recovery under way.

        Raises:
            InputError: None is.
        """
        customer_id, _ = self._identify(customer)
        units.to_timestamp(deadline)
        (pending,) = yield [Read(CONTRACT, "recovery", (customer_id,))]
        if not pending["readyAt"]:
            raise InputError(f"no recovery of {units.hex32(customer_id)} is under way")
        ready_at = units.from_timestamp(pending["readyAt"])
        return VetoRecovery(customer_id, pending["wallet"], ready_at, deadline)

    @write
    def veto_recovery_by_sig(
        self, intent: VetoRecovery, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Stop the recovery that the current wallet's signature names."""
        draft: Draft = yield from self._relayed(
            VetoBySig,
            intent,
            signature,
            idempotency_key,
            wallet=units.address(intent.wallet),
            ready_at=units.to_timestamp(intent.ready_at),
        )
        return draft

    @read
    def erase_request(self, customer: str | bytes, deadline: datetime) -> Steps[Erase]:
        """What the customer's wallet signs to be erased for ever."""
        customer_id, record = yield from self._record_of(customer)
        units.to_timestamp(deadline)
        return Erase(customer_id, int(record["seq"]), deadline)

    @write
    def erase_by_sig(
        self, intent: Erase, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Erase a customer whose wallet has signed it; here too, once the chain has it."""
        draft: Draft = yield from self._relayed(
            EraseBySig, intent, signature, idempotency_key, seq=intent.seq
        )
        return draft

    def domain(self) -> Domain:
        """The domain under which this contract's intents are signed."""
        book = self._context.book
        return Domain(book.chain_id, book.contract(CONTRACT).address)

    def _record_of(self, customer: str | bytes) -> Steps[tuple[bytes, Any]]:
        customer_id, _ = self._identify(customer)
        (record,) = yield [Read(CONTRACT, "customer", (customer_id,))]
        if _STATUS[record["status"]] in (CustomerStatus.MERGED, CustomerStatus.ERASED):
            raise CustomerClosed(customer_id)
        if not int(record["wallet"], 16):
            raise NoWallet(customer_id)
        return customer_id, record

    def _relayed(
        self,
        kind: type[Kind],
        intent: UnlinkWallet | VetoRecovery | Erase,
        signature: bytes,
        key: str | None,
        **more: Any,
    ) -> Steps[Draft]:
        (wallet,) = yield [Read(CONTRACT, "walletOf", (intent.customer_id,))]
        yield from check_signature(wallet, intent, self.domain(), signature)
        return Draft(
            kind,
            key or f"{kind.name}:{_digest(intent, self.domain())}",
            {
                "customer": units.hex32(intent.customer_id),
                **more,
                "deadline": intent.deadline_seconds,
                "signature": signed(signature),
            },
        )


def _digest(intent: Intent, domain: Domain) -> str:
    return intent.digest(domain).hex()
