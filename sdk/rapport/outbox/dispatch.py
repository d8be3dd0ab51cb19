"""From queued intents to signed transactions: batch, simulate, price, sign."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapport.chain import Chain, Fault, Request
from rapport.chain import requests as rpc
from rapport.chain.rpc import revert_data
from rapport.errors import InputError, InsufficientFunds, NotDeployed, Reverted, RevertedWithReason
from rapport.keys import Signer
from rapport.outbox import batching
from rapport.outbox.batching import Group
from rapport.outbox.flight import Flight, LiveTx
from rapport.outbox.journal import IntentEnd, Journal, Lease, SignedTx
from rapport.outbox.kinds import Call, Kind
from rapport.outbox.policy import Policy, Price
from rapport.outbox.records import Intent, State
from rapport.outbox.scout import View
from rapport.outbox.transactions import sign

_PORTION = 200  # transactions signed in one turn, so that signing and broadcasting overlap
_MOST = 5_000  # intents looked at in one turn


@dataclass(frozen=True, slots=True)
class Made:
    """A transaction signed and not yet committed."""

    signed: SignedTx
    intents: list[Intent]

    def live(self, number: int, head: int) -> LiveTx:
        """As it is followed from now on."""
        tx = self.signed
        return LiveTx(
            number,
            tx.nonce,
            tx.to,
            tx.data,
            tx.value,
            tx.gas,
            tx.kind,
            self.intents,
            [tx.attempt],
            signed_at=time.monotonic(),
            signed_head=head,
        )


@dataclass(frozen=True, slots=True)
class Ready:
    """A group whose call the node would accept; ``call.gas`` is known."""

    group: Group
    call: Call

    @property
    def gas(self) -> int:
        return self.call.gas or 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be signed: each a call, its kind's name and its intents, under a nonce."""

    sends: Sequence[tuple[Call, str, list[Intent]]] = ()
    nonces: Sequence[int] = ()
    price: Price = field(default_factory=lambda: Price(0, 0))

    def __bool__(self) -> bool:
        return bool(self.sends)


@dataclass(frozen=True, slots=True)
class Held:
    """Asked again once ``nonce`` is mined, since what the intent needs may be on its way."""

    nonce: int
    subject: Hashable
    until: float = 0.0
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """The node could say neither yes nor no."""

    message: str


