"""The client whose verbs are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from rapport.chain import AsyncChain
from rapport.client.base import Base
from rapport.errors import RapportError
from rapport.outbox import AsyncOutbox, AsyncSubmission
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
from rapport.services.streams import AsyncStream
from rapport.services.subscriptions import SubscriptionsService
from rapport.services.verbs import Async, Steps
from rapport.survey import Survey, survey


class AsyncClient(Base):
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
        self.court: CourtService[Async] = CourtService(self, runner)

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
        return self._client._answered(steps)

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
