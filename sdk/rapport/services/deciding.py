"""What every decision about consent needs: the notice it cites, its receipt, a sound signature."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapport import units
from rapport.chain import Logged, Read, requests
from rapport.consents import LANES, Masks
from rapport.directory import Person
from rapport.errors import InputError, NotFound
from rapport.intents import Domain, Intent
from rapport.models import Event
from rapport.notices import NoticeDocument, Part, receipt_of
from rapport.reverts import StaleNotice
from rapport.services.consent_kinds import CONTRACT
from rapport.services.drafts import rehearsing
from rapport.services.verbs import M, Service, Steps

NO_RECEIPT = bytes(32)
DEFAULT_METHOD = "signed by the customer's wallet"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the chain says of a group: its current notice and its purposes, by lane."""

    group: int
    version: int
    """Of the current notice; 0 while there is none."""
    covered: int
    document: bytes
    """Digest of the current notice."""
    purposes: Sequence[Mapping[str, Any]]
    notice: NoticeDocument | None = None
    """The current notice itself, where it is known here."""

    @property
    def defined(self) -> int:
        """The lanes that have a purpose, as a mask."""
        return sum(1 << lane for lane, each in enumerate(self.purposes) if each["maxAgeDays"])

    @property
    def opt_out(self) -> int:
        """The lanes that are granted until withdrawn, as a mask."""
        return sum(1 << lane for lane, each in enumerate(self.purposes) if each["optOut"])

    @property
    def max_ages(self) -> dict[int, int]:
        """Days that a grant holds, by lane."""
        return {lane: int(each["maxAgeDays"]) for lane, each in enumerate(self.purposes)}


class Deciding(Service[M]):
    """A service whose verbs carry decisions of customers."""

    def _terms(self, group: int, given: NoticeDocument | None = None) -> Steps[Terms]:
        """
        The group as it stands, with the document of its current notice if it is given or known.

        Raises:
            StaleNotice: The notice given is not the current one.
            InputError: It is of another group, or not the one that was published.
        """
        (current, *purposes) = yield [
            Read(CONTRACT, "currentNotice", (group,)),
            *(Read(CONTRACT, "purpose", (group, lane)) for lane in range(LANES)),
        ]
        version, covered = current
        (published,) = yield [Read(CONTRACT, "notice", (group, version))]
        found = Terms(group, version, covered, published["document"], purposes)
        if given is None:
            return self._with_document(found)
        if given.group != group:
            raise InputError(f"the notice is about group {given.group}, the decision {group}")
        if given.version != version:
            raise StaleNotice(group, given.version, version)
        if given.digest != found.document:
            raise InputError(
                f"the notice given is not version {version} as published: its digest is "
                f"{units.hex32(given.digest)}, required {units.hex32(found.document)}"
            )
        self._context.archive.keep_notice(given.digest, given.content)
        return self._with_document(found, given)

    def _published(self, group: int, version: int) -> Steps[Event]:
        """
        The event by which a notice was published.

        Raises:
            NotFound: No such notice.
        """
        topics = [_word(group), _word(version)]
        (found,) = yield [Logged(CONTRACT, ["NoticePublished"], topics)]
        if not found:
            raise NotFound(f"no notice {version or ''} of group {group} was published")
        event: Event = found[-1]
        return event

    def _with_document(self, terms: Terms, given: NoticeDocument | None = None) -> Terms:
        if given is None and any(terms.document):
            text = self._context.archive.notice(terms.document)
            given = None if text is None else NoticeDocument.read(text)
        return Terms(
            terms.group, terms.version, terms.covered, terms.document, terms.purposes, given
        )

    def _prepared(
        self,
        person: Person | None,
        masks: Masks,
        terms: Terms,
        *,
        recorded: bool = False,
        method: str = DEFAULT_METHOD,
        key: str | None = None,
    ) -> bytes:
        """
        The digest of the receipt for a decision, which is kept until it is asked for. Zero where
        the notice's document or the customer's key is not here; a decision never waits for that.
        """
        return self._prepared_of(person, [(masks, terms)], recorded, method, key)

    def _prepared_of(
        self,
        person: Person | None,
        decided: Sequence[tuple[Masks, Terms]],
        recorded: bool,
        method: str,
        key: str | None,
    ) -> bytes:
        parts = [
            Part(terms.notice, masks, terms.max_ages)
            for masks, terms in decided
            if terms.notice is not None
        ]
        parts = [part for part in parts if part.complete]
        if person is None or person.key is None or not parts:
            return NO_RECEIPT
        if key is not None:  # the same decision under the same key is the same, receipt and all
            said = (f"{m.group}:{m.grant}:{m.withdraw}:{t.version}" for m, t in decided)
            key = f"{' '.join(said)} {key}"
            earlier = self._context.archive.made_for(key)
            if earlier is not None:
                return earlier
        from rapport import receipts

        book = self._context.book
        receipt = receipt_of(
            parts,
            receipt_id=receipts.new_id(),
            issued_at=receipts.now(),
            customer_id=person.id,
            recorded=recorded,
            method=method,
            chain_id=book.chain_id,
            contract=book.contract(CONTRACT).address,
        )
        return self._kept(person, receipt, key)

    def _kept(self, person: Person, receipt: Any, key: str | None) -> bytes:
        """The digest of a receipt as it is issued; in a dry run nothing is kept."""
        from rapport import receipts

        if person.key is None:
            return NO_RECEIPT
        form = receipts.Format(self._context.receipt_format)
        file = receipts.issue(receipt, person.key, form)
        if rehearsing.get():
            return file.digest
        content = json.dumps({"format": form.value, "receipt": file.document}, ensure_ascii=False)
        return self._context.archive.keep(
            receipt.id, person.id, file.digest, file.key, content, key
        )

    def _known(self, customer: str | bytes) -> tuple[bytes, Person | None]:
        """
        A customer's id, and who it is where this directory knows.

        Raises:
            InputError: The customer was merged or erased.
        """
        customer_id, _ = self._identify(customer)
        try:
            return customer_id, self._person(customer_id)
        except NotFound:
            return customer_id, None


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def signed(signature: bytes) -> str:
    """
    A signature as payloads keep it.

    Raises:
        InputError: It is empty.
    """
    if not signature:
        raise InputError("the signature is empty; the wallet must sign the request first")
    return "0x" + signature.hex()


def check_signature(wallet: str, intent: Intent, domain: Domain, signature: bytes) -> Steps[None]:
    """
    Tells what is wrong with a wallet's signature before anything is sent. Contract accounts and
    delegated ones judge for themselves, and address zero is left to the contract.

    Raises:
        WrongSigner, MalleableSignature: The wallet's key has not signed this.
        InputError: The signature is empty, or none at all.
    """
    signed(signature)
    (code,) = yield [requests.code(wallet)]
    if not code and int(wallet, 16):
        intent.require_signer(domain, signature, wallet)
