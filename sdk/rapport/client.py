"""The client of a marketing backend: ``client.<noun>.<verb>``, blocking or awaited.

::

    client = Client("http://127.0.0.1:8545", keystore="operator.json", password="...")
    client.customer.register("C-17")
    submission = client.loyalty.award("C-17", 500, idempotency_key="order:123")
    submission.wait()
    client.loyalty.balance("C-17").points
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

from eth_utils.crypto import keccak

from rapport import privacy, sealing, units
from rapport.archive import Archive
from rapport.artifacts import AddressBook
from rapport.chain import AsyncChain, Chain, Read
from rapport.config import JOURNAL, Config, load
from rapport.consents import Purposes
from rapport.desk import Desk, Forwarder, Inbox, Intake
from rapport.desk import export as desk_export
from rapport.directory import Closing, Directory, Seal, Standing
from rapport.errors import ConfigError, NotDeployed, NotFound, RapportError
from rapport.invoices import Seller
from rapport.keys import Signer, load_keystore
from rapport.orderbook import OrderBook
from rapport.outbox import (
    AsyncOutbox,
    AsyncSubmission,
    Outbox,
    Policy,
    SqliteJournal,
    State,
    Submission,
)
from rapport.outbox.kinds import Kind
from rapport.records import Asset
from rapport.renewals import Book, Collector, Schedule
from rapport.reverts import AccessControlUnauthorizedAccount, EnforcedPause
from rapport.services import (
    consent_export,
    consent_registry,
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
from rapport.services.consent_registry import ConsentRegistryService
from rapport.services.customer_registry import CustomerRegistryService
from rapport.services.drafts import CLOSING, Draft, Drafted, Simulation, rehearsing
from rapport.services.earn_rules import EarnRulesService
from rapport.services.kinds import ContractKind
from rapport.services.loyalty_points import LoyaltyPointsService
from rapport.services.onboarding import OnboardingService
from rapport.services.payments import PaymentsService
from rapport.services.plans import PlansService
from rapport.services.sla import SlaService
from rapport.services.sla_kinds import CONTRACT as AGREEMENTS
from rapport.services.streams import UNDER_WAY, AsyncStream, Stream
from rapport.services.subscriptions import SubscriptionsService
from rapport.services.verbs import Async, Steps, Sync
from rapport.subscriptions.facts import CONTRACT as SUBSCRIPTIONS
from rapport.survey import Survey, survey
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
    *tokens.KINDS,
)


SECTIONS: Mapping[str, privacy.Section] = {
    "customer": customer_registry.section,
    "loyalty": loyalty_points.section,
}
"""What each service tells of a customer in an export."""


def policy_of(settings: Config) -> Policy:
    """Finality and the highest fee, as configured."""
    cap = settings.max_fee_gwei
    return Policy(
        confirmations=settings.confirmations,
        max_fee=None if cap is None else units.to_base(cap, 9),
    )


def seal_of(settings: Config) -> Seal | None:
    """
    What seals the directory, as configured.

    Raises:
        ConfigError: It cannot be used.
    """
    return sealing.load(settings.seal_key, settings.seal_key_file, settings.seal)


class _Reader:
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


class _Base:
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
            self.chain, SqliteJournal(str(journal)), signer or _Reader(), kinds, policy
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
            addresses=settings.addresses,
            chain_id=settings.chain_id,
            journal=settings.journal,
            policy=policy_of(settings),
            send=send,
            seal=seal_of(settings),
            purposes=settings.purposes,
            receipt_format=settings.receipt_format,
            seller=settings.merchant,
            explorer=settings.explorer,
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
            raise _Reader.refusal()
        name = keccak(text=f"{role}_ROLE")
        held, paused = self.chain.batch(
            [Read(contract, "hasRole", (name, sender)), Read("LoyaltyPoints", "paused")]
        )
        if not held:
            raise AccessControlUnauthorizedAccount(sender, name)
        if paused and contract in (loyalty_points.CONTRACT, earn_rules.CONTRACT):
            raise EnforcedPause()

    def _keep(self, draft: Draft) -> Submission:
        if self.signer is None:
            raise _Reader.refusal()
        if draft.kind.name in CLOSING:
            self._announce(draft)
        submission = self.outbox.submit(draft.kind.name, draft.payload, key=draft.key)
        if self._send:
            self.outbox.start()
        return submission

    def _try_out(self, draft: Draft) -> Simulation:
        kind = draft.kind(self)  # type: ignore[call-arg]  # every kind of ours takes its place
        call = kind.encode([draft.payload])
        sender = self.sender or _Reader.address
        self.chain.simulate(call.to, call.data, sender=sender)
        gas = self.chain.estimate(call.to, call.data, sender=sender)
        return Simulation(draft.kind.name, draft.key, call.to, call.data, gas)

    def _announce(self, draft: Draft) -> None:
        into = draft.payload.get("into")
        self.directory.announce(
            bytes.fromhex(draft.payload["customer"][2:]),
            draft.key,
            None if into is None else bytes.fromhex(into[2:]),
        )

    def follow_up(self) -> None:
        """
        Lets directory and journal follow what the chain has made final: numbers of merged customers
        lead to their heirs, and of erased ones number, key, idempotency keys and payloads are
        destroyed. Also done on closing.
        """
        for closing in self.directory.announced():
            if self._followed(closing):
                self.directory.withdraw(closing.customer)
                self.directory.truncate()

    def _followed(self, closing: Closing) -> bool:
        """True if nothing is left to be done for it."""
        if closing.into is None and self._erased_here(closing.customer):
            return privacy.destroy(self.directory, self.outbox, closing.customer, self.shelves)
        try:
            entry = self.outbox.show(closing.key).entry
        except NotFound:
            return True
        if entry.state is not State.FINAL or entry.outcome is None or not entry.outcome.ok:
            return entry.state.ended
        if closing.into is None:
            return privacy.destroy(self.directory, self.outbox, closing.customer, self.shelves)
        self.directory.merge(closing.customer, closing.into)
        return True

    def _erased_here(self, customer_id: bytes) -> bool:
        try:
            return self.directory.find(customer_id).state is Standing.ERASED
        except NotFound:
            return False

    def _streaming(self) -> dict[str, Any]:
        if self.signer is None:
            raise _Reader.refusal()
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


class Client(_Base):
    """
    The suite on one chain, for one sending account. Safe to share between threads.

    Args:
        rpc: ``http://`` or ``https://`` address of a node.
        signer: Who signs; or ``keystore``, a V3 file, with its ``password``. Without either the
            client only reads.
        addresses: An address book or its path; the usual places otherwise.
        chain_id: The only chain accepted; otherwise the first one met.
        journal: The SQLite file of outbox and directory.
        policy: Fees, finality and batching.
        send: Send in a background thread. Otherwise ``client.tx.drain()`` sends.
        under_way: How many items of a stream may be kept and not yet mined.
        purposes: Names of purposes as ``group:lane``, beside the default ones.
        receipt_format: In which format receipts are issued: ``iso-27560`` or ``kantara-1.1``.
        seller: Whom invoices name as the seller.
        explorer: Where invoices lead for transactions: an address such as ``https://etherscan.io``.

    Raises:
        ConfigError: The keystore, its password or the journal cannot be used.
    """

    def _serve(self) -> None:
        runner = _Blocking(self)
        self.customer: CustomerRegistryService[Sync] = CustomerRegistryService(self, runner)
        self.loyalty: LoyaltyPointsService[Sync] = LoyaltyPointsService(self, runner)
        self.earn: EarnRulesService[Sync] = EarnRulesService(self, runner)
        self.consent: ConsentRegistryService[Sync] = ConsentRegistryService(self, runner)
        self.onboarding: OnboardingService[Sync] = OnboardingService(self, runner)
        self.payment: PaymentsService[Sync] = PaymentsService(self, runner)
        self.plan: PlansService[Sync] = PlansService(self, runner)
        self.subscription: SubscriptionsService[Sync] = SubscriptionsService(self, runner)
        self.sla: SlaService[Sync] = SlaService(self, runner)

    @property
    def tx(self) -> Outbox:
        """The outbox: ``list``, ``show``, ``retry``, ``cancel``, ``drain``, ``status``."""
        return self.outbox

    def survey(self) -> Survey:
        """The chain, the contracts, the sender's roles, the outbox and the liability."""
        return survey(self.chain, self.book, self.outbox, self.sender)

    def help_desks(self, desks: Mapping[str, Desk]) -> tuple[Intake, Forwarder]:
        """
        What takes in the requests of help desks, and what sends the verbs that follow from them.

        Args:
            desks: By name, as :func:`rapport.desk.mapping.read` reads them.

        Raises:
            NotDeployed: The contract has no address on this chain.
        """
        self.book.place(AGREEMENTS)
        intake = Intake(desks, self.tickets, self._customer_known, self._customer_registered)
        forwarder = Forwarder(desks, self.tickets, self.sla, self.outbox, self._customer_known)
        return intake, forwarder

    def _customer_known(self, number: str) -> bytes | None:
        try:
            person = self.directory.find(number)
        except NotFound:
            return None
        return person.merged_into or person.id

    def _customer_registered(self, number: str) -> bytes:
        self.customer.register(number)
        return self.directory.find(number).id

    def renewals(
        self, merchant: str | None = None, *, schedule: Schedule | None = None
    ) -> Collector:
        """
        What charges the subscriptions that are due, and notes what customers are to be told.

        Args:
            merchant: Whose plans; everybody's without one, for the callers' fees.
            schedule: When a charge that failed is tried again.

        Raises:
            ConfigError: There is no key to send with.
            NotDeployed: The contract has no address on this chain.
        """
        if self.signer is None:
            raise _Reader.refusal()
        return Collector(
            self.chain,
            self.book,
            self.outbox,
            Book(self._journal, self.book.place(SUBSCRIPTIONS)),
            merchant=merchant,
            schedule=schedule,
            tokens=self.tokens,
            name_of=self.subscription.number_of,
        )

    def first_rule_start(self, asset: str) -> datetime:
        """
        From when orders in an asset have earned points: the start of its first rule.

        Raises:
            NoRule: None is in force now.
        """
        rule = self.earn.rule(asset)
        if rule.version > 1:
            contract = self.chain.contract(earn_rules.CONTRACT)
            first = self.chain.events(
                contract.name,
                first=contract.block,
                names=["PurchaseRuleSet"],
                topics=[Asset.named(asset).key, (1).to_bytes(32, "big")],
            )
            if first:
                return units.from_timestamp(first[0].args["rule"]["validFrom"])
        return rule.valid_from or units.from_timestamp(0)

    def close(self) -> None:
        """Stop sending and close the files. What is open stays in the journal."""
        self._close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Base):
    """As :class:`Client`, awaited. Open it with ``await AsyncClient.connect(...)``."""

    def _serve(self) -> None:
        self.async_chain = AsyncChain(self.chain.rpc_url, **self._place)
        self._async_outbox = AsyncOutbox(self.outbox)
        runner = _Awaited(self)
        self.customer: CustomerRegistryService[Async] = CustomerRegistryService(self, runner)
        self.loyalty: LoyaltyPointsService[Async] = LoyaltyPointsService(self, runner)
        self.earn: EarnRulesService[Async] = EarnRulesService(self, runner)
        self.consent: ConsentRegistryService[Async] = ConsentRegistryService(self, runner)
        self.onboarding: OnboardingService[Async] = OnboardingService(self, runner)
        self.payment: PaymentsService[Async] = PaymentsService(self, runner)
        self.plan: PlansService[Async] = PlansService(self, runner)
        self.subscription: SubscriptionsService[Async] = SubscriptionsService(self, runner)
        self.sla: SlaService[Async] = SlaService(self, runner)

    @classmethod
    async def connect(cls, rpc: str, **settings: Any) -> AsyncClient:
        """
        A client whose chain, keystore and address book have been opened off the event loop.

        Raises:
            ConfigError: The keystore, its password or the journal cannot be used.
            RpcError: The node is out of reach.
        """

        def opened() -> AsyncClient:
            client = cls(rpc, **settings)
            _ = client.book
            return client

        return await asyncio.to_thread(opened)

    @property
    def tx(self) -> AsyncOutbox:
        """The outbox, awaited: ``list``, ``show``, ``retry``, ``cancel``, ``drain``, ``status``."""
        return self._async_outbox

    async def survey(self) -> Survey:
        """The chain, the contracts, the sender's roles, the outbox and the liability."""
        return await asyncio.to_thread(survey, self.chain, self.book, self.outbox, self.sender)

    async def close(self) -> None:
        """Stop sending and close the files. What is open stays in the journal."""
        await self.async_chain.close()
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _asked(chain: Chain, steps: Steps[Any]) -> Any:
    """What a reading verb returns, its questions asked here."""
    try:
        questions = next(steps)
        while True:
            try:
                answers = chain.batch(questions)
            except RapportError as error:
                questions = steps.throw(error)
            else:
                questions = steps.send(answers)
    except StopIteration as end:
        return end.value


