"""Consent as operators record it: on paper, by telephone, by a browser's signal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rapport import units
from rapport.chain import Read, requests
from rapport.consents import ConsentState, Lane, Masks, NewRecord, day, lanes
from rapport.directory import Person
from rapport.errors import InputError, NotFound
from rapport.notices import NoticeDocument
from rapport.services import consent_kinds as kinds
from rapport.services.consent_kinds import CONTRACT
from rapport.services.deciding import Deciding, Terms
from rapport.services.drafts import Draft
from rapport.services.verbs import M, Steps, bulk, new_key, write

_STATE = tuple(ConsentState)
_DAY = 86_400  # seconds


@dataclass(slots=True)
class _Facts:
    """What the chain said for a chunk of records."""

    terms: dict[int, Terms] = field(default_factory=dict)
    sequences: dict[tuple[bytes, int], int] = field(default_factory=dict)
    """The next sequence of a customer and group, records under way counted."""
    withdrawn: dict[tuple[bytes, Lane], int] = field(default_factory=dict)
    """The days on which lanes were withdrawn."""
    today: date = date.max
    """The chain's day."""


class RecordVerbs(Deciding[M]):
    """The verbs of operators."""

    @write
    def record(
        self,
        customer: str | bytes,
        grant: Sequence[str] = (),
        withdraw: Sequence[str] = (),
        *,
        evidence: str = "an operator's record",
        given_at: datetime | None = None,
        notice: NoticeDocument | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Record what a customer decided elsewhere, on ``evidence``. A grant needs a customer without
        a wallet and stands as recorded by an operator; a withdrawal always works.

        Raises:
            InputError: The customer withdrew after ``given_at``, or the grant would have ended.
        """
        key = idempotency_key or new_key(kinds.Record)
        told = NewRecord(customer, key, tuple(grant), tuple(withdraw), evidence, given_at)
        facts = yield from self._facts([told], None)
        if notice is not None:
            group = self._context.purposes.masks(grant, withdraw).group
            facts.terms[group] = yield from self._terms(group, notice)
        return self._recording(told, facts)

    @bulk
    def record_batch(self, record: NewRecord, facts: _Facts) -> Draft:
        """
        Record any number of decisions, as an iterable of :class:`~rapport.consents.NewRecord`.
        What comes back is iterated for what became of each; one refused stops nobody else.
        """
        return self._recording(record, facts)

    @record_batch.inform
    def _ask_ahead(self, records: list[NewRecord], before: _Facts | None) -> Steps[_Facts]:
        facts: _Facts = yield from self._facts(records, before)
        return facts

    @record_batch.surround
    def _gathering(self) -> AbstractContextManager[None]:
        # One commit for the receipts of a chunk instead of one for each.
        return self._context.archive.gathering()

    @write
    def gpc(
        self, customer: str | bytes, group: int = 0, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Follow a browser's Global Privacy Control signal: withdraw the opt-out purposes of a group
        (11 CCR 7025). The same signal again has no second effect.

        Raises:
            InputError: The group has no opt-out purpose.
        """
        customer_id, person = self._known(customer)
        terms = yield from self._terms(group)
        if not terms.opt_out:
            raise InputError(f"group {group} has no opt-out purpose, so the signal says nothing")
        concerned = lanes(group, terms.opt_out)
        (seq,) = yield [Read(CONTRACT, "sequenceOf", (customer_id, group))]
        asked = [Read(CONTRACT, "statusOf", (customer_id, group, at.lane)) for at in concerned]
        standing: Sequence[Any] = yield asked
        if all(_STATE[each["state"]] is ConsentState.WITHDRAWN for each in standing):
            seq -= 1  # so it is the key of the signal that has withdrawn them, if one was the last
        masks = Masks(group, 0, terms.opt_out)
        key = idempotency_key or f"gpc:{units.hex32(customer_id)}:{group}:{seq}"
        digest = self._prepared(
            person, masks, terms, recorded=True, method="Global Privacy Control signal", key=key
        )
        return Draft(kinds.Record, key, decision_payload(customer_id, masks, terms, digest))

    def _facts(self, records: Sequence[NewRecord], before: _Facts | None) -> Steps[_Facts]:
        """What the chain says for records, leaving out those that cannot be understood."""
        facts = _Facts(sequences=dict(before.sequences) if before else {})
        pairs: dict[tuple[bytes, int], None] = {}
        dated: dict[tuple[bytes, Lane], None] = {}
        for each in records:
            try:
                masks = self._context.purposes.masks(each.grant, each.withdraw)
                customer_id = self._person(each.customer).id
            except (InputError, NotFound):
                continue  # told when it is drafted
            if masks.group not in facts.terms:
                facts.terms[masks.group] = yield from self._terms(masks.group)
            if masks.grant:
                pairs[customer_id, masks.group] = None
            if masks.grant and each.given_at is not None:
                granted = (self._context.purposes.find(name) for name in each.grant)
                dated.update(dict.fromkeys((customer_id, lane) for lane in granted))
        (head, *found) = yield [
            requests.block(),
            *(Read(CONTRACT, "sequenceOf", pair) for pair in pairs),
            *(Read(CONTRACT, "statusOf", (who, at.group, at.lane)) for who, at in dated),
        ]
        facts.today = head.timestamp.date()
        for pair, seq in zip(pairs, found, strict=False):
            # Records that are still under way will have moved it on by then.
            facts.sequences[pair] = max(seq, facts.sequences.get(pair, 0))
        for lane, status in zip(dated, found[len(pairs) :], strict=True):
            if _STATE[status["state"]] is ConsentState.WITHDRAWN:
                facts.withdrawn[lane] = int(status["since"])
        return facts

    def _recording(self, record: NewRecord, facts: _Facts) -> Draft:
        person = self._person(record.customer)
        masks = self._context.purposes.masks(record.grant, record.withdraw)
        terms = facts.terms[masks.group]
        unknown = (masks.grant | masks.withdraw) & ~terms.defined
        if unknown:
            names = ", ".join(self._context.purposes.names(masks.group, unknown))
            raise InputError(f"{names} is not defined on this chain; define it, or name another")
        if masks.grant & ~terms.covered:
            silent = self._context.purposes.names(masks.group, masks.grant & ~terms.covered)
            raise InputError(f"the current notice says nothing about {', '.join(silent)}")
        self._check_date(record, person, terms, facts)
        pair = (person.id, masks.group)
        seq = facts.sequences.get(pair, 0) if masks.grant else 0
        if pair in facts.sequences:
            facts.sequences[pair] += 1
        digest = self._prepared(
            person, masks, terms, recorded=True, method=record.evidence, key=record.key
        )
        if not any(digest):
            digest = person.ref(f"consent:{record.key}:{record.evidence}")
        payload = {**decision_payload(person.id, masks, terms, digest), "seq": seq}
        return Draft(kinds.Record, record.key, payload)

    def _check_date(self, record: NewRecord, person: Person, terms: Terms, facts: _Facts) -> None:
        if record.given_at is None or not record.grant:
            return
        number = units.to_timestamp(record.given_at) // _DAY
        if day(number) > facts.today:
            raise InputError(f"consent of {day(number)} lies ahead; record it once it was given")
        for name in record.grant:
            lane = self._context.purposes.find(name)
            withdrawn = facts.withdrawn.get((person.id, lane))
            if withdrawn is not None and withdrawn >= number:
                raise InputError(
                    f"{name} was withdrawn on {day(withdrawn)}, consent of {day(number)} is older"
                )
            ends = number + terms.max_ages[lane.lane]
            if day(ends) <= facts.today:
                raise InputError(f"consent to {name} of {day(number)} ended on {day(ends)}")


def decision_payload(
    customer_id: bytes, masks: Masks, terms: Terms, receipt: bytes
) -> dict[str, Any]:
    """A decision under the current notice, as the kinds keep it."""
    return {
        "customer": units.hex32(customer_id),
        "group": masks.group,
        "grant": masks.grant,
        "withdraw": masks.withdraw,
        "notice": terms.version if masks.grant else 0,
        "receipt": units.hex32(receipt),
        "seq": 0,
    }
