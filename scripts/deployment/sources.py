"""Is the build what the sources say?

Ape compiles file by file, takes a file for compiled when any other was, and never recompiles a
contract whose library changed. A deployment must not depend on that: a digest of every source and
of the compiler's settings is kept beside the build, and whatever differs is compiled from scratch.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
BUILD = ROOT / ".build"
STAMP = BUILD / "sources.sha256"


def digest() -> str:
    """SHA-256 over the settings and all sources, in the order of their names."""
    found = hashlib.sha256((ROOT / "ape-config.yaml").read_bytes())
    found.update((ROOT / "package.json").read_bytes())  # pins the compiler and OpenZeppelin
    for path in sorted(CONTRACTS.rglob("*.sol")):
        name = path.relative_to(CONTRACTS)
        if name.parts[0] == ".cache":
            continue
        found.update(str(name).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def compile_if_changed(project: Any) -> bool:
    """Compiles everything unless the build is of these very sources. True if it compiled."""
    now = digest()
    manifest = BUILD / "__local__.json"
    if manifest.exists() and STAMP.exists():
        # The build must not be newer than its stamp either: someone else compiled since.
        stamped = STAMP.read_text(encoding="utf-8").split()
        if stamped == [now, _fingerprint(manifest)]:
            return False
    project.load_contracts(use_cache=False)
    STAMP.write_text(f"{now} {_fingerprint(manifest)}\n", encoding="utf-8")
    return True


def container(project: Any, name: str) -> Any:
    """
    A contract of the build, as Ape deploys it. ``project.<Name>`` looks for the source first, and
    on some file systems Ape lists no sources in folders that it meets after ``contracts/.cache``.
    """
    from ape.contracts import ContractContainer

    return ContractContainer((project.manifest.contract_types or {})[name])


def _fingerprint(manifest: Path) -> str:
    return hashlib.sha256(manifest.read_bytes()).hexdigest()
