"""Customers whom tests know by name, as fixtures: ``ana = linked("Ana")``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def registered(name: str) -> Any:
    """The id of a customer without a wallet."""

    @pytest.fixture
    def customer(register: Callable[..., bytes]) -> bytes:
        return register(name)

    return customer


def linked(name: str) -> Any:
    """The id of a customer with a wallet, `wallet(name)`."""

    @pytest.fixture
    def customer(register: Callable[..., bytes], link: Callable[..., Any]) -> bytes:
        found = register(name)
        link(found, name)
        return found

    return customer
