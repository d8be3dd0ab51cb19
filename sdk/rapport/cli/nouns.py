"""The nouns of the command, each loaded when it is first used: ``rapport --help`` loads none."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import click

from rapport.cli.options import Noun

NOUNS = {
    "consent": "See, record and prove what customers allow.",
    "cost": "Say what a programme costs in gas and money, for each operation and a month.",
    "court": "Bring disputes about service levels to a court, appeal, carry out its rulings.",
    "customer": "Register customers, link their wallets, merge and erase.",
    "earn": "Set earning rules, and record the orders that earn points.",
    "loyalty": "Award points, redeem them, and see what customers have.",
    "payment": "Make orders, have them paid or held, capture, give back, invoice.",
    "plan": "Make, price and close the plans that customers subscribe to.",
    "sla": "Promise service levels, keep their clocks, settle and dispute; watch them.",
    "status": "Show the chain, the contracts, the sender's roles, the outbox and the liability.",
    "subscription": "Begin, charge, change and end subscriptions; collect what is due; forecast.",
    "tx": "See what waits to be sent, try again, cancel, send.",
}
"""What each is for, as its own help says it. ``rapport.cli.<noun>`` holds the command."""


class Nouns(MutableMapping[str, click.Command]):
    """Commands by name, imported on first access."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            if name not in NOUNS:
                raise KeyError(name)
            self._loaded[name] = getattr(importlib.import_module(f"rapport.cli.{name}"), name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NOUNS)

    def __len__(self) -> int:
        return len(NOUNS)


class Front(Noun):
    """The command itself, with its nouns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands = Nouns()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The nouns and what each is for, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(NOUNS.items()))
