"""Slither, with a written reason for every finding that stands.

    python -m scripts.assurance.static        # in the analysis environment

`slither_reasons.json` holds the reasons: for one finding by ``detector: element``, or for a whole
detector where its question does not arise here. Exit status 1 for a finding without a reason, for a
reason without a finding, and for code that slither could not read: it says so in passing, leaves
the function out of every detector, and counts that as success. Two libraries of the same name are
enough, even if one of them is a dependency's.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from scripts.assurance import results
from scripts.toolchain import paths

REASONS = Path(__file__).with_name("slither_reasons.json")
# What slither 0.11 logs of code that it leaves out (`log_incorrect_parsing` and its kin).
_UNREAD = re.compile(
    r"^(?:Impossible to generate IR for|Failed to (?:generate IR|convert IR)|Error when folding"
    r"|Error when propagating|Missing (?:function|modifier|params|state variable|using for|enum"
    r"|struct|event)|(?:Contract|Top) level using for:|No contract was analyzed).*"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def unread(said: str) -> list[str]:
    """What slither could not read, from what it said."""
    lines = (_COLOUR.sub("", line) for line in said.splitlines())
    return sorted({line.rstrip(": ") for line in lines if _UNREAD.match(line)})


def findings() -> tuple[list[dict[str, Any]], list[str]]:
    """What slither reports of the project's own contracts, low impact and above; what it skips."""
    with tempfile.TemporaryDirectory(prefix="rapport-slither-") as scratch:
        told = Path(scratch) / "slither.json"
        command = ["slither", str(paths.ROOT), "--json", str(told), "--fail-none"]
        run = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
        if not told.exists():
            sys.exit(f"slither stopped without an answer:\n{run.stderr[-2000:]}")
        answer = json.loads(told.read_text())
    if not answer["success"]:
        sys.exit(f"slither failed: {answer['error']}")
    return list(answer["results"].get("detectors", [])), unread(f"{run.stdout}\n{run.stderr}")


def place(finding: dict[str, Any]) -> str:
    """``detector: Contract.function`` of a finding."""
    element = finding["elements"][0]
    while element["type"] not in ("function", "contract"):
        element = element["type_specific_fields"]["parent"]
    name = element["name"]
    if element["type"] == "function":
        name = f"{element['type_specific_fields']['parent']['name']}.{name}"
    return f"{finding['check']}: {name}"


def main() -> int:
    reasons: dict[str, str] = json.loads(REASONS.read_text())
    used: set[str] = set()
    open_findings: list[str] = []
    explained: Counter[str] = Counter()
    found, skipped = findings()
    for finding in found:
        key = next((k for k in (place(finding), finding["check"]) if k in reasons), None)
        if key is None:
            open_findings.append(f"{finding['impact']}: {finding['description'].strip()}")
        else:
            used.add(key)
            explained[finding["impact"]] += 1
    for told in skipped:
        print(f"slither does not look at this: {told}")
    for told in open_findings:
        print(f"without a reason: {told}")
    for key in sorted(set(reasons) - used):
        print(f"a reason without a finding, take it out: {key}")
    print(f"slither: {len(open_findings)} open, {dict(explained)} with a written reason")
    results.record(
        "slither",
        {
            "open": len(open_findings),
            "could not read": skipped,
            "explained": dict(explained),
            "reasons": {key: reasons[key] for key in sorted(used)},
        },
    )
    return int(bool(open_findings) or bool(skipped) or set(reasons) != used)


if __name__ == "__main__":
    sys.exit(main())
