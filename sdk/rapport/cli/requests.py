"""What wallets sign: printed as typed data, read back from a file, and relayed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from rapport.cli import files, output
from rapport.cli.options import MOMENT, SIGNATURE
from rapport.errors import InputError

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.notices import NoticeDocument
    from rapport.outbox import Submission
    from rapport.services.drafts import Simulation
    from rapport.services.verbs import BoundWrite
    from rapport.typed_data import Domain, Intent

F = TypeVar("F", bound=Callable[..., Any])
Asked = TypeVar("Asked", bound="Intent")
Verb: TypeAlias = "BoundWrite[..., Submission, Simulation]"

_WEEK = timedelta(days=7)


def next_week() -> datetime:
    """Until when a request is valid, if nobody says otherwise."""
    return (datetime.now(UTC) + _WEEK).replace(microsecond=0)


def deadline(function: F) -> F:
    """The option that says until when a request is valid."""
    decorate = click.option(
        "--deadline",
        type=MOMENT,
        default=next_week,
        help="Valid until; a week from now otherwise.",
    )
    return decorate(function)


def signature(function: F) -> F:
    """The option that carries a wallet's signature."""
    return click.option("--signature", type=SIGNATURE, required=True, help="Of the wallet.")(
        function
    )


def notice(function: F) -> F:
    """The option that names the notice that customers were shown."""
    return click.option(
        "--notice",
        "notice_file",
        type=click.Path(path_type=Path),
        help="The current notice's document, if it was not published from here.",
    )(function)


def opened(notice_file: Path | None) -> NoticeDocument | None:
    """The notice in a file, if one is named."""
    from rapport.notices import NoticeDocument

    return None if notice_file is None else NoticeDocument.open(notice_file)


def show(intent: Intent, domain: Domain) -> None:
    """Prints typed data for ``eth_signTypedData_v4``."""
    output.as_json(intent.typed_data(domain))


def read(path: Path, domain: Domain, *kinds: type[Asked], printed_by: str) -> Asked:
    """
    The request in a file, which ``rapport <printed_by>`` has printed: one of these kinds.

    Raises:
        InputError: It is none of them, or was altered.
        OtherDomain: It is for another chain or contract.
    """
    content = files.text(path)
    try:
        request = json.loads(content)
    except (ValueError, RecursionError):
        request = None
    met = request.get("primaryType") if isinstance(request, dict) else None
    for kind in kinds:
        if met == kind.primary_type:
            return kind.read(request, domain)
    names = ", ".join(kind.primary_type for kind in kinds)
    raise InputError(f"{path} is no request for {names}; print one: rapport {printed_by}")


def require_customer(client: Client, customer: str, customer_id: bytes, path: Path) -> None:
    """
    Insists that a request is about the customer who is named beside it.

    Raises:
        InputError: It is about another one.
        NotFound: Nobody has this number.
    """
    if client.directory.find(customer).id != customer_id:
        raise InputError(f"{path} is a request for another customer than {customer!r}")


def with_verb(
    path: Path, domain: Domain, verbs: Mapping[type[Intent], Verb], *, printed_by: str
) -> tuple[Verb, Intent]:
    """
    The verb that carries out the request in a file, and the request.

    Raises:
        As :func:`read`.
    """
    intent = read(path, domain, *verbs, printed_by=printed_by)
    return verbs[type(intent)], intent
