"""Permits (ERC-2612) that payers sign: printed, and read back from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rapport.cli import requests
from rapport.errors import InputError

if TYPE_CHECKING:
    from rapport.permits import SignedPermit
    from rapport.services.tokens import Monetary
    from rapport.services.verbs import Sync


def signed(
    service: Monetary[Sync],
    token: str,
    path: Path | None,
    signature: bytes | None,
    *,
    printed_by: str,
) -> SignedPermit | None:
    """
    The permit in a file, with its signature.

    Raises:
        InputError: One of the two is missing, or it is no permit for this token.
    """
    from rapport.permits import Permit, PermitRequest, SignedPermit

    if (path is None) != (signature is None):
        raise InputError("--permit and --permit-signature go together")
    if path is None or signature is None:
        return None
    domain = service.permit_domain(token)
    permit = requests.read(path, domain, Permit, printed_by=printed_by)
    return SignedPermit(PermitRequest(permit, domain), signature)
