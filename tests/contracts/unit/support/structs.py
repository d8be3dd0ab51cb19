"""What contracts take as structs."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Any, ClassVar, Self

from tests.contracts.unit.support.wallets import HERS, Wallet


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


@dataclass(frozen=True)
class Signed(Struct):
    """One that a wallet signs, under a form of the contract's."""

    FORM: ClassVar[str]

    @property
    def fields(self) -> tuple[Any, ...]:
        """What the wallet shows."""
        return self.struct

    def signed(self, contract: Any, by: Wallet = HERS, **options: Any) -> tuple[Any, ...]:
        """The struct and a signature over it, as the contract takes them."""
        return (self.struct, by.sign(contract, self.FORM, *self.fields, **options))


@dataclass(frozen=True)
class Decision(Signed):
    """One whose first field is an action, which the wallet shows in words."""

    FORM = "Instruction"
    WORDS: ClassVar[tuple[str, ...]]

    @property
    def fields(self) -> tuple[Any, ...]:
        return (self.WORDS[self.struct[0]], *self.struct[1:])
