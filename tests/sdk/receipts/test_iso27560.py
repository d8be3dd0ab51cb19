"""A receipt by ISO/IEC TS 27560 has the fields that must be there, and is linked data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from rapport.receipts import Actor, Format, ReceiptMalformed, parse_document, render
from tests.sdk.receipts.documents import (
    Path,
    at,
    paths,
    replaced,
    without,
)
from tests.sdk.receipts.published import ISO_27560, VOCABULARY
from tests.sdk.receipts.samples import PARTNERS, PROFILING, RECEIPT, a_receipt

DPV, DCT = Namespace("https://w3id.org/dpv#"), Namespace("http://purl.org/dc/terms/")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SCHEMA = jsonschema.Draft202012Validator(ISO_27560)
DOCUMENT = render(RECEIPT)

# The fields that MUST be present, as paths into a receipt of one choice.
RECORD = ("dpv:hasRecordOfActivity", 0)
MANDATORY: list[Path] = [
    ("dct:conformsTo",),
    ("dct:created",),
    ("dct:identifier",),
    ("dpv:hasIdentifier",),
    ("dpv:hasRecordOfActivity",),
    ("dpv:hasEntity",),
    ("dpv:hasEntity", 0, "dpv:hasName"),
    ("dpv:hasEntity", 0, "dpv:hasIdentifier"),
    ("dpv:hasEntity", 0, "schema:contactPoint"),
    ("dpv:hasEntity", 0, "schema:address"),
    (*RECORD, "dct:conformsTo"),
    (*RECORD, "dct:identifier"),
    (*RECORD, "dpv:hasIdentifier"),
    (*RECORD, "dpv:hasDataSubject"),
    (*RECORD, "dpv:hasNotice"),
    (*RECORD, "dpv:hasNotice", "dct:language"),
    (*RECORD, "dpv:hasProcess"),
    (*RECORD, "dpv:hasProcess", "dpv:hasPurpose"),
    (*RECORD, "dpv:hasProcess", "dpv:hasPersonalData"),
    (*RECORD, "dpv:hasProcess", "dpv:hasRecipient"),
    (*RECORD, "dpv:hasProcess", "dpv:hasStorageCondition", 0),
    (*RECORD, "dpv:hasProcess", "dpv:hasStorageCondition", 1),
    (*RECORD, "dpv:hasDataController"),
    (*RECORD, "dpv:hasConsentControl"),
    (*RECORD, "dpv:hasJurisdiction"),
    (*RECORD, "dpv:hasRight"),
    (*RECORD, "dpv:hasLegalBasis"),
    (*RECORD, "dpv:hasConsentStatus"),
    (*RECORD, "dpv:hasConsentStatus", "dpv:isIndicatedAtTime"),
    (*RECORD, "dpv:hasConsentStatus", "dpv:hasDuration"),
    (*RECORD, "dpv:hasConsentStatus", "dpv:isIndicatedBy"),
]


def graph(document: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(document), format="json-ld")


@pytest.mark.parametrize("path", MANDATORY, ids=lambda path: "/".join(map(str, path)))
def test_a_receipt_without_a_mandatory_field_fails_the_published_table(path: Path) -> None:
    assert not SCHEMA.is_valid(without(DOCUMENT, path))


def test_a_receipt_uses_only_words_that_the_vocabulary_has() -> None:
    used = {
        word.removeprefix("dpv:")
        for path in paths(DOCUMENT)
        for word in (path[-1], at(DOCUMENT, path))
        if isinstance(word, str) and word.startswith("dpv:")
    }

    assert used <= VOCABULARY


def test_as_linked_data_each_choice_is_a_record_with_its_status() -> None:
    statements = graph(DOCUMENT)
    receipt = URIRef(f"urn:uuid:{RECEIPT.id}")
    records = set(statements.objects(receipt, DPV.hasRecordOfActivity))
    found = {
        (
            str(statements.value(purpose, DCT.description)),
            str(statements.value(purpose, SKOS.broader)),
            statements.value(status, RDF.type),
        )
        for record in records
        for process in statements.objects(record, DPV.hasProcess)
        for purpose in statements.objects(process, DPV.hasPurpose)
        for status in statements.objects(record, DPV.hasConsentStatus)
    }

    assert statements.value(receipt, RDF.type) == DPV.ConsentReceipt
    assert statements.value(receipt, DCT.identifier) == Literal(RECEIPT.id)
    assert len(records) == len(RECEIPT.choices)
    assert found == {
        ("Send me offers by e-mail", str(DPV.DirectMarketing), DPV.ConsentGiven),
        ("Send me offers by text", str(DPV.DirectMarketing), DPV.ConsentRefused),
        ("Choose offers by what I buy", str(DPV.Personalisation), DPV.ConsentWithdrawn),
        ("Let partners send me their offers", str(DPV.Marketing), DPV.ConsentGiven),
    }


def test_as_linked_data_every_pointer_is_an_address_and_every_controller_is_described() -> None:
    statements = graph(DOCUMENT)
    controllers = set(statements.objects(None, DPV.hasDataController))

    assert len(controllers) == 1
    assert str(statements.value(controllers.pop(), DPV.hasName)) == RECEIPT.controller.name
    for subject, predicate, target in statements:
        for node in (subject, predicate, target):
            if isinstance(node, URIRef):
                assert str(node).startswith(("https://", "http://", "urn:uuid:")), node
    jurisdictions = set(statements.objects(None, DPV.hasJurisdiction))
    assert jurisdictions == {URIRef("https://w3id.org/dpv/loc#IE")}


def test_a_grant_on_an_operators_evidence_says_so() -> None:
    document = render(replace(RECEIPT, recorded_by=Actor.OPERATOR))
    status = document["dpv:hasRecordOfActivity"][0]["dpv:hasConsentStatus"]

    assert status["dpv:isImplementedByEntity"] == f"urn:uuid:{RECEIPT.id}#controller"
    assert "dpv:isImplementedByEntity" not in json.dumps(DOCUMENT["dpv:hasRecordOfActivity"])


def test_third_parties_and_sensitive_data_stand_with_the_purpose_that_they_belong_to() -> None:
    choices = (PROFILING, PARTNERS)
    record = render(a_receipt(choices=choices))["dpv:hasRecordOfActivity"]
    process = [each["dpv:hasProcess"] for each in record]
    third = [
        [party.get("dpv:hasName") for party in each["dpv:hasRecipient"][1:]] for each in process
    ]
    kinds = [[data["@type"] for data in each["dpv:hasPersonalData"]] for each in process]

    assert third == [[], ["Bean Roasters GmbH", "Cup Makers SA"]]
    assert kinds == [
        ["dpv:SpecialCategoryPersonalData"],
        ["dpv:PersonalData", "dpv:SpecialCategoryPersonalData"],
    ]


def test_a_member_too_many_is_refused_by_its_place() -> None:
    document = replaced(DOCUMENT, (*RECORD, "dpv:hasRight", "note"), "and so on")

    with pytest.raises(ReceiptMalformed, match=r"hasRecordOfActivity\[0\].dpv:hasRight.note"):
        parse_document(document, Format.ISO_27560)
