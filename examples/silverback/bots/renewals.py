"""A Silverback bot that collects subscriptions: the worker of `rapport subscription collect`,
driven by new blocks.

Install and run it as docs/subscriptions.md says. Settings are those of the command (RAPPORT_RPC,
RAPPORT_KEYSTORE, RAPPORT_PASSWORD, RAPPORT_JOURNAL, ...), and

    RAPPORT_COLLECT_EVERY   seconds between two turns, 60 otherwise
    RAPPORT_COLLECT_EVENTS  file for the dunning events, stdout otherwise

Several bots, or a bot beside a cron job, never charge a period twice.
"""

import os
from datetime import timedelta
from functools import cache
from pathlib import Path

from ape import chain
from silverback import SilverbackBot

from rapport import Client
from rapport.renewals import Rounds, to_file, to_stdout

bot = SilverbackBot()


@cache
def client() -> Client:
    """Opened with the first block, in the process that works."""
    return Client.from_config(send=False)


@cache
def rounds() -> Rounds:
    """The worker of this process."""
    events = os.environ.get("RAPPORT_COLLECT_EVENTS")
    return Rounds(
        client().renewals(client().sender),
        to_file(Path(events)) if events else to_stdout,
        timedelta(seconds=float(os.environ.get("RAPPORT_COLLECT_EVERY", "60"))),
    )


@bot.on_(chain.blocks)
def collect(block):
    """Charges what is due. What it returns are the bot's metrics."""
    report = rounds().tick()
    if report is None:
        return {}
    return {
        "charged": report.count("done"),
        "refused": report.count("refused"),
        "failing": report.failing,
        "dunning_events": report.events,
    }


@bot.on_shutdown()
def close():
    """Ends the turn under way and closes the files."""
    rounds().close()
    client().close()
