"""Writes the measured gas of ``bench/results/gas.md`` into the documentation.

A section of ``docs/contracts/`` whose function was measured ends with a line of its figures (a view
without a section of its own stands under "Views"). The table of ``docs/cost.md`` holds them beside
their floor, and its other tables what one operation costs more than another. ``--check`` writes
nothing and fails when a page says something else.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "gas.md"
DOCS = ROOT / "docs"

_ROW = re.compile(
    r"^\| *([^|]+?) *\| *`(\w+)\.(\w+)` *\| *([\d,]+) *\| *([\d,]+) *\|", re.MULTILINE
)
_LINE = re.compile(r"\n\*\*Gas\.\*\*.*?(?=\n\n|\Z)", re.DOTALL)
_COST = re.compile(r"^\| ([^|]+) \| [\d,]+ \| [\d,]+ \|$", re.MULTILINE)
_DIFFERENCE = re.compile(r"^\| ([^|]+) \| [\d,]+( a [a-z]+)? \|$", re.MULTILINE)
DIFFERENCES = {
    "a payment": ("pay an order and earn, existing customer", "pay an order"),
    "a charge": ("charge a period and earn, existing customer", "charge a period"),
    "a refund": ("refund a payment that earned", "refund a payment"),
    "charging in batches of 100, by anybody": ("charge a period", "charge a period, each of 100"),
}
"""Row of ``docs/cost.md``, and the two operations whose difference it names."""
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WIDTH = 100
_VIEWS = "Views"


@dataclass(frozen=True)
class Figure:
    """One measured operation; gas as printed, with commas."""

    operation: str
    contract: str
    function: str
    gas: str
    floor: str


def slug(contract: str) -> str:
    """The name of a contract's page: ``SLAEscrow`` is ``sla-escrow``."""
    return _WORDS.sub("-", contract).lower()


def measured() -> list[Figure]:
    """What the bench found, in its order."""
    return [Figure(*row) for row in _ROW.findall(RESULTS.read_text(encoding="utf-8"))]


def contract_page(contract: str, text: str) -> str:
    """A contract's page with the figures as measured."""
    parts = re.split(r"(?m)^(?=## )", text)
    titles = [part.split("\n", 1)[0].removeprefix("## ").strip() for part in parts]
    for i, (part, title) in enumerate(zip(parts, titles, strict=True)):
        found = [
            f
            for f in measured()
            if f.contract == contract and title == (f.function if f.function in titles else _VIEWS)
        ]
        kept = _LINE.sub("", part).rstrip("\n")
        parts[i] = "\n\n".join([kept, *([_line(found)] if found else []), ""])
    return "".join(parts).rstrip("\n") + "\n"


def cost_page(text: str) -> str:
    """
    ``docs/cost.md`` with the figures as measured. Rows of no measured operation are kept.

    Raises:
        KeyError: An operation of :data:`DIFFERENCES` was not measured.
    """
    found = {f.operation: f for f in measured()}

    def row(match: re.Match[str]) -> str:
        figure = found.get(match.group(1))
        return (
            f"| {figure.operation} | {figure.gas} | {figure.floor} |" if figure else match.group()
        )

    def difference(match: re.Match[str]) -> str:
        title, unit = match.group(1), match.group(2) or ""
        if title not in DIFFERENCES:
            return match.group()
        dear, cheap = (int(found[name].gas.replace(",", "")) for name in DIFFERENCES[title])
        return f"| {title} | {dear - cheap:,}{unit} |"

    return _DIFFERENCE.sub(difference, _COST.sub(row, text))


def pages() -> dict[Path, str]:
    """Every page that holds figures, and what it should say."""
    wanted = {DOCS / "cost.md": cost_page((DOCS / "cost.md").read_text(encoding="utf-8"))}
    for contract in sorted({figure.contract for figure in measured()}):
        path = DOCS / "contracts" / f"{slug(contract)}.md"
        wanted[path] = contract_page(contract, path.read_text(encoding="utf-8"))
    return wanted


def _line(figures: list[Figure]) -> str:
    words = "; ".join(f"{f.gas}: {f.operation}" for f in figures).split(" ")
    lines = ["**Gas.**"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines) + "."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    differing = {
        path: text for path, text in pages().items() if path.read_text(encoding="utf-8") != text
    }
    for path, text in differing.items():
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'is not as measured' if check else 'written'}")
    if check and differing:
        print("run: python scripts/gas_figures.py")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
