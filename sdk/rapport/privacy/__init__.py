"""What a brand holds on one customer: told to the customer, or destroyed, and proved to be."""

from rapport.privacy.erasure import Evidence, Shelf, destroy
from rapport.privacy.export import Export, Held, Reference, Section, Subject, export
from rapport.privacy.proof import Proof, Remains, prove

__all__ = [
    "Evidence",
    "Export",
    "Held",
    "Proof",
    "Reference",
    "Remains",
    "Section",
    "Shelf",
    "Subject",
    "destroy",
    "export",
    "prove",
]
