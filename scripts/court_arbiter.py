"""Makes an arbiter that brings disputes to a court: ``ape run court_arbiter --court ADDRESS ...``.

The court is a contract of the ERC-792 kind. The shares are the provider's, in percent, by ruling:
the first for a court that refuses to rule, then one for each choice. The address that is printed is
what policies name as their arbiter; nothing is written to the address book.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import click
from ape import accounts, networks, project
from ape.cli import ConnectedProviderCommand
from ape.logging import LogLevel, logger
from eth_utils import is_address, to_checksum_address

from scripts.deployment.book import AddressBook, default_path
from scripts.deployment.connection import deployer_account, genesis_of, is_local
from scripts.deployment.errors import DeploymentError
from scripts.deployment.sources import compile_if_changed, container

ESCROW, ARBITER = "SLAEscrow", "CourtArbiter"
DAY = 86_400


@click.command(cls=ConnectedProviderCommand)
@click.option("--account", help="Ape account that deploys; test account 0 on a local chain.")
@click.option("--court", required=True, help="Address of the court.")
@click.option(
    "--share", "shares", multiple=True, required=True, help="Percent for the provider; repeat it."
)
@click.option("--round", "days", type=int, required=True, help="Days that a round takes at most.")
@click.option("--meta-evidence", required=True, help="Where it is written what disputes are about.")
@click.option("--extra-data", default="0x", show_default=True, help="What the court is told, hex.")
@click.option(
    "--addresses",
    type=click.Path(path_type=Path),
    help="Address book; RAPPORT_ADDRESSES or deployments/<chainId>.json by default.",
)
@click.option("--yes", is_flag=True, help="Do not ask before sending to a live chain.")
@click.option("--json", "machine", is_flag=True, help="One JSON object.")
def cli(
    account: str | None,
    court: str,
    shares: tuple[str, ...],
    days: int,
    meta_evidence: str,
    extra_data: str,
    addresses: Path | None,
    yes: bool,
    machine: bool,
) -> None:
    """Deploy a CourtArbiter for the escrow of the address book, and print its address."""
    provider = networks.provider
    chain_id = provider.chain_id
    local = is_local(provider)
    compile_if_changed(project)
    if not is_address(court) or not provider.get_code(to_checksum_address(court)):
        raise DeploymentError(f"no court stands at {court} on chain {chain_id}: check --court")
    path = addresses or default_path(chain_id)
    book = AddressBook.read(path, chain_id, genesis_of(provider))
    if ESCROW not in book.contracts:
        raise DeploymentError(
            f"{path} names no {ESCROW} on chain {chain_id}: choose another --addresses, or deploy"
        )
    terms = (
        book.address(ESCROW),
        to_checksum_address(court),
        told(extra_data),
        meta_evidence,
        [basis_points(each) for each in shares],
        days * DAY,
    )
    deployer = deployer_account(accounts, account, local, chain_id)
    if not local and not yes and not machine:
        click.confirm(f"Deploy to chain {chain_id} as {deployer.address}?", abort=True)
    with logger.at_level(LogLevel.ERROR):  # Ape would say the transaction twice more
        made = deployer.deploy(container(project, ARBITER), *terms)
    if machine:
        click.echo(json.dumps({"chain_id": chain_id, "arbiter": made.address, "court": court}))
    else:
        click.echo(f"{made.address} brings disputes of {terms[0]} to {terms[1]}.")


def basis_points(percent: str) -> int:
    """
    Basis points of a share.

    Raises:
        DeploymentError: It is no share, or finer than a hundredth of a percent.
    """
    try:
        points = Decimal(percent) * 100
        if 0 <= points <= 10_000 and points == points.to_integral_value():
            return int(points)
    except ArithmeticError:
        pass
    raise DeploymentError(f"a share is 0 to 100 percent, at most two decimals; met {percent!r}")


def told(text: str) -> bytes:
    """
    What the court is told.

    Raises:
        DeploymentError: It is not hexadecimal.
    """
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise DeploymentError(f"--extra-data is hexadecimal; met {text!r}") from None
