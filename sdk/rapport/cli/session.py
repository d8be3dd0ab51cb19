"""One run of the command: its settings, its client, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport import config, units
from rapport.cli import outcomes, output
from rapport.config import Config
from rapport.errors import ConfigError, RapportError

if TYPE_CHECKING:
    from rapport.chain import Chain
    from rapport.client import Client
    from rapport.outbox import Outbox, Outcome, Submission
    from rapport.outbox.records import Status
    from rapport.services.drafts import Simulation
    from rapport.services.verbs import BoundWrite


@dataclass
class Session:
    """Settings given on the command line, and what was opened with them."""

    flags: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None
    json: bool = False
    found: dict[str, Any] = field(default_factory=dict)
    """What is told beside the error that a command ends with: ``--json`` gives one object."""
    _client: Client | None = None
    _config: Config | None = None

    @property
    def config(self) -> Config:
        """The settings as they hold here."""
        if self._config is None:
            self._config = config.load(self.flags, file=self.file)
        return self._config

    def client(self, *, writes: bool = False) -> Client:
        """
        The client, opened once. Only a command that writes asks for the key.

        Raises:
            ConfigError: A setting is missing, or the keystore cannot be opened.
        """
        if self._client is None:
            from rapport.client import Client, options_of

            settings = self.config
            signer = None
            rpc = settings.require("rpc")
            if writes or settings.keystore is not None:
                signer = self._signer(writes)
            self._client = Client(rpc, signer=signer, send=False, **options_of(settings))
        return self._client

    def chain(self) -> Chain:
        """The chain alone, for questions that need no journal."""
        from rapport.chain import Chain

        settings = self.config
        return Chain(settings.require("rpc"), chain_id=settings.chain_id)

    def outbox(self) -> Outbox:
        """
        The outbox alone, for what needs neither key nor contracts: it opens in a third of the time.

        Raises:
            ConfigError: A setting is missing, or the keystore is none.
        """
        from rapport.outbox import Outbox, Policy, SqliteJournal

        settings = self.config
        signer = _Nobody() if settings.keystore is None else _Watching(settings.keystore)
        policy = Policy(confirmations=settings.confirmations)
        return Outbox(self.chain(), SqliteJournal(settings.journal), signer, policy=policy)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _signer(self, needed: bool) -> Any:
        from rapport.keys import load_keystore

        settings = self.config
        path = settings.require("keystore")
        password = self._password(path) if needed else None
        if password is None:
            return _Watching(path)
        return load_keystore(path, password)

    def _password(self, keystore: Path) -> str:
        password = self.config.read_password()
        if password is not None:
            return password
        if not sys.stdin.isatty():
            raise ConfigError(
                f"the keystore {keystore} needs its password: pass --password-file, "
                "or export RAPPORT_PASSWORD"
            )
        return getpass(f"password of {keystore.name}: ")


class _Nobody:
    """Where no keystore is named."""

    address = "0x0000000000000000000000000000000000000000"

    def sign_digest(self, digest: bytes) -> bytes:
        raise ConfigError("no key to sign with: pass --keystore")


class _Watching:
    """A keystore that was not opened: its address is known, and it cannot sign."""

    def __init__(self, path: Path) -> None:
        import json

        try:
            record = json.loads(path.read_text("utf-8"))
            self.address = units.address("0x" + str(record["address"]).removeprefix("0x"))
        except (OSError, ValueError, KeyError, TypeError, RapportError) as error:
            raise ConfigError(f"{path} is not a V3 keystore with an address") from error

    def sign_digest(self, digest: bytes) -> bytes:
        raise ConfigError("the keystore was opened for reading only")


def write(
    session: Session,
    verb: BoundWrite[..., Submission, Simulation],
    *args: Any,
    dry_run: bool,
    wait: bool,
    timeout: float,
    **named: Any,
) -> Outcome | None:
    """
    Runs a writing verb as every command does: shows what it would do, or keeps it, sends, and
    waits for its end.

    Raises:
        Reverted: The contract refuses it.
        Pending: It has not come to its end in time; it stays in the outbox.
    """
    if dry_run:
        session.config.require("keystore")  # whose roles decide
        show_simulation(session, verb.dry_run(*args, **named))
        return None
    client = session.client(writes=True)
    submission = verb(*args, **named)
    if not wait:
        show_submission(session, submission)
        return None
    outcome = follow(client, submission, timeout)
    client.follow_up()
    show_outcome(session, submission, outcome)
    return outcome


def confirm(question: str, yes: bool, how: Mapping[str, Any]) -> None:
    """Asks before what cannot be undone, unless ``--yes`` was said or nothing is to be sent."""
    if not yes and not how["dry_run"]:
        click.confirm(question, abort=True, err=True)


def follow(client: Client, submission: Submission, timeout: float) -> Outcome:
    """Sends until the submission has come to its end."""
    if not submission.state.ended:
        drain(client, timeout)
    return submission.refresh().wait(timeout=0.5)


def drain(client: Client, timeout: float | None) -> Status:
    """Sends what is open, with a progress bar."""
    first = client.tx.status().open
    with output.bar("sending", first) as bar:
        return client.tx.drain(
            timeout=timeout, progress=lambda status: bar.at(max(0, first - status.open))
        )


def show_simulation(session: Session, simulation: Simulation) -> None:
    """What a call would do."""
    if session.json:
        output.as_json({"dry_run": True, **output.plain(simulation)})
        return
    output.fields(
        "would succeed; nothing was kept or sent",
        [("call", simulation.kind), ("to", simulation.to), ("gas", simulation.gas)],
    )


def show_submission(session: Session, submission: Submission) -> None:
    """That something was kept."""
    record = {"id": submission.id, "key": submission.key, "state": submission.state}
    if session.json:
        output.as_json(record)
    else:
        output.fields("kept in the outbox; send it with: rapport tx drain", record.items())


def show_outcome(session: Session, submission: Submission, outcome: Outcome) -> None:
    """What became of a submission."""
    result = outcomes.result(session, outcome)
    record = {
        "id": submission.id,
        "key": submission.key,
        "state": submission.state,
        "status": outcome.status,
        "transaction": outcome.tx_hash,
        "block": outcome.block_number,
    }
    if session.json:
        output.as_json({**record, "result": result})
        return
    title = "done" if outcome.status == "done" else "nothing changed: it was done before"
    output.fields(title, [*record.items(), *result.items()])


def exit_code(error: BaseException) -> int:
    """The exit code that an error ends the command with."""
    if isinstance(error, RapportError):
        return error.exit_code
    if isinstance(error, click.ClickException):
        return error.exit_code
    return 1


def debugging() -> bool:
    """True if RAPPORT_DEBUG asks for tracebacks."""
    return bool(os.environ.get("RAPPORT_DEBUG"))
