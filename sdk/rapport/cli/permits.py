"""Permits (ERC-2612) that payers sign: here, or printed and read back from a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

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

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say of a permit that was printed and signed elsewhere."""

    file: Path | None
    signature: bytes | None

    def __bool__(self) -> bool:
        return self.file is not None or self.signature is not None


def options(function: F) -> F:
    """The options that carry a permit and its signature, handed over as ``permit``."""

    def gathered(
        *args: Any, permit_file: Path | None, permit_signature: bytes | None, **named: Any
    ) -> Any:
        return function(*args, permit=Given(permit_file, permit_signature), **named)

    command = cast("F", update_wrapper(gathered, function))
    for option in (
        click.option("--permit-signature", type=SIGNATURE, help="Of the payer, over that permit."),
        click.option(
            "--permit", "permit_file", type=click.Path(path_type=Path), help="As printed."
        ),
    ):
        command = option(command)
    return command


def own(
    client: Client,
    service: Monetary[Sync],
    token: str,
    amount: Decimal,
    *,
    owner: str | None = None,
    deadline: datetime | None = None,
) -> SignedPermit:
    """
    The permit over an amount of the owner's, the keystore's account otherwise, signed by the
    keystore; good for a day unless a deadline is named.

    Raises:
        InputError: The token takes none, or there is no keystore.
    """
    if client.signer is None:
        raise InputError("--approve needs the payer's keystore")
    until = deadline or client.chain.block().timestamp + _DAY
    asked = service.permit_request(token, owner or client.signer.address, amount, until)
    return asked.sign(client.signer)


def signed(
    service: Monetary[Sync],
    token: str,
    given: Given,
    *,
    printed_by: str,
) -> SignedPermit | None:
    """
    The permit in a file, with its signature.

    Raises:
        InputError: One of the two is missing, or it is no permit for this token.
    """
    from rapport.permits import Permit, PermitRequest, SignedPermit

    if not given:
        return None
    if given.file is None or given.signature is None:
        raise InputError("--permit and --permit-signature go together")
    domain = service.permit_domain(token)
    permit = requests.read(given.file, domain, Permit, printed_by=printed_by)
    return SignedPermit(PermitRequest(permit, domain), given.signature)
