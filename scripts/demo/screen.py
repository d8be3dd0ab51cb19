"""The last screen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from rich import box
from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table

from rapport.records import Liability
from rapport.sla import Settlement
from scripts.demo.audit import Effects, Ledger
from scripts.demo.club import Year
from scripts.demo.consents import Proof
from scripts.demo.crash import Crash
from scripts.demo.months import Story
from scripts.demo.service import Service
from scripts.demo.shop import Shop

TIERS = ("Member", "Silver", "Gold", "Platinum")


def summary(console: Console, shop: Shop, story: Story) -> None:
    """What happened, in one sentence."""
    orders = list(shop.all_orders())
    console.print(
        f"\n{len(shop.customers):,} customers, {len(shop.regulars)} of them with a wallet, placed "
        f"{len(orders):,} orders over ${sum(order.amount for order in orders):,}, redeemed points "
        f"{story.redemptions:,} times ({story.by_wallet} by a wallet's signature), and returned "
        f"{story.returns:,} orders in whole or half.",
        highlight=False,
    )


def tiers(seen: dict[date, list[int]], after: date) -> Table:
    """Customers by tier on some days; the last look is at a day after the last order."""
    table = _table("Customers by tier")
    table.add_column("")
    for day in seen:
        table.add_column(f"{day:%d %b %Y}" + ("*" if day > after else ""), justify="right")
    for tier in range(len(next(iter(seen.values())))):
        table.add_row(TIERS[tier], *(f"{counts[tier]:,}" for counts in seen.values()))
    table.caption = "* if nobody bought more: a tier lasts through the year after it was earned"
    return table


def outstanding(liability: Liability) -> Table:
    """What customers can spend, by when they lose it."""
    table = _table("Points outstanding by expiry")
    table.add_column("lost on")
    table.add_column("points", justify="right")
    for each in liability.expiring:
        table.add_row(f"{each.expires_at:%d %b %Y}", f"{each.points:,}")
    table.add_section()
    table.add_row("[b]liability[/]", f"[b]{liability.points:,}[/]")
    return table


def balance(ledger: Ledger) -> Table:
    """All points ever awarded, and where they are."""
    table = _table("Every point accounted for")
    table.add_column("")
    table.add_column("points", justify="right")
    rows = [
        ("available", ledger.available),
        ("pending", ledger.pending),
        ("redeemed", ledger.redeemed),
        ("expired", ledger.expired),
        ("reversed", ledger.reversed),
        ("owed by customers", -ledger.debt),
    ]
    for name, points in rows:
        table.add_row(name, f"{points:,}")
    table.add_section()
    table.add_row("sum", f"{ledger.total:,}")
    table.add_row("[b]awarded[/]", f"[b]{ledger.awarded:,}[/] {_tick(ledger.adds_up)}")
    return table


def cost(lines: list[tuple[str, int, Decimal]], network: str, price: Decimal) -> Table:
    """Gas and money: (what, gas, native coins) each."""
    table = _table(f"Gas, and money on {network}")
    table.add_column("each")
    table.add_column("gas", justify="right")
    table.add_column("US cents", justify="right")
    for name, gas, coin in lines:
        table.add_row(name, f"{gas:,}", f"{coin * price * 100:.4f}")
    return table


def show(console: Console, parts: list[RenderableType]) -> None:
    """Side by side where the terminal is wide enough."""
    console.print()
    console.print(Columns(parts, padding=(1, 3)))


def consents(console: Console, allowed: Proof, day: date) -> None:
    """Who may be told what on a day, and that the chain and a plain ledger agree about it."""
    table = _table(f"What customers allow, {day:%d %b %Y}")
    table.add_column("")
    for title in ("granted", "by wallet", "withdrawn", "lapsed"):
        table.add_column(title, justify="right")
    for each in allowed.standings:
        counts = (each.granted, each.by_wallet, each.withdrawn, each.lapsed)
        table.add_row(each.purpose, *(f"{count:,}" for count in counts))
    console.print(table)
    console.print(
        f"{allowed.asked:,} questions to the chain, {allowed.mismatches} answered otherwise than "
        f"by the ledger {_tick(allowed.mismatches == 0)}; an intent under the old notice refused "
        f"{_tick(allowed.stale_refused)}; receipt {allowed.receipt} proved from its file alone "
        f"{_tick(allowed.proved_offline)}, and refused with one letter changed "
        f"{_tick(allowed.altered_refused)}",
        highlight=False,
    )


def club(console: Console, year: Year, day: date) -> None:
    """What a year of subscriptions came to, and that chain, ledger and wallets agree about it."""
    books = year.books
    table = _table(f"The club, {day:%d %b %Y}")
    table.add_column("members", style="none")
    table.add_column("", justify="right")
    for name, count in [
        ("began", year.members),
        ("in force", year.in_force),
        ("cancelled", year.cancelled),
        ("lapsed", year.lapsed),
        ("paid off", year.completed),
    ]:
        table.add_row(name, f"{count:,}")
    left = year.cancelled + year.lapsed
    table.add_row("[b]churn in the year[/]", f"[b]{left / year.members:.1%}[/]")
    money = _table("Its money, tUSD")
    money.add_column("")
    money.add_column("times", justify="right")
    money.add_column("amount", justify="right")
    money.add_row("charged", f"{books.charges:,}", _dollars(books.charged))
    money.add_row(
        "upgrades, for the rest of a period", f"{books.upgrades:,}", _dollars(books.upgraded)
    )
    money.add_row("given back", f"{books.refunds:,}", _dollars(-books.refunded))
    money.add_section()
    money.add_row(
        "[b]in the club's wallet[/]", "", f"[b]{_dollars(year.with_club)}[/] {_tick(year.adds_up)}"
    )
    months = _table("Revenue by month, tUSD")
    months.add_column("")
    months.add_column("charged", justify="right")
    for month, amount in books.by_month.items():
        months.add_row(month, _dollars(amount))
    console.print(Columns([table, money, months], padding=(1, 3)))
    recovered = books.recovered / books.failed if books.failed else 1
    console.print(
        f"Recurring revenue {_dollars(year.recurring)} tUSD a month; of {books.failed} periods "
        f"that could not be charged when due, {books.recovered} were paid within the grace "
        f"({recovered:.0%}); {year.points:,} points earned as it was paid. "
        f"{year.members - year.differing} of {year.members} records as in a plain ledger "
        f"{_tick(year.differing == 0)}; every tUSD printed is in a wallet "
        f"{_tick(year.with_members + year.with_club == year.printed)}, none with the contract "
        f"{_tick(year.held == 0)}",
        highlight=False,
    )


def service(console: Console, year: Service) -> None:
    """Which promises were kept, what the others cost, and where all of the money is."""
    console.print(Columns([_kept(year), _ended(year), _purse(year)], padding=(1, 3)))
    console.print(
        f"{year.asked} times the clock stood while a customer was asked, {year.disputed} "
        f"agreements were disputed, {year.walletless} opened for customers without a wallet; "
        f"{_dollars(year.claimed)} tUSD that waited went to wallets since. The last was settled by "
        f"{year.ended:%d %b %Y}; {year.open} are open {_tick(year.open == 0)}. "
        f"{year.agreements - year.differing} of {year.agreements} records as in a plain ledger "
        f"with a calendar of its own {_tick(year.differing == 0)}; every tUSD is in a wallet, free "
        f"in the bond, or waiting {_tick(year.adds_up)}",
        highlight=False,
    )


def _kept(year: Service) -> Table:
    table = _table("The desk's promises, by priority")
    for title in ("", "tickets", "answered in time", "solved in time", "never"):
        table.add_column(title, justify="right" if title else "left")
    for priority, kept in year.priorities.items():
        table.add_row(
            priority,
            f"{kept.tickets}",
            _share(kept.answered - kept.answered_late, kept.answered),
            _share(kept.solved - kept.solved_late, kept.solved),
            f"{kept.never}",
        )
    return table


def _ended(year: Service) -> Table:
    table = _table("How they ended")
    table.add_column("")
    for line in year.lines:
        table.add_column(line.title, justify="right")
    for outcome in Settlement:
        table.add_row(outcome, *(f"{line.outcomes[outcome]}" for line in year.lines))
    table.add_section()
    credits = (f"[b]{_dollars(line.credits)}[/]" for line in year.lines)
    table.add_row("[b]credits by the clocks, tUSD[/]", *credits)
    table.add_row("in other ways", *(_dollars(each.otherwise) for each in year.lines))
    return table


def _purse(year: Service) -> Table:
    table = _table("All of its money, tUSD")
    table.add_column("")
    table.add_column("amount", justify="right")
    table.add_row("in wallets", _dollars(year.wallets))
    table.add_row("free in the bond", _dollars(year.bond))
    table.add_row(f"waits for {year.waits_for} wallets", _dollars(year.waiting))
    table.add_section()
    table.add_row("[b]brought in[/]", f"[b]{_dollars(year.brought)}[/] {_tick(year.adds_up)}")
    return table


def proof(console: Console, effects: Effects, crash: Crash) -> None:
    """What happened to the second import, and the line that all of it is for."""
    known = crash.report.get("known", 0) + crash.report.get("recorded", 0)
    console.print(
        f"\nImported the whole file again from a backup of day one; SIGKILL with "
        f"{crash.in_the_air} transactions in the air and {crash.waiting:,} orders "
        f"waiting; the resumed import brought all {known:,} to their end."
    )
    verdict = f"[b]{effects.orders:,} orders, {effects.effects:,} effects[/]"
    detail = (
        f"missing {effects.missing}, unknown {effects.unknown}, for another customer or amount "
        f"{effects.wrong}, twice {effects.twice}; from the chain's events alone"
    )
    style = "green" if effects.proved else "red"
    console.print(Panel(f"{verdict} {_tick(effects.proved)}\n{detail}", border_style=style))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def _dollars(base: int) -> str:
    """Whole dollars and cents, of which the token's smallest unit is a millionth."""
    return f"{Decimal(base).scaleb(-6):,.2f}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "-"


def _tick(fine: bool) -> str:
    return "[green]✓[/]" if fine else "[red]✗ does not add up[/]"


def month(day: date) -> str:
    return f"{day:%B %Y}"
