"""The two formats that a receipt is written in."""

from __future__ import annotations

from enum import StrEnum

from rapport.receipts.canonical import Document
from rapport.receipts.iso27560 import from_27560, to_27560
from rapport.receipts.kantara import from_kantara, to_kantara
from rapport.receipts.records import ConsentReceipt


class Format(StrEnum):
    """A published format of consent receipts, by the name that files carry."""

    ISO_27560 = "iso-27560"
    KANTARA = "kantara-1.1"


def render(receipt: ConsentReceipt, format: Format = Format.ISO_27560) -> Document:
    """The receipt's document in a format. What is digested is this document."""
    return to_27560(receipt) if format is Format.ISO_27560 else to_kantara(receipt)


def parse_document(document: object, format: Format) -> ConsentReceipt:
    """
    The receipt of a document that :func:`render` wrote; the two are exact inverses.

    Raises:
        ReceiptMalformed: The document is not written in this format as :func:`render` writes.
    """
    return from_27560(document) if format is Format.ISO_27560 else from_kantara(document)
