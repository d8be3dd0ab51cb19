"""Deploys the suite, or finishes what an earlier run began: ``ape run deploy --network ...``.

``ethereum:local:foundry`` finds a running anvil by ``APE_FOUNDRY_HOST`` (http://127.0.0.1:8545
otherwise). Settings and roles: ``scripts/deployment/deploy.toml``. The address book is written to
``deployments/<chainId>.json``; the bytecode on the chain is compared with what the sources compile
to, every time.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click
from ape import accounts, networks, project
from ape.cli import ConnectedProviderCommand
from ape.logging import LogLevel, logger

from scripts.deployment.book import AddressBook, default_path
from scripts.deployment.connection import (
    deployer_account,
    funds,
    genesis_of,
    is_local,
    resolver,
)
from scripts.deployment.errors import DeploymentError
from scripts.deployment.plan import Deployment
from scripts.deployment.settings import DEFAULT, load
from scripts.deployment.sources import compile_if_changed
from scripts.deployment.table import as_json, show
from scripts.deployment.table import console as wide_console


@click.command(cls=ConnectedProviderCommand)
@click.option("--account", help="Ape account that deploys; test account 0 on a local chain.")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    default=DEFAULT,
    help="Settings and roles; scripts/deployment/deploy.toml by default.",
)
@click.option(
    "--addresses",
    type=click.Path(path_type=Path),
    help="Address book; RAPPORT_ADDRESSES or deployments/<chainId>.json by default.",
)
@click.option("--fresh", is_flag=True, help="Begin another suite; the present book is kept.")
@click.option("--yes", is_flag=True, help="Do not ask before sending to a live chain.")
@click.option("--json", "machine", is_flag=True, help="One JSON object instead of tables.")
def cli(
    account: str | None,
    settings_file: Path,
    addresses: Path | None,
    fresh: bool,
    yes: bool,
    machine: bool,
) -> None:
    """Deploy the suite, grant its roles, verify its code, and write the address book."""
    provider = networks.provider
    chain_id = provider.chain_id
    local = is_local(provider)
    console = wide_console(machine)

    compile_if_changed(project)
    deployer = deployer_account(accounts, account, local, chain_id)
    settings = load(settings_file, resolver(accounts, local, chain_id))
    if settings.chain_id not in (None, chain_id):
        raise DeploymentError(
            f"{settings.origin} is for chain {settings.chain_id}, connected is chain {chain_id}: "
            "choose the right --network, or other --settings"
        )

    path = addresses or default_path(chain_id)
    passing = getattr(provider, "process", None) is not None
    if passing:
        # A chain that ends with this command leaves no addresses worth keeping.
        path = Path(tempfile.mkdtemp(prefix="rapport-")) / path.name
        console.print(
            "[yellow]No chain was running, so Ape started one that ends with this command.[/] "
            "Run `make devnet` first, or export APE_FOUNDRY_HOST, to keep the suite."
        )
    genesis = genesis_of(provider)
    book = AddressBook.read(path, chain_id, genesis)
    if fresh:
        book.start_anew(genesis)
    elif book.reset_on(provider, genesis, local):
        console.print(f"Chain {chain_id} began anew since {path} was written; so does the book.")
        book.start_anew(genesis)

    deployment = Deployment(project, provider, deployer, settings, book)
    funds(deployment)
    if not local and not yes and not machine:
        click.confirm(f"Deploy to chain {chain_id} as {deployer.address}?", abort=True)
    deployment.observe = lambda moment, title: (
        console.print(f"  {title}", soft_wrap=True) if moment == "done" else None
    )
    with logger.at_level(LogLevel.ERROR):  # Ape would say each transaction twice more
        outcome = deployment.run()
    if machine:
        click.echo(json.dumps(as_json(deployment, outcome)))
    else:
        show(deployment, outcome, console)
