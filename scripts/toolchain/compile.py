"""Compiles the contracts if they changed: ``make compile``. Runs in Ape's environment.

``ape compile`` alone is not enough: it leaves a contract whose library changed as it was.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.deployment.sources import compile_if_changed


class _Project:
    """Ape's project, loaded when needed: Ape takes longer to start than to find nothing to do."""

    def load_contracts(self, **options: Any) -> Any:
        from ape import project
        from ape.exceptions import ApeException
        from ape.logging import logger

        print("compile: the contracts changed, compiling all of them", flush=True)
        logger.set_level("WARNING")  # else it names every file
        try:
            return project.load_contracts(**options)
        except ApeException as error:
            sys.exit(f"compile: {error}")


def main() -> None:
    started = time.monotonic()
    if compile_if_changed(_Project()):
        print(f"compile: done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
