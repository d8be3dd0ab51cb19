"""A customer joins: one signature, one transaction, and the brand pays the gas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from eth_utils.crypto import keccak

from rapport import units
from rapport.chain import Read
from rapport.consents import LANES, Masks
from rapport.directory import Person
from rapport.errors import InputError, NotFound, Reverted
from rapport.intents import Choice, Domain, Onboard
from rapport.models import Receipt
from rapport.notices import NoticeDocument
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.services.deciding import Deciding, check_signature, signed
from rapport.services.drafts import Draft, rehearsing
from rapport.services.kinds import ContractKind, Single, raw, readable
from rapport.services.verbs import M, Steps, read, write

CONTRACT = "Onboarding"
REGISTRY = "CustomerRegistry"
_FIELDS = (
    ("customerId", "customer"),
    ("wallet", "wallet"),
    ("group", "group"),
    ("grant", "grant"),
    ("withdraw", "withdraw"),
    ("notice", "notice"),
    ("receipt", "receipt"),
    ("welcomePoints", "welcome"),
    ("seq", "seq"),
    ("deadline", "deadline"),
)


class Join(ContractKind):
    """What a wallet has signed to become a customer's."""

    name = "onboarding.onboard"
    contract = CONTRACT

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        intent = {
            member: raw(payload[name]) if name in ("customer", "receipt") else payload[name]
            for member, name in _FIELDS
        }
        words = [raw(each) for each in payload["words"]]
        return self.call(
            "onboard", intent, words, raw(payload["commitment"]), raw(payload["signature"]), count=1
        )

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        return [Outcome.done(**readable(self.events(receipt, "Onboarded")[0].args))]

    def identity(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name != "signature"}

    def refusal(self, payload: Payload, error: Reverted) -> Outcome:
        """Carried out before, if the wallet was linked under the sequence that it signed."""
        wallet = units.word(payload["wallet"])
        customer_id = raw(payload["customer"])
        joined = {each.log.tx_hash: each for each in self.logged("Onboarded", customer_id, wallet)}
        if not joined:
            return Outcome.refused(error)
        linked = self.logged("WalletLinked", customer_id, wallet, contract=REGISTRY)
        for each in linked:
            if each.args["seq"] == (int(payload["seq"]) + 1) % 2**16:
                event = joined.get(each.log.tx_hash)
                if event is not None:
                    return Outcome.duplicate(**readable(event.args), transaction=each.log.tx_hash)
        return Outcome.refused(error)


class SetWelcome(Single):
    name = "onboarding.set_welcome"
    contract = CONTRACT
    function = "setWelcome"
    arguments = ("points",)
    event = "WelcomeSet"


KINDS: tuple[type[Kind], ...] = (Join, SetWelcome)


