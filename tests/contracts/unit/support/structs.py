"""What contracts take as structs."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class Struct:
    """One, with its fields in the contract's order."""

    @property
    def struct(self) -> tuple[Any, ...]:
        """As the contract's struct."""
        return astuple(self)

    def but(self, **changes: Any) -> Self:
        """The same with some fields changed."""
        return replace(self, **changes)
