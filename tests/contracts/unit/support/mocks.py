"""The mocks, from the build itself.

``project.<Name>`` looks for the source first, and on some file systems Ape does not list sources in
folders that it meets after ``contracts/.cache``.
"""

from __future__ import annotations

from ape import project
from ape.contracts import ContractContainer


def mock(name: str) -> ContractContainer:
    """A contract of ``contracts/mocks``, to deploy."""
    return ContractContainer((project.manifest.contract_types or {})[name])
