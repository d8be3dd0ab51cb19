"""What shows, years later, who agreed to what: the history, and receipts that prove themselves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rapport import units
from rapport.archive import Kept
from rapport.chain import Request
from rapport.consents import Decided, Purposes
from rapport.directory import Person
from rapport.errors import NotFound, RpcError
from rapport.models import Event
from rapport.services.consent_history import changes, history
from rapport.services.consent_kinds import CONTRACT
from rapport.services.deciding import Deciding
from rapport.services.verbs import M, task

if TYPE_CHECKING:
    from rapport.receipts import ConsentChange, ConsentReceipt, Evidence, ReceiptFile, Verified


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """
    What was found about a receipt that is unaltered. ``proved_offline``: the file itself proves
    that its digest is in the block; ``on_chain``: the chain was asked, and has it.
    """

    receipt: str
    customer: str
    issued_at: datetime
    digest: str
    proved_offline: bool
    on_chain: bool
    group: int
    granted: tuple[str, ...]
    withdrawn: tuple[str, ...]
    recorded: bool
    block: int
    block_hash: str
    transaction: str


class ReceiptVerbs(Deciding[M]):
    """The verbs that look back."""

    @task
    def history(self, customer: str | bytes) -> tuple[Decided, ...]:
        """
        Every decision of a customer, merge and erasure, the oldest first, from the chain's own
        logs: whoever has them can rebuild the same.

        Raises:
            RpcError: The node serves no logs since the contract was deployed.
        """
        customer_id, _ = self._identify(customer)
        known = self._context
        return history(known.chain, known.book, known.purposes, customer_id)

    @task
    def receipt(self, customer: str | bytes, which: str | None = None) -> ReceiptFile:
        """
        The receipt of a customer's last decision that has one, or of the decision ``which`` names:
        by receipt id, digest or transaction. It carries a key of its own and its proof.

        Raises:
            NotFound: No such decision, or it was made without a receipt that is kept here.
        """
        person = self._context.directory.find(customer)
        kept = {each.digest: each for each in self._context.archive.receipts([person.id])}
        events = changes(self._context.chain, self._context.book, person.id)
        named = [each for each in events if _named(each, kept.get(each.args["receipt"]), which)]
        if not named:
            what = "no decision with a receipt" if which is None else f"no decision {which!r}"
            raise NotFound(f"customer {person.hex} has {what}")
        digest = bytes(named[-1].args["receipt"])
        if digest not in kept:
            raise NotFound(
                f"the decision of {person.hex} in {named[-1].log.tx_hash} was made without a "
                "receipt that is kept here"
            )
        file, receipt = opened(kept[digest], person)
        event = next((each for each in events[::-1] if _about(receipt, each, digest)), None)
        if event is None:
            raise NotFound(f"the decision changed nothing of which receipt {receipt.id} speaks")
        return dataclasses.replace(file, evidence=self._evidence(file, kept[digest], event))

    @task
    def receipts(self, customer: str | bytes) -> tuple[ReceiptFile, ...]:
        """
        All receipts that are kept of a customer, the oldest first, with the proofs fetched so far.
        Some may be of requests that nobody signed.
        """
        person = self._context.directory.find(customer)
        kept = self._context.archive.receipts([person.id])
        return tuple(opened(each, person)[0] for each in kept)

    @task
    def verify(self, file: str | bytes, *, offline: bool = False) -> ReceiptCheck:
        """
        Check a receipt's file: unaltered, its digest in a block, and (unless ``offline``) that
        block part of this chain.

        Raises:
            ReceiptMalformed, ReceiptAltered, ReceiptContradicted: The receipt is not what was
                issued, or not what was decided.
            ProofMissing, ProofInvalid: The file proves nothing.
            NotFound: The chain has no such decision.
        """
        from rapport import receipts

        purposes = self._context.purposes
        if offline:
            return verify_offline(file, purposes)
        read = receipts.read(file)
        receipt = receipts.opened(read)
        proved_or_none = None if read.evidence is None else receipts.verify_offline(read)
        self._require_here(receipt)
        event = self._event_of(read, receipt, proved_or_none)
        change = _change(event)
        receipts.check_agreement(receipt, change)
        log = event.log
        return _checked(
            purposes, read, receipt, change, log.block_number, log.block_hash, log.tx_hash
        )

    def _require_here(self, receipt: ConsentReceipt) -> None:
        from rapport import receipts

        book = self._context.book
        if receipt.chain_id != self._context.chain.chain_id:
            met, required = f"{self._context.chain.chain_id}", f"{receipt.chain_id}"
            raise receipts.ReceiptContradicted("the chain", met, required)
        address = book.contract(CONTRACT).address
        if receipt.contract != address:
            raise receipts.ReceiptContradicted("the contract", address, receipt.contract)

    def _event_of(
        self, file: ReceiptFile, receipt: ConsentReceipt, proved: Verified | None
    ) -> Event:
        """The chain's own event with the receipt's digest, in the block that the file names."""
        from rapport import receipts

        customer_id = units.customer_id(receipt.customer_id)
        events = [
            each
            for each in changes(self._context.chain, self._context.book, customer_id)
            if _about(receipt, each, file.digest)
        ]
        if not events:
            raise NotFound(
                f"the chain has no decision of {receipt.customer_id} with the digest "
                f"{units.hex32(file.digest)}; the receipt was issued and never used"
            )
        if proved is None:
            return events[-1]
        for each in events:
            if each.log.block_hash == proved.block_hash:
                pointed = file.evidence.transaction if file.evidence else each.log.tx_hash
                if each.log.tx_hash != pointed:
                    raise receipts.ReceiptContradicted("the transaction", each.log.tx_hash, pointed)
                return each
        raise receipts.ReceiptContradicted(
            "the block", events[-1].log.block_hash, proved.block_hash
        )

    def _evidence(self, file: ReceiptFile, kept: Kept, event: Event) -> Evidence:
        """Where the chain has the digest, with its proof; kept once that is final."""
        from rapport import receipts

        if file.evidence is not None and file.evidence.block_hash == event.log.block_hash:
            return file.evidence
        chain, book = self._context.chain, self._context.book
        block, in_block = self._block(event.log.block_hash)
        evidence = receipts.Evidence(
            chain_id=book.chain_id,
            contract=book.contract(CONTRACT).address,
            transaction=event.log.tx_hash,
            block_number=event.log.block_number,
            block_hash=event.log.block_hash,
            proof=receipts.prove(block, in_block, event.log),
        )
        depth = self._context.outbox.policy.depth(book.chain_id)
        if chain.block().number - event.log.block_number >= depth:
            written = receipts.write(dataclasses.replace(file, evidence=evidence))
            text = json.dumps(json.loads(written)["evidence"], separators=(",", ":"))
            self._context.archive.keep_evidence(kept.digest, text)
        return evidence

    def _block(self, block_hash: str) -> tuple[Any, Sequence[Any]]:
        """A block and all its receipts, as the node gives them."""
        chain = self._context.chain
        block = chain.request("eth_getBlockByHash", block_hash, False)
        if block is None:
            raise RpcError(f"the node has no block {block_hash}")
        try:
            found = chain.request("eth_getBlockReceipts", block_hash)
        except RpcError:  # not every node has the method
            found = None
        if not isinstance(found, list):
            asked = [
                Request("eth_getTransactionReceipt", (tx_hash,))
                for tx_hash in block["transactions"]
            ]
            found = chain.values(asked)
        return block, found


def verify_offline(file: str | bytes, purposes: Purposes) -> ReceiptCheck:
    """
    Check a receipt's file without a chain. What it proves holds if the block is one of the chain.

    Raises:
        ReceiptMalformed, ReceiptAltered, ReceiptContradicted: The receipt is not what was issued.
        ProofMissing, ProofInvalid: The file proves nothing.
    """
    from rapport import receipts

    read = receipts.read(file)
    proved = receipts.verify_offline(read)
    place = proved.block_number, proved.block_hash
    return _checked(purposes, read, proved.receipt, proved.change, *place, None)


def _checked(
    purposes: Purposes,
    file: ReceiptFile,
    receipt: ConsentReceipt,
    change: ConsentChange,
    block: int,
    block_hash: str,
    transaction: str | None,
) -> ReceiptCheck:
    pointed = "" if file.evidence is None else file.evidence.transaction
    return ReceiptCheck(
        receipt.id,
        receipt.customer_id,
        receipt.issued_at,
        units.hex32(file.digest),
        file.evidence is not None,
        transaction is not None,
        change.group,
        purposes.names(change.group, change.granted),
        purposes.names(change.group, change.withdrawn),
        change.recorded,
        block,
        block_hash,
        transaction or pointed,
    )


def _named(event: Event, kept: Kept | None, which: str | None) -> bool:
    if which is None:
        return kept is not None
    digest = units.hex32(event.args["receipt"])
    return which.lower() in (digest, event.log.tx_hash, None if kept is None else kept.id)


def _about(receipt: ConsentReceipt, event: Event, digest: bytes) -> bool:
    """True if the event carries the digest and is of a group that the receipt speaks of."""
    groups = {notice.group for notice in receipt.notices}
    return event.args["receipt"] == digest and int(event.args["group"]) in groups


def opened(kept: Kept, person: Person) -> tuple[ReceiptFile, ConsentReceipt]:
    """
    A receipt as kept here, read with its customer's key.

    Raises:
        NotFound: The customer was erased.
    """
    from rapport import receipts

    if person.key is None:
        raise NotFound(f"receipt {kept.id} cannot be opened: its customer was erased")
    key = receipts.receipt_key(person.key, kept.id)
    whole = {
        "version": 1,
        **json.loads(kept.open(key)),
        "key": units.hex32(key),
        "digest": units.hex32(kept.digest),
        "evidence": None if kept.evidence is None else json.loads(kept.evidence),
    }
    file = receipts.read(json.dumps(whole))
    return file, receipts.opened(file)  # what was damaged on disk is never handed over


def _change(event: Event) -> ConsentChange:
    from rapport import receipts

    args = event.args
    return receipts.ConsentChange(
        customer_id=units.hex32(args["customerId"]),
        group=int(args["group"]),
        actor=str(args["actor"]),
        granted=int(args["granted"]),
        withdrawn=int(args["withdrawn"]),
        notice=int(args["notice"]),
        sequence=int(args["seq"]),
        recorded=bool(args["recorded"]),
        receipt=bytes(args["receipt"]),
    )
