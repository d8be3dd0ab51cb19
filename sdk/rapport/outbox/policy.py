"""How the outbox pays, waits and batches."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.errors import Underpriced
from rapport.keys import TEST_CHAINS
from rapport.models import Block

_ENOUGH = 10
_BUMP = 8  # an eighth more: nodes ask for a tenth, and some for 12.5 %


@dataclass(frozen=True, slots=True)
class Price:
    """What a transaction offers, wei per gas (EIP-1559)."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Settings of one outbox. Fees are wei per gas, times are seconds.

    A transaction offers twice the present base fee plus the tip, so that it stays includable
    through six full blocks, and never more than ``max_fee``.
    """

    confirmations: int | None = None
    """
    Blocks on top of a transaction's own before it is final; ``None`` for 0 on test chains, else 12.
    """
    max_in_flight: int = 64
    """Transactions broadcast and not mined. Nodes keep only so many of one account."""
    batch_gas: int = 8_000_000
    """Limit of one batch's gas."""
    max_fee: int | None = None
    """Never offer more."""
    priority_fee: int | None = None
    """The tip; ``None`` asks the node."""
    bump_after: float = 30.0
    """Replace the first transaction in line if it has waited so long, and three blocks."""
    resend_after: float = 5.0
    """Broadcast again what has waited so long; nodes forget."""
    poll: float = 0.5
    """Between looks at the chain while something is under way."""
    give_up: float = 30.0
    """For how long ``drain`` puts up with a node that cannot be reached."""
    longest_pause: float = 15.0
    """Between tries while the node is out of reach."""
    lease: float = 15.0
    """How long another worker waits before it takes over from one that died."""

    def depth(self, chain_id: int) -> int:
        """Confirmations on this chain."""
        if self.confirmations is not None:
            return self.confirmations
        return 0 if chain_id in TEST_CHAINS else 12

    def offer(self, head: Block, tip: int) -> Price:
        """
        The price of a new transaction.

        Raises:
            Underpriced: The chain asks for more than ``max_fee``.
        """
        priority = tip if self.priority_fee is None else self.priority_fee
        wanted = 2 * head.base_fee + priority
        if self.max_fee is not None and wanted > self.max_fee:
            if head.base_fee + priority > self.max_fee:
                raise Underpriced(
                    f"the chain asks for {_gwei(head.base_fee + priority)} gwei per gas, the limit "
                    f"is {_gwei(self.max_fee)}; what is queued waits: raise max_fee to go on"
                )
            wanted = self.max_fee
        return Price(wanted, min(priority, wanted))

    def outbid(self, old: Price, head: Block, tip: int, *, whatever: bool = False) -> Price | None:
        """
        The price of a replacement. ``None`` if ``max_fee`` does not allow one, or if the old one
        offers ten times what the chain asks for: then it waits for something else than money,
        and bidding on would only grow without end. ``whatever`` lifts the second limit.
        """
        asked = 2 * head.base_fee + max(tip, self.priority_fee or 0)
        if not whatever and old.max_fee > _ENOUGH * asked:
            return None
        priority = max(_more(old.priority_fee), tip if self.priority_fee is None else 0)
        max_fee = max(_more(old.max_fee), 2 * head.base_fee + priority)
        if self.max_fee is not None and max_fee > self.max_fee:
            max_fee = self.max_fee
            if max_fee < _more(old.max_fee):
                return None
            priority = min(priority, max_fee)
            if priority < _more(old.priority_fee):
                return None
        return Price(max_fee, priority)


def _more(fee: int) -> int:
    return fee + -(-fee // _BUMP)


def _gwei(wei: int) -> str:
    return f"{wei / 10**9:.3f}"
