"""Rows that were refused, in a file of their own: the same columns, the line and the reason.

Correct them there and import that very file: it reads like the original.
"""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from rapport.errors import InputError
from rapport.ingest.tables import Row, Table

LINE = "rejected_line"
REASON = "rejected_because"


def rejects_path(path: Path) -> Path:
    """Where the rejects of a file go: ``orders.csv`` -> ``orders.rejects.csv``."""
    return path.with_name(f"{path.stem}.rejects{path.suffix}")


class Rejects:
    """
    Writes refused rows as they are met. The file appears under its name when the import is over;
    with nothing refused there is none.
    """

    def __init__(self, table: Table, path: Path) -> None:
        self.path = path
        self.count = 0
        self._table = table
        self._partial = path.with_name(path.name + ".part")
        self._stream: TextIO | None = None
        self._columns = [each for each in table.columns if each not in (LINE, REASON)]

    def __enter__(self) -> Rejects:
        if self.path.resolve() == self._table.path.resolve():
            raise InputError(f"{self.path} is being imported; name another file for its rejects")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            self._partial.replace(self.path)

    def add(self, row: Row, reason: str) -> None:
        """
        One refused row.

        Raises:
            InputError: The file cannot be written.
        """
        try:
            stream = self._stream or self._open()
            if self._table.shape == "jsonl":
                record = {**row.values, LINE: row.line, REASON: reason}
                stream.write(json.dumps(record, ensure_ascii=False, default=_number) + "\n")
            else:
                cells = [row.values.get(each, "") for each in self._columns]
                self._csv(stream).writerow([*cells, row.line, reason])
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}") from error
        self.count += 1

    def _open(self) -> TextIO:
        self._stream = self._partial.open("w", encoding="utf-8", newline="")
        if self._table.shape == "csv":
            self._csv(self._stream).writerow([*self._columns, LINE, REASON])
        return self._stream

    def _csv(self, stream: TextIO) -> Any:
        return csv.writer(stream, delimiter=self._table.delimiter)


def _number(value: object) -> str:
    # `json` writes no Decimal. The text form is read back as the same amount.
    return str(value) if isinstance(value, Decimal) else repr(value)
