"""Receipts by the Kantara Initiative's Consent Receipt Specification 1.1.0, as JSON.

A Kantara receipt knows purposes that were consented to and nothing else. So only those stand under
``services``, where any reader of the format finds them; what was refused or withdrawn, and what the
format has no member for, stands under ``rapport``.
"""

from __future__ import annotations

from rapport import units
from rapport.receipts.canonical import Document
from rapport.receipts.reading import Place, read_back
from rapport.receipts.records import Actor, Answer, Choice, ConsentReceipt, Controller, Notice

VERSION = "KI-CR-v1.1.0"


def to_kantara(receipt: ConsentReceipt) -> Document:
    """The JSON document of a receipt."""
    controller = receipt.controller
    granted = [choice for choice in receipt.choices if choice.answer is Answer.GRANTED]
    return {
        "version": VERSION,
        "jurisdiction": receipt.jurisdiction,
        "consentTimestamp": units.to_timestamp(receipt.issued_at),
        "collectionMethod": receipt.method,
        "consentReceiptID": receipt.id,
        "language": receipt.language,
        "piiPrincipalId": receipt.customer_id,
        "piiControllers": [
            {
                "piiController": controller.name,
                "contact": controller.contact,
                "address": {"streetAddress": controller.address},
                "email": controller.email,
                "phone": controller.phone,
                "piiControllerUrl": controller.preferences,
            }
        ],
        "policyUrl": controller.privacy_policy,
        "services": [
            {
                "service": receipt.service,
                "purposes": [_purpose(controller, choice) for choice in granted],
            }
        ],
        "sensitive": bool(receipt.sensitive),
        "spiCat": list(receipt.sensitive),
        "rapport": {
            "chainId": receipt.chain_id,
            "contract": receipt.contract,
            "notGranted": [
                {
                    "answer": choice.answer.value,
                    "group": choice.group,
                    "lane": choice.lane,
                    "piiCategory": list(choice.data),
                    "purpose": choice.label,
                    "purposeCategory": [choice.purpose],
                    "thirdParties": list(choice.recipients),
                }
                for choice in receipt.choices
                if choice.answer is not Answer.GRANTED
            ],
            "notices": [
                {
                    "digest": notice.digest,
                    "group": notice.group,
                    "url": notice.url,
                    "version": notice.version,
                }
                for notice in receipt.notices
            ],
            "recordedBy": receipt.recorded_by.value,
            "retentionDays": receipt.retention_days,
            "storagePlaces": list(receipt.storage_places),
        },
    }


def from_kantara(document: object) -> ConsentReceipt:
    """
    The receipt that :func:`to_kantara` made a document of.

    Raises:
        ReceiptMalformed: It is not written as :func:`to_kantara` writes; tells where.
    """
    return read_back(document, _read, to_kantara)


def _purpose(controller: Controller, choice: Choice) -> Document:
    written: Document = {
        "purpose": choice.label,
        "purposeCategory": [choice.purpose],
        "consentType": "EXPLICIT",
        "piiCategory": list(choice.data),
        "primaryPurpose": False,  # the service is given without it, or it were no consent
        "termination": (
            f"{choice.max_age_days} days after the consent, "
            f"or as soon as it is withdrawn at {controller.preferences}"
        ),
        "thirdPartyDisclosure": bool(choice.recipients),
        "rapport": {
            "group": choice.group,
            "lane": choice.lane,
            "maxAgeDays": choice.max_age_days,
            "thirdParties": list(choice.recipients),
        },
    }
    if choice.recipients:
        written["thirdPartyName"] = "; ".join(choice.recipients)
    return written


def _read(top: Place) -> ConsentReceipt:
    controllers, services = top.at("piiControllers").items(), top.at("services").items()
    if len(controllers) != 1 or len(services) != 1:
        raise top.wrong("one piiController and one service")
    controller, service, ours = controllers[0], services[0], top.at("rapport")
    choices = [_granted(place) for place in service.at("purposes").items()]
    choices += [_not_granted(place) for place in ours.at("notGranted").items()]
    return ConsentReceipt(
        id=top.at("consentReceiptID").text(),
        issued_at=units.from_timestamp(top.at("consentTimestamp").number()),
        controller=Controller(
            name=controller.at("piiController").text(),
            contact=controller.at("contact").text(),
            email=controller.at("email").text(),
            phone=controller.at("phone").text(),
            address=controller.at("address", "streetAddress").text(),
            privacy_policy=top.at("policyUrl").text(),
            preferences=controller.at("piiControllerUrl").text(),
        ),
        service=service.at("service").text(),
        customer_id=top.at("piiPrincipalId").text(),
        notices=tuple(
            Notice(
                group=notice.at("group").number(),
                version=notice.at("version").number(),
                digest=notice.at("digest").text(),
                url=notice.at("url").text(),
            )
            for notice in ours.at("notices").items()
        ),
        choices=tuple(sorted(choices, key=lambda choice: (choice.group, choice.lane))),
        recorded_by=_actor(ours.at("recordedBy")),
        method=top.at("collectionMethod").text(),
        language=top.at("language").text(),
        jurisdiction=top.at("jurisdiction").text(),
        storage_places=ours.at("storagePlaces").texts(),
        retention_days=ours.at("retentionDays").number(),
        chain_id=ours.at("chainId").number(),
        contract=ours.at("contract").text(),
        sensitive=top.at("spiCat").texts(),
    )


def _granted(place: Place) -> Choice:
    ours = place.at("rapport")
    return Choice(
        group=ours.at("group").number(),
        lane=ours.at("lane").number(),
        label=place.at("purpose").text(),
        purpose=_only(place.at("purposeCategory")),
        answer=Answer.GRANTED,
        data=place.at("piiCategory").texts(),
        max_age_days=ours.at("maxAgeDays").number(),
        recipients=ours.at("thirdParties").texts(),
    )


def _not_granted(place: Place) -> Choice:
    answer = place.at("answer")
    if answer.text() not in (Answer.REFUSED, Answer.WITHDRAWN):
        raise answer.wrong("refused or withdrawn")
    return Choice(
        group=place.at("group").number(),
        lane=place.at("lane").number(),
        label=place.at("purpose").text(),
        purpose=_only(place.at("purposeCategory")),
        answer=Answer(answer.text()),
        data=place.at("piiCategory").texts(),
        recipients=place.at("thirdParties").texts(),
    )


def _only(place: Place) -> str:
    texts = place.texts()
    if len(texts) != 1:
        raise place.wrong("a list of one text")
    return texts[0]


def _actor(place: Place) -> Actor:
    if place.text() not in tuple(Actor):
        raise place.wrong(f"one of {', '.join(Actor)}")
    return Actor(place.text())
