"""``rapport customer``: who the customers are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rapport import units
from rapport.cli import imports, onboard, output, privacy, requests, wallets
from rapport.cli.options import MOMENT, SIGNATURE, noun, pass_session, writes
from rapport.cli.session import Session, confirm, write
from rapport.ingest.customers import read_customers
from rapport.ingest.rejects import Rejects, rejects_path
from rapport.ingest.tables import open_table

customer = noun("customer", "Register customers, link their wallets, merge and erase.")

for group in (wallets.verbs, privacy.verbs, onboard.verbs):
    for each in group.commands.values():
        customer.add_command(each)


@customer.command()
@click.argument("number")
@writes
@pass_session
def register(session: Session, number: str, key: str | None, **how: Any) -> None:
    """Register the customer that the brand knows as NUMBER.

    The number stays here; the chain gets 32 random bytes.
    """
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.register, number, idempotency_key=key, **how)


@customer.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", default="customer", show_default=True, help="Column of the numbers.")
@imports.options
@click.option("--dry-run", is_flag=True, help="Check every row; register nobody.")
@pass_session
def import_(
    session: Session,
    file: Path,
    column: str,
    encoding: str,
    delimiter: str | None,
    rejects: Path | None,
    dry_run: bool,
) -> None:
    """Register the customers of a CSV or JSONL FILE.

    A number that stands in it twice, or was registered before, is registered once.
    """
    table = open_table(file, encoding=encoding, delimiter=delimiter)
    found = read_customers(table, column)
    counts = {"rows": 0, "repeated": 0}
    with Rejects(table, rejects or rejects_path(file)) as refused:

        def numbers() -> Any:
            for row, number, reason in found:
                counts["rows"] += 1
                if reason is not None:
                    refused.add(row, reason)
                elif number is None:
                    counts["repeated"] += 1
                else:
                    yield number

        if dry_run:
            counts["valid"] = sum(1 for _ in numbers())
        else:
            client = session.client(writes=True)
            client.require_role("CustomerRegistry", "OPERATOR")
            counts.update(registered=0, known=0)
            with output.bar("registering", table.lines()) as bar:
                stream = client.customer.register_batch(numbers())
                stream.watch = lambda ended: bar.at(ended + counts["repeated"] + refused.count)
                for each in stream:
                    if each.error is not None:
                        raise each.error
                    counts["registered" if each.status == "done" else "known"] += 1
    imports.report(session, "customers", counts, refused, dry_run=dry_run)


@customer.command()
@click.argument("customer")
@pass_session
def show(session: Session, customer: str) -> None:
    """Show a CUSTOMER by number or 0x id, or by the wallet's address."""
    client = session.client()
    if customer[:2] == "0x" and len(customer) == 42:
        found = client.customer.of_wallet(customer)
    else:
        found = client.customer.show(customer)
    if session.json:
        output.as_json(found)
    else:
        output.fields("customer", output.plain(found).items())


@customer.command()
@click.argument("customer")
@click.option("--reason", default="", help="Kept on chain as a keyed digest only.")
@writes
@pass_session
def suspend(session: Session, customer: str, reason: str, key: str | None, **how: Any) -> None:
    """Stop a CUSTOMER from spending and linking; earning goes on."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.suspend, customer, reason, idempotency_key=key, **how)


@customer.command()
@click.argument("customer")
@writes
@pass_session
def reinstate(session: Session, customer: str, key: str | None, **how: Any) -> None:
    """End a CUSTOMER's suspension."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.reinstate, customer, idempotency_key=key, **how)


@customer.command()
@click.argument("source")
@click.argument("target")
@click.option("--deadline", type=MOMENT, help="As signed by the wallet of SOURCE, if it has one.")
@click.option("--signature", type=SIGNATURE, help="Of the wallet of SOURCE, if it has one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@writes
@pass_session
def merge(
    session: Session,
    source: str,
    target: str,
    deadline: datetime | None,
    signature: bytes | None,
    yes: bool,
    key: str | None,
    **how: Any,
) -> None:
    """Merge SOURCE into TARGET for ever: points, debts and tier credit move."""
    client = session.client(writes=not how["dry_run"])
    confirm(f"Merge {source} into {target} for ever?", yes, how)
    write(
        session,
        client.customer.merge,
        source,
        target,
        deadline,
        signature or b"",
        idempotency_key=key,
        **how,
    )


@customer.command("merge-request")
@click.argument("source")
@click.argument("target")
@requests.deadline
@pass_session
def merge_request(session: Session, source: str, target: str, deadline: datetime) -> None:
    """Print what the wallet of SOURCE signs to be merged into TARGET."""
    client = session.client()
    intent = client.customer.merge_request(source, target, deadline)
    requests.show(intent, client.customer.domain())


@customer.command()
@click.argument("customer")
@click.argument("level", type=click.IntRange(1, 65_535))
@click.argument("until", type=MOMENT)
@click.option(
    "--evidence",
    default="",
    help="What it rests on: kept on chain as a keyed digest only. 0x and 64 digits: as they are.",
)
@writes
@pass_session
def verify(
    session: Session,
    customer: str,
    level: int,
    until: datetime,
    evidence: str,
    key: str | None,
    **how: Any,
) -> None:
    """Record that the CUSTOMER was verified to LEVEL, valid UNTIL that moment."""
    client = session.client(writes=not how["dry_run"])
    digest = bytes(32)
    if evidence[:2] in ("0x", "0X"):
        digest = units.bytes32(evidence, "evidence")
    elif evidence:
        digest = client.directory.find(customer).ref(f"evidence:{evidence}")
    write(
        session, client.customer.verify, customer, level, until, digest, idempotency_key=key, **how
    )


@customer.command("revoke-verification")
@click.argument("customer")
@writes
@pass_session
def revoke_verification(session: Session, customer: str, key: str | None, **how: Any) -> None:
    """End a CUSTOMER's verification at once."""
    client = session.client(writes=not how["dry_run"])
    write(session, client.customer.revoke_verification, customer, idempotency_key=key, **how)
