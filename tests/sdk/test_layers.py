"""Arrows between the parts of the package run one way; this is the map."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rapport

PACKAGE = Path(rapport.__file__).parent

LEAVES = {"codec", "errors", "units", "models"}
MAY_IMPORT: dict[str, set[str]] = {
    "codec": set(),
    "errors": set(),
    "models": set(),
    "units": {"codec", "errors"},
    "currencies": {"errors"},
    "database": {"errors"},
    "merkle": {"errors"},
    "fastlz": set(),
    "reverts": {"errors"},
    "reversal": {"codec", "errors", "reverts", "units"},
    "artifacts": LEAVES,
    "chain": {*LEAVES, "artifacts", "reversal"},
    "keys": {"errors", "units"},
    "typed_data": {"errors", "keys", "units"},
    "intents": {"typed_data"},
    "invoices": {"units"},
    "subscriptions": {*LEAVES, "artifacts", "chain", "reversal", "tokens", "typed_data"},
    "renewals": {
        *LEAVES,
        "artifacts",
        "chain",
        "database",
        "outbox",
        "subscriptions",
        "tokens",
    },
    "sla": {*LEAVES, "tokens", "typed_data"},
    "payments": {"codec", "errors", "invoices", "tokens", "typed_data", "units"},
    "orderbook": {"database", "errors"},
    "permits": {"codec", "errors", "keys", "typed_data", "units"},
    "tokens": {*LEAVES, "artifacts", "chain", "records"},
    "outbox": {*LEAVES, "chain", "database", "keys", "reversal"},
    "sealing": {"errors"},
    "directory": {*LEAVES, "database", "records", "sealing"},
    "records": {*LEAVES, "currencies"},
    "receipts": {*LEAVES, "records"},
    "config": {"consents", "errors", "invoices"},
    "ingest": {*LEAVES, "consents", "currencies", "records"},
    "privacy": {*LEAVES, "artifacts", "chain", "directory", "outbox"},
    "desk": {*LEAVES, "database", "ingest", "outbox", "privacy", "records", "reverts", "sla"},
    "survey": {*LEAVES, "artifacts", "chain", "outbox"},
    "cost": {*LEAVES, "artifacts", "chain", "fastlz"},
    "consents": {"errors"},
    "notices": {"consents", "errors", "receipts", "units"},
    "archive": {"database", "errors", "sealing"},
    "services": {
        *LEAVES,
        "archive",
        "consents",
        "notices",
        "receipts",
        "artifacts",
        "chain",
        "currencies",
        "directory",
        "intents",
        "invoices",
        "keys",
        "merkle",
        "orderbook",
        "outbox",
        "payments",
        "subscriptions",
        "permits",
        "privacy",
        "records",
        "reversal",
        "reverts",
        "sla",
        "tokens",
        "typed_data",
    },
}
"""For each part, what of the package it may import. ``client``, ``cli`` and the package's own front
stand above all of these."""

ABOVE = {"__init__", "__main__", "client", "cli"}

# Who may talk JSON-RPC: nobody else opens a connection. Help desks are listened to.
NETWORK = {"web3", "requests", "aiohttp", "httpx", "urllib3", "websockets"}
LISTENS = PACKAGE / "desk" / "receiver.py"


def parts() -> dict[str, list[Path]]:
    """The modules of each part: a file, or everything in a folder."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        name = relative.parts[0] if len(relative.parts) > 1 else relative.stem
        found.setdefault(name, []).append(path)
    return found


def imports(path: Path) -> set[str]:
    """Every module that a file imports, by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: relative imports hide the arrows"
            found.add(node.module)
            if node.module == "rapport":
                found.update(f"rapport.{alias.name}" for alias in node.names)
    return found


def own(names: set[str]) -> set[str]:
    """The parts of the package among imported names."""
    return {name.split(".")[1] for name in names if name.startswith("rapport.")}


@pytest.mark.parametrize("part", sorted(set(parts()) - ABOVE))
def test_a_part_imports_only_what_the_map_allows(part: str) -> None:
    assert part in MAY_IMPORT, f"{part} is not on the map: say what it may import"
    for path in parts()[part]:
        beyond = own(imports(path)) - MAY_IMPORT[part] - {part}
        assert not beyond, f"{path.relative_to(PACKAGE)} must not import {sorted(beyond)}"


def test_the_map_has_no_circle() -> None:
    left = {part: set(allowed) for part, allowed in MAY_IMPORT.items()}
    while left:
        free = {part for part, allowed in left.items() if not allowed & set(left)}
        assert free, f"circle among {sorted(left)}"
        left = {part: allowed for part, allowed in left.items() if part not in free}


def test_only_the_chain_talks_to_the_network() -> None:
    offenders = {
        str(path.relative_to(PACKAGE))
        for part, paths in parts().items()
        if part != "chain"
        for path in paths
        if path != LISTENS
        if {name.split(".")[0] for name in imports(path)} & NETWORK
    }
    assert not offenders


def test_nothing_imports_ape() -> None:
    for paths in parts().values():
        for path in paths:
            assert "ape" not in {name.split(".")[0] for name in imports(path)}, path


CONSENT = (
    "consent_kinds",
    "consent_history",
    "consent_receipts",
    "deciding",
    "recording",
    "consent_export",
)
"""Parts of the consent service, of which onboarding takes some."""
SIGNED = "customer_signed"
"""Verbs that the customer's service takes over."""


def test_services_do_not_import_each_other() -> None:
    shared = {"rapport.services", "rapport.services.kinds", "rapport.services.verbs"}
    shared |= {"rapport.services.streams", "rapport.services.drafts"}
    shared |= {f"rapport.services.{each}" for each in (*CONSENT, SIGNED)}
    # What services that move money share.
    shared |= {"rapport.services.tokens", "rapport.services.custody"}
    shared |= {
        f"rapport.services.payment_{each}" for each in ("kinds", "history", "orders", "views")
    }
    recurring = ("kinds", "reading", "requests", "history", "invoices")
    shared |= {f"rapport.services.subscription_{each}" for each in recurring}
    promised = ("kinds", "policy_kinds", "reading", "opening", "disputes", "bonds", "history")
    shared |= {f"rapport.services.sla_{each}" for each in promised}
    shared |= {"rapport.services.court_kinds"}
    shared |= {"rapport.services.privacy"}  # verbs that the customer's service takes over
    for path in parts().get("services", []):
        if f"rapport.services.{path.stem}" in shared or path.stem == "__init__":
            continue
        others = {n for n in imports(path) if n.startswith("rapport.services.")} - shared
        assert not others, f"{path.name} imports {sorted(others)}"
