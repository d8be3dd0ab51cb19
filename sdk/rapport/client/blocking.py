"""The client whose verbs block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rapport import units
from rapport.client.base import Base, Keyless
from rapport.desk import Desk, Forwarder, Intake
from rapport.errors import NotFound
from rapport.outbox import Outbox, Submission
from rapport.records import Asset
from rapport.renewals import Book, Collector, Schedule
from rapport.services import earn_rules
from rapport.services.consent_registry import ConsentRegistryService
from rapport.services.court import CourtService
from rapport.services.customer_registry import CustomerRegistryService
from rapport.services.drafts import Draft, Drafted, Simulation, rehearsing
from rapport.services.earn_rules import EarnRulesService
from rapport.services.loyalty_points import LoyaltyPointsService
from rapport.services.onboarding import OnboardingService
from rapport.services.payments import PaymentsService
from rapport.services.plans import PlansService
from rapport.services.sla import SlaService
from rapport.services.sla_kinds import CONTRACT as AGREEMENTS
from rapport.services.streams import Stream
from rapport.services.subscriptions import SubscriptionsService
from rapport.services.verbs import Steps, Sync
from rapport.subscriptions.facts import CONTRACT as SUBSCRIPTIONS
from rapport.survey import Survey, survey


class Client(Base):
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
        self.court: CourtService[Sync] = CourtService(self, runner)

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
            raise Keyless.refusal()
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


class _Blocking:
    """Runs verbs for :class:`Client`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def run(self, steps: Steps[Any]) -> Any:
        return self._client._answered(steps)

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
