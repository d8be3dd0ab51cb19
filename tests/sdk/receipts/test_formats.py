"""What holds of every format: the published table, reading back whole, and refusing all else."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given

from rapport.receipts import Format, ReceiptMalformed, parse_document, render
from tests.sdk.receipts.documents import at, paths, read_as, replaced, something_else, without
from tests.sdk.receipts.published import ISO_27560, KANTARA
from tests.sdk.receipts.samples import RECEIPT, receipts, unhurried

TABLES = {Format.ISO_27560: ISO_27560, Format.KANTARA: KANTARA}
DOCUMENTS = {form: render(RECEIPT, form) for form in Format}

every_format = pytest.mark.parametrize("form", Format)


@every_format
@unhurried
@given(receipt=receipts())
def test_every_receipt_has_what_is_published_and_is_read_back_whole(form, receipt) -> None:
    document = json.loads(json.dumps(render(receipt, form)))

    jsonschema.Draft202012Validator(TABLES[form]).validate(document)
    assert parse_document(document, form) == receipt


@unhurried
@given(receipts())
def test_both_formats_hold_the_same_receipt(receipt) -> None:
    read = parse_document(render(receipt, Format.KANTARA), Format.KANTARA)

    assert render(read) == render(receipt)


@every_format
def test_a_document_that_lacks_any_place_is_refused_or_says_something_else(form: Format) -> None:
    document = DOCUMENTS[form]
    for path in paths(document):
        assert read_as(without(document, path), form) != RECEIPT, path


@every_format
def test_a_document_that_is_changed_at_any_place_is_refused_or_says_something_else(
    form: Format,
) -> None:
    document = DOCUMENTS[form]
    for path in paths(document):
        other = replaced(document, path, something_else(at(document, path)))
        assert read_as(other, form) != RECEIPT, path


@pytest.mark.parametrize(
    ("form", "value"),
    [(form, value) for form in Format for value in (None, 7, "text", [], {}, [DOCUMENTS[form]])],
)
def test_what_is_no_receipt_is_refused(form: Format, value: object) -> None:
    with pytest.raises(ReceiptMalformed):
        parse_document(value, form)
