"""``rapport sla``: when an agreement would be due, on the calendar of the policy's hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli import files, output
from rapport.cli.options import MOMENT, Noun, pass_session
from rapport.cli.session import Session

if TYPE_CHECKING:
    from rapport.sla import BusinessHours, Terms

verbs = Noun("calendar")
"""Taken over into ``rapport sla``."""

PRIORITIES = ("urgent", "high", "normal", "low")
TERMS = "TERMS"
"""What names terms that are not on the chain: a preset, or a file that ends in ``.toml``."""


@verbs.command()
@click.argument("policy", metavar=f"POLICY|{TERMS}")
@click.option("--opened", type=MOMENT, help="Now otherwise.")
@click.option("--priority", type=click.Choice(PRIORITIES), help="This one alone.")
@click.option("--hours", metavar="'Mon-Fri 09:00-17:00 UTC+01:00'", help="Instead of the terms'.")
@pass_session
def preview(
    session: Session,
    policy: str,
    opened: datetime | None,
    priority: str | None,
    hours: str | None,
) -> None:
    """Say when an agreement would be due: opened Friday 16:30, due Monday 10:30.

    POLICY is the number of a policy. TERMS are a preset (support, delivery, warranty) or a TOML
    file, and need neither a chain nor settings. Moments are in the local time of the hours.
    """
    from rapport.sla import Priority

    terms = with_hours(_terms(session, policy), hours)
    moment = opened or datetime.now(UTC).replace(microsecond=0)
    wanted = list(Priority) if priority is None else [Priority(priority)]
    dues = [(each, terms.due(each, moment)) for each in wanted]
    if session.json:
        output.as_json(
            {
                "opened_at": moment,
                "hours": str(terms.hours),
                "due": [
                    {"priority": each, "response": due.response, "resolution": due.resolution}
                    for each, due in dues
                ],
            }
        )
        return
    output.rows(
        f"opened {local(moment, terms.hours)}",
        ("priority", "first response due", "due"),
        [
            (each, local(due.response, terms.hours), local(due.resolution, terms.hours))
            for each, due in dues
        ],
    )
    output.note(f"the clock runs {terms.hours}, whose local time this is")


def terms_in(text: str) -> Terms:
    """
    The terms that an argument names.

    Raises:
        InputError: There is no such preset, or the file cannot be read or is none.
    """
    from rapport.sla import Terms

    if text.lower().endswith(".toml"):
        return Terms.read(files.content(Path(text)))
    return Terms.preset(text)


def with_hours(terms: Terms, hours: str | None) -> Terms:
    """
    Terms in other hours, if some are given.

    Raises:
        InputError: They are not understood.
    """
    import dataclasses

    from rapport.sla import BusinessHours

    return terms if hours is None else dataclasses.replace(terms, hours=BusinessHours.parse(hours))


def local(moment: datetime | None, hours: BusinessHours) -> str | None:
    """A moment in the local time of business hours: ``Friday 2026-01-09 16:30``."""
    if moment is None:
        return None
    there = moment.astimezone(timezone(hours.offset))
    return f"{there:%A %Y-%m-%d %H:%M}" + (f":{there:%S}" if there.second else "")


def clock(length: timedelta | None) -> str | None:
    """A length of business hours as a clock shows it: ``7:05:00``; days are no unit of it."""
    if length is None:
        return None
    seconds = int(length.total_seconds())
    return f"{seconds // 3_600:,}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _terms(session: Session, text: str) -> Terms:
    if text.isdecimal():
        return session.client().sla.policy(int(text)).terms
    return terms_in(text)
