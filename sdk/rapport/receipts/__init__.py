"""Consent receipts: made, digested, proved and checked, without a chain.

Needs the extra ``receipts``: ``pip install 'rapport[receipts]'``.
"""

from __future__ import annotations

from importlib.util import find_spec

from rapport.errors import ConfigError

_MISSING = [name for name in ("rfc8785", "rlp", "trie") if find_spec(name) is None]
if _MISSING:
    raise ConfigError(
        f"consent receipts need {', '.join(_MISSING)}, which is not installed; "
        "run: pip install 'rapport[receipts]'"
    )

from rapport.receipts.canonical import Document, canonical, parse  # noqa: E402
from rapport.receipts.digest import digest, receipt_key  # noqa: E402
from rapport.receipts.errors import (  # noqa: E402
    HeaderInvalid,
    LogInvalid,
    PathInvalid,
    ProofInvalid,
    ProofMissing,
    ReceiptAltered,
    ReceiptContradicted,
    ReceiptError,
    ReceiptMalformed,
    ReceiptsIncomplete,
)
from rapport.receipts.event import ConsentChange, check_agreement, consent_change  # noqa: E402
from rapport.receipts.file import (  # noqa: E402
    Evidence,
    ReceiptFile,
    Verified,
    issue,
    opened,
    read,
    verify_offline,
    write,
)
from rapport.receipts.formats import Format, parse_document, render  # noqa: E402
from rapport.receipts.proof import LogProof, ProvedLog, prove, verify  # noqa: E402
from rapport.receipts.records import (  # noqa: E402
    Actor,
    Answer,
    Choice,
    ConsentReceipt,
    Controller,
    Notice,
    new_id,
    now,
)

__all__ = [
    "Actor",
    "Answer",
    "Choice",
    "ConsentChange",
    "ConsentReceipt",
    "Controller",
    "Document",
    "Evidence",
    "Format",
    "HeaderInvalid",
    "LogInvalid",
    "LogProof",
    "Notice",
    "PathInvalid",
    "ProofInvalid",
    "ProofMissing",
    "ProvedLog",
    "ReceiptAltered",
    "ReceiptContradicted",
    "ReceiptError",
    "ReceiptFile",
    "ReceiptMalformed",
    "ReceiptsIncomplete",
    "Verified",
    "canonical",
    "check_agreement",
    "consent_change",
    "digest",
    "issue",
    "new_id",
    "now",
    "opened",
    "parse",
    "parse_document",
    "prove",
    "read",
    "receipt_key",
    "render",
    "verify",
    "verify_offline",
    "write",
]
