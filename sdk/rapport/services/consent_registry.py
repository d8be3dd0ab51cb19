"""Consent: granted and withdrawn by customers, recorded by operators, asked by everybody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eth_utils.crypto import keccak

from rapport import units
from rapport.chain import Read, requests
from rapport.consents import (
    LANES,
    MAX_AGE_DAYS,
    AskAgain,
    ConsentState,
    ConsentStatus,
    Lane,
    Masks,
    PublishedNotice,
    PurposeTerms,
    day,
    year_after,
)
from rapport.directory import Person
from rapport.errors import InputError
from rapport.intents import Domain, Save, WithdrawAll
from rapport.notices import NoticeDocument
from rapport.outbox.kinds import Kind
from rapport.services import consent_kinds as kinds
from rapport.services.consent_kinds import CONTRACT
from rapport.services.consent_receipts import ReceiptVerbs
from rapport.services.deciding import NO_RECEIPT, Terms, check_signature, signed
from rapport.services.drafts import Draft
from rapport.services.recording import RecordVerbs, decision_payload
from rapport.services.verbs import M, Steps, new_key, read, write

KINDS: tuple[type[Kind], ...] = kinds.KINDS
_STATE = tuple(ConsentState)


class ConsentRegistryService(RecordVerbs[M], ReceiptVerbs[M]):
    """
    What customers allow. A purpose is given by its name (``email``) or as ``group:lane``; one
    decision is about purposes of one group.
    """

    # Purposes and notices

    @write
    def define_purpose(
        self,
        purpose: str,
        iri: str,
        max_age_days: int,
        *,
        opt_out: bool = False,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Define what a purpose means, for good: an IRI, best of the W3C Data Privacy Vocabulary, and
        for how many days a grant holds. ``opt_out``: granted until withdrawn.

        Raises:
            InputError: The days are not 1 to 3,650, or the IRI is empty.
        """
        lane = self._context.purposes.find(purpose)
        days = units.unsigned(max_age_days, 16, "max_age_days")
        if not 1 <= days <= MAX_AGE_DAYS:
            raise InputError(f"max_age_days must be 1 to {MAX_AGE_DAYS}, met {days}")
        if ":" not in iri:
            raise InputError(
                f"a purpose needs its IRI, such as https://w3id.org/dpv#...; met {iri!r}"
            )
        payload = {
            "group": lane.group,
            "lane": lane.lane,
            "iri": units.hex32(keccak(text=iri)),
            "max_age_days": days,
            "opt_out": bool(opt_out),
        }
        return self._draft(kinds.Define, idempotency_key, payload)

    @write
    def publish_notice(
        self, notice: NoticeDocument, *, idempotency_key: str | None = None
    ) -> Draft:
        """
        Publish the next notice of a group. Its document is kept here, for the receipts of those
        who decide under it; grants under earlier notices stand.
        """
        digest = notice.digest
        self._context.archive.keep_notice(digest, notice.content)
        key = idempotency_key or f"notice:{notice.group}:{notice.version}:{digest.hex()}"
        payload = {
            "group": notice.group,
            "version": notice.version,
            "document": units.hex32(digest),
            "words": notice.words,
        }
        return Draft(kinds.Publish, key, payload)

    @read
    def numbered(self, content: Mapping[str, Any]) -> Steps[NoticeDocument]:
        """
        The notice of a document that may lack its ``version``: then it is the current one, if that
        says the same, or else the next.

        Raises:
            InputError: It is no complete notice.
        """
        draft = NoticeDocument.read({"version": 1, **content})
        if "version" in content:
            return draft
        (current,) = yield [Read(CONTRACT, "currentNotice", (draft.group,))]
        version = int(current[0])
        if version:
            same = NoticeDocument.read({**content, "version": version})
            (published,) = yield [Read(CONTRACT, "notice", (draft.group, version))]
            if published["document"] == same.digest:
                return same
        return NoticeDocument.read({**content, "version": version + 1})

    @read
    def purposes(self, group: int = 0) -> Steps[tuple[PurposeTerms, ...]]:
        """The purposes of a group, and which of them the current notice covers."""
        terms = yield from self._terms(group)
        name = self._context.purposes.name
        return tuple(
            PurposeTerms(
                name(Lane(group, lane)),
                group,
                lane,
                units.hex32(each["iri"]),
                int(each["maxAgeDays"]),
                bool(each["optOut"]),
                bool(terms.covered >> lane & 1),
            )
            for lane, each in enumerate(terms.purposes)
            if each["maxAgeDays"]
        )

    @read
    def notice(self, group: int = 0, version: int | None = None) -> Steps[PublishedNotice]:
        """
        A notice as published, the current one without ``version``.

        Raises:
            NotFound: No such notice.
        """
        (current,) = yield [Read(CONTRACT, "currentNotice", (group,))]
        wanted = current[0] if version is None else units.unsigned(version, 16, "a version")
        published = yield from self._published(group, wanted)
        return PublishedNotice(
            group,
            wanted,
            units.hex32(published.args["document"]),
            tuple(published.args["words"]),
            wanted == current[0],
            published.log.block_number,
            published.log.tx_hash,
        )

    # Decisions of the customer

    @write
    def save(
        self,
        customer: str | bytes,
        grant: Sequence[str] = (),
        withdraw: Sequence[str] = (),
        *,
        notice: NoticeDocument | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Grant and withdraw, as the customer's wallet, under the current notice.

        Raises:
            UnknownPurposeName, OverlappingPurposes: What is decided makes no sense.
            StaleNotice: ``notice`` is not the current one.
        """
        customer_id, person = self._known(customer)
        masks = self._context.purposes.masks(grant, withdraw)
        terms = yield from self._terms(masks.group, notice)
        key = idempotency_key or new_key(kinds.Decision)
        digest = self._prepared(
            person, masks, terms, method="decided by the customer's wallet", key=key
        )
        return Draft(kinds.Decision, key, decision_payload(customer_id, masks, terms, digest))

    @read
    def save_request(
        self,
        customer: str | bytes,
        grant: Sequence[str],
        withdraw: Sequence[str],
        deadline: datetime,
        *,
        notice: NoticeDocument | None = None,
    ) -> Steps[Save]:
        """
        What the customer's wallet signs to grant and to withdraw. Its receipt is prepared, so that
        its digest is signed too.

        Raises:
            As :meth:`save`.
        """
        customer_id, person = self._known(customer)
        units.to_timestamp(deadline)
        masks = self._context.purposes.masks(grant, withdraw)
        terms = yield from self._terms(masks.group, notice)
        (seq,) = yield [Read(CONTRACT, "sequenceOf", (customer_id, masks.group))]
        return Save(
            customer_id,
            masks.group,
            masks.grant,
            masks.withdraw,
            terms.version if masks.grant else 0,
            self._prepared(person, masks, terms),
            seq,
            deadline,
        )

    @write
    def save_by_sig(
        self, intent: Save, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Carry out what a customer's wallet has signed; the sender only relays it. Relayed before,
        by whomever: ``duplicate``.

        Raises:
            WrongSigner, MalleableSignature: The wallet has not signed this.
        """
        yield from self._check(intent, signature)
        return Draft(
            kinds.SignedDecision,
            idempotency_key or f"save:{intent.digest(self.domain()).hex()}",
            {
                "customer": units.hex32(intent.customer_id),
                "group": intent.group,
                "grant": intent.grant,
                "withdraw": intent.withdraw,
                "notice": intent.notice,
                "receipt": units.hex32(intent.receipt),
                "seq": intent.seq,
                "deadline": intent.deadline_seconds,
                "signature": signed(signature),
            },
        )

    @write
    def withdraw(
        self,
        customer: str | bytes,
        purposes: Sequence[str],
        *,
        evidence: str = "asked of the brand",
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """Withdraw purposes: as the customer's wallet, or as an operator for the customer."""
        customer_id, person = self._known(customer)
        masks = self._context.purposes.masks((), purposes)
        terms = yield from self._terms(masks.group)
        (wallet,) = yield [Read("CustomerRegistry", "walletOf", (customer_id,))]
        own = wallet == self._context.sender
        kind: type[Kind] = kinds.Decision if own else kinds.Record
        key = idempotency_key or new_key(kind)
        how = "withdrawn by the customer's wallet" if own else evidence
        digest = self._prepared(person, masks, terms, recorded=not own, method=how, key=key)
        return Draft(kind, key, decision_payload(customer_id, masks, terms, digest))

    @write
    def withdraw_all(
        self, customer: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Withdraw everything: as the customer's wallet, or as an operator for the customer."""
        customer_id, person = self._known(customer)
        (wallet,) = yield [Read("CustomerRegistry", "walletOf", (customer_id,))]
        own = wallet == self._context.sender
        key = idempotency_key or new_key(kinds.WithdrawEverything)
        digest = yield from self._farewell(person, recorded=not own, key=key)
        payload = {"customer": units.hex32(customer_id), "receipt": units.hex32(digest)}
        return Draft(kinds.WithdrawEverything, key, payload)

    @read
    def withdraw_all_request(self, customer: str | bytes, deadline: datetime) -> Steps[WithdrawAll]:
        """What the customer's wallet signs to withdraw everything. Good until anything changes."""
        customer_id, person = self._known(customer)
        units.to_timestamp(deadline)
        digest = yield from self._farewell(person, recorded=False)
        (seq,) = yield [Read(CONTRACT, "sequenceOfAll", (customer_id,))]
        return WithdrawAll(customer_id, digest, seq, deadline)

    @write
    def withdraw_all_by_sig(
        self, intent: WithdrawAll, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """Carry out the withdrawal of everything that a customer's wallet has signed."""
        yield from self._check(intent, signature)
        return Draft(
            kinds.SignedWithdrawal,
            idempotency_key or f"withdraw-all:{intent.digest(self.domain()).hex()}",
            {
                "customer": units.hex32(intent.customer_id),
                "receipt": units.hex32(intent.receipt),
                "seq": intent.seq,
                "deadline": intent.deadline_seconds,
                "signature": signed(signature),
            },
        )

    @write
    def pause(self, *, idempotency_key: str | None = None) -> Draft:
        """Stop grants. Withdrawals work as before."""
        return self._draft(kinds.PauseGrants, idempotency_key, {})

    @write
    def unpause(self, *, idempotency_key: str | None = None) -> Draft:
        """Allow grants again."""
        return self._draft(kinds.UnpauseGrants, idempotency_key, {})

    # What is granted

    @read
    def is_granted(self, customer: str | bytes, purpose: str) -> Steps[bool]:
        """True if the customer's consent to a purpose stands now; no for whoever is unknown."""
        customer_id, _ = self._identify(customer)
        lane = self._context.purposes.find(purpose)
        (answer,) = yield [Read(CONTRACT, "isGranted", (customer_id, lane.group, lane.lane))]
        return bool(answer)

    @read
    def granted(self, customer: str | bytes) -> Steps[tuple[str, ...]]:
        """The purposes that are granted now, of all groups."""
        customer_id, _ = self._identify(customer)
        (count,) = yield [Read(CONTRACT, "groupCount")]
        masks = yield [Read(CONTRACT, "grantedIn", (customer_id, group)) for group in range(count)]
        names = self._context.purposes.names
        return tuple(name for group, mask in enumerate(masks) for name in names(group, mask))

    @read
    def status(self, customer: str | bytes) -> Steps[tuple[ConsentStatus, ...]]:
        """What the customer decided about each purpose, and what follows now."""
        customer_id, _ = self._identify(customer)
        (count,) = yield [Read(CONTRACT, "groupCount")]
        places = [Lane(group, lane) for group in range(count) for lane in range(LANES)]
        terms = yield [Read(CONTRACT, "purpose", (each.group, each.lane)) for each in places]
        asked = [Read(CONTRACT, "statusOf", (customer_id, p.group, p.lane)) for p in places]
        answers = yield asked
        return tuple(
            self._status(place, purpose, found)
            for place, purpose, found in zip(places, terms, answers, strict=True)
            if purpose["maxAgeDays"]
        )

    @read
    def may_ask_again(self, customer: str | bytes, purpose: str) -> Steps[AskAgain]:
        """
        Whether the customer may be asked about a purpose. Who opted out of sale or sharing is left
        alone for 12 months (Cal. Civ. Code 1798.135(c)(4)).
        """
        customer_id, _ = self._identify(customer)
        place = self._context.purposes.find(purpose)
        terms, found, head = yield [
            Read(CONTRACT, "purpose", (place.group, place.lane)),
            Read(CONTRACT, "statusOf", (customer_id, place.group, place.lane)),
            requests.block(),
        ]
        status = self._status(place, terms, found)
        if status.granted:
            return AskAgain(status.purpose, False, status.until, "it is granted")
        if not status.opt_out or status.state is not ConsentState.WITHDRAWN or not status.since:
            return AskAgain(status.purpose, True, None, "no waiting time is prescribed")
        starts = year_after(status.since)
        reason = f"opted out on {status.since}; 12 months have to pass"
        return AskAgain(status.purpose, head.timestamp.date() >= starts, starts, reason)

    def domain(self) -> Domain:
        """The domain under which this contract's intents are signed."""
        book = self._context.book
        return Domain(book.chain_id, book.contract(CONTRACT).address)

    def _check(self, intent: Save | WithdrawAll, signature: bytes) -> Steps[None]:
        (wallet,) = yield [Read("CustomerRegistry", "walletOf", (intent.customer_id,))]
        yield from check_signature(wallet, intent, self.domain(), signature)

    def _status(self, place: Lane, purpose: Any, found: Any) -> ConsentStatus:
        return ConsentStatus(
            self._context.purposes.name(place),
            place.group,
            place.lane,
            _STATE[found["state"]],
            bool(found["granted"]),
            int(found["notice"]) or None,
            day(found["since"]) if found["since"] else None,
            day(found["until"]) if found["until"] else None,
            bool(purpose["optOut"]),
        )

    def _farewell(
        self, person: Person | None, *, recorded: bool, key: str | None = None
    ) -> Steps[bytes]:
        """
        The digest for a withdrawal of everything: of a receipt about the groups whose notice is
        known here, or else of nothing but a random number, which tells it from others.
        """
        if person is None or person.key is None:
            return NO_RECEIPT
        (count,) = yield [Read(CONTRACT, "groupCount")]
        decided: list[tuple[Masks, Terms]] = []
        for group in range(count):
            terms: Terms = yield from self._terms(group)
            decided.append((Masks(group, 0, terms.defined), terms))
        how = "withdrawn for the customer" if recorded else "withdrawn by the customer's wallet"
        digest = self._prepared_of(person, decided, recorded, how, key)
        return digest if any(digest) else person.ref(f"withdraw-all:{key or uuid.uuid4()}")
