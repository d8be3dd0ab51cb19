"""The one that sends: takes the lease, and turn by turn settles, replaces, signs and broadcasts."""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from rapport.chain import Chain
from rapport.errors import InsufficientFunds, LeaseHeld, RapportError, Underpriced
from rapport.keys import Signer
from rapport.models import SendReply
from rapport.outbox.dispatch import Dispatcher
from rapport.outbox.flight import Flight, LiveTx
from rapport.outbox.journal import Changes, Journal, Lease
from rapport.outbox.kinds import Kind
from rapport.outbox.policy import Policy
from rapport.outbox.scout import Scout, View
from rapport.outbox.settle import Settler
from rapport.outbox.transactions import raws, sign
from rapport.outbox.trouble import describe

_DEEP = 5  # looks at a chain that lost final transactions, before it is believed


class Worker:
    """
    Sends for one account while it holds the lease. Not for use by several threads.

    Raises:
        LeaseHeld: Another worker sends for this account.
    """

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
        self._policy = policy
        self._chain_id = chain_id
        self._lease = self._take_lease()
        self._renewed = time.monotonic()
        self._flight: Flight | None = None
        self._settler = Settler(chain, kinds, signer.address, policy.depth(chain_id))
        self._dispatcher = Dispatcher(chain, journal, signer, kinds, policy, chain_id)
        self._scout = Scout(chain, signer.address, policy)
        self._behind = 0
        self._idle = False
        self._sent: list[int] = []
        self._radio = ThreadPoolExecutor(1, "rapport-broadcast")
        self._on_air: deque[tuple[list[LiveTx], Future[list[SendReply]]]] = deque()
        self._head: int | None = None
        self._trouble: str | None = None
        self._written: tuple[int | None, str | None] = (None, None)

    @property
    def pause(self) -> float:
        """Seconds until the next look is worth while."""
        return self._policy.poll

    def idle(self) -> bool:
        """True if nothing is under way; what is queued then is of kinds unknown here."""
        return self._idle

    def turn(self) -> bool:
        """
        One turn. True if anything came about, so that another turn is due at once.

        Raises:
            LeaseHeld: Another worker took over; this one must not be used any more.
            RapportError: What keeps it from going on; nothing is lost, try again later.
        """
        try:
            return self._turn()
        except BaseException:
            # Memory may lag behind the journal now; the journal is right.
            self._flight = None
            self._forget_answers()
            raise

    def survive(self, error: BaseException) -> Worker | None:
        """Leave word of an error; returns itself, or ``None`` if the lease was lost."""
        self._trouble = describe(error)
        try:
            self._keep_lease(now=True)
        except LeaseHeld:
            return None
        return self

    def leave(self) -> None:
        """Give the lease back."""
        try:
            if self._flight is not None:
                self._hear(everything=True)
                self._commit(Changes())
        except RapportError:
            self._sent = []  # known again once they are found on chain
        self._scout.close()
        self._radio.shutdown()
        self._journal.release(self._lease)

    def _turn(self) -> bool:
        self._keep_lease()
        if self._flight is None:
            self._flight = Flight.load(
                self._journal.live(self._lease), self._journal.floor(self._lease)
            )
        flight = self._flight
        self._hear()
        self._idle = not flight.by_nonce and not self._dispatcher.waiting(self._lease)
        if self._idle:
            self._commit(Changes())
            return False

        sight = self._scout.take()
        view = sight.view
        self._head = view.head.number
        if self._lost_finality(view):
            return True
        self._mark_cancellations(flight)
        overdue = self._overdue(flight, view)
        found = self._settler.settle(flight, sight, overdue)
        changed = bool(found.changes)
        if found.changes or self._sent:
            if found.needs_cancellations:
                found.decide(self._journal.cancelled(self._lease, found.needs_cancellations))
            self._commit(found.changes)
            found.apply(flight)

        changed = self._replace([tx for tx in overdue if not found.saw(tx)], view) or changed
        self._resend(flight, view)
        try:
            changed = self._sign_new(flight, view) or changed
        except Underpriced as error:
            # Not worth a stop: what is under way goes on, and fees fall again.
            self._trouble = describe(error)
            return changed
        self._trouble = self._dispatcher.trouble or (None if changed else self._trouble)
        if not changed and self._on_air:
            self._hear(everything=True)
            return True
        return changed

    # Looking

    def _lost_finality(self, view: View) -> bool:
        """
        True if the chain went back behind what was final, so that those transactions are taken up
        again. A node that lags for a moment looks the same, so several looks must agree.
        """
        flight = self._flight
        if flight is None or view.count >= flight.floor:
            self._behind = 0
            return False
        self._behind += 1
        if self._behind < _DEEP:
            time.sleep(min(self._policy.poll, 0.1))
            return True
        self._behind = 0
        self._journal.reopen(self._lease, view.count)
        self._flight = None
        return True

    def _mark_cancellations(self, flight: Flight) -> None:
        if flight.by_nonce:
            asked = set(self._journal.cancellations(self._lease))
            for tx in flight.by_nonce.values():
                tx.cancel = tx.cancel or tx.id in asked

    # Replacing

    def _overdue(self, flight: Flight, view: View) -> list[LiveTx]:
        """Transactions to be replaced, unless one of their versions turns out to be mined."""
        waiting = [tx for tx in flight.unmined() if tx.nonce >= view.count]
        found = []
        for place, tx in enumerate(waiting):
            age = time.monotonic() - tx.signed_at
            stuck = (
                place == 0
                and age >= self._policy.bump_after
                and view.head.number >= tx.signed_head + 3
            )
            too_low = place < 16 and view.head.base_fee > tx.price.max_fee
            refused = tx.underpriced and age >= min(1.0, self._policy.bump_after)
            if (tx.cancel and not tx.cancelling) or stuck or too_low or refused:
                found.append(tx)
        return found

    def _replace(self, txs: Sequence[LiveTx], view: View) -> bool:
        """Sign the next version of each, at the same nonce; commit; broadcast."""
        changes = Changes()
        replaced = []
        for tx in txs:
            cancels = tx.cancel or tx.cancelling
            # A node that refuses the price means the price; silence may mean anything.
            whatever = cancels or tx.underpriced
            price = self._policy.outbid(tx.price, view.head, view.tip, whatever=whatever)
            if price is None:
                self._trouble = f"Underpriced: nonce {tx.nonce} waits, at the highest fee allowed"
                continue
            attempt = sign(
                self._signer,
                chain_id=self._chain_id,
                nonce=tx.nonce,
                to=self._signer.address if cancels else tx.to,
                data=b"" if cancels else tx.data,
                value=0 if cancels else tx.value,
                gas=21_000 if cancels else tx.gas,
                price=price,
                cancels=cancels,
            )
            changes.attempts.append((tx.id, attempt))
            replaced.append((tx, attempt))
        if not replaced:
            return False
        self._commit(changes)
        for tx, attempt in replaced:
            tx.attempts.append(attempt)
            tx.underpriced = False
            tx.signed_at = time.monotonic()
            tx.signed_head = view.head.number
        self._broadcast([tx for tx, _ in replaced])
        return True

    # Broadcasting

    def _resend(self, flight: Flight, view: View) -> None:
        """Broadcast what was never broadcast, or so long ago that nodes may have forgotten it."""
        now = time.monotonic()
        stale = [
            tx
            for tx in flight.unmined()
            if tx.nonce >= view.count
            and (tx.sent_at is None or now - tx.sent_at >= self._policy.resend_after)
        ]
        self._broadcast(stale)

    def _sign_new(self, flight: Flight, view: View) -> bool:
        plan = self._dispatcher.plan(self._lease, flight, view)
        if plan:
            self._scout.begin(flight.all())  # the node answers while these are signed
        made = self._dispatcher.sign(plan)
        ended = self._dispatcher.refusals(flight, plan)
        changed = False
        if made or ended:
            ids = self._commit(Changes(signed=[m.signed for m in made], ended=ended))
            for number, one in zip(ids, made, strict=True):
                flight.add(one.live(number, view.head.number))
            self._broadcast([flight.by_nonce[one.signed.nonce] for one in made])
            changed = True
        self._dispatcher.defer(flight)
        return changed

    def _broadcast(self, txs: Sequence[LiveTx]) -> None:
        """
        Hand committed transactions to the one thread that broadcasts, in this order, and go on:
        while the node takes these, the next are signed.
        """
        if not txs:
            return
        self._hear(leave=1)
        for tx in txs:
            tx.sent_at = time.monotonic()
        batch = raws([tx.attempts[-1] for tx in txs])
        self._on_air.append((list(txs), self._radio.submit(self._chain.send_raw, batch)))

    def _hear(self, *, everything: bool = False, leave: int | None = None) -> None:
        """Take in what the node said to broadcasts; wait for it, but for the last ``leave``."""
        while self._on_air:
            txs, answer = self._on_air[0]
            due = everything or (leave is not None and len(self._on_air) > leave)
            if not due and not answer.done():
                return
            self._on_air.popleft()
            self._answered(txs, answer.result())

    def _answered(self, txs: Sequence[LiveTx], replies: Sequence[SendReply]) -> None:
        poor = False
        for tx, reply in zip(txs, replies, strict=True):
            if reply.verdict == "accepted" and not tx.recorded:
                tx.recorded = True
                self._sent.append(tx.id)
            elif reply.verdict == "underpriced":
                # "Replacement underpriced" resolves by waiting; a price no block takes does not.
                tx.underpriced = "replacement" not in reply.message.lower()
            elif reply.verdict == "insufficient_funds":
                poor = True
            elif reply.verdict == "refused":
                tx.refusal = reply.message
                tx.cancel = True
            elif reply.verdict == "unknown":
                self._trouble = f"RpcError: the node answered {reply.message!r} to nonce {tx.nonce}"
        if poor:
            address = self._signer.address
            need = sum(tx.worst_cost for tx in txs)
            raise InsufficientFunds(address, self._chain.balance(address), need)

    # The journal

    def _commit(self, changes: Changes) -> list[int]:
        changes.sent, self._sent = self._sent, []
        return self._journal.commit(self._lease, changes) if changes else []

    def _forget_answers(self) -> None:
        """After a failure, all that is under way is read from the journal and broadcast anew."""
        for _, answer in self._on_air:
            answer.cancel()
        wait([answer for _, answer in self._on_air])
        self._on_air.clear()
        self._scout.forget()

    def _take_lease(self) -> Lease:
        owner = f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"
        address, seconds = self._signer.address, self._policy.lease
        try:
            return self._journal.acquire(self._chain_id, address, owner, seconds)
        except LeaseHeld:
            holder = self._journal.worker(self._chain_id, address)[0]
            if holder is None or not _dead(holder):
                raise
            # It died here without giving the lease back; its token no longer opens anything.
            return self._journal.acquire(self._chain_id, address, owner, seconds, over=holder)

    def _keep_lease(self, now: bool = False) -> None:
        word = (self._head, self._trouble)
        age = time.monotonic() - self._renewed
        if now or age > self._policy.lease / 3 or (word != self._written and age > 0.2):
            self._journal.renew(self._lease, self._policy.lease, *word)
            self._renewed = time.monotonic()
            self._written = word


def _dead(owner: str) -> bool:
    """True if the owner was a process of this machine that no longer exists."""
    node, _, rest = owner.rpartition(":")[0].rpartition(":")
    if os.name == "nt" or node != platform.node() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