class OnboardingService(Deciding[M]):
    """How people become customers with a wallet of their own."""

    @read
    def request(
        self,
        customer: str | bytes,
        wallet: str,
        grant: Sequence[str],
        refuse: Sequence[str],
        deadline: datetime,
        *,
        notice: NoticeDocument | None = None,
        welcome: int | None = None,
    ) -> Steps[Onboard]:
        """
        What a wallet signs to become the customer's: the programme, each purpose in the words of
        the current notice with yes or no, and the welcome points (``None``: what the programme
        offers now). A customer number that is not known yet gets its id. The receipt is prepared,
        so that its digest is signed too.

        Raises:
            UnknownPurposeName, OverlappingPurposes: What is decided makes no sense.
            StaleNotice: ``notice`` is not the current one.
            InputError: The customer has a wallet already, or the notice does not cover a purpose.
        """
        wallet = units.address(wallet)
        units.to_timestamp(deadline)
        masks = self._context.purposes.masks(grant, refuse)
        person = self._newcomer(customer)
        customer_id = units.customer_id(customer) if person is None else person.id
        terms = yield from self._terms(masks.group, notice)
        silent = (masks.grant | masks.withdraw) & ~terms.covered
        if silent:
            names = ", ".join(self._context.purposes.names(masks.group, silent))
            raise InputError(f"the current notice says nothing about {names}")
        record, programme, offered = yield [
            Read(REGISTRY, "customer", (customer_id,)),
            Read(CONTRACT, "programme"),
            Read(CONTRACT, "welcome"),
        ]
        if int(record["wallet"], 16):
            linked = record["wallet"]
            raise InputError(f"{units.hex32(customer_id)} is linked to {linked}; rotate instead")
        words = yield from self._words(masks.group, terms.version, terms.notice)
        return Onboard(
            programme=programme,
            customer_id=customer_id,
            wallet=wallet,
            choices=_choices(masks, words),
            group=masks.group,
            notice=terms.version,
            notice_document=terms.document,
            welcome_points=offered if welcome is None else units.unsigned(welcome, 32, "points"),
            receipt=self._prepared(person, masks, terms, method="signed by the wallet on joining"),
            seq=int(record["seq"]),
            deadline=deadline,
        )

    @write
    def onboard(
        self, intent: Onboard, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Carry out what a wallet has signed: the customer is registered, the wallet linked, the
        consents saved, the points awarded, all or nothing. Carried out before: ``duplicate``.

        Raises:
            WrongSigner, MalleableSignature: The wallet has not signed this.
            InputError: The choices are not in the notice's words.
        """
        yield from check_signature(intent.wallet, intent, self.domain(), signature)
        words: list[str] = yield from self._words(intent.group, intent.notice, None)
        grant, withdraw = _masks(intent, words)
        try:
            commitment = self._person(intent.customer_id).commitment()
        except NotFound:
            commitment = bytes(32)
        key = idempotency_key or f"onboard:{intent.digest(self.domain()).hex()}"
        padded = [*words, *[""] * (LANES - len(words))]
        payload = {
            "customer": units.hex32(intent.customer_id),
            "wallet": units.address(intent.wallet),
            "group": intent.group,
            "grant": grant,
            "withdraw": withdraw,
            "notice": intent.notice,
            "receipt": units.hex32(intent.receipt),
            "welcome": intent.welcome_points,
            "seq": intent.seq,
            "deadline": intent.deadline_seconds,
            "words": [units.hex32(keccak(text=each) if each else bytes(32)) for each in padded],
            "commitment": units.hex32(commitment),
            "signature": signed(signature),
        }
        return Draft(Join, key, payload)

    @write
    def set_welcome(self, points: int, *, idempotency_key: str | None = None) -> Draft:
        """Set what whoever joins is awarded, 0 for nothing; as the administrator."""
        value = units.unsigned(points, 32, "points")
        return self._draft(SetWelcome, idempotency_key, {"points": value})

    @read
    def welcome(self) -> Steps[int]:
        """Points that whoever joins is awarded now."""
        (points,) = yield [Read(CONTRACT, "welcome")]
        return int(points)

    def domain(self) -> Domain:
        """The domain under which this contract's intents are signed."""
        book = self._context.book
        return Domain(book.chain_id, book.contract(CONTRACT).address)

    def _newcomer(self, customer: str | bytes) -> Person | None:
        """Who joins; a number not met before is entered, an id that is not known here passes."""
        directory = self._context.directory
        try:
            return self._person(customer)
        except NotFound:
            if isinstance(customer, bytes) or customer.strip()[:2] in ("0x", "0X"):
                return None
            return (
                directory.candidate(customer) if rehearsing.get() else directory.add([customer])[0]
            )

    def _words(self, group: int, version: int, known: NoticeDocument | None) -> Steps[list[str]]:
        """
        A notice's words by lane, as published.

        Raises:
            NotFound: No such notice.
            InputError: Two purposes ask the same, so that nobody can tell what was allowed.
        """
        if known is not None:
            return known.words
        published = yield from self._published(group, version)
        words: list[str] = list(published.args["words"])
        said = [each for each in words if each]
        if len(set(said)) != len(said):
            raise InputError(f"notice {version} asks two things in the same words; publish another")
        return words


def _choices(masks: Masks, words: Sequence[str]) -> tuple[Choice, ...]:
    decided = masks.grant | masks.withdraw
    return tuple(
        Choice(text, bool(masks.grant >> lane & 1))
        for lane, text in enumerate(words)
        if decided >> lane & 1
    )


def _masks(intent: Onboard, words: Sequence[str]) -> tuple[int, int]:
    """What is granted and withdrawn, from choices in words."""
    grant = withdraw = 0
    before = -1
    for choice in intent.choices:
        lane = words.index(choice.purpose) if choice.purpose in words else -1
        if not choice.purpose or lane < 0:
            raise InputError(f"notice {intent.notice} does not ask {choice.purpose!r}")
        if lane <= before:
            raise InputError("the choices must stand in the order of the notice, each once")
        before = lane
        if choice.allowed:
            grant |= 1 << lane
        else:
            withdraw |= 1 << lane
    return grant, withdraw
