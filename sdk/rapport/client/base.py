"""What both clients hold: one chain, one journal with its directory, perhaps one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

from eth_utils.crypto import keccak

from rapport import privacy
from rapport.archive import Archive
from rapport.artifacts import AddressBook
from rapport.chain import Chain, Read
from rapport.client import closings
from rapport.client.settings import options_of
from rapport.config import JOURNAL, Config, load
from rapport.consents import Purposes
from rapport.desk import Inbox
from rapport.desk import export as desk_export
from rapport.directory import Directory, Seal
from rapport.errors import ConfigError, NotDeployed, RapportError
from rapport.invoices import Seller
from rapport.keys import Signer, load_keystore
from rapport.orderbook import OrderBook
from rapport.outbox import Outbox, Policy, SqliteJournal, Submission
from rapport.outbox.kinds import Kind
from rapport.reverts import AccessControlUnauthorizedAccount, EnforcedPause
from rapport.services import (
    consent_export,
    consent_registry,
    court,
    customer_registry,
    earn_rules,
    loyalty_points,
    onboarding,
    payment_export,
    payments,
    plans,
    sla,
    sla_export,
    subscription_export,
    subscriptions,
    tokens,
)
from rapport.services.drafts import CLOSING, Draft, Simulation
from rapport.services.kinds import ContractKind
from rapport.services.sla_kinds import CONTRACT as AGREEMENTS
from rapport.services.streams import UNDER_WAY
from rapport.services.verbs import Steps
from rapport.tokens import Token

KINDS: tuple[type[Kind], ...] = (
    *customer_registry.KINDS,
    *loyalty_points.KINDS,
    *earn_rules.KINDS,
    *consent_registry.KINDS,
    *onboarding.KINDS,
    *payments.KINDS,
    *plans.KINDS,
    *subscriptions.KINDS,
    *sla.KINDS,
    *court.KINDS,
    *tokens.KINDS,
)

SECTIONS: Mapping[str, privacy.Section] = {
    "customer": customer_registry.section,
    "loyalty": loyalty_points.section,
}
"""What each service tells of a customer in an export."""


class Keyless:
    """Stands in for a key where none was given: it reads, and says so when asked to sign."""

    address = "0x0000000000000000000000000000000000000000"

    def sign_digest(self, digest: bytes) -> bytes:
        raise self.refusal()

    @staticmethod
    def refusal() -> ConfigError:
        return ConfigError(
            "no key to sign with: pass --keystore, export RAPPORT_KEYSTORE, "
            "or write keystore in rapport.toml"
        )


class Base:
    """What both clients hold: one chain, one journal with its directory, perhaps one key."""

    def __init__(
        self,
        rpc: str,
        *,
        signer: Signer | None = None,
        keystore: Path | str | None = None,
        password: str | None = None,
        addresses: AddressBook | Path | str | None = None,
        chain_id: int | None = None,
        journal: Path | str = JOURNAL,
        policy: Policy | None = None,
        send: bool = True,
        under_way: int = UNDER_WAY,
        seal: Seal | None = None,
        purposes: Mapping[str, str] | None = None,
        receipt_format: str = "iso-27560",
        seller: Seller | None = None,
        explorer: str | None = None,
    ) -> None:
        if signer is None and keystore is not None:
            if password is None:
                raise ConfigError(f"the keystore {keystore} needs its password")
            signer = load_keystore(keystore, password)
        self._addresses = addresses
        self._send = send and signer is not None
        self._under_way = under_way
        self.signer = signer
        known = isinstance(addresses, AddressBook)
        self._place: dict[str, Any] = {
            "chain_id": chain_id,
            "addresses": None if known or addresses is None else str(addresses),
            "book": addresses if known else None,
        }
        self.chain = Chain(rpc, **self._place)
        self.purposes = Purposes(purposes)
        self.receipt_format = receipt_format
        self._journal = journal
        self.directory = Directory(journal, seal=seal)
        self.archive = Archive(journal)
        self.orders = OrderBook(journal)
        self.tokens: dict[str, Token] = {}
        self.seller = seller
        self.explorer = explorer
        kinds = (kind(self) for kind in KINDS if issubclass(kind, ContractKind))
        self.outbox = Outbox(
            self.chain, SqliteJournal(str(journal)), signer or Keyless(), kinds, policy
        )
        self._serve()

    def _serve(self) -> None:
        raise AssertionError("use Client or AsyncClient")

    @classmethod
    def from_config(cls, settings: Config | None = None, *, send: bool = True) -> Self:
        """
        A client by the settings of the command: ``RAPPORT_*``, then ``./rapport.toml``, then the
        user's configuration. With a keystore and its password it writes, otherwise it reads.

        Raises:
            ConfigError: No RPC address is set, or a setting cannot be used.
        """
        settings = settings or load()
        password = settings.read_password()
        return cls(
            settings.require("rpc"),
            keystore=settings.keystore if password is not None else None,
            password=password,
            send=send,
            **options_of(settings),
        )

    @cached_property
    def book(self) -> AddressBook:
        """Where the contracts stand on this chain."""
        if isinstance(self._addresses, AddressBook):
            return self._addresses
        return AddressBook.find(self.chain.chain_id, self._addresses)

    @cached_property
    def tickets(self) -> Inbox:
        """What help desks have told; the tickets of agreements, where there are any."""
        try:
            place = self.book.place(AGREEMENTS)
        except (ConfigError, NotDeployed):
            place = ""
        return Inbox(self._journal, place)

    @property
    def shelves(self) -> Sequence[privacy.Shelf]:
        """What else in the journal's file holds rows on customers."""
        return (self.archive, self.orders, self.tickets)

    @property
    def sections(self) -> Mapping[str, privacy.Section]:
        """What an export tells of a customer, by service."""
        return {
            **SECTIONS,
            "consent": partial(
                consent_export.section, archive=self.archive, purposes=self.purposes
            ),
            "payment": partial(payment_export.section, orders=self.orders, book=self.book),
            "subscription": partial(subscription_export.section, book=self.book),
            "sla": partial(sla_export.section, book=self.book),
            "desk": partial(desk_export.section, inbox=self.tickets),
        }

    @property
    def sender(self) -> str | None:
        """The address that writes, if there is one."""
        return None if self.signer is None else self.signer.address

    def require_role(self, contract: str, role: str) -> None:
        """
        Makes sure that the sender may do a thing in bulk, before anything is kept: a batch that
        reverts for want of a role would be divided, and pay for every part.

        Raises:
            AccessControlUnauthorizedAccount: The sender lacks the role.
            EnforcedPause: Points are paused.
            ConfigError: There is no key to send with.
        """
        sender = self.sender
        if sender is None:
            raise Keyless.refusal()
        name = keccak(text=f"{role}_ROLE")
        held, paused = self.chain.batch(
            [Read(contract, "hasRole", (name, sender)), Read("LoyaltyPoints", "paused")]
        )
        if not held:
            raise AccessControlUnauthorizedAccount(sender, name)
        if paused and contract in (loyalty_points.CONTRACT, earn_rules.CONTRACT):
            raise EnforcedPause()

    def _answered(self, steps: Steps[Any]) -> Any:
        """What a reading verb returns, its questions asked here."""
        try:
            questions = next(steps)
            while True:
                try:
                    answers = self.chain.batch(questions)
                except RapportError as error:
                    questions = steps.throw(error)
                else:
                    questions = steps.send(answers)
        except StopIteration as end:
            return end.value

    def _keep(self, draft: Draft) -> Submission:
        if self.signer is None:
            raise Keyless.refusal()
        if draft.kind.name in CLOSING:
            closings.announce(self.directory, draft)
        submission = self.outbox.submit(draft.kind.name, draft.payload, key=draft.key)
        if self._send:
            self.outbox.start()
        return submission

    def _try_out(self, draft: Draft) -> Simulation:
        kind = draft.kind(self)  # type: ignore[call-arg]  # every kind of ours takes its place
        call = kind.encode([draft.payload])
        sender = self.sender or Keyless.address
        self.chain.simulate(call.to, call.data, sender=sender, value=call.value)
        gas = self.chain.estimate(call.to, call.data, sender=sender, value=call.value)
        return Simulation(draft.kind.name, draft.key, call.to, call.data, gas)

    def follow_up(self) -> None:
        """
        Lets directory and journal follow what the chain has made final: numbers of merged customers
        lead to their heirs, and of erased ones number, key, idempotency keys and payloads are
        destroyed. Also done on closing.
        """
        closings.Closings(self.directory, self.outbox, lambda: self.shelves).follow_up()

    def _streaming(self) -> dict[str, Any]:
        if self.signer is None:
            raise Keyless.refusal()
        if self._send:
            self.outbox.start()
        return {"under_way": self._under_way, "background": self._send}

    def _close(self) -> None:
        self.outbox.stop()
        if self.directory.announced():
            self.follow_up()
        self.archive.close()
        self.orders.close()
        if "tickets" in self.__dict__:
            self.tickets.close()
        self.directory.close()
        self.chain.close()
