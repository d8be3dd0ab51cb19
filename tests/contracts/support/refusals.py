"""One word for the tests that expect a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.contracts.support.evm import Refused


@contextmanager
def refused(name: str, *values: Any) -> Iterator[None]:
    """The block must be refused with exactly this error and these arguments."""
    with pytest.raises(Refused) as met:
        yield
    assert met.value == Refused(name, *values), f"refused with {met.value!r}"
