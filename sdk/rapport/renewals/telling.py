"""Where dunning events go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rapport.errors import InputError

Write = Callable[[Sequence[str]], None]
"""Takes lines, and returns once they are where they belong."""


def to_file(path: Path) -> Write:
    """Appends lines to a file; they are on disk before it returns."""

    def write(lines: Sequence[str]) -> None:
        try:
            with path.open("a", encoding="utf-8") as stream:
                stream.write("".join(f"{line}\n" for line in lines))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from None

    return write


def to_stdout(lines: Sequence[str]) -> None:
    """Prints lines."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
