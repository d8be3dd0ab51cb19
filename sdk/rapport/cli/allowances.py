"""Why a token did not move, said with what an account has and allows and what was needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from rapport.errors import RapportError
from rapport.units import money

if TYPE_CHECKING:
    from rapport.services.tokens import Monetary
    from rapport.services.verbs import Sync


class Short(RapportError):
    """An account has or allows less than was to be taken; the contract refused."""

    exit_code = 4


@contextmanager
def explained(service: Monetary[Sync], noun: str, needed: Decimal | None = None) -> Iterator[None]:
    """
    Runs what takes money. ``needed`` is all that it takes, in whole units, where that is known.

    Raises:
        Short: The account has or allows less than that.
        TransferFailed: The token did not move for another reason.
    """
    from rapport.reverts import TransferFailed

    try:
        yield
    except TransferFailed as error:
        token = service.token(error.token)
        wanted = max(token.from_base(error.amount), needed or Decimal(0))
        has = service.balance(token.address, error.from_)
        allowed = service.allowance(token.address, error.from_)
        if min(has, allowed) >= wanted:
            raise
        raise Short(
            f"{error.from_} has {money(has)} {token.symbol} and allows {money(allowed)} of it to "
            f"be taken; {money(wanted)} is required: fund it, or have it approve the amount: "
            f"rapport {noun} approve {token.address} {wanted.normalize():f}"
        ) from error
