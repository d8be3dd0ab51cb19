"""Points: awarded, settled, reversed, redeemed, refunded, expired."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Any

from eth_utils.crypto import keccak

from rapport import units
from rapport.chain import Read
from rapport.errors import InputError, NotFound
from rapport.intents import Domain, Redeem
from rapport.models import Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.privacy import Subject
from rapport.records import (
    Balance,
    Entry,
    EntryState,
    ExpiringPoints,
    IssuerCap,
    Liability,
    NewAward,
    Tier,
)
from rapport.reversal import decode_revert
from rapport.services.drafts import Draft
from rapport.services.kinds import ContractKind, Single, raw
from rapport.services.verbs import M, Service, Steps, bulk, new_key, read, write

CONTRACT = "LoyaltyPoints"
MAX_TIERS = 7
_STATE = tuple(EntryState)


class Award(ContractKind):
    """Awards, many to a transaction; those of one batch become available at the same time."""

    name = "loyalty.award"
    contract = CONTRACT
    max_batch = 150
    simulate = False

    def encode(self, payloads: Sequence[Payload]) -> Call:
        awards = [
            (raw(each["customer"]), raw(each["ref"]), int(each["points"])) for each in payloads
        ]
        available_at = int(payloads[0]["available_at"])
        if len(awards) == 1:
            return self.call("award", *awards[0], available_at, count=1)
        return self.call("awardBatch", awards, available_at, count=len(awards))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        done = {
            event.args["ref"]: event for event in self.events(receipt, "Awarded", "AwardRefused")
        }
        return [_awarded(done.get(raw(each["ref"]))) for each in payloads]

    def gas_of(self, count: int) -> int | None:
        return 110_000 + 75_000 * count

    def group(self, payload: Payload) -> Hashable:
        return int(payload["available_at"])

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("customer", "ref", "points")}


class Settle(ContractKind):
    """Pending awards that have become due, many to a transaction."""

    name = "loyalty.settle"
    contract = CONTRACT
    max_batch = 150
    simulate = False

    def encode(self, payloads: Sequence[Payload]) -> Call:
        ids = [raw(each["customer"]) for each in payloads]
        refs = [raw(each["ref"]) for each in payloads]
        if len(ids) == 1:
            return self.call("settle", ids[0], refs[0], count=1)
        return self.call("settleBatch", ids, refs, count=len(ids))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        names = ("Settled", "SettleRefused")
        done = {event.args["ref"]: event for event in self.events(receipt, *names)}
        return [_settled(done.get(raw(each["ref"]))) for each in payloads]

    def gas_of(self, count: int) -> int | None:
        return 110_000 + 75_000 * count


class Reverse(Single):
    name = "loyalty.reverse"
    contract = CONTRACT
    function = "reverse"
    arguments = ("customer", "ref", "points")
    event = "Reversed"


class RedeemPoints(Single):
    name = "loyalty.redeem"
    contract = CONTRACT
    function = "redeem"
    arguments = ("customer", "ref", "points")
    event = "Redeemed"


class RedeemBySig(Single):
    name = "loyalty.redeem_by_sig"
    contract = CONTRACT
    function = "redeemBySig"
    arguments = ("customer", "ref", "points", "deadline", "signature")
    event = "Redeemed"

    def identity(self, payload: Payload) -> Payload:
        return {name: payload[name] for name in ("customer", "ref", "points")}


class Refund(Single):
    name = "loyalty.refund"
    contract = CONTRACT
    function = "refund"
    arguments = ("customer", "ref", "points")
    event = "Refunded"


class Pause(Single):
    name = "loyalty.pause"
    contract = CONTRACT
    function = "pause"
    arguments = ()
    event = "Paused"


class Unpause(Single):
    name = "loyalty.unpause"
    contract = CONTRACT
    function = "unpause"
    arguments = ()
    event = "Unpaused"


class SetTiers(Single):
    name = "loyalty.set_tiers"
    contract = CONTRACT
    function = "setTiers"
    arguments = ("thresholds",)
    event = "TiersSet"


class SetIssuerCap(Single):
    name = "loyalty.set_issuer_cap"
    contract = CONTRACT
    function = "setIssuerCap"
    arguments = ("issuer", "points_per_day")
    event = "IssuerCapSet"


KINDS: tuple[type[Kind], ...] = (
    Award,
    Settle,
    Reverse,
    RedeemPoints,
    RedeemBySig,
    Refund,
    Pause,
    Unpause,
    SetTiers,
    SetIssuerCap,
)


class LoyaltyPointsService(Service[M]):
    """
    What customers have earned. Points are whole numbers, 1 to 4,294,967,295 at a time.

    An award or a redemption is found again by the idempotency key it was made with, or by the 32
    bytes (``0x`` and 64 digits) of its reference on chain.
    """

    @write
    def award(
        self,
        customer: str | bytes,
        points: int,
        *,
        available_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Award points; pending until ``available_at`` if that lies ahead.

        Raises:
            InputError: Points out of range, or a customer who was merged or erased.
            NotFound: Nobody is registered under this number or id.
            IdempotencyConflict: The key was used before, for something else.
        """
        return self._awarding(customer, points, available_at, idempotency_key)

    @bulk
    def award_batch(self, award: NewAward) -> Draft:
        """
        Award any number of customers, as an iterable of :class:`~rapport.records.NewAward`. What
        comes back is iterated for what became of each; one refused stops nobody else.
        """
        return self._awarding(award.customer, award.points, award.available_at, award.key)

    @bulk
    def settle_batch(self, award: tuple[str | bytes, str]) -> Draft:
        """Settle any number of awards that are due, given as (customer, key of the award)."""
        return self._settling(*award)

    def _awarding(
        self, customer: str | bytes, points: int, available_at: datetime | None, key: str | None
    ) -> Draft:
        person = self._person(customer)
        key = key or new_key(Award)
        return Draft(
            Award,
            key,
            {
                "customer": person.hex,
                "ref": units.hex32(person.ref(key)),
                "points": units.points(points),
                "available_at": 0 if available_at is None else units.to_timestamp(available_at),
            },
        )

    def _settling(self, customer: str | bytes, award: str, key: str | None = None) -> Draft:
        customer_hex, ref = self._entry_of(customer, award)
        return Draft(Settle, key or f"settle:{ref}", {"customer": customer_hex, "ref": ref})

    @write
    def settle(
        self, customer: str | bytes, award: str, *, idempotency_key: str | None = None
    ) -> Draft:
        """Make a pending award available, once it is due. Anyone may."""
        return self._settling(customer, award, idempotency_key)

    @write
    def reverse(
        self,
        customer: str | bytes,
        award: str,
        total: int,
        *,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Take back ``total`` points of an award in all; what was spent meanwhile becomes debt. A
        total that was reached before changes nothing.
        """
        customer_hex, ref = self._entry_of(customer, award)
        return Draft(
            Reverse,
            idempotency_key or f"reverse:{ref}:{total}",
            {"customer": customer_hex, "ref": ref, "points": units.points(total)},
        )

    @write
    def redeem(
        self, customer: str | bytes, points: int, *, idempotency_key: str | None = None
    ) -> Draft:
        """
        Spend points, the oldest first, for a customer without a wallet (or as their wallet).

        Raises:
            InputError: Points out of range.
        """
        person = self._person(customer)
        key = idempotency_key or new_key(RedeemPoints)
        return Draft(
            RedeemPoints,
            key,
            {
                "customer": person.hex,
                "ref": units.hex32(person.ref(key)),
                "points": units.points(points),
            },
        )

    def redeem_request(
        self, customer: str | bytes, points: int, deadline: datetime, *, idempotency_key: str
    ) -> Redeem:
        """What the customer's wallet signs to spend points. The key makes it single-use."""
        person = self._person(customer)
        units.to_timestamp(deadline)
        return Redeem(person.id, person.ref(idempotency_key), units.points(points), deadline)

    def domain(self) -> Domain:
        """The domain under which this contract's intents are signed."""
        book = self._context.book
        return Domain(book.chain_id, book.contract(CONTRACT).address)

    @write
    def redeem_by_sig(
        self, intent: Redeem, signature: bytes, *, idempotency_key: str | None = None
    ) -> Draft:
        """Spend points by the customer's own signed intent; the sender only relays it."""
        if not signature:
            raise InputError("the signature is empty; the wallet must sign the request first")
        ref = units.hex32(intent.ref)
        return Draft(
            RedeemBySig,
            idempotency_key or f"redeem:{ref}",
            {
                "customer": units.hex32(intent.customer_id),
                "ref": ref,
                "points": units.points(intent.points),
                "deadline": intent.deadline_seconds,
                "signature": "0x" + signature.hex(),
            },
        )

    @write
    def refund(
        self,
        customer: str | bytes,
        redemption: str,
        total: int,
        *,
        by_wallet: bool = False,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Give back ``total`` points of a redemption in all. ``by_wallet`` if the customer's wallet
        made it, whose references are kept apart from the brand's.
        """
        customer_hex, ref = self._entry_of(customer, redemption)
        if by_wallet:
            ref = units.hex32(customer_ref(raw(customer_hex), raw(ref)))
        return Draft(
            Refund,
            idempotency_key or f"refund:{ref}:{total}",
            {"customer": customer_hex, "ref": ref, "points": units.points(total)},
        )

    @write
    def pause(self, *, idempotency_key: str | None = None) -> Draft:
        """Stop issuers and campaigns. Customers redeem, and anyone settles, as before."""
        return self._draft(Pause, idempotency_key, {})

    @write
    def unpause(self, *, idempotency_key: str | None = None) -> Draft:
        """Let issuers and campaigns go on."""
        return self._draft(Unpause, idempotency_key, {})

    @write
    def set_tiers(self, thresholds: Sequence[int], *, idempotency_key: str | None = None) -> Draft:
        """Set from how many points a year each tier begins: at most seven, growing."""
        values = [units.points(each) for each in thresholds]
        if len(values) > MAX_TIERS:
            raise InputError(f"there are at most {MAX_TIERS} tiers, met {len(values)}")
        if any(low >= high for low, high in itertools.pairwise(values)):
            raise InputError(f"tiers must grow, met {', '.join(map(str, values))}")
        return self._draft(SetTiers, idempotency_key, {"thresholds": values})

    @write
    def set_issuer_cap(
        self, issuer: str, points_per_day: int, *, idempotency_key: str | None = None
    ) -> Draft:
        """Set how many points an issuer may move a UTC day."""
        cap = units.unsigned(points_per_day, 64, "points a day")
        payload = {"issuer": units.address(issuer), "points_per_day": cap}
        return self._draft(SetIssuerCap, idempotency_key, payload)

    @read
    def balance(self, customer: str | bytes) -> Steps[Balance]:
        """Points that the customer can spend now, and what they owe."""
        customer_id, _ = self._identify(customer)
        points, debt = yield [
            Read(CONTRACT, "balanceOf", (customer_id,)),
            Read(CONTRACT, "debtOf", (customer_id,)),
        ]
        return Balance(units.hex32(customer_id), points, debt)

    @read
    def expiring(self, customer: str | bytes) -> Steps[tuple[ExpiringPoints, ...]]:
        """The balance by when it is lost, the soonest first."""
        customer_id, _ = self._identify(customer)
        (answer,) = yield [Read(CONTRACT, "expiring", (customer_id,))]
        points, moments = answer
        return tuple(
            ExpiringPoints(each, units.from_timestamp(moment))
            for each, moment in zip(points, moments, strict=True)
            if each
        )

    @read
    def tier(self, customer: str | bytes) -> Steps[Tier]:
        """The customer's tier, the points behind it, and how many lead to the next."""
        customer_id, _ = self._identify(customer)
        tier, counted, thresholds = yield [
            Read(CONTRACT, "tierOf", (customer_id,)),
            Read(CONTRACT, "qualifying", (customer_id,)),
            Read(CONTRACT, "tiers"),
        ]
        this_year, last_year = counted
        missing = None
        if tier < len(thresholds):
            missing = max(0, thresholds[tier] - this_year)
        return Tier(units.hex32(customer_id), tier, this_year, last_year, missing)

    @read
    def tiers(self) -> Steps[tuple[int, ...]]:
        """From how many points a year each tier begins, tier 1 first."""
        (thresholds,) = yield [Read(CONTRACT, "tiers")]
        return tuple(thresholds)

    @read
    def liability(self) -> Steps[Liability]:
        """Points of all customers that can be spent now, in all and by when they expire."""
        nobody = bytes(32)  # the calendar of an empty account is everybody's
        total, (_, moments) = yield [
            Read(CONTRACT, "liability"),
            Read(CONTRACT, "expiring", (nobody,)),
        ]
        epochs = yield [Read(CONTRACT, "epochAt", (moment - 1,)) for moment in moments]
        points = yield [Read(CONTRACT, "outstanding", (epoch,)) for epoch in epochs]
        return Liability(
            total,
            tuple(
                ExpiringPoints(each, units.from_timestamp(moment))
                for each, moment in zip(points, moments, strict=True)
                if each
            ),
        )

    @read
    def entry(self, customer: str | bytes, key: str) -> Steps[Entry]:
        """
        The award or redemption made under an idempotency key or a reference.

        Raises:
            NotFound: None stands under it.
        """
        customer_hex, ref = self._entry_of(customer, key)
        own = customer_ref(raw(customer_hex), raw(ref))
        answers = yield [Read(CONTRACT, "entry", (each,)) for each in (raw(ref), own)]
        for found_ref, found in zip((raw(ref), own), answers, strict=True):
            if _STATE[found["state"]] is not EntryState.NONE:
                return _entry(found_ref, found)
        raise NotFound(f"nothing was awarded to or redeemed by {customer_hex} under {key!r}")

    @read
    def issuer_cap(self, issuer: str) -> Steps[IssuerCap]:
        """What an issuer may move a UTC day, and what is left of it today."""
        issuer = units.address(issuer)
        (answer,) = yield [Read(CONTRACT, "issuerCap", (issuer,))]
        return IssuerCap(issuer, *answer)

    def _entry_of(self, customer: str | bytes, key: str) -> tuple[str, str]:
        """Customer id and reference behind an idempotency key, both as ``0x`` text."""
        if key[:2] in ("0x", "0X"):
            customer_id, _ = self._identify(customer)
            return units.hex32(customer_id), units.hex32(units.bytes32(key, "a reference"))
        # Merged customers too: their entries stay where they were made.
        person = self._context.directory.find(customer)
        return person.hex, units.hex32(person.ref(key))


def section(subject: Subject) -> list[dict[str, Any]]:
    """What the ledger holds on a customer, and on each that was merged into it, for an export."""
    return [_account(subject, customer_id) for customer_id in subject.ids]


def _account(subject: Subject, customer_id: bytes) -> dict[str, Any]:
    refs = {
        each.args["ref"]: None
        for each in subject.events
        if each.args.get("customerId") == customer_id and "ref" in each.args
    }
    points, debt, expiring, tier, counted, *entries = subject.chain.batch(
        [
            *(
                Read(CONTRACT, name, (customer_id,))
                for name in ("balanceOf", "debtOf", "expiring", "tierOf", "qualifying")
            ),
            *(Read(CONTRACT, "entry", (ref,)) for ref in refs),
        ]
    )
    found = [_entry(ref, record) for ref, record in zip(refs, entries, strict=True)]
    return {
        "id": units.hex32(customer_id),
        "points": points,
        "debt": debt,
        "tier": tier,
        "qualifying": {"this_year": counted[0], "last_year": counted[1]},
        "expiring": [
            ExpiringPoints(each, units.from_timestamp(moment))
            for each, moment in zip(*expiring, strict=True)
            if each
        ],
        "entries": [each for each in found if each.state is not EntryState.NONE],
    }


def customer_ref(customer_id: bytes, ref: bytes) -> bytes:
    """Under which reference a redemption by the customer's wallet is kept."""
    return keccak(customer_id + ref)


def _awarded(event: Any) -> Outcome:
    if event is None:
        return Outcome.duplicate()
    if event.name == "AwardRefused":
        return Outcome.refused(decode_revert(event.args["reason"]))
    return Outcome.done(
        points=int(event.args["points"]), available_at=int(event.args["availableAt"]) or None
    )


def _settled(event: Any) -> Outcome:
    if event is None:
        return Outcome.duplicate()
    if event.name == "SettleRefused":
        return Outcome.refused(decode_revert(event.args["reason"]))
    return Outcome.done(points=int(event.args["points"]))


def _entry(ref: bytes, record: Any) -> Entry:
    available_at = int(record["availableAt"])
    return Entry(
        ref=units.hex32(ref),
        state=_STATE[record["state"]],
        points=int(record["points"]),
        undone=int(record["undone"]),
        available_at=units.from_timestamp(available_at) if available_at else None,
    )
