"""The keyed digest that stands on chain for a receipt.

A plain hash of a receipt could be guessed at: there are few answers to seven questions. The digest
is therefore an HMAC-SHA256 under a key of this one receipt, which comes from the customer's key by
HMAC-SHA256. Who is shown a receipt with its key can check its digest, and learns nothing about any
other receipt or reference of the customer. Once the customer's key is destroyed and the receipts
are deleted, the digest says nothing to anyone.
"""

from __future__ import annotations

import hashlib
import hmac

from rapport import units
from rapport.errors import InputError
from rapport.receipts.canonical import canonical


def receipt_key(customer_key: bytes, receipt_id: str) -> bytes:
    """
    The key of one receipt, 32 bytes: HMAC-SHA256 of its id under the customer's 32-byte key.

    Raises:
        InputError: The customer's key has another length, or the id is empty.
    """
    if not receipt_id:
        raise InputError("a receipt's id must not be empty")
    key = units.bytes32(customer_key, "a customer's key")
    text = units.RECEIPT_PREFIX + receipt_id
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def digest(key: bytes, document: object) -> bytes:
    """
    What the chain holds of a receipt: HMAC-SHA256 of the document's canonical JSON, 32 bytes.

    Raises:
        InputError: ``key`` is not 32 bytes, or the document is no JSON.
    """
    key = units.bytes32(key, "a receipt's key")
    return hmac.new(key, canonical(document), hashlib.sha256).digest()
