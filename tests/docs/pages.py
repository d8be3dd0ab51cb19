"""Reads a contract's page: its headings, its tables by the word in their first column, its code."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.gas_figures import slug

__all__ = ["COMMON", "Page", "Section", "abi", "contracts", "normal", "read", "signature", "slug"]

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "contracts"
ABIS = ROOT / "sdk" / "rapport" / "abi"

COMMON = "access-control"
"""The page of what all contracts inherit from OpenZeppelin."""

_CELL = re.compile(r"^\|\s*`([^`]+)`\s*\|")
_HEADER = re.compile(r"^\|\s*([a-z]+)\s*\|")
_SIGNATURE = re.compile(r"^(\w+)\((.*)\)$", re.DOTALL)
_FUNCTION = re.compile(r"^function\s+(\w+)\((.*?)\)", re.DOTALL | re.MULTILINE)
_ALIASES = dict.fromkeys(("Status", "State", "Outcome", "Breach"), "uint8") | {"IERC20": "address"}
_MODIFIERS = ("indexed", "calldata", "memory")


def contracts() -> list[str]:
    """The contracts whose interfaces the SDK ships."""
    return sorted(path.stem for path in ABIS.glob("*.json"))


def abi(contract: str) -> list[dict[str, Any]]:
    """A contract's interface as shipped."""
    entries: list[dict[str, Any]] = json.loads((ABIS / f"{contract}.json").read_text())["abi"]
    return entries


def signature(entry: dict[str, Any]) -> str:
    """A function, event or error as a page writes it: types and names, structs by their name."""
    return f"{entry['name']}({', '.join(_parameter(item) for item in entry['inputs'])})"


def _parameter(item: dict[str, Any]) -> str:
    kind = str(item["type"])
    if kind.startswith("tuple"):
        kind = item["internalType"].removeprefix("struct ").rsplit(".", 1)[-1]
    return f"{kind} {item['name']}".strip()


def normal(written: str) -> str:
    """A signature without the words that an interface does not keep, in one spelling."""
    name, inner = _SIGNATURE.match(" ".join(written.split())).groups()  # type: ignore[union-attr]
    parameters = []
    for part in filter(None, (piece.strip() for piece in inner.split(","))):
        words = [word for word in part.split() if word not in _MODIFIERS]
        words[0] = _ALIASES.get(words[0], words[0])
        parameters.append(" ".join(words))
    return f"{name}({', '.join(parameters)})"


@dataclass
class Section:
    """What stands under one heading of the second level."""

    title: str
    text: str = ""


@dataclass
class Page:
    """One page, read."""

    name: str
    sections: list[Section] = field(default_factory=list)
    tables: dict[str, list[str]] = field(default_factory=dict)

    @property
    def titles(self) -> list[str]:
        return [section.title for section in self.sections]

    def section(self, title: str) -> Section:
        return next(section for section in self.sections if section.title == title)

    def declared(self, verb: str) -> list[str]:
        """The functions that the code under a verb's heading declares."""
        code = re.findall(r"```solidity\n(.*?)```", self.section(verb).text, re.DOTALL)
        return [
            normal(f"{name}({inner})") for block in code for name, inner in _FUNCTION.findall(block)
        ]

    def listed(self, kind: str) -> list[str]:
        """What the tables whose first column is called ``kind`` document."""
        return self.tables.get(kind, [])


def read(name: str) -> Page:
    """The page ``docs/contracts/<name>.md``."""
    page = Page(name)
    kind = None
    fenced = False
    for line in (PAGES / f"{name}.md").read_text(encoding="utf-8").splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            page.sections.append(Section(line.removeprefix("## ").strip().strip("`")))
            kind = None
            continue
        if page.sections:
            page.sections[-1].text += line
        if fenced or not line.startswith("|"):
            kind = None
        elif kind is None:
            header = _HEADER.match(line)
            kind = header.group(1) if header else ""
        elif kind:
            cell = _CELL.match(line)
            if cell:
                page.tables.setdefault(kind, []).append(cell.group(1))
    return page
