"""One chain with the consent registry for all tests of receipts, and blocks on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rapport.receipts import ReceiptFile
from tests.sdk.receipts import chain
from tests.sdk.support.anvil import Anvil
from tests.sdk.support.suite import Suite, deploy

CUSTOMERS = 4


@dataclass(frozen=True)
class Proved:
    """Two blocks with decisions, and the customers' files with evidence from them."""

    suite: Suite
    small: chain.Mined
    large: chain.Mined
    files: list[ReceiptFile]


@pytest.fixture(scope="package")
def proved() -> Iterator[Proved]:
    """A small block of eight transactions, and one whose indices take two bytes of RLP."""
    with Anvil("--order", "fifo") as anvil:
        suite = deploy(anvil)
        ids = [chain.customer(number) for number in range(CUSTOMERS)]
        suite.transact(suite.backend, "CustomerRegistry", "registerBatch", ids, bytes(32))
        files = chain.issued(suite, CUSTOMERS)
        small = chain.mine(suite, files[:2], transfers=5)
        large = chain.mine(suite, files[2:], transfers=140, first=2)
        mined = [(small, log) for log in small.changes] + [(large, log) for log in large.changes]
        yield Proved(
            suite,
            small,
            large,
            [
                chain.with_evidence(suite, file, block, log)
                for file, (block, log) in zip(files, mined, strict=True)
            ],
        )
