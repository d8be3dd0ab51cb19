"""Where the tools leave their figures; `report.py` writes the page from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.toolchain import paths

RECORD = paths.ROOT / "docs" / "assurance.json"
SCRATCH = paths.TOOLS / "assurance"


def read() -> dict[str, Any]:
    """Every tool's last recorded figures, by the tool's name."""
    if not RECORD.exists():
        return {}
    figures: dict[str, Any] = json.loads(RECORD.read_text())
    return figures


def record(tool: str, figures: dict[str, Any]) -> Path:
    """Replaces one tool's figures, with the day on which they were taken."""
    whole = read()
    whole[tool] = {"taken": f"{datetime.now(UTC):%Y-%m-%d}", **figures}
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(whole, indent=2, sort_keys=True) + "\n")
    return RECORD
