"""The compiled contracts, from Ape's build folder or from the folder a tool of ours names."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Artifact:
    """One compiled contract: its interface and the code that creates it."""

    name: str
    abi: list[dict[str, Any]]
    creation: bytes


def folder() -> Path:
    """Where the artifacts are: ``RAPPORT_ARTIFACTS`` (mutants, instrumented builds) or .build."""
    return Path(os.environ.get("RAPPORT_ARTIFACTS") or ROOT / ".build")


@cache
def _records(place: Path) -> dict[str, Any]:
    """Ape's manifest of everything it compiled, or one file a contract where a tool wrote them."""
    manifest = place / "__local__.json"
    if manifest.exists():
        records: dict[str, Any] = json.loads(manifest.read_text())["contractTypes"]
        return records
    return {path.stem: json.loads(path.read_text()) for path in sorted(place.glob("*.json"))}


@cache
def load(name: str) -> Artifact:
    """
    The artifact of a contract.

    Raises:
        FileNotFoundError: Not compiled yet; says what to run.
    """
    record = _records(folder()).get(name)
    if record is None:
        raise FileNotFoundError(f"{name} is not in {folder().name}/: run `make compile`")
    code = record["deploymentBytecode"]["bytecode"].removeprefix("0x")
    return Artifact(name, record["abi"], bytes.fromhex(code))