class Dispatcher:
    """Makes transactions for one account."""

    def __init__(
        self,
        chain: Chain,
        journal: Journal,
        signer: Signer,
        kinds: Mapping[str, Kind],
        policy: Policy,
        chain_id: int,
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._signer = signer
        self._kinds = kinds
        self._policy = policy
        self._chain_id = chain_id
        self._gas: dict[tuple[str, int], int] = {}
        self._deployed: set[str] = set()
        self.trouble: str | None = None
        self._held: dict[int, Held] = {}
        """Intents whose simulation was refused while others were under way."""
        self._asked_again: set[int] = set()
        self._refused: list[tuple[Intent, Reverted]] = []

    def waiting(self, lease: Lease) -> bool:
        """True if anything is queued that could be sent."""
        return bool(self._held or self._journal.queued(lease, self._kinds, 1))

    def plan(self, lease: Lease, flight: Flight, view: View) -> Plan:
        """
        What is to be signed now. What is refused meanwhile, :meth:`refusals` tells.

        Raises:
            InsufficientFunds, NotDeployed, Underpriced: Nothing can be sent now.
        """
        self._refused, self.trouble = [], None
        now = time.monotonic()
        for intent, held in list(self._held.items()):
            if held.nonce < view.count and held.until <= now:
                del self._held[intent]
                if not held.unclear:
                    self._asked_again.add(intent)
        room = min(self._policy.max_in_flight - len(flight.unmined()), _PORTION)
        gaps = flight.gaps(view.count)
        room = max(room, len(gaps))  # what waits above a gap must not keep it open
        # A window that is nearly full is refilled in portions: each round trip costs the same.
        if room < max(1, min(_PORTION, self._policy.max_in_flight // 4)) and not gaps:
            return Plan()
        groups = self._groups(lease, room, view)
        ready = self._checked(groups)
        if not ready and not gaps:
            return Plan()

        price = self._policy.offer(view.head, view.tip)
        ready = self._affordable(ready, flight, view, price)
        # A gap that no intent fills is filled by an empty transaction, or all above it would wait.
        empty = Call(self._signer.address, b"", 21_000)
        sends = [(one.call, one.group.kind.name, one.group.intents) for one in ready]
        sends += [(empty, "", []) for _ in gaps[len(ready) :]]
        nonces = flight.free_nonces(view.count, len(sends))
        return Plan(sends, nonces, price)

    def sign(self, plan: Plan) -> list[Made]:
        """Transactions to be committed and broadcast."""
        return [
            self._sign(*one, nonce, plan.price)
            for one, nonce in zip(plan.sends, plan.nonces, strict=True)
        ]

    def defer(self, flight: Flight) -> None:
        """Hold what was refused and not decided until what is under way now is mined."""
        highest = max(flight.by_nonce, default=-1)
        for intent, _ in self._refused:
            subject = self._kinds[intent.kind].subject(intent.payload)
            self._held[intent.id] = Held(highest, subject)
        self._refused = []

    # Batching

    def _groups(self, lease: Lease, room: int, view: View) -> list[Group]:
        limits = {name: self._limit(kind, view) for name, kind in self._kinds.items()}
        wanted = min(_MOST, room * max(limits.values(), default=1))
        intents = self._journal.queued(lease, self._kinds, wanted, self._held)
        behind = {held.subject for held in self._held.values()} - {None}
        if behind:
            intents = [
                intent
                for intent in intents
                if self._kinds[intent.kind].subject(intent.payload) not in behind
            ]
        return batching.plan(intents, self._kinds, lambda kind: limits[kind.name], room)

    def _limit(self, kind: Kind, view: View) -> int:
        """How many intents of a kind fit into the gas of one batch."""
        budget = min(self._policy.batch_gas, view.head.gas_limit // 2)
        sizes = range(1, kind.max_batch + 1)
        return max(1, bisect_right(sizes, budget, key=lambda count: kind.gas_of(count) or 0))

    # Asking first

    def _checked(self, groups: Sequence[Group]) -> list[Ready]:
        """
        Those groups that the node would accept, in order. A batch that is refused is divided until
        the intent at fault stands alone.
        """
        open_: list[Group | Ready] = list(groups)
        while any(isinstance(item, Group) for item in open_):
            asked = [item for item in open_ if isinstance(item, Group)]
            answers = iter(self._ask(asked))
            following: list[Group | Ready] = []
            for item in open_:
                if isinstance(item, Ready):
                    following.append(item)
                    continue
                answer = next(answers)
                if isinstance(answer, Ready):
                    following.append(answer)
                elif len(item.intents) > 1:
                    following += batching.halves(item)
                elif isinstance(answer, Unclear):
                    self._put_off(item, answer)
                else:
                    self._refused.append((item.intents[0], answer))
            open_ = following
        return [item for item in open_ if isinstance(item, Ready)]

    def _put_off(self, group: Group, answer: Unclear) -> None:
        """Others go on; this one is asked again a little later."""
        (intent,) = group.intents
        self.trouble = f"RpcError: {intent.key!r}: {answer.message}"
        until = time.monotonic() + self._policy.longest_pause
        subject = group.kind.subject(intent.payload)
        self._held[intent.id] = Held(-1, subject, until, unclear=True)

    def _ask(self, groups: Sequence[Group]) -> list[Ready | Reverted | Unclear]:
        calls: list[Call | Reverted | Unclear] = [self._encoded(group) for group in groups]
        self._require_code([call for call in calls if isinstance(call, Call)], groups)
        found: list[Ready | Reverted | Unclear] = []
        for group, call in zip(groups, calls, strict=True):
            again = any(intent.tries for intent in group.intents)
            if isinstance(call, Call) and (call.gas is None or again):
                call = self._estimated(group, call)
            found.append(Ready(group, call) if isinstance(call, Call) else call)

        doubtful = [
            (place, one)
            for place, one in enumerate(found)
            if isinstance(one, Ready) and one.group.kind.simulate
        ]
        replies = self._chain.exchange([self._simulation(one.call) for _, one in doubtful])
        for (place, one), reply in zip(doubtful, replies, strict=True):
            if isinstance(reply, Fault):
                found[place] = self._judged(one, reply)
        return found

    def _encoded(self, group: Group) -> Call | Reverted:
        try:
            call = group.kind.encode([intent.payload for intent in group.intents])
        except (InputError, KeyError, TypeError, ValueError) as error:
            return RevertedWithReason(f"cannot be encoded: {error}")
        if call.gas is not None:
            return call
        count = len(group.intents)
        known = self._gas.get((group.kind.name, count))
        declared = group.kind.gas_of(count)
        gas = max((g for g in (known, declared) if g is not None), default=None)
        return replace(call, gas=gas)

    def _require_code(self, calls: Sequence[Call], groups: Sequence[Group]) -> None:
        """A call to an address without code succeeds and does nothing, so it is never sent."""
        names = {call.to: group.kind.name for call, group in zip(calls, groups, strict=False)}
        unknown = [to for to in names if to not in self._deployed]
        for to, code in zip(
            unknown, self._chain.values([rpc.code(to) for to in unknown]), strict=True
        ):
            if not code:
                raise NotDeployed(f"the contract of {names[to]}", to)
            self._deployed.add(to)

    def _simulation(self, call: Call) -> Request:
        address = self._signer.address
        return rpc.call(call.to, call.data, sender=address, gas=call.gas, value=call.value)

    def _judged(self, one: Ready, fault: Fault) -> Ready | Reverted | Unclear:
        """A refusal, unless it was only for want of gas."""
        data = revert_data(fault)
        if data:
            error = fault.exception("eth_call")
            if isinstance(error, Reverted):
                return error
        # Nodes word want of gas in many ways; the estimate, which has no limit, tells.
        call = self._estimated(one.group, one.call)
        return Ready(one.group, call) if isinstance(call, Call) else call

    def _estimated(self, group: Group, call: Call) -> Call | Reverted | Unclear:
        """The call with a gas limit from the node, a quarter above its estimate; remembered."""
        asked = rpc.estimate(call.to, call.data, sender=self._signer.address, value=call.value)
        (reply,) = self._chain.exchange([asked])
        if isinstance(reply, Fault):
            error = reply.exception(asked.method)
            return error if isinstance(error, Reverted) else Unclear(str(error))
        size = (group.kind.name, len(group.intents))
        gas = max(reply * 5 // 4, self._gas.get(size, 0))
        self._gas[size] = gas
        return replace(call, gas=gas)

    def refusals(self, flight: Flight, plan: Plan) -> list[IntentEnd]:
        """
        Intents that end without a transaction: refusals that stand. While transactions are under
        way, what a refused intent needs may be among them; it is asked again once they are mined,
        and then the answer stands, unless another one before it is still being held.
        """
        ends: list[IntentEnd] = []
        left: list[tuple[Intent, Reverted]] = []
        quiet = not plan and not flight.unmined()
        first_held = min((i for i, h in self._held.items() if not h.unclear), default=None)
        for intent, error in self._refused:
            again = intent.id in self._asked_again
            if quiet or (again and (first_held is None or intent.id < first_held)):
                self._asked_again.discard(intent.id)
                outcome = self._kinds[intent.kind].refusal(intent.payload, error)
                state = State.FINAL if outcome.ok else State.FAILED
                ends.append(IntentEnd(intent.id, state, outcome.dump()))
            else:
                left.append((intent, error))
        self._refused = left
        return ends

    # Signing

    def _affordable(
        self, ready: Sequence[Ready], flight: Flight, view: View, price: Price
    ) -> list[Ready]:
        left = view.balance - sum(tx.worst_cost for tx in flight.unmined())
        taken: list[Ready] = []
        for one in ready:
            cost = one.gas * price.max_fee + one.call.value
            left -= cost
            if left < 0:
                if not taken and not flight.unmined():
                    raise InsufficientFunds(self._signer.address, view.balance, cost)
                break
            taken.append(one)
        return taken

    def _sign(self, call: Call, kind: str, intents: list[Intent], nonce: int, price: Price) -> Made:
        gas = call.gas or 0
        attempt = sign(
            self._signer,
            chain_id=self._chain_id,
            nonce=nonce,
            to=call.to,
            data=call.data,
            value=call.value,
            gas=gas,
            price=price,
        )
        carried = [intent.id for intent in intents]
        signed = SignedTx(nonce, call.to, call.data, call.value, gas, kind, carried, attempt)
        return Made(signed, intents)
