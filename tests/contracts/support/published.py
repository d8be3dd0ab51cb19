"""Contracts of published packages, as their authors compiled them."""

from __future__ import annotations

import json
from functools import cache

from tests.contracts.support.artifacts import ROOT, Artifact

KLEROS = ROOT / "node_modules" / "@kleros" / "kleros-interaction" / "build" / "contracts"


@cache
def kleros(name: str) -> Artifact:
    """
    A contract of ``@kleros/kleros-interaction``, such as ``AutoAppealableArbitrator``: a court of
    ERC-792 whose owner rules, at once or so that it can be appealed.

    Raises:
        FileNotFoundError: The package is not installed; says what to run.
    """
    path = KLEROS / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path.name} of @kleros is not installed: run `make setup`")
    record = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(name, record["abi"], bytes.fromhex(record["bytecode"].removeprefix("0x")))
