"""Receipts by ISO/IEC TS 27560:2023, as JSON-LD in the W3C Data Privacy Vocabulary.

Follows "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV" (W3C DPVCG, final
report of 2026-02-15): a ``dpv:ConsentReceipt`` around one ``dpv:ConsentRecord`` for each choice,
since each choice has a status of its own. The context is inline: nothing has to be fetched to read
it. What the vocabulary has no word for stands under ``rapport:``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rapport.receipts.canonical import Document
from rapport.receipts.reading import Place, read_back
from rapport.receipts.records import Actor, Answer, Choice, ConsentReceipt, Controller, Notice

RECEIPT_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#receipt"
RECORD_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#record"

_POINTERS = (
    *("dct:conformsTo", "dct:publisher", "dpv:hasConsentStatus", "dpv:hasDataController"),
    *("dpv:hasDataSubject", "dpv:hasJurisdiction", "dpv:hasLegalBasis", "dpv:hasLocation"),
    *("dpv:hasNotice", "dpv:hasRecipient", "dpv:isExercisedAt", "dpv:isImplementedByEntity"),
    *("dpv:isIndicatedBy", "schema:recipient", "schema:url", "skos:broader"),
)
_MOMENTS = ("dct:created", "dpv:isIndicatedAtTime")

CONTEXT: Document = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "loc": "https://w3id.org/dpv/loc#",
    "pd": "https://w3id.org/dpv/pd#",
    # Nobody's domain: a name of our own that can never be taken over.
    "rapport": "urn:uuid:4f3ad0f6-6c31-4a0a-93d4-c0fbd5d25d2a#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{name: {"@type": "@id"} for name in _POINTERS},
    **{name: {"@type": "xsd:dateTime"} for name in _MOMENTS},
}

_STATUS = {
    Answer.GRANTED: "dpv:ConsentGiven",
    Answer.REFUSED: "dpv:ConsentRefused",
    Answer.WITHDRAWN: "dpv:ConsentWithdrawn",
}
_ANSWERS = {status: answer for answer, status in _STATUS.items()}
_REGISTRY = re.compile(r"eip155:([1-9][0-9]{0,15}):(0x[0-9a-fA-F]{40})")
_SENSITIVE, _PLAIN = "dpv:SpecialCategoryPersonalData", "dpv:PersonalData"


def to_27560(receipt: ConsentReceipt) -> Document:
    """The JSON-LD document of a receipt."""
    urn = f"urn:uuid:{receipt.id}"
    return {
        "@context": CONTEXT,
        "@id": urn,
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": RECEIPT_PROFILE,
        "dct:created": _moment(receipt.issued_at),
        "dct:identifier": receipt.id,
        "dct:language": receipt.language,
        "dct:publisher": f"{urn}#controller",
        "dpv:hasEntity": [_controller(receipt, urn)],
        "dpv:hasIdentifier": receipt.id,
        "dpv:hasRecordOfActivity": [_record(receipt, urn, choice) for choice in receipt.choices],
        # The account of the registry by CAIP-10.
        "rapport:registry": f"eip155:{receipt.chain_id}:{receipt.contract}",
        "schema:recipient": "dpv:DataSubject",
    }


def from_27560(document: object) -> ConsentReceipt:
    """
    The receipt that :func:`to_27560` made a document of.

    Raises:
        ReceiptMalformed: It is not written as :func:`to_27560` writes; tells where.
    """
    return read_back(document, _read, to_27560)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _controller(receipt: ConsentReceipt, urn: str) -> Document:
    controller = receipt.controller
    return {
        "@id": f"{urn}#controller",
        "@type": "dpv:DataController",
        "dpv:hasIdentifier": f"{urn}#controller",
        "dpv:hasName": controller.name,
        "schema:address": {
            "@type": "schema:PostalAddress",
            "schema:streetAddress": controller.address,
        },
        "schema:contactPoint": {
            "@type": "schema:ContactPoint",
            "schema:email": controller.email,
            "schema:name": controller.contact,
            "schema:telephone": controller.phone,
        },
        "schema:url": controller.privacy_policy,
    }


def _record(receipt: ConsentReceipt, urn: str, choice: Choice) -> Document:
    notice = receipt.notice(choice.group)
    name = f"{choice.group}-{choice.lane}"
    return {
        "@id": f"{urn}#record-{name}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": RECORD_PROFILE,
        "dct:identifier": f"{receipt.id}#record-{name}",
        "dpv:hasConsentControl": {
            "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"],
            "dpv:isExercisedAt": receipt.controller.preferences,
        },
        "dpv:hasConsentStatus": _status(receipt, urn, choice),
        "dpv:hasDataController": f"{urn}#controller",
        "dpv:hasDataSubject": {
            "@id": f"{urn}#customer",
            "@type": "dpv:DataSubject",
            "dct:identifier": receipt.customer_id,
        },
        "dpv:hasIdentifier": f"{receipt.id}#record-{name}",
        "dpv:hasJurisdiction": f"loc:{receipt.jurisdiction}",
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasNotice": {
            "@id": notice.url,
            "@type": "dpv:ConsentNotice",
            "dct:identifier": notice.digest,
            "dct:language": receipt.language,
            "rapport:group": notice.group,
            "rapport:version": notice.version,
        },
        "dpv:hasProcess": _process(receipt, urn, choice),
        "dpv:hasRight": {
            "@type": "dpv:DataSubjectRight",
            "dct:title": "Rights of the data subject, and how to exercise them",
            "dpv:isExercisedAt": receipt.controller.privacy_policy,
        },
        "rapport:lane": choice.lane,
    }


def _status(receipt: ConsentReceipt, urn: str, choice: Choice) -> Document:
    status: Document = {
        "@type": _STATUS[choice.answer],
        "dpv:hasIndicationMethod": receipt.method,
        "dpv:isIndicatedAtTime": _moment(receipt.issued_at),
        "dpv:isIndicatedBy": "dpv:DataSubject",
    }
    if choice.max_age_days is not None:
        duration, kind = f"P{choice.max_age_days}D", "dpv:TemporalDuration"
    else:
        duration, kind = "A later decision of the data subject", "dpv:UntilEventDuration"
    status["dpv:hasDuration"] = {"@type": kind, "rdf:value": duration}
    if receipt.recorded_by is Actor.OPERATOR:
        status["dpv:isImplementedByEntity"] = f"{urn}#controller"
    return status


def _process(receipt: ConsentReceipt, urn: str, choice: Choice) -> Document:
    places = [f"loc:{place}" for place in receipt.storage_places]
    return {
        "@type": "dpv:Process",
        "dpv:hasPersonalData": [
            {"@type": _SENSITIVE if iri in receipt.sensitive else _PLAIN, "skos:broader": iri}
            for iri in choice.data
        ],
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:description": choice.label,
            "skos:broader": choice.purpose,
        },
        "dpv:hasRecipient": [
            {"@id": f"{urn}#controller"},
            *({"@type": "dpv:ThirdParty", "dpv:hasName": name} for name in choice.recipients),
        ],
        "dpv:hasService": {"@type": "dpv:Service", "dct:title": receipt.service},
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": places},
            {
                "@type": "dpv:StorageDuration",
                "dpv:hasDuration": {
                    "@type": "dpv:UntilEventDuration",
                    "rdf:value": "Consent is withdrawn or has lapsed",
                },
            },
            {"@type": "dpv:StorageDeletion", "dpv:hasDuration": f"P{receipt.retention_days}D"},
        ],
    }


def _read(top: Place) -> ConsentReceipt:
    records = top.at("dpv:hasRecordOfActivity").items()
    entities = top.at("dpv:hasEntity").items()
    if not records or not entities:
        raise top.wrong("at least one record and one entity")
    record, entity = records[0], entities[0]
    storage = record.at("dpv:hasProcess", "dpv:hasStorageCondition").items()
    if len(storage) != 3:
        raise record.at("dpv:hasProcess", "dpv:hasStorageCondition").wrong("three conditions")
    registry = top.at("rapport:registry")
    account = _REGISTRY.fullmatch(registry.text())
    if account is None:
        raise registry.wrong("eip155:<chain id>:<address>")
    status = record.at("dpv:hasConsentStatus")
    by_operator = "dpv:isImplementedByEntity" in status.object()
    contact = entity.at("schema:contactPoint")
    return ConsentReceipt(
        id=top.at("dct:identifier").text(),
        issued_at=_time(top.at("dct:created")),
        controller=Controller(
            name=entity.at("dpv:hasName").text(),
            contact=contact.at("schema:name").text(),
            email=contact.at("schema:email").text(),
            phone=contact.at("schema:telephone").text(),
            address=entity.at("schema:address", "schema:streetAddress").text(),
            privacy_policy=entity.at("schema:url").text(),
            preferences=record.at("dpv:hasConsentControl", "dpv:isExercisedAt").text(),
        ),
        service=record.at("dpv:hasProcess", "dpv:hasService", "dct:title").text(),
        customer_id=record.at("dpv:hasDataSubject", "dct:identifier").text(),
        notices=_notices(records),
        choices=tuple(_choice(each) for each in records),
        recorded_by=Actor.OPERATOR if by_operator else Actor.CUSTOMER,
        method=status.at("dpv:hasIndicationMethod").text(),
        language=top.at("dct:language").text(),
        jurisdiction=record.at("dpv:hasJurisdiction").text().removeprefix("loc:"),
        storage_places=tuple(
            place.removeprefix("loc:") for place in storage[0].at("dpv:hasLocation").texts()
        ),
        retention_days=_days(storage[2].at("dpv:hasDuration")),
        chain_id=int(account[1]),
        contract=account[2],
        sensitive=tuple(sorted(set(_sensitive(records)))),
    )


def _notices(records: list[Place]) -> tuple[Notice, ...]:
    found: dict[int, Notice] = {}
    for record in records:
        notice = record.at("dpv:hasNotice")
        group = notice.at("rapport:group").number()
        found[group] = Notice(
            group=group,
            version=notice.at("rapport:version").number(),
            digest=notice.at("dct:identifier").text(),
            url=notice.at("@id").text(),
        )
    return tuple(found.values())


def _choice(record: Place) -> Choice:
    process, status = record.at("dpv:hasProcess"), record.at("dpv:hasConsentStatus")
    answer = _ANSWERS.get(status.at("@type").text())
    if answer is None:
        raise status.at("@type").wrong(f"one of {', '.join(_ANSWERS)}")
    duration = status.at("dpv:hasDuration", "rdf:value")
    return Choice(
        group=record.at("dpv:hasNotice", "rapport:group").number(),
        lane=record.at("rapport:lane").number(),
        label=process.at("dpv:hasPurpose", "dct:description").text(),
        purpose=process.at("dpv:hasPurpose", "skos:broader").text(),
        answer=answer,
        data=tuple(
            each.at("skos:broader").text() for each in process.at("dpv:hasPersonalData").items()
        ),
        max_age_days=_days(duration) if answer is Answer.GRANTED else None,
        recipients=tuple(
            each.at("dpv:hasName").text() for each in process.at("dpv:hasRecipient").items()[1:]
        ),
    )


def _sensitive(records: list[Place]) -> list[str]:
    return [
        each.at("skos:broader").text()
        for record in records
        for each in record.at("dpv:hasProcess", "dpv:hasPersonalData").items()
        if each.at("@type").text() == _SENSITIVE
    ]


def _time(place: Place) -> datetime:
    try:
        return datetime.strptime(place.text(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise place.wrong("a moment such as 2026-01-31T12:00:00Z") from None


def _days(place: Place) -> int:
    found = re.fullmatch(r"P(0|[1-9][0-9]{0,5})D", place.text())
    if found is None:
        raise place.wrong("a duration in days such as P365D")
    return int(found[1])
