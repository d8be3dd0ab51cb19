"""What a deployment leaves, on the screen."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from scripts.deployment.handover import transfers
from scripts.deployment.plan import Deployment, Outcome
from scripts.deployment.settings import ROLES
from scripts.deployment.steps import Steps, role_id
from scripts.deployment.suite import ADMINISTERED
from scripts.deployment.verification import Verdict

WIDTH = 100  # that the tables need; a narrower terminal wraps
WORDS = {
    Verdict.EXACT: "[green]as compiled[/]",
    Verdict.BUT_IMMUTABLES: "[yellow]but immutables[/]",
}


def console(to_stderr: bool) -> Console:
    """A console that is wide enough for an address beside its contract."""
    found = Console(stderr=to_stderr, highlight=False)
    found.width = max(found.width, WIDTH)
    return found


def show(deployment: Deployment, outcome: Outcome, console: Console) -> None:
    """Contracts, roles, what the deployer still holds, and what remains to be done."""
    console.print(contracts(deployment, outcome))
    console.print(roles(deployment))
    held = holdings(deployment)
    deployer = deployment.deployer.address
    console.print(f"The deployer {deployer} still holds: {'; '.join(held) or 'nothing'}.")
    for line in outcome.differing:
        console.print(f"[yellow]Left as it is:[/] {line}.")
    remaining = [*outcome.remaining, *acceptances(deployment)]
    for line in remaining:
        console.print(f"[yellow]Remains:[/] {line}.")
    if not remaining:
        console.print("Nothing remains to be done.")
    done = len(outcome.deployed) + len(outcome.steps)
    if done:
        console.print(f"{done} transactions, {outcome.gas:,} gas.")
    else:
        console.print("Everything stood already; nothing was sent.")
    console.print(f"Address book: {deployment.book.path}")


def contracts(deployment: Deployment, outcome: Outcome) -> Table:
    table = _table(f"Suite on chain {deployment.book.chain_id}")
    table.add_column("contract", no_wrap=True)
    table.add_column("address", no_wrap=True)
    for name in ("block", "gas"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("code", no_wrap=True)
    for name in deployment.contracts:
        entry = deployment.book.contracts[name]
        table.add_row(
            name,
            entry["address"],
            str(entry["block"]),
            f"{entry['gas']:,}",
            WORDS[outcome.verdicts[name]],
        )
    return table


def roles(deployment: Deployment) -> Table:
    """The roles of the settings as the chain confirms them."""
    table = _table("Roles")
    for name in ("contract", "role", "account"):
        table.add_column(name, no_wrap=True)
    table.add_column("points a day", justify="right")
    for name in ADMINISTERED:
        admin = deployment.contract(name).defaultAdmin()
        table.add_row(name, "DEFAULT_ADMIN", admin, "")
    points = deployment.contract("LoyaltyPoints")
    for (name, role), holder, spoken in Steps(deployment).grants():
        granted = deployment.contract(name).hasRole(role_id(role), holder)
        issuer = (name, role) == ROLES["issuer"]
        cap = f"{points.issuerCap(holder).pointsPerDay:,}" if issuer else ""
        account = spoken if granted else f"[red]{spoken} (not granted)[/]"
        table.add_row(name, role, account, cap)
    return table


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1)
    )


def holdings(deployment: Deployment) -> list[str]:
    """Every role that the deployer holds now, asked of the contracts."""
    found = []
    deployer = deployment.deployer.address
    for name in ADMINISTERED:
        contract = deployment.contract(name)
        if contract.defaultAdmin() == deployer:
            found.append(f"DEFAULT_ADMIN of {name}")
    for role in ROLES.values():
        if deployment.contract(role.contract).hasRole(role_id(role.name), deployer):
            found.append(str(role))
    return found


def acceptances(deployment: Deployment) -> list[str]:
    """Admin transfers that were begun and not accepted."""
    contracts = [(name, deployment.contract(name)) for name in ADMINISTERED]
    return [
        f"{t.new_admin} calls acceptDefaultAdminTransfer() on {t.name} {t.after}: "
        "`ape run accept_admin`"
        for t in transfers(contracts)
    ]


def as_json(deployment: Deployment, outcome: Outcome) -> dict[str, Any]:
    """The same for machines."""
    return {
        "chainId": deployment.book.chain_id,
        "addresses": str(deployment.book.path),
        "contracts": {
            name: {**deployment.book.contracts[name], "code": outcome.verdicts[name].value}
            for name in deployment.contracts
        },
        "deployed": outcome.deployed,
        "steps": outcome.steps,
        "gas": outcome.gas,
        "deployerHolds": holdings(deployment),
        "differing": outcome.differing,
        "remaining": [*outcome.remaining, *acceptances(deployment)],
    }
