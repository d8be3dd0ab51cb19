"""Small faults to plant in a Solidity source, found in the compiler's syntax tree.

A mutant is one replacement of a range of bytes. Operators: comparisons, arithmetic, bits, boolean
connectives and negation, swapped branches, numbers, booleans, texts that are hashed; statements,
guards (`if (...) revert`) and modifiers left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]

SWAPS = {
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "==": ["!="],
    "!=": ["=="],
    "+": ["-"],
    "-": ["+"],
    "*": ["/"],
    "/": ["*"],
    "%": ["*"],
    "&&": ["||"],
    "||": ["&&"],
    "&": ["|"],
    "|": ["&"],
    "<<": [">>"],
    ">>": ["<<"],
    "+=": ["-=", "="],
    "-=": ["+=", "="],
    "|=": ["&=", "="],
    "&=": ["|=", "="],
}
# What a survivor may never be in; the first that matches a line names its kind.
KINDS = (
    (
        "guard",
        re.compile(
            r"\brevert\b|onlyRole|onlyRegistry|whenNotPaused|_checkRole|_issuing\("
            r"|_checkMasks\(|_checkNotice\(|_checkWords\(|_onlyCustomer\(|_living\(|_refusal\("
            r"|_require\w+\(|_refuse\(|_fail\(|nonReentrant|_of(?:Payer|Party|Provider)\("
            r"|_(?:own|open)Plan\("
        ),
    ),
    (
        "signature",
        re.compile(
            r"Signatures\.|TYPEHASH|igest|signer|recover"
            r"|_check(?:Terms|Instruction|Opening)\(|_useCoupon\(|_bumpSeq\("
        ),
    ),
    (
        "due date",
        re.compile(
            r"timestamp|eadline|availableAt|readyAt|validTo|validUntil|validFrom|roll\("
            r"|oday|LAST_DAY|_dayOfWithdrawal|maxAge\("
            r"|captureBy|payBy|refundUntil|dueAt|\buntil\b|[wW]ithPaidThrough\(|_ruledUntil\("
            r"|_elapsed\(|_[oO]verrun\(|_paused\(|_between\(|_later\("
        ),
    ),
    (
        "transfer",
        re.compile(
            r"_spend|_bookIn|_bookOut|draw\(|\.add\(|_credited|_carry|_setDebt"
            r"|\.(?:push|pull|pullOnto|tryPull)\(|trySafeTransfer|_payOut\(|_credit\(|_deliver\("
            r"|_divide\(|_reserve\(|_release\(|_keepFor\(|_take\(|\bowed\[|\bwaiting\["
            r"|to(?:Provider|Client|Arbiter) ="
        ),
    ),
    ("consent", re.compile(r"\.grant\(|\.withdraw|_withdrawn\(|_byDefault\(|\.answer\(")),
)
PROTECTED = tuple(name for name, _ in KINDS)


@dataclass(frozen=True)
class Mutant:
    """One planted fault: bytes `start` to `end` of a file become `text`."""

    path: str
    start: int
    end: int
    text: str
    operator: str
    line: int
    shown: str
    kind: str
    context: str  # the line it is planted in

    def apply(self, source: str) -> str:
        raw = source.encode()
        return (raw[: self.start] + self.text.encode() + raw[self.end :]).decode()

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line} {self.operator}: {self.shown}"


def span(node: Node) -> tuple[int, int]:
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, start + length


def nodes(tree: Any) -> Iterator[Node]:
    """Every node of a syntax tree, parents first."""
    if isinstance(tree, dict):
        if "nodeType" in tree:
            yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def plant(path: str, source: str, tree: Node) -> list[Mutant]:
    """All mutants of a file, in the order of their place."""
    raw = source.encode()
    found: dict[tuple[int, int, str], Mutant] = {}
    for start, end, text, operator in _edits(raw, tree):
        line = raw.count(b"\n", 0, start) + 1
        whole = source.splitlines()[line - 1]
        kind = next((name for name, pattern in KINDS if pattern.search(whole)), "other")
        if path.endswith("Signatures.sol"):
            kind = "signature"
        was = raw[start:end].decode().split("\n")[0].strip()
        shown = f"`{was}` left out" if text in ("", "{}") else f"`{was}` -> `{text}`"
        mutant = Mutant(path, start, end, text, operator, line, shown, kind, whole.strip())
        found.setdefault((start, end, text), mutant)
    return sorted(found.values(), key=lambda m: (m.start, m.end, m.text))


def _edits(raw: bytes, tree: Node) -> Iterator[tuple[int, int, str, str]]:
    for node in nodes(tree):
        reader = _READERS.get(node["nodeType"])
        if reader is not None:
            yield from reader(raw, node)


def _between(raw: bytes, left: Node, right: Node, operator: str) -> tuple[int, int]:
    start = raw.index(operator.encode(), span(left)[1])
    if start >= span(right)[0]:
        raise ValueError(f"{operator} is not between its operands")
    return start, start + len(operator)


def _binary(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    operator = node["operator"]
    start, end = _between(raw, node["leftExpression"], node["rightExpression"], operator)
    for other in SWAPS.get(operator, []):
        yield start, end, other, "operator"


def _assignment(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    operator = node["operator"]
    start, end = _between(raw, node["leftHandSide"], node["rightHandSide"], operator)
    for other in SWAPS.get(operator, []):
        yield start, end, other, "assignment"


def _unary(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    start, end = span(node)
    if node["operator"] in ("!", "~"):
        yield start, start + 1, "", "negation"
    elif node["operator"] in ("++", "--"):
        other = "--" if node["operator"] == "++" else "++"
        place = start if node["prefix"] else end - 2
        yield place, place + 2, other, "step"


def _if(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    start, end = span(node["condition"])
    condition = raw[start:end].decode()
    yield start, end, f"!({condition})", "condition"
    body = node["trueBody"]
    if body["nodeType"] == "Block" and body["statements"]:
        body = body["statements"][-1]
    if body["nodeType"] in ("RevertStatement", "Return", "Continue") and not node.get("falseBody"):
        first, last = span(node)
        # Without braces the tree leaves the body's semicolon out.
        if node["trueBody"]["nodeType"] != "Block":
            last = raw.index(b";", last - 1) + 1
        yield first, last, "{}", "guard"


def _loop(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    if node.get("condition"):
        yield (*span(node["condition"]), "false", "condition")


def _conditional(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    start, end = span(node["condition"])
    condition = raw[start:end].decode()
    yield start, end, f"!({condition})", "condition"


def _statement(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    start, end = span(node)
    # The tree leaves the semicolon out of some statements.
    while raw[end - 1 : end] != b";":
        end += 1
    yield start, end, "{}", "statement"


def _literal(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    start, end = span(node)
    text = raw[start:end].decode()
    if node["kind"] == "number":
        number = text.split()[0].replace("_", "")
        if number.isdigit():
            yield start, end, text.replace(text.split()[0], str(int(number) + 1), 1), "number"
    elif node["kind"] == "bool":
        yield start, end, "false" if text == "true" else "true", "boolean"
    elif node["kind"] == "string":
        yield start, end - 1, text[:-1] + "x", "text"


def _function(raw: bytes, node: Node) -> Iterator[tuple[int, int, str, str]]:
    for modifier in node.get("modifiers", []):
        if modifier.get("kind") == "modifierInvocation":
            yield (*span(modifier), "", "guard")


_READERS = {
    "BinaryOperation": _binary,
    "Assignment": _assignment,
    "UnaryOperation": _unary,
    "IfStatement": _if,
    "ForStatement": _loop,
    "WhileStatement": _loop,
    "Conditional": _conditional,
    "ExpressionStatement": _statement,
    "EmitStatement": _statement,
    "Break": _statement,
    "Continue": _statement,
    "Literal": _literal,
    "FunctionDefinition": _function,
}
