"""Writes tests/contracts/gas/snapshot.json anew, after a change that is meant."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.contracts.gas.table import measure  # noqa: E402

SNAPSHOT = ROOT / "tests" / "contracts" / "gas" / "snapshot.json"


def main() -> None:
    before = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else {}
    now = {name: figure.gas for name, figure in measure().items()}
    SNAPSHOT.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    for name, gas in now.items():
        change = gas - before[name] if name in before else None
        if change != 0:
            print(f"{name}: {gas:,}" + ("" if change is None else f" ({change:+,})"))
    print(f"{len(now)} operations in {SNAPSHOT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
