"""Where the command begins and ends: options for all nouns, and one line for every error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rapport import __version__
from rapport.cli import output
from rapport.cli.nouns import Front
from rapport.cli.options import pass_session
from rapport.cli.session import Session, debugging, exit_code

INTERRUPTED = 130


@click.group(cls=Front, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rpc", metavar="URL", help="Address of a node.")
@click.option("--chain-id", metavar="N", help="The only chain accepted.")
@click.option("--addresses", type=click.Path(path_type=Path), help="Address book of the suite.")
@click.option("--journal", type=click.Path(path_type=Path), help="SQLite file of the outbox.")
@click.option("--keystore", type=click.Path(path_type=Path), help="V3 keystore of the sender.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Its password.")
@click.option("--confirmations", metavar="N", help="Blocks until a transaction is final.")
@click.option("--max-fee-gwei", metavar="GWEI", help="Never pay more for a unit of gas.")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Instead of rapport.toml.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.version_option(__version__, prog_name="rapport", message="%(prog)s %(version)s")
@pass_session
def rapport(session: Session, file: Path | None, as_json: bool, **flags: Any) -> None:
    """Loyalty on chain, from the command line.

    Settings: a flag, then RAPPORT_RPC and its like, then ./rapport.toml, then the user's
    configuration. Exit codes: 0 ok, 1 error, 2 usage, 3 configuration, 4 refused by a contract,
    5 node, 6 pending, 7 not found.
    """
    session.flags = flags
    session.file = file
    session.json = session.json or as_json


def main(args: Sequence[str] | None = None) -> None:
    """Runs the command and exits with its code. Never ends in a traceback."""
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    session = Session()
    given = list(sys.argv[1:] if args is None else args)
    session.json = "--json" in given  # known before a usage error can occur
    try:
        try:
            result = rapport.main(given, "rapport", standalone_mode=False, obj=session)
        finally:
            session.close()
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        output.note("rapport: stopped; what was kept stays in the outbox")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debugging():
            raise
        return _fail(session, error)
    return result if isinstance(result, int) else 0


def _fail(session: Session, error: Exception) -> int:
    code = exit_code(error)
    if isinstance(error, click.ClickException):
        message = error.format_message()
        context = getattr(error, "ctx", None)
        if isinstance(error, click.UsageError) and context is not None:
            message = f"{message} Try: {context.command_path} --help"
    elif hasattr(error, "exit_code"):
        message = str(error)
    else:
        message = (
            f"internal error: {type(error).__name__}: {error}; "
            "RAPPORT_DEBUG=1 shows where; nothing that was kept is lost"
        )
    message = " ".join(message.split())
    output.note(f"rapport: {message}")
    if session.json:
        output.as_json(
            {
                **session.found,
                "error": {
                    "type": type(error).__name__,
                    "message": message,
                    "retryable": bool(getattr(error, "retryable", False)),
                    "exit_code": code,
                },
            }
        )
    return code
