"""What became of transactions: mined, final, reverted, reorganised away, displaced, cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rapport.chain import Chain, Fault
from rapport.chain import requests as rpc
from rapport.errors import OutOfGas, Reverted, RevertedWithReason, RpcError, UnknownRevert
from rapport.models import Block, Receipt
from rapport.outbox.flight import Flight, LiveTx
from rapport.outbox.journal import Changes, IntentEnd, Settled
from rapport.outbox.kinds import Kind, Outcome
from rapport.outbox.records import Intent, State
from rapport.outbox.scout import Sight

_LOOKS = (
    3  # in a row without a receipt, until a used nonce counts as taken by a foreign transaction
)
_TRIES = 3  # for an intent whose transaction ran out of gas


@dataclass(slots=True)
class Findings:
    """What a look showed: changes for the journal, then for memory."""

    changes: Changes = field(default_factory=Changes)
    mined: list[tuple[LiveTx, Receipt]] = field(default_factory=list)
    outcomes: dict[int, list[Outcome | None]] = field(default_factory=dict)
    unmined: list[LiveTx] = field(default_factory=list)
    over: list[tuple[LiveTx, bool]] = field(default_factory=list)
    loose: list[tuple[LiveTx, Intent]] = field(default_factory=list)
    """Intents whose transaction ended without deciding them."""
    seen: set[int] = field(default_factory=set)

    @property
    def needs_cancellations(self) -> list[int]:
        """Intents to be sent anew, unless their cancellation was asked for."""
        return [intent.id for _, intent in self.loose]

    def decide(self, cancelled: set[int]) -> None:
        """Send loose intents anew, or end them."""
        for tx, intent in self.loose:
            if intent.id in cancelled:
                self.changes.ended.append(IntentEnd(intent.id, State.CANCELLED, None))
            elif tx.refusal is not None and len(tx.intents) == 1:
                why = RevertedWithReason(f"the node refuses the transaction: {tx.refusal}")
                outcome = Outcome.refused(why).dump()
                self.changes.ended.append(IntentEnd(intent.id, State.FAILED, outcome))
            else:
                alone = intent.solo or tx.refusal is not None or tx.reverted
                self.changes.requeued.append((intent.id, alone))

    def saw(self, tx: LiveTx) -> bool:
        """True if a version of it is mined."""
        return tx.id in self.seen

    def apply(self, flight: Flight) -> None:
        """Bring memory up to what the journal now says."""
        for tx, receipt in self.mined:
            tx.block_number, tx.block_hash = receipt.block_number, receipt.block_hash
            tx.outcomes = self.outcomes[tx.id]
        for tx in self.unmined:
            tx.block_number = tx.block_hash = tx.winner = None
            tx.sent_at = None  # the node may not have put it back: broadcast again
            tx.outcomes = []
        for tx, on_chain in self.over:
            flight.end(tx, on_chain=on_chain)


class Settler:
    """Compares what is under way with the chain."""

    def __init__(self, chain: Chain, kinds: Mapping[str, Kind], address: str, depth: int) -> None:
        self._chain = chain
        self._kinds = kinds
        self._address = address
        self._depth = depth

    def settle(self, flight: Flight, sight: Sight, overdue: Sequence[LiveTx]) -> Findings:
        """All that a look tells. ``overdue`` are asked for as well, before they are replaced."""
        found, view = Findings(), sight.view
        asked: list[LiveTx] = []
        due: list[LiveTx] = []
        for tx in flight.all():
            if not tx.mined:
                if tx.nonce < view.count:
                    asked.append(tx)
            elif tx.nonce >= view.count or tx.doubtful:
                asked.append(tx)
            elif tx.block_number is not None and view.head.number - tx.block_number >= self._depth:
                due.append(tx)
        wanted = {tx.id for tx in asked}
        asked += [tx for tx in overdue if tx.id not in wanted]

        receipts = self._receipts(asked, sight.receipts)
        for tx in asked:
            receipt = receipts.get(tx.id)
            if receipt is not None:
                found.seen.add(tx.id)
                self._mined(tx, receipt, found)
            elif tx.mined:
                found.unmined.append(tx)
                found.changes.unmined.append(tx.id)
            elif tx.nonce < view.count:
                self._absent(tx, found)
        self._finalise(due, found)
        return found

    def _receipts(
        self, txs: Sequence[LiveTx], known: Mapping[str, Receipt | None]
    ) -> dict[int, Receipt]:
        """The receipt of whichever version was mined, by transaction; asked for if not known."""
        pairs = [(tx.id, attempt.hash) for tx in txs for attempt in reversed(tx.attempts)]
        unknown = [tx_hash for _, tx_hash in pairs if tx_hash not in known]
        replies = self._chain.values([rpc.receipt(tx_hash) for tx_hash in unknown])
        said = {**known, **dict(zip(unknown, replies, strict=True))}
        found: dict[int, Receipt] = {}
        for number, tx_hash in pairs:
            reply = said[tx_hash]
            if isinstance(reply, Receipt) and reply.tx_hash == tx_hash:
                found[number] = reply
        return found

    def _mined(self, tx: LiveTx, receipt: Receipt, found: Findings) -> None:
        tx.absent = 0
        tx.doubtful = False
        tx.winner, tx.reverted = receipt.tx_hash, not receipt.ok
        outcomes = self._outcomes(tx, receipt)
        found.mined.append((tx, receipt))
        found.outcomes[tx.id] = outcomes
        if self._depth == 0:
            state, ends = self._ending(tx, outcomes, found)
        else:
            state = State.MINED
            ends = [
                IntentEnd(intent.id, State.MINED, None if outcome is None else outcome.dump())
                for intent, outcome in zip(tx.intents, outcomes, strict=True)
            ]
        found.changes.settled.append(
            Settled(
                tx.id,
                state.value,
                receipt.tx_hash,
                receipt.block_number,
                receipt.block_hash,
                ends,
            )
        )

    def _outcomes(self, tx: LiveTx, receipt: Receipt) -> list[Outcome | None]:
        """What the receipt says of each intent; ``None`` where it decides nothing."""
        if tx.cancels(receipt.tx_hash):
            return [None] * len(tx.intents)
        if not receipt.ok:
            return self._reverted(tx, receipt)
        kind = self._kinds.get(tx.kind)
        if kind is None:
            return [Outcome.done(note=f"this program knows no {tx.kind}") for _ in tx.intents]
        payloads = [intent.payload for intent in tx.intents]
        found = list(kind.outcomes(payloads, receipt)) if payloads else []
        if len(found) != len(payloads):
            raise RpcError(f"{tx.kind}: {len(found)} outcomes for {len(payloads)} payloads")
        return list(found)

    def _reverted(self, tx: LiveTx, receipt: Receipt) -> list[Outcome | None]:
        """A batch decides nothing and is sent anew one by one; a single intent is refused."""
        if len(tx.intents) != 1:
            return [None] * len(tx.intents)
        if receipt.gas_used * 64 >= tx.gas * 63:
            if tx.intents[0].tries < _TRIES:
                return [None]
            return [Outcome.refused(OutOfGas(tx.gas))]
        error, kind = self._reason(tx, receipt), self._kinds.get(tx.kind)
        if kind is None:
            return [Outcome.refused(error)]
        return [kind.refusal(tx.intents[0].payload, error)]

    def _reason(self, tx: LiveTx, receipt: Receipt) -> Reverted:
        """
        Why it reverted: asked of the state before its block, and if that does not refuse it, after,
        since what it ran into may stand in the same block.
        """
        asked = [
            rpc.call(tx.to, tx.data, sender=self._address, gas=tx.gas, value=tx.value, which=number)
            for number in (receipt.block_number - 1, receipt.block_number)
        ]
        for request, reply in zip(asked, self._chain.exchange(asked), strict=True):
            if isinstance(reply, Fault):
                error = reply.exception(request.method)
                if isinstance(error, Reverted):
                    return error
        return UnknownRevert(b"")

    def _absent(self, tx: LiveTx, found: Findings) -> None:
        """Its nonce is used, and no version of it mined: a foreign one, if several looks agree."""
        tx.absent += 1
        if tx.absent >= _LOOKS:
            found.changes.closed.append((tx.id, "displaced"))
            found.loose += [(tx, intent) for intent in tx.intents]
            found.over.append((tx, False))

    def _finalise(self, due: Sequence[LiveTx], found: Findings) -> None:
        """Those deep enough whose block is still part of the chain."""
        numbers = sorted({tx.block_number for tx in due if tx.block_number is not None})
        blocks = self._chain.values([rpc.block(number) for number in numbers])
        hashes = {block.number: block.hash for block in blocks if isinstance(block, Block)}
        for tx in due:
            if hashes.get(tx.block_number or -1) != tx.block_hash:
                tx.doubtful = True  # asked again at the next look, by receipt
            else:
                state, ends = self._ending(tx, tx.outcomes, found)
                found.changes.closed.append((tx.id, state.value))
                found.changes.ended += ends

    def _ending(
        self, tx: LiveTx, outcomes: Sequence[Outcome | None], found: Findings
    ) -> tuple[State, list[IntentEnd]]:
        """The last state of a transaction, and the ends of the intents that it decided."""
        found.over.append((tx, True))
        ends: list[IntentEnd] = []
        for intent, outcome in zip(tx.intents, outcomes, strict=True):
            if outcome is None:
                found.loose.append((tx, intent))
            else:
                state = State.FINAL if outcome.ok else State.FAILED
                ends.append(IntentEnd(intent.id, state, outcome.dump()))
        if tx.cancels(tx.winner):
            return State.CANCELLED, ends
        return (State.FAILED if tx.reverted else State.FINAL), ends
