"""Permits (ERC-2612) that payers sign: here, or printed and read back from a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rapport.cli import requests
from rapport.cli.options import SIGNATURE
from rapport.errors import InputError

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.permits import SignedPermit
    from rapport.services.tokens import Monetary
    from rapport.services.verbs import Sync

F = TypeVar("F", bound=Callable[..., Any])


def options(function: F) -> F:
    """The options that carry a permit and its signature."""
    for option in (
        click.option("--permit-signature", type=SIGNATURE, help="Of the payer, over that permit."),
        click.option(
            "--permit", "permit_file", type=click.Path(path_type=Path), help="As printed."
        ),
    ):
        function = option(function)
    return function


def own(
    client: Client,
    service: Monetary[Sync],
    token: str,
    owner: str | None,
    amount: Decimal,
    deadline: datetime,
) -> SignedPermit:
    """
    The permit over an amount of the owner's, the keystore's account otherwise, signed by the
    keystore.

    Raises:
        InputError: The token takes none, or there is no keystore.
    """
    if client.signer is None:
        raise InputError("--approve needs the payer's keystore")
    asked = service.permit_request(token, owner or client.signer.address, amount, deadline)
    return asked.sign(client.signer)


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
