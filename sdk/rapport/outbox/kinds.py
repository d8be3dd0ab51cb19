"""What an intent means on chain: how its payload becomes a call, and what a receipt says of it.

Services define one :class:`Kind` per verb and register it with the outbox::

    class Award(Kind):
        name = "loyalty.award"
        max_batch = 100

        def encode(self, payloads):
            awards = [(p["customer"], p["ref"], p["points"]) for p in payloads]
            return Call(self.address, INTERFACE.encode("awardBatch", awards, 0))

        def outcomes(self, payloads, receipt): ...
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rapport.errors import InputError, Reverted
from rapport.models import Receipt
from rapport.reversal import decode_revert, encode_revert

Payload = Mapping[str, Any]
"""JSON only: texts, whole numbers, booleans, ``None``, lists and mappings; bytes as 0x hex."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be sent. ``to`` is checksummed; ``gas`` is its limit, ``None`` to be found out."""

    to: str
    data: bytes
    gas: int | None = None
    value: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one intent: ``done``, ``duplicate`` (the same had taken effect before) or
    ``refused`` (``error`` says why). ``result`` holds what the service read from the receipt, as
    JSON values. ``tx_hash`` and ``block_number`` are filled in by the outbox.
    """

    status: str
    result: Mapping[str, Any] = field(default_factory=dict)
    error: Reverted | None = None
    tx_hash: str | None = None
    block_number: int | None = None

    @classmethod
    def done(cls, **result: Any) -> Outcome:
        """It took effect."""
        return cls("done", result)

    @classmethod
    def duplicate(cls, **result: Any) -> Outcome:
        """The very same had taken effect before; nothing changed."""
        return cls("duplicate", result)

    @classmethod
    def refused(cls, error: Reverted) -> Outcome:
        """The contract refused it; nothing changed."""
        return cls("refused", {}, error)

    @property
    def ok(self) -> bool:
        """True unless refused."""
        return self.status != "refused"

    def dump(self) -> str:
        """As kept in the journal."""
        record: dict[str, Any] = {"status": self.status, "result": dict(self.result)}
        if self.error is not None:
            record["error"] = encode_revert(self.error).hex()
        return json.dumps(record, separators=(",", ":"))

    @classmethod
    def load(cls, text: str, tx_hash: str | None, block_number: int | None) -> Outcome:
        """As read from the journal."""
        record = json.loads(text)
        error = record.get("error")
        return cls(
            record["status"],
            record["result"],
            None if error is None else decode_revert(bytes.fromhex(error)),
            tx_hash,
            block_number,
        )


class Kind(ABC):
    """
    One verb of one contract, as the outbox sends it.

    The call must be safe to send twice: the outbox signs it anew under another nonce when a foreign
    transaction took the first, and after a deep reorganisation both may be mined. The contracts
    hold this by their single-use ``ref``.
    """

    name: ClassVar[str]
    """Unique and lasting, since the journal keeps it: ``loyalty.award``."""

    max_batch: int = 1
    """How many intents one transaction may carry."""

    simulate: bool = True
    """
    Ask the node before signing, so that a refusal costs no gas and no nonce. Set false where a
    batch skips and reports what it refuses.
    """

    @abstractmethod
    def encode(self, payloads: Sequence[Payload]) -> Call:
        """The call that carries these payloads: 1 to ``max_batch``, all of one :meth:`group`."""

    @abstractmethod
    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> Sequence[Outcome]:
        """What a successful receipt says of each payload, in their order."""

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """
        What it means that the contract refuses one payload by itself. A kind whose call reverts
        when it is repeated finds out here whether the very same has taken effect before.
        """
        return Outcome.refused(error)

    def gas_of(self, count: int) -> int | None:
        """
        The gas limit of a call with ``count`` payloads, from measured gas and a margin. ``None``
        lets the outbox estimate the first call of each size and remember the answer.
        """
        return None

    def group(self, payload: Payload) -> Hashable:
        """Payloads of different groups never share a transaction."""
        return ""

    def subject(self, payload: Payload) -> Hashable:
        """
        Whom the intent is about, such as the customer. Intents about the same subject keep their
        order; ``None`` keeps the order with everything.
        """
        return None

    def identity(self, payload: Payload) -> Payload:
        """
        What makes a repeated key "the same": leave out what a retry computes anew, such as a
        deadline.
        """
        return payload


def fingerprint(kind: str, identity: Payload) -> bytes:
    """
    A digest of an intent's content, equal for equal content.

    Raises:
        InputError: The payload holds something that JSON cannot.
    """
    try:
        text = json.dumps([kind, identity], sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InputError(f"payload of {kind}: {error}") from error
    return hashlib.sha256(text.encode()).digest()
