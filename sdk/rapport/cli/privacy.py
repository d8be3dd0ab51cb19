"""``rapport customer``: what is held on a customer, told, corrected, renewed or destroyed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport import sealing
from rapport.cli import files, output, requests
from rapport.cli.options import MOMENT, SIGNATURE, Noun, pass_session, writes
from rapport.cli.session import Session, follow, show_simulation, write
from rapport.errors import ConfigError, InputError, Pending
from rapport.records import CustomerStatus

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.privacy import Evidence, Proof

verbs = Noun("privacy")
"""Taken over into ``rapport customer``."""


@verbs.command()
@click.argument("customer")
@click.option("--output", "file", type=click.Path(path_type=Path), help="Instead of stdout.")
@pass_session
def export(session: Session, customer: str, file: Path | None) -> None:
    """Write everything held on a CUSTOMER, on chain and off, as one JSON object.

    For a request of access. The file is made for its owner alone, and never overwritten.
    """
    client = session.client()
    told = client.customer.export(customer)
    if file is None:
        output.as_json(told)
        return
    files.create(file, files.indented(told))
    record = {
        "file": str(file),
        "id": told.off_chain.id,
        "references": len(told.off_chain.references),
        "events": len(told.events),
    }
    if session.json:
        output.as_json(record)
    else:
        output.fields("exported", record.items())


@verbs.command()
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@writes
@pass_session
def erase(
    session: Session,
    customer: str,
    yes: bool,
    key: str | None,
    dry_run: bool,
    wait: bool,
    timeout: float,
) -> int | None:
    """Erase a CUSTOMER for ever, and prove what is left.

    Points are forfeited; number, key and what the journal holds are destroyed. Logs of the chain
    stay: the proof says which. A customer whose own wallet did it is only followed here.
    """
    client = session.client(writes=not dry_run)
    if dry_run:
        show_simulation(session, client.customer.erase.dry_run(customer, idempotency_key=key))
        return None
    if not yes:
        click.confirm(f"Erase {customer} for ever?", abort=True, err=True)
    evidence = client.customer.evidence(customer)
    found = client.customer.show(evidence.ids[0])
    status = "done before"
    if found.status is not CustomerStatus.ERASED:
        if not wait:
            write(
                session,
                client.customer.erase,
                customer,
                idempotency_key=key,
                dry_run=False,
                wait=False,
                timeout=timeout,
            )
            return None
        submission = client.customer.erase(customer, idempotency_key=key)
        status = follow(client, submission, timeout).status
        client.follow_up()
    else:
        client.follow_up()
        client.customer.forget(evidence.ids[0])
    return _show_proof(session, client, evidence, status)


def _show_proof(session: Session, client: Client, evidence: Evidence, status: str) -> int:
    proof = client.customer.prove(evidence)
    left = proof.on_chain
    record = {
        "id": left.ids[0],
        "status": status,
        "clean": proof.clean,
        "here": {
            "numbers_and_keys": proof.directory,
            "journal_entries": proof.journal,
            "traces_sought": proof.bytes_sought,
            "traces_found": proof.bytes_found,
        },
        "on_chain": left,
    }
    if session.json:
        output.as_json(record)
    else:
        _print_proof(record, proof)
    if proof.clean:
        return 0
    output.note(
        "rapport: not complete, since something is under way or another process is in the way; "
        f"again: rapport customer erase {left.ids[0]}"
    )
    return Pending.exit_code


def _print_proof(record: dict[str, Any], proof: Proof) -> None:
    left = proof.on_chain
    output.fields(
        "erased, and nothing is left here" if proof.clean else "not complete",
        [
            ("id", record["id"]),
            ("status", record["status"]),
            ("numbers and keys in the directory", proof.directory),
            ("entries about it in the journal", proof.journal),
            ("traces found in the files", f"{proof.bytes_found} of {proof.bytes_sought} sought"),
        ],
    )
    output.fields(
        "what the chain keeps for ever",
        [
            ("ids", left.ids),
            ("events", left.events),
            *sorted(left.by_contract.items()),
            ("wallets ever linked or proposed", left.wallets),
        ],
    )
    if left.wallets:
        output.note(
            "rapport: logs keep connecting the id with "
            + ("this wallet" if len(left.wallets) == 1 else "these wallets")
        )


@verbs.command()
@click.argument("number")
@click.argument("correct")
@pass_session
def rectify(session: Session, number: str, correct: str) -> None:
    """Give the customer known as NUMBER the number CORRECT.

    Id, key, points and references stay; nothing is sent. The commitment on chain is a keyed digest
    of the old number. Import under the new number from now on: the old one is nobody's.
    """
    client = session.client()
    record = {"id": client.customer.rectify(number, correct), "number": correct.strip()}
    if session.json:
        output.as_json(record)
    else:
        output.fields("rectified", record.items())
        output.note(
            "rapport: the commitment on chain is of the old number; "
            "to show what it stood for, the old number is needed"
        )


@verbs.command("renew-id")
@click.argument("customer")
@click.option("--deadline", type=MOMENT, help="As signed by the wallet, if there is one.")
@click.option("--signature", type=SIGNATURE, help="Of the wallet, if there is one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=120.0,
    show_default=True,
    help="Seconds to wait for each of the two steps; they go on in the outbox.",
)
@pass_session
def renew_id(
    session: Session,
    customer: str,
    deadline: datetime | None,
    signature: bytes | None,
    yes: bool,
    timeout: float,
) -> None:
    """Move a CUSTOMER to a fresh random id and key; points, debt and tier credit go along.

    Wallet, verification and grants of consent do not: link, verify and ask again. The merge of
    the two ids is public. A customer with a wallet has to sign first: without --signature this
    prints what. Killed half-way, the same command goes on with the same fresh id.
    """
    client = session.client(writes=True)
    client.follow_up()
    found = client.customer.show(customer)
    if found.wallet is not None and signature is None:
        until = deadline or requests.next_week()
        request = client.customer.renewal_request(customer, until)
        requests.show(request, client.customer.domain())
        output.note("rapport: the wallet signs this; then give --deadline and --signature")
        return
    if signature is not None and deadline is None:
        raise InputError("--signature needs the --deadline that was signed")
    if not yes:
        click.confirm(f"Move {customer} to a fresh id for ever?", abort=True, err=True)
    begun = client.customer.begin_renewal(customer)
    follow(client, begun, timeout)
    merged = client.customer.complete_renewal(customer, deadline, signature or b"")
    outcome = follow(client, merged, timeout)
    client.follow_up()
    old = client.directory.find(found.id)
    fresh = None if old.merged_into is None else "0x" + old.merged_into.hex()
    record = {"id": fresh, "was": found.id, "transaction": outcome.tx_hash}
    if session.json:
        output.as_json(record)
    else:
        output.fields("renewed", record.items())


@verbs.command()
@click.option("--new-key-file", type=click.Path(path_type=Path), help="File with the new key.")
@click.option("--new-seal", metavar="NAME", help="Installed seal that holds the new key.")
@pass_session
def reseal(session: Session, new_key_file: Path | None, new_seal: str | None) -> None:
    """Close numbers and keys of all customers anew, perhaps under another master key.

    Without an option the master key stays, and the data key under it is replaced. Stop other
    processes first; they refuse to go on, and start again with the new key.
    """
    from rapport.client import seal_of
    from rapport.directory import Directory

    settings = session.config
    current = seal_of(settings)
    wanted = sealing.load(key_file=new_key_file, seal=new_seal) or current
    if wanted is None:
        raise ConfigError(
            "no key to seal with: export RAPPORT_SEAL_KEY or RAPPORT_SEAL_KEY_FILE, "
            "or name --new-key-file"
        )
    directory = Directory(settings.journal, seal=current)
    try:
        directory.reseal(wanted)
        record = {"journal": str(settings.journal), "sealed_with": wanted.name}
    finally:
        directory.close()
    if session.json:
        output.as_json(record)
    else:
        output.fields("sealed", record.items())
        if new_key_file is not None or new_seal is not None:
            output.note("rapport: configure the new key now; backups still need the old one")
