"""What the doctor finds, and how it asks."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.toolchain import paths


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands ("ok", "note" or "BROKEN"), and what to do about it."""

    subject: str
    state: str
    text: str
    remedy: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(subject, "ok", text)


def note(subject: str, text: str, remedy: str) -> Finding:
    return Finding(subject, "note", text, remedy)


def broken(subject: str, text: str, remedy: str = "make setup") -> Finding:
    return Finding(subject, "BROKEN", text, remedy)


def answer(*command: str | Path, **options: Any) -> str | None:
    """What a command prints, or None where it does not start, fails or hangs."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            cwd=paths.ROOT,
            **options,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return str(done.stdout)


def rpc(port: int, method: str, seconds: float = 2) -> str | None:
    """What a node on this machine answers, or None where there is none."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}", body, {"Content-Type": "application/json"}
    )
    # Straight to this machine, whatever proxy is configured.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        # Only to this machine.
        with opener.open(request, timeout=seconds) as response:  # nosec B310
            return str(json.load(response)["result"])
    except (OSError, ValueError, KeyError):
        return None
