"""Verbs that tests send again and again: ``pause = sending("subscriptions", "pause", "payer")``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def sending(contract: str, name: str, by: str, *more: Any) -> Any:
    """
    Sends a verb for an id at a second: ``pause(opened, at=MONDAY)``.

    Args:
        contract: Its fixture.
        by: The fixture of who sends it.
        more: What the verb takes after the id.
    """

    @pytest.fixture
    def sent(request: pytest.FixtureRequest, do: Callable[..., None]) -> Callable[..., None]:
        method = getattr(request.getfixturevalue(contract), name)
        sender = request.getfixturevalue(by)
        return lambda id, at: do(method, id, *more, by=sender, at=at)

    return sent
