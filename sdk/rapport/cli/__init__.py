"""The ``rapport`` command: ``rapport <noun> <verb>``."""

from rapport.cli.main import main

__all__ = ["main"]
