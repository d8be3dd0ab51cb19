"""Invoices about what was paid on chain: as JSON, and as a page to print."""

from rapport.invoices.document import Entry, Invoice, Line, Seller, Share, number_of, write_json
from rapport.invoices.explorers import link
from rapport.invoices.page import write_html

__all__ = [
    "Entry",
    "Invoice",
    "Line",
    "Seller",
    "Share",
    "link",
    "number_of",
    "write_html",
    "write_json",
]
