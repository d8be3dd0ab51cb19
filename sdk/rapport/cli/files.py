"""Files that commands read and write, and one line for each that cannot be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rapport.cli import output
from rapport.errors import InputError


def content(path: Path) -> bytes:
    """
    What a file holds.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def text(path: Path) -> str:
    """
    What a file of text holds.

    Raises:
        InputError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} cannot be read: it is not UTF-8") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def indented(value: Any) -> str:
    """A value as JSON in lines, as files hold it."""
    return json.dumps(output.plain(value), ensure_ascii=False, indent=2) + "\n"


def create(path: Path, written: str) -> None:
    """
    A new file for its owner alone; none is ever overwritten.

    Raises:
        InputError: There is one, or it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(written)
    except FileExistsError:
        raise InputError(f"{path} exists; it is not overwritten") from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def replace(path: Path, written: str) -> None:
    """
    A file for everybody, perhaps in place of an earlier one.

    Raises:
        InputError: It cannot be written.
    """
    try:
        path.write_text(written, "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
