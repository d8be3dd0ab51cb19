"""What an invoice says. Values, without I/O; amounts are whole units of the token paid in.

An invoice is made from events, the seller's own details and what the shop keeps of its order. So it
comes out the same whenever it is made; only later refunds are added.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from rapport import units

FORMAT = "rapport-invoice/1"
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as the settings' ``[merchant]`` has it. ``address`` is one line for each line."""

    name: str
    address: tuple[str, ...] = ()
    tax_id: str | None = None
    email: str | None = None
    website: str | None = None
    note: str | None = None
    """Printed at the end, such as a ground for charging no tax."""
    tax_name: str = "VAT"
    tax_rate: Decimal | None = None
    """Percent that prices include; absent: no tax is shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """What part of the amount is for."""

    text: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody else than the merchant got of it."""

    recipient: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction that the invoice rests on."""

    what: str
    amount: Decimal | None
    at: datetime
    transaction: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """
    An invoice. ``total`` is what was paid, ``refunded`` what came back of that since; ``id`` is the
    order's or the charge's on chain.
    """

    number: str
    issued_at: datetime
    id: str
    reference: str | None
    """The shop's own number."""
    seller: Seller | None
    merchant: str
    payer: str
    customer: str | None
    currency: str
    """The token's symbol."""
    token: str
    chain_id: int
    contract: str
    lines: tuple[Line, ...]
    total: Decimal
    refunded: Decimal
    shares: tuple[Share, ...]
    entries: tuple[Entry, ...]

    @property
    def net(self) -> Decimal:
        """What the seller's side keeps."""
        return self.total - self.refunded

    @property
    def status(self) -> str:
        """``paid``, ``partly refunded`` or ``refunded``."""
        if not self.refunded:
            return "paid"
        return "refunded" if self.refunded == self.total else "partly refunded"

    @property
    def tax(self) -> Decimal | None:
        """The tax that the net amount includes, to the cent; ``None`` if the seller shows none."""
        rate = None if self.seller is None else self.seller.tax_rate
        if rate is None:
            return None
        included = self.net * rate / (_HUNDRED + rate)
        return included.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def number_of(issued_at: datetime, payment_id: bytes) -> str:
    """
    The number of an invoice: its day and the first eight digits of the payment's id, so that
    whoever makes it anew, anywhere, gives it the same.
    """
    return f"{issued_at.astimezone(UTC):%Y%m%d}-{payment_id.hex()[:8].upper()}"


def write_json(invoice: Invoice) -> str:
    """The invoice as JSON in lines; amounts are texts, exact."""
    record = {
        "format": FORMAT,
        **asdict(invoice),
        "net": invoice.net,
        "tax": invoice.tax,
        "status": invoice.status,
    }
    return json.dumps(record, default=_text, ensure_ascii=False, indent=2) + "\n"


def _text(value: Decimal | datetime) -> str:
    return units.iso(value) if isinstance(value, datetime) else f"{value:f}"
