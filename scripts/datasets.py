"""Brings the public data that the demo and the tests work on: the orders of CDNOW.

CDNOW sold compact discs; the file holds every order, up to June 1998, of the people who first
bought in the first quarter of 1997. It is the data set that purchase models are compared on, and
comes inside the PyPI package ``lifetimes``. It is fetched once into ``.cache/cdnow`` and never
committed::

    from scripts.datasets import cdnow_sample, orders

    for order in orders(cdnow_sample()):
        print(order.customer, order.day, order.quantity, order.dollars)
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.toolchain import paths

FOLDER = paths.CACHE / "cdnow"

_WHEEL = "lifetimes==0.11.3"
_WHEEL_SHA256 = "261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8"
_FILE_SHA256 = {
    "CDNOW_sample.txt": "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
    "CDNOW_master.txt": "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
}


class DatasetUnavailable(Exception):
    """The data is neither in the cache nor to be had from the Python registry."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order. ``customer`` is the number in the whole file, in the sample as well."""

    customer: int
    day: date
    quantity: int
    dollars: Decimal


def cdnow_sample() -> Path:
    """A tenth of the customers, the part that papers publish their figures for."""
    return _fetched("CDNOW_sample.txt")


def cdnow_master() -> Path:
    """All customers."""
    return _fetched("CDNOW_master.txt")


def orders(file: Path) -> Iterator[Order]:
    """The orders of either file: each customer's together, the oldest first.

    Kept as they are: orders of one disc worth nothing (8 in the sample, 80 in all), and several
    orders of a customer on one day, some of them alike to the cent. Papers count a customer's days.
    """
    for line in file.read_text(encoding="ascii").splitlines():
        customer, *_, day, quantity, dollars = line.split()
        # The whole file starts with column names, the sample does not.
        if customer != "customer_id":
            yield Order(int(customer), date.fromisoformat(day), int(quantity), Decimal(dollars))


def _fetched(name: str) -> Path:
    file = FOLDER / name
    if not _is_right(file):
        _fetch()
        if not _is_right(file):
            raise DatasetUnavailable(f"{_WHEEL} holds another {name} than the one on record")
    return file


def _is_right(file: Path) -> bool:
    if not file.exists():
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == _FILE_SHA256[file.name]


def _fetch() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        wanted = Path(scratch) / "wanted.txt"
        wanted.write_text(f"{_WHEEL} --hash=sha256:{_WHEEL_SHA256}\n")
        # The installer's pip: the other environments have none.
        pip = [str(paths.python("uv")), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--retries", "2"]
        try:
            subprocess.run(
                [*pip, "download", *options, "--dest", scratch, "--requirement", str(wanted)],
                check=True,
                capture_output=True,
                text=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise DatasetUnavailable(
                f"cannot fetch {_WHEEL}: run `make setup` first, and have a network the first time"
            ) from error
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            for name in _FILE_SHA256:
                # Put in place whole, so that two test processes may both do this.
                unpacked = Path(scratch) / name
                unpacked.write_bytes(wheel.read(f"lifetimes/datasets/{name}"))
                unpacked.replace(FOLDER / name)


def main() -> None:
    """Fetches both files and says what is in them."""
    for file in (cdnow_sample(), cdnow_master()):
        every = list(orders(file))
        customers = {order.customer for order in every}
        days = [order.day for order in every]
        free = sum(order.dollars == 0 for order in every)
        print(
            f"{file.name}: {len(every):,} orders of {len(customers):,} customers,"
            f" {min(days)} to {max(days)}, {free} of them worth nothing"
        )


if __name__ == "__main__":
    main()
