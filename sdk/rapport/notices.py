"""A notice as customers read it: a JSON document, and its digest on chain.

::

    {
      "group": 0, "version": 1,
      "service": "Corner Coffee Club",
      "controller": {"name": "...", "contact": "...", "email": "...", "phone": "...",
                     "address": "...", "privacy_policy": "https://...", "preferences": "https://..."},
      "language": "en", "url": "https://...", "text": "...",
      "jurisdiction": "IE", "storage_places": ["IE"], "retention_days": 30,
      "purposes": [{"lane": 0, "words": "Send me offers by e-mail",
                    "iri": "https://w3id.org/dpv#DirectMarketing",
                    "data": ["https://w3id.org/dpv/pd#EmailAddress"], "recipients": []}],
      "sensitive": []
    }

The digest is keccak256 of the document's canonical JSON (RFC 8785).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from rapport import units
from rapport.consents import GROUPS, LANES, Masks
from rapport.errors import InputError

# The formats of receipts need an extra, so they are loaded when a notice is read, not before.

_TEXTS = ("service", "language", "url", "text", "jurisdiction")
_MEMBERS = {
    *("group", "version", "controller", "storage_places", "retention_days", "purposes"),
    *_TEXTS,
}
_OPTIONAL = {"sensitive"}
_CONTROLLER = ("name", "contact", "email", "phone", "address", "privacy_policy", "preferences")
_PURPOSE = {"lane", "words", "iri", "data"}


@dataclass(frozen=True, slots=True)
class NoticePurpose:
    """One purpose as a notice tells it. ``words`` are what the customer is asked."""

    lane: int
    words: str
    iri: str
    data: tuple[str, ...]
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeDocument:
    """A notice that was read and found complete. ``content`` is the document itself."""

    group: int
    version: int
    service: str
    language: str
    url: str
    jurisdiction: str
    storage_places: tuple[str, ...]
    retention_days: int
    purposes: tuple[NoticePurpose, ...]
    sensitive: tuple[str, ...]
    content: Mapping[str, Any]
    digest: bytes
    """What the chain holds of it: keccak256 of the canonical JSON."""

    @property
    def words(self) -> list[str]:
        """What customers are asked, by lane; empty for a lane that it leaves out."""
        by_lane = {each.lane: each.words for each in self.purposes}
        return [by_lane.get(lane, "") for lane in range(max(by_lane) + 1)]

    @property
    def covered(self) -> int:
        """The lanes of which it speaks, as a mask."""
        return sum(1 << each.lane for each in self.purposes)

    @classmethod
    def open(cls, path: Path) -> NoticeDocument:
        """
        The notice in a file.

        Raises:
            InputError: The file cannot be read, or is no complete notice.
        """
        try:
            text = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        try:
            return cls.read(text)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def read(cls, document: str | bytes | Mapping[str, Any]) -> NoticeDocument:
        """
        A notice from its JSON.

        Raises:
            InputError: A member is missing, unknown or not as required; one line says which.
            ConfigError: The extra ``receipts`` is not installed.
        """
        from rapport.receipts import canonical, parse

        content = parse(document) if isinstance(document, str | bytes) else document
        if not isinstance(content, Mapping):
            raise InputError("a notice is a JSON object")
        _members("a notice", content, _MEMBERS, _OPTIONAL)
        for name in _TEXTS:
            _text(content[name], f"a notice's {name}")
        controller = content["controller"]
        if not isinstance(controller, Mapping):
            raise InputError("a notice's controller must be an object")
        _members("a notice's controller", controller, set(_CONTROLLER))
        purposes = tuple(_purpose(each) for each in _list(content["purposes"], "purposes"))
        found = cls(
            group=_within(content["group"], 0, GROUPS - 1, "a notice's group"),
            version=_within(content["version"], 1, 2**14 - 1, "a notice's version"),
            service=content["service"],
            language=content["language"],
            url=content["url"],
            jurisdiction=content["jurisdiction"],
            storage_places=_texts(content["storage_places"], "storage_places"),
            retention_days=_within(content["retention_days"], 0, 36_600, "retention_days"),
            purposes=purposes,
            sensitive=_texts(content.get("sensitive", []), "sensitive"),
            content=content,
            digest=keccak(canonical(content)),
        )
        _check_purposes(purposes)
        _try_out(found)
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """What is decided about one group under its notice. ``max_ages`` are days by lane."""

    notice: NoticeDocument
    masks: Masks
    max_ages: Mapping[int, int]

    @property
    def complete(self) -> bool:
        """True if the notice has words for every lane that is decided."""
        return not (self.masks.grant | self.masks.withdraw) & ~self.notice.covered


def receipt_of(
    parts: Sequence[Part],
    *,
    receipt_id: str,
    issued_at: datetime,
    customer_id: bytes,
    recorded: bool,
    method: str,
    chain_id: int,
    contract: str,
) -> Any:
    """
    The consent receipt of a decision about one group or several, in their order. All but the
    choices is taken from the first one's notice.

    Raises:
        InputError: Something in a notice does not fit a receipt.
    """
    from rapport import receipts

    first = parts[0].notice
    choices = tuple(choice for part in parts for choice in _choices(part))
    sensitive = {iri for part in parts for iri in part.notice.sensitive}
    return receipts.ConsentReceipt(
        id=receipt_id,
        issued_at=issued_at,
        controller=receipts.Controller(**first.content["controller"]),
        service=first.service,
        customer_id=units.hex32(customer_id),
        notices=tuple(
            receipts.Notice(each.group, each.version, units.hex32(each.digest), each.url)
            for each in (part.notice for part in parts)
        ),
        choices=choices,
        recorded_by=receipts.Actor.OPERATOR if recorded else receipts.Actor.CUSTOMER,
        method=method,
        language=first.language,
        jurisdiction=first.jurisdiction,
        storage_places=first.storage_places,
        retention_days=first.retention_days,
        chain_id=chain_id,
        contract=contract,
        sensitive=tuple(sorted(sensitive & {iri for each in choices for iri in each.data})),
    )


def _choices(part: Part) -> Iterator[Any]:
    from rapport import receipts

    for each in part.notice.purposes:
        granted = bool(part.masks.grant >> each.lane & 1)
        if not granted and not part.masks.withdraw >> each.lane & 1:
            continue
        yield receipts.Choice(
            group=part.masks.group,
            lane=each.lane,
            label=each.words,
            purpose=each.iri,
            answer=receipts.Answer.GRANTED if granted else receipts.Answer.WITHDRAWN,
            data=each.data,
            max_age_days=part.max_ages[each.lane] if granted else None,
            recipients=each.recipients,
        )


def _try_out(notice: NoticeDocument) -> None:
    """A notice from which no receipt could be made is found wanting here, not at a grant."""
    from rapport import receipts

    masks = Masks(notice.group, notice.covered, 0)
    receipt_of(
        [Part(notice, masks, dict.fromkeys(range(LANES), 1))],
        receipt_id=receipts.new_id(),
        issued_at=receipts.now(),
        customer_id=b"\x01" * 32,
        recorded=False,
        method="the wallet's signature",
        chain_id=1,
        contract="0x" + "00" * 20,
    )


def _check_purposes(purposes: tuple[NoticePurpose, ...]) -> None:
    lanes = [each.lane for each in purposes]
    if not lanes or lanes != sorted(set(lanes)):
        raise InputError("a notice has its purposes in the order of lanes, each once")
    words = [each.words for each in purposes]
    twice = next((each for each in words if words.count(each) > 1), None)
    if twice is not None:
        raise InputError(f"two purposes of the notice ask the same: {twice!r}")


def _purpose(value: Any) -> NoticePurpose:
    if not isinstance(value, Mapping):
        raise InputError("each of a notice's purposes is an object")
    _members("a notice's purpose", value, _PURPOSE, {"recipients"})
    return NoticePurpose(
        _within(value["lane"], 0, LANES - 1, "a purpose's lane"),
        _text(value["words"], "a purpose's words"),
        _text(value["iri"], "a purpose's iri"),
        _texts(value["data"], "data"),
        _texts(value.get("recipients", []), "recipients"),
    )


def _members(
    what: str, value: Mapping[str, Any], required: set[str], optional: set[str] | None = None
) -> None:
    missing = sorted(required - set(value))
    if missing:
        raise InputError(f"{what} lacks {', '.join(missing)}")
    unknown = sorted(set(value) - required - (optional or set()))
    if unknown:
        known = ", ".join(sorted(required | (optional or set())))
        raise InputError(f"{what} has no member {unknown[0]!r}; known: {known}")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{what} must be text, met {value!r}")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InputError(f"a notice's {what} must be a list, met {value!r}")
    return list(value)


def _texts(value: Any, what: str) -> tuple[str, ...]:
    return tuple(_text(each, f"each of {what}") for each in _list(value, what))


def _within(value: Any, low: int, high: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{what} must be {low} to {high}, met {value!r}")
    return value
