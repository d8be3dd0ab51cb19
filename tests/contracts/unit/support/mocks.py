"""The mocks, from the build itself."""

from __future__ import annotations

from typing import Any

from ape import project

from scripts.deployment.sources import container


def mock(name: str) -> Any:
    """A contract of ``contracts/mocks``, to deploy."""
    return container(project, name)
