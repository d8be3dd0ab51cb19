"""Compiles given source texts, without touching the files they come from."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from scripts.toolchain import paths

CONTRACTS = paths.ROOT / "contracts"
WORKER = Path(__file__).with_name("solc_worker.js")
_IMPORT = re.compile(r'import\s+(?:[^"\';]*?from\s+)?["\']([^"\']+)["\']\s*;')

Sources = dict[str, str]


class CompileError(Exception):
    """The compiler refused; the text is its first error."""


def sources() -> Sources:
    """Every Solidity file of the project by its path, and every library file that it imports."""
    found: Sources = {}
    waiting = [
        str(path.relative_to(paths.ROOT))
        for path in sorted(CONTRACTS.rglob("*.sol"))
        if ".cache" not in path.parts
    ]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        base = paths.NODE_MODULES if name.startswith("@") else paths.ROOT
        found[name] = (base / name).read_text()
        waiting += [_resolved(name, target) for target in _IMPORT.findall(found[name])]
    return found


def _resolved(importer: str, target: str) -> str:
    if not target.startswith("."):
        return str(target)
    parts = list(Path(importer).parent.parts)
    for part in Path(target).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def closure(texts: Sources, roots: list[str]) -> Sources:
    """The given files and what they import, so that the compiler reads nothing else."""
    kept: Sources = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = texts[name]
            waiting += [_resolved(name, target) for target in _IMPORT.findall(texts[name])]
    return kept


class Compiler:
    """One compiler process, asked many times. Use it in a ``with`` statement."""

    def __init__(self, *, optimize: bool = True, runs: int = 1, via_ir: bool = True) -> None:
        self._settings: dict[str, Any] = {
            "evmVersion": "cancun",
            "viaIR": via_ir,
            "optimizer": {"enabled": optimize, "runs": runs},
            "metadata": {"appendCBOR": False},
        }
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the process; the next compilation starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def run(self, texts: Sources, output: dict[str, Any]) -> dict[str, Any]:
        """
        The compiler's standard-JSON output.

        Raises:
            CompileError: The sources do not compile.
        """
        settings = {**self._settings, "outputSelection": output}
        request = {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in texts.items()},
            "settings": settings,
        }
        if self._process is None:
            self._process = subprocess.Popen(
                [str(paths.NODE), str(WORKER), str(paths.ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        question, answer_line = self._process.stdin, self._process.stdout
        if question is None or answer_line is None:
            raise CompileError("the compiler was started without pipes")
        question.write(json.dumps(request) + "\n")
        question.flush()
        line = answer_line.readline()
        if not line:
            self.stop()
            raise CompileError("the compiler stopped without an answer")
        answer: dict[str, Any] = json.loads(line)
        for error in answer.get("errors", []):
            if error["severity"] == "error":
                raise CompileError(error["formattedMessage"])
        return answer

    def artifacts(self, texts: Sources, names: list[str], folder: Path) -> None:
        """Compiles the named contracts and writes them in the shape of Ape's build folder."""
        places = {Path(path).stem: path for path in texts if path.startswith("contracts/")}
        wanted = {places.get(name) or _declares(texts, name): name for name in names}
        files = closure(texts, list(wanted))
        output = {path: {"*": ["abi", "evm.bytecode.object"]} for path in wanted}
        answer = self.run(files, output)
        folder.mkdir(parents=True, exist_ok=True)
        for path in wanted:
            for name, contract in answer["contracts"][path].items():
                if name in names:
                    record = {
                        "contractName": name,
                        "abi": contract["abi"],
                        "deploymentBytecode": {
                            "bytecode": "0x" + contract["evm"]["bytecode"]["object"]
                        },
                    }
                    (folder / f"{name}.json").write_text(json.dumps(record))


def _declares(texts: Sources, name: str) -> str:
    """The project file in which a contract stands that is not named like its file."""
    for path, text in texts.items():
        if path.startswith("contracts/") and re.search(rf"\bcontract {name}\b", text):
            return path
    raise CompileError(f"no file under contracts/ declares {name}")
