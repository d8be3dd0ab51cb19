"""What the outbox sends to the consent registry: decisions, records, purposes, notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rapport.errors import Reverted
from rapport.models import Event, Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.reversal import decode_revert
from rapport.reverts import BadSequence
from rapport.services.kinds import ContractKind, Single, raw, readable

CONTRACT = "ConsentRegistry"


class Define(Single):
    name = "consent.define"
    contract = CONTRACT
    function = "definePurpose"
    arguments = ("group", "lane", "iri", "max_age_days", "opt_out")
    event = "PurposeDefined"


class Publish(Single):
    name = "consent.publish"
    contract = CONTRACT
    function = "publishNotice"
    arguments = ("group", "version", "document", "words")
    event = "NoticePublished"


class Decision(ContractKind):
    """A decision of the customer about one group, sent by the customer's wallet."""

    name = "consent.save"
    contract = CONTRACT
    function = "save"

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        return self.call(self.function, decision(payload), *self.signed(payload), count=1)

    def signed(self, payload: Payload) -> list[Any]:
        """What the call takes besides the decision."""
        return []

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        return [told(self.events(receipt, "ConsentChanged"))]

    def identity(self, payload: Payload) -> Payload:
        # A retry makes another receipt, under the notice that is current by then.
        return {name: payload[name] for name in ("customer", "group", "grant", "withdraw")}


class SignedDecision(Decision):
    """The same by the wallet's signature, which is good once."""

    name = "consent.save_by_sig"
    function = "saveBySig"

    def signed(self, payload: Payload) -> list[Any]:
        return [int(payload["seq"]), int(payload["deadline"]), raw(payload["signature"])]

    def identity(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name != "signature"}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        if not isinstance(error, BadSequence):
            return Outcome.refused(error)
        wanted = {
            "granted": payload["grant"],
            "withdrawn": payload["withdraw"],
            "seq": (int(payload["seq"]) + 1) % 2**32,
            "receipt": raw(payload["receipt"]),
            "recorded": False,
        }
        return found_done(
            self.logged("ConsentChanged", raw(payload["customer"]), int(payload["group"])),
            wanted,
            error,
        )


class WithdrawEverything(Single):
    """All purposes of all groups, by the customer's wallet or by an operator."""

    name = "consent.withdraw_all"
    contract = CONTRACT
    function = "withdrawAll"
    arguments: ClassVar[tuple[str, ...]] = ("customer", "receipt")
    event = "ConsentChanged"

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        return [told(self.events(receipt, self.event))]

    def identity(self, payload: Payload) -> Payload:
        return {"customer": payload["customer"]}


class SignedWithdrawal(WithdrawEverything):
    """The same by the wallet's signature, which is good once."""

    name = "consent.withdraw_all_by_sig"
    function = "withdrawAllBySig"
    arguments = ("customer", "receipt", "seq", "deadline", "signature")

    def identity(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name != "signature"}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        digest = raw(payload["receipt"])
        if not isinstance(error, BadSequence) or not any(digest):
            return Outcome.refused(error)
        wanted = {"granted": 0, "receipt": digest, "recorded": False}
        return found_done(self.logged("ConsentChanged", raw(payload["customer"])), wanted, error)


class Record(ContractKind):
    """What customers decided elsewhere, on an operator's evidence; many to a transaction."""

    name = "consent.record"
    contract = CONTRACT
    max_batch = 100

    def encode(self, payloads: Sequence[Payload]) -> Call:
        records = [{"decision": decision(each), "seq": int(each["seq"])} for each in payloads]
        if len(records) == 1:
            return self.call("recordFor", *records[0].values(), count=1)
        return self.call("recordBatch", records, count=len(records))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        changed = {
            (each.args["customerId"], each.args["group"], each.args["receipt"]): each
            for each in self.events(receipt, "ConsentChanged")
        }
        refused: dict[tuple[bytes, int], list[Event]] = {}
        for event in self.events(receipt, "RecordRefused"):
            refused.setdefault((event.args["customerId"], event.args["group"]), []).append(event)
        ended: list[Outcome] = []
        # From the last to the first: of several about one customer, the earlier ones were repeats.
        for each in reversed(payloads):
            pair = (raw(each["customer"]), int(each["group"]))
            done = changed.get((*pair, raw(each["receipt"])))
            if done is not None:
                ended.append(Outcome.done(**readable(done.args)))
            elif refused.get(pair):
                ended.append(Outcome.refused(decode_revert(refused[pair].pop().args["reason"])))
            else:
                ended.append(Outcome.duplicate())
        return ended[::-1]

    def gas_of(self, count: int) -> int | None:
        return 90_000 + 60_000 * count

    def identity(self, payload: Payload) -> Payload:
        # The sequence, the notice and the receipt are those of the first time.
        return {name: payload[name] for name in ("customer", "group", "grant", "withdraw")}


class PauseGrants(Single):
    name = "consent.pause"
    contract = CONTRACT
    function = "pause"
    arguments = ()
    event = "Paused"


class UnpauseGrants(Single):
    name = "consent.unpause"
    contract = CONTRACT
    function = "unpause"
    arguments = ()
    event = "Unpaused"


KINDS: tuple[type[Kind], ...] = (
    Define,
    Publish,
    Decision,
    SignedDecision,
    WithdrawEverything,
    SignedWithdrawal,
    Record,
    PauseGrants,
    UnpauseGrants,
)


def decision(payload: Payload) -> dict[str, Any]:
    """The struct of a decision, from a payload."""
    return {
        "customerId": raw(payload["customer"]),
        "group": int(payload["group"]),
        "grant": int(payload["grant"]),
        "withdraw": int(payload["withdraw"]),
        "notice": int(payload["notice"]),
        "receipt": raw(payload["receipt"]),
    }


def told(events: Sequence[Event]) -> Outcome:
    """What changed, group by group; nothing changed if there is no event."""
    if not events:
        return Outcome.duplicate()
    if len(events) == 1:
        return Outcome.done(**readable(events[0].args))
    return Outcome.done(groups=[readable(event.args) for event in events])


def found_done(events: Sequence[Event], wanted: Payload, error: Reverted) -> Outcome:
    """That one of the events is what was wanted, so that it had taken effect before; or not."""
    for event in events:
        if all(event.args[name] == value for name, value in wanted.items()):
            block, tx_hash = event.log.block_number, event.log.tx_hash
            return Outcome.duplicate(transaction=tx_hash, block=block)
    return Outcome.refused(error)
