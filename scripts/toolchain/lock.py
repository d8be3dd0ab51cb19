"""Renews the locks after a change of a ``.in`` file or a ``package.json``: ``make lock``.

Writes hashed, universal requirement files without index addresses, and the hashes of the npm
archives. The second part records what is installed, so run ``make setup`` first.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.toolchain import node, paths
from scripts.toolchain.steps import clean_environment

_OPTIONS = [
    *("--universal", "--generate-hashes", "--python-version", "3.11"),
    *("--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
]

# Peers of the benches, whose files are read and whose code never runs: without what it would need.
_ALONE = {"bench"}

_NPM_HEADER = """\
# Archive hashes of the npm packages, as the public registry names them. `make setup` compares what
# it installed with these lines, and `make lock` adds new ones. Binaries for platforms that nobody
# has locked from yet are missing.
"""


def lock_python() -> None:
    uv = paths.ENVIRONMENTS["uv"] / "bin" / "uv"
    for path in sorted(paths.REQUIREMENTS.glob("*.in")):
        source = path.relative_to(paths.ROOT)  # the lock names it as it is given
        overrides, target = source.with_suffix(".overrides"), source.with_suffix(".txt")
        extra = ["--override", str(overrides)] if (paths.ROOT / overrides).exists() else []
        extra += ["--no-deps"] if path.stem in _ALONE else []
        command = [str(uv), "pip", "compile", *_OPTIONS, *extra, str(source), "-o", str(target)]
        subprocess.run(command, cwd=paths.ROOT, env=clean_environment(), check=True)
        print(f"lock: {target}")


def lock_npm() -> None:
    hashes = node.recorded() if node.INTEGRITY.exists() else {}
    for folder in (paths.ROOT, paths.ROOT / "bench"):
        if (folder / "node_modules").exists():
            hashes |= {f"{name}@{version}": sha for name, version, sha in node.installed(folder)}
    lines = [f"{name} {sha}\n" for name, sha in sorted(hashes.items()) if sha]
    node.INTEGRITY.write_text(_NPM_HEADER + "".join(lines))
    print(f"lock: {node.INTEGRITY.relative_to(paths.ROOT)}")


if __name__ == "__main__":
    lock_python()
    lock_npm()
