"""The outbox as callers use it: submit, wait, list, cancel, retry, drain."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rapport import units
from rapport.chain import Chain
from rapport.chain import requests as rpc
from rapport.errors import (
    Cancelled,
    ConfigError,
    InputError,
    LeaseHeld,
    NotFound,
    Pending,
    RpcError,
)
from rapport.keys import Signer, require_safe
from rapport.models import Block
from rapport.outbox.forgetting import FORGOTTEN
from rapport.outbox.handover import Adopted, Handover
from rapport.outbox.journal import Journal, Progress
from rapport.outbox.kinds import Kind, Outcome, Payload, fingerprint
from rapport.outbox.policy import Policy
from rapport.outbox.records import (
    Detail,
    Entry,
    Forgotten,
    Mention,
    NewIntent,
    State,
    Status,
)
from rapport.outbox.trouble import Trouble, Watch
from rapport.outbox.worker import Worker

_LONGEST_KEY = 255
_NOBODY = "0x" + "0" * 40  # stands for the account where no key was given
_LOOK = 0.2  # seconds between looks at the journal, where another process does the work


class Submission:
    """
    An intent that the journal has taken: from here on it takes effect once, whatever crashes.

    ``state`` is as of the last look; :meth:`wait` follows it to its end.
    """

    __slots__ = ("_outbox", "_progress")

    def __init__(self, outbox: Outbox, progress: Progress) -> None:
        self._outbox = outbox
        self._progress = progress

    @property
    def id(self) -> int:
        """Its number in the journal, as ``rapport tx show`` takes it."""
        return self._progress.id

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return self._progress.key

    @property
    def state(self) -> State:
        return self._progress.state

    @property
    def outcome(self) -> Outcome | None:
        """What became of it, once it is mined; ``None`` before. Raises nothing."""
        return self._progress.outcome

    def refresh(self) -> Submission:
        """Look at the journal again."""
        (self._progress,) = self._outbox.journal.progress(self._outbox.chain_id, [self.id])
        return self

    def wait(self, confirmations: int | None = None, timeout: float | None = None) -> Outcome:
        """
        Wait for the end and return the outcome, ``done`` or ``duplicate``.

        Args:
            confirmations: Blocks on top of its own; ``None`` for as many as the outbox's policy
                needs for finality.
            timeout: Seconds.

        Raises:
            Reverted: The contract refused it; the class says why.
            Cancelled: It was cancelled.
            Pending: Not yet, after ``timeout``; it stays in the outbox.
            InsufficientFunds, WrongChain, NotDeployed, ConfigError, SenderStuck: What keeps the
                sender from going on until somebody mends it. It stays in the outbox, and the sender
                keeps trying.
        """
        (progress,) = self._outbox.await_all([self], confirmations, timeout)
        return ended(progress)

    def __repr__(self) -> str:
        return f"Submission(id={self.id}, key={self.key!r}, state={self.state.value!r})"


def ended(progress: Progress) -> Outcome:
    """The outcome of an intent that came to its end, or the exception it stands for."""
    if progress.state is State.CANCELLED:
        raise Cancelled(progress.key)
    if progress.outcome is None:
        raise Pending(progress.key, progress.state.value)
    if progress.outcome.error is not None:
        raise progress.outcome.error
    return progress.outcome


@dataclass(slots=True)
class _Effort:
    """How a foreground worker fares with the node."""

    failures: int = 0
    success: float = field(default_factory=time.monotonic)


class Outbox:
    """
    Durable sending for one account on one chain.

    ``submit`` returns as soon as the intent is on disk. Something has to send: :meth:`start` runs
    a worker in a background thread, :meth:`drain` runs it here until everything has come to its
    end; at most one worker sends for an account at any time, in whatever process, and the others
    just wait for it.

    Args:
        chain: Where to.
        journal: Where intents are kept; see :class:`~rapport.outbox.SqliteJournal`.
        signer: Whose transactions.
        kinds: What can be submitted; more with :meth:`register`.
        policy: Fees, finality, batching.
    """

    def __init__(
        self,
        chain: Chain,
        journal: Journal,
        signer: Signer,
        kinds: Iterable[Kind] = (),
        policy: Policy | None = None,
    ) -> None:
        self.chain = chain
        self.journal = journal
        self.signer = signer
        self.policy = policy or Policy()
        self._kinds: dict[str, Kind] = {}
        self._bound: int | None = None
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._trouble = Trouble()
        for kind in kinds:
            self.register(kind)

    # Submitting

    def register(self, kind: Kind) -> None:
        """Make a kind known. Intents of a kind that nobody registered stay queued."""
        self._kinds[kind.name] = kind

    @property
    def chain_id(self) -> int:
        """
        The chain's id, checked together with the journal on first use.

        Raises:
            ConfigError: The journal belongs to another chain of this id, or the key is a
                published development key and this is no test chain.
        """
        if self._bound is None:
            chain_id = self.chain.chain_id
            require_safe(self.signer, chain_id)
            (first,) = self.chain.values([rpc.block(0)])
            if not isinstance(first, Block):
                raise RpcError("the node has no first block")
            self.journal.bind(chain_id, first.hash)
            self._bound = chain_id
        return self._bound

    def submit(self, kind: str, payload: Payload, *, key: str) -> Submission:
        """
        Keep an intent and return at once. The same key with the same content again returns the
        earlier submission.

        Raises:
            IdempotencyConflict: The key was used before with other content.
            InputError: Unknown kind, bad key, or a payload that JSON cannot hold.
        """
        return self.submit_many(kind, [(key, payload)])[0]

    def submit_many(self, kind: str, items: Iterable[tuple[str, Payload]]) -> list[Submission]:
        """
        Keep many intents, given as (key, payload), in one commit: all of them or none.

        Raises:
            As :meth:`submit`.
        """
        known = self._kinds.get(kind)
        if known is None:
            raise InputError(f"no kind {kind!r} is registered")
        intents = []
        for key, payload in items:
            if not key or len(key) > _LONGEST_KEY:
                raise InputError(f"an idempotency key has 1 to {_LONGEST_KEY} characters: {key!r}")
            digest = fingerprint(kind, known.identity(payload))
            text = json.dumps(payload, separators=(",", ":"))
            intents.append(NewIntent(key, kind, text, digest))
        if not intents:
            return []
        kept = self.journal.add(self.chain_id, self.signer.address, intents)
        self._wake.set()
        return [Submission(self, progress) for progress in kept]

    # Looking

    def get(self, which: int | str) -> Submission:
        """
        A submission by id or key.

        Raises:
            NotFound: The journal has none.
        """
        found = self.show(which).entry
        return Submission(self, self.journal.progress(self.chain_id, [found.id])[0])

    def show(self, which: int | str) -> Detail:
        """
        All that is known of an intent, by id or key.

        Raises:
            NotFound: The journal has none.
        """
        found = self.journal.find(self.chain_id, which)
        if found is None:
            raise NotFound(f"no intent {which!r} in the outbox")
        return found

    def list(self, state: State | None = None, after: int = 0, limit: int = 100) -> Sequence[Entry]:
        """Intents in the order they came, those after id ``after``."""
        return self.journal.entries(self.chain_id, state, after, limit)

    def status(self) -> Status:
        """How things stand, at a glance."""
        address = self.signer.address
        worker, head, trouble = self.journal.worker(self.chain_id, address)
        counts = self.journal.counts(self.chain_id, address)
        return Status(self.chain_id, address, counts, worker, head, trouble)

    def about(self, customers: Sequence[bytes]) -> Sequence[Mention]:
        """Intents that name one of these customers by id, oldest first."""
        return self.journal.about(self.chain_id, customers)

    def forget(self, customers: Sequence[bytes]) -> Forgotten:
        """
        Make the journal forget customers that the chain has erased: keys, payloads and times of
        their intents are destroyed. What is queued is cancelled; what is under way has to end
        first, so call again while ``open`` is not zero.
        """
        forgotten = self.journal.forget(self.chain_id, customers)
        self._wake.set()
        return forgotten

    # Changing one's mind

    def cancel(self, which: int | str) -> State:
        """
        End an intent before it takes effect. One that is queued ends at once; one under way is
        outbid by an empty transaction under its nonce, and whichever is mined first decides.

        Raises:
            NotFound: The journal has none.
            InputError: It came to its end before.
        """
        entry = self.show(which).entry
        state = self.journal.cancel(self.chain_id, entry.id)
        if state in (State.MINED, State.FINAL, State.FAILED):
            raise InputError(f"{entry.key!r} is {state.value}; it can no longer be cancelled")
        self._wake.set()
        return state

    def retry(self, which: int | str) -> State:
        """
        Queue a failed or cancelled intent again, under the same key. One of another account, whose
        key was revoked or lost, goes to the account that signs now, also if it is queued or sent,
        as long as no transaction of the other account can carry it out any more.

        Raises:
            NotFound: The journal has none.
            InputError: It took effect, so there is nothing to try again; or it may still do so.
            LeaseHeld: Another account's, and somebody sends for that account.
        """
        found = self.show(which)
        entry = found.entry
        if entry.kind == FORGOTTEN:
            raise InputError(f"intent {entry.id} was about a customer who was erased")
        former = self.journal.signer_of(entry.id)
        if self.signer.address not in (former, _NOBODY):
            state = self._handover().move(found, former)
            self._wake.set()
            return state
        state = self.journal.retry(self.chain_id, entry.id)
        if state in (State.MINED, State.FINAL):
            raise InputError(f"{entry.key!r} is {state.value}; there is nothing to try again")
        self._wake.set()
        return state

    def adopt(self, former: str) -> Adopted:
        """
        Do as :meth:`retry` with all that a former account left open. What may still be carried out
        by a transaction of that account is left to it.

        Args:
            former: The account's address.

        Raises:
            InputError: Not an address, or that of the account that signs now.
            ConfigError: No account signs here.
            LeaseHeld: Somebody sends for the former account.
        """
        if self.signer.address == _NOBODY:
            raise ConfigError("no account signs here that could take over; name its keystore")
        former = units.address(former)
        if former == self.signer.address:
            raise InputError(f"{former} signs now; name the account that signed before")
        handover = self._handover()
        moved: list[str] = []
        left: list[tuple[str, str]] = []
        for number in self.journal.unmined(self.chain_id, former):
            found = self.show(number)
            try:
                handover.move(found, former)
            except InputError as error:
                left.append((found.entry.key, str(error)))
            else:
                moved.append(found.entry.key)
        self._wake.set()
        return Adopted(tuple(moved), tuple(left))

    def _handover(self) -> Handover:
        depth = self.policy.depth(self.chain_id)
        return Handover(self.chain, self.journal, self.chain_id, self.signer.address, depth)

    # Sending

    def start(self) -> None:
        """Send in a background thread until :meth:`stop`. Does nothing if it runs."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="rapport-outbox", daemon=True)
        self._thread.start()

    def stop(self, timeout: float | None = 30.0) -> None:
        """End the background thread. What is open stays in the journal."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def drain(
        self,
        timeout: float | None = None,
        progress: Callable[[Status], None] | None = None,
    ) -> Status:
        """
        Send here, and return once every intent of this account has come to its end. Where another
        worker sends already, wait for it.

        Args:
            timeout: Seconds; afterwards :class:`Pending` is raised.
            progress: Called with the status about five times a second.

        Raises:
            Pending: Not everything ended in time; it stays in the outbox.
            InsufficientFunds, WrongChain, NotDeployed, ConfigError: What keeps the worker from
                going on; everything stays queued.
            RpcError, Timeout: The node stayed out of reach.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        reported = 0.0
        worker: Worker | None = None
        effort, watch = _Effort(), self.watch()
        running = self._thread is not None and self._thread.is_alive()
        try:
            while True:
                now = time.monotonic()
                if progress is not None and now - reported >= _LOOK:
                    progress(self.status())
                    reported = now
                if worker is None and not running:
                    worker = self._hire()
                if worker is None:
                    status = self.status()
                    if not status.open:
                        return status
                    watch.check()
                    time.sleep(_LOOK)
                else:
                    worker, wait = self._effort(worker, effort)
                    if worker is not None and wait and worker.idle():
                        status = self.status()
                        if not status.open:
                            return status
                        raise ConfigError(
                            f"{status.open} intents are of kinds that this program does not know; "
                            "update it, or cancel them"
                        )
                    self._wake.wait(wait)
                    self._wake.clear()
                if deadline is not None and time.monotonic() > deadline:
                    raise Pending(f"{self.status().open} intents", "open")
        finally:
            if worker is not None:
                worker.leave()

    def await_all(
        self,
        submissions: Sequence[Submission],
        confirmations: int | None = None,
        timeout: float | None = None,
    ) -> Sequence[Progress]:
        """
        Wait until all of them have come to their end, refusals included, and return how each
        stands, in their order. Needs a worker somewhere: see :meth:`start`.

        Raises:
            Pending: Not all, after ``timeout`` seconds.
            InsufficientFunds, WrongChain, NotDeployed, ConfigError, SenderStuck: What keeps the
                sender from going on until somebody mends it.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        watch = self.watch()
        while True:
            ready = self.look(submissions, confirmations)
            if ready is not None:
                return ready
            watch.check()
            left = _LOOK if deadline is None else min(_LOOK, deadline - time.monotonic())
            if left <= 0:
                raise self.pending(submissions)
            with self._changed:
                self._changed.wait(left)

    def look(
        self, submissions: Sequence[Submission], confirmations: int | None = None
    ) -> Sequence[Progress] | None:
        """How each stands, if all have come to their end; else ``None``."""
        open_ = {s.id: s for s in submissions if not self._reached(s._progress, confirmations)}
        missing = False
        for seen in self.journal.progress(self.chain_id, list(open_)):
            open_[seen.id]._progress = seen
            missing = missing or not self._reached(seen, confirmations)
        return None if missing else [submission._progress for submission in submissions]

    def watch(self) -> Watch:
        """An eye on the sender, for one who begins to wait for it."""
        if self._trouble.present:
            self._wake.set()  # what kept it may be mended

        def elsewhere() -> tuple[str | None, str | None]:
            worker, _, trouble = self.journal.worker(self.chain_id, self.signer.address)
            return worker, trouble

        return Watch(self._trouble, elsewhere, self.policy.longest_pause + self.policy.poll)

    def pending(self, submissions: Sequence[Submission]) -> Pending:
        """The exception that names the first of them that is still open."""
        found = next((s for s in submissions if not s.state.ended), submissions[0])
        return Pending(found.key, found.state.value)

    def _reached(self, progress: Progress, confirmations: int | None) -> bool:
        if progress.state.ended:
            return True
        if confirmations is None or progress.state is not State.MINED:
            return False
        if confirmations == 0:
            return True
        _, head, _ = self.journal.worker(self.chain_id, self.signer.address)
        block = progress.block_number
        return head is not None and block is not None and head - block >= confirmations

    def _hire(self) -> Worker | None:
        """A worker with the lease, or ``None`` while another has it."""
        try:
            return Worker(
                self.chain,
                self.journal,
                self.signer,
                self._kinds,
                self.policy,
                self.chain_id,
            )
        except LeaseHeld:
            return None

    def _effort(self, worker: Worker, effort: _Effort) -> tuple[Worker | None, float]:
        """One turn in the foreground: the worker, if it still is one, and how long to wait."""
        try:
            busy = self._turn(worker)
        except LeaseHeld:
            worker.leave()
            return None, _LOOK
        except RpcError:
            # A node that stays out of reach is an error; one that stumbles is not.
            effort.failures += 1
            if time.monotonic() - effort.success > self.policy.give_up:
                raise
            return worker, min(self.policy.poll * 2**effort.failures, self.policy.longest_pause)
        effort.failures, effort.success = 0, time.monotonic()
        return worker, 0.0 if busy else worker.pause

    def _turn(self, worker: Worker) -> bool:
        """One turn; true if there was anything to do."""
        busy = worker.turn()
        if busy:
            with self._changed:
                self._changed.notify_all()
        return busy

    def _run(self) -> None:
        """The background thread: errors become the status's ``trouble``, and it tries again."""
        worker: Worker | None = None
        pause = self.policy.poll
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if worker is None:
                    worker = self._hire()
                busy = worker is not None and self._turn(worker)
                self._trouble.clear()
                if busy:
                    pause = self.policy.poll
                    continue
                wait = worker.pause if worker is not None else _LOOK
            except LeaseHeld:
                if worker is not None:
                    worker.leave()
                worker = None
                wait = _LOOK
            except Exception as error:
                self._trouble.note(error, began)
                with self._changed:
                    self._changed.notify_all()
                wait = pause = min(2 * pause, self.policy.longest_pause)
                if worker is not None:
                    worker = worker.survive(error)
            self._wake.wait(wait)
            self._wake.clear()
        if worker is not None:
            worker.leave()
