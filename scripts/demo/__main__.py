"""``make demo``: real orders, exactly once, on a chain of its own."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from rapport import Client, cost
from rapport.errors import RapportError
from scripts.demo import audit, crash, screen, shop
from scripts.demo.club import ENDS, Club, Year
from scripts.demo.consents import Consents
from scripts.demo.desk import Desk
from scripts.demo.months import Months, Story
from scripts.demo.stage import DemoError, Miner, Stage, open_stage

NETWORK = "base"
PRICE = Decimal(3000)  # US dollars for a native coin, to turn gas into money
SEEN_ON = [date(1997, 3, 31), date(1997, 12, 31), date(1998, 6, 30)]
AFTERWARDS = date(1999, 1, 1)  # when the tiers earned in 1997 end


def main() -> int:
    options = argparse.ArgumentParser(prog="make demo", description=__doc__)
    options.add_argument("--network", default=NETWORK, help="for gas in money; see rapport cost")
    options.add_argument("--price", type=Decimal, default=PRICE, help="US dollars a native coin")
    given = options.parse_args()
    console = Console()
    try:
        network = cost.network(given.network)
        began = datetime.now(UTC)
        with open_stage() as stage:
            proved = tell(console, stage, network, given.price)
        console.print(f"Took {(datetime.now(UTC) - began).total_seconds():.0f} s.")
        return 0 if proved else 1
    except (DemoError, RapportError) as error:
        Console(stderr=True).print(f"demo: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130


def tell(console: Console, stage: Stage, network: cost.Network, price: Decimal) -> bool:
    """The whole story. Returns whether everything added up."""
    console.print(
        "[b]Rapport[/]: eighteen months of a real shop (CDNOW, 1997-98) on a chain of its own, and "
        "a year each of its help desk and its club.\nReturns, redemptions, the desk and the club "
        "are drawn with a fixed seed; the orders are as they were.\n"
    )
    with _progress(console) as progress:
        step = _step(progress, "Deploying the suite with Ape")
        stage.deploy()
        progress.update(step, completed=1)

        told = shop.read()
        backup, orders = stage.folder / "backup.db", stage.folder / "orders.csv"
        shop.write_csv(told, orders)
        with Miner(stage.url) as miner, stage.client() as client:
            step = _step(progress, "Registering customers", len(told.customers))
            client.customer.register_batch(told.customers).finish()
            progress.update(step, completed=len(told.customers))
            crash.back_up(stage.journal, backup)

            desk = Desk(stage, miner, client, told)
            _serve(progress, desk)

            consents = Consents(client, told)
            step = _step(progress, "Recording what customers allow")
            consents.begin(min(told.orders))
            progress.update(step, completed=1)

            months = Months(client, told, consents)
            story = _play(progress, months, told)

            step = _step(progress, "The whole file again, and SIGKILL")
            crashed = crash.import_again(stage, miner, backup, orders)
            progress.update(step, completed=1)

            step = _step(progress, "Auditing the chain")
            last = max(told.orders)
            now = datetime.combine(last, time(23, 59), tzinfo=UTC)
            proof = audit.effects(client, told)
            ledger = audit.ledger(client, now)
            liability = client.loyalty.liability()
            allowed = consents.prove(last)
            lines = _costs(client, network, story, len(told.customers))
            service = desk.finish(consents.wallets)
            months.finish(last, [AFTERWARDS])
            progress.update(step, completed=1)

            year = _subscribe(progress, Club(stage, client, told))

    screen.summary(console, told, story)
    screen.show(
        console,
        [
            screen.tiers(story.tiers, last),
            screen.outstanding(liability),
            screen.balance(ledger),
            screen.cost(lines, network.title, price),
        ],
    )
    screen.consents(console, allowed, last)
    screen.service(console, service)
    screen.club(console, year, ENDS)
    screen.proof(console, proof, crashed)
    facts = (proof.proved, ledger.adds_up, allowed.holds, year.adds_up, service.adds_up)
    return all(facts)


def _play(progress: Progress, months: Months, told: shop.Shop) -> Story:
    total = sum(map(len, told.orders.values()))
    step = _step(progress, "Playing the months", total)

    def tick(day: date, orders: int) -> None:
        progress.update(step, advance=orders, description=f"Orders of {screen.month(day)}")

    story = months.play(tick, SEEN_ON)
    progress.update(step, description="Orders of eighteen months")
    return story


def _subscribe(progress: Progress, club: Club) -> Year:
    step = _step(progress, "A year of subscriptions", 12)

    def tick(day: date) -> None:
        progress.update(
            step, completed=day.month, description=f"Subscriptions, {screen.month(day)}"
        )

    year = club.play(tick)
    progress.update(step, description="A year of subscriptions")
    return year


def _serve(progress: Progress, desk: Desk) -> None:
    step = _step(progress, "A year of service levels", len(desk.tickets))

    def tick(day: date, tickets: int) -> None:
        progress.update(step, completed=tickets, description=f"Tickets, {screen.month(day)}")

    desk.play(tick)
    progress.update(step, description="A year of service levels")


def _costs(
    client: Client, network: cost.Network, story: Story, customers: int
) -> list[tuple[str, int, Decimal]]:
    """Average gas as it was used here, a day's orders to a batch, and its price on the network."""
    earned = audit.gas_of(client, audit.RULES, "Earned") // max(1, story.recorded)
    settled = audit.gas_of(client, audit.POINTS, "Settled") // max(1, story.recorded)
    registered = audit.gas_of(client, "CustomerRegistry", "Registered") // customers
    return [
        (name, gas, Decimal(gas * network.fee).scaleb(-18))
        for name, gas in [
            ("customer registered", registered),
            ("order recorded", earned),
            ("award settled", settled),
        ]
    ]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<40}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _step(progress: Progress, text: str, total: int = 1) -> TaskID:
    return progress.add_task(text, total=total)


if __name__ == "__main__":
    sys.exit(main())
