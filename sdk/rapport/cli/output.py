"""What the command prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapport import units

# rich is loaded when there is something to draw; --json and --help never do.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def plain(value: Any) -> Any:
    """A value as JSON holds it: decimals and moments as text, durations in seconds, bytes as 0x."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return units.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, BaseException):
        return str(value)
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def as_json(value: Any) -> None:
    """One object on stdout."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line for people, beside the result."""
    sys.stderr.write(text.replace("\n", " ") + "\n")
    sys.stderr.flush()


def fields(title: str, pairs: Iterable[tuple[str, Any]]) -> None:
    """A record, one field to a line."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name.replace("_", " "), readable(value))
    _stdout().print(table)


def rows(title: str, names: Sequence[str], cells: Iterable[Sequence[Any]]) -> None:
    """Records, one to a line. Numbers stand to the right."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", pad_edge=False)
    content = [list(each) for each in cells]
    for index, name in enumerate(names):
        numbers = all(isinstance(each[index], int | Decimal | None) for each in content)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for each in content:
        table.add_row(*(readable(cell) for cell in each))
    _stdout().print(table)


def readable(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, timedelta):
        return units.span(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return ", ".join(readable(each) for each in value) or "-"
    return str(plain(value))


class Bar:
    """A progress bar on stderr; silent where stderr is no terminal."""

    def __init__(self, progress: Progress | None, title: str, total: int | None) -> None:
        self._progress = progress
        self._task = None if progress is None else progress.add_task(title, total=total)

    def at(self, done: int) -> None:
        """So much is done."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done)


@contextmanager
def bar(title: str, total: int | None = None) -> Iterator[Bar]:
    """A progress bar for long work."""
    if not sys.stderr.isatty():
        yield Bar(None, title, total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        yield Bar(progress, title, 0 if total is None else total)


def _stdout() -> Console:
    from rich.console import Console

    # Off a terminal a line is never folded to a guessed width.
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)