class _Blocking:
    """Runs verbs for :class:`Client`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def run(self, steps: Steps[Any]) -> Any:
        return _asked(self._client.chain, steps)

    ask = run

    def submit(self, draft: Draft | Steps[Draft]) -> Submission:
        return self._client._keep(draft if isinstance(draft, Draft) else self.run(draft))

    def perform(self, work: Callable[[], Any]) -> Any:
        return work()

    def simulate(self, draft: Draft | Steps[Draft]) -> Simulation:
        token = rehearsing.set(True)
        try:
            ready: Draft = draft if isinstance(draft, Draft) else self.run(draft)
        finally:
            rehearsing.reset(token)
        return self._client._try_out(ready)

    def stream(self, drafts: Iterator[Drafted[Any]]) -> Stream[Any]:
        return Stream(self._client.outbox, drafts, **self._client._streaming())


class _Awaited:
    """Runs verbs for :class:`AsyncClient`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def run(self, steps: Steps[Any]) -> Any:
        try:
            questions = next(steps)
            while True:
                try:
                    answers = await self._client.async_chain.batch(questions)
                except RapportError as error:
                    questions = steps.throw(error)
                else:
                    questions = steps.send(answers)
        except StopIteration as end:
            return end.value

    def ask(self, steps: Steps[Any]) -> Any:
        return _asked(self._client.chain, steps)

    async def submit(self, draft: Draft | Steps[Draft]) -> AsyncSubmission:
        ready: Draft = draft if isinstance(draft, Draft) else await self.run(draft)
        submission = await asyncio.to_thread(self._client._keep, ready)
        return AsyncSubmission(self._client.tx, submission)

    async def perform(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)

    async def simulate(self, draft: Draft | Steps[Draft]) -> Simulation:
        token = rehearsing.set(True)
        try:
            ready: Draft = draft if isinstance(draft, Draft) else await self.run(draft)
        finally:
            rehearsing.reset(token)
        return await asyncio.to_thread(self._client._try_out, ready)

    def stream(self, drafts: Iterator[Drafted[Any]]) -> AsyncStream[Any]:
        return AsyncStream(self._client.outbox, drafts, **self._client._streaming())
