"""A brand with desks of every kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rapport.errors import Reverted
from tests.sdk.desk.brand import Brand
from tests.sdk.desk.posting import desks

BrandMaker = Callable[..., Brand]


@pytest.fixture
def new_brand(tmp_path: Path) -> BrandMaker:
    """Brands over one and the same file: as processes are that run beside each other."""

    def make(*, more: str = "", **refusals: Reverted) -> Brand:
        return Brand(tmp_path, desks(tmp_path, more=more), **refusals)

    return make


@pytest.fixture
def brand(new_brand: BrandMaker) -> Brand:
    return new_brand()
