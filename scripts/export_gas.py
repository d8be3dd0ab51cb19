"""Packages the measured gas for ``rapport cost``: ``sdk/rapport/gas.json`` from the gas bench.

Reads the first table of ``bench/results/gas.md``. ``--check`` writes nothing and fails when what is
packaged differs from what was measured.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "gas.md"
PACKAGED = ROOT / "sdk" / "rapport" / "gas.json"

_ROW = re.compile(r"^\| (?P<operation>[^|`]+?) +\| `[\w.]+` +\| +(?P<gas>[\d,]+) \|")
_MADE = re.compile(r"^Made by `make bench` on (?P<day>\S+) with .* at commit (?P<commit>\w+)")


def packaged() -> str:
    """What the file should hold: gas by operation, and when it was measured."""
    operations: dict[str, int] = {}
    made = ""
    for line in RESULTS.read_text("utf-8").splitlines():
        if line.startswith("## Beside"):
            break
        if found := _MADE.match(line):
            made = f"{found['day']}, contracts at commit {found['commit']}"
        elif row := _ROW.match(line):
            operations[row["operation"]] = int(row["gas"].replace(",", ""))
    if not made or not operations:
        raise SystemExit(f"{RESULTS.relative_to(ROOT)} holds no figures: run `make bench`")
    return json.dumps({"measured": made, "gas": operations}, indent=1) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="fail if the file would change")
    wanted = packaged()
    if parser.parse_args().check:
        if not PACKAGED.exists() or PACKAGED.read_text("utf-8") != wanted:
            sys.exit("sdk/rapport/gas.json is not what was measured: run scripts/export_gas.py")
        return
    PACKAGED.write_text(wanted, "utf-8")
    print(f"wrote {PACKAGED.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
