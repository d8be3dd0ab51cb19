"""Options and values that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

from rapport import units
from rapport.cli.session import Session
from rapport.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])

pass_session: Callable[[F], F] = click.make_pass_decorator(Session, ensure=True)  # type: ignore[assignment]
"""Hands the session to a command as its first argument."""


class Verb(click.Command):
    """A command that takes ``--json`` at its end as well as before the noun."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json"],
                is_flag=True,
                expose_value=False,
                callback=_json,
                help="One JSON object on stdout.",
            )
        )


class Noun(click.Group):
    """A group of verbs."""

    command_class = Verb


def _json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).json = True


def noun(name: str, text: str) -> Noun:
    """A noun of the command, such as ``customer``."""
    return Noun(name, help=text)


class _Read(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """What a function makes of a text, unless it finds fault with it."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


class _Amount(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    name = "amount"

    def convert(self, value: Any, param: Any, ctx: Any) -> Decimal:
        try:
            amount = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount; write it as 19.99", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"an amount is 0 or more, met {value}", param, ctx)
        return amount


class _Moment(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    name = "moment"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a moment; write 2026-01-31 or 2026-01-31T09:30:00+01:00",
                param,
                ctx,
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Signature(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    name = "signature"

    def convert(self, value: Any, param: Any, ctx: Any) -> bytes:
        if isinstance(value, bytes):
            return value
        try:
            signature = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            signature = b""
        if not signature:
            self.fail(f"{value!r} is not a signature in hexadecimal", param, ctx)
        return signature


POINTS = _Read("points", units.points)
AMOUNT = _Amount()
MOMENT = _Moment()
SIGNATURE = _Signature()
ADDRESS = _Read("address", units.address)
DURATION = _Read("duration", units.duration)


def writes(function: F) -> F:
    """The options of a command that changes something on chain."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(min=0),
            default=120.0,
            show_default=True,
            help="Seconds to wait for its end; it goes on in the outbox.",
        ),
        click.option(
            "--wait/--no-wait", default=True, show_default=True, help="Send and wait for its end."
        ),
        click.option(
            "--idempotency-key",
            "key",
            metavar="TEXT",
            help="The same key again has no second effect.",
        ),
        click.option(
            "--dry-run", is_flag=True, help="Say what would happen and its gas; send nothing."
        ),
    ):
        function = option(function)
    return function
