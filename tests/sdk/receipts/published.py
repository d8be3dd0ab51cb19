"""What the two formats require, written down as JSON Schema from their published field tables.

``ISO_27560``: "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV", W3C DPVCG,
Final Community Group Report of 2026-02-15, sections 8.1 to 8.5 and 9.1: every field that MUST be
present, by the property that the tables give it. The group publishes no schema of its own.

``KANTARA``: Kantara Initiative, the JSON schema of its consent receipt repository, labelled 1.1.0
DRAFT 6: names, types, and which members MUST be there. The final text of 1.1.0 (2018-02-20) was not
at hand.

Both were written for these tests; nothing is copied.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"type": "array", "items": TEXT}


def one_of_type(*types: str, **members: Schema) -> Schema:
    """An object of one of these JSON-LD types, with these members at least."""
    return {
        "type": "object",
        "properties": {"@type": {"enum": list(types)}, **members},
        "required": ["@type", *members],
    }


def some(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


_CONTROL: Schema = {
    "type": "object",
    "properties": {
        "@type": {"contains": {"const": "dpv:WithdrawConsent"}, "type": "array"},
        "dpv:isExercisedAt": TEXT,
    },
    "required": ["@type", "dpv:isExercisedAt"],
}
_STATUS = one_of_type(  # 8.5
    *("dpv:ConsentGiven", "dpv:ConsentRefused", "dpv:ConsentWithdrawn"),
    **{
        "dpv:isIndicatedAtTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT[\d:]{8}Z$"},
        "dpv:hasDuration": one_of_type(
            "dpv:TemporalDuration", "dpv:UntilEventDuration", **{"rdf:value": TEXT}
        ),
        "dpv:isIndicatedBy": {"const": "dpv:DataSubject"},
    },
)
_STORAGE: Schema = {
    "type": "array",
    "allOf": [
        {"contains": one_of_type("dpv:StorageLocation", **{"dpv:hasLocation": some(TEXT)})},
        {"contains": one_of_type("dpv:StorageDuration", **{"dpv:hasDuration": {"type": "object"}})},
        {"contains": one_of_type("dpv:StorageDeletion", **{"dpv:hasDuration": TEXT})},
    ],
}
_PROCESS = one_of_type(  # 8.3
    "dpv:Process",
    **{
        "dpv:hasPurpose": one_of_type("dpv:Purpose", **{"skos:broader": TEXT}),
        "dpv:hasPersonalData": some(
            one_of_type(
                *("dpv:PersonalData", "dpv:SpecialCategoryPersonalData"), **{"skos:broader": TEXT}
            )
        ),
        "dpv:hasRecipient": some({"type": "object"}),
        "dpv:hasStorageCondition": _STORAGE,
    },
)
_RECORD = one_of_type(
    "dpv:ConsentRecord",
    **{
        "dct:conformsTo": {"const": "https://w3id.org/dpv/schema/dpv-27560#record"},  # 8.1
        "dct:identifier": TEXT,
        "dpv:hasIdentifier": TEXT,
        "dpv:hasDataSubject": one_of_type("dpv:DataSubject", **{"dct:identifier": TEXT}),
        "dpv:hasNotice": one_of_type(  # 8.2
            "dpv:ConsentNotice", **{"@id": TEXT, "dct:language": TEXT}
        ),
        "dpv:hasProcess": _PROCESS,
        "dpv:hasDataController": TEXT,
        "dpv:hasConsentControl": _CONTROL,
        "dpv:hasJurisdiction": TEXT,
        "dpv:hasRight": one_of_type("dpv:DataSubjectRight", **{"dpv:isExercisedAt": TEXT}),
        "dpv:hasLegalBasis": {"const": "dpv:ExplicitlyExpressedConsent"},  # 8.5.1
        "dpv:hasConsentStatus": _STATUS,
    },
)
_ENTITY = one_of_type(  # 8.4
    "dpv:DataController",
    **{
        "@id": TEXT,
        "dpv:hasName": TEXT,
        "dpv:hasIdentifier": TEXT,
        "schema:contactPoint": one_of_type("schema:ContactPoint"),
        "schema:address": one_of_type("schema:PostalAddress", **{"schema:streetAddress": TEXT}),
    },
)
ISO_27560 = one_of_type(  # 9.1
    "dpv:ConsentReceipt",
    **{
        "@context": {"type": "object"},
        "dct:conformsTo": {"const": "https://w3id.org/dpv/schema/dpv-27560#receipt"},
        "dct:identifier": TEXT,
        "dpv:hasIdentifier": TEXT,
        "dct:created": TEXT,
        "dpv:hasRecordOfActivity": some(_RECORD),
        "dpv:hasEntity": some(_ENTITY),
    },
)

VOCABULARY = {
    "ConsentGiven",
    "ConsentNotice",
    "ConsentReceipt",
    "ConsentRecord",
    "ConsentRefused",
    "ConsentWithdrawn",
    "DataController",
    "DataSubject",
    "DataSubjectRight",
    "ExplicitlyExpressedConsent",
    "PersonalData",
    "Process",
    "ProvideConsent",
    "Purpose",
    "Service",
    "SpecialCategoryPersonalData",
    "StorageDeletion",
    "StorageDuration",
    "StorageLocation",
    "TemporalDuration",
    "ThirdParty",
    "UntilEventDuration",
    "WithdrawConsent",
    "hasConsentControl",
    "hasConsentStatus",
    "hasDataController",
    "hasDataSubject",
    "hasDuration",
    "hasEntity",
    "hasIdentifier",
    "hasIndicationMethod",
    "hasJurisdiction",
    "hasLegalBasis",
    "hasLocation",
    "hasName",
    "hasNotice",
    "hasPersonalData",
    "hasProcess",
    "hasPurpose",
    "hasRecipient",
    "hasRecordOfActivity",
    "hasRight",
    "hasService",
    "hasStorageCondition",
    "isExercisedAt",
    "isImplementedByEntity",
    "isIndicatedAtTime",
    "isIndicatedBy",
}
"""Terms that were looked up in the Data Privacy Vocabulary 2.3 and are there."""

_CONTROLLER: Schema = {
    "type": "object",
    "properties": {
        "piiController": TEXT,
        "onBehalf": {"type": "boolean"},
        "contact": TEXT,
        "address": {"type": "object"},
        "email": TEXT,
        "phone": TEXT,
        "piiControllerUrl": TEXT,
    },
    "required": ["piiController", "contact", "address", "email", "phone"],
}
_KANTARA_PURPOSE: Schema = {
    "type": "object",
    "properties": {
        "purpose": TEXT,
        "purposeCategory": TEXTS,
        "consentType": TEXT,
        "piiCategory": TEXTS,
        "primaryPurpose": {"type": "boolean"},
        "termination": TEXT,
        "thirdPartyDisclosure": {"type": "boolean"},
        "thirdPartyName": TEXT,
    },
    "required": [
        *("purposeCategory", "consentType", "piiCategory", "termination", "thirdPartyDisclosure")
    ],
    "if": {"properties": {"thirdPartyDisclosure": {"const": True}}},
    "then": {"required": ["thirdPartyName"]},
}
KANTARA: Schema = {
    "type": "object",
    "properties": {
        "version": {"const": "KI-CR-v1.1.0"},
        "jurisdiction": TEXT,
        "consentTimestamp": {"type": "integer", "minimum": 0},
        "collectionMethod": TEXT,
        "consentReceiptID": TEXT,
        "publicKey": TEXT,
        "language": TEXT,
        "piiPrincipalId": TEXT,
        "piiControllers": some(_CONTROLLER),
        "policyUrl": TEXT,
        "services": some(
            {
                "type": "object",
                "properties": {
                    "service": TEXT,
                    "purposes": {"type": "array", "items": _KANTARA_PURPOSE},
                },
                "required": ["service", "purposes"],
            }
        ),
        "sensitive": {"type": "boolean"},
        "spiCat": TEXTS,
    },
    "required": [
        *("version", "jurisdiction", "consentTimestamp", "collectionMethod", "consentReceiptID"),
        *("piiPrincipalId", "piiControllers", "policyUrl", "services", "sensitive", "spiCat"),
    ],
}
