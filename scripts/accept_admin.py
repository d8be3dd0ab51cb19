"""Accepts the admin's transfer that a deployment began: ``ape run accept_admin --account ALIAS``.

The account is the new admin. A wallet of several signatures sends the same call itself:
``acceptDefaultAdminTransfer()``, data ``0xcefc1429``, to each address of the book.
"""

from __future__ import annotations

from pathlib import Path

import click
from ape import accounts, networks, project
from ape.cli import ConnectedProviderCommand
from ape.logging import LogLevel, logger

from scripts.deployment.book import AddressBook, default_path
from scripts.deployment.connection import deployer_account, genesis_of, is_local
from scripts.deployment.errors import DeploymentError
from scripts.deployment.handover import accept
from scripts.deployment.sources import compile_if_changed
from scripts.deployment.suite import ADMINISTERED


@click.command(cls=ConnectedProviderCommand)
@click.option("--account", required=True, help="Ape account of the new admin, or test:N locally.")
@click.option(
    "--addresses",
    type=click.Path(path_type=Path),
    help="Address book; RAPPORT_ADDRESSES or deployments/<chainId>.json by default.",
)
def cli(account: str, addresses: Path | None) -> None:
    """Accept, as the new admin, every contract whose transfer is due."""
    provider = networks.provider
    chain_id = provider.chain_id
    compile_if_changed(project)
    admin = deployer_account(accounts, account, is_local(provider), chain_id)
    path = addresses or default_path(chain_id)
    book = AddressBook.read(path, chain_id, genesis_of(provider))
    if not book.contracts:
        raise DeploymentError(
            f"{path} names no contracts on chain {chain_id}: choose another --addresses, or deploy"
        )
    contracts = [
        (name, getattr(project, name).at(place["address"], fetch_from_explorer=False))
        for name, place in book.contracts.items()
        if name in ADMINISTERED
    ]
    with logger.at_level(LogLevel.ERROR):  # Ape would say each transaction twice more
        # An idle chain's newest block may be old; what counts is the time of the next one.
        accepted, waiting = accept(contracts, admin, provider.get_block("pending").timestamp)
    for name in accepted:
        click.echo(f"{admin.address} is now the admin of {name}.")
    for line in waiting:
        click.echo(f"Remains: {line}.")
    if not accepted and not waiting:
        click.echo("No transfer is under way.")
