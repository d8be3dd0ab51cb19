"""An invoice as one HTML page that needs nothing else: to send, to keep, to print."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from html import escape

from rapport.invoices.document import Entry, Invoice, Seller
from rapport.units import money

_STYLE = """
@page { size: auto; margin: 18mm 16mm; }
:root { --ink: #16202a; --soft: #5c6b7a; --line: #dfe5ea; --tint: #f5f7f9; --mark: #0b6e4f; }
* { box-sizing: border-box; }
body { margin: 0; background: #eceff2; color: var(--ink); font: 15px/1.5 "Inter", "Segoe UI",
  "Helvetica Neue", Arial, sans-serif; -webkit-print-color-adjust: exact;
  print-color-adjust: exact; }
main { max-width: 820px; margin: 32px auto; padding: 56px 60px 44px; background: #fff;
  border-radius: 10px; box-shadow: 0 1px 3px #0f1b261a, 0 12px 40px #0f1b2614; }
header { display: flex; justify-content: space-between; gap: 32px; align-items: flex-start;
  padding-bottom: 28px; border-bottom: 3px solid var(--ink); }
h1 { margin: 0; font-size: 30px; letter-spacing: -.02em; line-height: 1.15; }
h2 { margin: 34px 0 8px; font-size: 12px; font-weight: 600; letter-spacing: .08em;
  text-transform: uppercase; color: var(--soft); }
p { margin: 0; }
.soft { color: var(--soft); }
.right { text-align: right; }
.seller { font-size: 19px; font-weight: 650; }
.number { font-size: 17px; color: var(--soft); font-variant-numeric: tabular-nums; }
.status { display: inline-block; margin-top: 10px; padding: 3px 12px; border-radius: 999px;
  border: 1px solid currentColor; color: var(--mark); font-size: 12px; font-weight: 650;
  letter-spacing: .06em; text-transform: uppercase; }
.status.refunded, .status.partly { color: #a3480b; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 16px 32px;
  margin: 28px 0 0; }
dt { font-size: 12px; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); }
dd { margin: 2px 0 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th { padding: 8px 0; text-align: left; font-size: 12px; font-weight: 600; color: var(--soft);
  border-bottom: 1px solid var(--line); }
td { padding: 11px 16px 11px 0; vertical-align: top; border-bottom: 1px solid var(--line); }
td:last-child, th:last-child { padding-right: 0; }
tr { break-inside: avoid; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.sums { width: auto; min-width: 320px; margin: 18px 0 0 auto; }
.sums td { padding: 5px 0; border: 0; }
.sums .amount { padding-left: 40px; }
.sums .total td { padding-top: 10px; border-top: 2px solid var(--ink); font-size: 19px;
  font-weight: 700; }
code { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
a { color: inherit; text-decoration-color: #9fb0bf; text-underline-offset: 2px; }
.when { white-space: nowrap; }
.small td { font-size: 13px; padding-top: 8px; padding-bottom: 8px; }
footer { margin-top: 36px; padding: 16px 18px; border-radius: 8px; background: var(--tint);
  font-size: 13px; color: var(--soft); }
footer p + p { margin-top: 6px; }
@media (max-width: 640px) {
  main { margin: 0; padding: 28px 20px; border-radius: 0; }
  header { flex-direction: column; }
  .right { text-align: left; }
}
@media print {
  body { background: #fff; font-size: 12.5px; }
  main { max-width: none; margin: 0; padding: 0; border-radius: 0; box-shadow: none; }
  h2 { break-after: avoid; }
  footer { break-inside: avoid; }
}
"""


def write_html(invoice: Invoice) -> str:
    """The page. Whatever comes from outside is escaped; nothing is loaded, nothing runs."""
    title = f"Invoice {invoice.number}"
    body = "\n".join(
        part
        for part in (
            _head(invoice),
            _facts(invoice),
            _lines(invoice),
            _sums(invoice),
            _shares(invoice),
            _entries(invoice.entries, invoice.currency),
            _foot(invoice),
        )
        if part
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(invoice: Invoice) -> str:
    kind = invoice.status.split()[0]
    return (
        f"<header>\n<div>{_seller(invoice.seller, invoice.merchant)}</div>\n"
        f'<div class="right"><h1>Invoice</h1><p class="number">{escape(invoice.number)}</p>'
        f'<p class="status {kind}">{escape(invoice.status)}</p></div>\n</header>'
    )


def _seller(seller: Seller | None, merchant: str) -> str:
    if seller is None:
        return f'<p class="seller">Merchant</p><p><code>{escape(merchant)}</code></p>'
    parts = [f'<p class="seller">{escape(seller.name)}</p>']
    parts += [f"<p>{escape(line)}</p>" for line in seller.address]
    if seller.tax_id:
        parts.append(f'<p class="soft">Tax id {escape(seller.tax_id)}</p>')
    parts += [
        f'<p class="soft">{escape(each)}</p>' for each in (seller.email, seller.website) if each
    ]
    return "".join(parts)


def _facts(invoice: Invoice) -> str:
    facts = [
        ("Date", escape(f"{invoice.issued_at.astimezone(UTC):%Y-%m-%d}")),
        ("Order", escape(invoice.reference or "")),
        ("Customer", escape(invoice.customer or "")),
        ("Paid by", f"<code>{escape(invoice.payer)}</code>"),
        ("Paid to", f"<code>{escape(invoice.merchant)}</code>"),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts if text)
    return f"<dl>{rows}</dl>"


def _lines(invoice: Invoice) -> str:
    rows = "\n".join(
        f"<tr><td>{escape(line.text)}</td>{_amount(line.amount, invoice.currency)}</tr>"
        for line in invoice.lines
    )
    return (
        '<h2>What was bought</h2>\n<table>\n<thead><tr><th>Item</th><th class="amount">Amount</th>'
        f"</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _sums(invoice: Invoice) -> str:
    rows: list[tuple[str, str, Decimal]] = []
    if invoice.refunded:
        rows += [("", "Paid", invoice.total), ("", "Refunded", -invoice.refunded)]
    rows.append(("total", "Total", invoice.net))
    tax, seller = invoice.tax, invoice.seller
    if tax is not None and seller is not None and seller.tax_rate is not None:
        rows.append(("soft", f"including {seller.tax_rate:f} % {seller.tax_name}", tax))
    cells = "\n".join(
        f'<tr class="{kind}"><td>{escape(name)}</td>{_amount(amount, invoice.currency)}</tr>'
        for kind, name, amount in rows
    )
    return f'<table class="sums">\n<tbody>\n{cells}\n</tbody>\n</table>'


def _shares(invoice: Invoice) -> str:
    if not invoice.shares:
        return ""
    rows = "\n".join(
        f"<tr><td><code>{escape(share.recipient)}</code></td>"
        f'<td class="amount">{share.percent:f} %</td>{_amount(share.amount, invoice.currency)}</tr>'
        for share in invoice.shares
    )
    return f'<h2>Shares paid out of it</h2>\n<table class="small"><tbody>\n{rows}\n</tbody></table>'


def _entries(entries: Iterable[Entry], currency: str) -> str:
    rows = "\n".join(
        f'<tr><td class="when">{_moment(entry.at)}</td><td>{escape(entry.what)}</td>'
        f"<td>{_transaction(entry)}</td>{_amount(entry.amount, currency)}</tr>"
        for entry in entries
    )
    return f'<h2>On chain</h2>\n<table class="small"><tbody>\n{rows}\n</tbody></table>'


def _transaction(entry: Entry) -> str:
    text = f"<code>{escape(entry.transaction)}</code>"
    if entry.link is None:
        return text
    return f'<a href="{escape(entry.link)}" rel="noopener noreferrer">{text}</a>'


def _foot(invoice: Invoice) -> str:
    note = "" if invoice.seller is None else invoice.seller.note or ""
    parts = [f"<p>{escape(note)}</p>"] if note else []
    parts.append(
        f"<p>Paid in {escape(invoice.currency)}, token <code>{escape(invoice.token)}</code> on "
        f"chain {invoice.chain_id}. Payment <code>{escape(invoice.id)}</code> at contract "
        f"<code>{escape(invoice.contract)}</code>; anybody can check it there.</p>"
    )
    return f"<footer>{''.join(parts)}</footer>"


def _amount(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return "<td></td>"
    sign = "−" if amount < 0 else ""
    text = f"{sign}{money(abs(amount))} {currency}"
    return f'<td class="amount">{escape(text)}</td>'


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
