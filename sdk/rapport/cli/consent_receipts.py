"""``rapport consent``: receipts, handed out and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from rapport.cli import files, output
from rapport.cli.options import Noun, pass_session
from rapport.cli.session import Session
from rapport.consents import RECEIPT_FORMATS, Purposes

verbs = Noun("receipts")
"""Taken over into ``rapport consent``."""


@verbs.command()
@click.argument("customer")
@click.argument("which", required=False)
@click.option(
    "--document",
    "form",
    type=click.Choice(RECEIPT_FORMATS),
    help="The document alone, in this format, without key and proof.",
)
@click.option("--output", "file", type=click.Path(path_type=Path), help="Instead of stdout.")
@pass_session
def receipt(
    session: Session, customer: str, which: str | None, form: str | None, file: Path | None
) -> None:
    """Print the receipt of a CUSTOMER's last decision, or of WHICH: its id, digest or transaction.

    The file proves itself: consent verify FILE needs no chain, and nobody's word.
    """
    from rapport import receipts

    found = session.client().consent.receipt(customer, which)
    content = receipts.write(found)
    if form is not None:
        document = receipts.render(receipts.opened(found), receipts.Format(form))
        content = files.indented(document)
    if file is None:
        click.echo(json.dumps(json.loads(content)) if session.json else content, nl=session.json)
        return
    files.create(file, content)
    record = {"file": str(file), "digest": found.digest, "proved": found.evidence is not None}
    if session.json:
        output.as_json(record)
    else:
        output.fields("receipt", record.items())


@verbs.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--offline", is_flag=True, help="Ask no chain; the block's hash is then to be checked."
)
@pass_session
def verify(session: Session, file: Path, offline: bool) -> None:
    """Check the receipt in FILE: unaltered, its digest in a block, the block part of the chain."""
    content = files.content(file)
    if offline:  # whoever was handed a receipt may have no node, and no settings
        from rapport.services.consent_receipts import verify_offline

        found = verify_offline(content, Purposes(session.config.purposes))
    else:
        found = session.client().consent.verify(content)
    if session.json:
        output.as_json(found)
        return
    title = "holds, if the block is one of the chain" if offline else "holds"
    output.fields(f"the receipt {title}", output.plain(found).items())


@verbs.command()
@click.argument("customer")
@click.option("--output", "file", type=click.Path(path_type=Path), help="Instead of stdout.")
@pass_session
def export(session: Session, customer: str, file: Path | None) -> None:
    """Write all about a CUSTOMER's consent as one JSON object: state, history, receipts."""
    from rapport import receipts

    client = session.client()
    kept = client.consent.receipts(customer)
    told: dict[str, Any] = {
        "customer": client.customer.show(customer).id,
        "consents": client.consent.status(customer),
        "history": client.consent.history(customer),
        "receipts": [json.loads(receipts.write(each)) for each in kept],
    }
    if file is None:
        output.as_json(told)
        return
    files.create(file, files.indented(told))
    record = {"file": str(file), "decisions": len(told["history"]), "receipts": len(kept)}
    if session.json:
        output.as_json(record)
    else:
        output.fields("exported", record.items())
