"""Writes docs/assurance.md from the figures that the tools recorded in docs/assurance.json.

python -m scripts.assurance.report            # write the page
python -m scripts.assurance.report --check    # fail if the page is not what the figures give
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from scripts.assurance import results
from scripts.assurance.campaign import PROFILES
from scripts.toolchain import paths

PAGE = paths.ROOT / "docs" / "assurance.md"
OVERTIME = "ran out of time"
COUNTED = ("histories", "calls compared", "of them refused", "epochs passed", "seconds")
HEAD = """# What was checked, and how

Written by `python -m scripts.assurance.report` from `docs/assurance.json`, in which each tool
records what it found. Nothing here is typed by hand, and it says no more than what was run: checks
by ourselves, with our own tools, against our own reading of the interfaces. Nobody from outside has
reviewed the contracts.
"""


def page(figures: dict[str, Any]) -> str:
    parts = [HEAD]
    for writer in (_laws, _roles, _proofs, _mutation, _coverage, _sdk, _checks, _slither):
        text = "\n".join(writer(figures)).rstrip()
        if text:
            parts.append(text + "\n")
    return "\n".join(parts)


def _laws(figures: dict[str, Any]) -> Iterator[str]:
    yield "## Laws\n"
    yield "State machines drive the compiled contracts in pyrevm and a plain-Python model by the"
    yield "same calls; value or exact error, every event and the state must agree. The laws are in"
    yield "[tests/contracts/invariant/README.md](../tests/contracts/invariant/README.md)."
    yield "`money` is as deep, of payments, subscriptions and service levels alone.\n"
    titles = ["profile", "taken", *COUNTED, "agreed"]
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for profile in PROFILES:
        told = figures.get(f"laws, {profile}")
        if told:
            counted = [told.get(key, 0) for key in COUNTED]
            cells = [profile, told["taken"], *(f"{n:,}" for n in counted)]
            cells.append("yes" if told["passed"] else "**no**")
            yield "| " + " | ".join(cells) + " |"


def _roles(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("laws, short", {})
    if "functions by callers" in told:
        yield "## Functions by roles\n"
        yield f"{told['functions by callers']:,} pairs of a state-changing function and a caller"
        yield "were tried on the deployed state: allowed, or refused with the exact error. The"
        yield "functions come from the compiled interfaces; an unlisted one fails the test."


def _proofs(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("proofs")
    if not told:
        return
    yield "## Proofs\n"
    canary = "was refuted, as it must be" if told["canary refuted"] else "**was not refuted**"
    yield "By halmos, for every value rather than a sample; loops unrolled to their full length."
    yield f"A canary, a claim that is false, {canary}.\n"
    yield "| property | verdict |"
    yield "|---|---|"
    for name, verdict in sorted(told["properties"].items()):
        yield f"| {name.removeprefix('check_').replace('_', ' ')} | {verdict} |"


def _mutation(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("mutation")
    if not told:
        return
    guards = figures.get("mutation, guards", {}).get("contracts", {})
    yield "## Planted faults\n"
    yield "`scripts/assurance/mutation.py` plants one small fault at a time and asks whether the"
    yield f"laws notice. Goal: {told['goal']} % and no survivor on a guard, transfer, signature or"
    yield "due date. A sample is drawn with a seed; faults that change nothing visible are set"
    yield "aside with a reason in `scripts/assurance/equivalent.json`. What went unnoticed got"
    yield "a law where one could tell, and was judged again: the figures are of after that.\n"
    yield "| contract, libraries | possible | judged | noticed | score | protected survivors |"
    yield "|---|---|---|---|---|---|"
    for name, of in sorted(told["contracts"].items()):
        cells = [name, of["possible"], of["judged"], of["killed"], f"{of['score']} %"]
        cells.append(of["survivors on protected lines"])
        yield "| " + " | ".join(str(cell) for cell in cells) + " |"
    if guards:
        noticed = sum(of["killed"] for of in guards.values())
        judged = sum(of["judged"] for of in guards.values())
        yield "\nBesides the samples, every guard and modifier was left out, one at a time:"
        yield f"{noticed} of {judged} noticed."
    before = sorted(name for name, of in told["contracts"].items() if OVERTIME not in of)
    if before:
        yield "\nA fault that ran out of time counts on neither side. In the older campaigns it"
        yield f"counted as noticed: {', '.join(before)}."
    everything = [*told["contracts"].values(), *guards.values()]
    for title, key in (("Not noticed", "survivors"), ("Not judged, out of time", OVERTIME)):
        named = sorted({name for of in everything for name in of.get(key, [])})
        if named:
            yield f"\n{title}:\n"
            yield from (f"- {name}" for name in named)


def _coverage(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("contract coverage")
    if not told:
        return
    yield "## Coverage of the contracts\n"
    yield "What the laws alone reach, measured with probes compiled into the contracts; refused"
    yield "calls count. The unit tests through Ape come on top and are not in these figures.\n"
    yield "| | reached | of | |"
    yield "|---|---|---|---|"
    for kind, of in told["total"].items():
        yield f"| {kind} | {of['reached']} | {of['of']} | {of['percent']} % |"
    if told.get("unmeasured"):
        yield f"\nNot in these figures, since no law deploys it: {', '.join(told['unmeasured'])}."
    if told["missed"]:
        yield "\nNot reached:\n"
        yield from (f"- `{place}`" for place in told["missed"])


def _sdk(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("sdk coverage")
    if not told:
        return
    yield "## Coverage of the SDK\n"
    passed = "passed" if told["tests passed"] else "**did not all pass**"
    yield f"{told['lines']} % of lines and {told['branches']} % of branches; the tests {passed}."
    if told["files below the goal"]:
        yield "\nBelow 95 %:\n"
        yield from (f"- `{path}` {n} %" for path, n in told["files below the goal"].items())


def _checks(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("checks")
    if not told:
        return
    yield "## Static checks\n"
    yield "| check | |"
    yield "|---|---|"
    yield from (f"| {what} | {said} |" for what, said in told["checks"].items())


def _slither(figures: dict[str, Any]) -> Iterator[str]:
    told = figures.get("slither")
    if not told:
        return
    counts = ", ".join(f"{n} of {impact.lower()} impact" for impact, n in told["explained"].items())
    yield "## What slither reports, and why it stands\n"
    yield f"{told['open']} findings are open. With a written reason: {counts or 'none'}."
    skipped = told.get("could not read", [])
    yield f"Functions that slither could not read: {len(skipped) or 'none'}.\n"
    yield from (f"- {place}" for place in skipped)
    yield "| finding | why it stands |"
    yield "|---|---|"
    yield from (f"| {key} | {why} |" for key, why in told["reasons"].items())


def main() -> int:
    text = page(results.read())
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text() != text:
            print(
                "docs/assurance.md is not what docs/assurance.json gives: run this without --check"
            )
            return 1
        return 0
    PAGE.write_text(text)
    print(f"{PAGE.relative_to(paths.ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
