"""``rapport consent``: what customers can be asked, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rapport.cli import files, output
from rapport.cli.options import Noun, pass_session, writes
from rapport.cli.session import Session, write
from rapport.errors import InputError

verbs = Noun("terms")
"""Taken over into ``rapport consent``."""

GROUP = click.IntRange(0, 7)


@verbs.command()
@click.option("--group", type=GROUP, default=0, show_default=True)
@pass_session
def purposes(session: Session, group: int) -> None:
    """Show the purposes of a group, and which of them the current notice covers."""
    found = session.client().consent.purposes(group)
    if session.json:
        output.as_json({"group": group, "purposes": found})
        return
    output.rows(
        f"purposes of group {group}",
        ("purpose", "lane", "days", "opt-out", "covered", "keccak256 of its IRI"),
        [
            (
                each.purpose,
                f"{each.group}:{each.lane}",
                each.max_age_days,
                each.opt_out,
                each.covered,
                each.iri_hash,
            )
            for each in found
        ],
    )


@verbs.command()
@click.argument("purpose")
@click.argument("iri")
@click.option("--max-age-days", type=int, required=True, help="How long a grant holds, to 3650.")
@click.option("--opt-out", is_flag=True, help="Granted until withdrawn (CCPA sale or sharing).")
@writes
@pass_session
def define(
    session: Session,
    purpose: str,
    iri: str,
    max_age_days: int,
    opt_out: bool,
    key: str | None,
    **how: Any,
) -> None:
    """Define for good what PURPOSE (a name, or group:lane) means: an IRI, best of W3C DPV."""
    client = session.client(writes=not how["dry_run"])
    write(
        session,
        client.consent.define_purpose,
        purpose,
        iri,
        max_age_days,
        opt_out=opt_out,
        idempotency_key=key,
        **how,
    )


@verbs.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "made", type=click.Path(path_type=Path), help="As it is published.")
@writes
@pass_session
def publish(session: Session, file: Path, made: Path | None, key: str | None, **how: Any) -> None:
    """Publish the notice in FILE, a JSON document, as the next of its group.

    Without a version of its own it becomes the next one; --output writes the document with it. It
    is kept here too, for the receipts of those who decide under it.
    """
    from rapport.receipts import parse

    content = parse(files.text(file))
    if not isinstance(content, dict):
        raise InputError(f"{file} is no notice: a JSON object is required")
    client = session.client(writes=not how["dry_run"])
    document = client.consent.numbered(content)
    if made is not None:
        files.replace(made, files.indented(document.content))
    write(session, client.consent.publish_notice, document, idempotency_key=key, **how)


@verbs.command()
@click.option("--group", type=GROUP, default=0, show_default=True)
@click.option("--version", type=click.IntRange(1, 16_383), help="The current one otherwise.")
@pass_session
def notice(session: Session, group: int, version: int | None) -> None:
    """Show a notice as published: its digest, and what customers are asked."""
    found = session.client().consent.notice(group, version)
    if session.json:
        output.as_json(found)
        return
    words = [(f"lane {lane}", text) for lane, text in enumerate(found.words) if text]
    record = [
        ("version", found.version),
        ("current", found.current),
        ("document", found.document),
        ("block", found.block),
        ("transaction", found.transaction),
    ]
    output.fields(f"notice of group {group}", [*record, *words])
