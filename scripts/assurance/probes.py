"""Puts probes into Solidity sources, so that a run tells what it reached.

A probe looks at the balance of an address of its own. The chain in the test process remembers
every address that was ever looked at, also by calls that were refused, so coverage costs no trace.
It must not call: what the last call has answered is still to be read. Nobody is so rich that it
stops.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scripts.assurance.mutants import Node, nodes, span

LIBRARY = "contracts/Probe.sol"
# What a call is given is less than its probes cost, so these are wider in the build with probes.
# `test_earning_gas.py` holds the contracts to the limits whatever they are.
LIMITS = {
    "contracts/abstracts/Earning.sol": ("EARN_GAS", 3_000_000),
    "contracts/Subscriptions.sol": ("CHARGE_GAS", 8_000_000),
}
FIRST = 0xC0FE << 128  # the address of probe 0
SOURCE = f"""// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;
library Probe {{
    function hit(uint256 id) internal view {{
        assembly ("memory-safe") {{ if eq(balance(add({FIRST}, id)), not(0)) {{ invalid() }} }}
    }}
    function both(bool condition, uint256 id) internal view returns (bool) {{
        hit(condition ? id : id + 1);
        return condition;
    }}
}}
"""


@dataclass(frozen=True)
class Probe:
    """One place that a test should reach."""

    number: int
    path: str
    line: int
    kind: str  # line, function, branch
    name: str


@dataclass
class Plan:
    """All probes of a build."""

    probes: list[Probe] = field(default_factory=list)

    def add(self, path: str, line: int, kind: str, name: str) -> int:
        number = len(self.probes)
        self.probes.append(Probe(number, path, line, kind, name))
        return number


class Weaver:
    """Writes one file's probes into its text."""

    def __init__(self, plan: Plan, path: str, source: str) -> None:
        self._plan = plan
        self._path = path
        self._raw = source.encode()
        self._opening: dict[int, list[str]] = {}
        self._closing: dict[int, list[str]] = {}
        self._cut: dict[int, tuple[int, str]] = {}

    def weave(self, tree: Node, *, probe: bool) -> str:
        """The text with probes; without them only `pure` is taken away, which probes are not."""
        for node in nodes(tree):
            kind = node["nodeType"]
            if kind == "FunctionDefinition" and node["stateMutability"] == "pure":
                self._relax(node, node["parameters"])
            elif kind == "FunctionTypeName" and node["stateMutability"] == "pure":
                self._relax(node, node["parameterTypes"])
            if not probe:
                continue
            if kind in ("FunctionDefinition", "ModifierDefinition") and node.get("body"):
                self._function(node)
            elif kind in ("Block", "UncheckedBlock"):
                self._block(node)
            elif kind == "IfStatement":
                self._condition(node)
                for arm in ("trueBody", "falseBody"):
                    self._arm(node.get(arm))
            elif kind == "Conditional" or (
                kind in ("ForStatement", "WhileStatement") and node.get("condition")
            ):
                self._condition(node)
        return self._text(probe)

    def _line(self, at: int) -> int:
        return self._raw.count(b"\n", 0, at) + 1

    def _relax(self, node: Node, parameters: Node) -> None:
        """The first after the parameters: types of functions further on have their own."""
        place = self._raw.index(b"pure", span(parameters)[1], span(node)[1])
        self._cut[place] = (place + 4, "view")

    def _function(self, node: Node) -> None:
        start, _ = span(node["body"])
        name = node.get("name") or node.get("kind") or "?"
        number = self._plan.add(self._path, self._line(span(node)[0]), "function", name)
        self._open(start + 1, f" Probe.hit({number});")

    def _block(self, node: Node) -> None:
        for statement in node["statements"]:
            if statement["nodeType"] not in ("Block", "UncheckedBlock", "InlineAssembly"):
                self._statement(statement)

    def _statement(self, node: Node) -> None:
        start, _ = span(node)
        number = self._plan.add(self._path, self._line(start), "line", node["nodeType"])
        self._open(start, f"Probe.hit({number}); ")

    def _arm(self, node: Node | None) -> None:
        """A body without braces gets them."""
        if node is None or node["nodeType"] in ("Block", "IfStatement"):
            return
        start, end = span(node)
        while self._raw[end - 1 : end] != b";":
            end += 1
        number = self._plan.add(self._path, self._line(start), "line", node["nodeType"])
        self._open(start, f"{{ Probe.hit({number}); ")
        self._close(end, " }")

    def _condition(self, node: Node) -> None:
        start, end = span(node["condition"])
        line = self._line(start)
        text = self._raw[start:end].decode().split("\n")[0]
        number = self._plan.add(self._path, line, "branch", f"{text}: true")
        self._plan.add(self._path, line, "branch", f"{text}: false")
        self._open(start, "Probe.both(")
        self._close(end, f", {number})")

    def _open(self, at: int, text: str) -> None:
        self._opening.setdefault(at, []).append(text)

    def _close(self, at: int, text: str) -> None:
        self._closing.setdefault(at, []).insert(0, text)

    def _text(self, probe: bool) -> str:
        parts, at = [], 0
        for place in sorted({*self._opening, *self._closing, *self._cut}):
            parts.append(self._raw[at:place].decode())
            parts += [*self._closing.get(place, []), *self._opening.get(place, [])]
            at, text = self._cut.get(place, (place, ""))
            parts.append(text)
        parts.append(self._raw[at:].decode())
        whole = "".join(parts)
        if not probe:
            return whole
        head, rest = whole.split(";", 1)  # the pragma
        return f'{head};\nimport {{Probe}} from "{LIBRARY}";{rest}'


def widen(texts: dict[str, str]) -> dict[str, str]:
    """
    The sources with the limits of gas that probes need.

    Raises:
        ValueError: A limit is not where `LIMITS` says.
    """
    widened = dict(texts)
    for path, (name, gas) in LIMITS.items():
        found = re.compile(rf"(\bconstant {name} = )[\d_]+;")
        widened[path], count = found.subn(rf"\g<1>{gas};", texts.get(path, ""))
        if count != 1:
            raise ValueError(
                f"{path} has {count} constants `{name} = <number>;`, not 1: see LIMITS"
            )
    return widened


def instrument(texts: dict[str, str], trees: dict[str, Any]) -> tuple[dict[str, str], Plan]:
    """All sources, those of the project's own contracts with probes."""
    plan = Plan()
    woven = dict(texts)
    for path in sorted(texts):
        if path.startswith("contracts/"):
            ours = not path.startswith(("contracts/interfaces/", "contracts/mocks/"))
            woven[path] = Weaver(plan, path, texts[path]).weave(trees[path], probe=ours)
    woven[LIBRARY] = SOURCE
    return woven, plan


def hits(touched: set[int]) -> Iterator[int]:
    """The numbers of the probes among addresses that were looked at."""
    for address in touched:
        if FIRST <= address < FIRST + 2**64:
            yield address - FIRST
