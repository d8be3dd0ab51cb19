"""``rapport status``: how things stand."""

from __future__ import annotations

import click

from rapport.cli import output
from rapport.cli.options import Verb, pass_session
from rapport.cli.session import Session
from rapport.errors import NotDeployed


@click.command(cls=Verb)
@pass_session
def status(session: Session) -> None:
    """Show the chain, the contracts, the sender's roles, the outbox and the liability."""
    found = session.client().survey()
    outbox = found.outbox
    if session.json:
        sending = None
        if outbox is not None:
            sending = {
                "open": outbox.open,
                "states": outbox.counts,
                "worker": outbox.worker,
                "trouble": outbox.trouble,
            }
        session.found = {**output.plain(found), "outbox": output.plain(sending)}
    else:
        output.fields(
            "chain",
            [
                ("id", str(found.chain_id)),
                ("block", found.block),
                ("time", found.time),
                ("base fee", f"{found.fee_gwei:f} gwei"),
                ("sender", found.sender),
                ("funds", found.funds),
            ],
        )
        output.rows(
            "contracts",
            ("contract", "address", "deployed", "this version", "roles of the sender"),
            [
                (each.name, each.address, each.deployed, each.matches, each.roles)
                for each in found.contracts
            ],
        )
        if outbox is not None:
            output.fields(
                "outbox",
                [
                    ("open", outbox.open),
                    *((state.value, count) for state, count in outbox.counts.items()),
                    ("sending", outbox.worker),
                    ("trouble", outbox.trouble),
                ],
            )
        output.fields("points", [("liability", found.liability), ("paused", found.paused)])
        output.fields("consents", [("paused", found.consents_paused)])
    for each in found.contracts:
        if not each.deployed:
            raise NotDeployed(each.name, each.address or "")
    if session.json:
        output.as_json(session.found)
