"""Writes what odd tokens do to the suite's money paths into ``docs/tokens.md``.

Every kind of token is moved on every path, on a chain in this process, and the tables say what was
met. ``--check`` writes nothing and fails when the page says something else.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.contracts.support.tokens import KINDS, PATHS, meet  # noqa: E402

PAGE = ROOT / "docs" / "tokens.md"
_TABLE = r"(?m)(^## {contract}\n(?:(?!^## |^\|).*\n)*)((?:^\|.*\n)+)"


def table(contract: str) -> str:
    """What is met with every kind of token on every path of a contract."""
    paths = list(PATHS[contract])
    lines = [_row(["token", "such as", *paths]), _row(["---"] * (len(paths) + 2))]
    for kind in KINDS:
        met = [str(meet(kind, contract, path)) for path in paths]
        lines.append(_row([kind.name, kind.like, *met]))
    return "\n".join(lines) + "\n"


def published(contract: str) -> dict[str, dict[str, str]]:
    """What the page says of a contract: by kind of token, then by path."""
    found = _found(contract, PAGE.read_text(encoding="utf-8"))
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in found.group(2).splitlines()
    ]
    return {row[0]: dict(zip(header[2:], row[2:], strict=True)) for row in rows}


def page() -> str:
    """The page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    for contract in PATHS:
        found = _found(contract, text)
        text = text[: found.start(2)] + table(contract) + text[found.end(2) :]
    return text


def _found(contract: str, text: str) -> re.Match[str]:
    """The first table under a contract's heading."""
    found = re.search(_TABLE.format(contract=contract), text)
    if found is None:
        raise ValueError(f"{PAGE.name} has no table under the heading {contract}; write one row")
    return found


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    wanted = page()
    same = PAGE.read_text(encoding="utf-8") == wanted
    if not same and not check:
        PAGE.write_text(wanted, encoding="utf-8")
    state = "as met" if same else "not as met" if check else "written"
    print(f"{PAGE.relative_to(ROOT)}: {state}, {len(KINDS)} kinds of tokens")
    return 1 if check and not same else 0


if __name__ == "__main__":
    sys.exit(main())
