"""What can be wrong with a consent receipt that somebody shows, each under its own name."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.errors import RapportError


class ReceiptError(RapportError):
    """Base of all errors of receipts."""


@dataclass(eq=False)
class ReceiptMalformed(ReceiptError):
    """A receipt or its file is not written as it must be. ``where`` is the place within it."""

    where: str
    met: str
    required: str

    exit_code = 2

    def __str__(self) -> str:
        return (
            f"the receipt is malformed at {self.where}: met {self.met}, required {self.required}; "
            "ask for the file again"
        )


@dataclass(eq=False)
class ReceiptAltered(ReceiptError):
    """The receipt, its key or its digest is not what was issued. Digests are 0x and 64 digits."""

    met: str
    required: str

    def __str__(self) -> str:
        return (
            f"the receipt was altered: met content and key with the digest {self.met}, "
            f"required {self.required}; ask for the file again"
        )


@dataclass(eq=False)
class ReceiptContradicted(ReceiptError):
    """The receipt is as issued, but the event on chain says something else."""

    what: str
    met: str
    required: str

    def __str__(self) -> str:
        return (
            f"the chain contradicts the receipt on {self.what}: the event has {self.met}, "
            f"the receipt {self.required}; ask the issuer which one holds"
        )


class ProofMissing(ReceiptError):
    """The file carries no evidence, so nothing can be proved without the chain."""

    def __str__(self) -> str:
        return (
            "the file carries no evidence of a block: met none, required a proof; "
            "export the receipt again once its transaction is final"
        )


@dataclass(eq=False)
class ProofInvalid(ReceiptError):
    """Base of what can be wrong with a proof that an event is in a block."""

    met: str
    required: str

    subject = "the proof"
    advice = "ask for the file again"

    def __str__(self) -> str:
        return f"{self.subject}: met {self.met}, required {self.required}; {self.advice}"


class HeaderInvalid(ProofInvalid):
    """The block's header does not give the block's hash, number or fields."""

    subject = "the block header does not prove its block"


class ReceiptsIncomplete(ProofInvalid):
    """The receipts read from a node are not those of the block; no proof can be made of them."""

    subject = "the receipts do not give the block's receipts root"
    advice = "read all receipts of this very block again, or use a node that keeps them whole"


class PathInvalid(ProofInvalid):
    """The nodes do not lead from the block's receipts root to a transaction's receipt."""

    subject = "the proof does not lead to a receipt in the block"


class LogInvalid(ProofInvalid):
    """The proved receipt has no such event, or another contract's."""

    subject = "the block holds no such event"
