"""What imports of files share: options, customers met for the first time, what became of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rapport.cli import output
from rapport.cli.session import Session
from rapport.errors import Cancelled, InputError, NotFound, RapportError, Refused
from rapport.ingest.rejects import Rejects
from rapport.ingest.tables import ENCODINGS
from rapport.records import check_number
from rapport.reverts import CustomerClosed, UnknownCustomer

if TYPE_CHECKING:
    from rapport.client import Client

F = TypeVar("F", bound=Callable[..., Any])

OF_THE_ROW = (Cancelled, CustomerClosed, InputError, NotFound, Refused, UnknownCustomer)
"""What is wrong with one row. Each import adds its own; anything else, such as a missing role, is
wrong with all of them."""


def options(function: F) -> F:
    """The options that say how the file is read, and where its refused rows go."""
    for option in (
        click.option("--rejects", type=click.Path(path_type=Path), help="File for rows refused."),
        click.option("--delimiter", help="Instead of the one found in the header."),
        click.option(
            "--encoding", type=click.Choice(ENCODINGS), default="utf-8", show_default=True
        ),
    ):
        function = option(function)
    return function


def mapped(text: str) -> tuple[str, str]:
    """
    A field and the column that holds it, from ``FIELD=NAME``.

    Raises:
        click.BadParameter: One of the two is missing.
    """
    name, _, column = (part.strip() for part in text.partition("="))
    if not name or not column:
        raise click.BadParameter(f"{text!r} is not FIELD=NAME", param_hint="--column")
    return name, column


@dataclass
class Newcomers:
    """Customers in a file whom the directory may not know: registered, if ``register`` says so."""

    client: Client
    register: bool
    dry_run: bool
    registered: int = 0

    def refusal(self, customer: str | bytes) -> str | None:
        """Why nothing can be recorded for a customer, if so."""
        try:
            self.client.directory.find(customer)
        except NotFound as error:
            if not self.register or isinstance(customer, bytes):
                return str(error)
            return self._enter(customer)
        except RapportError as error:
            return str(error)
        return None

    def _enter(self, number: str) -> str | None:
        try:
            check_number(number)
        except InputError as error:
            return str(error)
        if not self.dry_run:
            self.client.customer.register(number)
            self.registered += 1
        return None


def report(
    session: Session, what: str, counts: Mapping[str, int], rejects: Rejects, *, dry_run: bool
) -> None:
    """How many rows came to which end, and where those are that were refused."""
    path = str(rejects.path) if rejects.count else None
    told = {**counts, "rejected": rejects.count}
    if session.json:
        output.as_json({"dry_run": dry_run, **told, "rejects": path})
        return
    output.fields(what, [*told.items(), ("rejects", path)])
    if rejects.count:
        output.note(f"rapport: {rejects.count} rows were refused; see {rejects.path}")
