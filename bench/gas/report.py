"""The figures of a run as tables for people and as one object for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bench.gas.figures import Figure, Operation, PeerFigure

_HUNDREDTH = Decimal("0.01")
# What we set out to keep within 10 % of its floor.
NEAR_FLOOR = (Operation.AWARD_NEW, Operation.AWARD_EXISTING)


@dataclass(frozen=True)
class Made:
    """When a run was made, and of what."""

    date: str
    tools: dict[str, str]
    contracts: str
    """The commit that last changed ``contracts/``, and whether the tree differs from it."""
    code: dict[str, str]
    """keccak256 of the creation bytecode of each of our contracts."""


def ratio(gas: int, of: int) -> Decimal:
    """How many times as much, to the nearest hundredth."""
    return (Decimal(gas) / of).quantize(_HUNDREDTH, ROUND_HALF_UP)


def as_object(made: Made, ours: Sequence[Figure], peers: Sequence[PeerFigure]) -> dict[str, Any]:
    """One JSON object. Gas is whole; ratios are decimal text, so that nothing is rounded twice."""
    return {
        "date": made.date,
        "tools": made.tools,
        "contracts": made.contracts,
        "code": made.code,
        "operations": [
            {
                "operation": figure.operation.value,
                "call": figure.call,
                "transaction_gas": figure.gas,
                "count": figure.count,
                "gas": figure.each,
                "goal": figure.goal,
                "floor": figure.floor_each,
                "of_floor": str(ratio(figure.each, figure.floor_each)),
                "floor_counts": _counted(figure),
                "peers": [
                    {
                        **_peer(peer),
                        "of_ours": str(ratio(peer.each, figure.each)),
                        "cheaper": peer.each < figure.each,
                    }
                    for peer in _beside(figure.operation, peers)
                ],
            }
            for figure in ours
        ],
        "peers_alone": [
            {"operation": peer.operation.value, **_peer(peer)}
            for peer in peers
            if peer.operation not in {figure.operation for figure in ours}
        ],
    }


def _peer(peer: PeerFigure) -> dict[str, Any]:
    return {
        "peer": peer.peer,
        "call": peer.call,
        "transaction_gas": peer.gas,
        "count": peer.count,
        "gas": peer.each,
        "reverts": peer.fails,
        "without": peer.without,
        "retried": peer.retried,
    }


def as_text(made: Made, ours: Sequence[Figure], peers: Sequence[PeerFigure]) -> str:
    """Markdown, aligned so that a terminal shows it as well."""
    parts = [
        "# Gas",
        f"Made by `make bench` on {made.date} with {_listed(made.tools)}; contracts at"
        f" {made.contracts}. Gas of whole transactions (21,000 and calldata included), per customer"
        " or order in a batch, in the steady state: what all customers share was written before."
        " What a contract asks of another is the gas of that call alone, address and slots cold."
        " Every figure of a run comes from one chain, and each transaction was checked for its"
        " effect.",
        "## Our operations and their floor",
        "The floor is one contract with one log that keeps the same promise, computes nothing and"
        " calls nobody; what it counts is listed at the end.",
        _ours(ours),
        *_goals(ours),
        "## Beside others",
        "Peers run from their own published bytecode; OpenZeppelin's abstract tokens are compiled"
        " here with this project's settings, and anyone may mint. The ratio is the peer's gas over"
        ' ours: above 1 ours is cheaper. "Without" is what ours promises and theirs does not;'
        " what a retry does was tried in the run. A retried award, order, redemption or record of"
        " ours is a no-op that succeeds; a signature that was used is refused. A row without gas of"
        " ours is the peers' alone. Payments are in one ERC-20, out of allowances of any amount.",
        _peers(ours, peers),
        "## Where a peer is cheaper",
        _cheaper(ours, peers),
        "## What the floors count",
        "21,000 and the exact calldata always, but for what a contract asks inside a transaction;"
        ' "once" is shared by the whole batch.',
        "\n".join(
            f"- {figure.operation}: "
            + "; ".join(f"{line['what']} {line['gas']:,}" for line in _counted(figure))
            for figure in ours
        ),
        "## Bytecode of our contracts",
        "\n".join(f"- {name}: `{digest}`" for name, digest in made.code.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _listed(tools: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in tools.items())


def _counted(figure: Figure) -> list[dict[str, Any]]:
    floor = figure.floor
    each = "calldata, exact" if floor.count == 1 else "calldata, exact, whole batch"
    lines: list[dict[str, Any]] = []
    if not floor.asked:
        lines.append({"what": each, "gas": floor.calldata, "once": True})
    for line in floor.lines:
        once = floor.count > 1 and line.shared
        lines.append(
            {"what": line.what + (" (once)" if once else ""), "gas": line.gas, "once": line.shared}
        )
    return lines


def _ours(ours: Sequence[Figure]) -> str:
    return _table(
        ("operation", "call", "gas", "floor", "of floor", "goal"),
        (
            (
                figure.operation.value,
                f"`{figure.call}`",
                f"{figure.each:,}",
                f"{figure.floor_each:,}",
                f"{ratio(figure.each, figure.floor_each)}",
                f"{figure.goal:,}" if figure.goal else "",
            )
            for figure in ours
        ),
        right=(2, 3, 4, 5),
    )


def _goals(ours: Sequence[Figure]) -> list[str]:
    """A line for each goal that was missed, or one that none was."""
    aimed = [figure for figure in ours if figure.goal]
    missed = [
        f"- {figure.operation}: missed by {figure.each - figure.goal:,} gas"
        for figure in aimed
        if figure.goal and figure.each > figure.goal
    ]
    missed += [
        f"- {figure.operation}: {ratio(figure.each, figure.floor_each)} of its floor, not 1.10"
        for figure in ours
        if figure.operation in NEAR_FLOOR and 100 * figure.each > 110 * figure.floor_each
    ]
    if missed:
        return ["Goals missed:\n\n" + "\n".join(missed)]
    return [f"All {len(aimed)} goals are met, and single awards stay within 10 % of their floor."]


def _peers(ours: Sequence[Figure], peers: Sequence[PeerFigure]) -> str:
    rows, measured = [], {figure.operation: figure for figure in ours}
    for operation in Operation:
        figure = measured.get(operation)
        for peer in _beside(operation, peers):
            rows.append(
                (
                    operation.value,
                    f"{figure.each:,}" if figure else "",
                    peer.peer,
                    f"`{peer.call}`",
                    f"{peer.each:,}" + (" (reverts)" if peer.fails else ""),
                    f"{ratio(peer.each, figure.each)}" if figure else "",
                    peer.without,
                    peer.retried,
                )
            )
    head = (
        "operation",
        "ours",
        "peer",
        "call",
        "peer's gas",
        "peer / ours",
        "without",
        "retried, it",
    )
    return _table(head, rows, right=(1, 4, 5))


def _cheaper(ours: Sequence[Figure], peers: Sequence[PeerFigure]) -> str:
    lines = []
    for figure in ours:
        for peer in _beside(figure.operation, peers):
            if peer.each < figure.each:
                less = figure.each - peer.each
                share = (Decimal(100 * less) / figure.each).quantize(Decimal(1), ROUND_HALF_UP)
                lines.append(
                    f"- {figure.operation}: {peer.peer} `{peer.call}` takes {less:,} gas less"
                    f" ({share} %), without: {peer.without}."
                    + (f" Retried, it {peer.retried}." if peer.retried else "")
                )
    return "\n".join(lines) or "Nowhere in this run."


def _beside(operation: Operation, peers: Sequence[PeerFigure]) -> list[PeerFigure]:
    return [peer for peer in peers if peer.operation == operation]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    body = [tuple(row) for row in rows]
    widths = [max(len(row[i]) for row in (tuple(head), *body)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        "-" * (width + 1) + ":" if i in right else "-" * (width + 2)
        for i, width in enumerate(widths)
    )
    return "\n".join((line(head), f"|{rule}|", *(line(row) for row in body)))
