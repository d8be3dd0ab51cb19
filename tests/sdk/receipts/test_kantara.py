"""A Kantara receipt has the members that must be there, and lists only grants."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from rapport.receipts import Answer, Format, ReceiptMalformed, parse_document, render
from tests.sdk.receipts.documents import (
    Path,
    at,
    replaced,
    without,
)
from tests.sdk.receipts.published import KANTARA
from tests.sdk.receipts.samples import BY_EMAIL, PROFILING, RECEIPT, a_receipt

SCHEMA = jsonschema.Draft202012Validator(KANTARA)
DOCUMENT = render(RECEIPT, Format.KANTARA)
PURPOSE = ("services", 0, "purposes", 0)
OPTIONAL = {"language", "piiControllerUrl", "purpose", "primaryPurpose", "rapport"}


@pytest.mark.parametrize(
    "path",
    [
        *((name,) for name in DOCUMENT if name not in OPTIONAL),
        *(("piiControllers", 0, name) for name in DOCUMENT["piiControllers"][0]),
        *((*PURPOSE, name) for name in at(DOCUMENT, PURPOSE)),
    ],
    ids=lambda path: "/".join(map(str, path)),
)
def test_a_receipt_without_a_mandatory_member_fails_the_published_table(path: Path) -> None:
    assert SCHEMA.is_valid(without(DOCUMENT, path)) == (path[-1] in OPTIONAL)


def test_a_purpose_with_third_parties_must_name_them() -> None:
    path = ("services", 0, "purposes", 1, "thirdPartyName")

    assert at(DOCUMENT, path) == "Bean Roasters GmbH; Cup Makers SA"
    assert not SCHEMA.is_valid(without(DOCUMENT, path))


def test_a_reader_of_the_format_finds_only_what_was_granted() -> None:
    purposes = [each["purpose"] for each in DOCUMENT["services"][0]["purposes"]]
    others = {each["purpose"]: each["answer"] for each in DOCUMENT["rapport"]["notGranted"]}

    assert purposes == ["Send me offers by e-mail", "Let partners send me their offers"]
    assert others == {
        "Send me offers by text": "refused",
        "Choose offers by what I buy": "withdrawn",
    }


def test_a_withdrawal_alone_lists_no_purpose_as_granted() -> None:
    receipt = a_receipt(choices=(PROFILING,), sensitive=())
    document = render(receipt, Format.KANTARA)

    SCHEMA.validate(document)
    assert document["services"][0]["purposes"] == []
    assert document["sensitive"] is False
    assert parse_document(document, Format.KANTARA) == receipt


def test_a_grant_ends_by_its_age_or_by_withdrawal() -> None:
    termination = at(DOCUMENT, (*PURPOSE, "termination"))

    assert termination == (
        "730 days after the consent, or as soon as it is withdrawn at "
        "https://coffee.example/preferences"
    )


def test_a_grant_among_what_was_not_granted_is_refused() -> None:
    document = replaced(DOCUMENT, ("rapport", "notGranted", 0, "answer"), "granted")

    with pytest.raises(ReceiptMalformed, match="refused or withdrawn"):
        parse_document(document, Format.KANTARA)


def test_an_answer_moved_to_the_other_list_is_another_receipt() -> None:
    refused = replace(BY_EMAIL, answer=Answer.REFUSED, max_age_days=None)
    other = render(a_receipt(choices=(refused, *RECEIPT.choices[1:])), Format.KANTARA)

    assert other["services"] != DOCUMENT["services"]
